"""Settings of Hypothesis for all tests, and how they are shared out when two processes run them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A shared machine is now and then ten times slower than it was a moment before: how long one example takes there says
# nothing about the code. The benches measure time.
settings.register_profile("jianbiao", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("jianbiao")

TOGETHER = ("e2e", "browser")
"""Directories whose tests share a deployment."""
APART = ("e2e/test_start.py",)
"""Files among them whose tests start deployments of their own."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests stay in one process (pytest-xdist), and so do all that share a deployment."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item.path.relative_to(Path(__file__).parent))))


def _group(file: Path) -> str:
    together = file.parts[0] in TOGETHER and file.as_posix() not in APART
    return file.parts[0] if together else file.as_posix()
