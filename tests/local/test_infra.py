"""Around the functions: parameters of stages, resource policies, versions, edges. Read off the templates."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from infra import release
from infra.package import ROOT
from local import template
from local.deploy import TEMPLATE

INFRA = TEMPLATE.parent
DOCUMENT = template.load(TEMPLATE)
PARAMETERS: dict[str, dict[str, Any]] = DOCUMENT["Parameters"]
RESOURCES: dict[str, dict[str, Any]] = DOCUMENT["Resources"]
WAF = template.load(INFRA / "waf.yaml")["Resources"]
STAGES = ("dev", "staging", "prod")
PARTITIONS = ("aws", "aws-cn")
OF_A_DEPLOYMENT = {"PublicUrl"}
"""Parameters that have no default, since no two deployments share them: `make deploy` is told."""


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: r for name, r in RESOURCES.items() if r["Type"] == kind}


FUNCTIONS = of_type("AWS::Serverless::Function")


def settings(name: str) -> dict[str, str]:
    """A file of parameters."""
    pairs = (INFRA / "parameters" / f"{name}.txt").read_text(encoding="utf-8").split()
    found = dict(pair.partition("=")[::2] for pair in pairs)
    assert len(found) == len(pairs), f"{name}: a parameter twice"
    return found


# --- parameters


@pytest.mark.parametrize("name", [*STAGES, *PARTITIONS])
def test_settings_are_parameters_that_exist_with_values_that_are_allowed(name: str) -> None:
    for parameter, value in settings(name).items():
        rule = PARAMETERS[parameter]
        assert value in map(str, rule.get("AllowedValues", [value])), parameter
        assert re.fullmatch(rule.get("AllowedPattern", ".*"), value), parameter
        if rule["Type"] == "Number":
            assert rule.get("MinValue", 0) <= int(value) <= rule.get("MaxValue", 10**9), parameter


def test_there_is_a_file_for_each_stage_and_partition_and_no_other() -> None:
    files = {file.stem for file in (INFRA / "parameters").glob("*")}
    assert files == {*STAGES, *PARTITIONS}
    assert set(PARAMETERS["Stage"]["AllowedValues"]) == set(STAGES)
    for stage in STAGES:
        assert settings(stage)["Stage"] == stage


def test_what_has_no_default_is_asked_for() -> None:
    assert {name for name, rule in PARAMETERS.items() if "Default" not in rule} == OF_A_DEPLOYMENT
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(f"{name}=$" in makefile for name in OF_A_DEPLOYMENT)


@pytest.mark.parametrize("given", ["STAGE=production", "PARTITION=aws-us"])
def test_a_stage_that_nobody_knows_is_refused_before_anything_is_built(given: str) -> None:
    done = subprocess.run(["make", "deploy", given], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode
    assert f"infra/parameters/{given.partition('=')[2]}.txt" in done.stderr
    assert "STAGE is dev, staging or prod" in done.stderr
    assert "sam build" not in done.stdout


def test_stages_in_one_account_do_not_share_names() -> None:
    assert len({settings(stage)["Deployment"] for stage in STAGES}) == len(STAGES)


def test_production_reserves_for_each_function_that_can_be_reserved_for() -> None:
    reserved = {name: int(value) for name, value in settings("prod").items() if name.startswith("Reserve")}
    assert set(reserved) == {name for name in PARAMETERS if name.startswith("Reserve")}
    assert all(reserved.values())
    # Of an account's 1,000, Lambda keeps 100 unreserved; the functions without a reservation live there.
    assert sum(reserved.values()) <= 900
    assert reserved["ReserveBackfill"] >= int(settings("prod")["BackfillConcurrency"])


def test_all_that_a_launch_writes_by_the_row_can_be_warmed() -> None:
    """An index, too: what it cannot take holds its table back."""
    warm = {
        "Fn::If": ["WarmsUp", {"WriteUnitsPerSecond": {"Ref": "WarmWriteUnits"}}, {"Ref": "AWS::NoValue"}]
    }
    warmed = set()
    for name, table in of_type("AWS::DynamoDB::Table").items():
        own = table["Properties"]
        for place, given in [
            (name, own),
            *((i["IndexName"], i) for i in own.get("GlobalSecondaryIndexes", ())),
        ]:
            if "WarmThroughput" in given:
                assert given["WarmThroughput"] == warm
                warmed.add(place)
    assert warmed == {"VehiclesTable", "by-owner", "PlatesTable", "CertificatesTable", "IssuancesTable"}
    assert DOCUMENT["Conditions"]["WarmsUp"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "WarmWriteUnits"}, 0]}]}
    assert PARAMETERS["WarmWriteUnits"]["Default"] == 0


def test_production_takes_a_bad_release_back() -> None:
    for stage in ("staging", "prod"):
        assert settings(stage)["Canary"] == "true"
    assert PARAMETERS["Alarms"]["Default"] == "true"
    assert "Alarms" not in settings("prod")


def test_aws_cn_gets_what_it_has() -> None:
    assert settings("aws-cn")["SnapStart"] == "false"
    for condition in ("OwnIssuer", "SnapStarts", "InFront"):
        assert "aws-cn" in json.dumps(DOCUMENT["Conditions"][condition])


def test_sam_knows_the_stages() -> None:
    configured = tomllib.loads((INFRA / "samconfig.toml").read_text(encoding="utf-8"))
    assert set(configured) == {"version", "default", *STAGES}
    for stage in STAGES:
        deploy = configured[stage]["deploy"]["parameters"]
        assert deploy["capabilities"] == "CAPABILITY_IAM CAPABILITY_AUTO_EXPAND"
        assert deploy["confirm_changeset"] is (stage != "dev")
        assert configured[stage]["global"]["parameters"]["stack_name"] == f"jianbiao-{stage}"


def test_an_own_host_is_required_on_aws() -> None:
    rule = DOCUMENT["Rules"]["OwnHost"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "RequireTls"}, "true"]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "CertificateArn"}, ""]}]}
    # The one URL without TLS that is accepted is this machine's own.
    assert not re.fullmatch(PARAMETERS["PublicUrl"]["AllowedPattern"], "http://10.0.0.1:80")


# --- versions


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_each_change_of_a_function_is_a_version(name: str) -> None:
    """Its settings and layers, too, which hold nearly all of the code: they are in the digest."""
    assert FUNCTIONS[name]["Properties"]["AutoPublishCodeSha256"] == {"Ref": "Release"}
    assert DOCUMENT["Globals"]["Function"]["AutoPublishAlias"] == "live"


def test_a_release_is_known_by_its_code_and_its_parameters() -> None:
    given = ["Stage=prod", "LogLevel=INFO"]
    assert release.release(given) == release.release(given[::-1])
    assert release.release(given) != release.release([given[0], "LogLevel=DEBUG"])
    assert re.fullmatch(PARAMETERS["Release"]["AllowedPattern"], release.release(given))
    assert PARAMETERS["Release"]["Default"] == release.UNSTAMPED
    for resource in RESOURCES.values():
        for field in ("CodeUri", "ContentUri"):
            source = resource["Properties"].get(field)
            if source:
                assert source.split("/")[1] in release.MADE_FROM, source


def test_a_built_template_is_stamped_once(tmp_path: Path) -> None:
    built = tmp_path / "template.yaml"
    built.write_text(TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    release.stamp(built, "0123456789abcdef")
    assert template.load(built)["Parameters"]["Release"]["Default"] == "0123456789abcdef"
    with pytest.raises(ValueError, match="0 times"):
        release.stamp(built, "0123456789abcdef")


def test_nobody_calls_a_function_past_its_alias() -> None:
    """Only its alarms know its name: a caller would get what is deployed last, whatever the canary says."""
    named = re.compile(
        rf'\{{"Fn::GetAtt": \["({"|".join(FUNCTIONS)})", "Arn"\]|\{{"Ref": "({"|".join(FUNCTIONS)})"\}}'
    )
    for name, resource in RESOURCES.items():
        if name != "Monitoring":
            assert not named.search(json.dumps(resource)), name
    assert not named.search(json.dumps(DOCUMENT["Outputs"]))


def test_a_canary_is_stopped_by_alarms_that_exist() -> None:
    preference = DOCUMENT["Globals"]["Function"]["DeploymentPreference"]
    assert preference["Enabled"] == {"Ref": "Canary"}
    monitoring = template.load(INFRA / "monitoring.yaml")["Resources"]
    named = {json.dumps(r["Properties"].get("AlarmName")) for r in monitoring.values()}
    assert preference["Alarms"]
    assert len(preference["Alarms"]) <= 10, "CodeDeploy takes ten"
    assert all(json.dumps(alarm) in named for alarm in preference["Alarms"])


# --- resource policies


def statements(policy: str) -> dict[str, dict[str, Any]]:
    """A resource policy as it is where TLS is required, by Sid."""
    found = RESOURCES[policy]["Properties"]["PolicyDocument"]["Statement"]
    chosen = [s["Fn::If"][1] if "Fn::If" in s else s for s in found]
    return {s["Sid"]: s for s in chosen}


@pytest.mark.parametrize("name", sorted(of_type("AWS::S3::Bucket") | of_type("AWS::SQS::Queue")), ids=str)
def test_buckets_and_queues_are_for_this_account_by_tls(name: str) -> None:
    bucket = RESOURCES[name]["Type"] == "AWS::S3::Bucket"
    policy = f"{name}Policy"
    assert RESOURCES[policy].get("Condition", "TlsOnly") == "TlsOnly"
    found = statements(policy)
    for sid in ("TlsOnly", "ThisAccount"):
        statement = found[sid]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Action"] == ("s3:*" if bucket else "sqs:*")
        covered = json.dumps(statement["Resource"])
        assert f'["{name}", "Arn"]' in covered
        assert not bucket or f'"${{{name}.Arn}}/*"' in covered
    assert found["TlsOnly"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    account = found["ThisAccount"]["Condition"]
    assert account["StringNotEquals"] == {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}
    # S3 notifies the inbox queue as a service, which has no account; the policy names our bucket and account for it.
    assert set(account) - {"StringNotEquals"} in ({"Bool"}, {"BoolIfExists"})
    allowed = [s for s in found.values() if s["Effect"] == "Allow"]
    assert [s["Sid"] for s in allowed] == (["FromTheInbox"] if name == "InboxQueue" else [])
    for statement in allowed:
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
        assert "aws:SourceArn" in statement["Condition"]["ArnEquals"]


# --- edges


def test_routes_with_limits_of_their_own_exist() -> None:
    routes = {
        f"{event['Properties']['Method']} {event['Properties']['Path']}": event["Properties"].get("Auth")
        for function in FUNCTIONS.values()
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }
    limited = RESOURCES["Api"]["Properties"]["RouteSettings"]
    assert set(limited) <= set(routes)
    for key, auth in routes.items():
        if auth and auth["AuthorizationScopes"][0] in ("jianbiao/admin", "jianbiao/office"):
            assert limited[key]["ThrottlingRateLimit"] == {"Ref": "OperatorRateLimit"}, key
    assert limited["POST /v1/certificates"]["ThrottlingRateLimit"] == {"Ref": "ApplyRateLimit"}


def test_applications_cannot_take_what_a_launch_leaves_of_the_signing_quota() -> None:
    for stage in STAGES:
        given = {name: rule.get("Default") for name, rule in PARAMETERS.items()} | settings(stage)
        left = int(given["SignQuota"]) * (100 - int(given["SignShare"])) / 100
        assert int(given["ApplyRateLimit"]) < left, stage


def test_the_default_endpoint_is_off_with_an_own_host_and_so_behind_cloudfront() -> None:
    assert RESOURCES["Api"]["Properties"]["DisableExecuteApiEndpoint"] == {
        "Fn::If": ["OwnDomain", True, False]
    }
    asserted = json.dumps(DOCUMENT["Rules"]["WholeFront"]["Assertions"])
    assert '{"Ref": "OriginHost"}' in asserted
    assert '{"Ref": "WebAclArn"}' in asserted
    assert RESOURCES["Domain"]["Properties"]["DomainName"]["Fn::If"][:2] == ["InFront", {"Ref": "OriginHost"}]


def test_cloudfront_keeps_no_paths_and_no_answers_of_its_own() -> None:
    front = RESOURCES["Front"]
    config = front["Properties"]["DistributionConfig"]
    assert front["Condition"] == "InFront"
    assert config["WebACLId"] == {"Ref": "WebAclArn"}
    assert "Logging" not in config
    assert config["DefaultCacheBehavior"]["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    # What is cached is public, the same for all, and may be old by as much as its Cache-Control says.
    assert {b["PathPattern"] for b in config["CacheBehaviors"]} == {"/.well-known/jwks.json", "/assets/*"}
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"


def test_the_firewall_keeps_no_samples_of_requests() -> None:
    acl = WAF["WebAcl"]["Properties"]
    assert acl["Scope"] == "CLOUDFRONT"
    for visible in [acl["VisibilityConfig"], *(rule["VisibilityConfig"] for rule in acl["Rules"])]:
        assert visible["SampledRequestsEnabled"] is False
    assert any("RateBasedStatement" in rule["Statement"] for rule in acl["Rules"])
    assert not {r["Type"] for r in WAF.values()} & {"AWS::WAFv2::LoggingConfiguration"}
