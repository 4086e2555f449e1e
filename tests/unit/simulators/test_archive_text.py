"""Decoding of text, against Python's codecs and the escape sequences of PS3.3 Tables C.12-3 and C.12-4."""

from __future__ import annotations

import pytest

from dicom_simulators.encoding.text import G0_SETS, G1_SETS, SINGLE_BYTE_CODECS, WHOLE_CODECS, decode_text, is_plain


def test_tables_have_the_rows_of_the_standard():
    assert len(SINGLE_BYTE_CODECS) == 14  # Table C.12-2, with the default repertoire under two names
    assert len(G0_SETS) == 4
    assert len(G1_SETS) == 14
    assert len(WHOLE_CODECS) == 3


@pytest.mark.parametrize(
    ("term", "text", "codec"),
    [
        ("ISO_IR 100", "Buc^Jérôme", "iso8859_1"),
        ("ISO_IR 101", "Wałęsa", "iso8859_2"),
        ("ISO_IR 144", "Люкceмбypг", "iso8859_5"),
        ("ISO_IR 126", "Διονυσιος", "iso8859_7"),
        ("ISO_IR 138", "שרון^דבורה", "iso8859_8"),
        ("ISO_IR 166", "นายแพทย์", "iso8859_11"),
        ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ", "shift_jis"),
        ("ISO_IR 192", "Wang^XiaoDong=王^小东", "utf_8"),
        ("GB18030", "Wang^XiaoDong=王^小东", "gb18030"),
        ("GBK", "倀^倁", "gbk"),
    ],
)
def test_a_single_term_is_read_with_its_codec(term, text, codec):
    assert decode_text(text.encode(codec), (term,), person_name=True) == text


@pytest.mark.parametrize(
    ("terms", "raw", "text"),
    [
        (
            ("", "ISO 2022 IR 87"),
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
        ),
        (
            ("ISO 2022 IR 13", "ISO 2022 IR 87"),
            b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J",
            "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎",
        ),
        (
            ("", "ISO 2022 IR 149"),
            b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7",
            "Hong^Gildong=洪^吉洞",
        ),
        # the same from a peer that designates G1 only once
        (("", "ISO 2022 IR 149"), b"Hong^Gildong=\x1b$)C\xfb\xf3^\xd1\xce\xd4\xd7", "Hong^Gildong=洪^吉洞"),
        (("", "ISO 2022 IR 58"), b"Zhang=\x1b$)A" + "张".encode("gb2312"), "Zhang=张"),
        (("ISO 2022 IR 100", "ISO 2022 IR 144"), b"J\xe9r\xf4me\\\x1b-L\xbb\xee\xda", "Jérôme\\Люк"),
        (("", "ISO 2022 IR 159"), b"\x1b$(D\x30\x21\x1b(B", b"\x8f\xb0\xa1".decode("euc_jp")),
    ],
)
def test_code_extension_follows_the_escape_sequences(terms, raw, text):
    assert decode_text(raw, terms, person_name=True) == text


def test_after_a_delimiter_the_initial_sets_are_in_force_again():
    # the second value has no escape sequence: 0xE9 is é of the first value of (0008,0005), not a Cyrillic letter
    assert decode_text(b"\x1b-L\xbb\\\xe9", ("ISO 2022 IR 100", "ISO 2022 IR 144")) == "Л\\é"


@pytest.mark.parametrize("terms", [(), ("ISO_IR 192",), ("ISO 2022 IR 87", "x"), ("nonsense",), ("GB18030",)])
def test_bytes_that_mean_nothing_are_read_without_an_error(terms):
    raw = bytes(range(256)) + b"\x1b$B\x1b"
    assert decode_text(raw, terms)


def test_plain_text_is_told_from_text_that_needs_its_character_set():
    assert is_plain(b"DOE^JOHN")
    assert not is_plain(b"\x1b$B;3\x1b(B")
    assert not is_plain("é".encode())
