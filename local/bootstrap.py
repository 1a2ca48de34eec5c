"""The first key set and policy of a deployment, put into its Config table. What is there already stays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from jianbiao.aws.key_books import book_item
from jianbiao.aws.policies import policy_items
from jianbiao.domain.policy import Policy
from jianbiao.domain.policy_document import SOURCE, compile_policy, parse
from jianbiao.services.key_book import KeyBook
from jianbiao.services.policy_desk import PublishedPolicy
from local.clients import Operator

YEAR = 365 * 86_400
OVERLAP = 5
"""Seconds between the publication of a replacement key and its first use; 24 hours on AWS (wire format 4)."""


def bootstrap(operator: Operator, outputs: Mapping[str, str], now: int) -> None:
    """Publish the packaged policy and the public halves of the deployment's KMS keys.

    The certificate key signs from two years ago on: the sample has codes that expired last year, signed with the
    deployment's own key. (On AWS the first key signs from its publication on.)
    """
    source: dict[str, Any] = json.loads(SOURCE.read_bytes())
    source["app"]["clients"] = [*source["app"]["clients"], outputs["AppClientId"]]
    compiled = compile_policy(parse(json.dumps(source).encode()))
    policy = Policy(compiled)
    kms = operator.client("kms")
    arns = {name: outputs[f"{name}KeyArn"] for name in ("Certificate", "Standby", "List")}
    keys = {name: (bytes(kms.get_public_key(KeyId=arn)["PublicKey"]), arn) for name, arn in arns.items()}
    book = KeyBook.first(
        certificate=keys["Certificate"],
        standby=keys["Standby"],
        status_list=keys["List"],
        issuers=[policy.issuer(code) for code in compiled["divisions"]],
        overlap=OVERLAP,
        nbf=now - 2 * YEAR,
        exp=now + 5 * YEAR,
    )
    published = PublishedPolicy(policy.version, source, compiled, now, "bootstrap")
    for item in (*policy_items(published), book_item(book)):
        _put(operator, outputs["ConfigTableName"], item)
    # The schedule would publish the first status list within a minute; here nobody wants to wait for it.
    operator.client("lambda").invoke(FunctionName=outputs["StatusFunctionName"], InvocationType="Event")


def _put(operator: Operator, table: str, item: Mapping[str, Any]) -> None:
    """Insert one version of a Config item; a version that is there is never changed."""
    try:
        operator.client("dynamodb").put_item(
            TableName=table,
            Item=item,
            ConditionExpression="attribute_not_exists(#n)",
            ExpressionAttributeNames={"#n": "name"},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
