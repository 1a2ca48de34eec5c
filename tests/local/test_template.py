"""What has to hold in infra/template.yaml whatever is added to it: who may do what, and what is never lost."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from infra.package import LAYERS, ROOT
from jianbiao.domain.policy import default_policy
from local import template
from local.allowlist import AllowList, ApiCall
from local.deploy import TEMPLATE

DOCUMENT = template.load(TEMPLATE)
RESOURCES: dict[str, dict[str, Any]] = DOCUMENT["Resources"]
SIGNERS = {"Apply", "Backfill", "Events"}
"""Functions that may sign certificates (style.md's house: apply, events, backfill)."""
LIST_SIGNERS = {"Status"}
READS = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:ConditionCheckItem"}


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: r for name, r in RESOURCES.items() if r["Type"] == kind}


FUNCTIONS = of_type("AWS::Serverless::Function")
TABLES = of_type("AWS::DynamoDB::Table")


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def grants(function: str) -> list[tuple[str, str]]:
    """(action, resource as JSON) that the role of a function has."""
    statements = RESOURCES[f"{function}Policy"]["Properties"]["PolicyDocument"]["Statement"]
    return [
        (action, json.dumps(resource))
        for statement in statements
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    ]


def touching(function: str, name: str) -> set[str]:
    """Actions of a function on the resource `name` and what belongs to it."""
    return {action for action, resource in grants(function) if re.search(rf'"{name}"|\{{{name}\.', resource)}


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_each_function_has_a_role_and_a_log_of_its_own(function: str) -> None:
    properties = FUNCTIONS[function]["Properties"]
    assert properties["Role"] == {"Fn::GetAtt": [f"{function}Role", "Arn"]}
    assert properties["LoggingConfig"] == {"LogGroup": {"Ref": f"{function}Logs"}}
    assert RESOURCES[f"{function}Policy"]["Properties"]["Roles"] == [{"Ref": f"{function}Role"}]
    assert "Policies" not in RESOURCES[f"{function}Role"]["Properties"]
    assert "ManagedPolicyArns" not in RESOURCES[f"{function}Role"]["Properties"]
    assert touching(function, f"{function}Logs") == {"logs:CreateLogStream", "logs:PutLogEvents"}


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_permissions_are_single_actions_on_single_resources(function: str) -> None:
    for action, resource in grants(function):
        assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action), action
        assert json.loads(resource) != "*"
        # A star may stand for the objects of a bucket or under a prefix, nowhere else.
        assert "*" not in resource or re.search(r"Bucket\.Arn\}/([a-z-]+/)?\*", resource), resource


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_who_signs(function: str) -> None:
    certificates = touching(function, "CertificateKey") | touching(function, "StandbyKey")
    assert certificates == ({"kms:Sign"} if function in SIGNERS else set())
    assert touching(function, "ListKey") <= ({"kms:Sign"} if function in LIST_SIGNERS else set())


def test_the_address_key_has_two_users_who_do_the_opposite() -> None:
    for function in FUNCTIONS:
        allowed = {"Citizen": {"kms:Encrypt"}, "Office": {"kms:Decrypt"}}.get(function, set())
        assert touching(function, "PaperKey") == allowed
    statements = RESOURCES["PaperKey"]["Properties"]["KeyPolicy"]["Statement"]
    users = {
        s["Principal"]["AWS"]["Fn::GetAtt"][0]: s["Action"] for s in statements if s["Sid"] != "Administer"
    }
    assert users == {"CitizenRole": "kms:Encrypt", "OfficeRole": "kms:Decrypt"}
    (administer,) = [s for s in statements if s["Sid"] == "Administer"]
    assert not {"kms:Encrypt", "kms:Decrypt", "kms:CreateGrant", "kms:*"} & set(administer["Action"])


def test_settings_are_queried_and_no_more() -> None:
    """The newest version of an item is a query; only who publishes the policy reads a certain version."""
    for function in FUNCTIONS:
        more = {"dynamodb:GetItem", "dynamodb:PutItem"} if function == "Policy" else set()
        assert touching(function, "ConfigTable") <= {"dynamodb:Query"} | more, function


