"""What ends with a change of owner: all of it or nothing, also when something is opened in between."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from jianbiao.aws.bindings import DynamoBindings
from jianbiao.aws.paper import DynamoPaper
from jianbiao.aws.shares import DynamoShares
from jianbiao.aws.vehicles import DynamoVehicles, vehicle_item
from jianbiao.citizen_records import Binding, PaperRequest, Share
from jianbiao.domain.paper import Delivery
from jianbiao.domain.register import first_report, merge
from jianbiao.ports import Stale
from jianbiao.records import Ending, Step, VehicleChange, VehicleRecord
from tests.support.moto_tables import moto_tables
from tests.support.world import CAR

CERTIFICATE = "0" * 26
NOW = 1_700_000_000


@dataclasses.dataclass
class Stores:
    vehicles: DynamoVehicles
    bindings: DynamoBindings
    papers: DynamoPaper
    shares: DynamoShares

    def sell(self, endings: list[Ending]) -> VehicleRecord:
        record = self.vehicles.get(CAR.vin)
        sold = merge(record.registered, {"owner_ref": "p-2"}, (NOW, "e-1"))
        return self.vehicles.change(
            record, VehicleChange(sold, None, NOW, "registry", endings=tuple(endings))
        )

    def bind(self, binding: Binding) -> None:
        listed, found = self.bindings.open_list(CAR.vin)
        self.bindings.add(binding, listed, (*(b.binding_id for b in found), binding.binding_id))

    def ask(self, paper: PaperRequest) -> None:
        listed = self.papers.open_list(CAR.vin)
        self.papers.add(paper, listed, (*listed.keys, paper.request_id))

    def share(self, share: Share) -> None:
        listed, found = self.shares.open_list(CERTIFICATE)
        keys = (*(s.token_hash for s in found), share.token_hash)
        self.shares.add(share, listed, keys, vin=CAR.vin, owner_ref="p-1")

    def open(self) -> list[Ending]:
        return [
            *self.bindings.open_of_vehicle(CAR.vin),
            *self.papers.open_of_vehicle(CAR.vin),
            *self.shares.open_of_certificate(CERTIFICATE),
        ]


@pytest.fixture
def stores() -> Iterator[Stores]:
    with moto_tables() as (client, tables):
        record = VehicleRecord(first_report(CAR, (1, "")), version=1)
        client.put_item(TableName=tables.vehicles, Item=vehicle_item(record))
        yield Stores(
            DynamoVehicles(client, tables),
            DynamoBindings(client, tables),
            DynamoPaper(client, tables),
            DynamoShares(client, tables),
        )


def binding(number: int) -> Binding:
    return Binding(
        f"{number:026d}", CAR.vin, "p-1", "p-9", "02", CAR.plate, "pending", NOW, NOW + 9, NOW, "p-9", 100
    )


def paper(number: int) -> PaperRequest:
    asked = (Step("requested", NOW, "p-1", ""),)
    return PaperRequest(CERTIFICATE, number, CAR.vin, "p-1", Delivery.MAIL, "230100", b"sealed", asked, 100)


def share(number: int) -> Share:
    return Share(f"s{number}", f"{number:064x}", CERTIFICATE, NOW + number, "p-1", NOW + 3600)


def test_a_change_of_owner_ends_everything_that_is_open(stores: Stores) -> None:
    for number in range(1, 11):
        stores.bind(binding(number))
        stores.ask(paper(number))
    for number in range(20):
        stores.share(share(number))
    endings = stores.open()
    assert len(endings) == 43  # what the limits allow at most, well below the 100 of a transaction
    stores.sell(endings)
    for number in range(1, 11):
        ended, cancelled = (
            stores.bindings.get(binding(number).binding_id),
            stores.papers.get(f"{CERTIFICATE}-{number}"),
        )
        assert (ended.status, ended.changed_by, ended.changed_at) == ("ended", "registry", NOW)
        assert cancelled.life[-1] == Step("cancelled", NOW, "registry", "owner-changed")
        assert cancelled.recipient == b"sealed"
    assert all(s.withdrawn_at == NOW for s in stores.shares.of_certificate(CERTIFICATE))
    assert [e.kind for e in stores.open()] == ["bindings", "papers", "shares"]
    assert stores.papers.in_state("requested", None, limit=100, after=None) == ([], None)
    assert len(stores.papers.in_state("cancelled", "230100", limit=100, after=None)[0]) == 10


@pytest.mark.parametrize("opened", ["binding", "paper", "share"])
@pytest.mark.parametrize("before", [0, 1])
def test_what_is_opened_meanwhile_makes_the_change_stale(stores: Stores, opened: str, before: int) -> None:
    def open_one(number: int) -> None:
        {"binding": stores.bind, "paper": stores.ask, "share": stores.share}[opened](
            {"binding": binding, "paper": paper, "share": share}[opened](number)
        )

    for number in range(1, before + 1):
        open_one(number)
    endings = stores.open()
    open_one(5)
    with pytest.raises(Stale):
        stores.sell(endings)
    assert stores.vehicles.get(CAR.vin).registered.vehicle.owner_ref == "p-1"
    stores.sell(stores.open())
    assert [e.kind for e in stores.open()] == ["bindings", "papers", "shares"]


@pytest.mark.parametrize("late", ["binding", "paper", "share"])
def test_nothing_is_opened_for_the_former_owner(stores: Stores, late: str) -> None:
    stores.sell(stores.open())
    with pytest.raises(Stale):
        {"binding": stores.bind, "paper": stores.ask, "share": stores.share}[late](
            {"binding": binding, "paper": paper, "share": share}[late](1)
        )


def test_ended_things_have_their_time_to_live(stores: Stores) -> None:
    stores.bind(binding(1))
    stores.ask(paper(1))
    stores.sell(stores.open())
    table = stores.bindings._table
    assert table.get({"binding_id": {"S": binding(1).binding_id}})["forget_at"] == {"N": str(NOW + 100)}
    request = {"certificate_id": {"S": CERTIFICATE}, "request_number": {"N": "1"}}
    assert stores.papers._table.get(request)["forget_at"] == {"N": str(NOW + 100)}
