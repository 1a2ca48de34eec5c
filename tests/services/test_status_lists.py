"""Publication of status lists: nothing is lost, nothing goes back, whatever fails and whoever is first."""

from __future__ import annotations

import dataclasses
import random

import pytest

from jianbiao.errors import Unavailable
from jianbiao.services.cached_lists import CachedLists, Stored
from jianbiao.services.status_lists import REFRESH_AFTER
from jianbiao.wire.status_list import REVOKED, SUPERSEDED, SUSPENDED, VALID
from tests.support.local_key import STRANGER
from tests.support.memory import Faults
from tests.support.memory_lists import NOW, ListWorld, MemoryListSigner

URI = "urn:jianbiao:test:0"


def test_a_change_is_in_the_list() -> None:
    world = ListWorld()
    world.statuses.rows = {(0, 7): REVOKED, (0, 2**20 - 1): SUSPENDED, (1, 3): REVOKED}
    assert world.publisher.publish(0, {7})
    found = world.read()
    assert [found.status(i, NOW) for i in (6, 7, 3, 2**20 - 1)] == [VALID, REVOKED, VALID, SUSPENDED]
    assert (found.iat, found.exp, found.ttl) == (NOW, NOW + 86_400, 300)
    world.statuses.rows[0, 8] = SUPERSEDED
    world.statuses.rows[0, 2**20 - 1] = VALID
    assert world.publisher.publish(0, {8, 2**20 - 1})
    found = world.read()
    assert [found.status(i, NOW) for i in (7, 8, 2**20 - 1)] == [REVOKED, SUPERSEDED, VALID]


def test_the_same_message_again_publishes_nothing() -> None:
    world = ListWorld()
    world.statuses.rows = {(0, 7): REVOKED}
    world.publisher.publish(0, {7})
    assert not world.publisher.publish(0, {7})
    assert len(world.lists.history) == 1


def test_a_change_costs_what_has_changed() -> None:
    world = ListWorld()
    world.statuses.rows = {(0, index): SUPERSEDED for index in range(5_000)}
    world.publisher.publish(0)
    world.statuses.read = 0
    world.statuses.rows[0, 70_000] = REVOKED
    world.publisher.publish(0, {70_000})
    assert world.statuses.read == 1


def test_two_lists_never_have_the_same_second() -> None:
    world = ListWorld()
    iats = []
    for index in range(4):
        world.statuses.rows[0, index] = REVOKED
        world.publisher.publish(0, {index})
        iats.append(world.read().iat)
    assert iats == [NOW, NOW + 1, NOW + 2, NOW + 3]
    world.now += 60
    world.publisher.publish(0)
    assert world.read().iat == NOW + 60


def test_a_clock_that_goes_back_does_not_take_the_list_back() -> None:
    world = ListWorld()
    world.publisher.publish(0)
    world.now -= 100
    world.publisher.publish(0)
    assert world.read().iat == NOW + 1


def test_a_late_publisher_does_not_put_an_older_list_over_a_newer_one() -> None:
    world = ListWorld()
    world.publisher.publish(0)
    world.statuses.rows[0, 1] = REVOKED

    def another() -> None:
        world.statuses.rows[0, 2] = REVOKED
        world.statuses.rows[0, 1] = SUSPENDED
        world.publisher.publish(0, {2, 1})

    world.lists.interleave = another
    world.publisher.publish(0, {1})
    assert [world.read().status(i, NOW) for i in (1, 2)] == [SUSPENDED, REVOKED]


