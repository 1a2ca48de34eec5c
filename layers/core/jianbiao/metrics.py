"""Metrics: lines of JSON on standard output, in CloudWatch's embedded metric format (EMF).

CloudWatch makes metrics of such lines by itself: no call, no client, no permission, nothing to wait for. The lines are
written by hand, for Powertools' Metrics would cost each verification's cold start more than all else in this file.

Namespace `Jianbiao`. Every metric has the dimension `deployment`; those that count outcomes have `outcome` in a second
set, too. Outcomes are words of closed lists (verdicts, reason codes, channels, functions), never anything of a vehicle,
a person or a request: each combination is a metric that is paid for and that anybody with access to the account can
read.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from jianbiao.settings import setting

NAMESPACE = "Jianbiao"

VERIFIED = "Verified"
"""Findings of verification, by verdict."""
DEGRADED = "VerifiedWithoutStore"
"""Findings of right signatures whose state is not from the store, by what it is from (`list`, `none`)."""
ISSUED = "Issued"
"""Certificates that came to be, by channel (`channel-1` to `channel-6`), told by the store's change stream: at least
once each. Those of a ledger are not told; their launch counts them."""
REFUSED = "Refused"
"""Applications and events that the rules refused, by reason code. Ledger rows are counted by their launch."""
AUDIT_FAILED = "AuditFailed"
"""Answers to police whose audit record could not be written."""
UNFORESEEN = "Unforeseen"
"""Calls and messages that ended in an exception which nobody has foreseen, by function. The caller has an answer, the
message comes again, so the function has returned: Lambda's own count of errors does not know of them."""
KMS_THROTTLES = "KmsThrottles"
"""Calls of KMS that it refused as too many, repeated ones included."""
STATUS_LIST_AGE = "StatusListAgeSeconds"
"""Age of the oldest published status list, once a minute. No value: nobody publishes lists."""
KEY_DAYS_LEFT = "KeyDaysLeft"
"""Days until the first of the keys that sign now may no longer do so, once a minute."""
WITHOUT_CAUSE = "IssueWithoutCause"
"""Certificates that the issue guard has found without a cause, once a look."""
WITHOUT_CERTIFICATE = "SignatureWithoutCertificate"
"""Issuances and certificates that the issue guard, or a verifier, has found to disagree."""
UNREADABLE = "PublishedUnreadable"
"""Versions of the key set, the policy and the like that could not be read, by name, once in each environment: the
version before goes on being used."""

_UNITS = {STATUS_LIST_AGE: "Seconds"}
_NO_UNIT = {KEY_DAYS_LEFT}


def line(deployment: str, values: dict[str, float], outcome: str | None, now_ms: int) -> str:
    """One EMF document (CloudWatch's specification of it, version 0): `values` by metric name."""
    dimensions = [["deployment"], ["deployment", "outcome"]] if outcome is not None else [["deployment"]]
    metrics = [
        {"Name": name, "Unit": "None" if name in _NO_UNIT else _UNITS.get(name, "Count")} for name in values
    ]
    directive = {"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": metrics}
    document: dict[str, object] = {
        "_aws": {"Timestamp": now_ms, "CloudWatchMetrics": [directive]},
        "deployment": deployment,
    }
    if outcome is not None:
        document["outcome"] = outcome
    return json.dumps(document | values, separators=(",", ":"))


Count = Callable[[str, str], None]
"""Counts one: (metric, outcome)."""


def count(name: str, outcome: str) -> None:
    """Count one, by outcome."""
    put({name: 1}, outcome)


def unforeseen() -> None:
    """Count a call or a message of this function that ended in an exception which nobody has foreseen."""
    count(UNFORESEEN, setting("AWS_LAMBDA_FUNCTION_NAME"))


def put(values: dict[str, float], outcome: str | None = None) -> None:
    """Write values that belong together as one line; whatever the level of the log."""
    sys.stdout.write(line(setting("DEPLOYMENT"), values, outcome, int(time.time() * 1000)) + "\n")
