"""An event between the two statements of a first load, on the deployment's tables: one vehicle bears the plate."""

from __future__ import annotations

import time

import pytest

from jianbiao.aws.dynamo import Table
from jianbiao.aws.vehicles import DynamoVehicles, plate_key, vehicle_item
from jianbiao.domain.ledger import parse_row
from jianbiao.domain.policy import default_policy
from jianbiao.domain.register import blank, first_report
from jianbiao.records import VehicleRecord
from jianbiao.services.registry import PLATE_TAKEN
from local.sample_life import stores
from tests.e2e import ledgers
from tests.e2e.deployment import Stack
from tests.e2e.test_concurrency import of_vin
from tests.e2e.test_registry import made

pytestmark = pytest.mark.local


def test_an_event_between_the_pointer_and_the_vehicle_of_a_first_load(stack: Stack) -> None:
    row, rival = ledgers.new_row(stack), made(stack)
    vin, plate, as_of = row["clsbdh"], row["hphm"], int(time.time()) - 3600
    client = stack.client("dynamodb")
    pointers, table = (Table(client, stack.outputs[f"{name}TableName"]) for name in ("Plates", "Vehicles"))
    # A chunk worker has written the pointer, and then an event gives the plate to another vehicle.
    pointer = {"plate": {"S": plate_key("02", plate)}, "vin": {"S": vin}}
    assert pointers.insert_many([pointer]) == set()
    outcome = rival.report(rival.registration(plate=plate))
    assert outcome["status"] == "applied"
    # The worker goes on: the vehicle's statement finds a record there, which says nothing yet.
    late = VehicleRecord(first_report(parse_row(ledgers.line(row), default_policy()).vehicle, (as_of, "")))
    assert table.insert_many([vehicle_item(late)]) == {0}
    vehicles: DynamoVehicles = stores(stack, stack.outputs)[0]  # type: ignore[arg-type]
    assert vehicles.get(vin) == VehicleRecord(blank(vin), version=1)
    # Its row, or the whole chunk after a crash: the older report has no plate by now.
    accounts = ledgers.load_rows(stack, [row], as_of=as_of)
    assert (accounts.counts["refused"], accounts.by_reason[PLATE_TAKEN]) == (1, 1)
    assert vehicles.vin_of_plate("02", plate) == rival.vin
    stored = vehicles.get(vin)
    assert stored
    assert (stored.registered.vehicle.plate, stored.registered.vehicle.owner_ref) == ("", row["owner_ref"])
    assert not of_vin(stack, "Certificates", vin)
    (certificate,) = of_vin(stack, "Certificates", rival.vin)
    assert certificate["certificate_id"]["S"] == outcome["certificate_id"]
