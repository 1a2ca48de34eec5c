"""README's walk, pasted: the shell blocks of its section, in order, in one shell, against the deployment."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.deployment import ROOT, Stack

pytestmark = pytest.mark.local

HEADING = "## A walk"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[str]:
    """What the section tells to paste."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    _, found, rest = readme.partition(f"\n{HEADING}\n")
    assert found, f"README.md has no section {HEADING!r}"
    return BLOCK.findall(re.split(r"^## ", rest, maxsplit=1, flags=re.MULTILINE)[0])


def pasted(stack: Stack, script: str) -> subprocess.CompletedProcess[str]:
    """The script in a shell that stops at the first error, with $STACK where this deployment keeps its file."""
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHON", "http", "HTTP"))
    }
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n{script}"],
        cwd=ROOT,
        env=environment | {"STACK": str(stack.state / "stack.json"), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_the_walk_can_be_pasted(stack: Stack) -> None:
    found = blocks()
    assert len(found) >= 6
    done = pasted(stack, "\n".join(f"echo '=== {number}'\n{block}" for number, block in enumerate(found)))
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
    said = done.stdout
    # In this order: her vehicles, her certificate, the picture, the verdict, the police's view, a forgery, a share.
    steps = (
        r'"plate": "黑A12345"',
        r'"status": "active"',
        r"the picture carries the code",
        r'"verdict": "valid"',
        r'"verdict": "valid"(?s:.*)"vehicle": \{(?s:.*)"inspection": "in_period"',
        r'"verdict": "forged",\s+"reason": "bad-signature"(?s:.*)"certificate": null',
        r"shared: 200",
        r"withdrawn: 410",
    )
    at = 0
    for step in steps:
        match = re.compile(step).search(said, at)
        assert match, f"{step} does not come behind\n{said[:at][-1500:]}\nbut\n{said[at:][:3000]}"
        at = match.start() + 1
    assert "Traceback" not in done.stderr


def test_the_walk_stops_where_a_step_fails(stack: Stack, tmp_path: Path) -> None:
    """Otherwise the test above could not fail."""
    first, *rest = blocks()
    broken = "\n".join([first.replace("tokens citizen", "tokens nobody"), *rest])
    assert broken != "\n".join([first, *rest])
    assert pasted(stack, broken).returncode != 0
