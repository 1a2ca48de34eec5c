"""`python -m jianbiao.ops redrive …`: messages that were set aside, and events whose message was never sent.

Both may be run at any time and more than once: applying an event, or a chunk of a ledger, a second time changes
nothing. A composition root, like the functions; it uses the operator's own credentials and region.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from jianbiao.aws.clients import client, translated
from jianbiao.aws.events import DynamoEvents, SqsEvents
from jianbiao.errors import Unavailable

BATCH = 10
"""Messages of one request."""
OLD = 900
"""Seconds after which an event that is still queued has most likely no message any more."""
WAIT = 2
"""Seconds that a queue is asked to wait for messages before it counts as empty."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 something was not taken (run it again)."""
    options = _parser().parse_args(arguments)
    endpoint = options.endpoint_url
    sqs = client("sqs", read_timeout=20.0, endpoint_url=endpoint)
    try:
        if options.what == "dead-letters":
            moved = dead_letters(sqs, options.source, options.target, _progress)
        else:
            events = DynamoEvents(client("dynamodb", read_timeout=10.0, endpoint_url=endpoint), options.table)
            moved = queued(
                events, SqsEvents(sqs, options.target), int(time.time()) - options.older_than, _progress
            )
    except Unavailable as error:
        sys.stderr.write(f"\nStopped: {error}. What was moved stays moved; run the command again.\n")
        return 1
    sys.stdout.write(f"{moved} messages sent\n")
    return 0


def dead_letters(sqs: Any, source: str, target: str, progress: Callable[[int], None]) -> int:
    """Move all messages of the queue `source` to `target`; returns how many.

    Each is sent before it is deleted: a crash between the two leaves it in both. Raises Unavailable.
    """
    moved = 0
    while True:
        with translated("queue"):
            answer = sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=BATCH, WaitTimeSeconds=WAIT)
        messages = answer.get("Messages", [])
        if not messages:
            return moved
        entries = [{"Id": str(i), "MessageBody": message["Body"]} for i, message in enumerate(messages)]
        with translated("queue"):
            sent = sqs.send_message_batch(QueueUrl=target, Entries=entries)
        taken = [messages[int(entry["Id"])] for entry in sent.get("Successful", [])]
        deletions = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(taken)]
        if deletions:
            with translated("queue"):
                sqs.delete_message_batch(QueueUrl=source, Entries=deletions)
        moved += len(taken)
        progress(moved)
        if sent.get("Failed"):
            raise Unavailable("queue: messages refused")


def queued(events: DynamoEvents, queue: SqsEvents, before: int, progress: Callable[[int], None]) -> int:
    """Send a message for each event accepted before an epoch second and still queued; returns how many."""
    sent, part = 0, []
    for event_id in events.queued_before(before):
        part.append(event_id)
        if len(part) == BATCH:
            queue.send(part)
            sent, part = sent + len(part), []
            progress(sent)
    if part:
        queue.send(part)
    return sent + len(part)


def _progress(count: int) -> None:
    sys.stderr.write(f"\r{count} messages sent")
    sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jianbiao.ops redrive",
        description="Send messages again. Addresses and names are outputs of the stack.",
    )
    parser.add_argument("--endpoint-url", help="another AWS than Amazon's (local deployment)")
    what = parser.add_subparsers(dest="what", required=True)
    letters = what.add_parser("dead-letters", help="move what was set aside back to its queue")
    letters.add_argument(
        "--from", dest="source", required=True, metavar="URL", help="the queue of dead letters"
    )
    letters.add_argument("--to", dest="target", required=True, metavar="URL", help="the queue itself")
    waiting = what.add_parser("queued", help="send a message for each registry event that is still queued")
    waiting.add_argument("--table", required=True, metavar="NAME", help="the events table")
    waiting.add_argument("--to", dest="target", required=True, metavar="URL", help="the events queue")
    waiting.add_argument(
        "--older-than",
        type=int,
        default=OLD,
        metavar="SECONDS",
        help=f"only events accepted that long ago (default {OLD})",
    )
    return parser
