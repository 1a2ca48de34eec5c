"""Hostile certificates, each with the reason for which it has to be refused.

Every one carries a good signature over what it says wherever the case allows, by the `sign` that is given:
a key of the test process, or the deployment's own through the local KMS. So what is refused here is refused
for its shape or claims, never only because it was garbled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from jianbiao.wire.claims import Claims
from tests.support import raw_cbor as c
from tests.support.forge import Forge, Sign, labelled, signature_input

NOT_A_CODE = "not-a-code"
"""In place of a reason: refused as no code at all."""

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""n of P-256 (FIPS 186-4 D.1.2.3)."""
MAX_TIME = 253_402_300_799


@dataclass(frozen=True)
class Case:
    """One hostile certificate."""

    name: str
    certificate: bytes
    reason: str


def hostile(
    sign: Sign,
    kid: bytes,
    claims: Claims,
    *,
    signs_from: int | None = None,
    signs_until: int | None = None,
) -> Iterator[Case]:
    """All cases. `claims` are right ones that the key set accepts under `kid`; `signs_from` and `signs_until`
    are the key's interval, where cases at its edges are wanted."""
    forge = Forge(sign, kid, claims)
    yield from _wrong_header(forge)
    yield from _wrong_shape(forge)
    yield from _not_canonical(forge)
    yield from _malformed(forge)
    yield from _wrong_times(forge)
    yield from _wrong_claims(forge)
    yield from _wrong_signature(forge)
    yield Case("issuer that the key may not sign for", _claiming(forge, iss="999999"), "issuer-not-allowed")
    yield Case("kid of nobody", replace(forge, kid=bytes(8)).build(), "unknown-key")
    if signs_from is not None:
        yield Case("before the key's interval", _claiming(forge, iat=signs_from - 1), "unknown-key")
    if signs_until is not None:
        yield Case("at the end of the key's interval", _claiming(forge, iat=signs_until), "unknown-key")


def _claiming(forge: Forge, **changes: object) -> bytes:
    return replace(forge, claims=replace(forge.claims, **changes)).build()  # type: ignore[arg-type]


def _wrong_header(f: Forge) -> Iterator[Case]:
    alg, kid = f.header()
    one = c.integer(1)
    cases = {
        "alg missing": f.with_header(kid),
        "kid missing": f.with_header(alg),
        "header empty": f.with_header(),
        "header an empty string": f.build(protected=b""),
        "header an array": f.build(protected=c.array(c.integer(1), c.integer(-7))),
        "header an integer": f.build(protected=c.integer(7)),
        "alg as text": f.with_header((one, c.text("ES256")), kid),
        "alg a float": f.with_header((one, c.half(-7.0)), kid),
        "alg null": f.with_header((one, c.NULL), kid),
        "alg tagged": f.with_header((one, c.tag(1, c.integer(-7))), kid),
        "label true": f.with_header((c.TRUE, c.integer(-7)), kid),
        "label a float": f.with_header(kid, (c.half(1.0), c.integer(-7))),
        "label as text": f.with_header(kid, (c.text("alg"), c.integer(-7))),
        "kid as text": f.with_header(alg, (c.integer(4), c.text("12345678"))),
        "kid of 7 bytes": f.with_header(alg, (c.integer(4), c.data(f.kid[:7]))),
        "kid of 9 bytes": f.with_header(alg, (c.integer(4), c.data(f.kid + b"\0"))),
        "kid empty": f.with_header(alg, (c.integer(4), c.data(b""))),
        "unknown crit": f.with_header(alg, (c.integer(2), c.array(c.integer(99))), kid),
        "crit of a known label": f.with_header(alg, (c.integer(2), c.array(c.integer(1))), kid),
        "content type": f.with_header(alg, (c.integer(3), c.integer(61)), kid),
        "type of a status list": f.with_header(
            alg, kid, (c.integer(16), c.text("application/statuslist+cwt"))
        ),
        "label of text beside": f.with_header(alg, kid, (c.text("x"), c.NULL)),
        "alg unprotected": f.build(protected=c.mapping([kid]), unprotected=c.mapping([alg])),
        "kid unprotected": f.build(protected=c.mapping([alg]), unprotected=c.mapping([kid])),
        "everything unprotected": f.build(protected=b"", unprotected=c.mapping([alg, kid])),
        "alg unprotected as well": f.build(unprotected=c.mapping([alg])),
        "unknown unprotected": f.build(unprotected=c.mapping([(c.integer(99), c.NULL)])),
        "unprotected null": f.build(unprotected=c.NULL),
        "unprotected an array": f.build(unprotected=c.array()),
        "unprotected a string": f.build(unprotected=c.data(b"")),
    }
    for algorithm in (-8, -35, -36, -37, -47, -257, 5, 0, 1, 6, -6):
        cases[f"alg {algorithm}"] = f.with_header((one, c.integer(algorithm)), kid)
    for name, certificate in cases.items():
        yield Case(name, certificate, "wrong-header")


