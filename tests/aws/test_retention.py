"""Removal is on condition: what somebody else has changed meanwhile stays."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from infra.package import ROOT
from jianbiao.aws.launches import DynamoLaunches
from jianbiao.aws.retention import EndedLaunches, ExpiringShares, S3Lifecycle, _comparable
from jianbiao.aws.shares import DynamoShares
from jianbiao.aws.tables import Tables
from jianbiao.aws.vehicles import vehicle_item
from jianbiao.citizen_records import OpenList, Share
from jianbiao.domain.policy import default_policy
from jianbiao.domain.register import first_report
from jianbiao.records import VehicleRecord
from jianbiao.services.launches import Launch
from jianbiao.services.ledger_run import LedgerObject
from jianbiao.services.retention import Rule, rules_of_files, rules_of_inbox
from local.template import load
from tests.support.moto_tables import REGION, moto_tables
from tests.support.world import CAR

SHARE = Share("id-1", "a" * 64, "0" * 26, created_at=100, created_by="p-1", expires_at=7300)


@pytest.fixture
def moto() -> Iterator[tuple[Any, Tables]]:
    with moto_tables() as found:
        yield found


def test_links_and_their_lists(moto: tuple[Any, Tables]) -> None:
    client, tables = moto
    client.put_item(
        TableName=tables.vehicles, Item=vehicle_item(VehicleRecord(first_report(CAR, (1, "")), version=1))
    )
    links, shares = DynamoShares(client, tables), ExpiringShares(client, tables.shares)
    listed, _ = links.open_list(SHARE.certificate_id)
    links.add(SHARE, listed, (SHARE.token_hash,), vin=CAR.vin, owner_ref=CAR.owner_ref)
    listing = OpenList(SHARE.certificate_id, (SHARE.token_hash,), 1)
    assert sorted(map(str, shares.all())) == sorted(map(str, (SHARE, listing)))
    assert not shares.remove_list(listing)  # its link is there
    assert not shares.remove(dataclasses.replace(SHARE, expires_at=1))
    assert shares.remove(SHARE)
    assert not shares.remove(SHARE)
    assert not shares.remove_list(dataclasses.replace(listing, version=0))  # somebody has written it
    assert shares.remove_list(listing)
    assert list(shares.all()) == []
    # The next link begins a new list.
    listed, _ = links.open_list(SHARE.certificate_id)
    links.add(SHARE, listed, (SHARE.token_hash,), vin=CAR.vin, owner_ref=CAR.owner_ref)


def test_records_of_launches(moto: tuple[Any, Tables]) -> None:
    client, _ = moto
    launches, ended = DynamoLaunches(client, "BackfillsTable"), EndedLaunches(client, "BackfillsTable")
    before = Launch("l-1", LedgerObject("ledger/a", "v", "e", 1, 0), 0)
    launches.create(before)
    after = launches.change(before, dataclasses.replace(before, ended_at=5))
    assert list(ended.all()) == [after]
    assert not ended.remove(before)
    assert ended.remove(after)
    assert list(ended.all()) == []


def test_rules_are_set_where_they_differ(moto: tuple[Any, Tables]) -> None:
    s3 = boto3.client("s3", region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    lifecycle, policy = S3Lifecycle(s3, "bucket"), default_policy()
    for rules in (rules_of_inbox(policy), rules_of_files(policy), (Rule("forget", "", 7),)):
        assert lifecycle.set(rules)
        assert not lifecycle.set(rules)
    found = s3.get_bucket_lifecycle_configuration(Bucket="bucket")["Rules"]
    assert {rule["ID"]: rule.get("Expiration") for rule in found} == {"forget": {"Days": 7}, "parts": None}


@pytest.mark.parametrize(
    ("bucket", "rules"), [("FilesBucket", rules_of_files), ("InboxBucket", rules_of_inbox)]
)
def test_the_template_begins_with_the_rules_of_the_packaged_policy(bucket: str, rules: Any) -> None:
    from jianbiao.aws.retention import _stored

    template = load(ROOT / "infra" / "template.yaml")["Resources"][bucket]["Properties"]
    as_s3 = [
        {
            "ID": rule["Id"],
            "Status": rule["Status"],
            "Filter": {"Prefix": rule.get("Prefix", "")},
            "Expiration": {"Days": rule.get("ExpirationInDays", 0)},
            "NoncurrentVersionExpiration": rule.get("NoncurrentVersionExpiration", {}),
            "AbortIncompleteMultipartUpload": rule.get("AbortIncompleteMultipartUpload", {}),
        }
        for rule in template["LifecycleConfiguration"]["Rules"]
    ]
    wanted = [_stored(rule) for rule in rules(default_policy())]
    assert [rule for rule in _comparable(as_s3) if rule[0] != "parts"] == _comparable(wanted)
