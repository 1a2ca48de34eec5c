"""How large what `sam build` has made is, against Lambda's limits: ``python -m infra.sizes infra/.aws-sam/build``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.package import LAYERS

MEGABYTE = 1024 * 1024
LIMIT = 250 * MEGABYTE
"""Code of a function with all its layers, unpacked (Lambda quotas)."""
BOUNDS = {"deps": 60 * MEGABYTE, "core": 6 * MEGABYTE, "render": 60 * MEGABYTE}
"""What a layer may have, bytecode included: growth is to be noticed long before Lambda refuses it, for each cold start
reads what it imports."""


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of a layer unpacked, and how many of them are bytecode."""

    layer: str
    total: int
    bytecode: int


def size_of(layer: str, place: Path) -> Size:
    """The size of a layer in its directory."""
    files = [file for file in place.rglob("*") if file.is_file()]
    return Size(
        layer,
        sum(file.stat().st_size for file in files),
        sum(file.stat().st_size for file in files if file.suffix == ".pyc"),
    )


def sizes(build: Path) -> list[Size]:
    """Every layer in a directory of `sam build`; raises FileNotFoundError where one is missing."""
    found = []
    for layer in LAYERS:
        place = build / f"{layer.capitalize()}Layer"
        if not place.is_dir():
            raise FileNotFoundError(place)
        found.append(size_of(layer, place))
    return found


def faults(found: Sequence[Size]) -> list[str]:
    """What is too large, or lacks its bytecode."""
    wrong = [
        f"layer {s.layer}: {s.total:,} bytes, above {BOUNDS[s.layer]:,}"
        for s in found
        if s.total > BOUNDS[s.layer]
    ]
    wrong += [
        f"layer {s.layer}: no bytecode (make build RUNTIME=<a Python that is here>)"
        for s in found
        if not s.bytecode
    ]
    total = sum(s.total for s in found)
    return [*wrong, f"all layers: {total:,} bytes, above {LIMIT:,}"] if total > LIMIT else wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table; 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m infra.sizes", description=__doc__.partition("\n")[0])
    parser.add_argument("build", type=Path, help="directory that `sam build` wrote to")
    found = sizes(parser.parse_args(arguments).build)
    for size in found:
        print(
            f"  layer {size.layer:7} {size.total / MEGABYTE:6.1f} MB of {BOUNDS[size.layer] / MEGABYTE:3.0f},"
            f" {size.bytecode / MEGABYTE:5.1f} MB bytecode"
        )
    total = sum(size.total for size in found)
    print(f"  together      {total / MEGABYTE:6.1f} MB of Lambda's {LIMIT / MEGABYTE:3.0f} (unpacked)")
    wrong = faults(found)
    for fault in wrong:
        print(fault, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
