"""The threat model and the inventory name tests that exist and periods that the policy has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.monitoring import TEMPLATE
from jianbiao.domain.policy import default_policy
from local import template

ROOT = Path(__file__).parents[1]
PAGES = {
    name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("threat-model.md", "privacy.md")
}
NAMED = sorted(
    {found for text in PAGES.values() for found in re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", text)}
)
RESOURCES = template.load(TEMPLATE)["Resources"]


def of_type(kind: str) -> set[str]:
    return {name for name, resource in RESOURCES.items() if resource["Type"] == kind}


@pytest.mark.parametrize("named", NAMED)
def test_the_test_that_shows_a_control_exists(named: str) -> None:
    file, _, function = named.partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^def {function}\(" if function else r"^def test_", text, re.MULTILINE)


def test_there_are_enough_to_check() -> None:
    assert len(NAMED) >= 30


def test_every_function_is_said_to_be_trusted_for_something() -> None:
    missing = {
        name
        for name in of_type("AWS::Serverless::Function")
        if not re.search(rf"`{name}`", PAGES["threat-model.md"]) and name != "Token"
    }
    assert missing == set()


def test_the_inventory_has_every_table_and_every_period() -> None:
    text = PAGES["privacy.md"]
    for table in of_type("AWS::DynamoDB::Table"):
        assert table.removesuffix("Table") in text, table
    for period, days in default_policy().retention_days.items():
        assert re.search(rf"`{period}` \({days:,}[,)]", text) or (
            period == "operational_logs" and f"`{period}` ({days})" in text
        ), period
    assert set(re.findall(r"`(\w+)` \([0-9,]+", text)) == default_policy().retention_days.keys()


def test_links_lead_somewhere() -> None:
    for text in PAGES.values():
        for file in re.findall(r"\]\(([a-z-]+\.md)", text):
            assert (ROOT / "docs" / file).is_file(), file
