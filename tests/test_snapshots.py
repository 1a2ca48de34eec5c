"""SnapStart starts many environments from one INIT: nothing that must be each one's own may be made there.

No connection (it would be dead after the restore), no random number (all would have the same), no time (it would be
old), nothing read from a store (a policy of the day the version was published).
"""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

from infra.package import ROOT
from tests.support import packaged

PACKAGES = (ROOT / "layers" / "core" / "jianbiao", ROOT / "layers" / "render" / "jianbiao_render")
FUNCTIONS = ROOT / "functions"
TOOLS = {"ops", "offline"}
"""Packages for the command line; no function loads them."""
SEEDED = {"random", "secrets", "uuid"}
"""Modules with a state of their own, or whose values are easily kept: what is random comes from os.urandom, as an
argument, at each call."""
CLOCKS = {"now", "time", "time_ns", "monotonic", "urandom", "random"}
WATCHED = """
import importlib, json, sys
seen = []
def hook(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}:
        seen.append(event)
sys.addaudithook(hook)
for module in MODULES:
    importlib.import_module(module)
print(json.dumps(seen))
"""


def sources() -> list[Path]:
    found = chain(FUNCTIONS.rglob("*.py"), *(package.rglob("*.py") for package in PACKAGES))
    return sorted(file for file in found if not TOOLS & set(file.parts))


@pytest.mark.parametrize("code", ["issue", "verify", "share"])
def test_no_function_reaches_for_anything_at_init(code: str) -> None:
    packaged.build()
    functions = [f for f in packaged.functions() if f.code == code]
    assert functions
    # All functions of a directory in one interpreter, with the settings of all: they are many and import the same.
    together = replace(
        max(functions, key=lambda f: len(f.layers)), variables=tuple(chain(*(f.variables for f in functions)))
    )
    modules = sorted({f.module for f in functions})
    assert json.loads(together.run(WATCHED.replace("MODULES", repr(modules)))) == []


def test_the_watch_sees_a_connection() -> None:
    packaged.build()
    function = packaged.functions()[0]
    reaching = (
        "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 9))\n"
    )
    watched = WATCHED.replace("for module", f"{reaching}for module").replace("MODULES", "[]")
    assert json.loads(function.run(watched)) == ["socket.sendto"]


def test_randomness_is_asked_for_at_each_call() -> None:
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not SEEDED & {name.name.partition(".")[0] for name in node.names}, file
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                assert (node.module or "").partition(".")[0] not in SEEDED, file


def test_no_clock_is_read_while_a_module_is_loaded() -> None:
    """They are passed on as functions."""
    for file in sources():
        outside = [
            statement
            for statement in ast.parse(file.read_text(encoding="utf-8")).body
            if not isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
        ]
        for statement in outside:
            for node in walk_now(statement):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    assert name not in CLOCKS, f"{file}:{node.lineno}"


def walk_now(node: ast.AST) -> list[ast.AST]:
    """The nodes that run when the statement does: not the bodies of lambdas."""
    found = [node]
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Lambda):
            found += walk_now(child)
    return found
