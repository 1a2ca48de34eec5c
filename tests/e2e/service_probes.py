"""Harmless calls to what is neither a table, a bucket nor a signing key: each is let through or refused by IAM first,
and then fails, or does nothing, by its own parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.e2e.roles import Roles

Client = Callable[[str], Any]
Found = tuple[str, str, str, Callable[[Client], Any]]
"""Action, resource by the template's name, ARN, call."""

QUEUES = ("InboxQueue", "InboxDeadLetters", "EventsQueue", "EventsDeadLetters")
INVOKED = ("Apply", "Backfill", "BackfillPlan")


def probes(roles: Roles) -> Iterator[Found]:
    """All of them."""
    yield from _of_queues(roles)
    yield from _of_the_bus(roles)
    yield from _of_the_engine(roles)
    yield from _of_functions(roles)
    yield from _of_the_address_key(roles)


def _of_queues(roles: Roles) -> Iterator[Found]:
    sqs = roles.stack.client("sqs")
    for name in QUEUES:
        url = roles.stack.outputs[f"{name}Url"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        # A delay above 15 minutes, and a receipt that nobody was given, are refused by SQS.
        yield (
            "sqs:SendMessage", name, arn,
            lambda c, url=url: c("sqs").send_message(QueueUrl=url, MessageBody="probe", DelaySeconds=9_999),
        )  # fmt: skip
        yield (
            "sqs:DeleteMessage", name, arn,
            lambda c, url=url: c("sqs").delete_message(QueueUrl=url, ReceiptHandle="probe"),
        )  # fmt: skip


def _of_the_bus(roles: Roles) -> Iterator[Found]:
    name = roles.stack.outputs["BusName"]
    arn = roles.stack.client("events").describe_event_bus(Name=name)["Arn"]
    entry = {"EventBusName": name, "Source": "probe", "DetailType": "probe", "Detail": "{}"}
    yield "events:PutEvents", "Bus", arn, lambda c: c("events").put_events(Entries=[entry])


def _of_the_engine(roles: Roles) -> Iterator[Found]:
    engine = roles.stack.outputs["BackfillEngineArn"]
    yield (
        "states:StartExecution", "BackfillEngine", engine,
        # Not JSON: Step Functions starts nothing.
        lambda c: c("stepfunctions").start_execution(stateMachineArn=engine, input="{"),
    )  # fmt: skip


def _of_functions(roles: Roles) -> Iterator[Found]:
    for name in INVOKED:
        function = roles.physical[name][1]
        alias = roles.stack.client("lambda").get_alias(FunctionName=function, Name="live")["AliasArn"]
        yield (
            "lambda:InvokeFunction", name, alias,
            lambda c, alias=alias: c("lambda").invoke(FunctionName=alias, InvocationType="DryRun"),
        )  # fmt: skip


def _of_the_address_key(roles: Roles) -> Iterator[Found]:
    key = roles.stack.outputs["PaperKeyArn"]
    sealed = roles.stack.client("kms").encrypt(KeyId=key, Plaintext=b"probe")["CiphertextBlob"]
    yield "kms:Encrypt", "PaperKey", key, lambda c: c("kms").encrypt(KeyId=key, Plaintext=b"probe")
    yield "kms:Decrypt", "PaperKey", key, lambda c: c("kms").decrypt(KeyId=key, CiphertextBlob=sealed)
