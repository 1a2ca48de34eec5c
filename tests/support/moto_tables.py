"""The tables of the template in moto: their keys and indices are read from it, so that they cannot drift apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

from jianbiao.aws.tables import Tables
from local.template import load

TEMPLATE = Path(__file__).parents[2] / "infra" / "template.yaml"
REGION = "ap-east-1"
_WANTED = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


@contextmanager
def moto_tables() -> Iterator[tuple[Any, Tables]]:
    """A DynamoDB client inside moto, and the names of all tables that the template has."""
    credentials = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": REGION}
    with mock_aws():
        client = boto3.client("dynamodb", **credentials)
        names = {}
        for name, resource in load(TEMPLATE)["Resources"].items():
            if resource["Type"] == "AWS::DynamoDB::Table":
                properties = resource["Properties"]
                # How warm an index is depends on a parameter, and moto has no throughput.
                for index in properties.get("GlobalSecondaryIndexes", ()):
                    index.pop("WarmThroughput", None)
                client.create_table(TableName=name, **{k: properties[k] for k in _WANTED if k in properties})
                names[name.removesuffix("Table").lower()] = name
        known = {field.name for field in fields(Tables)}
        yield client, Tables(**{name: table for name, table in names.items() if name in known})
