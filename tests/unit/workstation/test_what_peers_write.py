"""Text of peers that is shown to the user: one line, printable, not without end."""

from __future__ import annotations

import pytest

from dicom_workstation.outcome import one_line


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("out of film", "out of film"),
        ("  out\r\nof\tfilm \0", "out of film"),
        ("\x1b[2Jfilm\x07", "[2Jfilm"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\0\0\x7f", ""),
        ("Müller", "Müller"),
    ],
)
def test_unprintable_characters_are_spaces(written: str, shown: str) -> None:
    assert one_line(written) == shown


def test_long_text_is_cut() -> None:
    assert one_line("x" * 10_000_000) == "x" * 197 + "..."
    assert one_line("y" * 200) == "y" * 200
    assert one_line("abcdef", 5) == "ab..."