def test_messages_in_any_order_end_in_the_same_list() -> None:
    seed = random.Random(7)  # noqa: S311
    world = ListWorld()
    messages = []
    for _ in range(60):
        index, value = seed.randrange(20), seed.choice((VALID, REVOKED, SUSPENDED, SUPERSEDED))
        world.statuses.rows[0, index] = value
        messages.append({index})
    seed.shuffle(messages)
    for message in messages + messages[:10]:
        world.publisher.publish(0, message)
    found = world.read()
    assert {i: found.status(i, NOW) for _, i in world.statuses.rows} == {
        i: v for (_, i), v in world.statuses.rows.items()
    }
    read = [world.parsed(n, token) for n, token in world.lists.history]
    assert [r.iat for r in read] == sorted({r.iat for r in read})


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 5))
@pytest.mark.parametrize("changed", [{1}, None], ids=["change", "schedule"])
def test_any_call_may_fail_before_or_after_taking_effect(
    changed: set[int] | None, at: int, after: bool
) -> None:
    world = ListWorld()
    world.statuses.rows[0, 5] = SUPERSEDED
    world.publisher.publish(0)
    world.statuses.rows[0, 1] = REVOKED
    before = world.read()
    world.faults = Faults(at=at, after=after)
    with pytest.raises(Unavailable):
        world.publisher.publish(0, changed)
    world.faults = Faults()
    world.publisher.publish(0, changed)
    found = world.read()
    assert [found.status(i, NOW) for i in (1, 5)] == [REVOKED, SUPERSEDED]
    assert found.iat > before.iat


def test_while_the_key_is_down_the_old_list_stays() -> None:
    world = ListWorld()
    world.publisher.publish(0)
    kept = world.lists.stored[0]
    world.statuses.rows[0, 1] = REVOKED
    world.signer.down = True
    with pytest.raises(Unavailable):
        world.publisher.publish(0, {1})
    assert world.lists.stored[0] == kept
    world.signer.down = False
    world.keys.list_kid = None
    with pytest.raises(Unavailable):
        world.publisher.publish(0, {1})


def test_a_list_that_is_not_ours_is_replaced_whole() -> None:
    world = ListWorld()
    world.statuses.rows = {(0, 3): REVOKED, (0, 4): SUPERSEDED}
    world.publisher.publish(0)
    for bad in (b"", b"\xd2", world.lists.stored[0].token[:-1] + b"\x00"):
        world.lists.stored[0] = Stored(bad, "other")
        assert world.publisher.publish(0, {3})
        assert [world.read().status(i, NOW) for i in (3, 4)] == [REVOKED, SUPERSEDED]


def test_a_list_from_the_future_does_not_carry_ours_away() -> None:
    world = ListWorld()
    world.now = NOW + 10_000_000
    world.publisher.publish(0)
    token = world.lists.stored[0].token
    world.now = NOW
    world.lists.stored[0] = Stored(token[:-1] + bytes([token[-1] ^ 1]), "other")
    world.publisher.publish(0)
    assert world.read().iat == NOW + 301


def test_a_wrong_signature_is_not_published() -> None:
    world = ListWorld()

    class Wrong(MemoryListSigner):
        def sign_digest(self, kid: bytes, digest: bytes) -> bytes:
            return MemoryListSigner(STRANGER).sign_digest(STRANGER.kid, digest)

    world.signer = Wrong()
    with pytest.raises(Exception, match="bad-signature"):
        world.publisher.publish(0)
    assert not world.lists.stored


def test_the_schedule_makes_every_list_that_a_certificate_can_refer_to_and_one_more() -> None:
    world = ListWorld(highest=None)
    assert world.publisher.refresh() == [0]
    world.highest = 2
    assert world.publisher.refresh() == [1, 2, 3]
    assert world.publisher.refresh() == []
    world.now += REFRESH_AFTER
    assert sorted(world.publisher.refresh()) == [0, 1, 2, 3]


def test_the_schedule_takes_the_oldest_first_and_stops_in_time() -> None:
    world = ListWorld(highest=3)
    world.publisher.refresh()
    world.now += REFRESH_AFTER + 1
    world.publisher.publish(0)
    world.lists.written[2] -= 50
    calls = iter([False, False, True])
    assert world.publisher.refresh(lambda: next(calls)) == [2, 1]


def test_the_schedule_finds_what_no_message_told() -> None:
    world = ListWorld()
    world.publisher.publish(0)
    world.statuses.rows[0, 9] = REVOKED
    world.now += REFRESH_AFTER
    world.publisher.refresh()
    assert world.read().status(9, world.now) == REVOKED


