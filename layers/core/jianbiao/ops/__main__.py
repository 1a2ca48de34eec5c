"""`python -m jianbiao.ops keys …`: run by an operator with the account's credentials, from the run book."""

from __future__ import annotations

import sys

from jianbiao.ops.keys import main

if __name__ == "__main__":
    sys.exit(main())
