"""The run book: every alarm has its section, and every command in it exists with the options it is given."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.session import get_session

from infra import monitoring
from jianbiao.http.operations import OPERATIONS
from jianbiao.ops import __main__ as ops
from jianbiao.ops import guard, keys, launches, redrive, refill, restore, setup
from local import template

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
FUNCTIONS = {
    name: resource
    for name, resource in template.load(monitoring.TEMPLATE)["Resources"].items()
    if resource["Type"] == "AWS::Serverless::Function"
}
ALARMS = monitoring.alarms(FUNCTIONS)
PARSERS = {
    "setup": setup.parser,
    "keys": keys.parser,
    "launches": launches._parser,
    "guard": guard.parser,
    "redrive": redrive._parser,
    "refill": refill.parser,
    "restore": restore.parser,
}


def anchors() -> set[str]:
    titles = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}


def commands(program: str) -> list[str]:
    """Every command of the page that begins so, in code spans and blocks, with its placeholders filled in."""
    joined = TEXT.replace("\\\n", " ")
    spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", joined) + re.findall(r"^ *(\S.*)$", joined, re.MULTILINE)
    found = {span.strip() for span in spans if span.strip().startswith(program)}
    return sorted(re.sub(r"\$\(out (\w+)\)", r"\1", re.sub(r"<[^>]+>", "x", one)) for one in found)


@pytest.mark.parametrize("section", sorted({alarm.section for alarm in ALARMS}))
def test_every_alarm_has_its_section_with_all_it_must_say(section: str) -> None:
    part = re.split(rf"^### {re.escape(section)}$", TEXT, flags=re.MULTILINE)[1]
    part = re.split(r"^##", part, flags=re.MULTILINE)[0]
    for word in ("**Means**", "**Do**", "**Can't see**"):
        assert word in part, word


def test_links_within_the_page_lead_somewhere() -> None:
    wanted = set(re.findall(r"\]\(#([a-z0-9-]+)\)", TEXT))
    assert wanted <= anchors()
    assert {(ROOT / "docs" / f).is_file() for f in re.findall(r"\]\(([a-z-]+\.md)\)", TEXT)} == {True}


OURS = commands("python -m jianbiao.ops ")


@pytest.mark.parametrize("command", OURS)
def test_our_commands_parse(command: str) -> None:
    words = shlex.split(command)[3:]
    if not words:
        return
    area = words[0]
    assert area in ops.AREAS
    rest = [re.sub(r"^x$", "1", word) for word in words]
    PARSERS[area]().parse_args(rest if area == "keys" else rest[1:])


def test_all_areas_of_our_commands_are_in_it_or_in_the_page_on_keys() -> None:
    used = {shlex.split(command)[3] for command in OURS if len(shlex.split(command)) > 3}
    assert used == ops.AREAS.keys() - {"setup"}
    for area in ops.AREAS:
        assert callable(import_module(f"jianbiao.ops.{area}").main)


AWS = commands("aws ")
CLI_ONLY = {"query", "output", "payload", "cli-binary-format", "select"}
"""Options of the CLI itself, or (payload) of an operation under the same name."""


@pytest.mark.parametrize("command", AWS)
def test_aws_commands_exist(command: str) -> None:
    words = shlex.split(command.replace("$STACK", "x"))
    service, operation = words[1], words[2] if len(words) > 2 else ""
    if not operation:
        return
    model = get_session().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in names
    members = {xform_name(name, "-") for name in model.operation_model(names[operation]).input_shape.members}
    for word in words:
        if word.startswith("--"):
            option = word.removeprefix("--").removeprefix("no-")
            assert option in members | CLI_ONLY, option


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    used = {shlex.split(command)[1] for command in commands("make ")}
    assert used
    for target in used:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_calls_are_operations_of_the_api() -> None:
    known = {(operation.method, re.sub(r"\{[^}]+\}", "x", operation.path)) for operation in OPERATIONS}
    calls = 0
    for line in TEXT.replace("\\\n", " ").splitlines():
        for call in re.findall(r"curl (?!.*--config)[^`]*", line):
            method = (re.search(r"-X ([A-Z]+)", call) or [None, "GET"])[1]
            path = re.search(r'\$BASE(/[^"?]*)', call)
            assert path, call
            filled = re.sub(r"<[^>]+>|\$ID", "x", path[1])
            assert (method, filled) in known, (method, filled)
            calls += 1
    assert calls >= 5
