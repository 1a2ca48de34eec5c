"""Keys, tokens and passwords in the repository: none but those that are written down here, with the reason.

python -m local.secret_scan [DIRECTORY]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from local.envs import ROOT, CannotPrepare, ensure

ENVIRONMENT = "audit"
SKIPPED = (
    # Not in the repository, or made from what is: hidden directories, packages, caches, the bundle.
    r"(^|/)(\.[a-z_-]+|node_modules|__pycache__)/",
    # Hashes of packages, and test vectors: published signatures and keys, where any letters may look like a key.
    r"^requirements/.*\.txt$",
    r"package-lock\.json$",
    r"^docs/vectors/",
    # No text: fonts, pictures, what the pages' scripts are built into.
    r"\.(ttf|otf|woff2|png|jpg|wasm|gz|svg)$",
    r"^layers/render/jianbiao_render/(fonts|static)/",
)
ALLOWED = {
    "tests/*": "made-up keys and passwords that tests send",
    "bench/*": "the same, of measurements",
    "local/clients.py": "the word that the local AWS takes for every account",
    "infra/template.yaml": "GenerateSecret and its kin: names of settings",
}
"""Files, or patterns of them, in which what looks like a secret is none."""
NOT_LOOKED_FOR = ("Base64HighEntropyString", "HexHighEntropyString")
"""Random letters of any meaning: here they are certificates, digests and key ids on every other page."""


def found(place: Path) -> list[str]:
    """``file:line kind`` of everything below a directory that is not allowed."""
    command = [
        str(ROOT / ".envs" / ENVIRONMENT / "bin" / "detect-secrets"),
        "scan",
        "--all-files",
        "--no-verify",
    ]
    for pattern in SKIPPED:
        command += ["--exclude-files", pattern]
    for plugin in NOT_LOOKED_FOR:
        command += ["--disable-plugin", plugin]
    # Not the directory itself: the environments in it have a hundred times as many files as all the rest.
    hidden = [entry for entry in (".ci",) if (place / entry).exists()]
    command += hidden + sorted(entry.name for entry in place.iterdir() if not entry.name.startswith("."))
    environment = os.environ | {"PYTHONPATH": ""}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=True)
    results = json.loads(done.stdout)["results"]
    return [
        f"{file}:{secret['line_number']} {secret['type']}"
        for file, secrets in sorted(results.items())
        for secret in secrets
        if not any(fnmatchcase(file, allowed) for allowed in ALLOWED)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; 1 where there is something."""
    parser = argparse.ArgumentParser(
        prog="python -m local.secret_scan", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("place", nargs="?", type=Path, default=ROOT, metavar="DIRECTORY")
    place = parser.parse_args(arguments).place
    try:
        ensure(ENVIRONMENT)
    except CannotPrepare as problem:
        print(problem, file=sys.stderr)
        return 1
    secrets = found(place)
    for secret in secrets:
        print(
            f"{secret}: a secret? Take it out and revoke it; or give the reason in local/secret_scan.py.",
            file=sys.stderr,
        )
    if not secrets:
        print("no secret in the repository")
    return 1 if secrets else 0


if __name__ == "__main__":
    sys.exit(main())
