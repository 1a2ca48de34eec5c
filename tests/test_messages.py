"""Queues' functions as they are packaged: a message that fails is named and comes again, the others are done with; what
nobody has foreseen is counted, since to Lambda the call has succeeded."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from jianbiao import metrics
from tests.support import packaged

pytestmark = pytest.mark.timeout(900)

FAILING = """
import json
from jianbiao.errors import Unavailable
import {module} as function

OUTCOMES = {{"fine": None, "away": Unavailable("table: gone"), "defect": KeyError("nobody foresaw it")}}

def outcome(name):
    if OUTCOMES[name]:
        raise OUTCOMES[name]

class Worker:
    def apply(self, event_id):
        outcome(event_id)

class Inbox:
    def find(self, key, version):
        outcome(key)

function.worker, function.inbox = Worker(), Inbox()
bodies = [{body} for name in OUTCOMES]
records = [{{"messageId": name, "body": json.dumps(body)}} for name, body in zip(OUTCOMES, bodies)]
print(json.dumps({{"answer": function.handler({{"Records": records}}, None)}}))
"""
BODIES = {
    "Events": '{"event_id": name}',
    "BackfillPlan": '{"Records": [{"s3": {"object": {"key": name}}}]}',
}


@pytest.mark.parametrize("name", BODIES)
def test_what_fails_is_named_and_what_nobody_foresaw_is_counted(name: str) -> None:
    packaged.build()
    (function,) = [f for f in packaged.functions() if f.name == name]
    called = (*function.variables, ("AWS_LAMBDA_FUNCTION_NAME", name))
    script = FAILING.format(module=function.module, body=BODIES[name])
    lines: list[dict[str, Any]] = [
        json.loads(line) for line in replace(function, variables=called).run(script).splitlines()
    ]
    assert lines[-1]["answer"] == {
        "batchItemFailures": [{"itemIdentifier": "away"}, {"itemIdentifier": "defect"}]
    }
    counted = [line for line in lines if metrics.UNFORESEEN in line]
    assert [(line[metrics.UNFORESEEN], line["outcome"]) for line in counted] == [(1, name)]
