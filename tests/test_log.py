"""Operational logs: lines of JSON with what operators need, and no value that an exception quotes."""

from __future__ import annotations

import json

import pytest

from jianbiao.errors import Unavailable
from jianbiao.log import logger

SECRET = "黑A12345"


@pytest.fixture(autouse=True)
def level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "INFO")


def line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    (text,) = capsys.readouterr().out.splitlines()
    found: dict[str, object] = json.loads(text)
    return found


def test_a_line_is_json_with_its_extras(capsys: pytest.CaptureFixture[str]) -> None:
    logger("test-extras").info("answered", extra={"route": "GET /", "status": 200})
    found = line(capsys)
    assert {name: found[name] for name in ("level", "message", "service", "route", "status")} == {
        "level": "INFO",
        "message": "answered",
        "service": "test-extras",
        "route": "GET /",
        "status": 200,
    }
    assert found["timestamp"]


def test_an_exception_is_logged_without_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    log = logger("test-exception")
    try:
        try:
            int(SECRET)
        except ValueError as error:
            raise Unavailable(SECRET) from error
    except Unavailable:
        log.exception("unavailable", extra={"what": "table"})
    text = capsys.readouterr().out
    assert SECRET not in text
    assert json.dumps(SECRET)[1:-1] not in text
    found = json.loads(text)
    assert found["what"] == "table"
    assert [cause["type"] for cause in found["causes"]] == [
        "jianbiao.errors.Unavailable",
        "builtins.ValueError",
    ]
    assert any("test_log.py" in place for place in found["causes"][0]["places"])


def test_the_level_is_a_setting(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    logger("test-level").info("unheard")
    assert not capsys.readouterr().out
