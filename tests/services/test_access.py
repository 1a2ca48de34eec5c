"""The gate of all citizen calls: one's own and what is bound to one, and nothing that tells about anybody else's."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import pytest

from jianbiao.citizen_records import Binding, OpenList
from jianbiao.domain.eligibility import Person
from jianbiao.errors import Forbidden, NotFound, Refusal
from jianbiao.services.access import Access
from jianbiao.services.bindings import Relation
from jianbiao.services.citizen import CitizenDesk
from tests.services.ledgers import row, run, vin
from tests.support.world import World

OWNER = Person("p-1", "230100", "portal")
NEIGHBOUR = Person("p-2", "230100", "portal")


@dataclass
class Bindings:
    """Open bindings of all vehicles: the one method that the gate asks."""

    found: list[Binding] = field(default_factory=list)

    def open_list(self, vin_: str) -> tuple[OpenList, list[Binding]]:
        return OpenList(vin_), [b for b in self.found if b.vin == vin_]


@dataclass
class Scene:
    """Two cars of two neighbours, with their certificates."""

    world: World = field(default_factory=World)
    bindings: Bindings = field(default_factory=Bindings)

    def __post_init__(self) -> None:
        run(self.world, row(1) + b"\n" + row(2))
        self.id = self.world.active(vin(1))[0].certificate_id
        self.now = self.world.clock()

    @property
    def access(self) -> Access:
        world = self.world
        return Access(world.vehicles, world.certificates, self.bindings, lambda: self.now, world.keys)  # type: ignore[arg-type]

    def bind(self, person: Person = NEIGHBOUR, **changes: object) -> None:
        binding = Binding(
            binding_id="b",
            vin=vin(1),
            owner_ref="p-1",
            person_ref=person.person_ref,
            plate_class="02",
            plate="黑A10001",
            status="approved",
            created_at=self.now,
            expires_at=self.now + 100,
            changed_at=self.now,
            changed_by="p-1",
            keep=1,
        )
        self.bindings.found.append(dataclasses.replace(binding, **changes))  # type: ignore[arg-type]

    def sold(self) -> None:
        record = self.world.vehicles.records[vin(1)]
        vehicle = dataclasses.replace(record.registered.vehicle, owner_ref="p-new")
        registered = dataclasses.replace(record.registered, vehicle=vehicle)
        self.world.vehicles.records[vin(1)] = dataclasses.replace(record, registered=registered)

    def sees(self, person: Person, text: str | None = None) -> bool:
        try:
            found, record = self.access.certificate(person, self.world.policies.policy, text or self.id)
        except NotFound:
            return False
        assert (found.certificate_id, record.registered.vehicle.vin) == (self.id, vin(1))
        return True


def test_the_owner_sees_her_certificate_and_her_vehicle() -> None:
    scene = Scene()
    assert scene.sees(OWNER)
    assert scene.access.vehicle(OWNER, "02", "黑A10001").registered.vehicle.vin == vin(1)


def test_ids_are_read_in_either_case_and_with_look_alikes() -> None:
    scene = Scene()
    assert scene.sees(OWNER, scene.id.lower())
    assert scene.sees(OWNER, scene.id.replace("0", "O").replace("1", "l"))


@pytest.mark.parametrize("text", ["", "x", "Z" * 26, "0" * 25, "0" * 27, "U" * 26, "０" * 26, "0" * 26])
def test_unknown_ids_and_what_is_no_id_are_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        Scene().access.certificate(OWNER, World().policies.policy, text)


def test_an_issuance_voided_before_it_was_signed_is_no_certificate() -> None:
    scene = Scene()
    certificates = scene.world.certificates.by_id
    certificates[scene.id] = dataclasses.replace(certificates[scene.id], data=b"")
    assert not scene.sees(OWNER)
    world = scene.world
    desk = CitizenDesk(world.vehicles, world.certificates, NoBindings(), lambda: scene.now, world.keys)  # type: ignore[arg-type]
    policy = scene.world.policies.policy
    assert desk.my_certificates(OWNER, policy, limit=100, after=None) == ([], None)
    (listed,), _ = desk.my_vehicles(OWNER, policy, limit=100, after=None)
    assert listed.certificate is None


class NoBindings:
    """A person to whom nothing is bound."""

    def of_person(
        self, person_ref: str, *, limit: int, after: str | None
    ) -> tuple[list[Binding], str | None]:
        return [], None


def test_somebody_else_s_is_told_from_nothing_by_nothing() -> None:
    scene = Scene()
    policy = scene.world.policies.policy
    errors = []
    for text in (scene.id, "0" * 26):
        with pytest.raises(NotFound) as error:
            scene.access.certificate(NEIGHBOUR, policy, text)
        errors.append((str(error.value), error.value.args))
    assert errors[0] == errors[1]
    refusals = []
    for plate in ("黑A10001", "黑A99999"):
        with pytest.raises(Refusal) as refusal:
            scene.access.vehicle(NEIGHBOUR, "02", plate)
        refusals.append((refusal.value.reason, refusal.value.extras))
    assert refusals == [("not-bound", {})] * 2


def test_the_plate_class_is_part_of_the_plate() -> None:
    with pytest.raises(Refusal):
        Scene().access.vehicle(OWNER, "01", "黑A10001")


def test_a_pointer_left_over_from_a_move_leads_nowhere() -> None:
    scene = Scene()
    scene.world.vehicles.plates[("02", "黑A55555")] = vin(1)
    with pytest.raises(Refusal):
        scene.access.vehicle(OWNER, "02", "黑A55555")


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (dataclasses.replace(OWNER, division="230200"), "user-division"),
        (dataclasses.replace(OWNER, division="999999"), "user-division"),
    ],
)
def test_the_divisions_gate_reading(person: Person, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        Scene().sees(person)
    assert refused.value.reason == reason


def test_a_division_s_refusal_is_for_those_who_may_see_alone() -> None:
    # Or the answer would tell that the id exists.
    assert not Scene().sees(dataclasses.replace(NEIGHBOUR, division="230200"))


def test_a_bound_person_sees_it_and_is_not_the_owner() -> None:
    scene = Scene()
    scene.bind()
    assert scene.sees(NEIGHBOUR)
    record = scene.access.vehicle(NEIGHBOUR, "02", "黑A10001")
    assert scene.access.relation(NEIGHBOUR, record) is Relation.BOUND
    assert scene.access.relation(OWNER, record) is Relation.OWNER
    policy = scene.world.policies.policy
    assert scene.access.own_certificate(OWNER, policy, scene.id)
    with pytest.raises(Forbidden):
        scene.access.own_certificate(NEIGHBOUR, policy, scene.id)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "pending"},
        {"status": "refused"},
        {"status": "ended"},
        {"person_ref": "p-3"},
        {"vin": vin(2)},
        {"owner_ref": "p-before"},
    ],
    ids=lambda changes: "-".join(changes.values()),
)
def test_any_other_binding_shows_nothing(changes: dict[str, str]) -> None:
    scene = Scene()
    scene.bind(**changes)
    assert not scene.sees(NEIGHBOUR)


def test_a_change_of_owner_ends_what_owner_and_bound_persons_see() -> None:
    scene = Scene()
    scene.bind()
    scene.sold()
    assert not scene.sees(OWNER)
    assert not scene.sees(NEIGHBOUR)
    assert scene.sees(dataclasses.replace(OWNER, person_ref="p-new"))
