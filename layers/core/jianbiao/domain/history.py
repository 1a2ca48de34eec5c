"""The vehicle that follows from a base and the events after it, replayed in the order in which they occurred.

Most of it needs no order: each field goes to its newest report. An inspection whose new end of validity our rules
decide does, for it depends on what the vehicle was that day; so do the questions where it was inspected, whether an
event may issue, and which state ended a certificate. Replaying answers all of them alike, in whatever order the
events arrived.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from jianbiao.domain import cycles
from jianbiao.domain.policy import Policy
from jianbiao.domain.reports import NEVER, Inspection, Registered, Report, Stamp, blank, overlay
from jianbiao.errors import Refusal

KEPT = 40
"""Events kept with a vehicle. What is older became part of its base: an event that comes late behind forty others
still sets the fields that nobody set after it, but no longer moves a period that our rules decided."""


def replay(
    base: Registered, history: Sequence[Report], policy: Policy | None, changed: Stamp = NEVER
) -> Registered:
    """The vehicle after the events of `history` (in order of their stamps) on top of `base`.

    `changed` is the stamp of what is new: inspections after it are decided again by `policy`, those before it keep
    what they were granted. Without a policy all of them do.
    """
    state = replace(base, base=None, history=())
    done = []
    for report in history:
        report_, state = _after(state, report, policy, changed)
        done.append(report_)
    shown = state if state.known else blank(base.vehicle.vin)
    return replace(shown, base=base, history=tuple(done))


def _after(
    state: Registered, report: Report, policy: Policy | None, changed: Stamp
) -> tuple[Report, Registered]:
    """The report with what it was granted, and the vehicle after it."""
    stamp, facts, channel = report.stamp, dict(report.facts), report.channel
    away = False
    if inspection := report.inspection:
        if policy is not None and (stamp > changed or inspection.granted is None):
            inspection = replace(inspection, granted=_granted(state, inspection, stamp, policy))
            report = replace(report, inspection=inspection)
        until = inspection.valid_until or inspection.granted
        facts["last_inspected_on"] = inspection.passed_on
        if until is not None:
            facts["valid_until"] = until
        away = state.known and inspection.division != state.vehicle.division
        channel = 0 if away else channel
    after = overlay(state, facts, stamp)
    if after.stamps != state.stamps and after.stamp_of("valid_until") == stamp:
        after = replace(after, elsewhere=away, kept_until=_kept(state) if away else None)
    if channel and stamp > after.issues:
        after = replace(after, issues=stamp, channel=channel)
    if report.ends and stamp > after.ends:
        after = replace(after, ends=stamp)
    return report, replace(after, known=state.known or report.full)


def _kept(state: Registered) -> date | None:
    return state.kept_until if state.elsewhere else state.vehicle.valid_until


def _granted(state: Registered, inspection: Inspection, stamp: Stamp, policy: Policy) -> date | None:
    """The end of validity that our rules give; None where they cannot tell, or somebody told later."""
    if inspection.valid_until or not state.known or state.stamp_of("valid_until") > stamp:
        return None
    try:
        return cycles.after_inspection(policy, state.vehicle, inspection.passed_on).valid_until
    except Refusal:
        # No class has this type and use: what comes of it is decided, and refused, when it is to be issued.
        return None


def insert(known: Registered, report: Report, policy: Policy) -> Registered:
    """The vehicle after one more event, wherever its place is; `known` itself where it is there already."""
    if any(there.stamp == report.stamp for there in known.history):
        return known
    base = known.base or known
    history = sorted((*known.history, report), key=lambda there: there.stamp)
    if len(history) > KEPT:
        # Half at once: otherwise each further event would rewrite the base.
        base = _settled(base, history[: KEPT // 2], policy, report.stamp)
        history = history[KEPT // 2 :]
    return replace(replay(base, history, policy, report.stamp), applied=known.applied)


def _settled(base: Registered, oldest: Sequence[Report], policy: Policy, changed: Stamp) -> Registered:
    state = replace(base, base=None, history=())
    for report in oldest:
        _, state = _after(state, report, policy, changed)
    return state


def rebased(known: Registered, base: Registered, policy: Policy | None, changed: Stamp) -> Registered:
    """The vehicle on another base: a report that is no event has changed it."""
    if not known.history:
        return base
    return replace(replay(base, known.history, policy, changed), applied=known.applied)
