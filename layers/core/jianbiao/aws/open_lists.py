"""Lists of what is open, one item for each vehicle or certificate, in the table of the things themselves.

A secondary index would follow its table by a moment, and a transaction that ends all bindings of a vehicle would
miss the one that was made in that moment. The list is read consistently, and whoever writes a binding writes the
list with it, on condition that it is as it was read: two writers never both succeed on the same list.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jianbiao.aws.dynamo import Item, Table, number
from jianbiao.citizen_records import OpenList

VEHICLE, CERTIFICATE = "vehicle:", "certificate:"
"""What a list's key begins with; no binding id, token hash or certificate id has a colon."""


def read(table: Table, key: Item, of: str) -> OpenList:
    """The list under `key`; an empty one of version 0 where there is none yet."""
    item = table.get(key)
    if item is None:
        return OpenList(of)
    return OpenList(of, tuple(item["open"]["SS"]) if "open" in item else (), number(item, "version"))


def write(table_name: str, key: Item, before: OpenList, keys: Iterable[str]) -> Item:
    """The operation of a transaction that makes the list say `keys`, if it is as it was read."""
    item: Item = {**key, "version": {"N": str(before.version + 1)}}
    # DynamoDB knows no empty set.
    if left := sorted(set(keys)):
        item["open"] = {"SS": left}
    condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(#v)"}
    if before.version:
        condition = {
            "ConditionExpression": "#v = :v",
            "ExpressionAttributeValues": {":v": {"N": str(before.version)}},
        }
    names = {"#v": "version"}
    return {"Put": {"TableName": table_name, "Item": item, "ExpressionAttributeNames": names, **condition}}