def _wrong_shape(f: Forge) -> Iterator[Case]:
    protected, unprotected, payload, signature = f.parts()
    inner = c.array(protected, unprotected, payload, signature)
    bare = c.mapping(f.header())
    der = encode_dss_signature(int.from_bytes(signature[2:34]), int.from_bytes(signature[34:]))
    for name, certificate in {
        "three parts": c.tag(18, c.array(protected, unprotected, payload)),
        "five parts": c.tag(18, c.array(protected, unprotected, payload, signature, c.NULL)),
        "no parts": c.tag(18, c.array()),
        "payload a byte longer than it is": _misstated(f, 1),
        "payload a byte shorter than it is": _misstated(f, -1),
        "tag 18 twice": c.tag(18, c.tag(18, inner)),
        "CWT tag inside": c.tag(18, c.tag(61, inner)),
        "tag on a part": c.tag(18, c.array(protected, unprotected, c.tag(24, payload), signature)),
        "a map": c.tag(18, c.mapping([(c.integer(0), inner)])),
        "a string": c.tag(18, c.data(inner)),
        "header not wrapped": c.tag(18, c.array(bare, unprotected, payload, signature)),
        "header as text": c.tag(18, c.array(c.text("a"), unprotected, payload, signature)),
        "payload detached": c.tag(18, c.array(protected, unprotected, c.NULL, signature)),
        "payload not wrapped": c.tag(18, c.array(protected, unprotected, payload[2:], signature)),
        "payload as text": c.tag(18, c.array(protected, unprotected, c.text("a"), signature)),
        "signature as text": c.tag(18, c.array(protected, unprotected, payload, c.text("s" * 64))),
        "several signatures": c.tag(18, c.array(protected, unprotected, payload, c.array(signature))),
        "signature null": c.tag(18, c.array(protected, unprotected, payload, c.NULL)),
        "signature empty": f.build(signature=lambda _: b""),
        "signature of 63 bytes": f.build(signature=lambda m: f.sign(m)[:63]),
        "signature of 65 bytes": f.build(signature=lambda m: f.sign(m) + b"\0"),
        "signature with leading zeros": f.build(signature=lambda m: bytes(2) + f.sign(m)),
        "signature in DER": c.tag(18, c.array(protected, unprotected, payload, c.data(der))),
    }.items():
        yield Case(name, certificate, "wrong-header")
    for name, certificate in {
        "untagged": inner,
        "tag 18 in a longer form": c.tag(18, inner, 1),
        "CWT tag": c.tag(61, c.tag(18, inner)),
        "self-described CBOR": c.tag(55799, c.tag(18, inner)),
        "COSE_Mac0": c.tag(17, inner),
        "COSE_Sign": c.tag(98, inner),
        "nothing": b"",
    }.items():
        yield Case(name, certificate, NOT_A_CODE)


def _misstated(f: Forge, more: int) -> bytes:
    """The payload states another length than it has, in what is signed too."""
    protected, unprotected, payload, _ = f.parts()
    wrong = c.head(2, len(payload) - 2 + more) + payload[2:]
    signature = f.sign(b"\x84" + c.text("Signature1") + protected + b"\x40" + wrong)
    return c.tag(18, c.array(protected, unprotected, wrong, c.data(signature)))


