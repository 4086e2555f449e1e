from __future__ import annotations

import pytest

from dicom_wire.wording import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("DOE^JANE", "DOE^JANE"),
        ("山田^太郎", "山田^太郎"),
        ("a\u00a0b", "a\u00a0b"),
        ("\x1b[2J\x07", "\\x1b[2J\\x07"),
        ("one\r\ntwo", "one\\x0d\\x0atwo"),
        ("\u202egpj.exe\u2028", "\\u202egpj.exe\\u2028"),
        ("\x85\ud800\U000e0001", "\\x85\\ud800\\U000e0001"),
    ],
)
def test_a_text_of_somebody_elses_cannot_steer_a_console(text, shown):
    assert printable(text) == shown
    assert printable(shown) == shown
