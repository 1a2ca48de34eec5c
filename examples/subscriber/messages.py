"""An example subscriber: sends each owner one message for each notice on the bus.

The bus tells at least once and in no order. So for each notice

1. the message is *noted* under the notice's id, unless it is there already,
2. it is *sent*, with that id as the sending service's idempotency key,
3. it is noted as *sent*.

A duplicate finds the note of 3 and ends. A crash between 1 and 2, or between 2 and 3, leaves a note that is not `sent`:
the notice comes again (EventBridge repeats for 24 hours, then it is in the rule's dead-letter queue) and is sent again
under the same key, so that the service that delivers it sends one message. Where that service knows no such key, a
crash between 2 and 3 means a second message; no subscriber can avoid that on its own.

A notice that is older than what the owner was told of the same certificate already is noted and not sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

TEXTS = {
    "CertificateIssued": "您的机动车检验标志电子凭证已生成",
    "CertificateSuperseded": "您的机动车检验标志电子凭证已更新",
    "CertificateRevoked": "您的机动车检验标志电子凭证已失效",
}


class Notes(Protocol):
    """What has been told, by notice id. A table with conditional writes."""

    def begin(self, notice_id: str) -> bool:
        """Note the notice unless it is there; whether it is still to be sent."""

    def sent(self, notice_id: str) -> None:
        """Note that it was sent."""

    def newest(self, certificate_id: str, step: int) -> int:
        """The highest step told of a certificate, `step` included from now on."""


class Sender(Protocol):
    """What delivers messages."""

    def send(self, *, to: str, text: str, key: str) -> None:
        """Deliver once for each `key`."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Handles one event of the bus."""

    notes: Notes
    sender: Sender

    def handle(self, event: Mapping[str, Any]) -> None:
        """Raising makes EventBridge bring the event again."""
        detail, kind = event["detail"], event["detail-type"]
        if kind not in TEXTS:
            return  # a kind that came later than this subscriber
        certificate_id, _, step = detail["id"].rpartition("-")
        # 1. Note.
        if not self.notes.begin(detail["id"]):
            return
        newest = self.notes.newest(certificate_id, int(step)) == int(step)
        # 2. Send.
        if newest and detail["owner_ref"] is not None:
            self.sender.send(to=detail["owner_ref"], text=TEXTS[kind], key=detail["id"])
        # 3. Note as sent.
        self.notes.sent(detail["id"])
