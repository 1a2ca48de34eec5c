"""Signatures by KMS. No module that verifies may import this one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jianbiao.aws.clients import translated
from jianbiao.aws.config import DynamoKeys
from jianbiao.errors import Unavailable


class KmsSigner:
    """Port `Signer`: by the KMS key that the key set names for a kid, with the algorithm of that key."""

    def __init__(self, client: Any, keys: DynamoKeys) -> None:
        self._client, self._keys = client, keys

    def sign(self, kid: bytes, message: bytes) -> bytes:
        arns: Mapping[bytes, str] = self._keys.key_arns()
        if kid not in arns:
            raise Unavailable("no signing key with this kid")
        with translated("signing"):
            answer = self._client.sign(
                KeyId=arns[kid],
                Message=message,
                MessageType="RAW",
                SigningAlgorithm=self._keys.current().published.profile(kid).kms,
            )
        return bytes(answer["Signature"])
