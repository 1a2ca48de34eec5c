"""The vectors for third parties (docs/vectors): generated as they say, and agreed on by two verifiers."""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from jianbiao.errors import Forged, NotACode, Untrusted
from jianbiao.wire import jb1, status_list
from jianbiao.wire.ids import certificate_id
from jianbiao.wire.keys import KeySet
from jianbiao.wire.verify import judge, verify
from tests.support import vectors
from tests.support.local_key import CERTIFICATE_KEY, CLAIMS, key_set

CHECKER = Path(__file__).parents[1] / "support" / "check_vectors.mjs"


def committed(name: str) -> Any:
    return json.loads(vectors.FOLDER.joinpath(name).read_bytes())


KEYS = KeySet.from_jwks(vectors.FOLDER.joinpath("keys.json").read_bytes())


def by_name(case: Any) -> str:
    return str(case["name"])


def test_files_are_what_the_command_makes() -> None:
    made = vectors.documents()
    assert sorted(made) == sorted(path.name for path in vectors.FOLDER.glob("*.json"))
    lists, written = made.pop("status-lists.json"), committed("status-lists.json")
    for name, document in made.items():
        assert document == committed(name), f"{name}: run {vectors.COMMAND}"
    # Another zlib compresses differently: everything but the tokens.
    for case in lists["cases"] + written["cases"]:
        del case["token"]
    assert lists == written


@pytest.mark.parametrize("case", committed("good.json")["cases"], ids=by_name)
def test_good(case: dict[str, Any]) -> None:
    verified = verify(case["code"], KEYS)
    assert judge(verified, case["now"], case["status"]) == case["verdict"]
    claims = verified.claims
    assert asdict(claims) | {"cti": claims.cti.hex(), "status_idx": str(claims.status_idx)} == case["claims"]
    assert certificate_id(claims.cti) == case["certificate_id"]


@pytest.mark.parametrize("case", committed("hostile.json")["cases"], ids=by_name)
def test_hostile(case: dict[str, Any]) -> None:
    with pytest.raises((NotACode, Forged)) as caught:
        verify(case["code"], KEYS)
    if "error" in case:
        assert caught.type is NotACode
    else:
        assert isinstance(caught.value, Forged)
        assert case["reason"] in (caught.value.reason, None)


@pytest.mark.parametrize("case", committed("status-lists.json")["cases"], ids=by_name)
def test_status_lists(case: dict[str, Any]) -> None:
    token = base64.b64decode(case["token"])
    if "reason" in case:
        with pytest.raises(Untrusted) as caught:
            status_list.read_status_list(token, KEYS, case["uri"])
        assert caught.value.reason == case["reason"]
    else:
        claims = status_list.read_status_list(token, KEYS, case["uri"])
        assert {index: claims.status(int(index), case["now"]) for index in case["entries"]} == case["entries"]


def test_names_are_unique() -> None:
    for name in ("good.json", "hostile.json", "status-lists.json"):
        names = [case["name"] for case in committed(name)["cases"]]
        assert len(set(names)) == len(names)


# --- the verifier in JavaScript -----------------------------------------------------------------------------


def with_node(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the other verifier over the vectors in a folder."""
    node = shutil.which("node")
    if node is None:
        (pytest.fail if os.environ.get("JIANBIAO_TEST_ALL") else pytest.skip)("Node is not installed")
    return subprocess.run([node, CHECKER, folder], capture_output=True, text=True, check=False)


@pytest.mark.full
def test_javascript_agrees() -> None:
    done = with_node(vectors.FOLDER)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 deviations" in done.stdout


def folder_with(place: Path, cases: list[dict[str, Any]], keys: Any) -> Path:
    """Vectors of hostile codes alone."""
    for name, document in (
        ("keys.json", keys),
        ("good.json", {"cases": []}),
        ("hostile.json", {"cases": cases}),
        ("status-lists.json", {"cases": []}),
    ):
        place.joinpath(name).write_text(json.dumps(document), encoding="utf-8")
    return place


@pytest.mark.full
def test_javascript_check_can_fail(tmp_path: Path) -> None:
    code = jb1.code_text("https://h", CERTIFICATE_KEY.certificate(CLAIMS))
    wrong = {"name": "right", "code": code, "now": CLAIMS.iat, "verdict": "forged", "reason": "bad-signature"}
    done = with_node(folder_with(tmp_path, [wrong], committed("keys.json")))
    assert done.returncode == 1
    assert "right: expected" in done.stdout


@pytest.mark.full
def test_javascript_agrees_on_damaged_codes(tmp_path: Path) -> None:
    """Both give the same reason for a few thousand codes that nobody has looked at."""
    chance = random.Random(11)  # noqa: S311  -- not for secrets
    right, keys = CERTIFICATE_KEY.certificate(CLAIMS), key_set()
    cases = []
    for number in range(4_000):
        damaged = bytearray(right)
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(1, len(damaged))
            damaged[place : place + chance.randint(0, 2)] = chance.randbytes(chance.randint(0, 2))
        text = jb1.code_text("https://h", bytes(damaged))
        try:
            verify(text, keys)
        except Forged as exc:
            cases.append({"name": f"{number}: {damaged.hex()}", "code": text, "now": 0, "reason": exc.reason})
            cases[-1]["verdict"] = "forged"
    assert len({case["reason"] for case in cases}) >= 5
    assert len(cases) > 3_500
    jwks = {"version": 1, "keys": vectors.key_document()["keys"][:1]}
    done = with_node(folder_with(tmp_path, cases, jwks))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
