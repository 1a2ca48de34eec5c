"""After a table came back from an earlier moment (PITR): put back what the others and the published lists still know.

    python -m jianbiao.ops restore --deployment … --certificates … --issuances … --statuses … --allocations … \\
        --config … --files-bucket … [--dry-run]

Run it before the functions see the table, while nobody issues or revokes: docs/runbook.md says how. It can be run
again; the second time it finds nothing to do.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from jianbiao.aws.clients import client
from jianbiao.aws.config import DynamoKeys
from jianbiao.aws.restoring import Restorer
from jianbiao.aws.status_lists import S3Lists
from jianbiao.aws.tables import Tables
from jianbiao.errors import Unavailable


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m jianbiao.ops restore", description=__doc__.split("\n")[0])
    made.add_argument("--deployment", required=True, help="parameter Deployment of the stack")
    for name in ("certificates", "issuances", "statuses", "allocations", "config"):
        made.add_argument(f"--{name}", required=True, metavar="TABLE", help="the table, restored or not")
    made.add_argument("--files-bucket", required=True, help="stack output FilesBucketName")
    made.add_argument("--dry-run", action="store_true", help="say what would be put back, write nothing")
    made.add_argument("--endpoint-url", help="another AWS than Amazon's (local deployment)")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 run it again, 5 AWS does not answer."""
    given = parser().parse_args(arguments)
    dynamodb = client("dynamodb", read_timeout=20.0, attempts=8, endpoint_url=given.endpoint_url)
    s3 = client("s3", read_timeout=20.0, endpoint_url=given.endpoint_url)
    try:
        done = Restorer(
            dynamodb,
            Tables(certificates=given.certificates, issuances=given.issuances, statuses=given.statuses),
            given.allocations,
            S3Lists(lambda: s3, given.files_bucket),
            DynamoKeys(dynamodb, given.config).current().published,
            given.deployment,
            os.urandom,
            given.dry_run,
        ).run()
    except Unavailable as problem:
        sys.stderr.write(f"Stopped: {problem}. Run it again.\n")
        return 5
    for what, count in sorted(done.items()):
        sys.stdout.write(f"{count:>9,}  {what}\n")
    if not done:
        sys.stdout.write("nothing was missing\n")
    return 1 if any("run it again" in what for what in done) else 0
