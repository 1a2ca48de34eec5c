"""P3: INIT of each function in a fresh process, against `import boto3` and the clients that the function makes.

Both sides import from the packaged layers, bytecode included, in alternation: whatever the machine does meanwhile
happens to both. Counted is the CPU time from the first import on: the interpreter's own start is nobody's merit,
files are in the page cache, and INIT waits for nothing else.
"""

from __future__ import annotations

import json
from statistics import median

from bench.common import show, verdict
from tests.support import packaged
from tests.support.packaged import Packaged

ROUNDS = 15
BARS = {"verify": 1.3, "share": 1.8, "issue": 1.8}
"""By the directory of the function's code: times its clients alone."""

SERVICES = """
import json
from botocore.session import Session
made, create = [], Session.create_client
def record(self, service, **options):
    made.append(service)
    return create(self, service, **options)
Session.create_client = record
import {module}
print(json.dumps(made))
"""
INIT = """
import time
begun = time.process_time()
import {module}
print(time.process_time() - begun)
"""
CLIENTS = """
import time
begun = time.process_time()
import boto3
for service in {services}:
    boto3.client(service)
print(time.process_time() - begun)
"""


def services(function: Packaged) -> list[str]:
    """The services whose clients a function makes at INIT; empty where it does without AWS."""
    if not function.layers:
        return []
    found: list[str] = json.loads(function.run(SERVICES.format(module=function.module)))
    return found


def run() -> bool:
    """Measure every function of the template and print."""
    packaged.build()
    rows, met = [], True
    for function in packaged.functions():
        clients = services(function)
        if not clients:
            continue
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(float(function.run(INIT.format(module=function.module))))
            theirs.append(float(function.run(CLIENTS.format(services=clients))))
        ratio = median(mine / other for mine, other in zip(ours, theirs, strict=True))
        bar = BARS[function.code]
        met = met and ratio <= bar
        rows.append(
            [
                function.name,
                ", ".join(clients),
                f"{1000 * min(ours):.0f}",
                f"{1000 * min(theirs):.0f}",
                f"{ratio:.2f}",
                f"{bar:.1f}",
            ]
        )
    show(
        f"P3  INIT in milliseconds, best of {ROUNDS}; median of the ratios",
        ["function", "clients", "INIT", "boto3 + clients", "ratio", "bar"],
        rows,
    )
    return verdict("P3 verify ≤ 1.3 ×, issue and share ≤ 1.8 ×", met)
