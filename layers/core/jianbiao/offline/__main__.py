"""`python -m jianbiao.offline` is `jianbiao-verify`."""

from jianbiao.offline.cli import run

run()
