"""A search of the audit trail leaves its own entry before it shows any."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from jianbiao.domain.policy import default_policy
from jianbiao.errors import Unavailable
from jianbiao.records import AuditEntry
from jianbiao.services import audit
from jianbiao.services.audit import RETENTION, AuditDesk
from tests.support.memory_desks import MemoryAudit

POLICY = default_policy()
NOW = 1_790_000_000
SUBJECT = audit.of_plate("02", "黑A12345")


@dataclass
class Trail:
    """Shows what the archive holds, and remembers what it was asked."""

    archive: MemoryAudit
    asked: list[tuple[str, int, int, int, str | None]] = field(default_factory=list)

    def entries(
        self, subject: str, *, since: int, until: int, limit: int, after: str | None
    ) -> tuple[list[AuditEntry], str | None]:
        self.asked.append((subject, since, until, limit, after))
        return [entry for entry in self.archive.entries if subject in entry.subjects], "next"


def searched(archive: MemoryAudit) -> tuple[Trail, list[AuditEntry]]:
    trail = Trail(archive)
    entries, following = AuditDesk(archive, trail, lambda: NOW).query(
        SUBJECT, POLICY, actor="op-1", client="admin", since=1, until=2, limit=3, after="a"
    )
    assert following == "next"
    return trail, list(entries)


def test_a_search_is_on_record_under_what_it_asked_for_and_who_asked() -> None:
    archive = MemoryAudit()
    trail, shown = searched(archive)
    (entry,) = archive.entries
    assert (entry.action, entry.by, entry.client, entry.at) == ("audit-query", "op-1", "admin", NOW)
    assert set(entry.subjects) == {SUBJECT, "actor#op-1"}
    assert entry.detail == {"subject": SUBJECT}
    assert entry.keep_days == POLICY.retention_days[RETENTION] >= 180
    assert trail.asked == [(SUBJECT, 1, 2, 3, "a")]
    # So a search sees itself, and the one before it.
    assert shown == [entry]
    assert len(searched(archive)[1]) == 2


def test_what_cannot_be_put_on_record_is_not_shown() -> None:
    archive = MemoryAudit(down=True)
    with pytest.raises(Unavailable):
        searched(archive)
