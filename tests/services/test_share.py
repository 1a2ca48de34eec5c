"""Share links and files: what a link shows, until when, and what is stored of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from jianbiao.citizen_records import Share
from jianbiao.domain.policy import COMPILED, Policy
from jianbiao.errors import Conflict, Gone, NotFound
from jianbiao.records import Certificate
from jianbiao.services.share import HOUR, Rendering, ShareDesk, token_hash
from jianbiao_render.certificates import Faces
from tests.services.ledgers import row, run, vin
from tests.support.memory_desks import MemoryFiles, MemoryShares
from tests.support.world import World


@dataclass
class Scene:
    """A certificate, its owner's desk, and the time."""

    world: World = field(default_factory=World)
    shares: MemoryShares = field(default_factory=MemoryShares)
    files: MemoryFiles = field(default_factory=MemoryFiles)

    def __post_init__(self) -> None:
        run(self.world, row(1))
        (self.certificate,) = self.world.active(vin(1))
        self.record = self.world.vehicles.records[vin(1)]
        self.now = self.world.clock()
        self.numbers = 0

    def random(self, size: int) -> bytes:
        self.numbers += 1
        return self.numbers.to_bytes(size)

    @property
    def desk(self) -> ShareDesk:
        return ShareDesk(
            self.world.certificates,
            self.shares,
            self.files,
            lambda: self.now,
            self.random,
            self.world.keys,
        )

    def share(self, hours: int = 24, by: str = "p-1") -> tuple[Share, str]:
        return self.desk.create(self.certificate, self.record, by=by, hours=hours)

    def become(self, status: str) -> Certificate:
        stepped = self.certificate.step(status, at=self.now, by="op", why="test")
        self.world.certificates.by_id[stepped.certificate_id] = stepped
        return stepped


def gone(scene: Scene, token: str) -> str:
    with pytest.raises(Gone) as error:
        scene.desk.open(token)
    return str(error.value.code)


def test_a_link_to_a_certificate_of_a_compromised_key_is_gone() -> None:
    scene = Scene()
    _, token = scene.share()
    scene.world.keys.revoked[scene.certificate.issuance.kid] = scene.now
    assert gone(scene, token) == "revoked"


def test_of_a_token_only_the_hash_is_stored() -> None:
    scene = Scene()
    share, token = scene.share()
    assert len(token) >= 43  # 256 bits in base64url
    assert scene.shares.by_hash == {token_hash(token): share}
    assert token not in repr(scene.shares)
    assert token_hash(token) != token


def test_two_links_have_nothing_in_common() -> None:
    scene = Scene()
    (first, one), (second, two) = scene.share(), scene.share()
    assert one != two
    assert first.share_id != second.share_id
    assert scene.desk.open(one)[0] == first
    assert scene.desk.open(two)[0] == second


@pytest.mark.parametrize(("second", "over"), [(-1, False), (0, True), (1, True)])
def test_a_link_ends_to_the_second(second: int, over: bool) -> None:
    scene = Scene()
    share, token = scene.share(hours=2)
    assert share.expires_at == scene.now + 2 * HOUR
    scene.now = share.expires_at + second
    if over:
        assert gone(scene, token) == "share-expired"
    else:
        assert scene.desk.open(token) == (share, scene.certificate)


@pytest.mark.parametrize(("second", "over"), [(-1, False), (0, True), (1, True)])
def test_a_link_outlives_no_certificate(second: int, over: bool) -> None:
    scene = Scene()
    scene.now = scene.certificate.claims.exp - HOUR
    share, token = scene.share(hours=720)
    assert share.expires_at == scene.certificate.claims.exp
    scene.now = share.expires_at + second
    if over:
        assert gone(scene, token) == "expired"
    else:
        scene.desk.open(token)


@pytest.mark.parametrize("status", ["superseded", "revoked"])
def test_the_state_of_the_certificate_counts_at_once(status: str) -> None:
    scene = Scene()
    _, token = scene.share()
    scene.become(status)
    assert gone(scene, token) == status


def test_a_suspended_certificate_is_shown_and_has_no_file() -> None:
    scene = Scene()
    _, token = scene.share()
    suspended = scene.become("suspended")
    assert scene.desk.open(token)[1].status == "suspended"
    with pytest.raises(Conflict) as error:
        scene.desk.file_url(suspended, scene.world.policies.policy, "pdf", rendering())
    assert error.value.code == "not-active"


