"""Every command that the Makefile runs says what it does, and does nothing else when it is asked."""

from __future__ import annotations

import re
import subprocess

import pytest

from infra.package import ROOT
from local.envs import python_of

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
MODULES = sorted(
    set(re.findall(r"-m ((?:infra|local|bench|jianbiao|tests)[\w.]*)", MAKEFILE)) - {"local.envs"}
)


@pytest.mark.parametrize("module", MODULES)
def test_it_has_help(module: str) -> None:
    done = subprocess.run(
        [python_of("dev"), "-m", module, "--help"],
        cwd=ROOT,
        env={"PYTHONPATH": "layers/core:layers/render:functions:.", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: ")
    # More than the usage: what it is for.
    assert len(done.stdout.split("\n\n")) > 1
