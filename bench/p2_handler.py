"""P2: the verify handler, from the gateway's event to its answer, against the bare signature.

The handler is the deployed one in all but the store: routes, policy, verifier and edge are the product's, the
DynamoDB adapter reads through a client that answers one GetItem in process, with the item as it is stored.
"""

from __future__ import annotations

import json
from statistics import median
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench.common import seconds_each, show, verdict
from jianbiao import metrics
from jianbiao.aws.certificates import DynamoCertificates, certificate_item
from jianbiao.aws.tables import Tables
from jianbiao.http import public
from jianbiao.http.edge import make_handler
from jianbiao.records import Certificate
from jianbiao.services.verify import Verifier
from jianbiao.wire.code_text import code_text
from jianbiao.wire.jb1 import open_certificate
from jianbiao.wire.signature import der_from_raw
from tests.http.events import event
from tests.services.ledgers import row, vin
from tests.services.ledgers import run as run_ledger
from tests.support.world import World

BAR = 4.0
ROUNDS = 40
CALLS = 50


class OneItem:
    """A DynamoDB client whose GetItem answers with one item, as botocore would parse it."""

    def __init__(self, certificate: Certificate) -> None:
        self._item = certificate_item(certificate)

    def get_item(self, **_request: Any) -> dict[str, Any]:
        """The item, in a dictionary of its own."""
        return {"Item": dict(self._item)}


class Silent:
    """A logger that writes nothing: what a line costs is the log service's affair."""

    def info(self, _message: object, *, extra: Any = None) -> None:
        """Nothing."""

    def exception(self, message: object, *, extra: Any = None) -> None:
        """Nothing may go wrong here."""
        raise AssertionError(message, extra)


def run() -> bool:
    """Measure in alternating rounds and print; False when the bar is missed."""
    world = World()
    run_ledger(world, row(1))
    (certificate,) = world.active(vin(1))
    verifier = Verifier(world.keys, DynamoCertificates(OneItem(certificate), Tables()), world.clock)
    published = world.keys.current()
    world.keys.current = lambda: published  # type: ignore[method-assign]  # kept for half a minute, as deployed
    routes = public.routes(
        verifier=verifier,
        policies=world.policies,
        count=lambda name, outcome: metrics.line("bench", {name: 1}, outcome, 0),
        **dict.fromkeys(_unused(), None),  # type: ignore[arg-type]
    )
    handler = make_handler(routes, logger=Silent(), policy=world.policies.current)
    body = json.dumps({"code": code_text("https://mark.example", certificate.data)})
    request = event("POST /v1/verify", body)
    answer = json.loads(handler(request, None)["body"])
    assert answer["verdict"] == "valid", answer
    assert answer["status_checked"] == "store"

    opened = open_certificate(certificate.data)
    (key,) = published.published.find(opened.kid)
    signature, algorithm = der_from_raw(opened.signature), ec.ECDSA(hashes.SHA256())

    def bare() -> None:
        key.public_key.verify(signature, opened.to_be_signed, algorithm)

    def whole() -> None:
        handler(request, None)

    pairs = [(seconds_each(whole, CALLS), seconds_each(bare, CALLS)) for _ in range(ROUNDS)]
    ratio = median(mine / other for mine, other in pairs)
    show(
        "P2  verify handler, event to response",
        ["", "best µs", "× bare"],
        [
            ["bare ES256", f"{1e6 * min(b for _, b in pairs):.1f}", "1.00"],
            ["handler", f"{1e6 * min(h for h, _ in pairs):.1f}", f"{ratio:.2f}"],
        ],
    )
    return verdict(f"P2 ≤ {BAR:.0f} × bare", ratio <= BAR)


def _unused() -> list[str]:
    """Arguments of the routes that `POST /v1/verify` does not touch."""
    code = public.routes.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return [name for name in names if name not in {"verifier", "policies", "count"}]
