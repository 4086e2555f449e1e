"""The recipes that are damaged, hostile or converted: what each says is what comes of it, in each way of encoding."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.pixels import pixel_array

from dicom_simulators.data_sets import Instance, build, write_file
from dicom_simulators.data_sets.assembly import Request, assemble, drawn, planned
from dicom_simulators.data_sets.folder import read_folder
from dicom_simulators.data_sets.recipes.damaged import STALE_GROUP_LENGTH, TRAILING_ZEROS
from dicom_simulators.data_sets.recipes.hostile import DEPTH, INFLATED_BYTES
from dicom_simulators.encoding import read_elements

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
JPEG_LOSSLESS, JPEG_2000 = "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.90"
NATIVE = pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG])
PATIENT_ID, SOP_INSTANCE, STUDY, PIXEL_DATA = 0x00100020, 0x00080018, 0x0020000D, 0x7FE00010


def made(recipe: str, syntax: str = EXPLICIT, **changes: object) -> Instance:
    return build(recipe, CT, syntax, seed=3, **changes)


def valid(recipe: str, syntax: str = EXPLICIT, **changes: object) -> Instance:
    """The instance of `smallest` with the UIDs of another recipe, which differ from recipe to recipe."""
    request = Request(recipe, CT, syntax, 3, changes)
    plan = planned(request)
    return assemble(plan, changes, drawn(plan))


def order(syntax: str) -> str:
    return ">" if syntax == BIG else "<"


def header(tag: int, vr: bytes, length: int, syntax: str) -> bytes:
    """Encode the header of an element by hand (PS3.5 7.1)."""
    start = struct.pack(order(syntax) + "HH", tag >> 16, tag & 0xFFFF)
    if syntax == IMPLICIT:
        return start + struct.pack("<I", length)
    if vr in (b"SQ", b"OB", b"OW", b"UN", b"OF", b"ZZ"):
        return start + vr + b"\0\0" + struct.pack(order(syntax) + "I", length)
    return start + vr + struct.pack(order(syntax) + "H", length)


@NATIVE
class TestDamaged:
    def test_a_group_length_is_left_over_before_pixel_data(self, syntax: str) -> None:
        raw = made("damaged_group_length", syntax).data_set
        stale = header(0x7FE00000, b"UL", 4, syntax) + struct.pack(order(syntax) + "I", STALE_GROUP_LENGTH)
        assert raw.count(stale) == 1
        assert raw.replace(stale, b"") == valid("damaged_group_length", syntax).data_set
        assert len(raw) < STALE_GROUP_LENGTH

    def test_the_last_component_of_a_uid_begins_with_0(self, syntax: str) -> None:
        instance = made("damaged_uid", syntax)
        assert instance.SOPInstanceUID.endswith(".01")
        assert len(instance.SOPInstanceUID) <= 64
        assert (
            read_elements(instance.data_set, syntax)[SOP_INSTANCE].value.rstrip(b"\0")
            == instance.SOPInstanceUID.encode()
        )

    def test_components_of_a_study_uid_begin_with_0(self, syntax: str) -> None:
        instance = made("damaged_study_uid", syntax)
        uid = read_elements(instance.data_set, syntax)[STUDY].value.rstrip(b"\0").decode()
        assert [part for part in uid.split(".") if part.startswith("0") and len(part) > 1] == ["072495", "0449"]
        assert instance.SOPInstanceUID == valid("damaged_study_uid", syntax).SOPInstanceUID

    def test_zeros_follow_the_last_element(self, syntax: str) -> None:
        assert made("damaged_end", syntax).data_set == valid("damaged_end", syntax).data_set + bytes(TRAILING_ZEROS)

    def test_the_patient_id_comes_twice(self, syntax: str) -> None:
        raw = made("damaged_repetition", syntax).data_set
        second = header(PATIENT_ID, b"LO", 10, syntax) + b"THE SECOND"
        assert raw.count(second) == 1
        assert raw.replace(second, b"") == valid("damaged_repetition", syntax).data_set
        assert raw.index(second) > raw.index(header(PATIENT_ID, b"LO", 0, syntax)[:4])

    def test_a_sequence_of_unknown_vr_is_implicit_inside(self, syntax: str) -> None:
        raw = made("damaged_sequence", syntax).data_set
        item = struct.pack("<HHI", 8, 0x0100, 2) + b"7 "
        inside = struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
        sequence = header(0x00291001, b"UN", 0xFFFFFFFF, syntax) + inside
        creator = header(0x00290010, b"LO", 8, syntax) + b"DAMAGED "
        assert raw.count(creator + sequence) == 1
        assert raw.replace(creator + sequence, b"") == valid("damaged_sequence", syntax).data_set

    def test_the_patient_id_has_an_odd_length(self, syntax: str) -> None:
        raw = made("damaged_padding", syntax).data_set
        odd = header(PATIENT_ID, b"LO", 1, syntax) + b"7"
        assert raw.count(odd) == 1
        right = valid("damaged_padding", syntax, PatientID="7").data_set
        assert raw == right.replace(header(PATIENT_ID, b"LO", 2, syntax) + b"7 ", odd)


@NATIVE
class TestHostile:
    def test_a_sop_instance_uid_is_a_path_or_no_uid(self, syntax: str) -> None:
        for recipe, uid in (("uid_as_path", "../../../../tmp/escaped"), ("odd_uid", "1.2..3.04")):
            instance = made(recipe, syntax)
            assert instance.SOPInstanceUID == uid
            assert read_elements(instance.data_set, syntax)[SOP_INSTANCE].value.rstrip(b"\0") == uid.encode()

    def test_the_data_set_has_no_uid_and_the_command_has(self, syntax: str) -> None:
        instance = made("empty_uid", syntax)
        assert instance.SOPInstanceUID == valid("empty_uid", syntax).SOPInstanceUID
        assert read_elements(instance.data_set, syntax)[SOP_INSTANCE].value == b""

    def test_a_name_is_far_too_long(self, syntax: str) -> None:
        assert read_elements(made("overlong_value", syntax).data_set, syntax)[0x00100010].value == b"A" * 60_000

    def test_sequences_are_nested_without_an_end(self, syntax: str) -> None:
        raw, right = made("nested_without_end", syntax).data_set, valid("nested_without_end", syntax).data_set
        one = header(0xFFFAFFFA, b"SQ", 0xFFFFFFFF, syntax) + struct.pack(
            order(syntax) + "HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
        )
        assert raw == right + one * DEPTH

    def test_sequences_are_nested_deeply_with_true_lengths(self, syntax: str) -> None:
        raw, right = made("nested_too_deep", syntax).data_set, valid("nested_too_deep", syntax).data_set
        assert raw.startswith(right)
        tail, depth = raw[len(right) :], 0
        size = len(header(0xFFFAFFFA, b"SQ", 0, syntax))
        while tail:
            assert tail[:size] == header(0xFFFAFFFA, b"SQ", len(tail) - size, syntax)
            item = struct.pack(order(syntax) + "HHI", 0xFFFE, 0xE000, len(tail) - size - 8)
            assert tail[size : size + 8] == item
            tail, depth = tail[size + 8 :], depth + 1
        assert depth == DEPTH

    def test_the_last_element_is_said_to_be_huge(self, syntax: str) -> None:
        raw = made("length_beyond_end", syntax).data_set
        tail = header(0xFFFCFFFC, b"OB", 0x7FFFFFF0, syntax) + bytes(16)
        assert raw == valid("length_beyond_end", syntax).data_set + tail

    def test_a_group_length_lies(self, syntax: str) -> None:
        raw = made("group_length_lies", syntax).data_set
        head = header(0x00080000, b"UL", 4, syntax) + struct.pack(order(syntax) + "I", 0x7FFFFFF0)
        assert raw == head + valid("group_length_lies", syntax).data_set

    def test_a_vr_is_unknown(self, syntax: str) -> None:
        raw = made("unknown_vr", syntax).data_set
        assert raw == valid("unknown_vr", syntax).data_set + header(0x7FE31001, b"ZZ", 4, syntax) + b"ABCD"

    def test_a_small_data_set_inflates_to_a_large_one(self, syntax: str) -> None:
        raw = made("deflate_bomb", syntax).data_set
        assert len(raw) % 2 == 0
        assert len(raw) < INFLATED_BYTES // 500
        plain = zlib.decompress(raw, wbits=-15)
        assert len(plain) >= INFLATED_BYTES
        assert plain.startswith(valid("deflate_bomb", syntax).data_set)


@pytest.mark.parametrize(
    ("syntax", "marker", "skip"), [(JPEG_LOSSLESS, b"\xff\xc3", 5), (JPEG_2000, b"\xff\x4f\xff\x51", 8)]
)
def test_a_codestream_says_that_it_is_huge(syntax: str, marker: bytes, skip: int) -> None:
    raw, right = made("codestream_bomb", syntax).data_set, valid("codestream_bomb", syntax).data_set
    assert len(raw) == len(right) < 100_000
    at = raw.index(marker) + skip
    form = ">2H" if syntax == JPEG_LOSSLESS else ">2I"
    assert struct.unpack_from(form, raw, at) == (65500, 65500)
    size = struct.calcsize(form)
    assert raw[:at] + raw[at + size :] == right[:at] + right[at + size :]


def test_a_codestream_bomb_needs_a_codestream() -> None:
    with pytest.raises(ValueError, match="codestream_bomb needs JPEG or JPEG 2000"):
        made("codestream_bomb", EXPLICIT)


class TestConverted:
    def test_the_same_instance_in_every_lossless_syntax(self) -> None:
        found = {syntax: made("same_in_every_syntax", syntax) for syntax in (IMPLICIT, EXPLICIT, BIG, JPEG_LOSSLESS)}
        assert len({one.SOPInstanceUID for one in found.values()}) == 1
        first = found[EXPLICIT].read()
        assert first.SeriesDescription == "The same in every transfer syntax"
        for one in found.values():
            read = one.read()
            assert {element.keyword: element.value for element in read if element.VR not in ("OW", "OB")} == {
                element.keyword: element.value for element in first if element.VR not in ("OW", "OB")
            }
            assert np.array_equal(pixel_array(read), pixel_array(first))

    def test_a_lossy_syntax_is_refused(self) -> None:
        with pytest.raises(ValueError, match="needs a lossless transfer syntax"):
            build("same_in_every_syntax", "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.1.2.4.50")

    @NATIVE
    def test_a_name_is_not_in_the_set_that_is_declared(self, syntax: str) -> None:
        elements = read_elements(made("text_outside_its_character_set", syntax).data_set, syntax)
        assert elements[0x00080005].value == b"ISO_IR 192"
        assert elements[0x00100010].value == "Müller^Jérôme ".encode("latin-1")

    @NATIVE
    def test_private_elements_of_many_kinds_follow_pixel_data(self, syntax: str) -> None:
        raw = made("private_elements", syntax).data_set
        byte_order = order(syntax)

        def private(number: int, vr: bytes, value: bytes) -> bytes:
            return header(0x7FE30000 | number, vr, len(value), syntax) + value

        inner = private(0x10, b"LO", b"SYNTHETIC ") + private(0x1001, b"LO", b"INSIDE")
        item = struct.pack(byte_order + "HHI", 0xFFFE, 0xE000, len(inner)) + inner
        expected = [
            private(0x10, b"LO", b"SYNTHETIC "),
            private(0x1001, b"LO", b"M\xfcller"),
            private(0x1002, b"US", struct.pack(byte_order + "2H", 513, 1027)),
            private(0x1003, b"SL", struct.pack(byte_order + "i", -70000)),
            private(0x1004, b"FD", struct.pack(byte_order + "d", 0.1)),
            private(0x1005, b"OW", struct.pack(byte_order + "3H", 0x0102, 0x0304, 0x0506)),
            private(0x1006, b"OF", struct.pack(byte_order + "2f", 1.5, -2.25)),
            private(0x1007, b"UN", b"\1\2\3\4"),
            header(0x7FE31008, b"SQ", 0xFFFFFFFF, syntax) + item + struct.pack(byte_order + "HHI", 0xFFFE, 0xE0DD, 0),
        ]
        assert raw.endswith(made_of := b"".join(expected))
        assert read_elements(raw[: -len(made_of)], syntax)[0x0008103E].value.startswith(b"The same in every")

    @pytest.mark.parametrize("syntax", [EXPLICIT, BIG])
    def test_noise_is_above_bits_stored(self, syntax: str) -> None:
        noisy = build("noise_above_bits_stored", MR, syntax, seed=3)
        data_set = noisy.read()
        cells = np.frombuffer(data_set.PixelData, order(syntax) + "u2").reshape(data_set.Rows, data_set.Columns)
        assert noisy.pixels is not None
        assert data_set.BitsStored == 12
        assert np.array_equal(cells & 0xFFF, noisy.pixels[0])
        assert np.array_equal(cells >> 12, np.arange(cells.size).reshape(cells.shape) & 0xF)

    def test_noise_is_compressed_with_the_rest(self) -> None:
        noisy = build("noise_above_bits_stored", MR, JPEG_2000, seed=3)
        raw = pixel_array(noisy.read(), raw=True)
        assert noisy.pixels is not None
        assert np.array_equal(raw & 0xFFF, noisy.pixels[0])
        assert (raw >> 12).any()

    def test_noise_needs_unused_bits_and_no_loss(self) -> None:
        with pytest.raises(ValueError, match="needs unused bits and no loss"):
            made("noise_above_bits_stored")

    def test_a_lossy_codestream_goes_above_bits_stored(self) -> None:
        instance = build("lossy_above_bits_stored", MR, "1.2.840.10008.1.2.4.91", seed=3)
        assert instance.pixels is not None
        assert set(np.unique(instance.pixels)) == {4095 - 8, 4095 + 8}
        assert instance.max_error == 4
        decoded = pixel_array(instance.read(), raw=True).astype(int)
        assert np.abs(decoded - instance.pixels[0].astype(int)).max() <= instance.max_error
        with pytest.raises(ValueError, match="needs up to 12 bits in grey and lossy JPEG 2000"):
            build("lossy_above_bits_stored", MR, EXPLICIT)


class TestFolder:
    def test_instances_are_read_in_the_order_of_their_names(self, tmp_path: Path) -> None:
        (tmp_path / "below").mkdir()
        write_file(made("smallest"), tmp_path / "b.dcm")
        write_file(build("smallest", CT, EXPLICIT, seed=4), tmp_path / "below" / "a.dcm")
        (tmp_path / "notes.txt").write_text("not an image")
        (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
        skipped: list[str] = []
        found = [one.SOPInstanceUID for one in read_folder(tmp_path, skipped.append)]
        assert found == [made("smallest").SOPInstanceUID, build("smallest", CT, EXPLICIT, seed=4).SOPInstanceUID]
        assert [one.partition(": skipped: ")[0] for one in skipped] == [
            str(tmp_path / "dangling"),
            str(tmp_path / "notes.txt"),
        ]
        assert skipped[0].endswith(": skipped: no file")

    def test_what_is_no_instance_is_skipped_with_its_reason(self, tmp_path: Path) -> None:
        write_file(made("empty_uid"), tmp_path / "without.dcm")
        directory = valid("empty_uid").read()
        directory.SOPClassUID = directory.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
        directory.save_as(tmp_path / "DICOMDIR")
        skipped: list[str] = []
        assert list(read_folder(tmp_path, skipped.append)) == []
        assert skipped == [
            f"{tmp_path / 'DICOMDIR'}: skipped: a directory of other files (DICOMDIR)",
            f"{tmp_path / 'without.dcm'}: skipped: without SOPInstanceUID",
        ]

    def test_a_folder_that_is_not_there_is_skipped(self, tmp_path: Path) -> None:
        skipped: list[str] = []
        assert list(read_folder(tmp_path / "nothing", skipped.append)) == []
        assert skipped == [f"{tmp_path / 'nothing'}: skipped: No such file or directory"]


def test_a_written_file_is_read_by_pydicom(tmp_path: Path) -> None:
    write_file(made("smallest"), tmp_path / "a.dcm")
    assert dcmread(tmp_path / "a.dcm").SOPInstanceUID == made("smallest").SOPInstanceUID
