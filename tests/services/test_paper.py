"""Paper marks: one open request a certificate, the office's steps, addresses that only the office reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from jianbiao.citizen_records import PaperRequest
from jianbiao.domain.paper import MAX_OPEN, Delivery, PaperState, check_office_step, printable
from jianbiao.domain.register import merge
from jianbiao.errors import Conflict, InvalidInput, NotFound, Unavailable
from jianbiao.records import Certificate
from jianbiao.services.paper import Recipient
from tests.support.world import CAR, OWNER, World

S = PaperState
HOME: Recipient = {"name": "王小明", "phone": "13800000000", "address": "哈尔滨市道里区中央大街1号"}


def issued() -> tuple[World, Certificate]:
    world = World()
    world.add()
    outcome = world.desk.current(OWNER, world.policies.policy, CAR.plate_class, CAR.plate, "a-1")
    world.faults.calls.clear()
    return world, outcome.certificate


def ask(
    world: World, certificate: Certificate, recipient: Recipient | None = HOME, office: str | None = None
) -> PaperRequest:
    record = world.vehicles.records[CAR.vin]
    return world.paper_desk.request(
        certificate, record, world.policies.policy, recipient=recipient, office=office
    )


def step(world: World, paper: PaperRequest, to: PaperState) -> PaperRequest:
    return world.office.step(paper.request_id, to, officer_ref="o-1", remark="").paper


def test_a_request_by_mail_goes_to_the_certificates_own_office() -> None:
    world, certificate = issued()
    paper = ask(world, certificate)
    assert (paper.state, paper.delivery, paper.office) == (S.REQUESTED, Delivery.MAIL, "230100")
    assert world.paper_desk.newest(certificate) == paper
    stored = world.papers.by_id[paper.request_id]
    assert "王小明".encode() not in stored.recipient


def test_a_request_for_collection_has_no_address() -> None:
    world, certificate = issued()
    paper = ask(world, certificate, None, "道里分所")
    assert (paper.delivery, paper.office, paper.recipient) == (Delivery.PICKUP, "道里分所", b"")


def test_the_office_reads_the_address_while_the_request_is_open() -> None:
    world, certificate = issued()
    paper = ask(world, certificate)
    (listed,), _ = world.office.requests(S.REQUESTED, None, limit=9, after=None)
    assert listed.recipient == HOME
    assert listed.certificate == certificate
    for to in (S.PRINTING, S.MAILED):
        step(world, paper, to)
    assert world.office.requests(S.MAILED, "230100", limit=9, after=None)[0][0].recipient == HOME
    step(world, paper, S.DELIVERED)
    assert world.office.requests(S.DELIVERED, None, limit=9, after=None)[0][0].recipient is None
    assert world.office.requests(S.REQUESTED, None, limit=9, after=None) == ([], None)
    assert [s.by for s in world.papers.by_id[paper.request_id].life] == ["p-1", "o-1", "o-1", "o-1"]


def test_one_open_request_a_certificate_and_a_new_one_after_it() -> None:
    world, certificate = issued()
    first = ask(world, certificate)
    with pytest.raises(Conflict) as there:
        ask(world, certificate)
    assert there.value.code == "paper-open"
    world.paper_desk.cancel(certificate, by="p-1")
    second = ask(world, certificate)
    assert (first.number, second.number) == (1, 2)
    assert world.papers.lists[CAR.vin].keys == (second.request_id,)


def test_two_requests_at_once_make_one() -> None:
    world, certificate = issued()
    world.papers.interleave = lambda: ask(world, certificate)
    with pytest.raises(Conflict):
        ask(world, certificate)
    assert len(world.papers.by_id) == 1


def test_cancelling_is_the_owners_until_printing_begins() -> None:
    world, certificate = issued()
    with pytest.raises(NotFound):
        world.paper_desk.cancel(certificate, by="p-1")
    paper = ask(world, certificate)
    world.paper_desk.cancel(certificate, by="p-1")
    world.paper_desk.cancel(certificate, by="p-1")
    assert world.papers.by_id[paper.request_id].state is S.CANCELLED
    step(world, ask(world, certificate), S.PRINTING)
    with pytest.raises(Conflict) as late:
        world.paper_desk.cancel(certificate, by="p-1")
    assert late.value.code == "not-allowed-in-state"


def test_printing_and_cancelling_at_once_end_in_one_state() -> None:
    world, certificate = issued()
    paper = ask(world, certificate)
    world.papers.interleave = lambda: step(world, paper, S.PRINTING)
    with pytest.raises(Conflict):
        world.paper_desk.cancel(certificate, by="p-1")
    assert world.papers.by_id[paper.request_id].state is S.PRINTING


def test_paper_leaves_the_certificate_alone_and_needs_a_running_one() -> None:
    world, certificate = issued()
    before = dict(world.certificates.by_id)
    step(world, ask(world, certificate), S.PRINTING)
    assert world.certificates.by_id == before
    with pytest.raises(Conflict) as ended:
        ask(world, certificate.step("revoked", at=1, by="op", why="fraud"))
    assert ended.value.code == "not-active"
    world.today = date(2027, 4, 1)
    with pytest.raises(Conflict):
        ask(world, certificate)


def test_a_former_owner_gets_no_paper() -> None:
    world, certificate = issued()
    record = world.vehicles.records[CAR.vin]
    sold = merge(record.registered, {"owner_ref": "p-7"}, (5, ""))
    world.vehicles.update(record, sold)
    with pytest.raises(Unavailable):
        world.paper_desk.request(certificate, record, world.policies.policy, recipient=HOME, office=None)
    assert not world.papers.by_id


def test_open_requests_of_a_vehicle_are_limited() -> None:
    world, certificate = issued()
    listed = world.papers.open_list(CAR.vin)
    world.papers.lists[CAR.vin] = type(listed)(CAR.vin, tuple(f"{n:026d}-1" for n in range(MAX_OPEN)), 10)
    with pytest.raises(Conflict) as full:
        ask(world, certificate)
    assert full.value.code == "too-many-paper-requests"


@pytest.mark.parametrize("delivery", list(Delivery))
def test_the_offices_steps_are_these_and_no_others(delivery: Delivery) -> None:
    allowed = set()
    for now in PaperState:
        for to in PaperState:
            try:
                check_office_step(delivery, now, to)
            except Conflict:
                continue
            allowed.add(f"{now}>{to}")
    ways = {"requested>printing", "requested>cancelled", "printing>cancelled"}
    if delivery is Delivery.MAIL:
        ways |= {"printing>mailed", "mailed>delivered", "mailed>undeliverable"}
    else:
        ways |= {"printing>ready", "ready>collected", "ready>cancelled"}
    assert allowed == ways


@pytest.mark.parametrize("to", [S.MAILED, S.DELIVERED, S.READY, S.COLLECTED, S.UNDELIVERABLE])
def test_no_step_is_left_out(to: PaperState) -> None:
    world, certificate = issued()
    paper = ask(world, certificate)
    with pytest.raises(Conflict):
        step(world, paper, to)
    assert world.papers.by_id[paper.request_id].state is S.REQUESTED


def test_a_step_taken_twice_is_taken_once() -> None:
    world, certificate = issued()
    paper = ask(world, certificate)
    assert step(world, paper, S.PRINTING) == step(world, paper, S.PRINTING)
    assert len(world.papers.by_id[paper.request_id].life) == 2
    with pytest.raises(NotFound):
        world.office.step("nothing-1", S.PRINTING, officer_ref="o-1", remark="")


@pytest.mark.parametrize(
    "text",
    [
        "王\n小明",
        "a\x00b",
        "a\x7fb",
        "a\x85b",
        "\u202eabc",
        "a\u2028b",
        "\u200b",
        "\ufeffa",
        "\ue000",
        "   ",
        "\t",
    ],
)
def test_addresses_with_characters_that_cannot_be_printed_are_refused(text: str) -> None:
    world, certificate = issued()
    assert not printable(text)
    with pytest.raises(InvalidInput) as wrong:
        ask(world, certificate, HOME | {"address": text, "name": text})
    assert [e.pointer for e in wrong.value.errors] == ["/recipient/name", "/recipient/address"]
    with pytest.raises(InvalidInput):
        ask(world, certificate, None, text)
    paper = ask(world, certificate)
    with pytest.raises(InvalidInput):
        world.office.step(paper.request_id, S.PRINTING, officer_ref="o-1", remark=text)
    assert world.papers.by_id[paper.request_id].state is S.REQUESTED


@pytest.mark.parametrize("text", ["王小明", "O'Neil-Müller", "1号楼 2单元（北门）", "نام", "𠮷田"])
def test_names_of_any_script_are_printable(text: str) -> None:
    assert printable(text)


# R2


def _ask(world: World, certificate: Certificate) -> None:
    try:
        ask(world, certificate)
    except Conflict as there:  # the first attempt took effect: its answer was lost
        assert there.code == "paper-open"


def _print(world: World, certificate: Certificate) -> None:
    step(world, world.papers.of_certificate(certificate.certificate_id)[-1], S.PRINTING)


def _cancel(world: World, certificate: Certificate) -> None:
    world.paper_desk.cancel(certificate, by="p-1")


Scenario = Callable[[World, Certificate], None]
_ENDS: dict[Scenario, PaperState] = {_ask: S.REQUESTED, _print: S.PRINTING, _cancel: S.CANCELLED}


def _prepared(scenario: Scenario) -> tuple[World, Certificate]:
    world, certificate = issued()
    if scenario is not _ask:
        ask(world, certificate)
    world.faults.calls.clear()
    return world, certificate


def _calls(scenario: Scenario) -> int:
    world, certificate = _prepared(scenario)
    scenario(world, certificate)
    return len(world.faults.calls)


def _id(value: object) -> str:
    """The same in each process that collects the tests."""
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("scenario", "at"), [(s, n) for s in _ENDS for n in range(1, _calls(s) + 1)], ids=_id
)
def test_any_call_may_fail(scenario: Scenario, at: int, after: bool) -> None:
    world, certificate = _prepared(scenario)
    world.faults.at, world.faults.after = at, after
    with pytest.raises(Unavailable):
        scenario(world, certificate)
    scenario(world, certificate)
    (paper,) = world.papers.by_id.values()
    assert paper.state is _ENDS[scenario]
    assert world.papers.lists[CAR.vin].keys == ((paper.request_id,) if paper.is_open else ())
    if paper.is_open:
        assert world.office.requests(paper.state, None, limit=1, after=None)[0][0].recipient == HOME
