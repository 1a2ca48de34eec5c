"""Paper marks: what the owner asks for, and what the office does about it. Apart from the certificate.

Each step is one transaction with the vehicle's list of open requests, so that a change of owner ends all of them. A
crash before it leaves nothing (an address that was sealed for nothing is forgotten), one after it the whole step;
whoever repeats a step that has taken effect gets the request as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from jianbiao.citizen_records import PaperRequest
from jianbiao.domain.paper import (
    MAX_OPEN,
    Delivery,
    PaperState,
    check_cancel,
    check_office_step,
    printable,
)
from jianbiao.domain.policy import Policy
from jianbiao.errors import Conflict, FieldError, InvalidInput, NotFound, Unavailable
from jianbiao.ports import Certificates, Clock, Opener, Papers, Sealer, Stale
from jianbiao.records import Certificate, Step, VehicleRecord

ATTEMPTS = 5
"""Tries to take a step; each failed one means that somebody else got ahead."""

Recipient = dict[str, str]
"""name, phone, address and, where there is one, postcode."""
Each = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""`map`, or that of a thread pool."""


@dataclass(frozen=True, slots=True)
class PaperDesk:
    """Where owners ask for paper marks, for certificates that the caller has found to be theirs."""

    papers: Papers
    sealer: Sealer
    clock: Clock

    def request(
        self,
        certificate: Certificate,
        record: VehicleRecord,
        policy: Policy,
        *,
        recipient: Recipient | None,
        office: str | None,
    ) -> PaperRequest:
        """A new request: by mail to `recipient`, or to be collected at `office`.

        Raises Conflict (`not-active`, `paper-open`, `too-many-paper-requests`), InvalidInput, Unavailable.
        """
        _check_texts(recipient, office)
        now, vin = self.clock(), certificate.issuance.vin
        if not certificate.running(now):
            raise Conflict("not-active")
        owner_ref = record.registered.vehicle.owner_ref
        for _ in range(ATTEMPTS):
            # The list first: whoever writes a request after this makes the list another one.
            listed = self.papers.open_list(vin)
            earlier = self.papers.of_certificate(certificate.certificate_id)
            if earlier and earlier[-1].is_open:
                raise Conflict("paper-open")
            if len(listed.keys) >= MAX_OPEN:
                raise Conflict("too-many-paper-requests")
            number = earlier[-1].number + 1 if earlier else 1
            paper = PaperRequest(
                certificate_id=certificate.certificate_id,
                number=number,
                vin=vin,
                person_ref=owner_ref,
                delivery=Delivery.MAIL if recipient else Delivery.PICKUP,
                office=office or certificate.claims.iss,
                recipient=b"",
                life=(Step(str(PaperState.REQUESTED), now, owner_ref, ""),),
                keep=policy.keep("paper_addresses"),
            )
            try:
                sealed = self._sealed(paper, recipient)
                self.papers.add(sealed, listed, (*listed.keys, sealed.request_id))
            except Stale:
                continue
            return sealed
        raise Unavailable("the vehicle's paper requests keep changing", retry_after=2)

    def newest(self, certificate: Certificate) -> PaperRequest:
        """The certificate's newest request. Raises NotFound."""
        found = self.papers.of_certificate(certificate.certificate_id)
        if not found:
            raise NotFound
        return found[-1]

    def cancel(self, certificate: Certificate, *, by: str) -> None:
        """The owner cancels the newest request; again is no error. Raises NotFound,
        Conflict(not-allowed-in-state)."""
        request_id = self.newest(certificate).request_id
        _step(self.papers, self.clock, request_id, PaperState.CANCELLED, check=_owner_cancels, by=by, why="")

    def _sealed(self, paper: PaperRequest, recipient: Recipient | None) -> PaperRequest:
        if recipient is None:
            return paper
        text = json.dumps(recipient, ensure_ascii=False, separators=(",", ":")).encode()
        return paper.sealed(self.sealer.seal(paper.request_id, text))


@dataclass(frozen=True, slots=True)
class OfficePaper:
    """A request as the office sees it."""

    paper: PaperRequest
    certificate: Certificate | None
    recipient: Recipient | None
    """Opened while the request is open; None for pickup and for what is done."""


@dataclass(frozen=True, slots=True)
class OfficeDesk:
    """Where the office works its requests off."""

    papers: Papers
    certificates: Certificates
    opener: Opener
    clock: Clock
    each: Each = map
    """Opens the addresses of a page, several at a time."""

    def requests(
        self, state: PaperState, office: str | None, *, limit: int, after: str | None
    ) -> tuple[list[OfficePaper], str | None]:
        """A page of the requests in a state, oldest first, and where the next page starts."""
        found, following = self.papers.in_state(str(state), office, limit=limit, after=after)
        # The index follows by a moment: what has just been taken a step on is in another list.
        papers = [paper for paper in found if paper.state is state]
        certificates = self.certificates.get_many([paper.certificate_id for paper in papers])
        recipients = list(self.each(self._opened, papers))
        page = [
            OfficePaper(paper, certificates.get(paper.certificate_id), recipient)
            for paper, recipient in zip(papers, recipients, strict=True)
        ]
        return page, following

    def step(self, request_id: str, to: PaperState, *, officer_ref: str, remark: str) -> OfficePaper:
        """Take a request one step on; again is no error.

        Raises NotFound, InvalidInput, Conflict(not-allowed-in-state), Unavailable.
        """
        if remark and not printable(remark):
            raise InvalidInput(FieldError("/remark", _UNPRINTABLE))
        paper = _step(
            self.papers, self.clock, request_id, to, check=_office_steps, by=officer_ref, why=remark
        )
        return OfficePaper(paper, self.certificates.get(paper.certificate_id), self._opened(paper))

    def _opened(self, paper: PaperRequest) -> Recipient | None:
        if not paper.recipient or not paper.is_open:
            return None
        recipient: Recipient = json.loads(self.opener.open(paper.request_id, paper.recipient))
        return recipient


_UNPRINTABLE = "must be printable: no control characters, and not blank"


def _check_texts(recipient: Recipient | None, office: str | None) -> None:
    texts = {f"/recipient/{name}": text for name, text in (recipient or {}).items()}
    if office is not None:
        texts["/office"] = office
    if wrong := [pointer for pointer, text in texts.items() if not printable(text)]:
        raise InvalidInput(*(FieldError(pointer, _UNPRINTABLE) for pointer in wrong))


def _owner_cancels(paper: PaperRequest, _to: PaperState) -> None:
    check_cancel(paper.state)


def _office_steps(paper: PaperRequest, to: PaperState) -> None:
    check_office_step(paper.delivery, paper.state, to)


def _step(
    papers: Papers,
    clock: Clock,
    request_id: str,
    to: PaperState,
    *,
    check: Callable[[PaperRequest, PaperState], None],
    by: str,
    why: str,
) -> PaperRequest:
    for _ in range(ATTEMPTS):
        paper = papers.get(request_id)
        if paper is None:
            raise NotFound
        if paper.state is to:
            return paper
        check(paper, to)
        listed = papers.open_list(paper.vin)
        after = paper.step(to, at=clock(), by=by, why=why)
        others = tuple(key for key in listed.keys if key != request_id)
        try:
            papers.step(paper, after, listed, (*others, request_id) if after.is_open else others)
        except Stale:
            continue
        return after
    raise Unavailable("the vehicle's paper requests keep changing", retry_after=2)
