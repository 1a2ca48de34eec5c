"""Paper marks: every step of the office and the owner, and what may stand on an envelope."""

from __future__ import annotations

import itertools

import pytest

from jianbiao.domain.bindings import OPEN as OPEN_BINDINGS
from jianbiao.domain.bindings import BindingState
from jianbiao.domain.glyphs import missing
from jianbiao.domain.paper import (
    OPEN,
    Delivery,
    PaperState,
    check_cancel,
    check_office_step,
    printable,
)
from jianbiao.errors import Conflict

STEPS = {
    Delivery.MAIL: "requested>printing printing>mailed mailed>delivered mailed>undeliverable "
    "requested>cancelled printing>cancelled",
    Delivery.PICKUP: "requested>printing printing>ready ready>collected "
    "requested>cancelled printing>cancelled ready>cancelled",
}


@pytest.mark.parametrize("delivery", Delivery)
def test_the_office_takes_these_steps_and_no_others(delivery: Delivery) -> None:
    taken = set()
    for now, to in itertools.product(PaperState, PaperState):
        try:
            check_office_step(delivery, now, to)
        except Conflict as refused:
            assert refused.code == "not-allowed-in-state"
        else:
            taken.add(f"{now}>{to}")
    assert taken == set(STEPS[delivery].split())


def test_the_owner_cancels_before_printing() -> None:
    check_cancel(PaperState.REQUESTED)
    for state in set(PaperState) - {PaperState.REQUESTED}:
        with pytest.raises(Conflict):
            check_cancel(state)


def test_what_is_open() -> None:
    closed = {"delivered", "undeliverable", "collected", "cancelled"}
    assert set(PaperState) - OPEN == closed
    assert set(BindingState) - OPEN_BINDINGS == {"refused", "ended", "expired"}


@pytest.mark.parametrize("text", ["哈尔滨市道里区中央大街1号", "O'Neill – 3/4", "e\u0301", "𠮷"])
def test_printable(text: str) -> None:
    assert printable(text)


@pytest.mark.parametrize("text", ["", "  ", "a\nb", "\x00", "a\u202eb", "\u2028", "\ue000", "\ud800", "\u200b"])
def test_not_printable(text: str) -> None:
    assert not printable(text)


def test_characters_that_the_font_has_and_lacks() -> None:
    assert missing("机动车检验标志电子凭证 A1") == set()
    assert missing("检\U0001f697\u0001") == {"\U0001f697", "\u0001"}
