"""Codes that no issuing function makes: expired, not valid yet, forged. Signed with the deployment's own key by KMS.

They are stored nowhere, so their `certificate_id` in the samples is null.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jianbiao.aws.indices import DynamoIndices
from jianbiao.domain.months import last_day, month_of
from jianbiao.domain.times import end_of_day
from jianbiao.wire.claims import Claims
from jianbiao.wire.jb1 import certificate_bytes, code_text, payload_bytes, to_be_signed
from jianbiao.wire.keys import kid_of
from jianbiao.wire.signature import raw_from_der
from local.clients import Operator

DAY = 86_400
PLATE, PLATE_CLASS, VEHICLE_TYPE, USE = "黑A00000", "02", "K33", "A"
"""A plate that no ledger has: serials begin with 0001."""


@dataclass(frozen=True, slots=True)
class CodeMaker:
    """Makes the texts of such codes."""

    operator: Operator
    outputs: Mapping[str, str]
    base_url: str

    def samples(self, now: int, as_of: date) -> list[dict[str, Any]]:
        """One sample each; `now` is the epoch second, ends of validity are month ends around `as_of`."""
        month = month_of(as_of)
        places = self._places(4)
        running = self._claims(now, end_of_day(last_day(month + 6)), places[0])
        expired = self._claims(now - 390 * DAY, end_of_day(last_day(month - 1)), places[1])
        early = self._claims(now + 2 * DAY, end_of_day(last_day(month + 12)), places[2])
        stranger = ec.generate_private_key(ec.SECP256R1())
        altered = bytearray(self._signed(replace(running, status_idx=places[3][1])))
        altered[-1] ^= 1
        return [
            self._sample("expired", self._signed(expired)),
            self._sample("not_yet_valid: says that it is issued the day after tomorrow", self._signed(early)),
            self._sample(
                "forged: our key signed it, but the store has never seen it (not-issued)",
                self._signed(running),
            ),
            self._sample("forged: one bit of the signature is not what was signed", bytes(altered)),
            self._sample("forged: signed by a key that nobody published", self._signed_by(stranger, running)),
        ]

    def _sample(self, why: str, certificate: bytes) -> dict[str, Any]:
        return {
            "plate_class": PLATE_CLASS,
            "plate": PLATE,
            "vin": None,
            "certificate_id": None,
            "code": code_text(self.base_url, certificate),
            "owner": None,
            "why": why,
        }

    def _places(self, count: int) -> list[tuple[int, int]]:
        """Places in the status lists, taken like any other: an index is never used twice."""
        taken = DynamoIndices(
            self.operator.client("dynamodb"), self.outputs["AllocationsTableName"], os.urandom
        )
        return list(taken.take(count))

    @staticmethod
    def _claims(iat: int, exp: int, place: tuple[int, int]) -> Claims:
        return Claims(
            iss="230100",
            exp=exp,
            iat=iat,
            cti=os.urandom(16),
            status_idx=place[1],
            status_uri=f"urn:jianbiao:local:{place[0]}",
            plate=PLATE,
            plate_class=PLATE_CLASS,
            vehicle_type=VEHICLE_TYPE,
            use=USE,
        )

    def _signed(self, claims: Claims) -> bytes:
        kms, key = self.operator.client("kms"), self.outputs["CertificateKeyArn"]
        kid = kid_of(kms.get_public_key(KeyId=key)["PublicKey"])
        payload = payload_bytes(claims)
        answer = kms.sign(
            KeyId=key, Message=to_be_signed(kid, payload), MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256"
        )
        return certificate_bytes(kid, payload, raw_from_der(answer["Signature"]))

    @staticmethod
    def _signed_by(key: ec.EllipticCurvePrivateKey, claims: Claims) -> bytes:
        kid = kid_of(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
        payload = payload_bytes(claims)
        signature = key.sign(to_be_signed(kid, payload), ec.ECDSA(hashes.SHA256()))
        return certificate_bytes(kid, payload, raw_from_der(signature))
