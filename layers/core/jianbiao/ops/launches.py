"""`python -m jianbiao.ops launches …`: watch a launch with a progress bar; pause, resume, slow, abort, redrive it.

A composition root, like the functions; it uses the operator's own credentials and region, and the same desk as the
administrators' routes. Watching may be ended at any time: the launch goes on without it.
"""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from collections.abc import Sequence

from jianbiao.aws.clients import client
from jianbiao.aws.inbox import S3Inbox
from jianbiao.aws.launches import DynamoLaunches, StepFunctions
from jianbiao.errors import Conflict, InvalidInput, NotFound, Unavailable
from jianbiao.services.launches import REMEDIES, RUNNING, Launch, LaunchDesk, Launches, prefix_of, report_key
from jianbiao.services.ledger_run import Inbox

EVERY = 2.0
WIDTH = 30
ENDS = ("issued", "already", "refused", "invalid")
PATHS = {"addressing_style": "path"}
"""Buckets in the path: the local deployment's front and emulator have one host name."""
STEPS = {
    "pause": {"paused": True},
    "resume": {"paused": False},
    "abort": {"aborted": True},
}


def bar(launch: Launch, now: int) -> str:
    """One line: how far, how the rows ended, how fast, how long still."""
    done, size = launch.progress.get("bytes", 0), launch.ledger.size
    share = done / size if size else 1.0
    filled = int(share * WIDTH)
    seconds = max((launch.ended_at or now) - launch.created_at, 1)
    ends = " · ".join(f"{launch.progress.get(name, 0):,} {name}" for name in ENDS)
    line = f"[{'█' * filled}{'·' * (WIDTH - filled)}] {share:4.0%} {launch.state}: {ends}"
    line += f" · {launch.progress.get('rows', 0) / seconds:,.0f} rows/s"
    if launch.state == RUNNING and done:
        line += f" · {seconds * (size - done) / done / 60:,.0f} min left"
    return line


def watch(launches: DynamoLaunches, launch_id: str, every: float) -> int:
    """Draw the bar until the launch has ended; the exit status is 0 where it is done."""
    live = sys.stdout.isatty()
    while True:
        launch = launches.get(launch_id)
        if launch is None:
            raise NotFound
        line = bar(launch, int(time.time()))
        sys.stdout.write(f"\r\033[K{line}" if live else f"{line}\n")
        sys.stdout.flush()
        if launch.state != RUNNING:
            sys.stdout.write("\n" if live else "")
            return 0 if launch.state == "done" else 1
        time.sleep(every)


def say_report(launches: Launches, launch_id: str, inbox: Inbox) -> int:
    """The newest report in words, and where its page and the single rows are. Raises NotFound."""
    launch = launches.get(launch_id)
    if launch is None:
        raise NotFound
    report = inbox.read(report_key(launch.launch_id, launch.attempt))
    if report is None:
        sys.stderr.write(f"There is no report yet: the launch is {launch.state}{_why(launch)}.\n")
        return 1
    counts = report["counts"]
    parts = " + ".join(f"{counts[name]:,} {name}" for name in ENDS)
    lines = [f"{launch.launch_id}: {report['state']}", f"{counts['rows']:,} rows = {parts}"]
    for reason, times in sorted(report["by_reason"].items(), key=lambda item: -item[1]):
        lines.append(f"  {times:>12,}  {reason}")
    lines.append(f"page: {report_key(launch.launch_id, launch.attempt, 'html')}")
    if report["reason_files"]:
        where = f"{prefix_of(launch.launch_id)}reasons-{launch.attempt:03d}-*.jsonl"
        lines.append(f"rows, each with its line number: {where} ({report['reason_files']} file(s))")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _why(launch: Launch) -> str:
    return f": {REMEDIES[launch.error]}" if launch.error else ""


def listed(launches: DynamoLaunches) -> int:
    """A line for each launch."""
    after: str | None = None
    while True:
        found, after = launches.page(limit=100, after=after)
        for launch in found:
            sys.stdout.write(f"{launch.launch_id}  {bar(launch, int(time.time()))}\n")
        if after is None:
            return 0


def steer(desk: LaunchDesk, given: argparse.Namespace) -> int:
    """Pause, resume, another rate, abort, redrive."""
    if given.what == "redrive":
        launch = desk.redrive(given.id, actor=given.actor)
    elif given.what == "rate":
        launch = desk.control(given.id, actor=given.actor, rate=given.rate)
    else:
        launch = desk.control(given.id, actor=given.actor, **STEPS[given.what])
    sys.stdout.write(f"{bar(launch, int(time.time()))}\n")
    return 0


def run(given: argparse.Namespace) -> int:
    """What was asked for. Raises NotFound, Conflict, Unavailable."""
    endpoint = given.endpoint_url
    launches = DynamoLaunches(client("dynamodb", read_timeout=10.0, endpoint_url=endpoint), given.table)
    if given.what == "list":
        return listed(launches)
    if given.what == "watch":
        return watch(launches, given.id, given.every)
    if given.what == "report":
        s3 = client("s3", read_timeout=20.0, endpoint_url=endpoint, s3=PATHS)
        return say_report(launches, given.id, S3Inbox(s3, given.bucket))
    engine = StepFunctions(client("stepfunctions", endpoint_url=endpoint), given.engine)
    return steer(LaunchDesk(launches, engine, lambda: int(time.time())), given)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 not done."""
    try:
        return run(_parser().parse_args(arguments))
    except NotFound:
        sys.stderr.write("There is no such launch: see the command list.\n")
    except (Conflict, InvalidInput, Unavailable) as problem:
        sys.stderr.write(f"{problem}\n")
    except KeyboardInterrupt:
        sys.stdout.write("\nThe launch goes on.\n")
        return 0
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jianbiao.ops launches",
        description="Watch and steer launches. Names are outputs of the stack.",
    )
    parser.add_argument("--endpoint-url", help="another AWS than Amazon's (local deployment)")
    parser.add_argument("--table", required=True, metavar="NAME", help="output BackfillsTableName")
    what = parser.add_subparsers(dest="what", required=True)
    what.add_parser("list", help="all launches")
    one = what.add_parser("watch", help="a progress bar until the launch has ended")
    one.add_argument("id")
    one.add_argument("--every", type=float, default=EVERY, metavar="SECONDS", help=f"default {EVERY:g}")
    told = what.add_parser("report", help="the accounts and reasons of the newest attempt")
    told.add_argument("id")
    told.add_argument("--bucket", required=True, metavar="NAME", help="output InboxBucketName")
    for name, text in (
        ("pause", "workers finish their batches and stop"),
        ("resume", "another attempt over what is left"),
        ("rate", "signatures a second of all workers together (each makes four at least)"),
        ("abort", "stop for good; a redrive begins again"),
        ("redrive", "another attempt over what failed, was paused or aborted"),
    ):
        step = what.add_parser(name, help=text)
        step.add_argument("id")
        if name == "rate":
            step.add_argument("rate", type=float)
        step.add_argument("--engine", required=True, metavar="ARN", help="output BackfillEngineArn")
        step.add_argument("--actor", default=getpass.getuser(), help="who does it, on record (default: you)")
    return parser
