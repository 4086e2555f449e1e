"""What is said of the names of earlier scenarios."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dicom_conformance.run.command import renamed


def case(identifier: str, *former: str) -> SimpleNamespace:
    scenario = SimpleNamespace(id=identifier, header=SimpleNamespace(formerly=former))
    return SimpleNamespace(id=f"{identifier}[CT]", scenario=scenario, former_ids=former)


@pytest.mark.parametrize(
    ("selects", "told"),
    [
        (["old/one"], ["old/one is now new/one"]),
        (["old/"], ["old/ is now new/one"]),
        (["old/two", "old/one", "old/two"], ["old/two is now new/two", "old/one is now new/one"]),
        (["new/one"], []),
        (["other"], []),
        ([], []),
    ],
)
def test_a_former_name_is_told_once_with_the_present_one(selects: list[str], told: list[str]) -> None:
    cases = [case("new/one", "old/one"), case("new/two", "old/two"), case("other")]
    assert renamed(selects, cases) == told
