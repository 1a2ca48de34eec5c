"""What is said of layers that are too large, lack their bytecode or are not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra import sizes
from infra.sizes import BOUNDS, LIMIT, Size

GOOD = [Size(layer, bound // 2, 1) for layer, bound in BOUNDS.items()]


def test_what_is_within_its_bounds_is_not_mentioned() -> None:
    assert sizes.faults(GOOD) == []
    assert sum(BOUNDS.values()) < LIMIT


def test_a_layer_above_its_bound_is_named() -> None:
    (fault,) = sizes.faults([*GOOD[1:], Size("deps", BOUNDS["deps"] + 1, 1)])
    assert "layer deps" in fault


def test_all_layers_together_have_lambda_s_limit() -> None:
    assert any("all layers" in fault for fault in sizes.faults([Size("deps", LIMIT + 1, 1)]))


def test_a_layer_without_bytecode_is_named() -> None:
    (fault,) = sizes.faults([*GOOD[1:], Size("deps", 10, 0)])
    assert "no bytecode" in fault
    assert "deps" in fault


def test_a_directory_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for layer in BOUNDS:
        place = tmp_path / f"{layer.capitalize()}Layer" / "python"
        place.mkdir(parents=True)
        (place / "a.py").write_bytes(b"x" * 10)
        (place / "a.pyc").write_bytes(b"x" * 7)
    assert sizes.sizes(tmp_path)[0] == Size("deps", 17, 7)
    assert sizes.main([str(tmp_path)]) == 0
    assert "of Lambda's 250" in capsys.readouterr().out
    (tmp_path / "CoreLayer" / "python" / "a.pyc").unlink()
    assert sizes.main([str(tmp_path)]) == 1


def test_a_missing_layer_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sizes.sizes(tmp_path)
