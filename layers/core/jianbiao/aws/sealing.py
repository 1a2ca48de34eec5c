"""Addresses for paper marks: the citizen function may only encrypt them, the office function only decrypt.

The request's id is the encryption context: a sealed address copied into another request does not open.
"""

from __future__ import annotations

from typing import Any

from jianbiao.aws.clients import translated


def _context(request_id: str) -> dict[str, str]:
    return {"paper_request": request_id}


class KmsSealer:
    """Port `Sealer`."""

    def __init__(self, client: Any, key: str) -> None:
        self._client, self._key = client, key

    def seal(self, request_id: str, text: bytes) -> bytes:
        with translated("sealing"):
            answer = self._client.encrypt(
                KeyId=self._key, Plaintext=text, EncryptionContext=_context(request_id)
            )
        return bytes(answer["CiphertextBlob"])


class KmsOpener:
    """Port `Opener`."""

    def __init__(self, client: Any, key: str) -> None:
        self._client, self._key = client, key

    def open(self, request_id: str, sealed: bytes) -> bytes:
        with translated("opening"):
            answer = self._client.decrypt(
                KeyId=self._key, CiphertextBlob=sealed, EncryptionContext=_context(request_id)
            )
        return bytes(answer["Plaintext"])
