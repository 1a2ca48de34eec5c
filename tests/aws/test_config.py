"""Key set and policy: read now and then, the newest version, and kept when the table does not answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from jianbiao.aws.config import RETRY, TTL, Cached, DynamoKeys, DynamoPolicies, DynamoStartLinks
from jianbiao.aws.dynamo import number
from jianbiao.domain.policy import COMPILED
from jianbiao.errors import Unavailable
from jianbiao.wire.keys import STATUS_LIST, base64url
from tests.support.local_key import CERTIFICATE_KEY, LIST_KEY, STANDBY_KEY, document
from tests.support.moto_tables import moto_tables

TABLE = "ConfigTable"


@dataclass
class Config:
    """The Config table, a clock, and what can be wrong with them."""

    client: Any
    now: float = 0.0
    down: Exception | None = None
    reads: int = 0
    built: list[int] = field(default_factory=list)
    unreadable: set[int] = field(default_factory=set)
    alarms: list[str] = field(default_factory=list)

    def query(self, **request: Any) -> Any:
        self.reads += 1
        if self.down:
            raise self.down
        return self.client.query(**request)

    def put(self, name: str, version: int, **texts: str) -> None:
        item = {"name": {"S": name}, "version": {"N": str(version)}} | {k: {"S": v} for k, v in texts.items()}
        self.client.put_item(TableName=TABLE, Item=item)

    def cached(self) -> Cached[int]:
        def build(item: Any) -> int:
            self.built.append(number(item, "version"))
            if self.built[-1] in self.unreadable:
                raise ValueError
            return self.built[-1]

        return Cached(self, TABLE, "thing", build, lambda: self.now, self.alarms.append)


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    with moto_tables() as (client, _):
        yield client


@pytest.fixture
def config(moto: Any) -> Iterator[Config]:
    """The Config table, empty."""
    yield Config(moto)
    for item in moto.scan(TableName=TABLE)["Items"]:
        moto.delete_item(TableName=TABLE, Key={"name": item["name"], "version": item["version"]})


def test_the_newest_version_is_read_once_in_half_a_minute(config: Config) -> None:
    for version in (1, 3, 10, 2):
        config.put("thing", version)
    config.put("other", 99)
    cached = config.cached()
    assert [cached.get() for _ in range(3)] == [10, 10, 10]
    config.now = TTL - 0.001
    config.put("thing", 11)
    assert (cached.get(), config.reads) == (10, 1)
    config.now = TTL
    assert (cached.get(), config.reads) == (11, 2)
    # Seen again, it is not built again.
    config.now = 2 * TTL
    assert (cached.get(), config.reads, config.built) == (11, 3, [10, 11])


def test_the_new_policy_is_in_effect_within_a_minute() -> None:
    assert TTL <= 60


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "Query"),
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "Query"),
        EndpointConnectionError(endpoint_url="http://x"),
    ],
)
def test_what_was_read_is_kept_while_the_table_is_down(config: Config, error: Exception) -> None:
    config.put("thing", 1)
    cached = config.cached()
    assert cached.get() == 1
    config.down, config.now = error, TTL
    assert cached.get() == 1
    # Nor is a table that is down asked at every call.
    assert (cached.get(), config.reads) == (1, 2)
    config.down, config.now = None, 2 * TTL
    config.put("thing", 2)
    assert cached.get() == 2


def test_without_ever_having_read_it_there_is_no_answer_and_the_next_call_asks_again(config: Config) -> None:
    cached = config.cached()
    config.down = EndpointConnectionError(endpoint_url="http://x")
    for _ in range(2):
        with pytest.raises(Unavailable, match="config: EndpointConnectionError"):
            cached.get()
    assert config.reads == 2


def test_what_is_published_for_the_first_time_is_found_within_a_second(config: Config) -> None:
    cached = config.cached()
    for _ in range(3):
        with pytest.raises(Unavailable, match="no thing published yet"):
            cached.get()
    assert (config.reads, RETRY) == (1, 1.0)
    config.put("thing", 1)
    config.now = RETRY
    assert cached.get() == 1
    # From now on, there is something to keep.
    config.now = RETRY + TTL - 0.001
    assert (cached.get(), config.reads) == (1, 2)


def test_a_version_that_cannot_be_read_is_an_alarm_and_the_last_one_goes_on(config: Config) -> None:
    config.put("thing", 1)
    cached = config.cached()
    assert cached.get() == 1
    config.put("thing", 2)
    config.unreadable = {2}
    for _ in range(3):
        config.now += TTL
        assert cached.get() == 1
    # Looked at once, and told once.
    assert (config.built, config.alarms) == ([1, 2], ["thing"])
    config.put("thing", 3)
    config.now += TTL
    assert cached.get() == 3


def test_who_starts_passes_over_versions_that_cannot_be_read(config: Config) -> None:
    for version in (8, 9, 10):
        config.put("thing", version)
    config.unreadable = {9, 10}
    cached = config.cached()
    assert [cached.get(), cached.get()] == [8, 8]
    assert (config.built, config.alarms, config.reads) == ([10, 9, 8], ["thing", "thing"], 3)


def test_without_one_that_can_be_read_there_is_no_answer_but_alarms(config: Config) -> None:
    config.put("thing", 1)
    config.unreadable = {1}
    cached = config.cached()
    with pytest.raises(Unavailable, match="no thing is readable"):
        cached.get()
    config.now = RETRY
    with pytest.raises(Unavailable, match="no thing is readable"):
        cached.get()
    assert config.alarms == ["thing"]
    config.put("thing", 2)
    config.now = 2 * RETRY
    assert cached.get() == 2


def test_a_table_that_goes_down_on_the_way_back_is_asked_again(config: Config) -> None:
    config.put("thing", 1)
    config.put("thing", 2)
    config.unreadable = {2}
    answers = iter([None, EndpointConnectionError(endpoint_url="http://x")])
    client = config.client

    class Flaky:
        def query(self, **request: Any) -> Any:
            if (error := next(answers, None)) is not None:
                raise error
            return client.query(**request)

    config.client = Flaky()
    cached = config.cached()
    with pytest.raises(Unavailable, match="config"):
        cached.get()
    assert cached.get() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"jwks": "{"},
        {"jwks": json.dumps({"version": 8, "keys": [CERTIFICATE_KEY.jwk() | {"x": "AA"}]})},
        {"jwks": "[]"},
        {"jwks": ""},
        {"signing": "[]"},
        {"active_kid": "x"},
    ],
    ids=["cut off", "a bad key", "another type", "none", "no keys", "no kid"],
)
def test_a_malformed_key_set_leaves_the_last_good_one_in_force(
    config: Config,
    changes: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DEPLOYMENT", "test")
    kid = base64url(CERTIFICATE_KEY.kid)
    good = {
        "jwks": json.dumps(document(CERTIFICATE_KEY.jwk(), version=7)),
        "signing": json.dumps({kid: "arn:key"}),
        "active_kid": kid,
    }
    config.put("keys", 7, **good)
    keys = DynamoKeys(config, TABLE, lambda: config.now)
    assert keys.current().published.version == 7
    config.put("keys", 8, **(good | changes))
    config.now = TTL
    started = DynamoKeys(config, TABLE, lambda: config.now)
    for verifier in (keys, started):
        assert verifier.current().published.version == 7
        told = json.loads(capsys.readouterr().out)
        assert (told["PublishedUnreadable"], told["outcome"]) == (1, "keys")


def test_a_key_set_comes_with_what_signers_need(config: Config) -> None:
    jwks = document(
        CERTIFICATE_KEY.jwk(), STANDBY_KEY.jwk(), LIST_KEY.jwk(STATUS_LIST, issuers=()), version=7
    )
    kid = base64url(CERTIFICATE_KEY.kid)
    texts = {"jwks": json.dumps(jwks), "signing": json.dumps({kid: "arn:key"}), "active_kid": kid}
    config.put("keys", 7, **texts)
    keys = DynamoKeys(config, TABLE, lambda: config.now)
    assert keys.document() == json.dumps(jwks).encode()
    assert keys.key_arns() == {CERTIFICATE_KEY.kid: "arn:key"}
    signing = keys.current()
    assert (signing.active_kid, signing.published.version) == (CERTIFICATE_KEY.kid, 7)
    assert [key.kid for key in signing.published.find(STANDBY_KEY.kid)] == [STANDBY_KEY.kid]
    assert config.reads == 1


def test_a_policy_is_the_compiled_one(config: Config) -> None:
    compiled = json.loads(COMPILED.read_bytes())
    config.put("policy", 5, compiled=json.dumps(compiled | {"version": 5}, ensure_ascii=False))
    policies = DynamoPolicies(config, TABLE, lambda: config.now)
    assert policies.current().version == 5
    assert policies.current() is policies.current()


def test_no_links_are_no_error(config: Config) -> None:
    links = DynamoStartLinks(config, TABLE, lambda: config.now)
    assert links.current() == []
    config.put("start", 1, sections=json.dumps([{"title": {"zh": "试", "en": "try"}}]))
    config.now = RETRY
    assert links.current() == [{"title": {"zh": "试", "en": "try"}}]