def test_a_list_that_fails_does_not_keep_the_others_waiting() -> None:
    world = ListWorld(highest=2)
    world.faults = Faults(at=2, after=False)  # the first list's look at what is published
    with pytest.raises(Unavailable):
        world.publisher.refresh()
    assert sorted(world.lists.stored) == [1, 2, 3]


def test_the_oldest_list_is_told_and_one_that_is_missing_is_very_old() -> None:
    world = ListWorld(highest=0)
    world.publisher.refresh()
    world.now += 30
    world.publisher.publish(1)
    world.now += 5
    assert world.publisher.oldest() == 35
    world.highest = 1
    assert world.publisher.oldest() == world.now


# --- As verifiers keep them ---------------------------------------------------------------------------------


@dataclasses.dataclass
class Terminal:
    """A verifier's cache over the world's lists, with a clock of its own."""

    world: ListWorld
    seconds: float = 0.0
    down: bool = False
    asked: int = 0

    def __post_init__(self) -> None:
        self.lists = CachedLists("test", self.fetch, self.world.keys, lambda: self.seconds)

    def fetch(self, number: int) -> bytes | None:
        self.asked += 1
        if self.down:
            raise Unavailable("lists")
        found = self.world.lists.get(number)
        return found.token if found else None


def test_a_list_is_asked_for_again_after_its_ttl() -> None:
    world = ListWorld()
    world.publisher.publish(0)
    terminal = Terminal(world)
    assert terminal.lists.status(URI, 1, NOW) == (VALID, NOW)
    world.statuses.rows[0, 1] = REVOKED
    world.publisher.publish(0, {1})
    terminal.seconds = 299.0
    assert terminal.lists.status(URI, 1, NOW) == (VALID, NOW)
    assert terminal.asked == 1
    terminal.seconds = 300.0
    assert terminal.lists.status(URI, 1, NOW) == (REVOKED, NOW + 1)


def test_what_is_held_is_used_while_nothing_newer_can_be_had_and_not_past_its_end() -> None:
    world = ListWorld()
    world.statuses.rows[0, 1] = SUSPENDED
    world.publisher.publish(0)
    terminal = Terminal(world)
    terminal.lists.status(URI, 1, NOW)
    terminal.down, terminal.seconds = True, 10_000.0
    assert terminal.lists.status(URI, 1, NOW + 86_399) == (SUSPENDED, NOW)
    assert terminal.lists.status(URI, 1, NOW + 86_400) is None
    assert terminal.asked == 2  # a scan does not wait each time


def test_an_older_or_altered_list_is_not_taken() -> None:
    world = ListWorld()
    world.publisher.publish(0)
    older = world.lists.stored[0]
    world.statuses.rows[0, 1] = REVOKED
    world.publisher.publish(0, {1})
    terminal = Terminal(world)
    assert terminal.lists.status(URI, 1, NOW) == (REVOKED, NOW + 1)
    world.lists.stored[0] = older
    terminal.seconds = 300.0
    assert terminal.lists.status(URI, 1, NOW) == (REVOKED, NOW + 1)


@pytest.mark.parametrize(
    "uri",
    ["urn:jianbiao:other:0", "urn:jianbiao:test:00", "urn:jianbiao:test:", "urn:jianbiao:test:٠", URI + "\n"],
)
def test_names_that_are_not_ours_are_not_asked_for(uri: str) -> None:
    terminal = Terminal(ListWorld())
    assert terminal.lists.status(uri, 0, NOW) is None
    assert terminal.asked == 0


def test_no_list_and_an_index_out_of_range_say_nothing() -> None:
    world = ListWorld()
    terminal = Terminal(world)
    assert terminal.lists.status(URI, 0, NOW) is None
    world.publisher.publish(0)
    terminal.seconds = 15.0
    assert terminal.lists.status(URI, 2**20, NOW) is None
    assert terminal.lists.status(URI, 2**20 - 1, NOW) == (VALID, NOW)