def test_versions_of_a_ledger_are_looked_up_by_the_plan_alone() -> None:
    """A notice names the version that it is about; workers read what the plan has found, by ETag."""
    users = {f for f in FUNCTIONS for action, _ in grants(f) if action == "s3:GetObjectVersion"}
    assert users == {"BackfillPlan"}


@pytest.mark.parametrize("key", ["CertificateKey", "StandbyKey", "ListKey"])
def test_the_key_itself_names_who_signs(key: str) -> None:
    roles = LIST_SIGNERS if key == "ListKey" else SIGNERS
    for statement in RESOURCES[key]["Properties"]["KeyPolicy"]["Statement"]:
        actions = set(listed(statement["Action"]))
        if statement["Sid"] == "Administer":
            assert not actions & {"kms:*", "kms:Sign", "kms:CreateGrant", "kms:GenerateMac"}
            assert all("*" not in action for action in actions)
        else:
            assert actions == {"kms:Sign"}
            named = {p["Fn::GetAtt"][0].removesuffix("Role") for p in listed(statement["Principal"]["AWS"])}
            assert named <= roles
            assert all(touching(function, key) == {"kms:Sign"} for function in named)


def test_verification_only_reads() -> None:
    for function in (name for name in FUNCTIONS if name.startswith("Verify")):
        for table in TABLES:
            allowed = {"dynamodb:PartiQLInsert"} if table == "AuditTable" else READS
            assert touching(function, table) <= allowed, (function, table)
        assert not any(action.startswith(("kms:", "sqs:")) for action, _ in grants(function))


