"""The functions as they are packaged and configured: what infra/template.yaml joins, without any AWS.

Used by the tests of the house and by the measurement of cold starts.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from local import artifacts, envs
from local.template import load

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "infra" / "template.yaml"

SETTINGS = {
    "AWS_ACCESS_KEY_ID": "unused",
    "AWS_SECRET_ACCESS_KEY": "unused",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "PATH": "/nowhere",
    "STAGE": "dev",
    "PUBLIC_URL": "https://mark.example",
    "DEPLOYMENT": "test",
    "LOG_LEVEL": "INFO",
    "S3_PRESIGN_ENDPOINT": "",
}
"""Environment of every function. Of its other variables those that are parameters have their defaults, and names of
tables and buckets are stood in for by the name of the variable: nothing is called at INIT."""


@dataclass(frozen=True, slots=True)
class Packaged:
    """One function of the template."""

    name: str
    """Logical id, such as VerifyPublic."""
    module: str
    """Module of its handler, such as public."""
    code: str
    """Its directory under functions/."""
    layers: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    """Its environment variables and their values."""

    @property
    def python_path(self) -> list[Path]:
        """What Lambda puts on the import path: the code, then the layers in order."""
        build = artifacts.BUILD
        return [
            build / "functions" / self.code,
            *(build / "layers" / name / "python" for name in self.layers),
        ]

    def run(self, source: str) -> str:
        """What a fresh interpreter prints that has nothing but this function's code, layers and settings."""
        environment = dict(self.variables) | SETTINGS
        environment["PYTHONPATH"] = ":".join(map(str, self.python_path))
        # Only variables that the template sets: one that the code needs and the template lacks has to fail here.
        return _run(["-S", "-c", source], environment)


def _run(arguments: Sequence[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        [envs.python_of("local"), *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


@cache
def template() -> dict[str, Any]:
    """The template as plain data."""
    return load(TEMPLATE)


def functions() -> list[Packaged]:
    """Every function of the template, in its order."""
    document = template()
    shared = document["Globals"]["Function"].get("Environment", {}).get("Variables", {})
    resources = document["Resources"]
    found = []
    for name, resource in resources.items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        given = resource["Properties"]
        own = given.get("Environment", {}).get("Variables", {})
        layers = [resources[layer["Ref"]]["Properties"]["ContentUri"] for layer in given.get("Layers", ())]
        found.append(
            Packaged(
                name,
                given["Handler"].rpartition(".")[0],
                Path(given["CodeUri"]).name,
                tuple(Path(place).name for place in layers),
                tuple((name, _value(name, given_)) for name, given_ in (shared | own).items()),
            )
        )
    return found


def _value(name: str, given: Any) -> str:
    if not isinstance(given, dict):
        return str(given)
    named = given.get("Ref") or str(given.get("Fn::Sub", "")).removeprefix("${").removesuffix("}")
    parameter = template()["Parameters"].get(named, {})
    return str(parameter.get("Default") or name.lower())


def build() -> None:
    """Make the packages of the functions and layers that are not made yet, as the local deployment does."""
    envs.ensure("local")
    artifacts.build_all()
