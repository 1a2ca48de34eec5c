"""A ledger dropped into the inbox bucket, and the wait until every row of it is accounted for."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jianbiao.aws.inbox import S3Inbox
from jianbiao.aws.launches import DynamoLaunches
from jianbiao.domain.events import CLOCK_SKEW
from jianbiao.domain.times import parse_rfc3339, rfc3339
from jianbiao.services.launches import DONE, REMEDIES, RUNNING, Launch
from jianbiao.services.ledger_run import Accounts, LedgerObject, accounts
from local.clients import Operator

PATIENCE = 60.0
"""Seconds without any progress before the wait is given up: a message that failed comes again after minutes."""
PAUSE = 0.2


class LoadFailed(Exception):
    """The ledger was not worked off; the message says how far it came."""


@dataclass(frozen=True, slots=True)
class Loader:
    """Loads ledgers into one deployment."""

    operator: Operator
    outputs: Mapping[str, str]
    patience: float = PATIENCE

    def load(self, ledger: Path, as_of: str, shown: Callable[[int, int], None]) -> Accounts:
        """Upload a file and wait; `as_of` is RFC 3339, `shown` hears of rows done and rows in all.

        The upload is what an operator's upload is: the functions do the rest. Raises LoadFailed.
        """
        return self.follow(self.put(ledger, as_of), rows_of(ledger), shown)

    def put(self, ledger: Path, as_of: str) -> LedgerObject:
        """Upload a file; the same again is another version, and another launch. Raises LoadFailed."""
        s3, bucket = self.operator.client("s3"), self.outputs["InboxBucketName"]
        # No ledger of the future is taken: one that was made up for a day to come is of now.
        as_of = rfc3339(min(parse_rfc3339(as_of), int(time.time()) + CLOCK_SKEW))
        with ledger.open("rb") as file:
            key = f"ledger/{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}.jsonl"
            file.seek(0)
            version = s3.put_object(Bucket=bucket, Key=key, Body=file, Metadata={"as-of": as_of})["VersionId"]
        found = S3Inbox(s3, bucket).find(key, version)
        if found is None:
            raise LoadFailed("The ledger is not in the inbox bucket after its upload.")
        return found

    def follow(self, found: LedgerObject, rows: int, shown: Callable[[int, int], None]) -> Accounts:
        """Wait until every one of the `rows` of an uploaded ledger is accounted for. Raises LoadFailed."""
        s3, bucket = self.operator.client("s3"), self.outputs["InboxBucketName"]
        seen: dict[str, dict[str, Any]] = {}
        last, deadline = -1, time.monotonic() + self.patience
        done = accounts(found.size, ())
        while True:
            if self._read_new(s3, bucket, f"results/{found.file_id}/chunks/", seen):
                done = accounts(found.size, seen.values())
            if done.counts["rows"] != last:
                last, deadline = done.counts["rows"], time.monotonic() + self.patience
                shown(last, rows)
            if done.complete:
                return done
            if not seen:
                self._refused(found)
            if time.monotonic() > deadline:
                raise LoadFailed(
                    f"The ledger stopped at row {last:,} of {rows:,}.\n{self._queues()}\n{self.errors()}"
                )
            # A look costs as much as there are results: long runs are looked at less often.
            time.sleep(max(PAUSE, len(seen) * PAUSE / 20))

    def _refused(self, found: LedgerObject) -> None:
        """Raises LoadFailed where the product will not begin with a ledger."""
        launch = self._launches.get(found.file_id)
        if launch and launch.error:
            raise LoadFailed(f"The ledger is refused: {REMEDIES[launch.error]}.")

    @property
    def _launches(self) -> DynamoLaunches:
        return DynamoLaunches(self.operator.client("dynamodb"), self.outputs["BackfillsTableName"])

    def ended(self, found: LedgerObject, *, done: bool = False) -> Launch:
        """The record of an uploaded ledger's launch, once its attempt is summed up; with `done`, once it is done, since
        somebody goes on with it. Raises LoadFailed."""
        launches = self._launches
        deadline = time.monotonic() + self.patience
        while True:
            launch = launches.get(found.file_id)
            if launch and launch.state != RUNNING and (launch.state == DONE or not done):
                return launch
            if time.monotonic() > deadline:
                raise LoadFailed(f"The launch is not summed up.\n{self.errors()}")
            time.sleep(PAUSE)

    def _read_new(self, s3: Any, bucket: str, prefix: str, seen: dict[str, dict[str, Any]]) -> int:
        """Read the results that are not in `seen` yet; returns how many."""
        before = len(seen)
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", ()):
                if entry["Key"] not in seen:
                    seen[entry["Key"]] = json.loads(
                        s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
                    )
        return len(seen) - before

    def _queues(self) -> str:
        sqs, names = self.operator.client("sqs"), ("InboxQueueUrl", "InboxDeadLettersUrl")
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        lines = []
        for name in names:
            counts = sqs.get_queue_attributes(QueueUrl=self.outputs[name], AttributeNames=wanted)[
                "Attributes"
            ]
            lines.append(
                f"  {name.removesuffix('Url')}: {counts[wanted[0]]} waiting, {counts[wanted[1]]} in work"
            )
        return "\n".join(lines)

    def errors(self, limit: int = 3) -> str:
        """What the functions logged as errors last, for the message."""
        logs, found = self.operator.client("logs"), []
        for group in logs.describe_log_groups()["logGroups"]:
            for event in logs.filter_log_events(logGroupName=group["logGroupName"]).get("events", ()):
                if '"level":"ERROR"' in event["message"]:
                    found.append((event["timestamp"], _last_line(event["message"])))  # noqa: PERF401
        return "\n".join(f"  {text}" for _, text in sorted(found)[-limit:]) or "  (no error logged)"


def rows_of(ledger: Path) -> int:
    """Lines of a file that are not blank."""
    with ledger.open("rb") as file:
        return sum(1 for line in file if line.strip())


def _last_line(message: str) -> str:
    """What an error line of a function says: the exception's own words, at the end of its traceback."""
    try:
        record = json.loads(message)
    except ValueError:
        return message.strip()[-500:]
    exception = str(record.get("exception") or "").strip()
    return f"{record.get('service', '')}: {exception.splitlines()[-1] if exception else record.get('message', '')}"
