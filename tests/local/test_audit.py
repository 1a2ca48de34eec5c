"""What the dependency audit makes of pip-audit's reports, and that the secret scan finds what is planted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra.package import ROOT
from local import audit, secret_scan
from local.audit import Audit
from local.envs import python_of


def package(name: str, *vulnerabilities: str) -> dict[str, Any]:
    return {
        "name": name,
        "version": "1.0",
        "vulns": [{"id": v, "fix_versions": ["1.1"]} for v in vulnerabilities],
    }


def test_a_known_vulnerability_is_named_with_its_repair() -> None:
    found = Audit()
    found.add({"dependencies": [package("good"), package("bad", "PYSEC-1", "PYSEC-2")]})
    assert found.known == ["bad 1.0: PYSEC-1 (repaired in 1.1)", "bad 1.0: PYSEC-2 (repaired in 1.1)"]
    assert not any("no known vulnerability" in line for line in found.lines())


def test_what_could_not_be_asked_is_never_called_clean() -> None:
    found = Audit()
    found.add({"dependencies": [{"name": "one", "skip_reason": "not found"}]})
    assert [line[:14] for line in found.lines()] == ["AUDIT NOT DONE"]
    found.add({"dependencies": [package("two")]})
    assert "not asked about: one" in list(found.lines())


@pytest.mark.parametrize(
    ("report", "strict", "status"),
    [
        ({"dependencies": [package("good")]}, True, 0),
        ({"dependencies": [package("bad", "PYSEC-1")]}, False, 1),
        ({"dependencies": [{"name": "one", "skip_reason": "not found"}]}, False, 0),
        ({"dependencies": [{"name": "one", "skip_reason": "not found"}]}, True, 1),
        (None, False, 0),
        (None, True, 1),
    ],
)
def test_status(
    report: dict[str, Any] | None, strict: bool, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "ensure", lambda _name: True)
    monkeypatch.setattr(audit, "report", lambda _name: report)
    assert audit.main(["--strict"] if strict else []) == status


def test_every_file_of_pins_is_audited() -> None:
    assert set(audit.FILES) == {file.stem for file in (ROOT / "requirements").glob("*.txt")}


@pytest.mark.skipif(not python_of("audit").exists(), reason="make check makes the environment")
def test_planted_secrets_are_found(tmp_path: Path) -> None:
    # Put together here, so that this file has none.
    planted = {
        "aws.py": f'key = "AKIA{"Q7ZX2M4N6P8R3T5V"}"',
        "github.py": f'token = "ghp_{"16C7e42F292c6912E7710c838347Ae178B4a"}"',
        "key.pem": f"-----BEGIN {'PRIVATE'} KEY-----",
        "password.py": f'password = "{"correct" + "horse"}"',
    }
    (tmp_path / "clean.py").write_text("x = 1\n", encoding="utf-8")
    for name, line in planted.items():
        (tmp_path / name).write_text(f"{line}\n", encoding="utf-8")
    assert {line.partition(":")[0] for line in secret_scan.found(tmp_path)} == set(planted)


def test_what_is_allowed_exists() -> None:
    for pattern in secret_scan.ALLOWED:
        assert list(ROOT.glob(pattern)), pattern
