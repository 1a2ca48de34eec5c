"""The retention job: removes what the policy keeps no longer, by the second, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from jianbiao.citizen_records import OpenList, Share
from jianbiao.domain.policy import default_policy
from jianbiao.errors import Unavailable
from jianbiao.services.launches import DONE, RUNNING, Launch
from jianbiao.services.ledger_run import LedgerObject
from jianbiao.services.retention import Keeper, Rule, rules_of_files, rules_of_inbox
from tests.support.memory import Faults, MemoryPolicies

NOW = 1_790_000_000
POLICY = default_policy()
SHARES, RESULTS = POLICY.keep("shares"), POLICY.keep("backfill_results")
LEDGER = LedgerObject("ledger/a.jsonl", "v", "e", 10, 0)


@dataclass
class Store:
    """Links, or launches, by whatever their removal takes."""

    kept: list[object]

    def all(self) -> Iterator[object]:
        return iter(list(self.kept))

    def remove(self, one: object) -> bool:
        if one not in self.kept:
            return False
        self.kept.remove(one)
        return True

    def remove_list(self, listed: OpenList) -> bool:
        hashes = {share.token_hash for share in self.kept if isinstance(share, Share)}
        return not hashes & set(listed.keys) and self.remove(listed)


@dataclass
class Rules:
    """Lifecycle rules of a bucket."""

    rules: tuple[Rule, ...] = ()
    written: list[int] = field(default_factory=list)

    def set(self, rules: tuple[Rule, ...]) -> bool:
        changed, self.rules = self.rules != rules, rules
        return changed


def share(name: str, expires_at: int, withdrawn_at: int | None = None) -> Share:
    return Share(name, name * 64, "0" * 26, 0, "p-1", expires_at, withdrawn_at=withdrawn_at)


def launch(name: str, ended_at: int | None, state: str = DONE) -> Launch:
    return Launch(name, LEDGER, 0, state, ended_at=ended_at)


def swept(shares: Store, launches: Store, faults: Faults | None = None) -> dict[str, int]:
    watch = (faults or Faults()).wrap
    keeper = Keeper(watch(shares), watch(launches), Rules(), Rules(), MemoryPolicies(), lambda: NOW)
    return dict(keeper.sweep())


@pytest.mark.parametrize("ago", [-1, 0, 1])
def test_links_go_by_the_second_at_which_they_ended_first(ago: int) -> None:
    over = NOW - SHARES - ago
    shares = Store([share("a", over), share("b", NOW, withdrawn_at=over), share("c", over, withdrawn_at=NOW)])
    assert swept(shares, Store([]))["shares"] == (3 if ago >= 0 else 0)
    assert len(shares.kept) == (0 if ago >= 0 else 3)


def test_open_links_stay_and_lists_go_with_the_last_of_their_links() -> None:
    stays, goes = share("a", NOW + 1), share("b", 0)
    lists = [OpenList("1", (stays.token_hash, goes.token_hash), 3), OpenList("2", (goes.token_hash,), 1)]
    shares = Store([goes, stays, *lists])
    assert swept(shares, Store([]))["shares"] == 1
    assert shares.kept == [stays, lists[0]]


@pytest.mark.parametrize("ago", [-1, 0, 1])
def test_launches_go_by_the_second_at_which_they_ended(ago: int) -> None:
    launches = Store(
        [launch("a", NOW - RESULTS - ago), launch("b", None, RUNNING), launch("c", None, "paused")]
    )
    assert swept(Store([]), launches)["launches"] == (1 if ago >= 0 else 0)
    assert [one.launch_id for one in launches.kept if isinstance(one, Launch)][-2:] == ["b", "c"]


def test_objects_go_by_rules_that_say_what_the_policy_says() -> None:
    files, inbox = Rules(), Rules()
    keeper = Keeper(Store([]), Store([]), files, inbox, MemoryPolicies(), lambda: NOW)  # type: ignore[arg-type]
    assert keeper.sweep()["rules"] == 2
    assert keeper.sweep()["rules"] == 0
    assert files.rules == rules_of_files(POLICY) == (Rule("forget", "", 30),)
    assert inbox.rules == rules_of_inbox(POLICY)
    assert [(rule.prefix, rule.days) for rule in inbox.rules] == [("ledger/", 180), ("results/", 1095)]


@pytest.mark.parametrize("at", range(1, 8))
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_is_made_up_for_the_next_day(at: int, after: bool) -> None:
    stays = share("a", NOW)
    shares = Store([share("b", 0), stays, OpenList("2", ("b" * 64,), 1)])
    launches = Store([launch("a", 0), launch("b", NOW)])
    try:
        swept(shares, launches, Faults(at=at, after=after))
    except Unavailable:
        swept(shares, launches)
    assert shares.kept == [stays]
    assert launches.kept == [launch("b", NOW)]
