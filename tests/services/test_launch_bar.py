"""The line that an operator watches."""

from __future__ import annotations

from dataclasses import replace

from jianbiao.ops.launches import bar
from tests.services.launching import Scene


def test_the_bar_says_how_far_how_fast_and_how_long_still() -> None:
    scene = Scene(b"x" * 1000)
    launch = scene.desk.arrived(scene.inbox.ledger())
    begun = bar(launch, launch.created_at)
    assert "  0% running" in begun
    assert "left" not in begun
    half = replace(launch, progress={"bytes": 500, "rows": 6_000, "issued": 5_900, "refused": 100})
    line = bar(half, launch.created_at + 60)
    for part in (" 50% running", "5,900 issued", "100 refused", "100 rows/s", "1 min left", "█" * 15 + "·"):
        assert part in line
    ended = replace(half, state="paused", ended_at=launch.created_at + 30)
    assert "200 rows/s" in bar(ended, launch.created_at + 1_000)
    assert "left" not in bar(ended, launch.created_at + 1_000)


def test_an_empty_ledger_is_all_done() -> None:
    scene = Scene(b"")
    assert "100%" in bar(scene.desk.arrived(scene.inbox.ledger()), scene.now)
