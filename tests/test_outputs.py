"""What the documents call an output of the stack is one, and each output is there for somebody."""

from __future__ import annotations

import re

from infra.package import ROOT
from local import template
from local.deploy import TEMPLATE

OUTPUTS = set(template.load(TEMPLATE)["Outputs"])
PAGES = {
    page: page.read_text(encoding="utf-8") for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
}
NAMED = re.compile(r"\$\(out(?:put)? (\w+)\)")
KIND = re.compile(
    r"\w+(?:TableName|FunctionName|BucketName|ClientId|KeyArn|EngineArn|QueueUrl|DeadLettersUrl)"
)


def test_the_documents_name_outputs_that_exist() -> None:
    named = {(page.name, name) for page, text in PAGES.items() for name in NAMED.findall(text)}
    assert {page for page, _ in named} >= {"deployment.md", "runbook.md"}
    assert not {(page, name) for page, name in named if name not in OUTPUTS}
    for page, text in PAGES.items():
        assert set(KIND.findall(text)) <= OUTPUTS, page.name


def test_an_output_is_there_for_somebody() -> None:
    """A reader of the documents, a command, the local deployment, or the test of every table."""
    users = "\n".join(
        file.read_text(encoding="utf-8")
        for place in ("local", "tests", "layers/core/jianbiao/ops")
        for file in (ROOT / place).rglob("*.py")
    )
    told = users + "\n".join(PAGES.values())
    unused = {name for name in OUTPUTS if not re.search(rf"\b{name}\b", told)}
    assert unused <= {name for name in OUTPUTS if name.endswith("TableName")}
