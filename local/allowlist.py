"""What the public port lets through: the paths of the API and signed requests to the two buckets. Nothing else.

The emulator behind it answers administrative calls without credentials, so this is a list of what is allowed, and
a request is rebuilt from what was understood of it rather than handed on as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_to_bytes

API_PATHS = (
    "/",
    "/verify",
    "/app",
    "/app/{file}",
    "/V/{code}",
    "/v/{code}",
    "/s/{token}",
    "/openapi.json",
    "/.well-known/jwks.json",
    "/status-lists",
    "/status-lists/{n}",
    "/assets/{file}",
    "/v1/verify",
    "/v1/police/verify",
    "/v1/police/verify/batch",
    "/v1/police/lookup",
    "/v1/me/vehicles",
    "/v1/me/certificates",
    "/v1/me/bindings",
    "/v1/me/bindings/{id}",
    "/v1/me/bindings/{id}/approval",
    "/v1/me/bindings/{id}/refusal",
    "/v1/certificates",
    "/v1/certificates/{id}",
    "/v1/certificates/{id}/file",
    "/v1/certificates/{id}/shares",
    "/v1/certificates/{id}/shares/{share_id}",
    "/v1/certificates/{id}/paper",
    "/v1/registry/events",
    "/v1/registry/events/{id}",
    "/v1/admin/certificates/{id}",
    "/v1/admin/certificates/{id}/revocation",
    "/v1/admin/certificates/{id}/reinstatement",
    "/v1/admin/holds/lift",
    "/v1/admin/backfills",
    "/v1/admin/backfills/{id}",
    "/v1/admin/backfills/{id}/redrive",
    "/v1/admin/policy",
    "/v1/admin/policy/preview",
    "/v1/admin/audit/query",
    "/v1/office/paper",
    "/v1/office/paper/{id}",
)
"""Every path of the API, as its routes spell them."""

API_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OBJECT_METHODS = frozenset({"GET", "HEAD", "PUT"})
SIGNATURE = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders")
OBJECT_QUERY = re.compile(r"X-Amz-[A-Za-z0-9-]+|response-[a-z-]+|x-id|versionId", re.ASCII)
ROLE_KEY = re.compile(r"ASIA[0-9A-Z]{12,}/", re.ASCII)
"""Temporary credentials of a role: the emulator trusts the account's own keys without looking at a signature."""

NOT_FORWARDED = re.compile(
    r"connection|keep-alive|proxy-.*|te|trailers?|transfer-encoding|upgrade|expect|host|forwarded|x-forwarded-.*"
    r"|x-real-ip|x-ministack-.*|x-localstack-.*",
    re.ASCII,
)
"""Headers of one hop, and such as the emulator would believe."""
NOT_TO_THE_API = re.compile(r"x-amz-.*|x-amzn-.*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Refused:
    """Not let through; `xml` answers as S3 does, otherwise as the API does."""

    status: int
    message: str
    xml: bool = False


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A call of the API: `path` as it came, percent-encoded."""

    path: str


@dataclass(frozen=True, slots=True)
class ObjectCall:
    """A signed request for an object of a bucket."""

    path: str


Decision = Refused | ApiCall | ObjectCall

NOT_FOUND = Refused(404, "Not Found")
UNSIGNED = Refused(403, "AccessDenied", xml=True)


def _pattern(path: str) -> str:
    return re.sub(r"\\\{[a-z_]+\\\}", "[^/]+", re.escape(path))


@dataclass(frozen=True, slots=True)
class AllowList:
    """The rules of one front: who it is (`hosts`, as the Host header says it) and its buckets."""

    hosts: frozenset[str]
    buckets: frozenset[str]
    _api: re.Pattern[str] = re.compile("|".join(map(_pattern, API_PATHS)), re.ASCII)

    def decide(self, method: str, path: str, query: str, headers: Mapping[str, str]) -> Decision:
        """What to do with a request; `path` and `query` as they came, header names in lower case."""
        if headers.get("host", "").lower() not in self.hosts:
            return Refused(421, "Misdirected Request")
        if not _is_plain(path):
            return NOT_FOUND
        bucket, slash, key = path[1:].partition("/")
        if bucket in self.buckets:
            return self._object(method, path, key if slash else "", query, headers)
        if method not in API_METHODS or not self._api.fullmatch(path):
            return NOT_FOUND
        # Credentials of AWS itself mean nothing to our API, but much to the emulator.
        names = {name.lower() for name, _ in parse_qsl(query, keep_blank_values=True)}
        if headers.get("authorization", "").upper().startswith("AWS") or any(
            name.startswith("x-amz-") or name in ("awsaccesskeyid", "action", "version") for name in names
        ):
            return Refused(403, "Forbidden")
        return ApiCall(path)

    def _object(self, method: str, path: str, key: str, query: str, headers: Mapping[str, str]) -> Decision:
        # On AWS the bucket has another host, so a client that follows our redirect leaves its access token behind.
        # Here it brings the token along; it is not forwarded. Any other authorization would be a second signature.
        token = headers.get("authorization", "Bearer").lower().startswith("bearer")
        if method not in OBJECT_METHODS or not key or not token:
            return UNSIGNED
        pairs = parse_qsl(query, keep_blank_values=True)
        given = dict(pairs)
        signed = all(given.get(name) for name in (*SIGNATURE, "X-Amz-Signature", "X-Amz-Security-Token"))
        if len(given) != len(pairs) or not signed or not ROLE_KEY.match(given["X-Amz-Credential"]):
            return UNSIGNED
        if given["X-Amz-Algorithm"] != "AWS4-HMAC-SHA256":
            return UNSIGNED
        if not all(OBJECT_QUERY.fullmatch(name) for name in given):
            return UNSIGNED
        if any(name.startswith(("x-amz-copy", "x-amz-acl", "x-amz-grant")) for name in headers):
            return UNSIGNED
        return ObjectCall(path)


def _is_plain(path: str) -> bool:
    """Whether a path has one reading only: ASCII, no empty or dot segment, no encoded slash or control character."""
    if not path.startswith("/") or not path.isascii():
        return False
    if path == "/":
        return True
    for segment in path[1:].split("/"):
        decoded = unquote_to_bytes(segment)
        if decoded in (b"", b".", b"..") or any(byte < 0x20 or byte in b"/\\\x7f" for byte in decoded):
            return False
    return True


def forwarded(headers: Iterable[tuple[str, str]], *, to_api: bool) -> list[tuple[str, str]]:
    """The headers that go on; names in lower case."""
    return [
        (name, value)
        for name, value in headers
        if not NOT_FORWARDED.fullmatch(name)
        and not (to_api and NOT_TO_THE_API.fullmatch(name))
        and (to_api or name != "authorization")
    ]
