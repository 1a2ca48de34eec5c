"""Builds certificates by hand, right but for what a test changes, and signs what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jianbiao.wire.claims import Claims
from tests.support import raw_cbor as c

Sign = Callable[[bytes], bytes]
"""ES256 over the bytes given; r||s, 64 bytes."""


@dataclass(frozen=True)
class Forge:
    """Builds certificates that are right but for what a case changes."""

    sign: Sign
    kid: bytes
    claims: Claims

    # --- the parts, as they should be

    def header(self) -> list[tuple[bytes, bytes]]:
        return [(c.integer(1), c.integer(-7)), (c.integer(4), c.data(self.kid))]

    def status(self) -> list[tuple[bytes, bytes]]:
        return [
            (c.text("idx"), c.integer(self.claims.status_idx)),
            (c.text("uri"), c.text(self.claims.status_uri)),
        ]

    def mark(self) -> dict[int, bytes]:
        x = self.claims
        return {1: c.text(x.plate), 2: c.text(x.plate_class), 3: c.text(x.vehicle_type), 4: c.text(x.use)}

    def payload(self) -> dict[int, bytes]:
        """Encoded values by label, in the right order."""
        x = self.claims
        return {
            1: c.text(x.iss),
            4: c.integer(x.exp),
            6: c.integer(x.iat),
            7: c.data(x.cti),
            65535: c.mapping([(c.text("status_list"), c.mapping(self.status()))]),
            -65537: c.mapping(labelled(self.mark())),
        }

    # --- a certificate from parts, right or wrong

    def build(
        self,
        *,
        protected: bytes | None = None,
        payload: bytes | None = None,
        unprotected: bytes = b"\xa0",
        signature: Callable[[bytes], bytes] | None = None,
    ) -> bytes:
        """Tag, array, protected header, nothing unprotected, payload, a signature over both."""
        protected = c.mapping(self.header()) if protected is None else protected
        payload = c.mapping(labelled(self.payload())) if payload is None else payload
        raw = (signature or self.sign)(signature_input(protected, payload))
        return c.tag(18, c.array(c.data(protected), unprotected, c.data(payload), c.data(raw)))

    def parts(self) -> tuple[bytes, bytes, bytes, bytes]:
        """The four encoded parts of a right certificate."""
        protected, payload = c.mapping(self.header()), c.mapping(labelled(self.payload()))
        return (
            c.data(protected),
            b"\xa0",
            c.data(payload),
            c.data(self.sign(signature_input(protected, payload))),
        )

    def with_header(self, *pairs: tuple[bytes, bytes]) -> bytes:
        return self.build(protected=c.mapping(pairs))

    def with_claim(self, label: int, value: bytes | None) -> bytes:
        """A claim replaced, added in its place, or (None) left out."""
        claims = {k: v for k, v in self.payload().items() if k != label}
        if value is not None:
            claims[label] = value
        return self.build(payload=c.mapping(sorted(labelled(claims))))

    def with_mark(self, label: int, value: bytes | None) -> bytes:
        mark = {k: v for k, v in self.mark().items() if k != label}
        if value is not None:
            mark[label] = value
        return self.with_claim(-65537, c.mapping(sorted(labelled(mark))))

    def with_status(self, *pairs: tuple[bytes, bytes]) -> bytes:
        return self.with_claim(65535, c.mapping([(c.text("status_list"), c.mapping(pairs))]))


def signature_input(protected: bytes, payload: bytes, context: str = "Signature1", aad: bytes = b"") -> bytes:
    """`Sig_structure` of RFC 9052 section 4.4."""
    return c.array(c.text(context), c.data(protected), c.data(aad), c.data(payload))


def labelled(values: dict[int, bytes]) -> list[tuple[bytes, bytes]]:
    """Pairs of a map with integer labels."""
    return [(c.integer(label), value) for label, value in values.items()]
