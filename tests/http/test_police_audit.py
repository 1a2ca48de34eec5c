"""Every look of the police leaves a record; an archive that is down stops nobody at the roadside, and is an alarm."""

from __future__ import annotations

import json
from typing import Any

from jianbiao.domain.policy import default_policy
from jianbiao.http import police
from jianbiao.http.edge import make_handler
from jianbiao.services.audit import RETENTION
from jianbiao.services.police import PoliceDesk
from jianbiao.services.verify import Verifier
from jianbiao.wire.code_text import code_text
from tests.http.events import Quiet, event
from tests.services.ledgers import row, run, vin
from tests.support.memory_desks import MemoryAudit
from tests.support.world import World

CODE_OF_THE_WORLD = "(the code)"
"""Stands in a body for the code of the world's one certificate."""
WHO = {"officer_ref": "o-7", "terminal_id": "t-9"}


def called(
    route: str,
    body: dict[str, Any],
    audit: MemoryAudit,
    logger: Quiet,
    counted: list[tuple[str, str]] | None = None,
) -> dict[str, Any]:
    """The answer of the police handler in a world with one certificate; `counted` gets the metrics."""
    counts = [] if counted is None else counted
    world = World()
    run(world, row(1))
    (certificate,) = world.active(vin(1))
    code = code_text("https://mark.example", certificate.data)
    sent = json.dumps(body | WHO).replace(CODE_OF_THE_WORLD, code)
    verifier = Verifier(world.keys, world.certificates, world.clock)
    desk = PoliceDesk(verifier, world.vehicles, world.certificates, world.issuances)
    routes = police.routes(
        desk=desk,
        policies=world.policies,
        audit=audit,
        clock=world.clock,
        logger=logger,
        count=lambda name, outcome: counts.append((name, outcome)),
    )
    handler = make_handler(routes, logger=logger, policy=world.policies.current)
    answer = handler(event(route, sent), None)
    assert answer["statusCode"] == 200, answer
    found: dict[str, Any] = json.loads(answer["body"])
    return found


def test_a_scan_leaves_its_record() -> None:
    audit, logger = MemoryAudit(), Quiet()
    assert called("POST /v1/police/verify", {"code": CODE_OF_THE_WORLD}, audit, logger)["verdict"] == "valid"
    (entry,) = audit.entries
    assert (entry.action, entry.by, entry.detail["verdict"]) == ("verify", "o-7", "valid")
    assert {subject.partition("#")[0] for subject in entry.subjects} == {"terminal", "certificate", "plate"}
    # For as long as the policy says: data, not code.
    assert entry.keep_days == default_policy().retention_days[RETENTION] >= 180


def test_each_scan_of_a_batch_leaves_its_own_with_both_verdicts() -> None:
    audit = MemoryAudit()
    scans = [
        {"code": CODE_OF_THE_WORLD, "scanned_at": moment}
        for moment in ("2026-11-22T09:00:00+08:00", "2026-11-22T10:00:00+08:00")
    ]
    body = {"scans": [*scans, {"code": "no code 1", "scanned_at": "2026-11-22T10:00:00+08:00"}]}
    results = called("POST /v1/police/verify/batch", body, audit, Quiet())["results"]
    assert [result["problem"] for result in results] == [None, None, "not-a-code"]
    assert [(e.action, e.detail["scanned_at"], e.detail["verdict_as_of_scan"]) for e in audit.entries] == [
        ("verify-batch", "2026-11-22T09:00:00+08:00", "not_yet_valid"),
        ("verify-batch", "2026-11-22T10:00:00+08:00", "valid"),
    ]
    assert all(e.detail["verdict"] == "valid" for e in audit.entries)


def test_a_lookup_leaves_its_record_also_where_there_is_nothing() -> None:
    audit = MemoryAudit()
    body = {"plate_class": "02", "plate": "黑A99999"}
    assert called("POST /v1/police/lookup", body, audit, Quiet())["vehicle"] is None
    (entry,) = audit.entries
    assert (entry.action, entry.detail["known"]) == ("lookup", False)


def test_without_the_archive_the_answer_comes_and_the_alarm_too() -> None:
    audit, logger, counted = MemoryAudit(down=True), Quiet(), []  # type: ignore[var-annotated]
    assert (
        called("POST /v1/police/verify", {"code": CODE_OF_THE_WORLD}, audit, logger, counted)["verdict"]
        == "valid"
    )
    assert ("audit record lost", {"alarm": "audit-lost", "request_id": "r-1"}) in logger.errors
    assert counted == [("Verified", "valid"), ("AuditFailed", "verify")]
