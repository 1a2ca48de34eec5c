"""The published key set: a JWK Set (RFC 7517) with what each key may sign, and when (wire format 4)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from jianbiao.domain.codes import Coded
from jianbiao.errors import Forged, Untrusted
from jianbiao.wire.jb1 import KID_SIZE, MAX_TIME
from jianbiao.wire.profiles import ACCEPTED, ES256, Profile
from jianbiao.wire.reasons import ForgedReason, UntrustedReason

CERTIFICATE = "certificate"
"""Purpose of a key that signs certificates."""
STATUS_LIST = "status-list"
"""Purpose of a key that signs status lists."""

_PURPOSES = (CERTIFICATE, STATUS_LIST)
_DIVISION = re.compile("[0-9]{6}")


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """One key of the set, with its public key parsed once."""

    kid: bytes
    """8 bytes, a hint: two keys may share it."""
    purpose: str
    issuers: tuple[Coded, ...]
    """Divisions the key may sign for; empty for a status list key."""
    nbf: int
    """First second in which the key signs."""
    exp: int
    """First second in which it no longer signs; what it signed stays verifiable."""
    revoked_at: int | None
    """Set when the key is compromised: whatever the time in it, nothing the key signed counts any more."""
    public_key: Any
    """As the profile's `check` takes it."""
    profile: Profile = ES256
    """The algorithm that the key signs with; nothing signed with another one is the key's."""
    issuer_codes: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Derive the set that the verifier asks."""
        object.__setattr__(self, "issuer_codes", frozenset(issuer.code for issuer in self.issuers))

    def signs_at(self, instant: int) -> bool:
        """Whether `instant` (epoch seconds) is in the key's signing interval."""
        return self.nbf <= instant < self.exp


@dataclass(frozen=True, slots=True)
class KeySet:
    """A published key set."""

    version: int
    """Only grows; see `check_replaces`."""
    keys: tuple[PublishedKey, ...]
    digest: str
    """SHA-256 of the document as it was read, in hex: what a terminal can pin."""
    profiles: tuple[Profile, ...] = ACCEPTED
    """Profiles of which keys were taken."""
    _by_kid: Mapping[bytes, tuple[PublishedKey, ...]] = field(init=False, repr=False, compare=False)
    _issuers: Mapping[str, Coded] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the keys once."""
        by_kid: dict[bytes, tuple[PublishedKey, ...]] = {}
        for key in self.keys:
            by_kid[key.kid] = (*by_kid.get(key.kid, ()), key)
        object.__setattr__(self, "_by_kid", by_kid)
        object.__setattr__(
            self, "_issuers", {issuer.code: issuer for key in self.keys for issuer in key.issuers}
        )

    @classmethod
    def from_jwks(
        cls, document: Mapping[str, Any] | bytes, profiles: tuple[Profile, ...] = ACCEPTED
    ) -> KeySet:
        """Read a set, as bytes of JSON or as already parsed. Keys of other profiles are skipped; a fault in
        one of ours refuses the whole set. Raises Untrusted (`malformed-set`)."""
        data = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
        try:
            parsed = json.loads(data, object_pairs_hook=_without_duplicates)
            version = _integer(parsed, "version")
            keys = tuple(
                _key(jwk, profile)
                for jwk in _objects(parsed, "keys")
                if (profile := _profile(jwk, profiles)) is not None
            )
        except (ValueError, KeyError, TypeError, RecursionError) as exc:
            raise Untrusted(UntrustedReason.MALFORMED_SET, str(exc)) from exc
        return cls(version, keys, hashlib.sha256(data).hexdigest(), profiles)

    def find(self, kid: bytes) -> tuple[PublishedKey, ...]:
        """All keys with this kid, of whatever purpose and time."""
        return self._by_kid.get(kid, ())

    def profile(self, kid: bytes) -> Profile:
        """What the key with this kid signs with; ES256 where there is none."""
        return next((key.profile for key in self.find(kid)), ES256)

    def issuer(self, code: str) -> Coded | None:
        """Names of a division that some key of the set may sign for."""
        return self._issuers.get(code)

    def check_replaces(self, held: KeySet) -> None:
        """Return only if this set may replace `held`; raises Untrusted: `rolled-back`, `altered`."""
        if self.version < held.version:
            raise Untrusted(
                UntrustedReason.ROLLED_BACK, f"version {self.version} is older than {held.version}"
            )
        if self.version == held.version and self.keys != held.keys:
            raise Untrusted(UntrustedReason.ALTERED, f"two different sets have the version {self.version}")

    def who_signed(
        self,
        *,
        kid: bytes,
        purpose: str,
        iat: int,
        message: bytes,
        signature: bytes,
        profile: Profile = ES256,
    ) -> PublishedKey:
        """The key behind a signature (wire format 3, steps 3 and 4). Raises Forged: `unknown-key`,
        `key-revoked`, `bad-signature`."""
        known = [key for key in self.find(kid) if key.profile is profile]
        candidates = [key for key in known if key.purpose == purpose and key.signs_at(iat)]
        if not candidates:
            raise Forged(ForgedReason.UNKNOWN_KEY)
        trusted = [key for key in candidates if key.revoked_at is None]
        if not trusted:
            raise Forged(ForgedReason.KEY_REVOKED)
        for key in trusted:
            try:
                key.profile.check(key.public_key, signature, message)
            except InvalidSignature:
                continue
            return key
        raise Forged(ForgedReason.BAD_SIGNATURE)


def kid_of(spki_der: bytes) -> bytes:
    """Key id of a DER SubjectPublicKeyInfo: the first 8 bytes of its SHA-256."""
    return hashlib.sha256(spki_der).digest()[:KID_SIZE]


def jwk_of(
    spki_der: bytes,
    *,
    purpose: str,
    nbf: int,
    exp: int,
    issuers: Iterable[Coded] = (),
    revoked_at: int | None = None,
) -> dict[str, Any]:
    """The entry of a key in the set, from KMS's `PublicKey` (DER SubjectPublicKeyInfo).

    Raises ValueError for a key that is not on P-256, an unknown purpose, or an empty interval.
    """
    # Only who publishes keys comes here; a verifier's cold start does without the import.
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

    public_key = load_der_public_key(spki_der)
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or public_key.curve.name != "secp256r1":
        raise ValueError("the key is not on P-256")
    numbers = public_key.public_numbers()
    jwk: dict[str, Any] = {
        "kty": "EC",
        "crv": ES256.crv,
        "x": base64url(numbers.x.to_bytes(ES256.coordinate)),
        "y": base64url(numbers.y.to_bytes(ES256.coordinate)),
        "alg": ES256.name,
        "use": "sig",
        "kid": base64url(kid_of(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))),
        "purpose": purpose,
        "issuers": [issuer.as_json() for issuer in issuers],
        "nbf": nbf,
        "exp": exp,
    }
    if revoked_at is not None:
        jwk["revoked_at"] = revoked_at
    if purpose not in _PURPOSES:
        raise ValueError(f"unknown purpose {purpose}")
    _key(jwk, ES256)
    return jwk


def base64url(data: bytes) -> str:
    """RFC 4648 section 5 without padding, as JWKs have it."""
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def from_base64url(text: str, size: int) -> bytes:
    """Inverse of `base64url` for exactly `size` bytes, in the only form. Raises ValueError."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(data) != size or base64url(data) != text:
        raise ValueError(f"{size} bytes in base64url expected")
    return data


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a member is given twice")
    return dict(pairs)


