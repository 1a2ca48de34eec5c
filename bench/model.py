"""``make model``: time, cost and the binding limit of a launch on AWS, from what a chunk was counted to ask for.

Measured: requests, read and write units, item sizes and own processor time of a backfill (bench/chunk_calls.py).
Assumed: prices, quotas and latencies (bench/model_assumptions.json). Writes docs/launch-model.md and its picture.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.chunk_calls import Measured, measure
from bench.common import show, verdict
from bench.model_plot import Line, plot
from jianbiao.aws.pacing import BURST
from jianbiao.services.backfill import BATCH
from jianbiao.services.ledger_run import CHUNK_BYTES

ROOT = Path(__file__).resolve().parent.parent
PAGE, PICTURE = ROOT / "docs" / "launch-model.md", ROOT / "docs" / "images" / "launch-model.svg"
BAR_MINUTES, BAR_DOLLARS = 45.0, 45.0
Assumptions = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch in the model."""

    certificates: int
    quota: int
    """Sign calls a second that the account may make."""
    warm: bool
    """Whether the tables' throughput was raised beforehand."""
    workers: int
    utilisation: float
    """Part of its signing rate that a worker reaches."""
    rate: float
    """Certificates a second, once the tables carry it."""
    minutes: float
    limit: str
    """What binds: `KMS` or `DynamoDB`."""
    dollars: Mapping[str, float]
    curve: tuple[tuple[float, float], ...]
    """(minutes, certificates) at the ends of its straight pieces."""

    @property
    def cost(self) -> float:
        """Dollars in all, storage apart."""
        return sum(self.dollars.values())


def utilisation(measured: Measured, given: Assumptions, per_worker: float) -> float:
    """Part of its signing rate that a worker reaches: while it reads and writes a batch its bucket fills, to `BURST`
    seconds of the rate and no further; what would have come beyond that is lost."""
    dynamo, function = given["dynamodb"], given["lambda"]
    issued = BATCH * measured.issued / measured.rows
    requests = measured.counts["requests"] / measured.rows * BATCH
    gets = 3.0
    waiting = gets * dynamo["get_ms"] / 1e3 + (requests - gets) * dynamo["batch_ms"] / 1e3
    own = BATCH * measured.own_us_per_vehicle * function["cpu_factor"] / 1e6
    # The SDK's own work on signatures runs beside the waiting for other signatures, on the same processor.
    sdk = issued * measured.sdk_us_per_signature * function["cpu_factor"] / 1e6
    signing = max(issued / per_worker, issued * given["kms"]["sign_ms"] / 1e3 / function["threads"], sdk)
    return issued / per_worker / (signing + max(waiting + own - BURST, 0.0))


def busiest_table(measured: Measured) -> float:
    """Write units for one certificate of the table (or index) that takes most."""
    return max(measured.each(name) for name in measured.counts if name.startswith("write_units_"))


def launch(measured: Measured, given: Assumptions, certificates: int, quota: int, *, warm: bool) -> Launch:
    """The model itself."""
    kms, dynamo, steps = given["kms"], given["dynamodb"], given["step_functions"]
    signing = quota * kms["share_for_the_launch"]
    per_worker = min(given["signatures_per_worker_and_second"], signing)
    workers = max(round(signing / per_worker), 1)
    part = utilisation(measured, given, per_worker)
    rate = signing * part
    table = busiest_table(measured)
    now, step = 0.0, dynamo["doubling_minutes"] * 60
    capacity = dynamo["warm_table_writes_per_second" if warm else "new_table_writes_per_second"] / table
    ceiling = dynamo["warm_table_writes_per_second"] / table
    done, seconds = 0.0, steps["plan_and_summary_seconds"] + given["lambda"]["cold_start_seconds"]
    curve, bound = [(0.0, 0.0), (seconds / 60, 0.0)], 0.0
    while done < certificates:
        present = min(rate, capacity)
        for_this = min(step, (certificates - done) / present)
        if present < rate:
            bound += for_this
        done, now = done + present * for_this, now + for_this
        curve.append(((seconds + now) / 60, done))
        capacity = min(capacity * 2, ceiling)
    total = seconds + now
    return Launch(
        certificates,
        quota,
        warm,
        workers,
        part,
        rate,
        total / 60,
        "DynamoDB" if bound > now / 2 else "KMS",
        dollars(measured, given, certificates, workers * now, warm=warm),
        tuple(curve),
    )