def test_a_withdrawn_link_says_so_whatever_else_has_ended() -> None:
    scene = Scene()
    share, token = scene.share()
    scene.desk.withdraw(scene.certificate, scene.record, share.share_id, by="p-1")
    assert gone(scene, token) == "share-withdrawn"
    scene.become("revoked")
    scene.now = scene.certificate.claims.exp + 1
    assert gone(scene, token) == "share-withdrawn"


def test_withdrawing_again_is_no_error_and_keeps_the_first_time() -> None:
    scene = Scene()
    share, token = scene.share()
    begun = scene.now
    scene.desk.withdraw(scene.certificate, scene.record, share.share_id, by="p-1")
    scene.now += 60
    scene.desk.withdraw(scene.certificate, scene.record, share.share_id, by="p-1")
    assert scene.shares.by_hash[token_hash(token)].withdrawn_at == begun


def test_unknown_links_and_tokens_are_not_found() -> None:
    scene = Scene()
    share, token = scene.share()
    with pytest.raises(NotFound):
        scene.desk.withdraw(scene.certificate, scene.record, share.share_id + "x", by="p-1")
    for wrong in ("", token[:-1], token + "A", token_hash(token)):
        with pytest.raises(NotFound):
            scene.desk.open(wrong)


@pytest.mark.parametrize("status", ["superseded", "revoked", "suspended"])
def test_only_an_active_certificate_is_shared_or_drawn(status: str) -> None:
    scene = Scene()
    stepped = scene.become(status)
    with pytest.raises(Conflict) as shared:
        scene.desk.create(stepped, scene.record, by="p-1", hours=1)
    with pytest.raises(Conflict) as drawn:
        scene.desk.file_url(stepped, scene.world.policies.policy, "png", rendering())
    assert {shared.value.code, drawn.value.code} == {"not-active"}
    assert not scene.shares.by_hash
    assert not scene.files.objects


def test_an_expired_certificate_has_no_file() -> None:
    scene = Scene()
    scene.now = scene.certificate.claims.exp
    with pytest.raises(Conflict):
        scene.desk.file_url(scene.certificate, scene.world.policies.policy, "png", rendering())


def rendering(design: str = "1", drawn: list[str] | None = None) -> Rendering:
    def render(certificate: Certificate, _policy: Policy) -> bytes:
        if drawn is not None:
            drawn.append(certificate.certificate_id)
        return b"picture of " + certificate.certificate_id.encode()

    return Rendering(
        lambda _certificate, _policy: design, "image/png", lambda c: f"{c.claims.plate}.png", render
    )


def test_a_file_is_drawn_once_for_each_version_and_format() -> None:
    scene, drawn = Scene(), list[str]()
    policy = scene.world.policies.policy
    urls = [
        scene.desk.file_url(scene.certificate, policy, format_, rendering(design, drawn))
        for design, format_ in (("1", "png"), ("1", "png"), ("1", "pdf"), ("2", "png"), ("1", "pdf"))
    ]
    assert len(drawn) == len(scene.files.objects) == 3
    assert urls[0] == urls[1]
    assert len(set(urls)) == 3
    body, content_type, name = scene.files.objects[f"certificates/{scene.certificate.certificate_id}/1.png"]
    assert (content_type, name) == ("image/png", "黑A10001.png")
    assert body.endswith(scene.certificate.certificate_id.encode())
    for key in scene.files.objects:
        assert scene.certificate.claims.plate not in key


def test_the_files_of_a_certificate_are_named_by_all_that_is_drawn() -> None:
    """Where the policy renames an authority, or the deployment its watermark, no older file is handed out."""
    scene = Scene()
    certificate, policy = scene.certificate, scene.world.policies.policy
    renamed = json.loads(COMPILED.read_text("utf-8"))
    for division in renamed["divisions"].values():
        division["issuer"]["zh"] += "（更名）"
    faces = Faces("https://mark.example", None)
    names = {
        faces.version(certificate, policy),
        faces.version(certificate, Policy(renamed)),
        Faces("https://mark.example", "演示 DEMO").version(certificate, policy),
        Faces("https://other.example", None).version(certificate, policy),
    }
    assert len(names) == 4
    assert faces.version(certificate, policy) in names
    assert all(name.isascii() for name in names)
