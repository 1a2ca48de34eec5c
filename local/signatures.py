"""Signatures of certificates that the local KMS was asked for, read from the log that `local.trouble` keeps."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from local.trouble import ANSWERED, LATE, LOST

MADE = {ANSWERED, LOST, LATE}
"""Fates of calls that took effect."""


def signatures(log: Path) -> dict[str, Any]:
    """How many calls were made, how many payloads they were for, and why some were signed again.

    `again` by cause: the answer of the signature before was lost on purpose; or it went out, but came too late for who
    waited for it, or what was to follow did not happen (a worker that was killed, a call that failed).
    """
    made, payloads, again = 0, dict[str, str](), Counter[str]()
    troubled = Counter[str]()
    for line in _lines(log):
        if line["fate"] != ANSWERED:
            troubled[f"{line['call']} {line['fate']}"] += 1
        # Status lists are signed, too, by their digest.
        if line.get("message") != "RAW" or line["fate"] not in MADE:
            continue
        made += 1
        before = payloads.get(line["digest"])
        if before is not None:
            again[
                "the answer before was lost"
                if before != ANSWERED
                else "it was answered: too late, or the work after it was cut off"
            ] += 1
        payloads[line["digest"]] = line["fate"]
    return {"signatures": made, "payloads": len(payloads), "again": dict(again), "troubled": dict(troubled)}


def _lines(log: Path) -> Any:
    if log.exists():
        with log.open(encoding="utf-8") as file:
            yield from map(json.loads, file)
