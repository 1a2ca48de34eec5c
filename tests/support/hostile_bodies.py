"""Hostile request bodies for `POST /v1/verify`, random and made by the grammar of codes, from one seed.

None of them holds a certificate that anybody issued: every certificate in them differs in at least one bit from
the good ones it was made of. So the only right answers are a refusal of the request, `not-a-code`, or `forged`.
"""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from tests.support import raw_cbor as c

LOOK_ALIKES = "０１２AＢſıİßÅＡ٢𝟐⑵\u200b\u00ad\u202e\ufeff\x00\n\t 018-_=%+/?#&"
"""Characters that a careless verifier might take for Base32, or that hide in a text."""
INITIAL_BYTES = (0x00, 0x18, 0x1B, 0x5F, 0x7F, 0x9F, 0xBF, 0xD2, 0xF6, 0xFF)
"""First bytes of CBOR items that change how the rest is read."""


@dataclass(frozen=True)
class HostileBodies:
    """Makes bodies. `good` are certificates (bytes) to make hostile ones from."""

    random: Random
    good: Sequence[bytes]

    def bodies(self, count: int) -> Iterator[bytes]:
        """Request bodies."""
        kinds: tuple[tuple[int, Callable[[], bytes]], ...] = (
            (6, lambda: _json(self._code(self._mutated()))),
            (4, lambda: _json(self._code(self._cbor()))),
            (3, lambda: _json(self._spoiled(self._code(self._mutated())))),
            (2, lambda: _json(self._code(b"\xd2" + self._bytes(200)))),
            (2, lambda: _json(self._text(80))),
            (1, lambda: _json(self._code(self._mutated()) * self.random.randrange(2, 12))),
            (1, self._json_but_wrong),
            (1, self._damaged_json),
            (1, lambda: self._bytes(300)),
        )
        weights = [weight for weight, _ in kinds]
        for _ in range(count):
            ((_, make),) = self.random.choices(kinds, weights)
            yield make()

    # --- certificates

    def _mutated(self) -> bytes:
        """A good certificate with something changed."""
        source = self.random.choice(self.good)
        while (made := self._change(source)) in self.good:
            pass
        return made

    def _change(self, source: bytes) -> bytes:
        data = bytearray(source)
        for _ in range(self.random.choice((1, 1, 1, 2, 5))):
            at = self.random.randrange(len(data)) if data else 0
            match self.random.randrange(8):
                case 0 | 1:
                    if data:
                        data[at] ^= 1 << self.random.randrange(8)
                case 2:
                    if data:
                        data[at] = self.random.choice(INITIAL_BYTES)
                case 3:
                    del data[at:]
                case 4:
                    del data[at : at + self.random.randrange(1, 9)]
                case 5:
                    data[at:at] = self._bytes(8)
                case 6:
                    other = self.random.choice(self.good)
                    data[at:] = other[self.random.randrange(len(other)) :]
                case _:
                    data += self._bytes(40)
        return bytes(data)

    def _cbor(self) -> bytes:
        """Something like a COSE_Sign1, with any items in its places, and its first byte right."""
        parts = [self._item(3) for _ in range(self.random.choice((4, 4, 4, 4, 3, 5)))]
        if self.random.random() < 0.7:
            kid = self._bytes(9) or b"\0"
            header = c.mapping([(c.integer(1), c.integer(-7)), (c.integer(4), c.data(kid))])
            parts[:2] = [c.data(header), b"\xa0"]
        if self.random.random() < 0.7:
            parts[2:3] = [c.data(self._item(4))]
        if self.random.random() < 0.7:
            parts[-1:] = [c.data(self.random.randbytes(64))]
        return c.tag(18, c.array(*parts))

    def _item(self, depth: int) -> bytes:
        """An encoded item, well-formed more often than not."""
        return self._simple_item() if not depth or self.random.random() < 0.6 else self._container(depth - 1)

    def _simple_item(self) -> bytes:
        size = self.random.choice((None, None, None, 8))
        match self.random.randrange(8):
            case 0 | 1:
                return c.integer(self.random.choice((0, 1, 23, 24, 2**32, 2**64 - 1, -1, -7, -65537)), size)
            case 2:
                return c.data(self._bytes(30), size)
            case 3:
                return c.text(self._text(12).encode("utf-8", "surrogatepass"), size)
            case 4:
                return self.random.choice((c.TRUE, c.FALSE, c.NULL, c.UNDEFINED, b"\xff", b"\xf8\x10"))
            case 5:
                return c.double(self.random.choice((0.0, 1.0, float("nan"), float("inf"), 1e300)))
            case 6:
                return self._bytes(6)
            case _:
                return c.head(self.random.choice((2, 3, 4, 5)), self.random.choice((255, 2**31, 2**63)))

    def _container(self, depth: int) -> bytes:
        match self.random.randrange(4):
            case 0:
                return c.array(*(self._item(depth) for _ in range(self.random.randrange(5))))
            case 1:
                labels = (1, 4, 6, 7, 65535, -65537, 1, 4)[: self.random.randrange(9)]
                return c.mapping([(c.integer(label), self._item(depth)) for label in labels])
            case 2:
                return c.tag(self.random.choice((0, 1, 2, 3, 18, 24, 61, 55799)), self._item(depth))
            case _:
                items = [self._item(depth) for _ in range(self.random.randrange(4))]
                return c.indefinite(self.random.choice((2, 3, 4, 5)), *items)

    # --- texts

    def _code(self, certificate: bytes) -> str:
        """The text of a code, with one of the ways to write it that are all right."""
        text = base64.b32encode(certificate).decode().rstrip("=")
        if self.random.random() < 0.2:
            text = text.lower()
        prefix = self.random.choice(("", "HTTPS://V.EXAMPLE/V/", "https://v.example/v/", "ftp://[::1]:0/V/"))
        return f"{prefix}{text}"

    def _spoiled(self, text: str) -> str:
        """A code with characters in it that do not belong there."""
        for _ in range(self.random.randrange(1, 4)):
            at = self.random.randrange(len(text) + 1)
            text = text[:at] + self.random.choice(LOOK_ALIKES) + text[at + self.random.randrange(2) :]
        return text

    def _text(self, longest: int) -> str:
        alphabet = self.random.choice((string.printable, LOOK_ALIKES, string.ascii_uppercase + "234567"))
        length = self.random.choice((self.random.randrange(longest), self.random.randrange(longest), 2049, 0))
        return "".join(self.random.choices(alphabet, k=length))

    def _bytes(self, longest: int) -> bytes:
        return self.random.randbytes(self.random.randrange(longest))

    # --- bodies

    def _json_but_wrong(self) -> bytes:
        """Well-formed JSON that is not what the route takes."""
        code = self._code(self._mutated())
        deep: object = code
        for _ in range(self.random.choice((3, 250, 260, 500))):
            deep = [deep] if self.random.random() < 0.5 else {"code": deep}
        wrong = (
            {"code": deep},
            {"code": code, "extra": 1},
            {"Code": code},
            {},
            [code],
            code,
            None,
            {"code": None},
            {"code": True},
            {"code": 10 ** self.random.choice((1, 400, 4000))},
            {"code": 1e308},
            {"code": {"code": code}},
            {self._text(40): code},
            {"code": code, "": ""},
        )
        text = json.dumps(self.random.choice(wrong), ensure_ascii=self.random.random() < 0.5)
        return text.encode("utf-8", "surrogatepass")

    def _damaged_json(self) -> bytes:
        """JSON with bytes changed, cut short, nested without end, or with numbers that no machine holds."""
        body = bytearray(_json(self._code(self._mutated())))
        match self.random.randrange(6):
            case 0:
                body[self.random.randrange(9)] ^= 1 << self.random.randrange(8)
                return bytes(body)
            case 1:
                return bytes(body[: self.random.randrange(len(body))])
            case 2:
                return b'{"code":' + b"[" * self.random.choice((10, 300, 5000, 20_000))
            case 3:
                number = self.random.choice((b"1e999", b"-0", b"NaN", b"1" * 5000, b"Infinity"))
                return b'{"code":' + number + b"}"
            case 4:
                return b'{"code":"\\ud800' + self.random.choice((b"", b"\\udc00", b"A")) + b'"}'
            case _:
                return b"\xef\xbb\xbf" + bytes(body)


def _json(code: str) -> bytes:
    return json.dumps({"code": code}, ensure_ascii=False).encode("utf-8", "surrogatepass")
