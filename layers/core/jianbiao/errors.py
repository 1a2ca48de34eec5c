"""The one error tree.

::

    JianbiaoError
    ├── BadRequest             the request itself is wrong                       400, 413, 422
    │   ├── MalformedJson      body is no JSON object                            400 malformed-json
    │   ├── NotACode           text is no inspection-mark code                   400 not-a-code
    │   ├── TooLong            body or upload is larger than accepted            413 too-long
    │   └── InvalidInput       well-formed, but fields are invalid               422 invalid-input
    ├── Refusal                the rules say no; `reason` says which             403, 404, 409, 426
    ├── Forbidden              who is asking may not                             403
    │   └── TokenIncomplete    the token lacks a claim that is needed            403 token-incomplete
    ├── NotFound               unknown, or somebody else's                       404 not-found
    ├── Conflict               the state does not allow it                       409 (code says which)
    ├── Gone                   was there, is no longer                           410 (code says which)
    ├── TooManyRequests        slow down                                         429 too-many-requests
    ├── Unavailable            a store or the signing service is down            503 unavailable
    ├── Untrusted              a key set or status list not to be used           never a problem: go without
    └── Forged                 a code that no published key vouches for          never a problem: a verdict

`http.problems` maps every class to its answer, and a test walks this tree.
"""

from __future__ import annotations

from dataclasses import dataclass, field


class JianbiaoError(Exception):
    """Root of all errors that the product raises on purpose."""

    code = "internal"


class BadRequest(JianbiaoError):
    """The request itself is wrong; the same request will never succeed."""

    code = "bad-request"


class MalformedJson(BadRequest):
    """The body is not a JSON object in UTF-8."""

    code = "malformed-json"


class NotACode(BadRequest):
    """The text does not have the shape of an inspection-mark code (wire format 1)."""

    code = "not-a-code"


class TooLong(BadRequest):
    """The body is larger than the route accepts."""

    code = "too-long"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One invalid field: `pointer` is an RFC 6901 JSON pointer into the request body, `detail` one sentence."""

    pointer: str
    detail: str


class InvalidInput(BadRequest):
    """Well-formed input with invalid fields; `errors` names each."""

    code = "invalid-input"

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(f"{e.pointer}: {e.detail}" for e in errors))
        self.errors = errors


class Refusal(JianbiaoError):
    """The rules refuse; `reason` is one of `domain.reasons.Reason`, `extras` go into the answer as they are.

    Examples of extras: ``minimum_version``, ``why``, ``opens_on`` (ISO date).
    """

    def __init__(self, reason: str, **extras: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.extras = extras

    @property
    def code(self) -> str:  # type: ignore[override]
        """The reason code is the stable code of the problem."""
        return self.reason


class Forbidden(JianbiaoError):
    """The caller is known but may not do this."""

    code = "forbidden"


class TokenIncomplete(Forbidden):
    """The access token lacks `person_ref` or `division`."""

    code = "token-incomplete"


class NotFound(JianbiaoError):
    """Unknown or somebody else's: the answer does not tell which."""

    code = "not-found"


@dataclass
class _Coded(JianbiaoError):
    code: str
    detail: str = ""
    extras: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.detail or self.code


class Conflict(_Coded):
    """The present state does not allow the call; `code` says which rule (`not-active`, `in-flight`, …)."""


class Gone(_Coded):
    """Was there and has ended; `code` says how (`share-expired`, `share-withdrawn`, `superseded`, …)."""


class TooManyRequests(JianbiaoError):
    """Refused for now; `retry_after` in seconds."""

    code = "too-many-requests"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


class Unavailable(JianbiaoError):
    """A store or the signing service did not answer; nothing half done is visible. `retry_after` in seconds."""

    code = "unavailable"

    def __init__(self, what: str, retry_after: int = 5) -> None:
        super().__init__(what)
        self.retry_after = retry_after


class Untrusted(JianbiaoError):
    """A key set or status list that must not be used; `reason` says why (`wire.reasons.UntrustedReason`)."""

    code = "untrusted"
    retry_after = 5
    """Seconds, where there is nothing to go without: who published it has to mend it."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class Forged(JianbiaoError):
    """A code that has the right grammar but that no published key vouches for; `reason` from wire format 3."""

    code = "forged"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
