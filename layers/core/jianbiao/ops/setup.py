"""The first key set and policy of a new deployment.

    python -m jianbiao.ops setup --table <ConfigTableName> --certificate-key-arn … --standby-key-arn … \\
        --list-key-arn … --app-client <AppClientId>

All of it is in the outputs of the stack. Until it has run, every function answers 503. What is there already stays:
run again, it changes nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jianbiao.aws import dynamo
from jianbiao.aws.clients import client, translated
from jianbiao.aws.key_books import DEFAULT_OVERLAP, book_item
from jianbiao.aws.policies import policy_items
from jianbiao.domain.policy import Policy
from jianbiao.domain.policy_document import SOURCE, compile_policy, parse
from jianbiao.errors import Unavailable
from jianbiao.services.key_book import SIGNS_FOR, KeyBook
from jianbiao.services.policy_desk import PublishedPolicy

DOWN = 5


@dataclass(frozen=True, slots=True)
class First:
    """What a deployment begins with. Keys are DER SubjectPublicKeyInfo and ARN."""

    certificate: tuple[bytes, str]
    standby: tuple[bytes, str]
    status_list: tuple[bytes, str]
    source: Mapping[str, Any]
    """The policy document; `app_clients` are added to its own."""
    app_clients: Sequence[str]
    overlap: int
    nbf: int
    exp: int

    def items(self, now: int) -> list[dict[str, Any]]:
        """The items of the Config table: policy, its source, keys. Raises ValueError for a wrong policy."""
        source = json.loads(json.dumps(self.source))
        source["app"]["clients"] = [*source["app"]["clients"], *self.app_clients]
        compiled = compile_policy(parse(json.dumps(source).encode()))
        policy = Policy(compiled)
        book = KeyBook.first(
            certificate=self.certificate,
            standby=self.standby,
            status_list=self.status_list,
            issuers=[policy.issuer(code) for code in compiled["divisions"]],
            overlap=self.overlap,
            nbf=self.nbf,
            exp=self.exp,
        )
        published = PublishedPolicy(policy.version, source, compiled, now, "setup")
        return [*policy_items(published), book_item(book)]


def put(dynamodb: Any, table: str, items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Insert the items whose name has no version yet; returns their names. Raises Unavailable."""
    stored = []
    for item in items:
        name = item["name"]["S"]
        with translated("config"):
            found = dynamodb.query(
                TableName=table,
                KeyConditionExpression="#n = :n",
                ExpressionAttributeNames={"#n": "name"},
                ExpressionAttributeValues={":n": item["name"]},
                Limit=1,
                ConsistentRead=True,
            )["Items"]
        if found:
            continue
        try:
            with translated("config"):
                dynamodb.put_item(
                    TableName=table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(#n)",
                    ExpressionAttributeNames={"#n": "name"},
                )
        except Unavailable as error:
            if not dynamo.condition_failed(error):
                raise
        else:
            stored.append(name)
    return stored


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m jianbiao.ops setup", description=__doc__.split("\n")[0])
    made.add_argument(
        "--table", required=True, help="name of the Config table (stack output ConfigTableName)"
    )
    made.add_argument("--certificate-key-arn", required=True, help="stack output CertificateKeyArn")
    made.add_argument("--standby-key-arn", required=True, help="stack output StandbyKeyArn")
    made.add_argument("--list-key-arn", required=True, help="stack output ListKeyArn")
    made.add_argument(
        "--app-client",
        action="append",
        default=[],
        help="client id of the app's tokens (stack output AppClientId)",
    )
    made.add_argument(
        "--policy", type=Path, default=SOURCE, help="policy document (default: the packaged one)"
    )
    made.add_argument(
        "--overlap",
        type=int,
        default=DEFAULT_OVERLAP,
        help="seconds between a replacement key's publication and its first use (default: %(default)s)",
    )
    made.add_argument("--endpoint-url", help="another AWS than Amazon's (local deployment)")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point."""
    given = parser().parse_args(arguments)
    now = int(time.time())
    try:
        kms = client("kms", endpoint_url=given.endpoint_url)

        def key(arn: str) -> tuple[bytes, str]:
            with translated("KMS"):
                return bytes(kms.get_public_key(KeyId=arn)["PublicKey"]), arn

        first = First(
            certificate=key(given.certificate_key_arn),
            standby=key(given.standby_key_arn),
            status_list=key(given.list_key_arn),
            source=json.loads(given.policy.read_bytes()),
            app_clients=given.app_client,
            overlap=given.overlap,
            nbf=now,
            exp=now + SIGNS_FOR,
        )
        stored = put(client("dynamodb", endpoint_url=given.endpoint_url), given.table, first.items(now))
    except Unavailable as problem:
        sys.stderr.write(f"{problem}\n")
        return DOWN
    except (ValueError, OSError) as problem:
        sys.stderr.write(f"{given.policy}: {problem}\n")
        return 2
    sys.stdout.write(f"published: {', '.join(stored) or 'nothing, all of it was there'}\n")
    return 0
