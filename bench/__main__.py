"""Run the measurements named, or all: each `bench/p<n>_*.py` has a `run()` that prints its figures.

`run()` returns False when a bar was missed; then the exit code is 1.
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from pathlib import Path

from bench.common import calibrate


def modules() -> dict[str, str]:
    """Module names by id, in order of the number."""
    found = {}
    for path in Path(__file__).parent.glob("p*_*.py"):
        if match := re.fullmatch(r"(p\d+)_\w+", path.stem):
            found[match[1]] = f"bench.{path.stem}"
    return dict(sorted(found.items(), key=lambda item: int(item[0][1:])))


def main() -> int:
    """Parse the command line, run, say what was missed."""
    known = modules()
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument(
        "ids", nargs="*", metavar="ID", help=f"one or more of {', '.join(known)}; default: all"
    )
    ids = parser.parse_args().ids or list(known)
    if unknown := [name for name in ids if name not in known]:
        parser.error(f"no such measurement: {', '.join(unknown)}")
    print(f"calibration: {calibrate():,.0f} bare ES256 verifications a second on one core\n")
    missed = [name for name in ids if importlib.import_module(known[name]).run() is False]
    if missed:
        print(f"missed: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
