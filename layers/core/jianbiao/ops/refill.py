"""Copy a table that was restored beside the live one into it: what is missing, or everything.

    python -m jianbiao.ops refill --from <RestoredTable> --to <LiveTable> [--replace]

A table comes back from PITR under a new name; the stack goes on with the old one. Without --replace an item that is
there stays as it is. It can be run again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from jianbiao.aws import dynamo
from jianbiao.aws.clients import client, translated
from jianbiao.errors import Unavailable


def refill(dynamodb: Any, source: str, target: str, *, replace: bool) -> tuple[int, int]:
    """(items written, items that were there and stay). Raises Unavailable."""
    with translated("table"):
        schema = dynamodb.describe_table(TableName=target)["Table"]["KeySchema"]
    names = {"#k": schema[0]["AttributeName"]}
    missing = {"ConditionExpression": "attribute_not_exists(#k)", "ExpressionAttributeNames": names}
    written = kept = 0
    for page in dynamodb.get_paginator("scan").paginate(TableName=source, ConsistentRead=True):
        for item in page["Items"]:
            try:
                with translated("table"):
                    dynamodb.put_item(TableName=target, Item=item, **({} if replace else missing))
                written += 1
            except Unavailable as error:
                if not dynamo.condition_failed(error):
                    raise
                kept += 1
    return written, kept


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m jianbiao.ops refill", description=__doc__.split("\n")[0])
    made.add_argument("--from", dest="source", required=True, metavar="TABLE", help="the restored table")
    made.add_argument("--to", dest="target", required=True, metavar="TABLE", help="the live one")
    made.add_argument("--replace", action="store_true", help="also what is there: the live table is wrong")
    made.add_argument("--endpoint-url", help="another AWS than Amazon's (local deployment)")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 5 AWS does not answer (run it again)."""
    given = parser().parse_args(arguments)
    dynamodb = client("dynamodb", read_timeout=20.0, attempts=8, endpoint_url=given.endpoint_url)
    try:
        written, kept = refill(dynamodb, given.source, given.target, replace=given.replace)
    except Unavailable as problem:
        sys.stderr.write(f"Stopped: {problem}. Run it again.\n")
        return 5
    sys.stdout.write(f"{written:,} items written, {kept:,} were there\n")
    return 0
