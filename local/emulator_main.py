"""Starts ministack with two things put right. Runs in the environment `emulator`, where nothing of ours is installed.

ministack 1.5.33 authorizes a PartiQL call as ``dynamodb:ExecuteStatement`` on every table: an action that AWS does
not have. There each statement needs ``dynamodb:PartiQLInsert``, ``…Select``, ``…Update`` or ``…Delete`` on its own
table ("IAM policies for PartiQL", DynamoDB developer guide). Our police audit trail rests on this difference: its
writer may insert and nothing else. The wrapper says so at the place where ministack does the same for transactions.

It authorizes SQS's batch calls by their own names, which are no actions either: ``sqs:SendMessage`` covers
SendMessageBatch, and so on ("Amazon SQS API permissions: Actions and resource reference").
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

STATEMENT = re.compile(
    r"""\s*(?:(INSERT)\s+INTO|(UPDATE)|(DELETE)\s+FROM|(SELECT)\b.*?\bFROM)\s+"?([A-Za-z0-9_.-]+)"?(?:\."?([\w.-]+)"?)?""",
    re.IGNORECASE | re.DOTALL,
)
CALLS = {
    "dynamodb:ExecuteStatement": None,
    "dynamodb:BatchExecuteStatement": "Statements",
    "dynamodb:ExecuteTransaction": "TransactStatements",
}
"""Action as ministack names it → where its statements are."""

BATCHES = {
    f"sqs:{action}Batch": f"sqs:{action}"
    for action in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")
}
"""Action as ministack names it → the one that AWS checks."""

Checks = list[tuple[str, str]]


def statement_checks(action: str, body: bytes, region: str, account: str) -> Checks:
    """(action, ARN) of each statement of a PartiQL call; a statement that is not understood is no allowed action."""
    if action not in CALLS:
        return []
    try:
        data = json.loads(body or b"{}")
    except ValueError:
        data = {}
    member = CALLS[action]
    statements = data.get(member, []) if member else [data]
    checks = [
        _check(s.get("Statement") if isinstance(s, dict) else None, region, account) for s in statements
    ]
    return checks or [("dynamodb:PartiQLUnknown", "*")]


def _check(statement: Any, region: str, account: str) -> tuple[str, str]:
    match = STATEMENT.match(statement) if isinstance(statement, str) else None
    if match is None:
        return "dynamodb:PartiQLUnknown", "*"
    verb = next(group for group in match.groups()[:4] if group)
    arn = f"arn:aws:dynamodb:{region}:{account}:table/{match[5]}" + (f"/index/{match[6]}" if match[6] else "")
    return f"dynamodb:PartiQL{verb.capitalize()}", arn


def troubled(application: Any, file: str) -> Any:
    """The application with `local.trouble` around it; loaded by its path: the repository is not to be importable here,
    since the functions inherit what is."""
    spec = importlib.util.spec_from_file_location("trouble", Path(__file__).with_name("trouble.py"))
    if spec is None or spec.loader is None:
        raise ImportError("trouble.py is not beside this file")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by its name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.Trouble(application, Path(file))


def main() -> None:
    """Put both right, and start."""
    from ministack import app
    from ministack.core import iam_actions

    of_transactions = iam_actions.dynamodb_transaction_checks

    def checks(iam_action: str, body: bytes, region: str, account_id: str) -> Checks:
        return statement_checks(iam_action, body, region, account_id) or of_transactions(
            iam_action, body, region, account_id
        )

    of_requests = iam_actions.extract_iam_action

    def action(*arguments: Any) -> str | None:
        found: str | None = of_requests(*arguments)
        return BATCHES.get(found, found) if found else found

    iam_actions.dynamodb_transaction_checks = checks
    iam_actions.extract_iam_action = action
    if file := os.environ.get("JIANBIAO_TROUBLE"):
        app.app = troubled(app.app, file)
    app.main()


if __name__ == "__main__":
    main()
