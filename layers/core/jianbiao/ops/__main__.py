"""`python -m jianbiao.ops setup …` and `… keys …`: run by an operator with the account's credentials."""

from __future__ import annotations

import sys

from jianbiao.ops import keys, setup


def main(arguments: list[str]) -> int:
    """The two commands."""
    if arguments[:1] == ["setup"]:
        return setup.main(arguments[1:])
    return keys.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
