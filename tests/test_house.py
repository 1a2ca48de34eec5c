"""Each function as it is packaged: it starts with its own code, layers and settings, and loads what it needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from tests.support import packaged
from tests.support.packaged import Packaged

pytestmark = pytest.mark.timeout(900)

ON_DEMAND = {"jinja2", "PIL", "reportlab", "fontTools", "qrcode"}
"""What only draws: loaded when the first page or file is asked for, by the functions that draw at all."""
NEVER = ON_DEMAND | {
    "boto3",
    "s3transfer",
    "pydantic",
    "requests",
    "aws_xray_sdk",
    "cbor2",
    "moto",
    "jianbiao.http.openapi",
    "jianbiao.domain.policy_document",
    "jianbiao.offline",
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.utilities.validation",
}
"""What no answer at the roadside waits for. boto3 and s3transfer add nothing to botocore's clients that we use."""
NOT_TO_VERIFY = {
    "jianbiao.aws.endings",
    "jianbiao.citizen_records",
    "jianbiao.domain.cycles",
    "jianbiao.domain.eligibility",
    "jianbiao.services.status_lists",
    "jianbiao_render.looks",
    "jianbiao_render.start",
    "jianbiao_render.tools",
}
"""Rules of issue, what changes vehicles, and the pages that are opened seldom: nobody who scans waits for them."""
SIGNER = "jianbiao.aws.kms"
VALIDATES_POLICY = {"Policy"}
"""Publishing a policy validates it with pydantic."""

LOADED = """
import gc, json, sys
import {module}
assert callable({module}.handler)
assert gc.isenabled()
print(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture(scope="session", autouse=True)
def _packages() -> None:
    """The functions and layers are packaged once, as the local deployment does it."""
    packaged.build()


@cache
def loaded(function: Packaged) -> frozenset[str]:
    """Modules that a function has after INIT."""
    return frozenset(json.loads(function.run(LOADED.format(module=function.module))))


def found_in(modules: frozenset[str], names: set[str]) -> Iterator[str]:
    """Which of `names` are loaded, as themselves or by a part."""
    for name in sorted(names):
        if any(module == name or module.startswith(name + ".") for module in modules):
            yield name


FUNCTIONS = packaged.functions()


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)
def test_it_starts_with_its_own_code_layers_and_settings(function: Packaged) -> None:
    assert function.module in loaded(function)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)
def test_it_loads_nothing_that_it_does_not_need(function: Packaged) -> None:
    allowed = {"pydantic", "jianbiao.domain.policy_document"} if function.name in VALIDATES_POLICY else set()
    assert list(found_in(loaded(function), NEVER - allowed)) == []


def may_sign(name: str) -> bool:
    """Whether the function's role may sign certificates (the list key signs nothing but lists)."""
    statements = packaged.template()["Resources"][f"{name}Policy"]["Properties"]["PolicyDocument"][
        "Statement"
    ]
    return any("kms:Sign" in s["Action"] and "CertificateKey" in str(s["Resource"]) for s in statements)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)
def test_the_code_that_signs_certificates_is_where_the_role_may(function: Packaged) -> None:
    assert bool(list(found_in(loaded(function), {SIGNER}))) == may_sign(function.name)


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.code != "issue"], ids=lambda f: f.name)
def test_what_verifies_or_shares_has_no_code_that_issues(function: Packaged) -> None:
    assert (
        list(found_in(loaded(function), {SIGNER, "jianbiao.services.issue", "jianbiao.services.backfill"}))
        == []
    )


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.code == "verify"], ids=lambda f: f.name)
def test_what_verifies_loads_no_rules_of_issue_and_no_page_that_is_opened_seldom(function: Packaged) -> None:
    others = {
        "VerifyPublic": {"jianbiao.domain.reports", "jianbiao.services.police", "jianbiao.aws.vehicles"}
    }
    assert list(found_in(loaded(function), NOT_TO_VERIFY | others.get(function.name, set()))) == []


ON_DEMAND_PAGES = """
import json
import public
from jianbiao.domain.policy import default_policy
from jianbiao_render import assets

public.policies.current, public.links.current = default_policy, list
shown = [public.verify_page("en")[0], public.app_page("en")[0], public.start_page("en")]
assert public.asset(assets.WORKER).body
assert public.asset("another") is None
print(json.dumps([page[:15] for page in shown]))
"""


def test_the_pages_that_are_opened_seldom_are_in_the_package() -> None:
    function = next(f for f in FUNCTIONS if f.name == "VerifyPublic")
    assert json.loads(function.run(ON_DEMAND_PAGES)) == 3 * ["<!doctype html>"]


def test_the_token_trigger_loads_no_aws() -> None:
    (token,) = [f for f in FUNCTIONS if f.module == "token_claims"]
    assert list(found_in(loaded(token), {"botocore", "jianbiao", "cryptography"})) == []


def test_a_missing_setting_stops_the_start() -> None:
    function = next(f for f in FUNCTIONS if f.name == "VerifyPublic")
    without = tuple(pair for pair in function.variables if pair[0] != "CONFIG_TABLE")
    broken = replace(function, variables=without)
    with pytest.raises(RuntimeError, match="CONFIG_TABLE"):
        broken.run(LOADED.format(module=function.module))
