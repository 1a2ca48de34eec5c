"""Mistakes in what watches, restores and forgets: the issue guard, restoring, retention, profiles."""

from __future__ import annotations

from tests.mutants.mutant import Mutant, of

_GUARD = ("tests/services/test_reconcile.py",)
_LEFT = ("tests/services/test_leftovers.py",)
_RESTORE = ("tests/aws/test_restoring.py",)
_KEEPER = ("tests/services/test_retention.py",)

OPERATIONS: tuple[Mutant, ...] = (
    # Issue guard
    of(
        "an issuance may stay without a certificate",
        "services/reconcile.py",
        "one.certificate_id in certified or now - one.claims.iat < GRACE",
        "True",
        *_GUARD,
    ),
    of(
        "an intent may stay beside any other of its vehicle",
        "services/leftovers.py",
        "        and (intent.vin, intent.cause) == (other.vin, other.cause)\n",
        "",
        *_LEFT,
    ),
    of(
        "an intent may say more than its vehicle was issued",
        "services/leftovers.py",
        "        and _said(intent.claims) == _said(other.claims)\n",
        "",
        *_LEFT,
    ),
    of(
        "what an event reserved may be left behind",
        "services/leftovers.py",
        'intent.cause.trigger.startswith("ledger:")',
        "True",
        *_LEFT,
    ),
    of(
        "an issuance is voided under its vehicle's hands",
        "aws/voids.py",
        "[put_new(self._tables, void), waits_not]",
        "[put_new(self._tables, void)]",
        "tests/aws/test_guard_books.py",
    ),
    of(
        "a certificate may differ from its record",
        "services/reconcile.py",
        "if one.issuance != meant:",
        "if False:",
        *_GUARD,
    ),
    of(
        "an event of any vehicle is a cause",
        "services/reconcile.py",
        "if events.get(id_) != vin and",
        "if id_ not in events and",
        *_GUARD,
    ),
    of(
        "any offset is a row of a ledger",
        "services/reconcile.py",
        "int(offset) < size",
        "True",
        *_GUARD,
    ),
    # Restoring
    of(
        "the open block goes on after a restore",
        "services/restore.py",
        "if used >= present.get(shard, shard)",
        "if used > present.get(shard, shard)",
        *_RESTORE,
    ),
    of(
        "the published list is not believed",
        "services/restore.py",
        "if newest.status == 0 and listed and listed.status and listed.at > newest.at:",
        "if False:",
        *_RESTORE,
    ),
    of(
        "what had ended is signed again",
        "services/restore.py",
        "    if ended is None:\n        return Mending()\n",
        "    return Mending()\n",
        *_RESTORE,
    ),
    # Retention
    of(
        "links go a second early",
        "services/retention.py",
        "elif _ended(one) <= before:",
        "elif _ended(one) <= before + 1:",
        *_KEEPER,
    ),
    of(
        "a list goes while its links are there",
        "aws/retention.py",
        "for key in listed.keys):\n            return False\n",
        "for key in listed.keys):\n            pass\n",
        "tests/aws/test_retention.py",
    ),
    # Algorithms
    of(
        "a certificate chooses the algorithm",
        "wire/keys.py",
        "known = [key for key in self.find(kid) if key.profile is profile]",
        "known = list(self.find(kid))",
        "tests/wire/test_profiles.py",
    ),
    # Alarms and launches
    of(
        "an unforeseen error is answered and not counted",
        "http/edge.py",
        "            on_unforeseen()\n",
        "",
        "tests/http/test_edge.py",
    ),
    of(
        "a metric is written under other dimensions than its alarm's",
        "metrics.py",
        '[["deployment"], ["deployment", "outcome"]] if outcome',
        '[["deployment", "outcome"]] if outcome',
        "tests/local/test_monitoring.py",
    ),
    of(
        "a launch with chunks left ends well",
        "infra/backfill.asl.json",
        '"StringEquals": "failed"',
        '"StringEquals": "lost"',
        "tests/local/test_engine.py",
    ),
    of(
        "a ledger of the future is taken",
        "services/launches.py",
        "ledger.undated or ledger.as_of > now + CLOCK_SKEW",
        "ledger.undated",
        "tests/services/test_launches.py",
    ),
    of(
        "an operator may ask for no rate at all",
        "services/launches.py",
        "if rate is not None and rate <= 0:",
        "if False:",
        "tests/services/test_launches.py",
    ),
    of(
        "a worker may be slower than the engine waits",
        "aws/pacing.py",
        "return max(rate / workers, SLOWEST)",
        "return rate / workers",
        "tests/aws/test_pacing.py",
    ),
)
