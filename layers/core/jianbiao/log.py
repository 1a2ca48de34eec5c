"""Operational logs: Powertools' JSON lines, without the values that exceptions carry.

An exception is logged as its class, its causes and the places it came through, without messages: those of the SDK
and of the standard library quote what they were given, and that may be a plate or a VIN.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from traceback import extract_tb

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from jianbiao.settings import setting


class WithoutValues(LambdaPowertoolsFormatter):
    """Powertools' formatter, for exceptions without their messages."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        if record.exc_info and record.exc_info[1]:
            record.causes = list(_chain(record.exc_info[1]))
        record.exc_info = record.exc_text = None
        return super().format(record)


def _chain(error: BaseException | None) -> Iterator[dict[str, object]]:
    """The exception and what caused it, the outermost first."""
    while error is not None:
        places = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in extract_tb(error.__traceback__)]
        yield {"type": f"{type(error).__module__}.{type(error).__qualname__}", "places": places}
        error = error.__cause__ or error.__context__


def logger(service: str) -> Logger:
    """The function's logger at the level of the setting LOG_LEVEL."""
    return Logger(service=service, level=setting("LOG_LEVEL", "INFO"), logger_formatter=WithoutValues())
