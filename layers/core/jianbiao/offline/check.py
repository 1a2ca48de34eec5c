"""The verdict on a code, from what a folder holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from jianbiao.domain.codes import Coded
from jianbiao.domain.times import last_valid_day, rfc3339
from jianbiao.errors import Forged, Untrusted
from jianbiao.offline.folder import Folder
from jianbiao.wire.claims import Claims
from jianbiao.wire.ids import certificate_id
from jianbiao.wire.keys import KeySet
from jianbiao.wire.reasons import Verdict
from jianbiao.wire.status_list import StatusList
from jianbiao.wire.verify import CLOCK_SKEW, judge, verify


@dataclass(frozen=True, slots=True)
class Answer:
    """What can be said of a code without a network."""

    verdict: Verdict
    reason: str | None
    """Why it is forged (`wire.reasons.ForgedReason`); None otherwise."""
    status_checked: str
    """`list`, or `none`: the signature is right, whether it was revoked since is not known."""
    status_as_of: int | None
    """Time of issue (epoch seconds) of the list held, also of one that is past its end and was not used."""
    notes: tuple[str, ...]
    """What somebody should know besides: why the status was not checked, a clock that is off."""
    claims: Claims | None
    """None for a forged code: nothing in it may be shown."""
    issuer: Coded | None

    def as_json(self, now: int) -> dict[str, object]:
        """In the form of `POST /v1/verify`, with the age of the list in seconds as of `now` and the notes.

        Coded values other than the issuer are bare codes: their names are policy, which is not held here.
        """
        return {
            "verdict": self.verdict.value,
            "reason": self.reason,
            "status_checked": self.status_checked,
            "status_as_of": None if self.status_as_of is None else rfc3339(self.status_as_of),
            "status_age_seconds": None if self.status_as_of is None else now - self.status_as_of,
            "checked_at": rfc3339(now),
            "certificate": self._certificate(),
            "notes": list(self.notes),
        }

    def _certificate(self) -> dict[str, object] | None:
        claims = self.claims
        if claims is None:
            return None
        return {
            "certificate_id": certificate_id(claims.cti),
            "plate": claims.plate,
            "plate_class": claims.plate_class,
            "vehicle_type": claims.vehicle_type,
            "use": claims.use,
            "valid_until": last_valid_day(claims.exp).isoformat(),
            "issued_at": rfc3339(claims.iat),
            "issuer": None if self.issuer is None else self.issuer.as_json(),
        }


@dataclass(slots=True)
class OfflineVerifier:
    """Verifies with one key set and the lists of one folder; each list is read once. Not for several threads."""

    folder: Folder
    keys: KeySet
    _lists: dict[str, StatusList | Untrusted | None] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Folder) -> OfflineVerifier:
        """Read the key set. Raises NothingHeld, Untrusted; open again to see what an update has brought."""
        return cls(folder, folder.keys())

    def check(self, text: str, now: int) -> Answer:
        """The verdict on the text of a code as of `now` (epoch seconds). Raises NotACode."""
        try:
            verified = verify(text, self.keys)
        except Forged as exc:
            return Answer(Verdict.FORGED, exc.reason, "none", None, (), None, None)
        claims = verified.claims
        held = self._list(claims.status_uri)
        status, as_of, notes = None, None, []
        if isinstance(held, StatusList):
            status, as_of = held.status(claims.status_idx, now), held.iat
            if held.iat > now + CLOCK_SKEW:
                notes.append("the status list is from the future: the clock is wrong")
            if now >= held.exp:
                notes.append("the status list is past its end: update")
            elif status is None:
                notes.append("the status list has no such index")
        else:
            notes.append(
                "no status list is held: update" if held is None else f"the status list is refused: {held}"
            )
        return Answer(
            verdict=judge(verified, now, status),
            reason=None,
            status_checked="none" if status is None else "list",
            status_as_of=as_of,
            notes=tuple(notes),
            claims=claims,
            issuer=self.keys.issuer(claims.iss),
        )

    def _list(self, uri: str) -> StatusList | Untrusted | None:
        if uri not in self._lists:
            try:
                self._lists[uri] = self.folder.status_list(uri, self.keys)
            except Untrusted as exc:
                self._lists[uri] = exc
        return self._lists[uri]
