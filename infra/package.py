"""What goes into the layers and functions: one recipe for every target, with the standard library alone.

``sam build`` calls it through the Makefiles of the layers, for the architecture and runtime of the deployment and
without Docker: pip takes the wheels of that platform. The local deployment calls it for this machine. Apart from
the compiled wheels the contents are the same.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

LAYERS = {
    # layer: (requirements file or None, own package or None)
    "deps": ("deps", None),
    "core": (None, "layers/core/jianbiao"),
    "render": ("render", "layers/render/jianbiao_render"),
}
FUNCTIONS = ("issue", "verify", "share")

AWS_SERVICES = ("dynamodb", "events", "kms", "s3", "scheduler", "sqs", "stepfunctions", "sts")
"""The services whose API descriptions are kept: botocore carries 400 of them, four fifths of the layer."""

LEFT_OUT = ("*.pyi", "*.pxd", "*.c", "*.h")
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every file in an archive, so that equal contents give equal bytes."""


@dataclass(frozen=True, slots=True)
class Target:
    """For what to build: `architecture` is ``host``, ``arm64`` or ``x86_64``; `python` such as ``3.13``."""

    architecture: str = "host"
    python: str = f"{sys.version_info.major}.{sys.version_info.minor}"

    def pip_options(self) -> list[str]:
        """How pip is told to take another machine's wheels; nothing is compiled here."""
        if self.architecture == "host":
            return []
        machine = {"arm64": "aarch64", "x86_64": "x86_64"}[self.architecture]
        platforms = [f"manylinux_2_{minor}_{machine}" for minor in (34, 28, 26, 24, 17)]
        options = [f"--platform={name}" for name in [*platforms, f"manylinux2014_{machine}"]]
        return [*options, "--implementation=cp", f"--python-version={self.python}", "--only-binary=:all:"]

    def compiler(self, interpreter: Path) -> Path | None:
        """An interpreter of the target's version, which alone can write its bytecode; None if there is none."""
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        if self.architecture == "host" or version == self.python:
            return interpreter
        found = shutil.which(f"python{self.python}")
        works = found and not subprocess.run([found, "-c", ""], check=False, capture_output=True).returncode
        return Path(found) if found and works else None


def build_layer(name: str, place: Path, target: Target, interpreter: Path) -> None:
    """Write layer `name` to `place` (``python/…``), with bytecode where an interpreter of that version is at hand."""
    requirements, package = LAYERS[name]
    python = place / "python"
    if python.exists():
        shutil.rmtree(python)
    python.mkdir(parents=True)
    if requirements:
        pins = ROOT / "requirements" / f"{requirements}.txt"
        command = [
            str(interpreter),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
        ]
        command += ["--require-hashes", "--no-deps", "--no-compile", "--target", str(python), "-r", str(pins)]
        # A package directory of another layer on the path must not count as installed.
        subprocess.run([*command, *target.pip_options()], check=True, stdin=subprocess.DEVNULL)
        _trim(python)
    if package:
        source = ROOT / package
        shutil.copytree(source, python / source.name, ignore=shutil.ignore_patterns("__pycache__", *LEFT_OUT))
    compiler = target.compiler(interpreter)
    if compiler:
        compile_all(python, compiler, "/opt/python")


def build_function(name: str, place: Path, interpreter: Path, source: Path | None = None) -> None:
    """Write function directory `name` to `place`, with bytecode."""
    if place.exists():
        shutil.rmtree(place)
    source = source or ROOT / "functions" / name
    shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__", "Makefile"))
    compile_all(place, interpreter, "/var/task")


def compile_all(place: Path, interpreter: Path, shown_as: str) -> None:
    """Write bytecode that is valid whatever the times of the files become in an archive."""
    command = [str(interpreter), "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    subprocess.run(
        [*command, "-s", str(place), "-p", shown_as, str(place)], check=True, stdin=subprocess.DEVNULL
    )


def _trim(python: Path) -> None:
    """Leave out what no function reads: other services' descriptions, examples, headers, scripts."""
    for directory in (python / "bin", python / "boto3" / "examples"):
        shutil.rmtree(directory, ignore_errors=True)
    for data in (python / "botocore" / "data", python / "boto3" / "data"):
        for entry in data.glob("*/"):
            if entry.is_dir() and entry.name not in AWS_SERVICES:
                shutil.rmtree(entry)
        for examples in data.rglob("examples-*.json*"):
            examples.unlink()
    for pattern in LEFT_OUT:
        for file in python.rglob(pattern):
            file.unlink()


def write_archive(place: Path, archive: Path) -> str:
    """Pack a directory; equal contents give equal bytes. Returns the SHA-256 of the archive, in hex.

    Not compressed: locally it is unpacked more often than it is kept (``sam package`` makes its own archives).
    """
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        for path in sorted(p for p in place.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(place).as_posix(), EPOCH)
            entry.external_attr = (0o100755 if path.stat().st_mode & 0o100 else 0o100644) << 16
            file.writestr(entry, path.read_bytes())
    return hashlib.sha256(archive.read_bytes()).hexdigest()


def digest_of(paths: Iterable[Path], *more: str) -> str:
    """Digest of files and directories, by name and content: what a result was made from."""
    digest = hashlib.sha256()
    for path in paths:
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        for file in files:
            if "__pycache__" not in file.parts:
                digest.update(
                    file.relative_to(ROOT).as_posix().encode() if file.is_relative_to(ROOT) else b""
                )
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    for text in more:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()


def main(arguments: Sequence[str] | None = None) -> int:
    """Build one layer, as ``sam build`` asks for it through the layer's Makefile."""
    parser = argparse.ArgumentParser(prog="python -m infra.package", description=main.__doc__)
    parser.add_argument("layer", choices=sorted(LAYERS))
    parser.add_argument("place", type=Path, help="directory to write to (ARTIFACTS_DIR)")
    parser.add_argument("--architecture", choices=("host", "arm64", "x86_64"), default="arm64")
    parser.add_argument("--python", default="3.13", help="version of the runtime (default: %(default)s)")
    given = parser.parse_args(arguments)
    target = Target(given.architecture, given.python)
    if target.compiler(Path(sys.executable)) is None:
        print(
            f"No Python {target.python} here: layer {given.layer} is built without bytecode (slower cold starts).",
            file=sys.stderr,
        )
    build_layer(given.layer, given.place, target, Path(sys.executable))
    return 0


if __name__ == "__main__":
    sys.exit(main())
