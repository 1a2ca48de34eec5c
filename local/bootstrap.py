"""The first key set and policy of a deployment, put into its Config table. What is there already stays."""

from __future__ import annotations

import json
from collections.abc import Mapping

from jianbiao.domain.policy_document import SOURCE
from jianbiao.ops.setup import First, put
from local.clients import Operator

YEAR = 365 * 86_400
OVERLAP = 5
"""Seconds between the publication of a replacement key and its first use; 24 hours on AWS (wire format 4)."""


def bootstrap(operator: Operator, outputs: Mapping[str, str], now: int) -> None:
    """Publish the packaged policy and the public halves of the deployment's KMS keys, as `jianbiao.ops setup` does.

    The certificate key signs from two years ago on: the sample has codes that expired last year, signed with the
    deployment's own key. (On AWS the first key signs from its publication on.)
    """
    kms = operator.client("kms")

    def key(name: str) -> tuple[bytes, str]:
        arn = outputs[f"{name}KeyArn"]
        return bytes(kms.get_public_key(KeyId=arn)["PublicKey"]), arn

    first = First(
        certificate=key("Certificate"),
        standby=key("Standby"),
        status_list=key("List"),
        source=json.loads(SOURCE.read_bytes()),
        app_clients=[outputs["AppClientId"]],
        overlap=OVERLAP,
        nbf=now - 2 * YEAR,
        exp=now + 5 * YEAR,
    )
    put(operator.client("dynamodb"), outputs["ConfigTableName"], first.items(now))
    # The schedule would publish the first status list within a minute; here nobody wants to wait for it.
    operator.client("lambda").invoke(FunctionName=outputs["StatusFunctionName"], InvocationType="Event")
