"""What no printer can be is refused before it listens."""

from __future__ import annotations

from typing import Any

import pytest

from dicom_simulators.printer.abilities import Abilities


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("media", ()),
        ("destinations_of_film", ()),
        ("film_sizes", ()),
        ("film_sizes", ("A4", "HUGE")),
        ("layouts", ()),
        ("bits", ()),
        ("bits", (8, 10)),
        ("densities", (300, 20)),
        ("densities", (-1, 20)),
        ("dots_per_mm", 0.0),
    ],
)
def test_settings_of_no_printer_are_named(setting: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{setting}: "):
        Abilities(**{setting: value})


def test_a_printer_of_one_kind_is_one() -> None:
    assert Abilities(media=("PAPER",), bits=(8,), film_sizes=("10INX14IN",), densities=(0, 1)).bits == (8,)
