"""From an error to an RFC 9457 answer: the one table.

The texts of refusals come from the policy (Chinese and English, with the next step); the others are here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jianbiao import errors
from jianbiao.domain.policy import Policy
from jianbiao.domain.reasons import Reason

JSON = "application/problem+json"
ZhEn = dict[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a class of errors is answered."""

    status: int
    title: str
    detail: str
    next_step: ZhEn | None = None


def _step(zh: str, en: str) -> ZhEn:
    return {"zh": zh, "en": en}


_RETRY = _step("请稍后重试。", "Try again after the time in Retry-After.")
_SIGN_IN = _step("请重新登录。", "Sign in again; the access token must carry person_ref and division.")

KINDS: dict[type[errors.JianbiaoError], Kind] = {
    errors.JianbiaoError: Kind(
        500,
        "Internal error",
        "Something went wrong on our side.",
        _step("请稍后重试；如仍失败，请联系车管所。", "Try again later; if it fails again, ask the vehicle office."),
    ),
    errors.BadRequest: Kind(400, "Bad request", "The request is wrong."),
    errors.MalformedJson: Kind(400, "Malformed JSON", "The body must be one JSON object in UTF-8."),
    errors.NotACode: Kind(
        400,
        "Not a code",
        "The text is not the code of an inspection mark.",
        _step("请重新扫描整个二维码。", "Scan the whole code again."),
    ),
    errors.TooLong: Kind(413, "Too long", "The body is larger than this route accepts."),
    errors.InvalidInput: Kind(
        422,
        "Invalid input",
        "Some fields are invalid; see errors.",
        _step("请按 errors 更正后重试。", "Correct the fields named in errors and send again."),
    ),
    errors.Refusal: Kind(409, "Refused", ""),
    errors.Forbidden: Kind(403, "Forbidden", "You may not do this."),
    errors.TokenIncomplete: Kind(
        403, "Token incomplete", "The access token lacks person_ref or division.", _SIGN_IN
    ),
    errors.NotFound: Kind(404, "Not found", "There is nothing here that you may see."),
    errors.Conflict: Kind(409, "Conflict", "The present state does not allow this."),
    errors.Gone: Kind(410, "Gone", "This is no longer available."),
    errors.TooManyRequests: Kind(429, "Too many requests", "Too many requests.", _RETRY),
    errors.Unavailable: Kind(
        503, "Unavailable", "A part of the service does not answer; nothing half done is visible.", _RETRY
    ),
    errors.Forged: Kind(422, "Forged", "No published key vouches for this code."),
    errors.Untrusted: Kind(503, "Unavailable", "The published keys or lists cannot be used.", _RETRY),
}

REFUSAL_STATUS: dict[str, int] = {
    Reason.APP_TOO_OLD: 426,
    Reason.NOT_BOUND: 404,
    Reason.USER_DIVISION: 403,
    Reason.PLATE_DIVISION: 403,
    Reason.DIVISION_NOT_ENABLED: 403,
}
"""Statuses of refusals other than 409 (api.md)."""

CODED: dict[str, tuple[str, ZhEn | None]] = {
    "not-active": (
        "The certificate is not active, so there is no file of it.",
        _step("请查看凭证状态，或重新申领。", "Look at the certificate's state, or apply for a new one."),
    ),
    "too-many-shares": (
        "The certificate has as many open share links as it may have.",
        _step("请先撤销不再需要的分享链接。", "Withdraw a link that is no longer needed."),
    ),
    "too-many-bindings": (
        "The vehicle has as many open bindings as it may have.",
        _step("请车主先解除不再需要的绑定。", "Ask the owner to end a binding that is no longer needed."),
    ),
    "not-pending": (
        "The binding is not waiting for consent.",
        _step(
            "请查看绑定状态，必要时请对方重新申请。", "Look at its state; it may have to be asked for again."
        ),
    ),
    "paper-open": (
        "There is an open request for a paper mark of this certificate.",
        _step("请查看现有的纸质标志申请。", "Look at the request that is there."),
    ),
    "too-many-paper-requests": (
        "The vehicle has as many open requests for paper marks as it may have.",
        _step("请等待已有申请办结。", "Wait until earlier requests are done."),
    ),
    "not-allowed-in-state": (
        "The present state does not allow this step.",
        _step("请查看当前状态。", "Look at the present state."),
    ),
    "in-flight": (
        "A request with this Idempotency-Key is being worked on.",
        _step("请稍后使用相同的 Idempotency-Key 重试。", "Send it again with the same key in a moment."),
    ),
    "not-held": (
        "There is no hold on this vehicle.",
        _step("请查看凭证的完整历史。", "Look at the certificate's history."),
    ),
    "policy-changed": (
        "Another version of the policy was published meanwhile.",
        _step(
            "请读取现行政策后重新修改发布。", "Read the policy in force, make the change again and publish."
        ),
    ),
    "share-expired": ("The share link has expired.", _step("请向车主索取新的链接。", "Ask for a new link.")),
    "share-withdrawn": (
        "The share link was withdrawn.",
        _step("请向车主索取新的链接。", "Ask for a new link."),
    ),
    "superseded": (
        "The certificate was replaced by a newer one.",
        _step("请向车主索取新凭证。", "Ask for the new certificate."),
    ),
    "revoked": ("The certificate was revoked.", None),
    "expired": (
        "The certificate is past its end of validity.",
        _step("请向车主索取新凭证。", "Ask for a current certificate."),
    ),
}
"""Detail and next step of Conflict and Gone, by code."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An RFC 9457 problem, ready to be sent."""

    status: int
    body: dict[str, Any]
    retry_after: int | None


def problem_of(error: errors.JianbiaoError, policy: Policy | None = None) -> Problem:
    """The answer to `error`. Refusals are worded by `policy`; without one they carry their code alone."""
    kind = next(KINDS[cls] for cls in type(error).__mro__ if cls in KINDS)
    status, detail, next_step = kind.status, kind.detail, kind.next_step
    extras: dict[str, Any] = {}
    if isinstance(error, errors.Refusal):
        status = REFUSAL_STATUS.get(error.reason, status)
        extras = dict(error.extras)
        if policy is not None:
            texts = policy.reason_text(error.reason)
            detail, next_step = f"{texts['zh']} {texts['en']}", texts.get("next_step")
    elif isinstance(error, errors.Conflict | errors.Gone):
        known, step = CODED.get(error.code, (detail, None))
        detail, next_step = error.detail or known, step
        extras = dict(error.extras)
    elif isinstance(error, errors.InvalidInput):
        extras = {"errors": [{"pointer": e.pointer, "detail": e.detail} for e in error.errors]}
    body = {
        "type": f"urn:jianbiao:problem:{error.code}",
        "title": kind.title,
        "status": status,
        "detail": detail,
        "code": error.code,
    }
    if next_step:
        body["next_step"] = next_step
    return Problem(status, body | extras, getattr(error, "retry_after", None))
