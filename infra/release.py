"""The digest of a release: of all that is deployed, and of the parameters that it is deployed with.

A function's version is made when this changes (AutoPublishCodeSha256). SAM by itself looks at the function's own few
lines, or at its settings as the template writes them: another value of a parameter would stay behind the alias.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.package import ROOT, digest_of

MADE_FROM = (
    "functions",
    "layers",
    "requirements/deps.txt",
    "requirements/render.txt",
    "infra/template.yaml",
    "infra/package.py",
)
LENGTH = 16
UNSTAMPED = "0" * LENGTH
"""Default of the parameter in infra/template.yaml."""


def release(parameters: Sequence[str]) -> str:
    """16 hex digits for these parameters (``Name=value``) and the present code."""
    return digest_of([ROOT / place for place in MADE_FROM], *sorted(parameters))[:LENGTH]


def stamp(template: Path, digest: str) -> None:
    """Make the digest the default of the parameter in a template that was built; raises ValueError if it cannot be."""
    text = template.read_text(encoding="utf-8")
    if text.count(UNSTAMPED) != 1:
        raise ValueError(f"{template}: {UNSTAMPED} is there {text.count(UNSTAMPED)} times")
    template.write_text(text.replace(UNSTAMPED, digest), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the digest, and stamp a template with it."""
    parser = argparse.ArgumentParser(prog="python -m infra.release", description=__doc__.partition("\n")[0])
    parser.add_argument("parameters", nargs="*", metavar="Name=value")
    parser.add_argument("--stamp", type=Path, metavar="TEMPLATE", help="the template that `sam build` wrote")
    given = parser.parse_args(arguments)
    digest = release(given.parameters)
    if given.stamp:
        stamp(given.stamp, digest)
    print(digest)
    return 0


if __name__ == "__main__":
    sys.exit(main())
