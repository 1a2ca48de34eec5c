"""Routes of the administrators: launches (ledger files to certificates)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jianbiao.domain.events import CLOCK_SKEW
from jianbiao.domain.times import parse_rfc3339, rfc3339
from jianbiao.errors import FieldError, InvalidInput
from jianbiao.http.auth import actor, client_id
from jianbiao.http.edge import Request, Response, Route
from jianbiao.http.pages import Cursor, page_of
from jianbiao.ports import Clock, Random
from jianbiao.services.launches import Launch, LaunchDesk, Planner
from jianbiao.services.ledger_run import COUNTED

Upload = Callable[[str, Mapping[str, str]], tuple[str, dict[str, str]]]
"""Key and metadata of an object → URL to PUT it to, and the headers that go with it."""


def routes(
    *, desk: LaunchDesk, planner: Planner, upload: Upload, upload_seconds: int, clock: Clock, random: Random
) -> Mapping[str, Route]:
    """Route key → function."""

    def create(request: Request) -> Response:
        body = request.body("BackfillRequest")
        metadata = {"actor": body["actor"]}
        if as_of := body.get("as_of"):
            try:
                at = parse_rfc3339(as_of)
            except ValueError as error:
                raise InvalidInput(FieldError("/as_of", "a time as RFC 3339 with its offset")) from error
            if at > clock() + CLOCK_SKEW:
                raise InvalidInput(FieldError("/as_of", "lies in the future"))
            metadata["as-of"] = rfc3339(at)
        key = f"ledger/{random(16).hex()}.jsonl"
        url, headers = upload(key, metadata)
        return Response(
            201,
            {
                "key": key,
                "upload_url": url,
                "method": "PUT",
                "headers": headers,
                "expires_at": rfc3339(clock() + upload_seconds),
            },
        )

    def listed(request: Request) -> Response:
        actor(request)
        whose = f"{client_id(request)}#backfills"
        page = page_of(request, whose)
        found, following = desk.launches.page(limit=page.limit, after=page.after)
        found.sort(key=lambda launch: (-launch.created_at, launch.launch_id))
        shown = [backfill(launch, clock()) for launch in found]
        return Response(200, {"backfills": shown, "next": Cursor.after(following, whose)})

    def one(request: Request) -> Response:
        actor(request)
        return _whole(desk.get(request.path["id"]))

    def control(request: Request) -> Response:
        body = request.body("BackfillControl")
        launch = desk.control(
            request.path["id"],
            actor=body["actor"],
            paused=body.get("paused"),
            rate=body.get("rate"),
            aborted=body.get("aborted"),
        )
        return _whole(launch)

    def redrive(request: Request) -> Response:
        body = request.body("BackfillRedrive")
        return _whole(desk.redrive(request.path["id"], actor=body["actor"]))

    def _whole(launch: Launch) -> Response:
        report = planner.report(launch)
        shown = report and {"counts": report["counts"], "by_reason": report["by_reason"]}
        return Response(200, {**backfill(launch, clock()), "report": shown})

    return {
        "POST /v1/admin/backfills": create,
        "GET /v1/admin/backfills": listed,
        "GET /v1/admin/backfills/{id}": one,
        "PATCH /v1/admin/backfills/{id}": control,
        "POST /v1/admin/backfills/{id}/redrive": redrive,
    }


def backfill(launch: Launch, now: int) -> dict[str, Any]:
    """A launch as administrators see it. Rate and end are estimated from what is done so far, pauses included."""
    done, size = launch.progress.get("bytes", 0), launch.ledger.size
    seconds = max((launch.ended_at or now) - launch.created_at, 1)
    left = seconds * (size - done) / done if done and launch.state == "running" else None
    return {
        "backfill_id": launch.launch_id,
        "key": launch.ledger.key,
        "as_of": rfc3339(launch.ledger.as_of),
        "state": launch.state,
        "error": launch.error,
        "attempt": launch.attempt,
        "paused": launch.paused,
        "aborted": launch.aborted,
        "rate": launch.rate,
        "created_at": rfc3339(launch.created_at),
        "ended_at": rfc3339(launch.ended_at) if launch.ended_at else None,
        "progress": {
            "bytes": done,
            "of_bytes": size,
            **{name: launch.progress.get(name, 0) for name in COUNTED},
            "rows_per_second": round(launch.progress.get("rows", 0) / seconds, 1),
            "seconds_left": None if left is None else round(left),
        },
        "changes": [{"at": rfc3339(c.at), "by": c.by, "what": c.what} for c in launch.changes],
    }
