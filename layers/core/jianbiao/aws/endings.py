"""What ends in the same transaction as a change of its vehicle."""

from __future__ import annotations

from jianbiao.aws.dynamo import Item
from jianbiao.aws.tables import Tables
from jianbiao.records import Ending


def end(tables: Tables, ending: Ending, *, at: int, by: str) -> Item:
    """The operation of a transaction that ends an open share."""
    if ending.kind != "share":
        raise ValueError(f"no such kind of ending: {ending.kind}")
    (token_hash,) = ending.key
    return {
        "Update": {
            "TableName": tables.shares,
            "Key": {"token_hash": {"S": token_hash}},
            "UpdateExpression": "SET withdrawn_at = if_not_exists(withdrawn_at, :at), "
            "withdrawn_by = if_not_exists(withdrawn_by, :by)",
            "ConditionExpression": "attribute_exists(token_hash)",
            "ExpressionAttributeValues": {":at": {"N": str(at)}, ":by": {"S": by}},
        }
    }
