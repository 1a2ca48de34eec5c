"""Decisions on claims: each inserted once under an id of its own, never changed. `forget_at` is the table's time to
live."""

from __future__ import annotations

import json
from typing import Any

from jianbiao.aws.clients import translated
from jianbiao.citizen_records import Decision


class DynamoDecisions:
    """Port `Decisions`."""

    def __init__(self, client: Any, table: str) -> None:
        self._client, self._table = client, table

    def record(self, decision: Decision) -> None:
        grounds = json.dumps(dict(decision.grounds), ensure_ascii=False, separators=(",", ":"))
        with translated("decisions"):
            self._client.put_item(
                TableName=self._table,
                Item={
                    "vin": {"S": decision.vin},
                    "decision_id": {"S": decision.decision_id},
                    "decided_at": {"N": str(decision.at)},
                    "decided_for": {"S": decision.by},
                    "application_id": {"S": decision.application_id},
                    "granted": {"BOOL": decision.granted},
                    "reason": {"S": decision.reason},
                    "grounds": {"S": grounds},
                    "forget_at": {"N": str(decision.at + decision.keep)},
                },
            )
