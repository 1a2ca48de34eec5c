"""People and vehicles of one test's own: no other test sees them, so that none has to tidy up after another.

People are users of the deployed pool with tokens of their own. Vehicles are put into the stores as a ledger would put
them, but for the certificate: what becomes of them is left to the calls under test.
"""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from jianbiao.aws.certificates import DynamoCertificates
from jianbiao.aws.tables import Tables
from jianbiao.aws.vehicles import DynamoVehicles
from jianbiao.domain.months import first_day, last_day, month_of
from jianbiao.domain.register import first_report
from jianbiao.domain.vehicle import Vehicle
from jianbiao.records import Certificate, VehicleRecord
from local.ledger_plates import vin
from tests.e2e.deployment import Reply, Stack

HARBIN, QIQIHAR = "230100", "230200"
PASSWORD = f"Aa1!{secrets.token_urlsafe(24)}"
_numbers = itertools.count(secrets.randbelow(50_000))


@dataclass(frozen=True)
class Citizen:
    """Somebody with a token of the web portal."""

    stack: Stack = field(repr=False)
    person_ref: str
    token: str = field(repr=False)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """A call; keyword arguments are headers, `_` for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = f"Bearer {self.token}"
        return self.stack.call(method, path, json_body=body, headers=sent)

    def apply(self, vehicle: Vehicle, purpose: str = "current", **headers: str) -> Reply:
        """POST /v1/certificates for a vehicle."""
        body = {"plate_class": vehicle.plate_class, "plate": vehicle.plate, "purpose": purpose}
        return self.call("POST", "/v1/certificates", body, **headers)

    def bind(self, vehicle: Vehicle, tail: str = "") -> Reply:
        """POST /v1/me/bindings for a vehicle."""
        body = {
            "plate_class": vehicle.plate_class,
            "plate": vehicle.plate,
            "vin_tail": tail or vehicle.vin[-4:],
        }
        return self.call("POST", "/v1/me/bindings", body)


def citizen(stack: Stack, division: str = HARBIN, client: str = "Portal") -> Citizen:
    """A new citizen; `client` is `Portal` or `App`."""
    cognito, pool = stack.client("cognito-idp"), stack.outputs["UserPoolId"]
    name = person_ref = f"t-{secrets.token_hex(6)}"
    attributes = {"custom:person_ref": person_ref, "custom:division": division}
    cognito.admin_create_user(
        UserPoolId=pool,
        Username=name,
        UserAttributes=[{"Name": key, "Value": value} for key, value in attributes.items()],
        MessageAction="SUPPRESS",
        TemporaryPassword=PASSWORD,
    )
    cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True)
    answer = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=stack.outputs[f"{client}ClientId"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
    )
    return Citizen(stack, person_ref, answer["AuthenticationResult"]["AccessToken"])


def stores(stack: Stack) -> tuple[DynamoVehicles, DynamoCertificates]:
    """The stores, with the operator's rights."""
    names = {
        name: stack.outputs[f"{name.capitalize()}TableName"]
        for name in ("vehicles", "plates", "certificates", "issuances", "statuses")
    }
    client, tables = stack.client("dynamodb"), Tables(**names)
    return DynamoVehicles(client, tables), DynamoCertificates(client, tables)


def vehicle(stack: Stack, owner: Citizen, *, due: int = 8, age: int = 48, **changes: Any) -> Vehicle:
    """A new vehicle of `owner`, whose period ends in `due` months, `age` months after its registration."""
    number = next(_numbers)
    today = date.today()  # noqa: DTZ011 - the months around it are what matters
    ends = month_of(today) + due
    registered = first_day(ends - age).replace(day=15)
    facts = {
        "vin": vin("LTE", number, registered.year),
        "plate_class": "02",
        "plate": f"黑LT{number % 10_000:04d}",
        "vehicle_type": "K33",
        "use": "A",
        "division": HARBIN,
        "owner_ref": owner.person_ref,
        "registered_on": registered,
        "manufactured_on": registered - timedelta(days=40),
        "valid_until": last_day(ends),
        "insured_until": today + timedelta(days=200),
        "seats": 5,
    }
    made = Vehicle(**(facts | changes))
    put(stack, made)
    return made


def put(stack: Stack, made: Vehicle) -> None:
    """Store a vehicle, as the register reports it."""
    vehicles, _ = stores(stack)
    stored = vehicles.insert_many([VehicleRecord(first_report(made, (1, "")))])
    assert stored == {made.vin}, "plate or VIN is taken"


def record(stack: Stack, made: Vehicle) -> VehicleRecord:
    """The vehicle as it is stored now."""
    found = stores(stack)[0].get(made.vin)
    assert found is not None
    return found


def certificate(stack: Stack, reply: Reply) -> Certificate:
    """The stored certificate that an answer shows."""
    found = stores(stack)[1].get(reply.json["certificate_id"])
    assert found is not None
    return found
