"""The layers for arm64, which nothing here can run: the same files as this machine's, but for what is compiled."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

from infra import sizes
from infra.package import LAYERS, Target, build_layer

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]

AARCH64 = 183
"""Machine in an ELF header."""
OF_A_WHEEL = {"RECORD", "WHEEL"}
"""Files of a distribution that name its platform."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Architecture → directory with a directory for each layer, named as `sam build` names them."""
    found = {}
    for architecture in ("arm64", "host"):
        found[architecture] = tmp_path_factory.mktemp(architecture)
        for layer in LAYERS:
            place = found[architecture] / f"{layer.capitalize()}Layer"
            build_layer(layer, place, Target(architecture), Path(sys.executable))
    return found


def files(place: Path) -> set[str]:
    """What is in a layer, but for compiled modules and what names the platform."""
    return {
        path.relative_to(place).as_posix()
        for path in place.rglob("*")
        if path.is_file()
        and ".so" not in path.suffixes
        and path.name not in OF_A_WHEEL
        # Libraries that a wheel brings along, with a digest in their names.
        and not any(part.endswith(".libs") for part in path.parts)
    }


def compiled(place: Path) -> set[str]:
    """Names of compiled modules, without their platform."""
    return {
        f"{path.parent.relative_to(place).as_posix()}/{path.name.partition('.')[0]}"
        for path in place.rglob("*.so")
        if not any(part.endswith(".libs") for part in path.parts)
    }


@pytest.mark.parametrize("layer", sorted(LAYERS))
def test_the_same_files_as_on_this_machine(built: dict[str, Path], layer: str) -> None:
    arm, host = (built[architecture] / f"{layer.capitalize()}Layer" for architecture in ("arm64", "host"))
    assert files(arm) == files(host)
    assert len(files(arm)) > 20
    assert compiled(arm) == compiled(host)


def test_what_is_compiled_is_for_arm64(built: dict[str, Path]) -> None:
    libraries = list(built["arm64"].rglob("*.so*"))
    assert libraries
    for library in libraries:
        header = library.read_bytes()[:20]
        assert header[:4] == b"\x7fELF"
        assert struct.unpack("<H", header[18:20])[0] == AARCH64, library


def test_every_module_has_its_bytecode(built: dict[str, Path]) -> None:
    for layer in LAYERS:
        place = built["arm64"] / f"{layer.capitalize()}Layer"
        sources = {path.relative_to(place) for path in place.rglob("*.py")}
        tag = f"{sys.implementation.cache_tag}.pyc"
        bare = [s for s in sources if not (place / s.parent / "__pycache__" / f"{s.stem}.{tag}").is_file()]
        assert not bare, bare[:5]


def test_they_are_within_their_bounds(built: dict[str, Path]) -> None:
    found = sizes.sizes(built["arm64"])
    assert sizes.faults(found) == []
    assert sum(size.total for size in found) < sizes.LIMIT
