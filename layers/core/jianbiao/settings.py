"""The only reader of the environment. Each function asks for the settings it needs once, at INIT, and fails there."""

from __future__ import annotations

import os


class MissingSetting(RuntimeError):
    """A setting the function cannot work without is absent: the deployment is wrong."""


def setting(name: str, default: str | None = None) -> str:
    """Value of an environment variable; raises MissingSetting where it is absent and has no default."""
    value = os.environ.get(name, default)
    if value is None or (value == "" and default is None):
        raise MissingSetting(f"environment variable {name} is not set")
    return value


def watermark() -> str | None:
    """What marks everything that a deployment shows unless it is production."""
    return None if setting("STAGE") == "prod" else "演示 DEMO"
