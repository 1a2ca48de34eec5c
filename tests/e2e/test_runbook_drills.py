"""The run book's sections, carried out by their own commands on a local deployment of their own.

The drills rotate keys and damage tables. They go on from one another, so they are one test each in the order of this
file, against one deployment. What is arranged by hand beside the page's commands are the faults.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator

import pytest

from jianbiao.aws.config import TTL
from jianbiao.aws.indices import SHARDS
from jianbiao.aws.issuances import issuance_item
from jianbiao.domain.times import rfc3339
from jianbiao.wire.keys import base64url
from local.bootstrap import OVERLAP
from local.ledger_plates import vin
from tests.e2e import drills_world as world
from tests.e2e.citizens import citizen, stores, vehicle
from tests.e2e.drills import NOT_HERE, SECTIONS, Desk, at_work, commands, functions_of_the_page
from tests.e2e.ledgers import load_rows
from tests.e2e.test_guard import beside
from tests.e2e.test_registry import Registry, plate

pytestmark = [pytest.mark.local, pytest.mark.full, pytest.mark.timeout(600)]

ALARMS, LAUNCH, WAVE, QUEUES = "Alarms", "Launch day", "Revocation wave", "DLQ redrive"
POLICY, ROTATION, COMPROMISE = "Wrong policy published", "Key rotation", "Key compromise"
RESTORE = "A table restored from PITR"
YOU = "op-drill"
ROWS = 2_400
SEEN = 15.0
"""Seconds that a look takes, beside those after which the page says that something is seen."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with at_work(tmp_path_factory.mktemp("drills"), tmp_path_factory.mktemp("desk")) as made:
        yield made


def test_the_names_of_the_stack_are_found_as_the_page_says(desk: Desk) -> None:
    asked = "echo $(out ConfigTableName) $(out EventsQueueUrl) $(fn Apply) $(fn Status)"
    found = desk.shell(asked).stdout.split()
    assert len(set(found)) == 4
    assert desk.shell(f"{functions_of_the_page()}\n{asked}").stdout.split() == found
    assert desk.shell("out Nothing").returncode != 0


def test_launch_day(desk: Desk) -> None:
    assert '"role": "standby"' in desk.do(LAUNCH, "keys show")
    assert json.loads(desk.do(LAUNCH, "/v1/admin/policy", you=YOU))["version"] >= 1
    (desk.place / "city.jsonl").write_bytes(world.lines(world.cars(desk.stack, "P", ROWS)))

    def launches() -> set[str]:
        return {said.split()[0] for said in desk.do(LAUNCH, ") list").splitlines()}

    before = launches()
    desk.do(LAUNCH, "-X POST", you=YOU)
    desk.do(LAUNCH, "--config upload.curl", ledger="city.jsonl")
    while not (new := launches() - before):
        pass
    (id_,) = new
    # Slower than it could be, so that everything that follows finds it at work.
    assert "running" in desk.do(LAUNCH, " rate ", id=id_, rate="20")
    desk.do(LAUNCH, " pause ", id=id_)
    desk.do(LAUNCH, " watch ", id=id_, fails=True)
    assert " paused: " in desk.do(LAUNCH, ") list")
    desk.do(LAUNCH, " resume ", id=id_)
    desk.do(LAUNCH, " abort ", id=id_)
    desk.do(LAUNCH, " watch ", id=id_, fails=True)
    desk.do(LAUNCH, " redrive ", id=id_)
    desk.do(LAUNCH, " rate ", id=id_, rate="1000")
    assert "100% done" in desk.do(LAUNCH, " watch ", id=id_)
    assert f"{ROWS:,} rows = {ROWS:,} issued" in desk.do(LAUNCH, " report ", id=id_)
    shown = json.loads(desk.do(LAUNCH, "/v1/admin/backfills/<id>", id=id_, you=YOU))
    assert (shown["state"], shown["progress"]["issued"], shown["attempt"]) == ("done", ROWS, 3)
    desk.do(LAUNCH, "guard.json")
    assert world.findings(desk.read("guard.json")) == set()


