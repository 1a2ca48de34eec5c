"""R8: schemathesis tries every operation of the running product with what the OpenAPI document allows and with what it
does not, with and without a token. It has a deployment of its own: among what it sends are reports of the register that
give the plates of other tests' vehicles to vehicles of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jianbiao.http.openapi import COMMITTED
from tests.e2e.deployment import APP_VERSION, ROOT, Stack, run

pytestmark = [pytest.mark.local, pytest.mark.full]

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "ignored_auth",
)
TIMEOUT = 300
EXAMPLES = 8
"""Of each operation, beside the boundary cases that schemathesis makes by itself: some 1,500 calls, 50 s."""
ROLES = ("citizen", "police", "registry", "office", "admin")
"""Security schemes of the document, and tokens of the deployment."""
REJECTED = ["400", "401", "403", "404", "409", "410", "413", "422", "426", "429"]
"""How bad input may be refused: by what comes first (somebody else's id, an old app, too many guesses)."""


@pytest.fixture
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running deployment with the vehicles of the scenarios."""
    state = tmp_path_factory.mktemp("schemathesis")
    try:
        started = run(state, "--detach", "--port", "0", "--count", "70")
        assert started.returncode == 0, started.stdout
        yield Stack(state)
    finally:
        run(state, "--stop")


def settings(stack: Stack) -> str:
    """schemathesis.toml. Where an id names something, it is a thing that is there, so that the good answers are
    compared with their schemas as well."""
    sample = stack.sample(owner="citizen")
    certificate = f'"path.id" = "{sample["certificate_id"]}"'
    lines = [
        f'"headers" = {{ "X-App-Version" = "{APP_VERSION["X-App-Version"]}" }}',
        "[checks.negative_data_rejection]",
        f"expected-statuses = {REJECTED}",
        "[phases.coverage]",
        "unexpected-methods = []",
        "[generation]",
        f"max-examples = {EXAMPLES}",
        "deterministic = true",
        "allow-extra-parameters = false",
        *(line for role in ROLES for line in (f"[auth.openapi.{role}]", f'bearer = "{stack.token(role)}"')),
        "[[operations]]",
        'include-path-regex = "^/v1/(admin/)?certificates/"',
        'include-method = "GET"',
        f"parameters = {{ {certificate} }}",
        "[[operations]]",
        'include-path = "/v1/certificates/{id}/shares"',
        f"parameters = {{ {certificate} }}",
        "[[operations]]",
        'include-path-regex = "^/[Vv]/"',
        f'parameters = {{ "path.code" = "{sample["code"].rpartition("/")[2]}" }}',
    ]
    return "\n".join(lines) + "\n"


def test_every_operation_keeps_to_the_document(product: Stack, tmp_path: Path) -> None:
    made = subprocess.run([sys.executable, "-m", "local.envs", "schema"], cwd=ROOT, check=False)
    assert made.returncode == 0, "the environment `schema` cannot be made"
    config = tmp_path / "schemathesis.toml"
    config.write_text(settings(product), encoding="utf-8")
    command: list[Any] = [
        ROOT / ".envs" / "schema" / "bin" / "python", "-m", "schemathesis.cli", "--no-color", "--config-file", config,
        "run", COMMITTED, "--url", product.base_url, "--checks", ",".join(CHECKS), "--phases", "coverage,fuzzing",
        "--max-redirects", "0", "--workers", "2", "--continue-on-failure",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-4_000:]
    operations = sum(len(item) for item in json.loads(COMMITTED.read_bytes())["paths"].values())
    assert f"Tested: {operations}\n" in done.stdout, done.stdout[-4_000:]
