"""Rotation never makes an issued certificate unverifiable; a compromise ends with the standby key signing on."""

from __future__ import annotations

import argparse
from itertools import pairwise
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from jianbiao.domain.codes import Coded
from jianbiao.errors import Forged
from jianbiao.ops import keys as command
from jianbiao.ports import SigningKeys, Stale
from jianbiao.services.key_book import CLOSING, KeyBook, NotAllowed
from jianbiao.wire.keys import CERTIFICATE, STATUS_LIST, KeySet, base64url
from jianbiao.wire.verify import verify_certificate
from tests.support.local_key import CLAIMS, HARBIN, LocalKey

NOW = 1_790_000_000
DAY = 86_400
KEYS = [LocalKey.of(0xA0 + n) for n in range(8)]
BY_KID = {base64url(key.kid): key for key in KEYS}


def arn(key: LocalKey) -> str:
    return f"arn:test:{base64url(key.kid)}"


def first(overlap: int = DAY) -> KeyBook:
    return KeyBook.first(
        certificate=(KEYS[0].spki, arn(KEYS[0])),
        standby=(KEYS[1].spki, arn(KEYS[1])),
        status_list=(KEYS[2].spki, arn(KEYS[2])),
        issuers=[HARBIN],
        overlap=overlap,
        nbf=NOW - 10,
        exp=NOW + 10_000 * DAY,
    )


def sign(book: KeyBook, now: int) -> bytes:
    """What an issuer makes at `now` with this book."""
    claims = CLAIMS.__class__(
        **{f: getattr(CLAIMS, f) for f in CLAIMS.__slots__} | {"iat": now, "exp": now + DAY}
    )
    return BY_KID[book.active_kid].certificate(claims)


def verifies(certificate: bytes, published: KeySet) -> str:
    try:
        verify_certificate(certificate, published)
    except Forged as error:
        return error.reason
    return "verified"


def kid(number: int) -> str:
    return base64url(KEYS[number].kid)


def test_the_first_book_is_what_a_deployment_publishes() -> None:
    book = first()
    published = book.published()
    assert (published.version, book.active_kid, book.list_kid) == (1, kid(0), kid(2))
    assert [key.purpose for key in published.keys] == [CERTIFICATE, CERTIFICATE, STATUS_LIST]
    assert book.standbys(NOW) == [kid(1)]
    assert set(book.arns) == {kid(0), kid(1), kid(2)}


def test_rotation_keeps_everything_verifiable() -> None:
    book = first()
    made = [sign(book, NOW)]
    sets = [book.published()]
    book = book.publish(KEYS[3].spki, arn(KEYS[3]), purpose=CERTIFICATE, now=NOW)
    sets.append(book.published())
    for early in (NOW, NOW + DAY - 1):
        with pytest.raises(NotAllowed, match="overlap"):
            book.switch(kid(3), now=early)
    made.append(sign(book, NOW + DAY - 1))
    late = book  # an issuer that has read the set just before goes on for half a minute
    book = book.switch(kid(3), now=NOW + DAY)
    made += [sign(book, NOW + DAY), sign(late, NOW + DAY + 30)]
    book = book.retire(kid(0), now=NOW + DAY + 60)
    made += [sign(book, NOW + 2 * DAY), sign(late, NOW + DAY + 60 + 30)]
    for certificate in made:
        assert verifies(certificate, book.published()) == "verified"
    # Whoever has the set from the publication on needs no newer one.
    assert all(verifies(certificate, sets[1]) == "verified" for certificate in made)
    sets.append(book.published())
    for older, newer in pairwise(sets):
        newer.check_replaces(older)


def test_a_retired_key_signs_no_more() -> None:
    book = first().switch(kid(1), now=NOW)
    book = book.publish(KEYS[3].spki, arn(KEYS[3]), purpose=CERTIFICATE, now=NOW)
    book = book.retire(kid(0), now=NOW + DAY)
    with pytest.raises(NotAllowed):
        book.switch(kid(0), now=NOW + DAY + CLOSING)
    claims_at = NOW + DAY + CLOSING
    stolen = first()
    assert verifies(sign(stolen, claims_at), book.published()) == "unknown-key"
    assert verifies(sign(stolen, claims_at - 1), book.published()) == "verified"
    with pytest.raises(NotAllowed):
        book.retire(kid(0), now=NOW + 2 * DAY)


