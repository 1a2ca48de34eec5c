"""Retention: what is removed when the policy says that its time is over.

Most of what ends carries its end in itself and is removed by its table's time to live: audit entries, registry events,
decisions, bindings, paper requests, idempotency keys. This job does the rest, once a day:

1. *Share links* whose expiry or withdrawal is longer ago than the policy keeps them, and the lists of open links that
   name none of those left.
2. *Records of launches* that ended longer ago than the policy keeps them.
3. *Objects*: the buckets' lifecycle rules are made to say what the policy says; S3 removes by them.

Certificates, the steps of their lives, issuance records, status indices, published keys and policies stay. A crash
leaves work for the next day; a second run at the same time finds less to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from jianbiao.citizen_records import OpenList, Share
from jianbiao.domain.policy import Policy
from jianbiao.ports import Clock, Policies
from jianbiao.services.launches import RUNNING, Launch

NONCURRENT_DAYS = 30
"""Days for which an overwritten or removed ledger can be had back."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A lifecycle rule of a bucket."""

    name: str
    prefix: str
    """What the keys begin with; empty for all."""
    days: int
    noncurrent_days: int | None = None
    """For older versions, where the bucket keeps any."""


def rules_of_files(policy: Policy) -> tuple[Rule, ...]:
    """For rendered certificates. The status lists in the same bucket are written anew every few minutes."""
    return (Rule("forget", "", policy.retention_days["share_files"]),)


def rules_of_inbox(policy: Policy) -> tuple[Rule, ...]:
    """For ledgers and the results of their launches."""
    days = policy.retention_days
    return (
        Rule("ledgers", "ledger/", days["ledger_files"], NONCURRENT_DAYS),
        Rule("results", "results/", days["backfill_results"], NONCURRENT_DAYS),
    )


class KeptShares(Protocol):
    """Share links, for removal."""

    def all(self) -> Iterator[Share | OpenList]:
        """Every link and every list of open ones. Raises Unavailable."""

    def remove(self, share: Share) -> bool:
        """Remove a link, if it is as it was read; False where it is not. Raises Unavailable."""

    def remove_list(self, listed: OpenList) -> bool:
        """Remove a list of open links, if it is as it was read and none of its links is there."""


class KeptLaunches(Protocol):
    """Records of launches, for removal."""

    def all(self) -> Iterator[Launch]:
        """Every launch. Raises Unavailable."""

    def remove(self, launch: Launch) -> bool:
        """Remove a record, if it is as it was read; False where it is not. Raises Unavailable."""


class Lifecycle(Protocol):
    """The lifecycle rules of a bucket."""

    def set(self, rules: tuple[Rule, ...]) -> bool:
        """Make the bucket's rules these; False where they are already. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Removes what is not to be kept."""

    shares: KeptShares
    launches: KeptLaunches
    files: Lifecycle
    inbox: Lifecycle
    policies: Policies
    clock: Clock

    def sweep(self, out_of_time: Callable[[], bool] = lambda: False) -> Mapping[str, int]:
        """One run; returns how much was removed, by kind. Raises Unavailable."""
        policy = self.policies.current()
        rules = self.files.set(rules_of_files(policy)) + self.inbox.set(rules_of_inbox(policy))
        return {
            "rules": rules,
            "launches": self._launches(policy),
            "shares": self._shares(policy, out_of_time),
        }

    def _shares(self, policy: Policy, out_of_time: Callable[[], bool]) -> int:
        before = self.clock() - policy.keep("shares")
        removed = 0
        for one in self.shares.all():
            if out_of_time():
                break
            if isinstance(one, OpenList):
                self.shares.remove_list(one)
            elif _ended(one) <= before:
                removed += self.shares.remove(one)
        return removed

    def _launches(self, policy: Policy) -> int:
        before = self.clock() - policy.keep("backfill_results")
        over = [
            launch
            for launch in self.launches.all()
            if launch.state != RUNNING and launch.ended_at is not None and launch.ended_at <= before
        ]
        return sum(self.launches.remove(launch) for launch in over)


def _ended(share: Share) -> int:
    """The epoch second from which a link has led nowhere."""
    return share.expires_at if share.withdrawn_at is None else min(share.withdrawn_at, share.expires_at)