def test_a_revocation_wave_that_was_interrupted_is_repeated(desk: Desk) -> None:
    stack = desk.stack
    *revoked, suspended = world.cars(stack, "P", 6)
    ids, codes = world.ids_of(stack, revoked), world.codes_of(stack, revoked)
    assert {world.verdict(stack, code) for code in codes} == {"valid"}

    def wave(part: list[str], you: str = YOU) -> list[list[str]]:
        (desk.place / "ids.txt").write_text("".join(f"{id_}\n" for id_ in part))
        return [said.split() for said in desk.do(WAVE, "< ids.txt", why="涉嫌伪造", you=you).splitlines()]

    assert wave(ids[:3]) == [[id_, "200"] for id_ in ids[:3]]
    assert wave(ids) == [[id_, "200"] for id_ in ids]
    assert wave(ids, you="op-other") == [[id_, "409"] for id_ in ids]
    assert {world.verdict(stack, code) for code in codes} == {"revoked"}
    shown = json.loads(desk.do(ALARMS, "/v1/admin/certificates/<id>", id=ids[0], you=YOU))
    assert [step["status"] for step in shown["life"]] == ["active", "revoked"]
    lifted = desk.do(WAVE, "holds/lift", VIN=revoked[0]["clsbdh"], why="已查清", you=YOU)
    assert json.loads(lifted)["hold"] is None

    (id_,), (code,) = world.ids_of(stack, [suspended]), world.codes_of(stack, [suspended])
    body = {"kind": "suspended", "reason": "核查", "actor": YOU}
    path = f"/v1/admin/certificates/{id_}/revocation"
    assert stack.call("POST", path, token="admin", json_body=body).status == 200
    assert world.verdict(stack, code) == "suspended"
    desk.do(WAVE, "/reinstatement", id=id_, why="已查清", you=YOU)
    assert world.verdict(stack, code) == "valid"


def test_a_finding_of_the_guard_is_settled(desk: Desk) -> None:
    stack = desk.stack
    (certificate,) = world.certificates(stack, world.cars(stack, "P", 1))
    planted = beside(certificate.issuance, 9, vin="LSJA24U62JG269225")
    stack.client("dynamodb").put_item(
        TableName=stack.outputs["IssuancesTableName"], Item=issuance_item(planted)
    )
    desk.do(ALARMS, "ReconcileFunctionName")
    assert desk.read("guard.json")["segments"] > 1
    desk.do(LAUNCH, "guard.json")
    (found,) = world.findings(desk.read("guard.json"))
    assert found[1:] == (planted.certificate_id, "no-vehicle-refers-to-it")
    given = {"you": YOU, "what_was_found": "planted", "id": planted.certificate_id}
    assert "would be voided" in desk.do(ALARMS, "guard void", **given)
    assert "  voided" in desk.do(ALARMS, "guard void", less="--dry-run", **given)
    desk.do(LAUNCH, "guard.json")
    assert world.findings(desk.read("guard.json")) == set()
    # It names another certificate's place in the status list, which the books of the last drill are not to have.
    for table in ("Issuances", "Certificates"):
        name, key = stack.outputs[f"{table}TableName"], {"certificate_id": {"S": planted.certificate_id}}
        stack.client("dynamodb").delete_item(TableName=name, Key=key)


def test_what_was_set_aside_is_redriven(desk: Desk) -> None:
    stack, rows = desk.stack, world.cars(desk.stack, "R", 3)
    stations = [Registry(stack, "p-drill", vin("LDV", number, 2023), plate()) for number in range(2)]
    aside, lost = (station.registration() for station in stations)
    with world.unread(stack, "EventsQueue", "InboxQueue"):
        stations[0].send(aside)
        world.taken(stack, "EventsQueue", to="EventsDeadLetters")
        stations[1].send(lost)
        world.taken(stack, "EventsQueue")
        stack.client("s3").put_object(
            Bucket=stack.outputs["InboxBucketName"], Key="ledger/aside.jsonl", Body=world.lines(rows)
        )
        world.taken(stack, "InboxQueue", to="InboxDeadLetters")

    def state(event: dict[str, object]) -> str:
        return str(stack.call("GET", f"/v1/registry/events/{event['id']}", token="registry").json["status"])

    assert [state(aside), state(lost)] == ["queued", "queued"]
    assert desk.do(QUEUES, "EventsDeadLettersUrl").startswith("1 messages sent")
    world.until(lambda: state(aside) == "applied")
    assert desk.do(QUEUES, "InboxDeadLettersUrl").startswith("1 messages sent")
    world.until(lambda: stores(stack)[0].get(rows[-1]["clsbdh"]))
    assert desk.do(QUEUES, "redrive queued").startswith("0 messages sent")
    assert state(lost) == "queued"
    assert desk.do(QUEUES, "redrive queued", more="--older-than 0").startswith("1 messages sent")
    world.until(lambda: state(lost) == "applied")


