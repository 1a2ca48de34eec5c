"""What ends in the same transaction as a change of its vehicle.

`open_of_vehicle` of the bindings and paper adapters and `open_of_certificate` of the shares adapter say what there
is to end. Each adds an ending of the list of open ones itself: it fails, and with it the whole change, when
something was opened after the list was read.
"""

from __future__ import annotations

from collections.abc import Callable

from jianbiao.aws import bindings, open_lists, paper, shares
from jianbiao.aws.dynamo import Item
from jianbiao.aws.tables import Tables
from jianbiao.citizen_records import OpenList
from jianbiao.domain.bindings import BindingState
from jianbiao.domain.paper import PaperState
from jianbiao.records import Ending


def end(tables: Tables, ending: Ending, *, at: int, by: str) -> Item:
    """The operation of a transaction that ends an open share, binding or paper request, or empties a list."""
    operation = _OPERATIONS.get(ending.kind)
    if operation is None:
        raise ValueError(f"no such kind of ending: {ending.kind}")
    return operation(tables, ending, at, by)


def _share(tables: Tables, ending: Ending, at: int, by: str) -> Item:
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


def _binding(tables: Tables, ending: Ending, at: int, by: str) -> Item:
    (binding_id,) = ending.key
    return {
        "Update": {
            "TableName": tables.bindings,
            "Key": {"binding_id": {"S": binding_id}},
            "UpdateExpression": "SET binding_state = :ended, changed_at = :at, changed_by = :by, "
            "forget_at = keep + :at",
            "ConditionExpression": "attribute_exists(binding_id)",
            "ExpressionAttributeValues": {
                ":ended": {"S": str(BindingState.ENDED)},
                ":at": {"N": str(at)},
                ":by": {"S": by},
            },
        }
    }


def _paper(tables: Tables, ending: Ending, at: int, by: str) -> Item:
    certificate_id, number, office = ending.key
    return {
        "Update": {
            "TableName": tables.paper,
            "Key": paper.paper_key(certificate_id, int(number)),
            "UpdateExpression": "SET paper_state = :cancelled, office_state = :office, ended_at = :at, "
            "ended_by = :by, ended_why = :why, forget_at = keep + :at",
            "ConditionExpression": "attribute_exists(certificate_id)",
            "ExpressionAttributeValues": {
                ":cancelled": {"S": str(PaperState.CANCELLED)},
                ":office": {"S": paper.office_state(office, PaperState.CANCELLED)},
                ":at": {"N": str(at)},
                ":by": {"S": by},
                ":why": {"S": ending.why},
            },
        }
    }


def _list(key: Callable[[str], Item], table: Callable[[Tables], str]) -> Callable[..., Item]:
    def operation(tables: Tables, ending: Ending, _at: int, _by: str) -> Item:
        of, version = ending.key
        return open_lists.write(table(tables), key(of), OpenList(of, (), int(version)), ())

    return operation


_OPERATIONS: dict[str, Callable[[Tables, Ending, int, str], Item]] = {
    "share": _share,
    "binding": _binding,
    "paper": _paper,
    "shares": _list(shares.list_key, lambda tables: tables.shares),
    "bindings": _list(bindings.list_key, lambda tables: tables.bindings),
    "papers": _list(paper.list_key, lambda tables: tables.paper),
}
