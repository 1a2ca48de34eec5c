"""Programs that `make test-all` needs besides Python: installed where that can be done, named where it cannot."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tool:
    """A program under any of its `commands`, and the Debian or Ubuntu `packages` it comes with (first that exists)."""

    name: str
    commands: tuple[str, ...]
    packages: tuple[str, ...]

    def found(self) -> str | None:
        """Where it is, None if nowhere. It must run: Ubuntu's chromium package can be a note that points to a snap."""
        for command in self.commands:
            path = shutil.which(command)
            if path and runs(path):
                return path
        return None


TOOLS = (
    Tool(
        "Chromium",
        ("chromium", "chromium-browser", "google-chrome", "chrome"),
        ("chromium", "chromium-browser"),
    ),
    Tool("Node.js", ("node", "nodejs"), ("nodejs",)),
    Tool("npm", ("npm",), ("npm",)),
    Tool("Poppler", ("pdftoppm",), ("poppler-utils",)),
)


def runs(path: str) -> bool:
    """Whether a program says its version."""
    for option in ("--version", "-v"):
        try:
            done = subprocess.run([path, option], capture_output=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
        if done.returncode == 0:
            return True
    return False


def install(tools: list[Tool]) -> None:
    """Install packages by apt-get, if this is root on a system that has it. What fails is noticed afterwards."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return
    print("… installing " + ", ".join(tool.name for tool in tools), flush=True)
    _quietly([apt, "update", "-qq"])
    for tool in tools:
        for package in tool.packages:
            _quietly([apt, "install", "-y", "-qq", "--no-install-recommends", package])
            if tool.found():
                break


def _quietly(command: list[str]) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make sure that every tool of `make test-all` is there: install what is missing, or say what to install."""
    argparse.ArgumentParser(prog="python -m local.tools", description=main.__doc__).parse_args(arguments)
    missing = [tool for tool in TOOLS if not tool.found()]
    if missing:
        install(missing)
        missing = [tool for tool in TOOLS if not tool.found()]
    for tool in missing:
        print(
            f"{tool.name} is missing. Debian, Ubuntu: apt-get install {tool.packages[0]}"
            f" (one of these commands must run: {', '.join(tool.commands)})",
            file=sys.stderr,
        )
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