def _profile(jwk: Mapping[str, Any], profiles: Sequence[Profile]) -> Profile | None:
    """The profile of a key that signs with one of `profiles`; any other is skipped, as RFC 7517 section 5 asks."""
    if jwk.get("kty") != "EC" or jwk.get("use") != "sig" or jwk.get("purpose") not in _PURPOSES:
        return None
    stated = (jwk.get("alg"), jwk.get("crv"))
    return next((profile for profile in profiles if (profile.name, profile.crv) == stated), None)


def _key(jwk: Mapping[str, Any], profile: Profile) -> PublishedKey:
    x, y = (int.from_bytes(from_base64url(jwk[name], profile.coordinate)) for name in ("x", "y"))
    nbf, exp = _integer(jwk, "nbf"), _integer(jwk, "exp")
    if nbf >= exp:
        raise ValueError("a key's signing interval is empty")
    issuers = tuple(_issuer(entry) for entry in _objects(jwk, "issuers"))
    if not issuers and jwk["purpose"] == CERTIFICATE:
        raise ValueError("a certificate key has no issuers")
    return PublishedKey(
        kid=from_base64url(jwk["kid"], KID_SIZE),
        purpose=jwk["purpose"],
        issuers=issuers,
        nbf=nbf,
        exp=exp,
        revoked_at=_integer(jwk, "revoked_at") if jwk.get("revoked_at") is not None else None,
        public_key=profile.public_key(x, y),
        profile=profile,
    )


def _issuer(entry: Mapping[str, Any]) -> Coded:
    code, zh, en = entry["code"], entry["zh"], entry["en"]
    if not isinstance(zh, str) or not isinstance(en, str) or _DIVISION.fullmatch(code) is None:
        raise ValueError("an issuer is {code of six digits, zh, en}")
    return Coded(code, zh, en)


def _integer(record: Mapping[str, Any], name: str) -> int:
    value = record[name]
    if type(value) is not int or not 0 <= value <= MAX_TIME:  # True is no integer
        raise ValueError(f"{name} is no integer in range")
    return value


def _objects(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = record.get(name, [] if name == "issuers" else None)
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise ValueError(f"{name} is no list of objects")
    return value