def test_a_wrong_policy_is_taken_back(desk: Desk) -> None:
    stack, owner = desk.stack, citizen(desk.stack)
    right = json.loads(desk.do(LAUNCH, "/v1/admin/policy", you=YOU))
    document = right["policy"] | {"app": right["policy"]["app"] | {"minimum_version": "99.0"}}
    body = {"policy": document, "actor": "op-hasty"}
    wrong = stack.call("PUT", "/v1/admin/policy", token="admin", json_body=body).json["version"]
    made: list[str] = []

    def app_is_too_old() -> bool:
        return stack.call("GET", "/v1/me/certificates", token="citizen").status == 426

    def issued_under_it() -> bool:
        made.append(owner.apply(vehicle(stack, owner)).json["certificate_id"])
        return world.issuance(stack, made[-1]).policy_version == wrong

    world.until(app_is_too_old)
    world.until(issued_under_it)

    desk.do(POLICY, "> before.json", you=YOU, the_one_before=str(right["version"]))
    desk.do(POLICY, "python -c", you=YOU)
    preview = json.loads(desk.do(POLICY, "/preview"))
    assert [change["path"] for change in preview["changes"]] == ["/app/minimum_version"]
    assert json.loads(desk.do(POLICY, "-X PUT"))["version"] == preview["version"] == wrong + 1
    assert world.until(lambda: not app_is_too_old(), row=10) <= 60
    desk.do(POLICY, "> ids.txt", the_wrong_one=str(wrong))
    assert made[-1] in (desk.place / "ids.txt").read_text().split()


def test_the_key_is_rotated(desk: Desk) -> None:
    stack, owner = desk.stack, citizen(desk.stack)
    old = world.kid_with(desk.do(LAUNCH, "keys show"), purpose="certificate", role="signs")
    before = stack.sample(owner="citizen", why="valid: an ordinary car")["code"]
    desk.keys.update(world.more_keys(stack, "NextKey", "SpareKey"))
    key = desk.keys["NextKey"]
    new = world.kid_with(desk.do(ROTATION, "keys publish", ARN=key), arn=key, role="published")
    time.sleep(OVERLAP)
    book = desk.do(ROTATION, "keys rotate", kid=new)
    assert world.kid_with(book, purpose="certificate", role="signs") == new

    def signed_by_the_new_one() -> bool:
        made = owner.apply(vehicle(stack, owner)).json
        assert {world.verdict(stack, code) for code in (before, made["code"])} == {"valid"}
        return base64url(world.issuance(stack, made["certificate_id"]).kid) == new

    assert world.until(signed_by_the_new_one) <= TTL + SEEN
    assert world.kid_with(desk.do(ROTATION, "keys retire", old_kid=old), role="retired") == old
    newest, one_before = json.loads(desk.do(ALARMS, "aws dynamodb query"))["Items"]
    assert int(newest["version"]["N"]) == int(one_before["version"]["N"]) + 1
    assert world.verdict(stack, before) == "valid"


def test_a_key_is_compromised(desk: Desk) -> None:
    stack, owner, rows = desk.stack, citizen(desk.stack), world.cars(desk.stack, "S", 20)
    book = desk.do(LAUNCH, "keys show")
    bad = world.kid_with(book, purpose="certificate", role="signs")
    standby = world.kid_with(book, role="standby")
    load_rows(stack, rows)
    codes = world.codes_of(stack, rows)
    assert world.kids_of(stack, rows) == {bad}
    safe = stack.sample(owner="citizen", why="valid: an ordinary car")["code"]
    assert {world.verdict(stack, code) for code in [safe, *codes]} == {"valid"}
    car = vehicle(stack, owner)
    first = owner.apply(car).json["certificate_id"]
    assert base64url(world.issuance(stack, first).kid) == bad

    book = desk.do(COMPROMISE, "keys revoke", kid=bad)
    known_by = time.monotonic() + TTL
    assert world.kid_with(book, purpose="certificate", role="signs") == standby
    assert world.until(lambda: world.verdict(stack, codes[0]) == "forged", row=10) <= TTL + SEEN
    desk.do(COMPROMISE, "disable-key", ARN=world.arn_of(book, bad))
    assert {world.verdict(stack, code) for code in codes} == {"forged"}
    assert world.verdict(stack, safe) == "valid"
    listed = json.loads(desk.do(COMPROMISE, "--select COUNT", kid=bad))
    signed = [item for item in world.items(stack, "Issuances") if base64url(item["kid"]["B"]) == bad]
    assert listed["Count"] == len(signed) > len(rows)

    # Whoever applies gets a new one as soon as the function has read the set; for the others there is the ledger.
    world.until(lambda: owner.apply(car).status == 201, within=TTL + SEEN)
    time.sleep(max(0, known_by - time.monotonic()))
    accounts = load_rows(stack, rows)
    assert (accounts.counts["issued"], accounts.counts["rows"]) == (len(rows), len(rows))
    assert {world.verdict(stack, code) for code in world.codes_of(stack, rows)} == {"valid"}
    assert world.kids_of(stack, rows) == {standby}
    assert {world.verdict(stack, code) for code in codes} == {"forged"}

    # The key that signs now is to go, too: without a standby one has to be published first, at once.
    assert "--at-once" in desk.do(COMPROMISE, "keys revoke", kid=standby, fails=True)
    arn = desk.keys["SpareKey"]
    new = world.kid_with(desk.do(COMPROMISE, "--at-once", ARN=arn), arn=arn, role="standby")
    book = desk.do(COMPROMISE, "keys revoke", kid=standby, more="--dry-run")
    assert world.kid_with(book, purpose="certificate", role="signs") == new


