"""What rehearsals of a launch found, said to people."""

from __future__ import annotations

from typing import Any

from local.progress import Progress

MIB = 1 << 20


def say(report: dict[str, Any], progress: Progress) -> None:
    """The report of one run."""
    counts, usage = report["counts"], report["usage"]
    progress.say(f"  {sentence(report['rows'], counts)}")
    for reason, times in sorted(report["by_reason"].items(), key=lambda pair: -pair[1]):
        progress.say(f"    {times:>9,}  {reason}")
    progress.say(
        f"  {report['seconds']:.1f} s: {report['certificates_per_second']:.0f} certificates a second,"
        f" {report['ms_per_vehicle']:.2f} ms a vehicle; {usage['workers']} workers,"
        f" at most {usage['largest'] / MIB:.0f} MiB; the local AWS {usage['emulator'] / MIB:.0f} MiB"
    )
    each = 1000 / max(counts["issued"], 1)
    progress.say(
        f"  processor time a certificate: {usage['processor_emulator'] * each:.2f} ms of the local AWS and"
        f" {usage['processor_workers'] * each:.2f} ms of the workers"
        f" (calibration: {report['verifications_per_second']:,.0f} bare ES256 verifications a second)"
    )
    _say_signatures(report["signatures"], progress)
    progress.say(
        f"  checked in {report['check_seconds']:.1f} s with {report['check_memory'] / MIB:.0f} MiB at most"
    )
    if trouble := report.get("trouble"):
        _say_trouble(trouble, report["signatures"], progress)
    for found in report["wrong"]:
        progress.say(f"  WRONG: {found}")
    if not report["wrong"]:
        progress.say("  Every row, every certificate, every index is as it has to be.")


def sentence(rows: int, counts: dict[str, int]) -> str:
    """The accounts."""
    parts = " + ".join(f"{counts[name]:,} {name}" for name in ("issued", "already", "refused", "invalid"))
    return f"{rows:,} rows = {parts}"


def say_load(report: dict[str, Any], progress: Progress) -> None:
    """What readers waited, alone and beside a launch, and the ratios."""
    progress.say(
        f"  {report['per_second']:g} calls a second for {report['seconds']:g} s each"
        f" (calibration: {report['verifications_per_second']:,.0f} bare ES256 verifications a second)"
    )
    progress.say(f"  {'':<34}{'calls':>6}{'failed':>8}{'p50 ms':>16}{'p95 ms':>16}{'p99 ms':>16}")
    alone = report["phases"]["alone"]["calls"]
    for phase, found in report["phases"].items():
        pace = found["certificates_per_second"]
        progress.say(f"  {phase}" + (f": {pace:.0f} certificates a second" if pace else ""))
        for name, times in found["calls"].items():
            cells = (
                f"{times[p]:8.0f} ({times[p] / alone[name][p]:.1f}×)".rjust(16) for p in ("p50", "p95", "p99")
            )
            progress.say(f"    {name:<32}{times['calls']:>6}{len(times['failures']):>8}{''.join(cells)}")


def _say_signatures(signatures: dict[str, Any], progress: Progress) -> None:
    progress.say(
        f"  KMS signed {signatures['signatures']:,} times, {signatures['payloads']:,} payloads;"
        f" again: {sum(signatures['again'].values()):,}"
    )
    for cause, times in sorted(signatures["again"].items()):
        progress.say(f"    {times:>9,}  {cause}")


def _say_trouble(trouble: dict[str, Any], signatures: dict[str, Any], progress: Progress) -> None:
    progress.say("  In trouble on purpose:")
    for what, times in sorted((trouble["done"] | signatures["troubled"]).items()):
        progress.say(f"    {times:>9,}  {what}")
    progress.say(f"  The same ledger again: {sentence(trouble['again']['rows'], trouble['again'])}")
