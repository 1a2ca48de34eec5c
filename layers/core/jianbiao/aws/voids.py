"""Port `Voids`: issuances that are ended by hand, on condition that nobody waits for them."""

from __future__ import annotations

from typing import Any

from jianbiao.aws import dynamo
from jianbiao.aws.certificates import put_new
from jianbiao.aws.tables import Tables
from jianbiao.ports import Stale
from jianbiao.records import Certificate


class DynamoVoids:
    """The tables of certificates and vehicles."""

    def __init__(self, client: Any, tables: Tables) -> None:
        self._client, self._tables = client, tables

    def put(self, void: Certificate) -> None:
        waits_not = {
            "ConditionCheck": {
                "TableName": self._tables.vehicles,
                "Key": {"vin": {"S": void.issuance.vin}},
                "ConditionExpression": "attribute_not_exists(#c) OR #c <> :id",
                "ExpressionAttributeNames": {"#c": "current"},
                "ExpressionAttributeValues": {":id": {"S": void.certificate_id}},
            }
        }
        if dynamo.transact(self._client, [put_new(self._tables, void), waits_not]):
            raise Stale("the certificate is there, or the vehicle refers to the issuance")