def _not_canonical(f: Forge) -> Iterator[Case]:
    parts = f.parts()
    protected, unprotected, payload, signature = parts
    alg, kid = f.header()
    bare_header, bare_payload, bare_signature = protected[1:], payload[2:], signature[2:]
    right = c.tag(18, c.array(*parts))
    claims = labelled(f.payload())
    iss, exp, iat, cti, status, mark = claims
    later = (exp[0], c.integer(f.claims.exp + 86_400))

    def claiming(*pairs: tuple[bytes, bytes]) -> bytes:
        return f.build(payload=c.mapping(pairs))

    def outer(*items: bytes) -> bytes:
        return c.tag(18, c.array(*items))

    cases = {
        "byte after the end": right + b"\0",
        "break after the end": right + b"\xff",
        "certificate after the end": right + right,
        "array indefinite": c.tag(18, c.indefinite(4, *parts)),
        "array head long": c.tag(18, c.head(4, 4, 1) + b"".join(parts)),
        "header string head long": outer(c.data(bare_header, 1), unprotected, payload, signature),
        "header string indefinite": outer(c.indefinite(2, protected), unprotected, payload, signature),
        "unprotected map head long": outer(protected, c.mapping([], 1), payload, signature),
        "unprotected map indefinite": outer(protected, c.indefinite(5), payload, signature),
        "payload string head long": outer(protected, unprotected, c.data(bare_payload, 2), signature),
        "payload string indefinite": outer(protected, unprotected, c.indefinite(2, payload), signature),
        "payload string in two": outer(
            protected,
            unprotected,
            c.indefinite(2, c.data(bare_payload[:9]), c.data(bare_payload[9:])),
            signature,
        ),
        "signature head long": outer(protected, unprotected, payload, c.data(bare_signature, 2)),
        "signature indefinite": outer(protected, unprotected, payload, c.indefinite(2, signature)),
        "header order": f.with_header(kid, alg),
        "alg twice": f.with_header(alg, alg, kid),
        "alg twice, another first": f.with_header((alg[0], c.integer(-35)), alg, kid),
        "kid twice": f.with_header(alg, kid, kid),
        "alg long": f.with_header((alg[0], c.integer(-7, 1)), kid),
        "alg label long": f.with_header((c.integer(1, 1), alg[1]), kid),
        "kid head long": f.with_header(alg, (kid[0], c.data(f.kid, 1))),
        "header map head long": f.build(protected=c.mapping([alg, kid], 1)),
        "header map indefinite": f.build(protected=c.indefinite(5, *alg, *kid)),
        "byte after the header": f.build(protected=bare_header + b"\0"),
        "byte after the claims": f.build(payload=bare_payload + b"\0"),
        "claims twice": f.build(payload=bare_payload + bare_payload),
        "claims map head long": f.build(payload=c.mapping(claims, 1)),
        "claims map indefinite": f.build(
            payload=c.indefinite(5, *(part for pair in claims for part in pair))
        ),
        "claims reversed": claiming(*reversed(claims)),
        "iat before exp": claiming(iss, iat, exp, cti, status, mark),
        "mark before status": claiming(iss, exp, iat, cti, mark, status),
        "exp twice": claiming(iss, exp, exp, iat, cti, status, mark),
        "exp twice, later last": claiming(iss, exp, later, iat, cti, status, mark),
        "exp twice, later first": claiming(iss, later, exp, iat, cti, status, mark),
        "label long": claiming(iss, (c.integer(4, 1), exp[1]), iat, cti, status, mark),
        "exp in 8 bytes": f.with_claim(4, c.integer(f.claims.exp, 8)),
        "iat in 8 bytes": f.with_claim(6, c.integer(f.claims.iat, 8)),
        "exp a small big number": f.with_claim(4, c.tag(2, c.data(f.claims.exp.to_bytes(4)))),
        "exp a long float": f.with_claim(4, c.double(float(f.claims.exp))),
        "iss head long": f.with_claim(1, c.text(f.claims.iss, 1)),
        "iss indefinite": f.with_claim(1, c.indefinite(3, c.text(f.claims.iss))),
        "cti indefinite": f.with_claim(7, c.indefinite(2, c.data(f.claims.cti))),
        "cti head long": f.with_claim(7, c.data(f.claims.cti, 1)),
        "status reversed": f.with_status(*reversed(f.status())),
        "idx twice": f.with_status(f.status()[0], *f.status()),
        "status map indefinite": f.with_claim(
            65535, c.indefinite(5, c.text("status_list"), c.mapping(f.status()))
        ),
        "mark reversed": f.with_claim(-65537, c.mapping(list(reversed(labelled(f.mark()))))),
        "plate twice": f.with_claim(-65537, c.mapping([labelled(f.mark())[0], *labelled(f.mark())])),
        "uri a byte too long": f.with_status(f.status()[0], (c.text("uri"), _stated(f.claims.status_uri, 1))),
        "plate a byte too short": f.with_mark(1, _stated(f.claims.plate, -1)),
        "uri a byte too short": f.with_status(
            f.status()[0], (c.text("uri"), _stated(f.claims.status_uri, -1))
        ),
    }
    # Every longer form, also of the largest number that a shorter one takes.
    for size, limit in ((1, 23), (2, 255), (4, 65_535), (8, 2**32 - 1)):
        for number in {5, limit}:
            longer = (c.text("idx"), c.integer(number, size))
            cases[f"idx {number} in {size} bytes"] = f.with_status(longer, f.status()[1])
        uri = (c.text("uri"), c.text(f.claims.status_uri, size))
        cases[f"uri's length in {size} bytes"] = f.with_status(f.status()[0], uri)
        cases[f"plate's length in {size} bytes"] = f.with_mark(1, c.text(f.claims.plate, size))
    for name, certificate in cases.items():
        yield Case(name, certificate, "not-canonical")


