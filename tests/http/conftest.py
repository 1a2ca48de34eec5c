"""What Lambda sets for every function, for handlers that are called in process."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYMENT", "test")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "test-function")