def test_operators_cannot_sign_and_read_only_what_they_need() -> None:
    for function in ("Admin", "Policy", "AuditQuery"):
        assert not any(action.startswith(("kms:", "s3:", "sqs:")) for action, _ in grants(function))
    assert touching("Policy", "ConfigTable") == {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"}
    assert touching("AuditQuery", "AuditTable") == {"dynamodb:Query", "dynamodb:PartiQLInsert"}
    readers = {f for f in FUNCTIONS if "dynamodb:Query" in touching(f, "AuditTable")}
    assert readers == {"AuditQuery"}
    assert not {t for t in TABLES if touching("Policy", t)} - {"ConfigTable"}


@pytest.mark.parametrize("table", ["SharesTable", "BindingsTable", "PaperTable"])
def test_who_hears_the_register_ends_what_a_former_owner_opened(table: str) -> None:
    ends = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
    assert touching("Events", table) == touching("Backfill", table) == ends


def test_the_policy_function_writes_policy_items_alone() -> None:
    writers = {f for f in FUNCTIONS if "dynamodb:PutItem" in touching(f, "ConfigTable")}
    assert writers == {"Policy"}
    statements = RESOURCES["PolicyPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    (publish,) = [s for s in statements if s["Sid"] == "PublishPolicy"]
    keys = publish["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"]
    assert keys == ["policy", "policy-source"]


def test_status_lists_are_written_by_their_publisher_alone() -> None:
    writers = {
        function
        for function in FUNCTIONS
        for action, resource in grants(function)
        if action == "s3:PutObject" and re.search(r"FilesBucket\.Arn\}/(status-lists/|\*)", resource)
    }
    assert writers == {"Status"}
    assert {t for t in TABLES if touching("Status", t)} == {
        "StatusesTable",
        "AllocationsTable",
        "ConfigTable",
    }
    assert not any("PutItem" in action or "UpdateItem" in action for action, _ in grants("Status"))


def test_sharing_reads_certificates() -> None:
    for table in ("CertificatesTable", "VehiclesTable", "ConfigTable"):
        assert touching("Share", table) <= READS
    assert not touching("Share", "IssuancesTable")


def test_audit_writers_can_only_insert() -> None:
    for function in FUNCTIONS:
        writes = touching(function, "AuditTable") - READS - {"dynamodb:PartiQLSelect"}
        assert writes <= {"dynamodb:PartiQLInsert"}, function


WRITES = {
    # A vehicle is put whole on condition of its version; new ones of a ledger are inserted.
    "VehiclesTable": {
        "Apply": "PutItem",
        "Events": "PutItem",
        "Admin": "PutItem",
        "Backfill": "PutItem PartiQLInsert",
    },
    "PlatesTable": {"Events": "PutItem DeleteItem", "Backfill": "PutItem DeleteItem PartiQLInsert"},
    # Put where it is new, updated by a step of its life. Admin puts what is stopped before it was signed.
    "CertificatesTable": {
        "Apply": "PutItem UpdateItem",
        "Events": "PutItem UpdateItem",
        "Admin": "PutItem UpdateItem",
        "Backfill": "PutItem UpdateItem PartiQLInsert",
    },
    "IssuancesTable": {"Apply": "PutItem", "Events": "PutItem", "Backfill": "PutItem PartiQLInsert"},
    "AllocationsTable": dict.fromkeys(("Apply", "Events", "Backfill"), "PutItem UpdateItem"),
    "StatusesTable": dict.fromkeys(("Apply", "Events", "Admin", "Backfill"), "PutItem"),
}
"""Who writes what certificates rest on, by which calls: these and no others."""


@pytest.mark.parametrize("table", WRITES)
def test_who_writes_what_certificates_rest_on(table: str) -> None:
    written = {
        function: {action.removeprefix("dynamodb:") for action in touching(function, table) - READS}
        for function in FUNCTIONS
    }
    for actions in written.values():
        actions -= {"Scan", "DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}
    assert {f: a for f, a in written.items() if a} == {f: set(a.split()) for f, a in WRITES[table].items()}


def test_only_an_owner_s_act_is_conditional_on_another_item() -> None:
    """A link, a binding, a request for paper: as long as the vehicle is still the owner's."""
    checks = {(f, t) for f in FUNCTIONS for t in TABLES if "dynamodb:ConditionCheckItem" in touching(f, t)}
    assert checks == {("Citizen", "VehiclesTable"), ("Share", "VehiclesTable")}


REMOVES = {
    # A plate that changes hands: the pointer moves in the transaction that gives the plate away.
    ("Backfill", "PlatesTable"),
    ("Events", "PlatesTable"),
    # What the policy keeps no longer.
    ("Retention", "SharesTable"),
    ("Retention", "BackfillsTable"),
}
FORGETS = {
    "AuditTable": "police_audit",
    "EventsTable": "registry_events",
    "DecisionsTable": "decisions",
    "BindingsTable": "bindings_ended",
    "PaperTable": "paper_addresses",
    "IdempotencyTable": "idempotency_keys",
}
"""Tables with a time to live, by the policy's period that each item carries."""


def test_who_removes_anything_and_nobody_else() -> None:
    removes = {
        (function, table)
        for function in FUNCTIONS
        for table in TABLES
        if any(re.search("Delete|BatchWrite", action) for action in touching(function, table))
    }
    assert removes == REMOVES
    for function in FUNCTIONS:
        assert not [
            a for a, _ in grants(function) if re.search("s3:Delete|dynamodb:DeleteTable|PartiQLDelete", a)
        ]
    rules = {f for f in FUNCTIONS if any("PutLifecycle" in action for action, _ in grants(f))}
    assert rules == {"Retention"}


def test_what_lives_for_a_time_has_its_period_in_the_policy() -> None:
    lives = {name for name, table in TABLES.items() if "TimeToLiveSpecification" in table["Properties"]}
    assert lives == FORGETS.keys()
    assert set(FORGETS.values()) <= default_policy().retention_days.keys()


def test_the_issue_guard_only_reads_and_nobody_invokes_it_but_the_schedule() -> None:
    actions = {action for action, _ in grants("Reconcile") if not action.startswith("logs:")}
    assert actions <= READS | {"dynamodb:Scan"}
    (event,) = FUNCTIONS["Reconcile"]["Properties"]["Events"].values()
    assert event == {"Type": "Schedule", "Properties": {"Schedule": "rate(10 minutes)"}}


def test_history_is_not_deleted() -> None:
    for function in FUNCTIONS:
        for table in ("CertificatesTable", "IssuancesTable", "ConfigTable", "AuditTable", "VehiclesTable"):
            assert "dynamodb:DeleteItem" not in touching(function, table), (function, table)


@pytest.mark.parametrize(
    "name", [*sorted(TABLES), "UserPool", "FilesBucket", "InboxBucket", *of_type("AWS::KMS::Key")]
)
def test_what_holds_data_outlives_the_stack(name: str) -> None:
    assert RESOURCES[name]["DeletionPolicy"] == RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("name", sorted(TABLES))
def test_tables_are_protected_and_recoverable(name: str) -> None:
    properties = TABLES[name]["Properties"]
    assert properties["DeletionProtectionEnabled"] is True
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert "TableName" not in properties  # a name would keep a table from being replaced


def test_buckets_are_private_and_encrypted() -> None:
    for bucket in of_type("AWS::S3::Bucket").values():
        properties = bucket["Properties"]
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(properties["PublicAccessBlockConfiguration"]) == 4
        assert properties["BucketEncryption"]


def test_results_do_not_come_back_as_ledgers() -> None:
    (notice,) = RESOURCES["InboxBucket"]["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    assert notice["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": "ledger/"}]}}
    assert not any(
        "ledger/" in resource for action, resource in grants("Backfill") if action == "s3:PutObject"
    )


def test_queues_wait_for_their_readers_and_set_aside_what_fails() -> None:
    readers = 0
    for name, function in FUNCTIONS.items():
        for event in function["Properties"].get("Events", {}).values():
            if event["Type"] != "SQS":
                continue
            readers += 1
            queue = RESOURCES[event["Properties"]["Queue"]["Fn::GetAtt"][0]]["Properties"]
            timeout = function["Properties"].get("Timeout", DOCUMENT["Globals"]["Function"]["Timeout"])
            assert queue["VisibilityTimeout"] >= 6 * timeout, name
            assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
            assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
            assert "MaximumConcurrency" in event["Properties"]["ScalingConfig"]
    assert readers


SCOPES = {
    "/v1/police/": "jianbiao/police",
    "/v1/registry/": "jianbiao/registry",
    "/v1/admin/": "jianbiao/admin",
    "/v1/office/": "jianbiao/office",
    "/v1/me/": "jianbiao/citizen",
    "/v1/certificates": "jianbiao/citizen",
}
ROUTES = [
    (event["Properties"]["Method"], event["Properties"]["Path"], event["Properties"].get("Auth"))
    for function in FUNCTIONS.values()
    for event in function["Properties"].get("Events", {}).values()
    if event["Type"] == "HttpApi"
]


@pytest.mark.parametrize(("method", "path", "auth"), ROUTES, ids=lambda v: v if isinstance(v, str) else "")
def test_routes(method: str, path: str, auth: dict[str, Any] | None) -> None:
    scope = next((scope for prefix, scope in SCOPES.items() if path.startswith(prefix)), None)
    assert auth == (scope and {"Authorizer": "Tokens", "AuthorizationScopes": [scope]})
    assert scope or not path.startswith("/v1/") or path == "/v1/verify"
    front = AllowList(frozenset({"h"}), frozenset())
    asked = re.sub(r"\{[a-z_]+\+?\}", "x", path)
    assert front.decide(method, asked, "", {"host": "h"}) == ApiCall(asked)


def test_no_route_is_there_twice() -> None:
    keys = [(method, path) for method, path, _ in ROUTES]
    assert len(keys) == len(set(keys))


def test_access_logs_have_the_route_not_the_path() -> None:
    form = json.loads(RESOURCES["Api"]["Properties"]["AccessLogSettings"]["Format"])
    variables = set(form.values())
    assert "$context.routeKey" in variables
    assert not any(
        re.search(r"path|sourceIp|identity|authorizer|userAgent", v, re.IGNORECASE) for v in variables
    )


def test_logs_end() -> None:
    for group in of_type("AWS::Logs::LogGroup").values():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_users_cannot_change_who_they_are() -> None:
    for name in ("AppClient", "PortalClient"):
        client = RESOURCES[name]["Properties"]
        assert client["WriteAttributes"] == ["locale"]
        assert "GenerateSecret" not in client
        production = client["ExplicitAuthFlows"]["Fn::If"][1]
        assert not any("PASSWORD" in flow for flow in production)


def test_the_identity_provider_is_an_option() -> None:
    """There are no user pools in aws-cn: without one nothing may refer to it."""
    own = {name for name, r in RESOURCES.items() if r.get("Condition") == "OwnIssuer"}
    assert {"UserPool", "ResourceServer", "AppClient", "Token", "TokenRole"} <= own

    def references(node: Any, *, conditional: bool = False) -> set[str]:
        if isinstance(node, list):
            return set().union(*(references(item, conditional=conditional) for item in node))
        if not isinstance(node, dict):
            return set()
        if "Fn::If" in node and node["Fn::If"][0] == "OwnIssuer":
            return references(node["Fn::If"][2])
        found = {node["Ref"]} if "Ref" in node else set()
        if "Fn::GetAtt" in node:
            found.add(node["Fn::GetAtt"][0])
        if isinstance(node.get("Fn::Sub"), str):
            found |= {name.split(".")[0] for name in re.findall(r"\$\{([A-Za-z.]+)\}", node["Fn::Sub"])}
        return found.union(*(references(item) for item in node.values()))

    for name, resource in RESOURCES.items():
        if name not in own:
            assert not references(resource) & own, name
    for name, output in DOCUMENT["Outputs"].items():
        if output.get("Condition") != "OwnIssuer":
            assert not references(output["Value"]) & own, name


def test_nothing_is_bound_to_a_partition() -> None:
    text = re.sub(r"#.*", "", TEMPLATE.read_text(encoding="utf-8"))
    assert not re.search(r"arn:aws|amazonaws\.com\b(?!\}?$)", re.sub(r"[a-z0-9-]+\.amazonaws\.com", "", text))
    # Service principals are spelled alike in every partition.
    assert set(re.findall(r"[a-z0-9-]+\.amazonaws\.com", text)) <= {
        "lambda.amazonaws.com", "s3.amazonaws.com", "cognito-idp.amazonaws.com", "scheduler.amazonaws.com",
        "events.amazonaws.com", "states.amazonaws.com", "sqs.amazonaws.com", "sns.amazonaws.com",
        "cloudwatch.amazonaws.com",
    }  # fmt: skip
    assert not re.search(r"\b(us|eu|ap|cn)-[a-z]+-[0-9]\b", text)
    assert not re.search(r"\b[0-9]{12}\b", text)


def test_layers_and_functions_have_their_recipes() -> None:
    for layer in of_type("AWS::Serverless::LayerVersion").values():
        name = layer["Properties"]["ContentUri"].removeprefix("../layers/")
        assert name in LAYERS
        assert f"build-{name.capitalize()}Layer:" in (ROOT / "layers" / name / "Makefile").read_text()
    for function in FUNCTIONS.values():
        place = ROOT / "infra" / function["Properties"]["CodeUri"]
        module = function["Properties"]["Handler"].removesuffix(".handler")
        assert (place / f"{module}.py").is_file()


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        ("https://jb.example.cn", True),
        (f"https://{'a' * 40}", True),
        (f"https://{'a' * 41}", False),
        ("https://jb.example.cn/", False),
        ("https://jb.example.cn:8443", False),
        ("http://jb.example.cn", False),
        ("http://127.0.0.1:8080", True),
    ],
)
def test_a_host_that_is_too_long_for_the_code_is_refused_at_deployment(address: str, accepted: bool) -> None:
    pattern = DOCUMENT["Parameters"]["PublicUrl"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, address)) is accepted
