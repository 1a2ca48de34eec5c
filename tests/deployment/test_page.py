"""What the deployment page has for pasting is what the test with the real SAM CLI pastes."""

from __future__ import annotations

import re

from tests.deployment import page


def test_every_block_is_pasted_or_said_to_be_untried() -> None:
    assert page.sections() == page.PASTED | page.NOT_TRIED


def test_what_was_only_read_is_said_where_an_operator_reads_it() -> None:
    limits = page.PAGE.partition("## What was tried and what could not be")[2]
    for what in ("canary", "CodeDeploy", "SnapStart", "CloudFront", "WAF", "alarms", "quotas", "tokens"):
        assert re.search(rf"^\|.*\b{what}\b", limits, re.MULTILINE), what
    assert "(#what-was-tried-and-what-could-not-be)" in page.PAGE
