"""The first key set and policy of a deployment, put into its Config table. What is there already stays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from jianbiao.domain.policy import COMPILED, Policy
from jianbiao.wire.keys import CERTIFICATE, STATUS_LIST, base64url, jwk_of, kid_of
from local.clients import Operator

YEAR = 365 * 86_400


def bootstrap(operator: Operator, outputs: Mapping[str, str], now: int) -> None:
    """Publish the packaged policy and the public halves of the deployment's KMS keys.

    The certificate key signs from two years ago on: the sample has codes that expired last year, signed with the
    deployment's own key. (On AWS the first key signs from its publication on.)
    """
    compiled: dict[str, Any] = json.loads(COMPILED.read_bytes())
    compiled["app"]["clients"] = [*compiled["app"]["clients"], outputs["AppClientId"]]
    policy = Policy(compiled)
    issuers = [policy.issuer(code) for code in compiled["divisions"]]
    kms = operator.client("kms")
    public = {
        name: kms.get_public_key(KeyId=outputs[f"{name}KeyArn"])["PublicKey"]
        for name in ("Certificate", "Standby", "List")
    }
    nbf, exp = now - 2 * YEAR, now + 5 * YEAR
    jwks = {
        "version": 1,
        "keys": [
            jwk_of(public["Certificate"], purpose=CERTIFICATE, issuers=issuers, nbf=nbf, exp=exp),
            jwk_of(public["Standby"], purpose=CERTIFICATE, issuers=issuers, nbf=nbf, exp=exp),
            jwk_of(public["List"], purpose=STATUS_LIST, nbf=nbf, exp=exp),
        ],
    }
    signing = {base64url(kid_of(public[n])): outputs[f"{n}KeyArn"] for n in ("Certificate", "Standby")}
    _put(operator, outputs, "policy", policy.version, compiled=json.dumps(compiled, ensure_ascii=False))
    _put(
        operator,
        outputs,
        "keys",
        1,
        jwks=json.dumps(jwks, ensure_ascii=False),
        signing=json.dumps(signing),
        active_kid=base64url(kid_of(public["Certificate"])),
    )


def _put(operator: Operator, outputs: Mapping[str, str], name: str, version: int, **texts: str) -> None:
    """Insert one version of a Config item; a version that is there is never changed."""
    item = {"name": {"S": name}, "version": {"N": str(version)}} | {
        key: {"S": text} for key, text in texts.items()
    }
    try:
        operator.client("dynamodb").put_item(
            TableName=outputs["ConfigTableName"],
            Item=item,
            ConditionExpression="attribute_not_exists(#n)",
            ExpressionAttributeNames={"#n": "name"},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
