"""The public port lets the API and signed object requests through, and nothing else."""

from __future__ import annotations

import socket
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.e2e.deployment import Reply, Stack, request

pytestmark = pytest.mark.local

ADMINISTRATIVE = (
    "/_ministack/health",
    "/_ministack/reset",
    "/_ministack/config",
    "/_localstack/health",
    "/health",
    "/_aws/execute-api/x/$default/",
    "/2015-03-31/functions",
    "/2015-03-31/functions/",
    "/v2/apis",
    "/oauth2/token",
    "/login",
    "/graphql",
    "/v1/apis",
    "/v1/",
    "/v1",
)


@pytest.mark.parametrize("path", ADMINISTRATIVE)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_administrative_paths_are_not_there(stack: Stack, path: str, method: str) -> None:
    reply = stack.call(method, path, body=b"" if method in ("POST", "PUT") else None)
    assert (reply.status, reply.text) == (404, '{"message":"Not Found"}')


def test_the_emulator_itself_would_answer_them(stack: Stack) -> None:
    """Otherwise the test above could not fail."""
    assert request("GET", stack.document["aws_endpoint_url"] + "/_ministack/health").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/../_ministack/health",
        "/V/../../../_ministack/health",
        "/V/%2e%2e/x",
        "/V/..%2f..%2f_ministack%2fhealth",
        "/V/%2E%2E%5Cx",
        "//_ministack/health",
        "/v1//verify",
        "/v1/verify/",
        "/./health",
        "/V/a%00b",
    ],
)
def test_paths_with_two_readings_are_not_there(stack: Stack, path: str) -> None:
    assert raw(stack, f"GET {path} HTTP/1.1", f"Host: {stack.host}").status == 404


@pytest.mark.parametrize(
    "host", ["s3.amazonaws.com", "x.execute-api.localhost", "127.0.0.1", "evil.example", ""]
)
def test_other_hosts_are_misdirected(stack: Stack, host: str) -> None:
    assert raw(stack, "GET / HTTP/1.1", f"Host: {host}").status in (400, 421)


def test_absolute_targets_are_refused(stack: Stack) -> None:
    reply = raw(stack, f"GET {stack.document['aws_endpoint_url']}/health HTTP/1.1", f"Host: {stack.host}")
    assert reply.status == 404


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/?Action=ListUsers&Version=2010-05-08", {}),
        ("/?X-Amz-Credential=000000000000/20260101/us-east-1/s3/aws4_request", {}),
        ("/", {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request"}),
    ],
)
def test_credentials_of_aws_do_not_reach_the_emulator(
    stack: Stack, path: str, headers: dict[str, str]
) -> None:
    assert stack.call("GET", path, headers=headers).status == 403


def test_a_service_cannot_be_named_in_a_header(stack: Stack) -> None:
    headers = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}
    reply = stack.call("POST", "/v1/verify", body=b"{}", headers=headers)
    assert "TableNames" not in reply.text
    assert reply.status != 200


class TestObjects:
    """Signed GET, HEAD and PUT on the two buckets."""

    def put(self, stack: Stack, key: str, body: bytes) -> str:
        bucket = stack.outputs["FilesBucketName"]
        stack.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
        return f"/{bucket}/{key}"

    def test_a_role_s_signature_opens_an_object(self, stack: Stack) -> None:
        url = face_url(stack)
        whole = request("GET", url)
        assert whole.status == 200
        assert whole.body.startswith(b"\x89PNG")
        assert int(whole.headers["content-length"]) == len(whole.body)
        part = request("GET", url, headers={"Range": "bytes=1-3"})
        assert (part.status, part.body) == (206, b"PNG")
        assert part.headers["content-range"] == f"bytes 1-3/{len(whole.body)}"

    def test_nothing_of_the_signature_can_be_changed(self, stack: Stack) -> None:
        url = urlsplit(face_url(stack))
        query = dict(parse_qsl(url.query))
        altered = {
            "X-Amz-Signature": query["X-Amz-Signature"][:-1]
            + ("0" if query["X-Amz-Signature"][-1] != "0" else "1"),
            "X-Amz-Expires": "86400",
            "X-Amz-Security-Token": query["X-Amz-Security-Token"][:-1],
        }
        for name, value in altered.items():
            changed = url._replace(query=urlencode(query | {name: value})).geturl()
            assert request("GET", changed).status in (400, 403), name
        for name in query:
            left_out = {k: v for k, v in query.items() if k != name}
            if name.startswith("X-Amz-"):
                assert request("GET", url._replace(query=urlencode(left_out)).geturl()).status in (
                    400,
                    403,
                ), name
        other = url._replace(path=url.path + "x").geturl()
        assert request("GET", other).status == 403
        assert request("PUT", url.geturl(), b"x").status == 403

    def test_the_account_s_own_keys_open_nothing(self, stack: Stack) -> None:
        """Everybody knows the emulator's secret for them, so the front must not let them in."""
        path = self.put(stack, "front/own-key", b"secret")
        s3 = stack.client("s3", signature_version="s3v4")
        bucket, _, key = path[1:].partition("/")
        signed = urlsplit(s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}))
        assert request("GET", signed.geturl()).body == b"secret"
        assert request("GET", f"{stack.base_url}{path}?{signed.query}").status == 403

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"])
    def test_without_a_signature_nothing_is_allowed(self, stack: Stack, method: str) -> None:
        path = self.put(stack, "front/unsigned", b"secret")
        body = b"x" if method in ("PUT", "POST") else None
        for target in (path, path.rpartition("/front")[0], f"{path}?acl", f"{path}?list-type=2"):
            reply = stack.call(method, target, body=body)
            assert reply.status == 403
            assert b"secret" not in reply.body

    def test_the_store_itself_refuses_the_anonymous(self, stack: Stack) -> None:
        for bucket in (stack.outputs["FilesBucketName"], stack.outputs["InboxBucketName"]):
            stack.client("s3").put_object(Bucket=bucket, Key="front/anonymous", Body=b"secret")
            for path in (f"/{bucket}/front/anonymous", f"/{bucket}", f"/{bucket}?list-type=2"):
                assert request("GET", stack.document["aws_endpoint_url"] + path).status == 403

    def test_other_buckets_are_not_there(self, stack: Stack) -> None:
        assert stack.call("GET", f"/local-artifacts-{stack.account}/x").status == 404


def face_url(stack: Stack) -> str:
    """A presigned URL as the share function makes it."""
    sample = stack.sample(owner="citizen", why="valid")
    reply = stack.call("GET", f"/v1/certificates/{sample['certificate_id']}/file?format=png", token="citizen")
    assert reply.status == 303, reply.text
    assert reply.headers["location"].startswith(f"{stack.base_url}/")
    return reply.headers["location"]


def raw(stack: Stack, *lines: str) -> Reply:
    """A request that no client library would send."""
    address, _, port = stack.host.partition(":")
    with socket.create_connection((address, int(port)), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
        data = b""
        while chunk := connection.recv(65536):
            data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    return Reply(int(head.split()[1]), {}, body)
