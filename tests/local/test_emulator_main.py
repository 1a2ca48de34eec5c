"""What a PartiQL call needs: one action on one table for each statement, never the call's own name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.emulator_main import statement_checks

TABLE = "arn:aws:dynamodb:r:1:table/jianbiao-AuditTable-X1"


def checks(action: str, body: Any) -> list[tuple[str, str]]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return statement_checks(f"dynamodb:{action}", data, "r", "1")


@pytest.mark.parametrize(
    ("statement", "action"),
    [
        ("INSERT INTO \"jianbiao-AuditTable-X1\" VALUE {'a': ?}", "PartiQLInsert"),
        ("  insert  into jianbiao-AuditTable-X1 value {'a': 1}", "PartiQLInsert"),
        ('UPDATE "jianbiao-AuditTable-X1" SET a=1 WHERE k=?', "PartiQLUpdate"),
        ('DELETE FROM "jianbiao-AuditTable-X1" WHERE k=?', "PartiQLDelete"),
        ('SELECT a, b\nFROM "jianbiao-AuditTable-X1" WHERE k=?', "PartiQLSelect"),
    ],
)
def test_statements(statement: str, action: str) -> None:
    assert checks("ExecuteStatement", {"Statement": statement}) == [(f"dynamodb:{action}", TABLE)]


def test_an_index_is_a_resource_of_its_own() -> None:
    statement = 'SELECT * FROM "jianbiao-AuditTable-X1"."by-owner"'
    assert checks("ExecuteStatement", {"Statement": statement}) == [
        ("dynamodb:PartiQLSelect", f"{TABLE}/index/by-owner")
    ]


def test_each_statement_of_a_batch_counts() -> None:
    body = {
        "Statements": [{"Statement": 'INSERT INTO "a" VALUE {}'}, {"Statement": 'DELETE FROM "b" WHERE k=1'}]
    }
    assert [action for action, _ in checks("BatchExecuteStatement", body)] == [
        "dynamodb:PartiQLInsert",
        "dynamodb:PartiQLDelete",
    ]
    body = {"TransactStatements": body["Statements"]}
    assert len(checks("ExecuteTransaction", body)) == 2


@pytest.mark.parametrize(
    "body", [{}, {"Statement": "DROP TABLE x"}, {"Statement": 7}, b"no json", {"Statement": ""}]
)
def test_what_is_not_understood_is_allowed_to_nobody(body: Any) -> None:
    assert checks("ExecuteStatement", body) == [("dynamodb:PartiQLUnknown", "*")]
    assert checks("BatchExecuteStatement", body) == [("dynamodb:PartiQLUnknown", "*")]


def test_other_calls_are_left_alone() -> None:
    assert checks("PutItem", {"TableName": "x"}) == []