def test_the_last_standby_cannot_be_retired_nor_a_key_that_signs() -> None:
    book = first()
    with pytest.raises(NotAllowed, match="standby"):
        book.retire(kid(1), now=NOW)
    for signing in (kid(0), kid(2)):
        with pytest.raises(NotAllowed, match="signs now"):
            book.retire(signing, now=NOW)


def test_a_compromise_makes_its_certificates_forged_and_the_standby_signs_on() -> None:
    book = first()
    before = sign(book, NOW)
    revoked = book.revoke(kid(0), now=NOW + 5)
    assert revoked.version == book.version + 1
    assert revoked.active_kid == kid(1)
    published = revoked.published()
    published.check_replaces(book.published())
    assert verifies(before, published) == "key-revoked"
    assert verifies(sign(revoked, NOW + 5), published) == "verified"
    # Also by verifiers that have only the older set: the standby was published beforehand.
    assert verifies(sign(revoked, NOW + 5), book.published()) == "verified"
    with pytest.raises(NotAllowed):
        revoked.revoke(kid(0), now=NOW + 6)
    with pytest.raises(NotAllowed):
        revoked.switch(kid(0), now=NOW + 6)


def test_without_a_standby_a_key_is_published_at_once_first() -> None:
    book = first().revoke(kid(0), now=NOW)
    with pytest.raises(NotAllowed, match="publish one first"):
        book.revoke(kid(1), now=NOW)
    book = book.publish(KEYS[3].spki, arn(KEYS[3]), purpose=CERTIFICATE, now=NOW, at_once=True)
    book = book.revoke(kid(1), now=NOW)
    assert book.active_kid == kid(3)
    assert verifies(sign(book, NOW), book.published()) == "verified"


def test_the_list_key_is_rotated_in_the_same_way() -> None:
    book = first().publish(KEYS[4].spki, arn(KEYS[4]), purpose=STATUS_LIST, now=NOW)
    with pytest.raises(NotAllowed):
        book.revoke(kid(2), now=NOW)
    book = book.revoke(kid(2), now=NOW + DAY)
    assert (book.list_kid, book.active_kid) == (kid(4), kid(0))
    assert book.published().find(KEYS[4].kid)[0].issuers == ()


def test_keys_are_published_once_and_known_by_their_kid() -> None:
    book = first()
    with pytest.raises(NotAllowed, match="already"):
        book.publish(KEYS[0].spki, arn(KEYS[0]), purpose=CERTIFICATE, now=NOW)
    with pytest.raises(NotAllowed, match="no key"):
        book.switch("AAAAAAAAAAA", now=NOW)
    with pytest.raises(NotAllowed, match="signs already"):
        book.switch(kid(0), now=NOW)
    other_curve = LocalKey(ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(ValueError, match="P-256"):
        book.publish(other_curve.spki, "arn", purpose=CERTIFICATE, now=NOW)


def test_divisions_are_enabled_on_every_usable_key() -> None:
    daqing = Coded("230600", "大庆", "Daqing")
    book = first().revoke(kid(0), now=NOW).enable([daqing])
    codes = {base64url(key.kid): key.issuer_codes for key in book.published().keys}
    assert codes == {kid(0): {"230100"}, kid(1): {"230100", "230600"}, kid(2): frozenset()}


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(["publish", "switch", "retire", "revoke"]), st.integers(0, 7)), max_size=14
    )
)
def test_whatever_operators_do_only_a_compromise_ends_a_certificate(steps: list[tuple[str, int]]) -> None:
    book, now, revoked = first(overlap=10), NOW, set[str]()
    made: list[tuple[str, bytes]] = []
    for step, number in steps:
        now += 20
        made.append((book.active_kid, sign(book, now)))
        try:
            if step == "publish":
                following = book.publish(KEYS[number].spki, arn(KEYS[number]), purpose=CERTIFICATE, now=now)
            else:
                following = getattr(book, step)(kid(number), now=now)
        except NotAllowed:
            continue
        if step == "revoke":
            revoked.add(kid(number))
        assert following.version == book.version + 1
        following.published().check_replaces(book.published())
        book = following
        for signer, certificate in made:
            expected = "key-revoked" if signer in revoked else "verified"
            assert verifies(certificate, book.published()) == expected
        assert book.active_kid not in revoked


