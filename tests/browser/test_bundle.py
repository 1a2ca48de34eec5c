"""The committed bundle is what its sources and pinned tools make."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.browser.conftest import WEB


def test_the_committed_bundle_is_what_is_built(node_modules: Path) -> None:
    done = subprocess.run(
        ["node", "build.mjs", "--check"], cwd=WEB, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_lock_file_pins_by_digest_and_names_no_place() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    for name, entry in packages.items():
        assert "resolved" not in entry, name
        assert entry["integrity"].startswith("sha512-"), name
    named = json.loads((WEB / "package.json").read_text("utf-8"))
    assert all(
        version[0].isdigit() for version in {**named["dependencies"], **named["devDependencies"]}.values()
    )