def _stated(value: str, more: int) -> bytes:
    """A text string that states another length than it has."""
    encoded = value.encode()
    return c.head(3, len(encoded) + more) + encoded


def _malformed(f: Forge) -> Iterator[Case]:
    right = f.build()
    payload = c.mapping(labelled(f.payload()))
    for name, certificate in {
        "one byte only": right[:1],
        "cut in the header": right[:8],
        "cut in the payload": right[:60],
        "cut by one byte": right[:-1],
        "reserved initial byte": right[:1] + b"\x9c" + right[2:],
        "header garbage": f.build(protected=b"\xff\xff\xff"),
        "header cut": f.build(protected=c.mapping(f.header())[:-1]),
        "payload empty": f.build(payload=b""),
        "payload cut": f.build(payload=payload[:-1]),
        "payload a break": f.build(payload=b"\xff"),
        "payload reserved": f.build(payload=b"\x1c"),
        "payload a map of too many": f.build(payload=c.head(5, 2**63) + payload[1:]),
        "payload nested a thousand deep": f.build(payload=b"\x81" * 1000 + b"\x00"),
        "payload indefinite and deep": f.build(payload=b"\x9f" * 500 + b"\x00" + b"\xff" * 500),
        "payload tagged a thousand times": f.build(payload=b"\xc1" * 1000 + b"\x00"),
        "plate a byte too long": f.with_mark(1, _stated(f.claims.plate, 1)),
        "plate no UTF-8": f.with_mark(1, c.text(b"\xff\xfeA12345")),
        "plate a surrogate": f.with_mark(1, c.text(b"\xed\xa0\x80A12345")),
        "plate in overlong UTF-8": f.with_mark(1, c.text(b"\xc1\x81A12345")),
        "string of bytes in text": f.with_claim(1, c.indefinite(3, c.data(b"230100"))),
        "simple value in two bytes": f.with_claim(4, b"\xf8\x10"),
    }.items():
        yield Case(name, certificate, "malformed")


