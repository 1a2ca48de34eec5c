"""Hostile codes over HTTP, signed by the deployment's own key in KMS: what is refused is refused for what it says."""

from __future__ import annotations

import base64
import http.client
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from jianbiao.domain.months import last_day, month_of
from jianbiao.domain.times import day_of, end_of_day
from jianbiao.wire import jb1
from jianbiao.wire.claims import Claims
from jianbiao.wire.keys import from_base64url, kid_of
from jianbiao.wire.signature import raw_from_der
from tests.e2e.deployment import Stack
from tests.support.hostile import NOT_A_CODE, Case, Forge, hostile
from tests.support.hostile_bodies import HostileBodies

pytestmark = [pytest.mark.local, pytest.mark.timeout(900)]

AT_ONCE = 8
INPUTS = 2000


@pytest.fixture(scope="module")
def sign(stack: Stack) -> Callable[[bytes], bytes]:
    """r||s over a message, by the key that signs the deployment's certificates."""
    kms, key = stack.client("kms"), stack.outputs["CertificateKeyArn"]

    def signed(message: bytes) -> bytes:
        # KMS signs at most 4,096 bytes RAW.
        answer = kms.sign(KeyId=key, Message=message, MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256")
        return raw_from_der(answer["Signature"])

    return signed


@pytest.fixture(scope="module")
def published(stack: Stack) -> dict[str, Any]:
    """The certificate key as the deployment publishes it."""
    kid = kid_of(stack.client("kms").get_public_key(KeyId=stack.outputs["CertificateKeyArn"])["PublicKey"])
    keys = stack.call("GET", "/.well-known/jwks.json").json["keys"]
    (key,) = [k for k in keys if from_base64url(k["kid"], jb1.KID_SIZE) == kid]
    return dict(key)


@pytest.fixture(scope="module")
def claims() -> Claims:
    """What a right certificate would say; nobody has issued it."""
    now = int(time.time())
    return Claims(
        iss="230100",
        exp=end_of_day(last_day(month_of(day_of(now)) + 6)),
        iat=now - 60,
        cti=os.urandom(16),
        status_idx=2**20 - 1,
        status_uri="urn:jianbiao:local:0",
        plate="黑A00000",
        plate_class="02",
        vehicle_type="K33",
        use="A",
    )


def kid(published: dict[str, Any]) -> bytes:
    return from_base64url(published["kid"], jb1.KID_SIZE)


def text(certificate: bytes) -> str:
    return base64.b32encode(certificate).decode().rstrip("=")


def post_all(stack: Stack, bodies: Sequence[bytes]) -> list[tuple[int, dict[str, Any]]]:
    """Answers to bodies, in order: a few connections, each used again and again."""

    def post(part: Sequence[bytes]) -> list[tuple[int, dict[str, Any]]]:
        connection = http.client.HTTPConnection(stack.host, timeout=60)
        answers = []
        try:
            for body in part:
                connection.request("POST", "/v1/verify", body, {"Content-Type": "application/json"})
                reply = connection.getresponse()
                answers.append((reply.status, json.loads(reply.read())))
        finally:
            connection.close()
        return answers

    with ThreadPoolExecutor(AT_ONCE) as pool:
        parts = list(pool.map(post, [bodies[n::AT_ONCE] for n in range(AT_ONCE)]))
    return [parts[n % AT_ONCE][n // AT_ONCE] for n in range(len(bodies))]


def outcome(answer: tuple[int, dict[str, Any]]) -> str:
    """How a code was refused: the reason for which it is forged, or the problem's code."""
    status, document = answer
    if status != 200:
        return f"{status} {document.get('code')}"
    assert (document["verdict"], document["certificate"]) == ("forged", None), document
    return str(document["reason"])


def expected(case: Case) -> str:
    """The outcome of a case: too long for a code's text is no code either."""
    too_long = len(text(case.certificate)) > 2048
    return "400 not-a-code" if case.reason == NOT_A_CODE or too_long else case.reason


def test_each_hostile_certificate_is_refused_for_its_reason(
    stack: Stack, sign: Callable[[bytes], bytes], published: dict[str, Any], claims: Claims
) -> None:
    cases = list(
        hostile(sign, kid(published), claims, signs_from=published["nbf"], signs_until=published["exp"])
    )
    bodies = [json.dumps({"code": text(case.certificate)}).encode() for case in cases]
    answers = post_all(stack, bodies)
    wrong = [
        (case.name, expected(case), outcome(answer))
        for case, answer in zip(cases, answers, strict=True)
        if outcome(answer) != expected(case)
    ]
    assert not wrong
    assert len(cases) > 250
    assert {expected(case) for case in cases} >= {
        "wrong-header",
        "not-canonical",
        "malformed",
        "bad-claims",
        "unknown-key",
        "bad-signature",
        "issuer-not-allowed",
        "400 not-a-code",
    }


def test_a_right_certificate_that_nobody_issued_is_forged(
    stack: Stack, sign: Callable[[bytes], bytes], published: dict[str, Any], claims: Claims
) -> None:
    forge = Forge(sign, kid(published), claims)
    reply = stack.call("POST", "/v1/verify", json_body={"code": text(forge.build())})
    assert outcome((reply.status, reply.json)) == "not-issued"
    body = {"code": text(forge.build()), "officer_ref": "o-1", "terminal_id": "t-1"}
    reply = stack.call("POST", "/v1/police/verify", token="police", json_body=body)
    assert outcome((reply.status, reply.json)) == "not-issued"
    assert reply.json["vehicle"] is None


def test_an_issued_certificate_with_other_claims_is_forged(
    stack: Stack, sign: Callable[[bytes], bytes], published: dict[str, Any]
) -> None:
    """Our key says it, and the store knows its id: but the store knows it to say something else."""
    code = stack.sample(owner="citizen", why="valid: an ordinary car")["code"].rpartition("/")[2]
    claims = jb1.open_certificate(base64.b32decode(code + "=" * (-len(code) % 8))).claims
    for changes in (
        {"plate": "黑A99999"},
        {"exp": claims.exp + 31 * 86_400},
        {"status_idx": claims.status_idx + 1},
        {"vehicle_type": "K43"},
    ):
        certificate = Forge(sign, kid(published), replace(claims, **changes)).build()  # type: ignore[arg-type]
        reply = stack.call("POST", "/v1/verify", json_body={"code": text(certificate)})
        assert outcome((reply.status, reply.json)) == "not-issued", changes
    # The same claims under a new signature are the same certificate: ECDSA signatures are malleable.
    again = Forge(sign, kid(published), claims).build()
    assert stack.call("POST", "/v1/verify", json_body={"code": text(again)}).json["verdict"] == "valid"


def test_a_status_lists_key_signs_no_certificates(stack: Stack, claims: Claims) -> None:
    kms, key = stack.client("kms"), stack.outputs["ListKeyArn"]
    spki = kms.get_public_key(KeyId=key)["PublicKey"]

    def signed(message: bytes) -> bytes:
        answer = kms.sign(KeyId=key, Message=message, MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256")
        return raw_from_der(answer["Signature"])

    reply = stack.call(
        "POST", "/v1/verify", json_body={"code": text(Forge(signed, kid_of(spki), claims).build())}
    )
    assert outcome((reply.status, reply.json)) == "unknown-key"


def test_2000_hostile_inputs_are_refused(
    stack: Stack, sign: Callable[[bytes], bytes], published: dict[str, Any], claims: Claims
) -> None:
    samples = [s["code"].rpartition("/")[2] for s in stack.document["samples"] if s["certificate_id"]]
    good = [base64.b32decode(code + "=" * (-len(code) % 8)) for code in samples[:8]]
    bodies = list(HostileBodies(Random(INPUTS), good).bodies(INPUTS))  # noqa: S311 - must repeat
    counts = Counter(outcome(answer) for answer in post_all(stack, bodies))
    assert counts.total() == INPUTS
    refusals = {"400 malformed-json", "400 not-a-code", "422 invalid-input"}
    forged = {"wrong-header", "not-canonical", "malformed", "bad-claims", "unknown-key", "bad-signature"}
    assert set(counts) == refusals | forged, counts
