"""The keys of a deployment: show, publish, switch, retire, revoke, enable.

    python -m jianbiao.ops keys show    --table <ConfigTableName>
    python -m jianbiao.ops keys publish --table … --purpose certificate --key-arn <ARN of the new KMS key>
    python -m jianbiao.ops keys rotate  --table … --kid <kid>      after the overlap
    python -m jianbiao.ops keys retire  --table … --kid <kid>      the old one; optional
    python -m jianbiao.ops keys revoke  --table … --kid <kid>      compromised
    python -m jianbiao.ops keys enable  --table … --division 230100,哈尔滨…,Harbin …

Every step but `show` publishes the next version of the set, which functions use within 30 seconds; `--dry-run` only
shows it. Two operators at once: the second one is told to begin again. The credentials need dynamodb:Query and
dynamodb:PutItem on the Config table and kms:GetPublicKey on a new key; none of them can sign.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from jianbiao.domain.codes import Coded
from jianbiao.errors import Unavailable
from jianbiao.ports import Clock, Stale
from jianbiao.services.key_book import KeyBook, NotAllowed
from jianbiao.wire.keys import CERTIFICATE, STATUS_LIST

REFUSED, BUSY, DOWN = 3, 4, 5
"""Exit statuses: the step is not allowed; somebody else has published meanwhile; AWS does not answer."""


class Books(Protocol):
    """Where key books lie."""

    def newest(self) -> KeyBook | None:
        """The book in force."""

    def publish(self, book: KeyBook) -> None:
        """Store the next version. Raises Stale."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m jianbiao.ops", description=__doc__.split("\n")[0])
    areas = top.add_subparsers(dest="area", required=True)
    areas.add_parser("setup", help="the first key set and policy of a deployment (jianbiao.ops.setup)")
    keys = areas.add_parser("keys", help="the deployment's signing keys").add_subparsers(
        dest="step", required=True
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--table", required=True, help="name of the Config table (stack output ConfigTableName)"
    )
    common.add_argument("--endpoint-url", help="another AWS than Amazon's (local deployment)")
    common.add_argument("--dry-run", action="store_true", help="show the next version, publish nothing")
    keys.add_parser("show", parents=[common], help="the keys and what each does now")
    publish = keys.add_parser(
        "publish", parents=[common], help="publish a new key; it may sign once the overlap is over"
    )
    publish.add_argument("--key-arn", required=True, help="the KMS key, P-256, SIGN_VERIFY")
    publish.add_argument("--purpose", required=True, choices=(CERTIFICATE, STATUS_LIST))
    publish.add_argument(
        "--at-once",
        action="store_true",
        help="no overlap: for a compromise without a standby; verifiers with the older set call its first"
        " certificates forged",
    )
    for step, what in (
        ("rotate", "sign with this published key from now on"),
        ("retire", "close a key's interval; what it signed stays verifiable"),
        ("revoke", "the key is compromised: all it signed is forged, a standby signs on"),
    ):
        keys.add_parser(step, parents=[common], help=what).add_argument("--kid", required=True)
    enable = keys.add_parser("enable", parents=[common], help="let the keys sign for more divisions")
    enable.add_argument(
        "--division",
        required=True,
        action="append",
        type=_division,
        metavar="CODE,ZH,EN",
        help="code and names of the issuing authority; can be given several times",
    )
    return top


def _division(text: str) -> Coded:
    parts = text.split(",")
    if len(parts) != 3 or not (parts[0].isascii() and parts[0].isdigit() and len(parts[0]) == 6):
        raise argparse.ArgumentTypeError("CODE,ZH,EN is expected, the code of six digits")
    return Coded(*parts)


def next_book(book: KeyBook, given: argparse.Namespace, now: int, spki: Callable[[str], bytes]) -> KeyBook:
    """The book after the step that was asked for. Raises NotAllowed."""
    match given.step:
        case "publish":
            return book.publish(
                spki(given.key_arn), given.key_arn, purpose=given.purpose, now=now, at_once=given.at_once
            )
        case "rotate":
            return book.switch(given.kid, now=now)
        case "retire":
            return book.retire(given.kid, now=now)
        case "revoke":
            return book.revoke(given.kid, now=now)
        case "enable":
            return book.enable(given.division)
        case _:
            return book


def run(given: argparse.Namespace, books: Books, spki: Callable[[str], bytes], clock: Clock) -> KeyBook:
    """Carry a step out; returns the book in force after it. Raises NotAllowed, Stale, Unavailable."""
    book = books.newest()
    if book is None:
        raise NotAllowed("no key set is published in this table: the deployment is not set up")
    following = next_book(book, given, clock(), spki)
    following.published()  # nothing is published that a verifier would refuse
    if following != book and not given.dry_run:
        books.publish(following)
    return following


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; prints the keys as JSON."""
    from jianbiao.aws.clients import client
    from jianbiao.aws.key_books import DynamoKeyBooks

    given = parser().parse_args(arguments)

    def spki(arn: str) -> bytes:
        from jianbiao.aws.clients import translated

        with translated("KMS"):
            kms = client("kms", endpoint_url=given.endpoint_url)
            return bytes(kms.get_public_key(KeyId=arn)["PublicKey"])

    books = DynamoKeyBooks(client("dynamodb", endpoint_url=given.endpoint_url), given.table)
    try:
        book = run(given, books, spki, lambda: int(time.time()))
    except NotAllowed as problem:
        return _failed(REFUSED, str(problem))
    except ValueError as problem:
        return _failed(REFUSED, f"the key cannot be published: {problem}")
    except Stale as problem:
        return _failed(BUSY, f"{problem}: somebody else was first; look again, then repeat the step")
    except Unavailable as problem:
        return _failed(DOWN, str(problem))
    shown: dict[str, Any] = {"version": book.version, "keys": book.summary(int(time.time()))}
    sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=1) + "\n")
    return 0


def _failed(status: int, message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return status
