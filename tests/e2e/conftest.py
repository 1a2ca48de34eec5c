"""The deployment that the tests of this directory share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.deployment import Stack, run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The search through the logs comes behind everything that logs."""
    items.sort(key=lambda item: "e2e/test_logs.py" in item.nodeid)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running deployment with the sample data, stopped at the end of the session."""
    state = tmp_path_factory.mktemp("deployment")
    try:
        started = run(state, "--detach", "--port", "0")
        if started.returncode:
            pytest.fail(f"The local deployment did not start:\n{started.stdout}", pytrace=False)
        yield Stack(state)
    finally:
        run(state, "--stop")
