"""Cursors: opaque, somebody's own, and harmless whatever is put in their place."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jianbiao.domain.eligibility import Person
from jianbiao.errors import InvalidInput
from jianbiao.http.edge import Request
from jianbiao.http.pages import Cursor, Page, page_of

ONE = Person("p-1", "230100", "portal")
OTHER = Person("p-2", "230100", "portal")
KEY = "LSJA24U62JG269225"


def asked(person: Person = ONE, **query: str) -> Page:
    return page_of(Request("GET /", {}, query, {}, {}, "r"), person)


def test_without_a_query_it_is_the_first_page_of_a_hundred() -> None:
    assert asked() == Page(100, None)


@pytest.mark.parametrize(("limit", "number"), [("1", 1), ("100", 100), ("007", 7)])
def test_a_limit_is_a_number_up_to_a_hundred(limit: str, number: int) -> None:
    assert asked(limit=limit).limit == number


@pytest.mark.parametrize(
    "limit", ["", "0", "101", "-1", "+1", " 1", "1.0", "1e2", "x", "１", "²", "9" * 5000, "True"]
)
def test_any_other_limit_is_invalid(limit: str) -> None:
    with pytest.raises(InvalidInput) as error:
        asked(limit=limit)
    assert error.value.errors[0].pointer == "/limit"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64))
def test_a_cursor_leads_its_owner_on(key: str) -> None:
    cursor = Cursor.after(key, ONE)
    assert cursor
    assert asked(next=cursor).after == key
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_at_the_end_there_is_none() -> None:
    assert Cursor.after(None, ONE) is None


def test_another_person_s_cursor_is_refused() -> None:
    cursor = Cursor.after(KEY, ONE)
    assert cursor
    with pytest.raises(InvalidInput) as error:
        asked(OTHER, next=cursor)
    assert error.value.errors[0].pointer == "/next"
    assert KEY not in str(error.value)


@pytest.mark.parametrize("text", ["", "x", "====", "黑", "AAAA", "\x00", KEY, "A" * 10_000])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        asked(next=text)


def made(key: bytes) -> str:
    """A cursor that somebody has made up for herself."""
    own = Cursor.after("", ONE)
    assert own
    return (
        base64.urlsafe_b64encode(base64.urlsafe_b64decode(own + "=" * (-len(own) % 4)) + key)
        .decode()
        .rstrip("=")
    )


@pytest.mark.parametrize("key", [b"\xff", "黑".encode(), b"A" * 2000])
def test_a_made_up_key_that_no_store_would_take_is_refused(key: bytes) -> None:
    # DynamoDB refuses a key of more than 1,024 bytes: that would be a 503 of the caller's making.
    with pytest.raises(InvalidInput):
        asked(next=made(key))


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    try:
        asked(next=text)
    except InvalidInput:
        return
    raise AssertionError(text)
