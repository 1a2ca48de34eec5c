"""A bare local AWS for the SAM CLI, and the front before what it has deployed."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.package import ROOT
from local.allowlist import AllowList
from local.clients import Operator
from local.deploy import describe
from local.emulator import HOST, REGION, Emulator
from local.front import Front, FrontServer, hosts, listen
from local.state import State
from local.upstream import Upstream

COPIED = ("Makefile", "infra", "layers", "functions", "local", "requirements")
NOT_COPIED = shutil.ignore_patterns("__pycache__", ".aws-sam")
MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass
class LocalAws:
    """An empty account, a copy of the repository to deploy from, and a public address."""

    place: Path
    emulator: Emulator = field(init=False)
    listening: socket.socket = field(init=False)
    front: FrontServer | None = None

    def __post_init__(self) -> None:
        state = State(self.place / "state")
        state.begin()
        self.listening = listen(0)
        self.emulator = Emulator(state)
        self.emulator.start()
        self.repository.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self.repository / name, ignore=NOT_COPIED)
            else:
                shutil.copy2(source, self.repository / name)
        (self.repository / ".envs").symlink_to(ROOT / ".envs")

    @property
    def repository(self) -> Path:
        return self.place / "repository"

    @property
    def public_url(self) -> str:
        return f"http://{HOST}:{self.listening.getsockname()[1]}"

    @property
    def operator(self) -> Operator:
        return Operator(self.emulator.url, REGION, self.emulator.state.account())

    def environment(self) -> dict[str, str]:
        """What the tools are given: credentials of the account, and the one setting that points them here."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHON", "MAKE", "ARGS", "COV_"))}
        home = self.place / "home"
        home.mkdir(exist_ok=True)
        return kept | {
            # The tools' own settings and history are not to be the user's.
            "HOME": str(home),
            "AWS_ENDPOINT_URL": self.emulator.url,
            "AWS_ACCESS_KEY_ID": self.emulator.state.account(),
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "SAM_CLI_TELEMETRY": "0",
            "NO_PROXY": HOST,
            "no_proxy": HOST,
            "LC_ALL": "C.UTF-8",
            # Functions run here: layers for this machine and this Python.
            "ARCHITECTURE": MACHINES[platform.machine().lower()],
            "RUNTIME": f"{sys.version_info.major}.{sys.version_info.minor}",
        }

    def paste(self, script: str) -> subprocess.CompletedProcess[str]:
        """A script in the copy of the repository, in a shell that stops at the first error."""
        return subprocess.run(
            ["bash", "-c", f"set -euo pipefail\n{script}"],
            cwd=self.repository,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
            check=False,
        )

    def stack(self, name: str) -> dict[str, Any]:
        """A stack as CloudFormation describes it."""
        found: dict[str, Any] = self.operator.client("cloudformation").describe_stacks(StackName=name)[
            "Stacks"
        ][0]
        return found

    def open_front(self, stack: str) -> None:
        """Make the API's routes, which the emulator does not by itself, and put the front before it."""
        given = {p["ParameterKey"]: p["ParameterValue"] for p in self.stack(stack)["Parameters"]}
        deployed = describe(self.operator, given, stack)
        if self.front is not None:
            return
        port = self.listening.getsockname()[1]
        buckets = frozenset({deployed.outputs["FilesBucketName"], deployed.outputs["InboxBucketName"]})
        upstream, rules = Upstream(HOST, self.emulator.port), AllowList(hosts(port), buckets)
        api = deployed.outputs["ApiId"]
        self.front = FrontServer(self.listening, lambda: Front(upstream, rules, api, f"{HOST}:{port}"))
        self.front.start()

    def name_s3_as_aws_does(self, stack: str) -> None:
        """Give the template of a nested stack the address that it has on AWS.

        `sam delete` removes what `sam deploy` has uploaded, and understands S3's own addresses only. Nothing else of
        the stack changes.
        """
        cloudformation = self.operator.client("cloudformation")
        template = cloudformation.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
        body = template if isinstance(template, str) else json.dumps(template)
        assert self.emulator.url in body
        s3 = self.operator.client("s3")
        bucket = re.search(rf"{self.emulator.url}/([a-z0-9.-]+)/", body)
        assert bucket
        s3.put_object(
            Bucket=bucket[1],
            Key="named.template",
            Body=body.replace(self.emulator.url, f"https://s3.{REGION}.amazonaws.com").encode(),
        )
        given = self.stack(stack)["Parameters"]
        cloudformation.update_stack(
            StackName=stack,
            TemplateURL=f"{self.emulator.url}/{bucket[1]}/named.template",
            Parameters=[{"ParameterKey": p["ParameterKey"], "UsePreviousValue": True} for p in given],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        cloudformation.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})

    def stop(self) -> None:
        """End what was started."""
        if self.front is not None:
            self.front.stop()
        self.listening.close()
        self.emulator.stop()
