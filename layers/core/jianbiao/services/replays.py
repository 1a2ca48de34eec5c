"""The same request sent twice under one Idempotency-Key is carried out once.

1. *Begin*: store that the request is being worked on, with a lock that outlives the function's timeout.
2. *Work*, under the id of the first attempt.
3. *Finish*: store the answer.

A crash after 1 or in 2 leaves a lock; when its time is over the next one with the key takes the request over and does
the work again under the same id, by which the work recognises what it has made already. A failure of 3 is the same,
but for the answer, which is there. A crash after 3 loses the answer on its way; the next one gets it from here. An
error is not stored: the request can be sent again under its key, and is judged anew.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from jianbiao.citizen_records import Replay
from jianbiao.errors import Conflict, FieldError, InvalidInput, Unavailable
from jianbiao.ports import Clock, Replays, Stale

LOCK = 20
"""Seconds that an attempt may take: longer than the timeout of the function (15 s)."""


@dataclass(frozen=True, slots=True)
class Once:
    """Carries requests out once."""

    replays: Replays
    clock: Clock

    def run(
        self,
        person_ref: str,
        key: str,
        request: str,
        *,
        application_id: str,
        seconds: int,
        work: Callable[[str], str],
    ) -> tuple[str, bool]:
        """The answer to `request`, and whether it is a replay. `work` gets the application id to work under;
        `seconds` is how long the key is kept.

        Raises InvalidInput (the key was used for another request), Conflict(in-flight), and what `work` raises.
        """
        now = self.clock()
        # 1. Begin.
        mine = Replay(
            key=hashlib.sha256(f"{person_ref}\0{key}".encode()).hexdigest(),
            fingerprint=hashlib.sha256(request.encode()).hexdigest(),
            application_id=application_id,
            begun_at=now,
            locked_until=now + LOCK,
            forget_at=now + seconds,
        )
        there = self.replays.begin(mine, now)
        if there is not None:
            if there.fingerprint != mine.fingerprint:
                raise InvalidInput(FieldError("", "this Idempotency-Key was used with another body"))
            if there.answer is not None:
                return there.answer, True
            mine = self._take_over(there, now)
        # 2. Work.
        try:
            answer = work(mine.application_id)
        except BaseException:
            # Where even this fails, the lock ends by itself.
            with contextlib.suppress(Unavailable):
                self.replays.release(mine)
            raise
        # 3. Finish. Where that fails, the work is done all the same; the next one with the key does it again under the
        # same id, and finds it done.
        with contextlib.suppress(Unavailable):
            self.replays.finish(mine, answer)
        return answer, False

    def _take_over(self, there: Replay, now: int) -> Replay:
        # Our own begin whose answer was lost looks like somebody else's: it is over when its lock is.
        if there.locked_until > now:
            raise Conflict("in-flight")
        try:
            return self.replays.take_over(there, now + LOCK)
        except Stale:
            raise Conflict("in-flight") from None