def _wrong_times(f: Forge) -> Iterator[Case]:
    values = {
        "missing": None,
        "negative": c.integer(-1),
        "true": c.TRUE,
        "false": c.FALSE,
        "null": c.NULL,
        "undefined": c.UNDEFINED,
        "a simple value": b"\xe1",
        "a float": c.single(1_617_206_400.0),
        "infinite": c.half(float("inf")),
        "not a number": b"\xf9\x7e\x00",
        "text": c.text("1617206400"),
        "bytes": c.data(b"\x60\x64"),
        "an array": c.array(c.integer(1)),
        "one after the last": c.integer(MAX_TIME + 1),
        "in milliseconds": c.integer(f.claims.exp * 1000 * 1000),
        "huge": c.integer(2**64 - 1),
        "a big number": c.tag(2, c.data(b"\x01" + bytes(8))),
        "a negative big number": c.tag(3, c.data(b"\x01" + bytes(8))),
        "a tagged time": c.tag(1, c.integer(f.claims.exp)),
        "a date": c.tag(0, c.text("2021-03-31T16:00:00Z")),
    }
    for claim, label in (("exp", 4), ("iat", 6)):
        for name, value in values.items():
            yield Case(f"{claim} {name}", f.with_claim(label, value), "bad-claims")


def _wrong_claims(f: Forge) -> Iterator[Case]:
    idx, uri = f.status()
    for name, certificate in {
        "claims an array": f.build(payload=c.array(c.integer(1))),
        "claims an empty map": f.build(payload=c.mapping([])),
        "claims an integer": f.build(payload=c.integer(1)),
        "claims tagged": f.build(payload=c.tag(61, c.mapping(labelled(f.payload())))),
        "claim label a float": f.build(
            payload=c.mapping(sorted([*labelled(f.payload())[1:], (c.half(1.0), c.text(f.claims.iss))]))
        ),
        "claim label true": f.build(
            payload=c.mapping(sorted([*labelled(f.payload())[1:], (c.TRUE, c.text(f.claims.iss))]))
        ),
        "claim label of text": f.build(
            payload=c.mapping(sorted([*labelled(f.payload()), (c.text("admin"), c.TRUE)]))
        ),
        "iss of 5 digits": f.with_claim(1, c.text("23010")),
        "iss of 7 digits": f.with_claim(1, c.text("2301000")),
        "iss with a letter": f.with_claim(1, c.text("23010O")),
        "iss in fullwidth digits": f.with_claim(1, c.text("２３０１００")),
        "iss with a line end": f.with_claim(1, c.text("230100\n")),
        "iss an integer": f.with_claim(1, c.integer(230100)),
        "iss in bytes": f.with_claim(1, c.data(b"230100")),
        "cti of 15 bytes": f.with_claim(7, c.data(f.claims.cti[:15])),
        "cti of 17 bytes": f.with_claim(7, c.data(f.claims.cti + b"\0")),
        "cti as text": f.with_claim(7, c.text("0123456789abcdef")),
        "status null": f.with_claim(65535, c.NULL),
        "status empty": f.with_claim(65535, c.mapping([])),
        "status list an array": f.with_claim(
            65535, c.mapping([(c.text("status_list"), c.array(c.integer(1)))])
        ),
        "status with more": f.with_claim(
            65535, c.mapping([(c.text("x"), c.NULL), (c.text("status_list"), c.mapping([idx, uri]))])
        ),
        "idx missing": f.with_status(uri),
        "uri missing": f.with_status(idx),
        "status list with more": f.with_status((c.text("a"), c.NULL), idx, uri),
        "idx negative": f.with_status((idx[0], c.integer(-1)), uri),
        "idx true": f.with_status((idx[0], c.TRUE), uri),
        "idx a float": f.with_status((idx[0], c.half(1.0)), uri),
        "idx text": f.with_status((idx[0], c.text("1")), uri),
        "idx a big number": f.with_status((idx[0], c.tag(2, c.data(b"\x01" + bytes(8)))), uri),
        "uri in bytes": f.with_status(idx, (uri[0], c.data(b"urn:x"))),
        "uri empty": f.with_status(idx, (uri[0], c.text(""))),
        "uri tagged": f.with_status(idx, (uri[0], c.tag(32, uri[1]))),
        "uri an integer": f.with_status(idx, (uri[0], c.integer(1))),
        "mark null": f.with_claim(-65537, c.NULL),
        "mark empty": f.with_claim(-65537, c.mapping([])),
        "mark with more": f.with_mark(5, c.NULL),
        "mark with labels of text": f.with_claim(
            -65537, c.mapping([(c.text(str(label)), value) for label, value in f.mark().items()])
        ),
        "plate empty": f.with_mark(1, c.text("")),
        "plate with a space": f.with_mark(1, c.text("黑A 12345")),
        "plate with a dot": f.with_mark(1, c.text("黑A·12345")),
        "plate with a hyphen": f.with_mark(1, c.text("黑A-12345")),
        "plate with a line end": f.with_mark(1, c.text("黑A12345\n")),
        "plate with a zero byte": f.with_mark(1, c.text("黑A12345\0")),
        "plate with a mark that turns the text": f.with_mark(1, c.text("\u202e黑A12345")),
        "plate not composed": f.with_mark(1, c.text("黑Ａ\u212b2345")),
        "plate in bytes": f.with_mark(1, c.data("黑A12345".encode())),
        "plate class of 1 digit": f.with_mark(2, c.text("2")),
        "plate class of 3 digits": f.with_mark(2, c.text("002")),
        "plate class of letters": f.with_mark(2, c.text("AB")),
        "plate class in foreign digits": f.with_mark(2, c.text("٠٢")),
        "plate class an integer": f.with_mark(2, c.integer(2)),
        "vehicle type of 2": f.with_mark(3, c.text("K3")),
        "vehicle type of 4": f.with_mark(3, c.text("K333")),
        "vehicle type of one wide character": f.with_mark(3, c.text("黑")),
        "use empty": f.with_mark(4, c.text("")),
        "use of 2": f.with_mark(4, c.text("AA")),
        "use an integer": f.with_mark(4, c.integer(1)),
    }.items():
        yield Case(name, certificate, "bad-claims")
    for label in (1, 7, 65535, -65537):
        yield Case(f"claim {label} missing", f.with_claim(label, None), "bad-claims")
    for label in (1, 2, 3, 4):
        yield Case(f"mark {label} missing", f.with_mark(label, None), "bad-claims")
    for label in (0, 2, 3, 5, 8, 38, 65533, 65534, 65536, -1, -65536, -65538):
        yield Case(f"claim {label} beside", f.with_claim(label, c.integer(0)), "bad-claims")


