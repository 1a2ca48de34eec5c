"""The one table from errors to answers: nothing is missing from it, and people learn what to do next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jianbiao import errors
from jianbiao.domain.policy import default_policy
from jianbiao.domain.reasons import Reason
from jianbiao.http.problems import CODED, KINDS, REFUSAL_STATUS, problem_of
from jianbiao_render import words


def tree(cls: type[errors.JianbiaoError] = errors.JianbiaoError) -> Iterator[type[errors.JianbiaoError]]:
    """Every class of the error tree as jianbiao.errors draws it."""
    if cls.__module__ == errors.__name__ and not cls.__name__.startswith("_"):
        yield cls
    for child in cls.__subclasses__():
        yield from tree(child)


def test_the_drawing_of_the_tree_names_every_class() -> None:
    assert errors.__doc__
    for cls in tree():
        assert cls.__name__ in errors.__doc__


def test_every_class_has_its_answer() -> None:
    assert set(tree()) <= KINDS.keys()


@pytest.mark.parametrize(
    ("cls", "kind"), list(KINDS.items()), ids=lambda value: getattr(value, "__name__", "")
)
def test_the_statuses_are_those_of_the_drawing(cls: type[errors.JianbiaoError], kind: object) -> None:
    expected = {
        errors.JianbiaoError: 500,
        errors.MalformedJson: 400,
        errors.NotACode: 400,
        errors.TooLong: 413,
        errors.InvalidInput: 422,
        errors.Refusal: 409,
        errors.Forbidden: 403,
        errors.TokenIncomplete: 403,
        errors.NotFound: 404,
        errors.Conflict: 409,
        errors.Gone: 410,
        errors.TooManyRequests: 429,
        errors.Unavailable: 503,
    }
    if cls in expected:
        assert KINDS[cls].status == expected[cls]
    assert 400 <= KINDS[cls].status < 600
    assert KINDS[cls].title


STATUSES = {
    "app-too-old": 426,
    "not-bound": 404,
    "user-division": 403,
    "plate-division": 403,
    "division-not-enabled": 403,
}
"""api.md; every other reason is 409."""


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_its_status_a_sentence_and_a_next_step(reason: Reason) -> None:
    found = problem_of(errors.Refusal(reason, why="x"), default_policy())
    assert found.status == found.body["status"] == STATUSES.get(reason, 409)
    assert found.body["code"] == reason
    assert found.body["why"] == "x"
    texts = default_policy().reason_text(reason)
    assert texts["zh"] in found.body["detail"]
    assert texts["en"] in found.body["detail"]
    assert found.body["next_step"] == texts["next_step"]
    assert all(found.body["next_step"][language].strip() for language in ("zh", "en"))


def test_the_statuses_of_refusals_are_for_known_reasons() -> None:
    assert REFUSAL_STATUS == STATUSES
    assert len(Reason) == 17


def test_a_refusal_without_policy_carries_its_code() -> None:
    found = problem_of(errors.Refusal(Reason.HOLD))
    assert (found.status, found.body["code"]) == (409, "hold")


@pytest.mark.parametrize("code", CODED)
def test_every_code_of_a_conflict_is_worded(code: str) -> None:
    found = problem_of(errors.Conflict(code))
    detail, step = CODED[code]
    assert (found.status, found.body["code"], found.body["detail"]) == (409, code, detail)
    assert found.body.get("next_step") == step
    if step:
        assert step["zh"]
        assert step["en"]


def test_an_error_s_own_words_come_before_the_table_s() -> None:
    assert problem_of(errors.Conflict("not-active", "because")).body["detail"] == "because"
    assert problem_of(errors.Conflict("unknown-code")).body["detail"] == KINDS[errors.Conflict].detail
    assert problem_of(errors.Gone("share-expired", "", {"since": "x"})).body["since"] == "x"


def test_invalid_input_names_each_field() -> None:
    error = errors.InvalidInput(errors.FieldError("/plate", "wrong"), errors.FieldError("/a~1b", "too"))
    assert problem_of(error).body["errors"] == [
        {"pointer": "/plate", "detail": "wrong"},
        {"pointer": "/a~1b", "detail": "too"},
    ]


@pytest.mark.parametrize("error", [errors.TooManyRequests(60), errors.Unavailable("x", 60)])
def test_who_has_to_wait_learns_how_long(error: errors.JianbiaoError) -> None:
    found = problem_of(error)
    assert found.retry_after == 60
    assert "x" not in found.body["detail"].split()


def test_a_subclass_is_answered_as_the_class_above_it() -> None:
    class RowInvalid(errors.BadRequest):
        code = "row-invalid"

    found = problem_of(RowInvalid())
    assert (found.status, found.body["code"]) == (400, "row-invalid")


@pytest.mark.parametrize(
    "code",
    [
        "share-expired",
        "share-withdrawn",
        "superseded",
        "revoked",
        "expired",
        "suspended",
        "not-found",
        "unavailable",
    ],
)
def test_what_a_link_can_say_has_a_page_for_people(code: str) -> None:
    assert len(words.NOTICES[code]) == 3
