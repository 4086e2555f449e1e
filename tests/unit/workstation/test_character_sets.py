"""Character sets: the standard's own examples byte for byte, what cannot be encoded, and what is doubtful."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_workstation.data_sets.character_set_terms import DEFINED_TERMS, MULTI_BYTE, SINGLE_BYTE, WHOLE
from dicom_workstation.data_sets.character_sets import (
    REPLACEMENT,
    CharacterSet,
    UnencodableError,
    choose,
    defined_character_set,
)

ANNEX_EXAMPLES = [  # PS3.5 Annexes H.3.1, H.3.2, I.2, J.1, J.3, K.2
    (
        "\\ISO 2022 IR 87",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
    ),
    (
        "ISO 2022 IR 13\\ISO 2022 IR 87",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
    ),
    (
        "\\ISO 2022 IR 149",
        "Hong^Gildong=洪^吉洞=홍^길동",
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
    ),
    ("ISO_IR 192", "Wang^XiaoDong=王^小東=", b"Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1="),
    ("GB18030", "Wang^XiaoDong=王^小东=", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab="),
    ("\\ISO 2022 IR 58", "Zhang^XiaoDong=张^小东=", b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab="),
]


@pytest.mark.parametrize(("declared", "name", "raw"), ANNEX_EXAMPLES, ids=[one[0] for one in ANNEX_EXAMPLES])
def test_the_standards_examples(declared, name, raw):
    character_set = defined_character_set(declared)
    assert character_set.encode(name, "PN") == raw
    told = character_set.decode(raw, "PN")
    assert told.text == name
    assert told.doubts == ()


# PS3.5 I.3 (its code positions by KS X 1001), J.2, J.4, K.3 (its bytes have "1.", its string "1)")
LONG_TEXT_EXAMPLES = [
    (
        "\\ISO 2022 IR 149",
        "The first line includes 한글.\r\nThe second line includes 한글, too.\r\nThe third line.",
        b"\x1b$)CThe first line includes \xc7\xd1\xb1\xdb.\r\n"
        b"\x1b$)CThe second line includes \xc7\xd1\xb1\xdb, too.\r\nThe third line.",
        # ours designates where it is needed: 6.1.2.5.3 allows both
        b"The first line includes \x1b$)C\xc7\xd1\xb1\xdb.\r\n"
        b"The second line includes \x1b$)C\xc7\xd1\xb1\xdb, too.\r\nThe third line.",
    ),
    (
        "ISO_IR 192",
        "The first line includes中文.\r\nThe second line includes中文, too.\r\nThe third line.\r\n",
        b"The first line includes\xe4\xb8\xad\xe6\x96\x87.\r\n"
        b"The second line includes\xe4\xb8\xad\xe6\x96\x87, too.\r\nThe third line.\r\n",
        None,
    ),
    (
        "GB18030",
        "The first line includes中文.\r\nThe second line includes中文, too.\r\nThe third line.\r\n",
        b"The first line includes\xd6\xd0\xce\xc4.\r\n"
        b"The second line includes\xd6\xd0\xce\xc4, too.\r\nThe third line.\r\n",
        None,
    ),
    (
        "\\ISO 2022 IR 58",
        "1.第一行文字。\r\n2.第二行文字。\r\n3.第三行文字。\r\n",
        b"1.\x1b$)A\xb5\xda\xd2\xbb\xd0\xd0\xce\xc4\xd7\xd6\xa1\xa3\r\n"
        b"2.\x1b$)A\xb5\xda\xb6\xfe\xd0\xd0\xce\xc4\xd7\xd6\xa1\xa3\r\n"
        b"3.\x1b$)A\xb5\xda\xc8\xfd\xd0\xd0\xce\xc4\xd7\xd6\xa1\xa3\r\n",
        None,
    ),
]


@pytest.mark.parametrize(
    ("declared", "text", "raw", "ours"), LONG_TEXT_EXAMPLES, ids=[one[0] for one in LONG_TEXT_EXAMPLES]
)
def test_the_standards_examples_of_several_lines(declared, text, raw, ours):
    character_set = defined_character_set(declared)
    told = character_set.decode(raw, "LT")
    assert (told.text, told.doubts) == (text, ())
    assert character_set.encode(text, "LT") == (raw if ours is None else ours)


def test_tables():
    assert len(SINGLE_BYTE) == 14  # Table C.12-2 with the default repertoire twice
    assert len(MULTI_BYTE) == 4  # Table C.12-4
    assert len(WHOLE) == 3  # Table C.12-5
    assert len(DEFINED_TERMS) == 13 * 2 + 4 + 3


def test_a_delimiter_resets_code_extensions():
    raw = b"\x1b$)C\xc8\xab^M\xfcller"
    told = CharacterSet.of("ISO 2022 IR 100\\ISO 2022 IR 149").decode(raw, "PN")
    assert told.text == "홍^Müller"
    assert told.doubts == ()
    # in a VR where ^ is a character like any other, nothing is reset
    assert CharacterSet.of("ISO 2022 IR 100\\ISO 2022 IR 149").decode(b"\x1b$)C\xc8\xab^\xb1\xe6", "LO").text == "홍^길"


@pytest.mark.parametrize("delimiter", ["\\", "\r", "\n", "\f", "\t"])
def test_every_delimiter_resets(delimiter):
    character_set = defined_character_set("\\ISO 2022 IR 149")
    raw = character_set.encode(f"홍{delimiter}길", "LO")
    assert raw.count(b"\x1b$)C") == 2
    assert character_set.decode(raw, "LO").text == f"홍{delimiter}길"


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ("", "Müller"),
        ("ISO_IR 100", "山田"),
        ("ISO_IR 13", "山田"),
        ("ISO_IR 13", "5¥"),
        ("\\ISO 2022 IR 87", "홍"),
        ("\\ISO 2022 IR 149", "똠방각하쀍"),
        ("ISO_IR 192", "\ud800"),
        ("latin1", "Müller"),
        ("GB18030\\ISO 2022 IR 87", "山田"),
    ],
)
def test_what_cannot_be_encoded_is_refused(declared, text):
    with pytest.raises(UnencodableError) as refusal:
        defined_character_set(declared).encode(text, "LO")
    assert declared.split("\\")[0] in str(refusal.value)


def test_chooses_the_least():
    assert choose([("DOE*", "PN")], ("ISO_IR 192",)) == ""
    assert choose([("Müller", "PN")], ("ISO_IR 100", "ISO_IR 192")) == "ISO_IR 100"
    assert choose([("Müller", "PN"), ("山田", "LO")], ("ISO_IR 100", "ISO_IR 192")) == "ISO_IR 192"
    with pytest.raises(UnencodableError, match="山"):
        choose([("山田", "LO")], ("ISO_IR 100",))


DOUBTFUL = [
    ("", b"M\xfcller", "Müller", "ISO_IR 100"),
    ("", "Müller".encode(), "Müller", "UTF-8"),
    ("", b"\x1b$B;3ED\x1b(B", "山田", "is designated, but not declared"),
    ("ISO_IR_100", b"M\xfcller", "Müller", "is not a defined term"),
    ("ISO IR 100", b"M\xfcller", "Müller", "is not a defined term"),
    ("UTF-8", "山田".encode(), "山田", "is not a defined term"),
    ("latin1", b"M\xfcller", "Müller", "is not a defined term"),
    ("KLINGON", b"M\xfcller", "Müller", "is not a defined term"),
    ("ISO_IR 192", b"M\xfcller", f"M{REPLACEMENT}ller", "invalid"),
    ("ISO_IR 192", "山田".encode()[:-1], f"山{REPLACEMENT}", "invalid"),
    ("ISO_IR 100", "Müller".encode(), "MÃ¼ller", "look like UTF-8"),
    ("ISO_IR 100", b"M\x81ller", f"M{REPLACEMENT}ller", "does not define"),
    ("GB18030\\ISO_IR 100", b"\xcd\xf5", "王", "cannot be combined with other"),
    ("\\ISO_IR 192", "王".encode(), "王", "cannot be combined with other"),
    ("\\ISO 2022 IR 87", b"\x1b$B;3ED", "山田", "still in force"),
    ("\\ISO 2022 IR 87", b"\x1b$B;3E", f"山{REPLACEMENT}", "does not begin a character"),
    ("\\ISO 2022 IR 87", b"\x1b$B;3ED\x1b", f"山田{REPLACEMENT}", "an unknown escape sequence"),
    ("\\ISO 2022 IR 87", b"\x1b$)C\xc8\xab", "홍", "is designated, but not declared"),
    ("\\ISO 2022 IR 149", b"\x1b$)C\xc8\xab^\xb1\xe6\xb5\xbf", "홍^길동", "not designated again"),
    ("GB18030", b"\xcd\xf5\xb0", f"王{REPLACEMENT}", "invalid"),
]


@pytest.mark.parametrize(("declared", "raw", "text", "doubt"), DOUBTFUL)
def test_what_is_doubtful_is_shown_and_said(declared, raw, text, doubt):
    told = CharacterSet.of(declared).decode(raw, "PN")
    assert told.text == text
    assert any(doubt in one for one in told.doubts), told.doubts


@pytest.mark.parametrize("declared", ["nonsense", "UTF-8", "ISO_IR 100\\x"])
def test_plain_text_is_the_same_in_every_character_set(declared):
    told = CharacterSet.of(declared).decode(b"DOE^JANE", "PN")
    assert (told.text, told.doubts) == ("DOE^JANE", ())


@given(st.binary(max_size=40), st.sampled_from([*sorted(DEFINED_TERMS), "", "\\ISO 2022 IR 87\\ISO 2022 IR 149", "x"]))
def test_no_bytes_raise(raw, declared):
    told = CharacterSet.of(declared).decode(raw, "PN")
    assert isinstance(told.text, str)
    assert REPLACEMENT not in told.text or told.doubts or "192" in declared or declared == "" or "GB" in declared


@given(
    st.text(st.sampled_from("aZ ^=\\é王山田홍길やまﾔﾏüЖ"), max_size=20),
    st.sampled_from(
        [
            "ISO_IR 100",
            "ISO 2022 IR 100\\ISO 2022 IR 149\\ISO 2022 IR 87",
            "ISO 2022 IR 13\\ISO 2022 IR 87\\ISO 2022 IR 159",
            "GB18030",
            "ISO_IR 192",
            "\\ISO 2022 IR 58\\ISO 2022 IR 144",
        ]
    ),
    st.sampled_from(["PN", "LO", "LT"]),
)
def test_what_is_encoded_reads_back_without_a_doubt(text, declared, vr):
    character_set = defined_character_set(declared)
    try:
        raw = character_set.encode(text, vr)
    except UnencodableError:
        return
    told = character_set.decode(raw, vr)
    assert told.text == text
    assert [one for one in told.doubts if "look like" not in one] == []
