"""Loading a ledger on one machine: what the product will not begin with is said at once, with what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import pytest

from jianbiao.aws.launches import launch_item
from jianbiao.services.launches import REFUSED, REMEDIES, Launch
from jianbiao.services.ledger_run import LedgerObject
from local.clients import Operator
from local.loading import Loader, LoadFailed

LEDGER = LedgerObject("ledger/a.jsonl", "v1", '"e"', 10, 1_700_000_000)


@dataclass
class OneLaunch:
    """An operator's clients: a bucket without results, and the record of one launch."""

    launch: Launch

    def client(self, _service: str) -> Any:
        return self

    def get_paginator(self, _name: str) -> Any:
        return self

    def paginate(self, **_request: Any) -> list[dict[str, Any]]:
        return [{}]

    def get_item(self, **_request: Any) -> dict[str, Any]:
        return {"Item": launch_item(self.launch)}


@pytest.mark.parametrize("error", REMEDIES)
def test_a_refused_ledger_is_not_waited_for(error: str) -> None:
    operator = OneLaunch(Launch(LEDGER.file_id, LEDGER, 1_700_000_000, state=REFUSED, error=error))
    outputs = {"InboxBucketName": "inbox", "BackfillsTableName": "backfills"}
    loader = Loader(cast("Operator", operator), outputs, patience=600)
    with pytest.raises(LoadFailed, match=r"refused: .+ upload"):
        loader.follow(LEDGER, 5, lambda _done, _rows: None)
