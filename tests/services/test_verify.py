"""Verdicts: the dates before the state, the store before the list, and nothing believed that is not vouched for."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from jianbiao.errors import NotACode, Unavailable
from jianbiao.ports import SigningKeys
from jianbiao.records import Certificate
from jianbiao.services.verify import Finding, Verifier
from jianbiao.wire.code_text import code_text
from jianbiao.wire.reasons import ForgedReason, Verdict
from jianbiao.wire.verify import CLOCK_SKEW
from tests.services.ledgers import row, run, vin
from tests.support.memory import MemoryKeys, MemorySigner
from tests.support.world import World

URL = "https://mark.example"
LIFE = {
    "active": Verdict.VALID,
    "revoked": Verdict.REVOKED,
    "suspended": Verdict.SUSPENDED,
    "superseded": Verdict.SUPERSEDED,
}


@dataclass
class Lists:
    """Published status lists."""

    known: tuple[int, int] | None
    asked: list[tuple[str, int, int]] = field(default_factory=list)

    def status(self, uri: str, idx: int, now: int) -> tuple[int, int] | None:
        self.asked.append((uri, idx, now))
        return self.known


@dataclass
class Scene:
    """A world with one certificate, somebody who verifies its code, and the time."""

    world: World = field(default_factory=World)
    alarms: list[str] = field(default_factory=list)
    lists: Lists | None = None

    def __post_init__(self) -> None:
        run(self.world, row(1))
        (self.certificate,) = self.world.active(vin(1))
        self.now = self.world.clock()

    @property
    def code(self) -> str:
        return code_text(URL, self.certificate.data)

    def store(self, certificate: Certificate) -> None:
        self.world.certificates.by_id = {self.certificate.certificate_id: certificate}

    def become(self, status: str) -> None:
        """Take the certificate one step on."""
        if status != "active":
            self.store(self.certificate.step(status, at=self.now - 60, by="op", why="test"))

    @property
    def verifier(self) -> Verifier:
        world = self.world
        return Verifier(world.keys, world.certificates, lambda: self.now, self.lists, self.alarms.append)

    def verify(self) -> Finding:
        return self.verifier.verify(self.code)


@pytest.mark.parametrize(("status", "verdict"), LIFE.items())
def test_the_verdict_is_the_state_in_the_store(status: str, verdict: Verdict) -> None:
    scene = Scene()
    scene.become(status)
    found = scene.verify()
    assert (found.verdict, found.reason, found.status_checked) == (verdict, None, "store")
    assert found.status_as_of == found.checked_at == scene.now
    assert found.claims == scene.certificate.claims
    assert found.certificate is not None
    assert not scene.alarms


@pytest.mark.parametrize("status", LIFE)
@pytest.mark.parametrize(("second", "expired"), [(-1, False), (0, True), (1, True)])
def test_the_end_of_validity_comes_before_the_state(status: str, second: int, expired: bool) -> None:
    scene = Scene()
    scene.become(status)
    scene.now = scene.certificate.claims.exp + second
    assert scene.verify().verdict is (Verdict.EXPIRED if expired else LIFE[status])


@pytest.mark.parametrize("status", LIFE)
@pytest.mark.parametrize(("second", "early"), [(-1, True), (0, False), (1, False)])
def test_the_time_of_issue_comes_before_the_state(status: str, second: int, early: bool) -> None:
    scene = Scene()
    scene.become(status)
    scene.now = scene.certificate.claims.iat - CLOCK_SKEW + second
    assert scene.verify().verdict is (Verdict.NOT_YET_VALID if early else LIFE[status])


def test_what_the_store_has_never_seen_is_forged_and_raises_an_alarm() -> None:
    scene = Scene()
    scene.world.certificates.by_id.clear()
    found = scene.verify()
    assert (found.verdict, found.reason) == (Verdict.FORGED, ForgedReason.NOT_ISSUED)
    assert found.claims is None
    assert found.certificate is None
    assert len(scene.alarms) == 1
    assert scene.certificate.claims.plate not in scene.alarms[0]


def test_the_dates_come_before_not_issued_and_the_alarm_is_raised_all_the_same() -> None:
    scene = Scene()
    scene.world.certificates.by_id.clear()
    scene.now = scene.certificate.claims.exp
    assert scene.verify().verdict is Verdict.EXPIRED
    scene.now = scene.certificate.claims.iat - CLOCK_SKEW - 1
    assert scene.verify().verdict is Verdict.NOT_YET_VALID
    assert len(scene.alarms) == 2


@pytest.mark.parametrize(
    "changes", [{"plate": "黑A99999"}, {"use": "B"}, {"exp": 4_000_000_000}, {"status_idx": 77}]
)
def test_claims_that_are_not_the_stored_ones_are_not_issued(changes: dict[str, object]) -> None:
    scene = Scene()
    claims = dataclasses.replace(scene.certificate.claims, **changes)
    issuance = dataclasses.replace(scene.certificate.issuance, claims=claims)
    scene.store(dataclasses.replace(scene.certificate, issuance=issuance))
    found = scene.verify()
    assert (found.verdict, found.reason) == (Verdict.FORGED, ForgedReason.NOT_ISSUED)
    assert len(scene.alarms) == 1


@pytest.mark.parametrize(("value", "verdict"), list(enumerate(LIFE.values())))
def test_with_the_store_down_the_list_answers(value: int, verdict: Verdict) -> None:
    scene = Scene(lists=Lists((value, 1_700_000_000)))
    scene.world.certificates.down = True
    found = scene.verify()
    assert (found.verdict, found.status_checked, found.status_as_of) == (verdict, "list", 1_700_000_000)
    claims = scene.certificate.claims
    assert scene.lists
    assert scene.lists.asked == [(claims.status_uri, claims.status_idx, scene.now)]
    assert found.certificate is None
    assert not scene.alarms


@pytest.mark.parametrize(
    "lists", [None, Lists(None), Lists((9, 1_700_000_000))], ids=["none", "unusable", "value"]
)
def test_without_store_and_list_it_is_valid_and_says_that_nothing_was_checked(lists: Lists | None) -> None:
    scene = Scene(lists=lists)
    scene.become("revoked")
    scene.world.certificates.down = True
    found = scene.verify()
    assert (found.verdict, found.status_checked, found.status_as_of) == (Verdict.VALID, "none", None)


def test_with_the_store_down_an_expired_one_is_expired_whatever_the_list_says() -> None:
    scene = Scene(lists=Lists((1, 1_700_000_000)))
    scene.world.certificates.down = True
    scene.now = scene.certificate.claims.exp
    assert scene.verify().verdict is Verdict.EXPIRED


def test_the_store_is_not_asked_for_a_code_that_nobody_signed() -> None:
    scene = Scene()
    scene.world.certificates.down = True
    scene.world.keys = MemoryKeys([ec.generate_private_key(ec.SECP256R1())])
    found = scene.verify()
    assert (found.verdict, found.reason) == (Verdict.FORGED, ForgedReason.UNKNOWN_KEY)
    assert (found.claims, found.certificate, found.status_checked) == (None, None, "none")
    assert not scene.alarms


def test_a_compromised_key_vouches_for_nothing() -> None:
    scene = Scene()
    scene.world.keys.revoked[scene.certificate.issuance.kid] = scene.now
    assert scene.verify().reason is ForgedReason.KEY_REVOKED


def test_what_is_no_code_is_no_verdict() -> None:
    with pytest.raises(NotACode):
        Scene().verifier.verify("https://mark.example/V/0189")


def test_without_keys_there_is_no_verdict() -> None:
    class Gone:
        def current(self) -> SigningKeys:
            raise Unavailable("config")

    scene = Scene()
    with pytest.raises(Unavailable):
        dataclasses.replace(scene.verifier, keys=Gone()).verify(scene.code)


def test_scans_are_judged_as_of_their_moment_and_as_of_now() -> None:
    scene = Scene()
    issued = scene.now
    scene.now += 7200
    scene.store(scene.certificate.step("revoked", at=issued + 3600, by="op", why="test"))
    forged = Scene(World(signer=MemorySigner(other := _keys()), keys=MemoryKeys(other))).code
    moments = [issued + 3599, issued + 3600, issued - CLOCK_SKEW - 1]
    scans = scene.verifier.verify_scans(
        [*((scene.code, m) for m in moments), ("nonsense 1", 0), (forged, issued)]
    )
    assert [scan and (scan.then.verdict, scan.now.verdict) for scan in scans] == [
        (Verdict.VALID, Verdict.REVOKED),
        (Verdict.REVOKED, Verdict.REVOKED),
        (Verdict.NOT_YET_VALID, Verdict.REVOKED),
        None,
        (Verdict.FORGED, Verdict.FORGED),
    ]


def _keys() -> list[ec.EllipticCurvePrivateKey]:
    return [ec.generate_private_key(ec.SECP256R1())]
