"""Python environments of the project, made with the standard library alone.

Each is ``.envs/<name>`` with exactly what ``requirements/<name>.txt`` pins. A stamp in it says what it was made
from, so that a second start takes no time. Package indexes, proxies and mirrors come from the user's own pip
settings.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVS = ROOT / ".envs"
OLDEST = (3, 11)
PIP_OPTIONS = ("--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes")


class CannotPrepare(Exception):
    """An environment or a package cannot be made; the message says what to do."""


def check_interpreter() -> None:
    """Raise CannotPrepare unless this interpreter can make environments, naming the package that is missing."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if sys.version_info < OLDEST:
        raise CannotPrepare(
            f"Python 3.11 or newer is needed, this is {version}. Install one and name it: make run PYTHON=python3.12"
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise CannotPrepare(
            f"Python {version} is here, but without venv. On Debian and Ubuntu: apt-get install python{version}-venv"
            " (on Fedora, Alpine and macOS it comes with python3)."
        ) from None


def python_of(name: str) -> Path:
    """The interpreter of an environment."""
    return ENVS / name / "bin" / "python"


def stamp_of(name: str) -> str:
    """What an environment is made from, as a digest: the pins and the interpreter."""
    pins = (ROOT / "requirements" / f"{name}.txt").read_bytes()
    return hashlib.sha256(pins + f"{sys.version} {sys.base_prefix}".encode()).hexdigest()


def is_ready(name: str) -> bool:
    """Whether the environment is there and made from the present pins."""
    stamp = ENVS / name / ".stamp"
    return stamp.is_file() and stamp.read_text() == stamp_of(name) and python_of(name).exists()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold `path` as a lock between processes: two starts at once make an environment once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(command: Sequence[str | Path], what: str, log: Path) -> None:
    """Run a command with its output in `log`; raises CannotPrepare with the end of it."""
    with log.open("ab") as file:
        done = subprocess.run(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=file, stderr=file, check=False
        )
    if done.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise CannotPrepare(f"{what} failed:\n{tail}\n(all of it: {log})")


def ensure(name: str) -> bool:
    """Make the environment `name` if it is not there or out of date; returns whether there was something to do.

    Raises CannotPrepare.
    """
    if is_ready(name):
        return False
    with locked(ENVS / f".{name}.lock"):
        if is_ready(name):
            return False
        check_interpreter()
        place, log = ENVS / name, ENVS / f"{name}.log"
        log.unlink(missing_ok=True)
        if place.exists():
            shutil.rmtree(place)
        run([sys.executable, "-m", "venv", place], f"Making the environment {name}", log)
        pins = ROOT / "requirements" / f"{name}.txt"
        run(
            [python_of(name), "-m", "pip", "install", *PIP_OPTIONS, "--no-deps", "-r", pins],
            f"Installing requirements/{name}.txt",
            log,
        )
        (place / ".stamp").write_text(stamp_of(name))
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m local.envs NAME…`` makes environments."""
    parser = argparse.ArgumentParser(prog="python -m local.envs", description=main.__doc__)
    parser.add_argument("names", nargs="+", metavar="NAME", help="a file of requirements/, without .txt")
    names = parser.parse_args(arguments).names
    try:
        for name in names:
            if not is_ready(name):
                print(f"… environment {name}", flush=True)
                ensure(name)
    except CannotPrepare as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
