"""Mistakes that `make mutants` makes: each place is still there, once, and so are the tests that are to notice."""

from __future__ import annotations

import pytest

from infra.package import ROOT
from tests.mutants.__main__ import MUTANTS
from tests.mutants.mutant import Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.what)
def test_a_mistake_has_its_place_and_its_tests(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text(encoding="utf-8").count(mutant.old) == 1
    assert mutant.new != mutant.old
    assert mutant.tests
    assert all((ROOT / test.partition("::")[0]).exists() for test in mutant.tests)


def test_mistakes_are_told_apart() -> None:
    assert len({mutant.what for mutant in MUTANTS}) == len(MUTANTS)
