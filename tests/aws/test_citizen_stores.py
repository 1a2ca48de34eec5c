"""Bindings, paper requests, idempotency records and sealed addresses in DynamoDB and KMS (moto)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date
from typing import Any

import boto3
import pytest
from moto import mock_aws

from jianbiao.aws.bindings import DynamoBindings
from jianbiao.aws.decisions import DynamoDecisions
from jianbiao.aws.paper import DynamoPaper
from jianbiao.aws.replays import DynamoReplays
from jianbiao.aws.sealing import KmsOpener, KmsSealer
from jianbiao.aws.shares import DynamoShares
from jianbiao.aws.tables import Tables
from jianbiao.aws.vehicles import vehicle_item
from jianbiao.citizen_records import Binding, Decision, PaperRequest, Replay, Share
from jianbiao.domain.bindings import MAX_GUESSES, BindingState
from jianbiao.domain.paper import Delivery, PaperState
from jianbiao.domain.register import first_report
from jianbiao.errors import Unavailable
from jianbiao.ports import Stale
from jianbiao.records import Step, VehicleRecord
from tests.support.moto_tables import REGION, moto_tables
from tests.support.world import CAR

NOW = 1_700_000_000
CERTIFICATE = "0" * 26


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[tuple[Any, Tables]]:
    with moto_tables() as made:
        yield made


@pytest.fixture
def bindings(dynamodb: tuple[Any, Tables]) -> DynamoBindings:
    client, tables = dynamodb
    record = VehicleRecord(first_report(CAR, (1, "")), version=1)
    client.put_item(TableName=tables.vehicles, Item=vehicle_item(record))
    return DynamoBindings(client, tables)


def binding(number: int, vin: str = CAR.vin) -> Binding:
    return Binding(
        f"{number:026d}",
        vin,
        "p-1",
        f"q-{number % 2}",
        "02",
        "黑A12345",
        "pending",
        NOW,
        NOW + 9,
        NOW,
        "q",
        50,
    )


def add(bindings: DynamoBindings, made: Binding) -> None:
    listed, found = bindings.open_list(made.vin)
    bindings.add(made, listed, (*(b.binding_id for b in found), made.binding_id))


def test_bindings_come_back_as_they_were_stored_in_pages(bindings: DynamoBindings) -> None:
    made = [binding(number) for number in range(100, 105)]
    for each in made:
        add(bindings, each)
    assert bindings.get(made[0].binding_id) == made[0]
    assert [bindings.get(id_) for id_ in ("", f"vehicle:{CAR.vin}", "x" * 3000, "0" * 26)] == [None] * 4
    found, after = bindings.of_owner("p-1", limit=3, after=None)
    rest, end = bindings.of_owner("p-1", limit=3, after=after)
    assert [*found, *rest] == made
    assert end is None
    assert bindings.of_person("q-1", limit=9, after=None) == ([made[1], made[3]], None)
    with pytest.raises(Stale):
        add(bindings, made[0])


def test_a_step_needs_the_state_the_list_and_where_it_consents_the_owner(bindings: DynamoBindings) -> None:
    made = binding(200)
    add(bindings, made)
    listed, found = bindings.open_list(CAR.vin)
    keys = tuple(b.binding_id for b in found)
    approved = made.step(BindingState.APPROVED, at=NOW, by="p-1")
    bindings.step(made, approved, listed, keys, owned=True)
    assert bindings.get(made.binding_id) == approved
    with pytest.raises(Stale):  # the list has moved on
        bindings.step(approved, approved, listed, keys, owned=False)
    listed, _ = bindings.open_list(CAR.vin)
    with pytest.raises(Stale):  # the state has
        bindings.step(made, approved, listed, keys, owned=False)
    foreign = dataclasses.replace(approved, owner_ref="p-0")
    with pytest.raises(Stale):
        bindings.step(foreign, foreign, listed, keys, owned=True)
    bindings.step(approved, approved.step(BindingState.ENDED, at=NOW, by="p-1"), listed, (), owned=False)
    assert bindings.open_list(CAR.vin)[1] == []


def test_only_consent_keeps_a_binding_from_being_forgotten(bindings: DynamoBindings) -> None:
    made = binding(300)
    add(bindings, made)

    def forget_at() -> Any:
        return bindings._table.get({"binding_id": {"S": made.binding_id}}).get("forget_at")

    assert forget_at() == {"N": str(NOW + 9 + 50)}
    listed, _ = bindings.open_list(CAR.vin)
    approved = made.step(BindingState.APPROVED, at=NOW + 1, by="p-1")
    bindings.step(made, approved, listed, listed.keys, owned=True)
    assert forget_at() is None


def test_guesses_are_counted_by_person_and_day(bindings: DynamoBindings) -> None:
    day = date(2026, 11, 22)
    assert bindings.guess("g-1", day, NOW)
    bindings.guessed_right("g-1", day, NOW)
    assert [bindings.guess("g-1", day, NOW) for _ in range(MAX_GUESSES + 1)] == [True] * MAX_GUESSES + [False]
    bindings.guessed_right("g-1", day, NOW)
    assert bindings.guess("g-1", day, NOW)
    assert not bindings.guess("g-1", day, NOW)
    assert bindings.guess("g-1", date(2026, 11, 23), NOW)
    assert bindings.guess("g-2", day, NOW)


def paper(number: int, at: int, office: str = "230100") -> PaperRequest:
    life = (Step("requested", at, "p-1", ""),)
    return PaperRequest(CERTIFICATE, number, CAR.vin, "p-1", Delivery.MAIL, office, b"sealed", life, 50)


def test_paper_requests_by_certificate_state_and_office(
    dynamodb: tuple[Any, Tables], bindings: DynamoBindings
) -> None:
    papers = DynamoPaper(*dynamodb)
    made = [paper(n, NOW - n, "230100" if n % 2 else "道里") for n in range(1, 6)]
    for each in made:
        listed = papers.open_list(CAR.vin)
        papers.add(each, listed, (*listed.keys, each.request_id))
    assert papers.get(made[2].request_id) == made[2]
    assert [papers.get(id_) for id_ in ("", "-1", "x", f"{CERTIFICATE}-0", f"{CERTIFICATE}-9")] == [None] * 5
    assert papers.of_certificate(CERTIFICATE) == made
    found, after = papers.in_state("requested", None, limit=2, after=None)
    seen = list(found)
    while after:
        found, after = papers.in_state("requested", None, limit=2, after=after)
        seen += found
    assert seen == made[::-1]  # the oldest first
    assert papers.in_state("requested", "道里", limit=9, after=None)[0] == [made[3], made[1]]
    listed = papers.open_list(CAR.vin)
    printing = made[3].step(PaperState.PRINTING, at=NOW, by="o-1", why="第一批")
    papers.step(made[3], printing, listed, listed.keys)
    assert papers.in_state("printing", "道里", limit=9, after=None)[0] == [printing]
    with pytest.raises(Stale):
        papers.step(made[3], printing, papers.open_list(CAR.vin), ())
    with pytest.raises(Stale):
        papers.add(made[0], papers.open_list(CAR.vin), ())


def test_idempotency_records(dynamodb: tuple[Any, Tables]) -> None:
    replays = DynamoReplays(dynamodb[0], "IdempotencyTable")
    mine = Replay("k", "f", "a-1", NOW, NOW + 20, NOW + 100)
    assert replays.begin(mine, NOW) is None
    other = dataclasses.replace(mine, application_id="a-2", fingerprint="g")
    assert replays.begin(other, NOW + 99) == mine
    taken = replays.take_over(mine, NOW + 50)
    assert taken == dataclasses.replace(mine, locked_until=NOW + 50)
    with pytest.raises(Stale):
        replays.take_over(mine, NOW + 60)
    replays.finish(mine, "from the dead")
    replays.release(mine)
    assert replays.begin(other, NOW) == taken
    replays.finish(taken, "answer")
    replays.release(taken)
    assert replays.begin(other, NOW) == dataclasses.replace(taken, answer="answer")
    assert replays.begin(other, NOW + 100) is None
    replays.release(other)
    assert replays.begin(mine, NOW).locked_until == 0


def test_decisions_are_kept_whole(dynamodb: tuple[Any, Tables]) -> None:
    DynamoDecisions(dynamodb[0], "DecisionsTable").record(
        Decision(
            "1-x", CAR.vin, NOW, "p-1", "a-1", False, "tax-unpaid", {"tax_paid_until": "2026-01-01"}, 86_400
        )
    )
    (item,) = dynamodb[0].scan(TableName="DecisionsTable")["Items"]
    assert item["reason"] == {"S": "tax-unpaid"}
    assert item["grounds"] == {"S": '{"tax_paid_until":"2026-01-01"}'}
    assert item["forget_at"] == {"N": str(NOW + 86_400)}


def test_a_link_that_was_just_made_is_listed_before_the_index_has_it(
    dynamodb: tuple[Any, Tables], bindings: DynamoBindings
) -> None:
    client, tables = dynamodb
    shares = DynamoShares(client, tables)
    made = Share("s", "a" * 64, CERTIFICATE, NOW, "p-1", NOW + 9)
    listed, _ = shares.open_list(CERTIFICATE)
    shares.add(made, listed, (made.token_hash,), vin=CAR.vin, owner_ref="p-1")
    shares._client = _WithoutIndex(client)
    assert shares.of_certificate(CERTIFICATE) == [made]
    with pytest.raises(Stale):
        shares.add(made, listed, (), vin=CAR.vin, owner_ref="p-1")


class _WithoutIndex:
    """An index that has not caught up yet."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def query(self, **_: Any) -> dict[str, Any]:
        return {"Items": []}


def test_a_sealed_address_opens_for_its_own_request_alone() -> None:
    credentials = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": REGION}
    with mock_aws():
        kms = boto3.client("kms", **credentials)
        key = kms.create_key()["KeyMetadata"]["Arn"]
        sealed = KmsSealer(kms, key).seal("r-1", "王小明".encode())
        assert "王小明".encode() not in sealed
        assert KmsOpener(kms, key).open("r-1", sealed) == "王小明".encode()
        with pytest.raises(Unavailable):
            KmsOpener(kms, key).open("r-2", sealed)