def dollars(
    measured: Measured, given: Assumptions, certificates: int, worker_seconds: float, *, warm: bool
) -> dict[str, float]:
    """The bill of one launch."""
    dynamo, function, steps, s3 = given["dynamodb"], given["lambda"], given["step_functions"], given["s3"]
    chunks = certificates * measured.ledger_bytes / measured.issued / CHUNK_BYTES
    return {
        "KMS": certificates * measured.each("signatures") * given["kms"]["usd_per_10000"] / 1e4,
        "DynamoDB writes": certificates
        * measured.each("write_units")
        * dynamo["usd_per_million_write_units"]
        / 1e6,
        "DynamoDB reads": certificates
        * measured.each("read_units")
        * dynamo["usd_per_million_read_units"]
        / 1e6,
        "DynamoDB warm-up": (
            5
            * (dynamo["warm_table_writes_per_second"] - dynamo["new_table_writes_per_second"])
            * dynamo["usd_per_warm_write_unit"]
            if warm
            else 0.0
        ),
        "Lambda": worker_seconds * function["gb"] * function["usd_per_gb_second"]
        + chunks * function["usd_per_million_requests"] / 1e6,
        "Step Functions": chunks * steps["express_usd_per_million"] / 1e6
        + worker_seconds * steps["express_gb"] * steps["express_usd_per_gb_second"],
        # A chunk: its object found and read, the control item, the result looked for and written.
        "S3": chunks * (2 * s3["usd_per_1000_writes"] + 3 * s3["usd_per_1000_reads"]) / 1e3,
    }


@dataclass(frozen=True, slots=True)
class Reading:
    """Launch day's readers, in its peak hour."""

    certificates: int
    calls: float
    """Requests a second: app and scans."""
    concurrency: float
    read_units: float

    def limits(self, given: Assumptions) -> str:
        """Which defaults have to be raised."""
        asked = given["reading"]
        over = []
        if self.calls > asked["api_requests_per_second"]:
            over.append("API requests a second")
        if self.concurrency > asked["lambda_concurrency"]:
            over.append("Lambda concurrency")
        return ", ".join(over) or "none"


def reading(given: Assumptions, certificates: int) -> Reading:
    """Requests of the peak hour."""
    asked = given["reading"]
    openings = certificates * asked["owners_who_open_the_app"] * asked["peak_hour_share"] / 3600
    scans = certificates * asked["scans_per_vehicle_and_day"] * asked["peak_hour_share"] / 3600
    calls = openings * asked["calls_per_opening"] + scans
    return Reading(certificates, calls, calls * asked["call_ms"] / 1e3, calls * asked["read_units_per_call"])


def rows_of(launches: list[Launch]) -> list[list[str]]:
    """For tables."""
    return [
        [
            f"{one.certificates:,}",
            f"{one.quota:,}",
            "yes" if one.warm else "no",
            str(one.workers),
            f"{one.utilisation:.0%}",
            f"{one.rate:,.0f}",
            duration(one.minutes),
            one.limit,
            f"{one.cost:,.2f}",
        ]
        for one in launches
    ]


COLUMNS = [
    "certificates",
    "Sign/s quota",
    "warm-up",
    "workers",
    "utilisation",
    "certificates/s",
    "time",
    "limit",
    "US$",
]


