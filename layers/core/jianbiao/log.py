"""Operational logs: one JSON object a line on standard output, where CloudWatch finds the fields.

Forty lines in place of a library: its import took longer than that of everything else the verify functions add
to boto3 (docs/decisions.md).

An exception is logged as its class, its causes and the places it came through, without messages and values: those
of the SDK and of the standard library quote what they were given, and that may be a plate or a VIN.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from traceback import extract_tb

from jianbiao.domain.times import CHINA
from jianbiao.settings import setting

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """A record as one line of JSON: timestamp (+08:00), level, service, message, then the record's extras."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, CHINA).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info and record.exc_info[1]:
            line["exception"] = list(_chain(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False, separators=(",", ":"), default=str)


def _chain(error: BaseException | None) -> Iterator[dict[str, object]]:
    """The exception and what caused it, the outermost first."""
    while error is not None:
        places = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in extract_tb(error.__traceback__)]
        yield {"type": f"{type(error).__module__}.{type(error).__qualname__}", "places": places}
        error = error.__cause__ or error.__context__


def logger(service: str) -> logging.Logger:
    """The function's logger at the level of the setting LOG_LEVEL."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(service))
    made = logging.getLogger(f"jianbiao.{service}")
    made.handlers[:] = [handler]
    made.propagate = False  # Lambda's own handler on the root logger would write each line a second time
    made.setLevel(setting("LOG_LEVEL", "INFO"))
    return made