# --- The command --------------------------------------------------------------------------------------------


class Books:
    """Books in memory."""

    def __init__(self, book: KeyBook | None) -> None:
        self.book = book
        self.rival: KeyBook | None = None

    def newest(self) -> KeyBook | None:
        return self.book

    def publish(self, book: KeyBook) -> None:
        if self.rival and self.rival.version >= book.version:
            raise Stale
        self.book = book


def given_(*words: str) -> argparse.Namespace:
    return command.parser().parse_args(["keys", *words, "--table", "t"])


def run(books: Books, *words: str, now: int = NOW) -> KeyBook:
    def spki(wanted: str) -> bytes:
        return next(key.spki for key in KEYS if arn(key) == wanted)

    return command.run(given_(*words), books, spki, lambda: now)


def test_the_command_walks_through_a_rotation() -> None:
    books = Books(first())
    run(books, "publish", "--key-arn", arn(KEYS[3]), "--purpose", "certificate")
    with pytest.raises(NotAllowed):
        run(books, "rotate", "--kid", kid(3))
    run(books, "rotate", "--kid", kid(3), now=NOW + DAY)
    run(books, "retire", "--kid", kid(0), now=NOW + DAY)
    run(books, "revoke", "--kid", kid(3), now=NOW + 2 * DAY)
    assert books.book
    assert (books.book.version, books.book.active_kid) == (5, kid(1))
    roles = {entry["kid"]: entry["role"] for entry in books.book.summary(NOW + 2 * DAY)}
    assert roles == {kid(0): "retired", kid(1): "signs", kid(2): "signs", kid(3): "revoked"}


def test_show_and_dry_run_publish_nothing() -> None:
    books = Books(first())
    assert run(books, "show") == first()
    assert run(books, "revoke", "--kid", kid(0), "--dry-run").version == 2
    assert books.book == first()


def test_a_second_operator_is_told() -> None:
    books = Books(first())
    books.rival = first().revoke(kid(0), now=NOW)
    with pytest.raises(Stale):
        run(books, "enable", "--division", "230600,大庆,Daqing")
    with pytest.raises(NotAllowed):
        run(Books(None), "show")


def test_divisions_on_the_command_line() -> None:
    books = Books(first())
    run(books, "enable", "--division", "230600,大庆,Daqing")
    assert books.book
    assert books.book.published().issuer("230600") == Coded("230600", "大庆", "Daqing")
    for wrong in ("230600", "23,大庆,Daqing", "٢٣٠٦٠٠,a,b"):
        with pytest.raises(SystemExit):
            given_("enable", "--division", wrong)


def test_help_names_every_step(capsys: Any) -> None:
    with pytest.raises(SystemExit):
        command.parser().parse_args(["keys", "--help"])
    shown = capsys.readouterr().out
    assert all(step in shown for step in ("show", "publish", "rotate", "retire", "revoke", "enable"))


def test_the_days_left_are_those_of_the_key_that_ends_first_among_those_that_sign() -> None:
    book = first()
    keys = [{**key, "exp": NOW + days * DAY} for key, days in zip(book.keys, (10, 1, 12), strict=True)]
    signing = SigningKeys(KeySet.from_jwks({"version": 1, "keys": keys}), KEYS[0].kid, KEYS[2].kid)
    assert signing.days_left(NOW) == 10
    assert signing.days_left(NOW + 11 * DAY) == -1
    assert SigningKeys(signing.published, bytes(8)).days_left(NOW) == 0
