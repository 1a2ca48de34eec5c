"""What the issue guard has found and an operator has looked into: settle it.

    python -m jianbiao.ops guard void --certificates … --issuances … --vehicles … \\
        --by <you> --why <reason> [--dry-run] <id> …

`void` ends issuances that no vehicle refers to (`no-vehicle-refers-to-it`): each is stored as revoked before it was
signed, with who and why, and the guard is silent on it from then on. Where it is a certificate, or its vehicle refers
to it, it is refused. The credentials need dynamodb:BatchGetItem on the three tables, dynamodb:PutItem on the
certificates and dynamodb:ConditionCheckItem on the vehicles; none of them can sign.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence

from jianbiao.aws.clients import client
from jianbiao.aws.guard_books import DynamoBooks
from jianbiao.aws.tables import Tables
from jianbiao.aws.voids import DynamoVoids
from jianbiao.errors import Conflict, NotFound, Unavailable
from jianbiao.ops.keys import BUSY, DOWN, REFUSED
from jianbiao.ports import Stale
from jianbiao.services.leftovers import Settler


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m jianbiao.ops guard", description=__doc__.split("\n")[0])
    void = made.add_subparsers(dest="what", required=True).add_parser(
        "void", help="end issuances that no vehicle refers to"
    )
    for name in ("certificates", "issuances", "vehicles"):
        void.add_argument(f"--{name}", required=True, metavar="TABLE", help=f"output {name.title()}TableName")
    void.add_argument("--by", required=True, type=_words, metavar="NAME", help="who has looked into it")
    void.add_argument(
        "--why", required=True, type=_words, metavar="TEXT", help="what was found, for the record"
    )
    void.add_argument("--dry-run", action="store_true", help="say what would be done, write nothing")
    void.add_argument("--endpoint-url", help="another AWS than Amazon's (local deployment)")
    void.add_argument("ids", nargs="+", metavar="ID", help="as the guard's findings name them")
    return made


def _words(text: str) -> str:
    if not 0 < len(text.strip()) <= 500 or not text.isprintable():
        raise argparse.ArgumentTypeError("1 to 500 printable characters are expected")
    return text.strip()


def settle(ids: Sequence[str], void: Callable[[str], bool], done: str, say: Callable[[str], object]) -> int:
    """Void each by itself and say how it ended; returns the exit status. Raises Unavailable."""
    status = 0
    for id_ in ids:
        try:
            said = done if void(id_) else "was voided before"
        except NotFound:
            status, said = max(status, REFUSED), "refused: there is no such issuance record"
        except Conflict as problem:
            status, said = max(status, REFUSED), f"refused: {problem}"
        except Stale as problem:
            status, said = max(status, BUSY), f"somebody was first ({problem}): look again"
        say(f"{id_}  {said}\n")
    return status


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 all of them are void; otherwise the highest of REFUSED, BUSY (somebody was first) and DOWN."""
    given = parser().parse_args(arguments)
    dynamodb = client("dynamodb", read_timeout=10.0, endpoint_url=given.endpoint_url)
    names = {name: getattr(given, name) for name in ("certificates", "issuances", "vehicles")}
    settler = Settler(
        DynamoBooks(dynamodb, **names), DynamoVoids(dynamodb, Tables(**names)), lambda: int(time.time())
    )

    def void(certificate_id: str) -> bool:
        return settler.void(certificate_id, by=given.by, why=given.why, dry_run=given.dry_run)

    try:
        return settle(given.ids, void, "would be voided" if given.dry_run else "voided", sys.stdout.write)
    except Unavailable as problem:
        sys.stderr.write(f"Stopped: {problem}. Run it again.\n")
        return DOWN
