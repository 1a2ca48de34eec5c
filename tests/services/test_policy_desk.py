"""Publishing a policy: refused as a whole where anything is wrong, numbered, never lost to another publisher."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from jianbiao.domain import glyphs
from jianbiao.domain.codes import Coded
from jianbiao.domain.policy import Policy
from jianbiao.domain.policy_document import SOURCE, compile_policy, parse
from jianbiao.errors import Conflict, InvalidInput, NotFound, Unavailable
from jianbiao.ports import Stale
from jianbiao.services.policy_desk import PolicyDesk, PublishedPolicy
from tests.support.memory import MemoryKeys
from tests.support.world import KEYS

RAW = SOURCE.read_bytes()
COMPILED = compile_policy(parse(RAW))
ISSUERS = tuple(Coded(code, part["issuer"]["zh"], "x") for code, part in COMPILED["divisions"].items())


@dataclass
class MemoryVersions:
    """Versions in memory."""

    by_version: dict[int, PublishedPolicy] = field(default_factory=dict)

    def get(self, version: int | None = None) -> PublishedPolicy | None:
        return self.by_version.get(max(self.by_version, default=0) if version is None else version)

    def put(self, policy: PublishedPolicy) -> None:
        if policy.version in self.by_version:
            raise Stale
        self.by_version[policy.version] = policy


@pytest.fixture
def versions() -> MemoryVersions:
    return MemoryVersions({1: PublishedPolicy(1, json.loads(RAW), COMPILED, 0, "bootstrap")})


@pytest.fixture
def desk(versions: MemoryVersions) -> PolicyDesk:
    return PolicyDesk(versions, MemoryKeys(KEYS, issuers=ISSUERS), glyphs.missing, lambda: 1_790_000_000)


def document(**app: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RAW)
    found["app"] |= app
    return found


def test_a_new_version_says_what_changes_and_is_what_is_read(desk: PolicyDesk) -> None:
    wanted = document(minimum_version="3.0")
    version, changes = desk.preview(wanted)
    assert (version, [(c.path, c.before, c.after) for c in changes]) == (
        2,
        [("/app/minimum_version", "2.4.4", "3.0")],
    )
    assert desk.read().version == 1
    made = desk.publish(wanted, actor="op-1", replaces=1)
    assert (made.version, made.actor, made.published_at) == (2, "op-1", 1_790_000_000)
    assert desk.read() == made
    policy = Policy(made.compiled)
    assert (policy.version, policy.minimum_version) == (2, "3.0")
    assert made.source["version"] == 2


def test_an_old_version_sent_again_is_a_rollback(desk: PolicyDesk) -> None:
    desk.publish(document(minimum_version="3.0"), actor="op", replaces=None)
    back = desk.publish(desk.read(1).source, actor="op", replaces=2)
    assert back.version == 3
    assert {**back.compiled, "version": 1} == COMPILED
    assert desk.preview(desk.read(2).source)[1] != []
    assert desk.preview(desk.read(3).source)[1] == []


def test_the_second_of_two_publishers_is_told(desk: PolicyDesk, versions: MemoryVersions) -> None:
    desk.publish(document(), actor="one", replaces=1)
    with pytest.raises(Conflict) as refused:
        desk.publish(document(), actor="two", replaces=1)
    assert (refused.value.code, refused.value.extras) == ("policy-changed", {"version": "2"})

    class Late(MemoryVersions):
        def put(self, policy: PublishedPolicy) -> None:
            raise Stale

    late = PolicyDesk(Late(versions.by_version), desk.keys, desk.missing_glyphs, desk.clock)
    with pytest.raises(Conflict):
        late.publish(document(), actor="two", replaces=None)
    assert versions.by_version[2].actor == "one"


def test_what_is_not_there(desk: PolicyDesk, versions: MemoryVersions) -> None:
    with pytest.raises(NotFound):
        desk.read(9)
    versions.by_version.clear()
    with pytest.raises(Unavailable):
        desk.read()


def wrong(change: Any) -> dict[str, Any]:
    found = copy.deepcopy(json.loads(RAW))
    change(found)
    return found


@pytest.mark.parametrize(
    ("change", "pointer", "words"),
    [
        (lambda d: d["app"].update(minimum_version="new"), "/policy/app", "no version"),
        (lambda d: d.pop("texts"), "/policy/texts", "required"),
        (lambda d: d.update(extra=1), "/policy/extra", "Extra inputs"),
        (lambda d: d["app"].update(clients=[1]), "/policy/app/clients/0", "string"),
        (lambda d: d["retention_days"].update(police_audit=30), "/policy/retention_days/police_audit", "180"),
        (
            lambda d: d["texts"]["title"].update(zh="机动车龘"),
            "/policy/texts/title/zh",
            "U+9F98",
        ),
        (lambda d: d["texts"]["title"].update(en="mark 🚗"), "/policy/texts/title/en", "U+1F697"),
    ],
)
def test_a_wrong_document_is_refused_with_the_place(
    desk: PolicyDesk, versions: MemoryVersions, change: Any, pointer: str, words: str
) -> None:
    for call in (desk.preview, lambda d: desk.publish(d, actor="op", replaces=None)):
        with pytest.raises(InvalidInput) as refused:
            call(wrong(change))
        assert any(e.pointer == pointer and words in e.detail for e in refused.value.errors), (
            refused.value.errors
        )
    assert list(versions.by_version) == [1]


def test_a_division_that_no_key_may_sign_for_cannot_be_enabled(versions: MemoryVersions) -> None:
    enabled = [code for code, part in COMPILED["divisions"].items() if part["enabled"]]
    few = tuple(issuer for issuer in ISSUERS if issuer.code != enabled[0])
    desk = PolicyDesk(versions, MemoryKeys(KEYS, issuers=few), glyphs.missing, lambda: 1_790_000_000)
    with pytest.raises(InvalidInput) as refused:
        desk.publish(document(), actor="op", replaces=None)
    assert [e.pointer for e in refused.value.errors] == [f"/policy/divisions/{enabled[0]}"]
    off = document()
    off["divisions"][enabled[0]]["enabled"] = False
    if len(enabled) > 1:
        assert desk.publish(off, actor="op", replaces=None).version == 2
