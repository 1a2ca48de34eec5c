"""Life of a certificate and when a new one is needed."""

from __future__ import annotations

import dataclasses
from datetime import date
from itertools import product

import pytest

from jianbiao.domain.certificate import CertificateFacts, State, check_step, differs, is_terminal, needs_new
from jianbiao.errors import Conflict

ALLOWED = {
    ("active", "superseded"),
    ("active", "suspended"),
    ("active", "revoked"),
    ("suspended", "active"),
    ("suspended", "superseded"),
    ("suspended", "revoked"),
}


@pytest.mark.parametrize(("now", "to"), list(product(State, State)))
def test_every_step_is_allowed_or_a_conflict(now: State, to: State) -> None:
    if (now, to) in ALLOWED:
        check_step(now, to)
    else:
        with pytest.raises(Conflict) as caught:
            check_step(now, to)
        assert caught.value.code == "not-allowed-in-state"
        assert now in str(caught.value)


def test_superseded_and_revoked_are_the_end() -> None:
    assert [state for state in State if is_terminal(state)] == [State.SUPERSEDED, State.REVOKED]


FACTS = CertificateFacts("黑A12345", "02", "K33", "A", date(2022, 3, 31))


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({}, False),
        ({"valid_until": date(2024, 3, 31)}, True),
        ({"valid_until": date(2020, 3, 31)}, False),
        ({"plate": "黑L12345"}, True),
        ({"plate_class": "52"}, True),
        ({"vehicle_type": "K31"}, True),
        ({"use": "L"}, True),
        ({"use": "L", "valid_until": date(2020, 3, 31)}, True),
    ],
)
def test_a_new_certificate_is_needed_when_it_says_more(changes: dict[str, object], needed: bool) -> None:
    assert needs_new(FACTS, dataclasses.replace(FACTS, **changes)) is needed  # type: ignore[arg-type]


def test_the_first_certificate_is_always_needed() -> None:
    assert needs_new(None, FACTS)


def test_an_event_issues_for_any_difference_also_for_an_earlier_end() -> None:
    assert not differs(FACTS, FACTS)
    assert differs(None, FACTS)
    assert differs(FACTS, dataclasses.replace(FACTS, valid_until=date(2020, 3, 31)))
