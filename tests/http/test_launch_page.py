"""The report of a launch as a page: all of the accounts, every reason in words, all that people wrote escaped."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

from jianbiao.domain.ledger import Fault
from jianbiao.domain.policy import default_policy
from jianbiao.domain.reasons import Reason
from jianbiao.http.launch_page import STATES, WORDS, launch_page
from jianbiao.services import launches
from jianbiao.services.backfill import ROWS_DISAGREE
from jianbiao.services.launches import Change, Launch, report_key
from jianbiao.services.ledger_run import COUNTED
from jianbiao.services.registry import PLATE_TAKEN
from tests.services.launching import Scene
from tests.services.ledgers import row


class Text(HTMLParser):
    """What a page says, and the tags that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.said.append(data.strip())


def launched() -> tuple[Launch, dict[str, Any]]:
    data = b"\n".join([row(1), b"{", row(2, zt="C"), row(3, yxqz="2027-03-30")])
    scene = Scene(data)
    scene.desk.arrived(scene.inbox.ledger())
    scene.desk.control(scene.id, actor="<b>op</b>", rate=5)
    report = scene.execute()
    return scene.launch, report


def text_of(launch: Launch, report: dict[str, Any]) -> Text:
    page = Text()
    page.feed(launch_page(launch, report, default_policy().reason_text))
    return page


def test_the_page_says_the_accounts_the_reasons_and_what_operators_did() -> None:
    launch, report = launched()
    page = text_of(launch, report)
    said = " ".join(page.said)
    assert "4 rows = 1 issued + 0 there already + 1 refused + 2 invalid" in said
    for part in (
        "已完成",
        "done",
        launch.launch_id,
        "bad-json",
        "not-month-end:yxqz",
        "state-blocked",
        "rate 5",
    ):
        assert part in said
    assert default_policy().reason_text("state-blocked")["zh"] in said
    assert report_key(launch.launch_id, 1).replace("report-001.json", "reasons-001-00001.jsonl") in said
    assert "<b>op</b>" in said  # as text: the tag below is not there
    assert not page.tags & {"b", "script", "link", "img"}


def test_a_launch_without_reasons_and_changes_has_no_empty_tables() -> None:
    launch, report = launched()
    calm = report | {"by_reason": {}, "reason_files": 0}
    said = text_of(replace(launch, changes=()), calm).said
    assert "原因" not in said
    assert "操作" not in said


def test_every_state_and_every_reason_has_words() -> None:
    known = (
        launches.RUNNING,
        launches.PAUSED,
        launches.ABORTED,
        launches.FAILED,
        launches.DONE,
        launches.REFUSED,
    )
    assert set(STATES) == set(known)
    assert set(WORDS) == {*map(str, Fault), PLATE_TAKEN, ROWS_DISAGREE.partition(":")[0]}
    launch, report = launched()
    everything = {**dict.fromkeys(map(str, Reason), 1), **dict.fromkeys(WORDS, 1)}
    said = text_of(launch, report | {"by_reason": everything, "counts": dict.fromkeys(COUNTED, 1)}).said
    assert set(everything) <= set(said)
    long = replace(launch, changes=(Change(0, "op", "x"),) * 300)
    assert text_of(long, report).said.count("op") == 300


def test_the_page_is_written_beside_the_report() -> None:
    scene = Scene(row(1))
    scene.planner = replace(
        scene.planner, page=lambda launch, report: f"{launch.launch_id} {report['state']}"
    )
    scene.desk.arrived(scene.inbox.ledger())
    scene.execute()
    assert scene.inbox.documents[report_key(scene.id, 1, "html")] == f"{scene.id} done"
