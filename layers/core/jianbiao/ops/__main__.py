"""`python -m jianbiao.ops <area> …`: run with an operator's own credentials."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

AREAS = {
    "setup": "the first keys and policy of a deployment",
    "keys": "the deployment's signing keys",
    "launches": "launches: progress, pause, rate, abort, redrive",
    "guard": "what the issue guard has found: settle it",
    "refill": "a table from the one that was restored beside it",
    "restore": "what a table lost that came back from an earlier moment",
    "redrive": "messages that were set aside, and events whose message was never sent",
}


def main(arguments: list[str]) -> int:
    """Hand over to the area's own command line; each has its --help."""
    parser = argparse.ArgumentParser(
        prog="python -m jianbiao.ops",
        description="\n".join(f"  {name:9} {what}" for name, what in AREAS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("area", choices=AREAS)
    area = parser.parse_args(arguments[:1]).area
    # The keys' parser names its area itself.
    rest = arguments if area == "keys" else arguments[1:]
    status: int = import_module(f"jianbiao.ops.{area}").main(rest)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
