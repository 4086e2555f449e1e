"""Data sets that are not encoded as they should be: what is said, what is forgiven, and that no mistake of ours is."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from test_own_mistakes import IMAGE

from dicom_workstation.data_sets import DataSetError, FileError, data_set_display, data_set_encoding, file_meta
from dicom_workstation.data_sets.element_tree import MAXIMUM_DEPTH, read_items, read_nodes, read_tree
from dicom_workstation.data_sets.structure import LONGEST_BRIEF_VALUE_BYTES, follow, walk
from dicom_workstation.instances import part10, same_content
from dicom_workstation.presentation_states import errors
from dicom_workstation.printing.protocol import named_attributes, services
from dicom_workstation.protocols import reading
from dicom_workstation.storage import decoding

EXPLICIT, IMPLICIT, BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
RLE = "1.2.840.10008.1.2.5"
UNDEFINED = 0xFFFFFFFF
ITEM_END, SEQUENCE_END = b"\xfe\xff\x0d\xe0\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0"


def short(tag: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


def long(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    stated = len(value) if length is None else length
    return struct.pack("<HH2sHL", tag >> 16, tag & 0xFFFF, vr, 0, stated) + value


def implicit(tag: int, value: bytes, length: int | None = None) -> bytes:
    return struct.pack("<HHL", tag >> 16, tag & 0xFFFF, len(value) if length is None else length) + value


def item(value: bytes, length: int | None = None) -> bytes:
    return b"\xfe\xff\x00\xe0" + struct.pack("<L", len(value) if length is None else length) + value


NAME = short(0x00100010, b"PN", b"A^B ")
SEQUENCE = 0x00081140

BROKEN: list[tuple[bytes, str, str]] = [
    (NAME + b"\x10\0\x20\0LO", EXPLICIT, "ends within the header of an element"),
    (NAME + b"\x10\0\x20\0OB\0\0\1\0", EXPLICIT, "ends within the header of an element"),
    (NAME + short(0x00100020, b"LO", b"1 ")[:-1], EXPLICIT, "ends within element 00100020"),
    (NAME + long(0x7FE00010, b"OB", b"\0\0", 4), EXPLICIT, "ends within element 7FE00010"),
    (implicit(0x00100010, b"A^B ", 6), IMPLICIT, "ends within element 00100010"),
    (NAME + long(SEQUENCE, b"SQ", item(b"")[:-1]), EXPLICIT, "ends within a sequence"),
    (NAME + long(SEQUENCE, b"SQ", item(NAME), UNDEFINED), EXPLICIT, "ends within a sequence"),
    (NAME + long(SEQUENCE, b"SQ", item(NAME, UNDEFINED), UNDEFINED), EXPLICIT, "ends within a sequence"),
    (NAME + long(SEQUENCE, b"SQ", item(NAME, len(NAME) + 2)), EXPLICIT, "ends within an item"),
    (NAME + long(SEQUENCE, b"SQ", NAME), EXPLICIT, "has 00100010 where an item begins"),
    (implicit(SEQUENCE, implicit(0x00100010, b"A^B ")), IMPLICIT, "has 00100010 where an item begins"),
]


@pytest.mark.parametrize(("raw", "syntax", "told"), BROKEN)
@pytest.mark.parametrize("read", [walk, read_tree, follow])
def test_what_ends_too_early_or_is_no_item_is_said(
    read: Callable[[bytes, str], object], raw: bytes, syntax: str, told: str
) -> None:
    with pytest.raises(DataSetError, match=told):
        read(raw, syntax)


@pytest.mark.parametrize("read", [walk, read_tree])
def test_a_vr_that_is_none_is_said(read: Callable[[bytes, str], object]) -> None:
    for vr, told in ((b"\x01\x02", "an invalid VR"), (b"XX", "VR")):
        with pytest.raises(DataSetError, match=f"has .*{told}.* at element 00100020"):
            read(NAME + short(0x00100020, vr, b"1 "), EXPLICIT)
    with pytest.raises(DataSetError, match="the unknown VR XX"):
        walk(NAME + short(0x00100020, b"XX", b"1 "), EXPLICIT)


def nested(depth: int, length: int | None = None) -> bytes:
    raw = NAME
    for _ in range(depth):
        end = SEQUENCE_END if length is not None else b""
        raw = long(SEQUENCE, b"SQ", item(raw) + end, length)
    return raw


@pytest.mark.parametrize("read", [walk, read_tree])
@pytest.mark.parametrize("length", [None, UNDEFINED])
def test_items_are_followed_to_a_depth(read: Callable[[bytes, str], object], length: int | None) -> None:
    read(nested(MAXIMUM_DEPTH, length), EXPLICIT)
    with pytest.raises(DataSetError, match="is nested too deeply"):
        read(nested(MAXIMUM_DEPTH + 1, length), EXPLICIT)


def test_what_just_fits_is_read() -> None:
    whole = NAME + long(
        SEQUENCE, b"SQ", item(NAME) + item(b"") + item(NAME + ITEM_END, UNDEFINED) + SEQUENCE_END, UNDEFINED
    )
    tree = read_tree(whole, EXPLICIT)
    assert [each.tag for each in tree.elements] == [0x00100010, SEQUENCE]
    assert [len(each.elements) for each in tree.elements[1].items] == [1, 0, 1]
    places = walk(whole, EXPLICIT)
    assert bytes(whole[places[0x00100010].offset :][: places[0x00100010].length]) == b"A^B "
    assert places[SEQUENCE].offset + places[SEQUENCE].length + 8 == len(whole)
    assert walk(NAME + long(0x7FE00010, b"OB", b"\0\0"), EXPLICIT)[0x7FE00010].length == 2
    assert read_nodes(NAME, EXPLICIT, [0])[0].value == b"A^B "
    assert len(read_items(item(NAME) + item(b""), tree.elements[1].encoding)) == 2


def fragments(*parts: bytes, end: bytes = SEQUENCE_END) -> bytes:
    return NAME + long(0x7FE00010, b"OB", b"".join(parts) + end, UNDEFINED)


@pytest.mark.parametrize(
    "raw",
    [
        fragments(item(b""), item(b"ab"), end=b""),
        fragments(item(b""), item(b"ab", 200)),
        fragments(item(b""), NAME),
        fragments(item(b""), item(b"ab"), end=SEQUENCE_END[:-1]),
    ],
)
def test_fragments_are_whole(raw: bytes) -> None:
    with pytest.raises(DataSetError, match="has no whole fragments in element 7FE00010"):
        read_tree(raw, RLE)
    with pytest.raises(DataSetError):
        walk(raw, RLE)


def test_fragments_that_are_whole_are_read() -> None:
    raw = fragments(item(b""), item(b"ab"))
    assert read_tree(raw, RLE).elements[1].is_encapsulated
    assert 0x7FE00010 in walk(raw, RLE)
    with pytest.raises(DataSetError, match="has a fragment of undefined length"):
        walk(fragments(item(b"", UNDEFINED)), RLE)


@pytest.mark.parametrize(("raw", "told"), [(b"", "is empty"), (NAME + NAME, "has element 00100010 twice")])
def test_a_data_set_has_elements_each_once(raw: bytes, told: str) -> None:
    with pytest.raises(DataSetError, match=told):
        walk(raw, EXPLICIT)


def group_length(group: int, length: int) -> bytes:
    return short(group << 16, b"UL", struct.pack("<L", length))


@pytest.mark.parametrize(
    ("raw", "remark"),
    [
        (NAME + b"\0\0", "ends with 2 zero bytes"),
        (NAME + b"\0", "ends with 1 zero byte"),
        (NAME + NAME, "has element 00100010 more than once: the first one counts"),
        (NAME + short(0x00080060, b"CS", b"CT"), "has elements that are not in ascending order"),
        (short(0x00000002, b"UI", b"1\0") + NAME, "has elements of group 0000, which belongs to commands"),
        (short(0x00080060, b"CS", b"CT ") + NAME, "has a value of odd length at element 00080060"),
        (group_length(0x0010, len(NAME)) + NAME + NAME, "has a Group Length of group 0010 that is wrong"),
        (group_length(0x0010, 4) + NAME, "has a Group Length of group 0010 that is wrong"),
        (group_length(0x0010, 999) + NAME, "Group Length of group 0010 that goes beyond the end of the data set"),
        (
            long(SEQUENCE, b"SQ", item(NAME + NAME)),
            "has an item with element 00100010 more than once: the last one counts",
        ),
        (
            long(SEQUENCE, b"SQ", item(NAME + NAME + ITEM_END, UNDEFINED) + SEQUENCE_END, UNDEFINED),
            "has an item with element 00100010 more than once: the last one counts",
        ),
        (
            long(SEQUENCE, b"UN", item(NAME) + SEQUENCE_END, UNDEFINED),
            "has a sequence of VR UN in Explicit VR at element 00081140",
        ),
    ],
)
def test_what_leaves_no_doubt_is_a_remark(raw: bytes, remark: str) -> None:
    told = follow(raw, EXPLICIT).remarks
    assert any(remark in each for each in told), told


def test_what_is_right_has_no_remarks() -> None:
    right = group_length(0x0010, len(NAME)) + NAME
    for raw, syntax in (
        (right, EXPLICIT),
        (NAME, EXPLICIT),
        (implicit(SEQUENCE, item(implicit(0x00100010, b"A^B "))) + implicit(0x00100010, b"A^B "), IMPLICIT),
        (NAME + long(0x00400555, b"UN", item(implicit(0x00100010, b"A^B ")) + SEQUENCE_END, UNDEFINED), EXPLICIT),
    ):
        assert follow(raw, syntax).remarks == (), raw
    with pytest.raises(DataSetError, match="goes beyond the end of the data set"):
        walk(group_length(0x0010, len(NAME) + 1) + NAME, EXPLICIT)
    walk(group_length(0x0010, 4) + NAME, EXPLICIT)  # retired, and often stale


@pytest.mark.parametrize(
    ("length", "is_right"), [(LONGEST_BRIEF_VALUE_BYTES, True), (LONGEST_BRIEF_VALUE_BYTES + 2, False)]
)
def test_a_brief_value_is_not_endless(length: int, is_right: bool) -> None:
    raw = short(0x00100020, b"LO", b"x" * length)
    several = short(0x00100020, b"LO", b"\\".join([b"x" * LONGEST_BRIEF_VALUE_BYTES] * 2))
    walk(several, EXPLICIT)
    if is_right:
        walk(raw, EXPLICIT)
        return
    with pytest.raises(DataSetError, match=f"has a value of {length} bytes at element 00100020, VR LO"):
        walk(raw, EXPLICIT)


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG])
def test_a_sequence_of_vr_un_is_in_implicit_vr_whatever_stands_around_it(syntax: str) -> None:
    inside = item(implicit(0x00100010, b"A^B ")) + SEQUENCE_END
    raw = long(SEQUENCE, b"UN", inside, UNDEFINED)
    if syntax == BIG:
        raw = struct.pack(">HH2sHL", SEQUENCE >> 16, SEQUENCE & 0xFFFF, b"UN", 0, UNDEFINED) + inside
    (node,) = read_tree(raw, syntax).elements
    assert node.items[0].elements[0].value == b"A^B "
    assert list(walk(raw, syntax)) == [SEQUENCE]


def test_implicit_vr_where_explicit_was_promised_is_forgiven() -> None:
    assert [each.tag for each in read_tree(implicit(0x00100010, b"A^B "), EXPLICIT).elements] == [0x00100010]


# -- mistakes of our own ----------------------------------------------------------------------------------------------


class Ours(Dataset):
    """A data set of which a line of ours asks for what there is not."""

    def get(self, key, default=None):
        """Fail as a mistake of ours does."""
        raise ValueError("ours")

    def __getitem__(self, key):
        """Fail as a mistake of ours does."""
        raise ValueError("ours")


def fails(*arguments: object, **keywords: object) -> object:
    raise ValueError("ours")


def in_reading() -> None:
    with errors.reading("the state"):
        fails()


def of_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(part10, "open_part10", fails)
    part10.read_part10(tmp_path / "a.dcm")


def of_contents(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(same_content, "read_tree", fails)
    if same_content.has_same_content(b"a", EXPLICIT, b"b", EXPLICIT):
        raise AssertionError
    raise FileError("taken for another content")


def of_conversion(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(decoding, "read_tree", fails)
    decoding.convert(b"a", EXPLICIT, IMPLICIT)


def of_attributes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reading, "read", fails)
    if reading.attributes_of(b"a", EXPLICIT, ("Rows",)) == {}:
        raise FileError("taken for an instance without attributes")


def of_meta(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(file_meta, "read_dataset", fails)
    file_meta.read_file_meta(BytesIO(IMAGE.file_bytes()))


def of_display(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(data_set_display._TextReader, "texts", fails)
    data_set_display.show(IMAGE.data_set, IMAGE.transfer_syntax)


def of_encoding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(data_set_encoding, "read_elements", fails)
    data_set_encoding.read(b"a", EXPLICIT)


def of_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sent, received = Dataset(), Ours()
    sent.StudyID = "1"
    Dataset.__setattr__(received, "StudyID", "2")
    if not list(named_attributes._replaced(sent, received)):
        raise FileError("passed over")


def of_response(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(services, "read", fails)
    context = type("Context", (), {"transfer_syntax": EXPLICIT})()
    if not services.attributes_of(BytesIO(b"a"), context):
        raise FileError("taken for nothing")


def of_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if services.text_of(Ours(), "StudyID") == "":
        raise FileError("taken for nothing")


def of_references(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if services.references(Ours(), "ReferencedImageSequence") == []:
        raise FileError("taken for nothing")


def of_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    in_reading()


READERS = {
    of_a_file: part10,
    of_contents: same_content,
    of_conversion: decoding,
    of_attributes: reading,
    of_meta: file_meta,
    of_display: data_set_display,
    of_encoding: data_set_encoding,
    of_named: named_attributes,
    of_response: services,
    of_text: services,
    of_references: services,
    of_state: errors,
}


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@pytest.mark.parametrize("is_ours", [True, False])
def test_a_mistake_of_ours_is_raised_and_a_fault_of_the_bytes_is_told(
    read: Callable[[pytest.MonkeyPatch, Path], None], is_ours: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(READERS[read], "is_our_mistake", lambda error: is_ours)
    if is_ours:
        with pytest.raises(ValueError, match=r"^ours$"):
            read(monkeypatch, tmp_path)
        return
    told = (FileError, DataSetError, errors.StateError, decoding.DecodingError)
    with pytest.raises(told):
        read(monkeypatch, tmp_path)
