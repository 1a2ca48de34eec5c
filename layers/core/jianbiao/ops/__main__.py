"""`python -m jianbiao.ops {setup,keys,launches,redrive} …`: run by an operator with the account's credentials."""

from __future__ import annotations

import sys
from importlib import import_module

AREAS = {
    "setup": "the first keys and policy of a deployment",
    "keys": "the deployment's signing keys",
    "launches": "launches: progress, pause, rate, abort, redrive",
    "redrive": "messages that were set aside, and events whose message was never sent",
}


def main(arguments: list[str]) -> int:
    """Hand over to the area's own command line; each has its --help."""
    area = arguments[0] if arguments else "--help"
    if area not in AREAS:
        lines = [f"  {name:9}{what}" for name, what in AREAS.items()]
        sys.stdout.write("\n".join(["usage: python -m jianbiao.ops AREA … [--help]", "", *lines, ""]))
        return 0 if area in {"-h", "--help"} else 2
    # The keys' parser names its area itself.
    rest = arguments if area == "keys" else arguments[1:]
    status: int = import_module(f"jianbiao.ops.{area}").main(rest)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