def test_tables_are_restored(desk: Desk) -> None:
    """The local AWS restores the present state, whatever moment is named: so the page's command is given at that
    moment, and what it made is used after the loss. It also bounds the newest code of a function alone."""
    stack = desk.stack
    names = ("Certificates", "Statuses", "Allocations")
    tables = {name: f"$(out {name}TableName)" for name in names}
    before, since = world.cars(stack, "T", 12), world.cars(stack, "U", 30)
    load_rows(stack, before)
    for table in tables.values():
        desk.do(RESTORE, "restore-table-to-point-in-time", table=table, moment=rfc3339(int(time.time())))

    # What the tables are going to forget: a revocation, an end by a newer certificate, thirty certificates.
    revoked, changed = before[0], before[1]
    codes = world.codes_of(stack, before)
    body = {"kind": "revoked", "reason": "核查", "actor": YOU}
    path = f"/v1/admin/certificates/{world.ids_of(stack, [revoked])[0]}/revocation"
    assert stack.call("POST", path, token="admin", json_body=body).status == 200
    newest = [changed | {"cllx": "K31"}, *since]
    load_rows(stack, newest, as_of=int(time.time()) + 1)
    ids, later = world.ids_of(stack, newest), world.codes_of(stack, newest)
    world.until(lambda: [world.listed(stack, code) for code in codes[:3]] == [1, 3, 0])

    world.heeded(stack, "Status", "Apply", "Backfill", "Events", "Admin")
    desk.do(RESTORE, "put-function-concurrency")
    refused = stack.call("POST", path, token="admin", json_body=body)
    assert refused.status in (429, 503)
    lost = {name: world.emptied(stack, name) for name in names}
    for name, table in tables.items():
        written = int(desk.do(RESTORE, "ops refill", table=table).split()[0].replace(",", ""))
        assert 0 < written <= lost[name]
    assert {world.verdict(stack, code) for code in codes} == {"valid"}

    said = desk.do(RESTORE, "ops restore")
    assert re.findall(r"(\d+)  certificates stepped", said) == ["2"]
    assert int(re.findall(r"(\d+)  issuances without a certificate", said)[0]) >= len(newest)
    assert "blocks of indices opened" in said
    assert world.verdict(stack, codes[0]) == "valid"
    assert desk.do(RESTORE, "ops restore", less="--dry-run") == said
    assert [world.verdict(stack, code) for code in codes[:3]] == ["revoked", "superseded", "valid"]
    assert "stepped" not in desk.do(RESTORE, "ops restore", less="--dry-run")

    desk.do(RESTORE, "delete-function-concurrency")
    assert "messages sent" in desk.do(QUEUES, "redrive queued")
    desk.do(ALARMS, "StatusFunctionName")
    load_rows(stack, newest, as_of=int(time.time()) + 2)
    assert world.ids_of(stack, newest) == ids
    assert {world.verdict(stack, code) for code in later} == {"valid"}
    world.until(lambda: [world.listed(stack, code) for code in codes[:3]] == [1, 3, 0])

    # No index is given out twice: not to the next cars, and not by any shard.
    load_rows(stack, world.cars(stack, "V", 30))
    used = world.places(stack)
    given = [place for shard in range(SHARDS) for place in world.drawn(stack, shard, len(since))]
    assert len({*used, *given}) == len(used) + len(given)
    desk.do(RESTORE, "guard.json")
    assert world.findings(desk.read("guard.json")) == set()


def test_nothing_else_is_on_the_page(desk: Desk) -> None:
    left = {command for title in SECTIONS for command in commands(title)} - desk.tried
    assert {one for one in left if not one.startswith(tuple(NOT_HERE))} == set()
    assert {begin for begin in NOT_HERE if any(one.startswith(begin) for one in left)} == NOT_HERE.keys()
