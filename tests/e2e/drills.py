"""docs/runbook.md, carried out: its own commands, found by their words, in a shell that has what an operator's has.

A command is a code span that begins with a program, or a whole block. Which of them ran is kept, so that a test can say
which did not.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local.deploy import STACK
from tests.e2e.deployment import ROOT, Stack, run

PAGE = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
PROGRAMS = ("aws ", "curl ", "python ", "make ")
_COMMAND = re.compile(
    r"^ *```sh\n(?P<block>.*?)^ *```$|(?<!`)`(?P<span>[^`\n]+)`(?!`)", re.MULTILINE | re.DOTALL
)
_PLACEHOLDER = re.compile(r"<([A-Za-z][A-Za-z .]*)>")
TIMEOUT = 300
"""Seconds for one command."""
NOT_HERE = {
    "aws service-quotas": "the local AWS has no quotas",
    "aws kms replicate-key": "it has one region",
    "make launch": "tests/e2e/test_launch_in_trouble.py",
    "make model": "reads no deployment",
    "make deploy": "tests/deployment/test_sam_cli.py",
}
"""Commands of the page that no drill runs, by how they begin, and why."""
SECTIONS = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)


def section(title: str) -> str:
    """The text of a section, without those below it."""
    _, found, rest = PAGE.partition(f"\n## {title}\n")
    assert found, title
    return re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def commands(title: str) -> list[str]:
    """The commands of a section, in the order of the page."""
    found = []
    for match in _COMMAND.finditer(section(title)):
        text = match["block"] or match["span"]
        if match["block"] or text.startswith(PROGRAMS):
            found.append(text.strip())
    return list(dict.fromkeys(found))


def filled(command: str, values: dict[str, str]) -> str:
    """The command with the values of its placeholders; none may be left over."""
    made = _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), command)
    assert not _PLACEHOLDER.search(made), f"not filled in: {made}"
    return made


def functions_of_the_page() -> str:
    """`out` and `fn`, as the page defines them; the lines before them are the reader's own values."""
    block = re.search(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert block
    lines = [line for line in block[1].splitlines() if re.match(r"[a-z]+\(\)", line)]
    assert len(lines) == 2
    return "\n".join(lines)


@dataclass(frozen=True)
class Desk:
    """An operator's desk: a directory, the deployment's credentials, and a shell."""

    stack: Stack
    place: Path
    tried: set[str] = field(default_factory=set)
    """Every command that ran, as it stands on the page."""
    keys: dict[str, str] = field(default_factory=dict)
    """ARNs of keys that were made on the way, by name."""

    def __post_init__(self) -> None:
        programs = self.place / "bin"
        programs.mkdir()
        for name, line in (("python", ()), ("aws", (str(Path(__file__).with_name("aws_cli.py")),))):
            program = programs / name
            program.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, *line])} "$@"\n')
            program.chmod(0o755)
        (self.place / "names.sh").write_text(self._names())

    def _names(self) -> str:
        """`out` and `fn` of the page with their answers at hand: asking for each name would be half of all the time."""
        cloudformation = self.stack.client("cloudformation")
        resources = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
        functions = {
            r["LogicalResourceId"]: r["PhysicalResourceId"]
            for r in resources
            if r["ResourceType"] == "AWS::Lambda::Function"
        }
        made = []
        for name, answers in (("out", self.stack.outputs), ("fn", functions)):
            cases = " ".join(f"{key}) echo {shlex.quote(value)};;" for key, value in answers.items())
            made.append(f'{name}() {{ case "$1" in {cases} *) return 1;; esac; }}')
        return "\n".join(made)

    def do(
        self, title: str, words: str, *, more: str = "", less: str = "", fails: bool = False, **values: str
    ) -> str:
        """Run the one command of a section that has these words in it; what it said.

        `values` are its placeholders, `_` for a space; `less` is left out of it, `more` put behind it. Fails where the
        command fails, or, with `fails`, where it does not.
        """
        (command,) = [one for one in commands(title) if words in one]
        self.tried.add(command)
        text = filled(command, {name.replace("_", " "): value for name, value in values.items()})
        done = self.shell(f"{text.replace(less, '') if less else text} {more}".strip())
        assert bool(done.returncode) == fails, (
            text,
            done.returncode,
            done.stdout[-3000:],
            done.stderr[-3000:],
        )
        return done.stderr if fails else done.stdout

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """A script in a shell that stops at the first error, set up as the page begins."""
        document = self.stack.document
        admin = f"Authorization: Bearer {self.stack.token('admin')}"
        begin = (
            "set -euo pipefail",
            f"STACK={STACK}; DEPLOYMENT=local",
            f"BASE={shlex.quote(self.stack.base_url)}; ADMIN={shlex.quote(admin)}",
            ". ./names.sh",
        )
        kept = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
        environment = kept | {
            "PATH": os.pathsep.join([str(self.place / "bin"), os.environ["PATH"]]),
            "PYTHONPATH": str(ROOT / "layers" / "core"),
            "LC_ALL": "C.UTF-8",
            "AWS_ACCESS_KEY_ID": self.stack.account,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": document["region"],
            "AWS_ENDPOINT_URL": document["aws_endpoint_url"],
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        return subprocess.run(
            ["bash", "-c", "\n".join([*begin, script])],
            cwd=self.place,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT,
            check=False,
        )

    def read(self, name: str) -> Any:
        """A file that a step has written, from JSON."""
        return json.loads((self.place / name).read_text(encoding="utf-8"))


@contextmanager
def at_work(state: Path, place: Path) -> Iterator[Desk]:
    """An operator at a deployment with a small sample; it is stopped whatever happens."""
    try:
        started = run(state, "--detach", "--port", "0", "--count", "200")
        if started.returncode:
            pytest.fail(f"The local deployment did not start:\n{started.stdout}", pytrace=False)
        yield Desk(Stack(state), place)
    finally:
        run(state, "--stop")
