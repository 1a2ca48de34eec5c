"""The search for personal data in logs finds what is there, however it was written, and nothing else."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.support.leaks import Secrets

PLATE, VIN, PERSON, TOKEN = "黑A12345", "LSJA24U62JG269225", "p-00017-owner", "x7Hq_kT3vZ-share-token"
SECRETS = Secrets(
    {"share token": TOKEN}, frozenset({PLATE, "黑AD12345"}), frozenset({VIN}), frozenset({PERSON})
)

WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "in a word": lambda s: f"key={s}&x",
    "json": lambda s: json.dumps({"message": s}),
    "json in json": lambda s: json.dumps({"message": json.dumps({"inner": s})}),
    "percent-encoded": lambda s: "/v1/x/" + quote(s, safe=""),
    "percent-encoded, small": lambda s: re.sub("%..", lambda code: code[0].lower(), quote(s, safe="")),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64, one letter before": lambda s: base64.b64encode(b"x" + s.encode()).decode(),
    "base64, two letters before": lambda s: base64.b64encode(b"xy" + s.encode() + b" z").decode(),
    "base64url without padding": lambda s: (
        base64.urlsafe_b64encode(f'{{"a":"{s}"}}'.encode()).decode().rstrip("=")
    ),
    "base64 behind other letters": lambda s: "abc" + base64.b64encode(s.encode()).decode(),
}


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize(
    ("secret", "kind"), [(PLATE, "plate"), (VIN, "vin"), (PERSON, "person"), (TOKEN, "share token")]
)
def test_each_is_found_however_it_is_written(secret: str, kind: str, written: str) -> None:
    if kind == "person" and "before" in written:
        pytest.skip("references are looked for as words")
    assert kind in SECRETS.found_in(f'{{"a": 1}}\n{WRITTEN[written](secret)}\nmore')


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"level":"INFO","route":"POST /v1/verify","request_id":"r-1","ms":3.1}',
        "黑A12346 LSJA24U62JG269226 p-00018-owner p-00017-owner2",
        base64.b64encode("黑A12346".encode()).decode(),
        "%E9%BB%91A12346",
    ],
)
def test_what_is_somebody_else_s_or_nobody_s_is_not(text: str) -> None:
    assert SECRETS.found_in(text) == set()


def test_plates_of_eight_are_found_and_their_first_seven_are_not() -> None:
    assert SECRETS.found_in("黑AD12345") == {"plate"}
    assert SECRETS.found_in("黑AD12346") == set()
