"""`python -m jianbiao.ops {keys,redrive} …`: run by an operator with the account's credentials, from the run book."""

from __future__ import annotations

import sys
from importlib import import_module

AREAS = {
    "keys": "the deployment's signing keys",
    "redrive": "messages that were set aside, and events whose message was never sent",
}


def main() -> int:
    """Hand over to the area's own command line; each has its --help."""
    area = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if area not in AREAS:
        lines = [f"  {name:9}{what}" for name, what in AREAS.items()]
        sys.stdout.write("\n".join(["usage: python -m jianbiao.ops AREA … [--help]", "", *lines, ""]))
        return 0 if area in {"-h", "--help"} else 2
    # The keys' parser names its area itself.
    arguments = sys.argv[1:] if area == "keys" else sys.argv[2:]
    status: int = import_module(f"jianbiao.ops.{area}").main(arguments)
    return status


if __name__ == "__main__":
    sys.exit(main())