def duration(minutes: float) -> str:
    """Minutes or hours."""
    return f"{minutes:.1f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def page(measured: Measured, given: Assumptions, launches: list[Launch], met: bool) -> str:
    """docs/launch-model.md."""

    def table(columns: list[str], rows: list[list[str]]) -> str:
        lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
        return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])

    head = next(
        one for one in launches if (one.certificates, one.quota, one.warm) == (1_830_000, 1000, False)
    )
    counted = [
        ["signatures", f"{measured.each('signatures'):.3f}"],
        ["requests besides Sign", f"{measured.each('requests'):.2f}"],
        ["write units", f"{measured.each('write_units'):.2f}"],
        ["of these for the busiest table or index", f"{busiest_table(measured):.2f}"],
        ["read units", f"{measured.each('read_units'):.2f}"],
        ["bytes stored", f"{measured.item_bytes:,.0f}"],
        ["largest item, bytes", f"{measured.largest_item:,}"],
    ]
    readers = [reading(given, number) for number in given["certificates"]]
    return f"""# What a launch takes on AWS: a model

Written by `make model`. Counts are measured on the real adapters over a made-up ledger of {
        measured.rows:,} rows
({measured.issued:,} certificates); prices, quotas and latencies are assumptions, all of them in
[`bench/model_assumptions.json`](../bench/model_assumptions.json). Nothing here was run on AWS.

**1.83 million certificates at 80 % of 1,000 Sign/s: {head.minutes:.1f} minutes, US$ {head.cost:.2f}**
(bars: {BAR_MINUTES:.0f} minutes, US$ {BAR_DOLLARS:.0f}: {"met" if met else "missed"}).

![Certificates over time](images/launch-model.svg)

{table(COLUMNS, rows_of(launches))}

## Counted for one certificate

{table(["what", "each"], counted)}

Refused rows are in it: the ledger has {
        measured.rows / measured.issued:.2f} rows a certificate, and vehicles without
one are stored as well. Processor time on the machine that wrote this: {
        measured.own_us_per_vehicle:.0f} µs a vehicle of ours, and {measured.sdk_us_per_signature:.0f} µs
of botocore's for a signature.

## How the time comes about

- The signing quota is the account's, shared by all keys and callers. The launch takes {
        given["kms"]["share_for_the_launch"]:.0%}
  of it, in equal parts for its workers; a worker's bucket holds {
        BURST
    } s of its rate, so that even a second in which
  all workers spend theirs stays within the quota.
- A worker does not sign while it reads and writes a batch. Its bucket fills meanwhile, and what does not fit is lost:
  that is the utilisation ({head.utilisation:.0%} with {
        head.workers
    } workers). More, slower workers lose less.
- A new table on demand takes {
        given["dynamodb"]["new_table_writes_per_second"]:,} writes a second at once and twice
  its last peak {given["dynamodb"]["doubling_minutes"]} minutes later. One certificate is {
        busiest_table(measured):.2f}
  writes in the busiest table, so up to {
        given["dynamodb"]["new_table_writes_per_second"] / busiest_table(measured):,.0f}
  certificates a second need no warm-up; beyond that it is what decides.
- {given["step_functions"]["plan_and_summary_seconds"]} s for plan and summary and one cold start are added.

## The bill of 1.83 million

{table(["what", "US$"], [[name, f"{amount:.2f}"] for name, amount in head.dollars.items()])}

Storage apart: {
        head.certificates
        * (measured.item_bytes + 4 * given["dynamodb"]["index_overhead_bytes"])
        / 1e9:.1f} GB,
US$ {
        head.certificates
        * (measured.item_bytes + 4 * given["dynamodb"]["index_overhead_bytes"])
        / 1e9
        * given["dynamodb"]["usd_per_gb_month"]:.2f}
a month. At a fixed price of a signature the rate changes the time, not the bill.

## Readers on the first day, peak hour

{given["reading"]["owners_who_open_the_app"]:.0%} of owners open the app ({
        given["reading"]["calls_per_opening"]
    } calls
each) and {given["reading"]["scans_per_vehicle_and_day"]:.0%} of vehicles are scanned;
{given["reading"]["peak_hour_share"]:.0%} of that in one hour.

{
        table(
            ["certificates", "calls/s", "Lambda concurrency", "read units/s", "defaults to be raised"],
            [
                [
                    f"{one.certificates:,}",
                    f"{one.calls:,.0f}",
                    f"{one.concurrency:,.0f}",
                    f"{one.read_units:,.0f}",
                    one.limits(given),
                ]
                for one in readers
            ],
        )
    }

Reads never sign and verification never calls KMS, so the launch and its readers share no quota but Lambda's
concurrency, of which both reserve their parts.
"""


def lines_of(launches: list[Launch]) -> list[Line]:
    """The 1.83 million over time."""
    chosen = [one for one in launches if one.certificates == 1_830_000]
    return [
        Line(
            f"{one.quota:,} Sign/s" + (", warm" if one.warm and one.quota > 1000 else ""),
            one.curve,
            dashed=one.warm,
        )
        for one in chosen
        if one.quota > 1000 or not one.warm
    ]


def run(*, write: bool = False) -> bool:
    """Prints the tables; True if the bars of P6 are met."""
    given: Assumptions = json.loads(Path(__file__).with_name("model_assumptions.json").read_text())
    measured = measure()
    launches = [
        launch(measured, given, number, quota, warm=warm)
        for number in given["certificates"]
        for quota in given["kms"]["quotas_per_second"]
        for warm in (False, True)
    ]
    show("P6 launch on AWS, modelled", COLUMNS, rows_of(launches))
    head = next(
        one for one in launches if (one.certificates, one.quota, one.warm) == (1_830_000, 1000, False)
    )
    show("Its bill", ["what", "US$"], [[name, f"{amount:.2f}"] for name, amount in head.dollars.items()])
    print(f"assumptions: {Path(__file__).with_name('model_assumptions.json').relative_to(ROOT)}")
    met = head.minutes <= BAR_MINUTES and head.cost <= BAR_DOLLARS
    if write:
        PAGE.write_text(page(measured, given, launches, met), encoding="utf-8")
        PICTURE.write_text(plot(lines_of(launches), 1_830_000), encoding="utf-8")
        print(f"written: {PAGE.relative_to(ROOT)}, {PICTURE.relative_to(ROOT)}")
    return verdict("P6", met)


def main() -> int:
    """Model a launch on AWS from measured counts; write docs/launch-model.md and its picture."""
    argparse.ArgumentParser(prog="make model", description=main.__doc__).parse_args()
    return 0 if run(write=True) else 1


if __name__ == "__main__":
    raise SystemExit(main())
