"""Layers and functions packaged for this machine, by the recipe of the deployment (infra/package.py)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from infra.package import (
    FUNCTIONS,
    LAYERS,
    ROOT,
    Target,
    build_function,
    build_layer,
    digest_of,
    write_archive,
)
from local.envs import CannotPrepare, locked, python_of

BUILD = ROOT / ".build" / "host"


@dataclass(frozen=True, slots=True)
class Artifact:
    """One archive: `source` is what the template calls it, e.g. ``../layers/core``."""

    source: str
    archive: Path
    sha256: str


def _sources(kind: str, name: str) -> list[Path]:
    if kind == "functions":
        return [ROOT / "functions" / name]
    requirements, package = LAYERS[name]
    found = [ROOT / "requirements" / f"{requirements}.txt"] if requirements else []
    return found + ([ROOT / package] if package else [])


def _build(kind: str, name: str) -> Artifact:
    interpreter = python_of("local")
    archive = BUILD / kind / f"{name}.zip"
    made = digest_of(
        [*_sources(kind, name), ROOT / "infra" / "package.py"], Target().python, str(interpreter)
    )
    stamp = archive.with_suffix(".json")
    with locked(archive.with_suffix(".lock")):
        if stamp.is_file() and archive.is_file():
            recorded = json.loads(stamp.read_text())
            if recorded["made_from"] == made:
                return Artifact(f"../{kind}/{name}", archive, recorded["sha256"])
        place = BUILD / kind / name
        try:
            if kind == "layers":
                build_layer(name, place, Target(), interpreter)
            else:
                build_function(name, place, interpreter)
        except OSError as problem:
            raise CannotPrepare(f"Packaging {kind}/{name} failed: {problem}") from problem
        sha256 = write_archive(place, archive)
        stamp.write_text(json.dumps({"made_from": made, "sha256": sha256}))
    return Artifact(f"../{kind}/{name}", archive, sha256)


def build_all() -> list[Artifact]:
    """Package everything that is not packaged yet, two at a time."""
    jobs = [("layers", name) for name in LAYERS] + [("functions", name) for name in FUNCTIONS]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda job: _build(*job), jobs))
