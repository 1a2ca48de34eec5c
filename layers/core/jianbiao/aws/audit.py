"""The police audit trail. Its writer holds `dynamodb:PartiQLInsert` alone, which never overwrites."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from jianbiao.aws.clients import translated


class DynamoAudit:
    """Port `Audit`."""

    def __init__(self, client: Any, table: str, random: Callable[[int], bytes]) -> None:
        self._client, self._table, self._random = client, table, random

    def record(self, subject: str, at: int, entry: Mapping[str, Any]) -> None:
        values = [
            {"S": subject},
            {"S": f"{at:012d}-{self._random(8).hex()}"},
            {"S": json.dumps(entry, ensure_ascii=False, separators=(",", ":"))},
        ]
        with translated("audit"):
            self._client.execute_statement(
                Statement=f"INSERT INTO \"{self._table}\" VALUE {{'subject': ?, 'at_id': ?, 'entry': ?}}",
                Parameters=values,
            )
