"""Settings of Hypothesis for all tests, and how they are shared out when two processes run them."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

# A shared machine is now and then ten times slower than it was a moment before: how long one example takes there says
# nothing about the code. The benches measure time.
# Where a change is judged (CI), the same examples each time; everywhere else new ones are looked for.
settings.register_profile(
    "jianbiao",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("jianbiao")

TOGETHER = ("e2e", "browser")
"""Directories whose tests share a deployment."""
APART = ("e2e/test_runbook_drills.py", "e2e/test_start.py", "e2e/test_schemathesis.py")
"""Files among them whose tests start deployments of their own."""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """A file's tests stay in one process, and so do all that share a deployment. pytest-xdist's own groups are not
    seen by the pytest that we use."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0].removeprefix("tests/")
        directory = file.partition("/")[0]
        return directory if directory in TOGETHER and file not in APART else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """What shares the tests out (pytest-xdist asks)."""
    return ByFile(config, log)