def _wrong_signature(f: Forge) -> Iterator[Case]:
    protected, payload = c.mapping(f.header()), c.mapping(labelled(f.payload()))
    other = c.mapping(labelled(replace(f, claims=replace(f.claims, exp=f.claims.exp + 1)).payload()))
    right = f.sign(signature_input(protected, payload))
    r, s = right[:32], right[32:]
    zero, order, ones = bytes(32), ORDER.to_bytes(32), b"\xff" * 32
    plus_order = ((int.from_bytes(r) + ORDER) % 2**256).to_bytes(32)
    for name, raw in {
        "r and s zero": zero + zero,
        "r zero": zero + s,
        "s zero": r + zero,
        "r and s equal n": order + order,
        "r equals n": order + s,
        "s equals n": r + order,
        "r beyond n": ones + s,
        "s beyond n": r + ones,
        "r plus n": plus_order + s,
        "r and s one": zero[1:] + b"\1" + zero[1:] + b"\1",
        "r and s exchanged": s + r,
        "r and s little-endian": r[::-1] + s[::-1],
        "of other claims": f.sign(signature_input(protected, other)),
        "of the payload alone": f.sign(payload),
        "in another context": f.sign(signature_input(protected, payload, context="Signature")),
        "with other data": f.sign(signature_input(protected, payload, aad=b"\0")),
        "with another header": f.sign(signature_input(b"", payload)),
    }.items():
        yield Case(f"signature: {name}", f.build(signature=lambda _, raw=raw: raw), "bad-signature")
