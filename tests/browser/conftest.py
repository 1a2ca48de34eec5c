"""Headless Chromium over a local deployment.

`STACK=<state directory>` uses a deployment that runs already (`make run DETACH=1 STATE=<state directory>`).
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="make test-all installs it")

from tests.browser.site import Visitor, launch  # noqa: E402
from tests.browser.views import Views  # noqa: E402
from tests.e2e import links  # noqa: E402
from tests.e2e.deployment import ROOT, Stack, run  # noqa: E402

WEB = ROOT / "web"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this directory needs Chromium and a deployment."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.full)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running deployment with a small ledger."""
    if running := os.environ.get("STACK"):
        yield Stack(Path(running))
        return
    state = tmp_path_factory.mktemp("site")
    try:
        started = run(state, "--detach", "--port", "0", "--count", "100")
        if started.returncode:
            pytest.fail(f"The local deployment did not start:\n{started.stdout}", pytrace=False)
        yield Stack(state)
    finally:
        run(state, "--stop")


@pytest.fixture(scope="session")
def tool() -> Iterator[playwright.Playwright]:
    """What drives browsers."""
    with playwright.sync_playwright() as tool:
        yield tool


@pytest.fixture(scope="session")
def chromium(tool: playwright.Playwright) -> Iterator[playwright.Browser]:
    """One browser for all tests; each test has a context of its own."""
    with launch(tool) as browser:
        yield browser


@pytest.fixture
def visitor(chromium: playwright.Browser, stack: Stack) -> Iterator[Visitor]:
    """Somebody with a phone 360 pixels wide, who speaks Chinese. What goes wrong in the pages fails the test."""
    somebody = Visitor(chromium, stack)
    try:
        yield somebody
        assert somebody.complaints == []
    finally:
        somebody.leave()


@pytest.fixture(scope="session")
def share(stack: Stack) -> str:
    """A share link that works."""
    return links.shared(stack, stack.sample(owner="citizen", why="valid")["certificate_id"])


@pytest.fixture(scope="session")
def withdrawn(stack: Stack) -> str:
    """A share link that was taken back."""
    return links.withdrawn(stack, stack.sample(owner="citizen", why="valid")["certificate_id"])


@pytest.fixture(scope="session")
def suspended(stack: Stack) -> Iterator[str]:
    """A share link of a certificate that was suspended after it was shared."""
    other = stack.sample(owner="citizen_2", why="valid")["certificate_id"]
    with links.suspended(stack, other, "citizen_2") as path:
        yield path


@pytest.fixture
def views(visitor: Visitor, request: pytest.FixtureRequest) -> Views:
    """Every page by name, for the visitor."""
    fixtures = {"share": "share", "suspended share": "suspended", "withdrawn share": "withdrawn"}
    return Views(visitor, lambda name: str(request.getfixturevalue(fixtures[name])))


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The pinned packages of web/, installed."""
    installed = WEB / "node_modules" / ".package-lock.json"
    lock = WEB / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        done = subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund"], cwd=WEB, capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.fail(f"npm ci failed:\n{done.stdout}\n{done.stderr}", pytrace=False)
    return WEB / "node_modules"
