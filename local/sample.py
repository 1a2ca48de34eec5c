"""The ledger of the local deployment: made or given, dropped into the inbox, waited for; and samples of what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from local.clients import Operator
from local.progress import Progress
from local.state import State


class SampleFailed(Exception):
    """The ledger was not worked off; the message says how far it came."""


@dataclass(frozen=True, slots=True)
class Sample:
    operator: Operator
    outputs: Mapping[str, str]
    base_url: str
    state: State

    def load(self, ledger: Path | None, count: int, as_of: date, progress: Progress) -> list[dict[str, Any]]:
        return []
