"""The notices on the bus have the published schema, and the example subscriber sends one message for each."""

from __future__ import annotations

import dataclasses
import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from examples.subscriber.messages import Subscriber
from jianbiao.aws.bus import SOURCE
from jianbiao.domain.policy import default_policy
from jianbiao.records import Certificate
from jianbiao.services.publish import notice
from tests.services.ledgers import row, run, vin
from tests.support.world import World

SCHEMA = json.loads((Path(__file__).parents[1] / "docs/schemas/notices.json").read_text(encoding="utf-8"))
VALID = jsonschema_rs.validator_for(SCHEMA)


def certificate() -> Certificate:
    world = World()
    run(world, row(1))
    (made,) = world.active(vin(1))
    # A ledger's own certificates are not told of.
    cause = dataclasses.replace(made.issuance.cause, trigger="application:a-1")
    return dataclasses.replace(made, issuance=dataclasses.replace(made.issuance, cause=cause))


ISSUED = certificate()


def told(one: Certificate, owner: str | None = "p-1") -> dict[str, Any]:
    """As a subscriber receives it."""
    made = notice(one, owner, default_policy())
    return {"source": SOURCE, "detail-type": made.kind, "detail": made.detail, "id": "random", "version": "0"}


LIFE = [
    ISSUED,
    ISSUED.step("superseded", at=9, by="x", why="0" * 26),
    ISSUED.step("revoked", at=9, by="x", why="deregistered"),
    ISSUED.step("revoked", at=9, by="x", why="an operator's own words about 黑A12345"),
    ISSUED.step("revoked", at=9, by="x", why="plate-changed"),
]


@pytest.mark.parametrize("one", LIFE)
@pytest.mark.parametrize("owner", ["p-1", None])
def test_what_is_told_has_the_published_schema(one: Certificate, owner: str | None) -> None:
    VALID.validate(told(one, owner))


@pytest.mark.parametrize(
    "change",
    [
        {"plate": "黑A12345"},
        {"id": "x-1"},
        {"at": "2026-11-22T10:00:00Z"},
        {"superseded_by": "0" * 26},
        {"cause": "operator"},
        {"channel": 7},
    ],
)
def test_the_schema_is_not_for_anything_else(change: dict[str, Any]) -> None:
    event = told(ISSUED)
    assert not VALID.is_valid(event | {"detail": event["detail"] | change})
    for name in event["detail"]:
        assert not VALID.is_valid(event | {"detail": {k: v for k, v in event["detail"].items() if k != name}})


class Crash(Exception):
    """The subscriber's process ends here."""


@dataclass
class Store:
    """Notes and a sender that dedupes by key; `crash` ends the process at call n, before or after its effect."""

    crash: int = 0
    after: bool = False
    calls: int = 0
    state: dict[str, str] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    delivered: dict[str, str] = field(default_factory=dict)
    asked: int = 0

    def _call(self, effect: Any) -> Any:
        self.calls += 1
        if self.calls == self.crash and not self.after:
            raise Crash
        result = effect()
        if self.calls == self.crash:
            raise Crash
        return result

    def begin(self, notice_id: str) -> bool:
        return bool(self._call(lambda: self.state.setdefault(notice_id, "begun") != "sent"))

    def sent(self, notice_id: str) -> None:
        self._call(lambda: self.state.update({notice_id: "sent"}))

    def newest(self, certificate_id: str, step: int) -> int:
        highest = max(self.told.get(certificate_id, 0), step)
        self._call(lambda: self.told.update({certificate_id: highest}))
        return highest

    def send(self, *, to: str, text: str, key: str) -> None:
        self.asked += 1
        self._call(lambda: self.delivered.setdefault(key, f"{to}: {text}"))


def handled(store: Store, *events: dict[str, Any]) -> None:
    """The bus: each event is brought until it was handled."""
    for event in events:
        for _ in range(3):
            try:
                Subscriber(store, store).handle(event)
            except Crash:
                continue
            break


def test_duplicates_send_one_message() -> None:
    store = Store()
    handled(store, *[told(ISSUED)] * 3)
    assert list(store.delivered.values()) == ["p-1: 您的机动车检验标志电子凭证已生成"]
    assert store.asked == 1


@pytest.mark.parametrize(("crash", "after"), list(itertools.product(range(1, 5), (False, True))))
def test_a_crash_between_any_two_steps_neither_loses_nor_doubles_a_message(crash: int, after: bool) -> None:
    store = Store(crash=crash, after=after)
    handled(store, told(ISSUED), told(ISSUED))
    assert list(store.delivered) == [told(ISSUED)["detail"]["id"]]
    assert set(store.state.values()) == {"sent"}


def test_a_late_notice_of_what_is_over_is_not_sent() -> None:
    store = Store()
    handled(store, told(LIFE[1]), told(LIFE[0]))
    assert list(store.delivered.values()) == ["p-1: 您的机动车检验标志电子凭证已更新"]


def test_nobody_to_tell_and_kinds_that_came_later() -> None:
    store = Store()
    handled(store, told(ISSUED, None), told(ISSUED) | {"detail-type": "CertificateReinstated"})
    assert not store.delivered
