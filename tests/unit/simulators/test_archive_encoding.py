"""The simulators' own encoder: the standard's examples, and the way back by their own decoder."""

from __future__ import annotations

import pytest

from dicom_simulators.encoding.data_set_codec import Element, character_set, tag_of, text_element
from dicom_simulators.encoding.re_encoding import encode_text, recoded
from dicom_simulators.encoding.text import decode_text

EXAMPLES = [  # PS3.5 Annexes H.3.1, H.3.2, I.2, K.2
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
    ("\\ISO 2022 IR 58", "Zhang^XiaoDong=张^小东=", b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab="),
]


@pytest.mark.parametrize(("declared", "name", "raw"), EXAMPLES, ids=[one[0] for one in EXAMPLES])
def test_the_standards_examples(declared, name, raw):
    terms = tuple(declared.split("\\"))
    assert encode_text(name, terms, "PN") == raw
    assert decode_text(raw, terms, person_name=True) == name


@pytest.mark.parametrize(
    ("declared", "text"), [("", "ü"), ("ISO_IR 100", "山"), ("ISO_IR 13", "山"), ("ISO_IR 13", "¥"), ("Nonsense", "ü")]
)
def test_what_cannot_be_held_is_refused(declared, text):
    with pytest.raises(ValueError, match=r".+"):
        encode_text(text, (declared,), "LO")


@pytest.mark.parametrize("wanted", ["ISO_IR 192", "GB18030", "\\ISO 2022 IR 149"])
def test_recoded_with_items_of_their_own_character_set(wanted):
    code = tag_of("CodeMeaning")
    item = {
        0x00080005: text_element(0x00080005, "CS", "\\ISO 2022 IR 87"),
        code: Element(code, "LO", encode_text("山", ("", "ISO 2022 IR 87"), "LO")),
    }
    sequence = Element(tag_of("ProcedureCodeSequence"), "SQ", items=(item,))
    terms = tuple(wanted.split("\\"))
    (found,) = recoded(sequence, ("ISO_IR 100",), terms).items
    assert character_set(found, terms) == terms
    assert decode_text(found[code].value, terms) == "山"
