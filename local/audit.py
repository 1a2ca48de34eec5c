"""Known vulnerabilities of what requirements/*.txt pin, as far as the advisory data can be reached.

    make audit            says what it found, and what it could not ask about
    make audit STRICT=1   fails where it could not ask

Vulnerabilities fail either way. Data that cannot be reached do not, unless asked to: `make check` has to work on a
machine that reaches nothing but a mirror of packages.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.envs import ROOT, CannotPrepare, ensure

ENVIRONMENT = "audit"
RUNTIME = ("deps", "render")
"""What runs on Lambda; the others are tools."""
FILES = (*RUNTIME, "local", "dev", "peers", "emulator", "lint", "sam", "schema", ENVIRONMENT)
PATIENCE = 300


@dataclass(slots=True)
class Audit:
    """What came out: `known` vulnerabilities and what was `unasked` as lines, how many packages were `asked` about."""

    known: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    asked: int = 0

    def add(self, report: dict[str, Any]) -> None:
        """A report of pip-audit (its JSON)."""
        for package in report["dependencies"]:
            name = f"{package['name']} {package.get('version', '')}".strip()
            if "skip_reason" in package:
                self.unasked.append(name)
                continue
            self.asked += 1
            for found in package["vulns"]:
                repaired = ", ".join(found["fix_versions"]) or "no version"
                self.known.append(f"{name}: {found['id']} (repaired in {repaired})")

    def lines(self) -> Iterable[str]:
        """What to say, each package once."""
        yield from sorted(set(self.known))
        if self.unasked and not self.asked:
            yield "AUDIT NOT DONE: no advisory data can be reached from here. Nothing is known about any package."
        elif self.unasked:
            yield f"not asked about: {', '.join(sorted(set(self.unasked)))}"
        if self.asked and not self.known:
            yield f"no known vulnerability in the {self.asked} pins that were asked about"


def report(name: str) -> dict[str, Any] | None:
    """pip-audit's report on requirements/<name>.txt; None where it could not finish."""
    command = [
        str(ROOT / ".envs" / ENVIRONMENT / "bin" / "pip-audit"),
        *("--progress-spinner", "off", "--format", "json", "--timeout", "10"),
        # The pins are complete and hashed: nothing is to be resolved or installed.
        *("--disable-pip", "--require-hashes", "-r", str(ROOT / "requirements" / f"{name}.txt")),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        found: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; 1 where something is known, or (strict) could not be asked."""
    parser = argparse.ArgumentParser(prog="python -m local.audit", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--strict", action="store_true", help="fail where the advisory data cannot be reached"
    )
    strict = parser.parse_args(arguments).strict
    try:
        ensure(ENVIRONMENT)
    except CannotPrepare as problem:
        print(f"AUDIT NOT DONE: {problem}", file=sys.stderr)
        return 1 if strict else 0
    audit = Audit()
    for name in FILES:
        found = report(name)
        if found is None:
            audit.unasked.append(f"requirements/{name}.txt")
        else:
            audit.add(found)
        if audit.unasked and not audit.asked:
            break  # the data cannot be reached: the other files would wait for the same
    for line in audit.lines():
        print(line)
    return 1 if audit.known or (strict and audit.unasked) else 0


if __name__ == "__main__":
    sys.exit(main())
