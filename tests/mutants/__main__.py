"""Make each mistake in a copy of the tree, run the tests named for it, and show which of them noticed.

The working tree is not touched. Exit code 1 if a mistake survives, if its place is not found any more, or if the
tests do not even pass without it.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from tests.mutants.mutant import Mutant
from tests.mutants.table import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("layers", "functions", "infra", "local", "tests", "docs", "pyproject.toml")
WORKERS = 2
LIMIT = 240
"""Seconds for the tests of one mistake; one that makes them hang is noticed, too."""


def copies(count: int, place: Path) -> Iterator[Path]:
    """`count` copies of the tree, with what is needed to run its tests."""
    ignored = shutil.ignore_patterns("__pycache__", ".aws-sam", "node_modules", "*.pyc")
    for number in range(count):
        copy = place / str(number)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=ignored)
            elif source.exists():
                shutil.copy(source, copy / name)
        (copy / ".envs").symlink_to(ROOT / ".envs")
        yield copy


def run(copy: Path, tests: tuple[str, ...]) -> tuple[bool, str]:
    """Whether the tests pass in a copy, and the end of what they say."""
    options = ["-q", "-x", "-p", "no:cacheprovider", "--hypothesis-seed=1", "--no-header"]
    try:
        done = subprocess.run(
            [sys.executable, "-B", "-m", "pytest", *options, *tests],
            cwd=copy,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False, "the tests did not come to an end"
    lines = done.stdout.strip().splitlines() or done.stderr.strip().splitlines() or [""]
    if done.returncode not in (0, 1):
        # 1: tests failed. Anything else: no test could run, which notices nothing.
        noticed = [line for line in lines if line.startswith("ERROR ")]
        if not noticed:
            raise RuntimeError(done.stdout + done.stderr)
    return done.returncode == 0, next(
        (line for line in lines if line.startswith(("FAILED", "ERROR"))), lines[-1]
    )


def survives(copy: Path, mutant: Mutant) -> tuple[bool, str]:
    """Make a mistake, test, and undo it."""
    file = copy / mutant.file
    right = file.read_text(encoding="utf-8")
    if right.count(mutant.old) != 1:
        return True, f"its place is there {right.count(mutant.old)} times in {mutant.file}"
    file.write_text(right.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        return run(copy, mutant.tests)
    finally:
        file.write_text(right, encoding="utf-8")


def main() -> int:
    """Run all mistakes, or those whose name contains a word."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument(
        "words", nargs="*", help="only mistakes whose description or file contains one of these"
    )
    words = parser.parse_args().words
    chosen = [m for m in MUTANTS if not words or any(w in m.what or w in m.file for w in words)]
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as place, ThreadPoolExecutor(WORKERS) as pool:
        free: Queue[Path] = Queue()
        for copy in copies(WORKERS, Path(place)):
            free.put(copy)
        tests = tuple(dict.fromkeys(test for mutant in chosen for test in mutant.tests))
        copy = free.get()
        passed, said = run(copy, tests)
        free.put(copy)
        if not passed:
            print(f"The tests fail without any mistake: {said}")
            return 1

        def judged(mutant: Mutant) -> tuple[Mutant, bool, str]:
            copy = free.get()
            try:
                return mutant, *survives(copy, mutant)
            finally:
                free.put(copy)

        alive = 0
        for mutant, survived, said in pool.map(judged, chosen):
            alive += survived
            print(f"{'SURVIVED' if survived else 'noticed '}  {mutant.what:52}  {said[:110]}", flush=True)
    print(f"\n{len(chosen) - alive} of {len(chosen)} mistakes noticed, in {time.monotonic() - begun:.0f} s")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
