"""The digest of a release: of all that is deployed, and of the parameters that it is deployed with.

A function's version is made when this changes (AutoPublishCodeSha256). SAM by itself looks at the function's own few
lines, or at its settings as the template writes them: another value of a parameter would stay behind the alias.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

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


def release(parameters: Sequence[str]) -> str:
    """16 hex digits for these parameters (``Name=value``) and the present code."""
    return digest_of([ROOT / place for place in MADE_FROM], *sorted(parameters))[:LENGTH]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the digest."""
    parser = argparse.ArgumentParser(prog="python -m infra.release", description=__doc__.partition("\n")[0])
    parser.add_argument("parameters", nargs="*", metavar="Name=value")
    print(release(parser.parse_args(arguments).parameters))
    return 0


if __name__ == "__main__":
    sys.exit(main())
