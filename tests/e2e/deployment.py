"""A local deployment for a test session: started once, in a directory and on a port of its own."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
APP_VERSION = {"X-App-Version": "2.4.4"}
"""What the sample app sends; the tokens of citizens in stack.json come from the app's client."""
START_TIMEOUT = 300
SHARE_TOKENS: set[str] = set()
"""Of every share link that the tests have seen: they are stored nowhere else."""
_SHARED = re.compile(rb"/s/([A-Za-z0-9_-]{20,})")


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. Redirects are not followed."""

    status: int
    headers: dict[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Stack:
    """A running deployment as outside checks see it, and its operator's view."""

    state: Path

    @property
    def document(self) -> dict[str, Any]:
        """stack.json as it is now: tokens are renewed in it."""
        document: dict[str, Any] = json.loads((self.state / "stack.json").read_text(encoding="utf-8"))
        return document

    @property
    def base_url(self) -> str:
        return str(self.document["base_url"])

    @property
    def host(self) -> str:
        """127.0.0.1:port of the front."""
        return urllib.parse.urlsplit(self.base_url).netloc

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the CloudFormation stack."""
        deployed = json.loads((self.state / "deployed.json").read_text(encoding="utf-8"))
        return dict(deployed["outputs"])

    @property
    def account(self) -> str:
        return (self.state / "data" / "account").read_text()

    def token(self, name: str) -> str:
        """The token of a sample person or machine."""
        return str(self.document["tokens"][name])

    def sample(self, *, owner: str | None = None, why: str = "") -> dict[str, Any]:
        """The first sample of this owner whose `why` has these words."""
        for sample in self.document["samples"]:
            if why in sample["why"] and (owner is None or sample["owner"] == owner):
                return dict(sample)
        raise LookupError((owner, why))

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        json_body: Any = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        app: bool = True,
        base_url: str = "",
    ) -> Reply:
        """One request. `token` names a token of stack.json; `app` adds the app's version for citizens."""
        sent = dict(headers or {})
        if token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token(token)}")
            if app and token.startswith("citizen"):
                sent = APP_VERSION | sent
        if json_body is not None:
            body = json.dumps(json_body, ensure_ascii=False).encode()
            sent.setdefault("Content-Type", "application/json")
        return request(method, (base_url or self.base_url) + path, body, sent)

    def client(self, service: str, **settings: Any) -> Any:
        """A boto3 client of the account's operator."""
        from local.clients import Operator

        document = self.document
        return Operator(document["aws_endpoint_url"], document["region"], self.account).client(
            service, **settings
        )


def request(method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Reply:
    """One HTTP request to any address, without following redirects."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, body=body, headers=headers or {})
        answer = connection.getresponse()
        reply = Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        SHARE_TOKENS.update(token.decode() for token in _SHARED.findall(reply.body))
        return reply
    finally:
        connection.close()


def run(state: Path, *arguments: str, timeout: float = START_TIMEOUT) -> subprocess.CompletedProcess[str]:
    """``make run`` (or, with ``--stop``, ``make stop``) for a state directory; returns what it said."""
    command = [sys.executable, "-m", "local.run", "--state", str(state), *arguments]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "COV_"))}
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
