"""The audit trail. Its writers hold `dynamodb:PartiQLInsert` alone, which never overwrites; one function reads it.

An entry is one item for each of its subjects, so that it can be found by each with a single query. `expires_at` is
when its retention ends: the table's TTL removes it within days of that, and the reader leaves it out at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from jianbiao.aws.clients import translated
from jianbiao.aws.dynamo import Item, Table, number, text
from jianbiao.domain.times import DAY
from jianbiao.records import AuditEntry


def audit_items(entry: AuditEntry, id_: str) -> list[Item]:
    """An entry as stored, once for each subject."""
    facts = {
        "action": entry.action,
        "by": entry.by,
        "client": entry.client,
        "subjects": entry.subjects,
        "detail": entry.detail,
        "keep_days": entry.keep_days,
    }
    body = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    return [
        {
            "subject": {"S": subject},
            "at_id": {"S": f"{entry.at:012d}-{id_}"},
            "entry": {"S": body},
            "expires_at": {"N": str(entry.at + entry.keep_days * DAY)},
        }
        for subject in dict.fromkeys(entry.subjects)
    ]


def audit_entry(item: Item) -> AuditEntry:
    """Inverse of `audit_items`."""
    facts = json.loads(text(item, "entry"))
    return AuditEntry(at=int(text(item, "at_id")[:12]), **(facts | {"subjects": tuple(facts["subjects"])}))


class DynamoAudit:
    """Port `Audit`."""

    def __init__(self, client: Any, table: str, random: Callable[[int], bytes]) -> None:
        self._table, self._random = Table(client, table), random

    def record(self, entries: Sequence[AuditEntry]) -> None:
        # A throttled part is sent again, and an insert of ours that is there already stays as it is.
        self._table.insert_many(
            [item for entry in entries for item in audit_items(entry, self._random(8).hex())]
        )


class DynamoAuditTrail:
    """Port `AuditTrail`."""

    def __init__(self, client: Any, table: str, clock: Callable[[], int]) -> None:
        self._client, self._table, self._clock = client, table, clock

    def entries(
        self, subject: str, *, since: int, until: int, limit: int, after: str | None
    ) -> tuple[list[AuditEntry], str | None]:
        """`after` is the `at_id` of the last item seen."""
        first = max(f"{since:012d}", f"{after}~" if after else "")
        with translated("audit"):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#s = :s AND at_id BETWEEN :first AND :last",
                ExpressionAttributeNames={"#s": "subject"},
                ExpressionAttributeValues={
                    ":s": {"S": subject},
                    ":first": {"S": first},
                    # The next second's items begin with another number; "~" comes after every hexadecimal digit.
                    ":last": {"S": max(f"{max(until - 1, 0):012d}~", first)},
                },
                ConsistentRead=True,
                Limit=limit,
            )
        items = answer["Items"]
        now = self._clock()
        kept = [audit_entry(item) for item in items if number(item, "expires_at") > now]
        return kept, text(items[-1], "at_id") if "LastEvaluatedKey" in answer and items else None
