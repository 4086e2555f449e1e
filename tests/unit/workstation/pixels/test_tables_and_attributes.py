"""Palettes, look-up tables, overlays and numbers: what of them is used, and what is refused with which words."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pixel_images import JPEG_2000, JPEG_LOSSLESS, attributes, encapsulated, even, grey, items
from pydicom.dataset import Dataset

from dicom_workstation.pixels import Image, PixelError, modality_lut, palette
from dicom_workstation.pixels.colour import to_rgb
from dicom_workstation.pixels.decoding.pixel_source import InFile
from dicom_workstation.pixels.image_pixel import integer
from dicom_workstation.pixels.image_pixel import read as read_image_pixel
from dicom_workstation.pixels.lookup_table import entry_values, read_lookup_table
from dicom_workstation.pixels.opening import _guessed_syntax
from dicom_workstation.pixels.overlay import read_overlays, usable_overlays
from dicom_workstation.pixels.remarks import Remarks
from dicom_workstation.tables import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)


def words(*values: int, big_endian: bool = False) -> bytes:
    return struct.pack(f"{'>' if big_endian else '<'}{len(values)}H", *values)


def coloured(bits: int = 16, entries: int = 4, first: int = 0, **segmented: bytes) -> Dataset:
    """A palette: grey in full tables of 16 bits, or segments of red, green and blue."""
    image = Dataset()
    for number in range(3):
        image.add_new(0x00281101 + number, "US", [entries, first, bits])
        if segmented:
            image.add_new(0x00281221 + number, "OW", segmented["data"])
        else:
            image.add_new(0x00281201 + number, "OW", words(*(value * 0x1000 for value in range(entries))))
    return image


def red(image: Dataset) -> list[int]:
    return palette.read(image, is_signed=False).red.values.tolist()


class TestPalettes:
    @pytest.mark.parametrize(
        ("segments", "values"),
        [
            (words(0, 4, 1, 2, 3, 65535), [1, 2, 3, 65535]),  # discrete
            (words(0, 1, 0, 1, 3, 30000), [0, 10000, 20000, 30000]),  # a line from the last entry
            (words(0, 1, 30000, 1, 3, 0), [30000, 20000, 10000, 0]),
            (words(0, 2, 256, 512, 2, 1, 0, 0), [256, 512, 256, 512]),  # a copy of the segment at byte 0
            (words(0, 1, 256, 0, 1, 512, 2, 2, 0, 0), [256, 512, 256, 512]),  # a copy of two segments
            (words(0, 1, 7, 0, 1, 256, 0, 1, 512, 2, 1, 6, 0), [7, 256, 512, 256]),  # a copy of the one at byte 6
        ],
    )
    def test_segments_are_unfolded(self, segments: bytes, values: list[int]) -> None:
        assert red(coloured(data=segments)) == values

    @pytest.mark.parametrize(
        ("segments", "message"),
        [
            (words(0, 4, 1, 2, 3), "a segment goes beyond its table"),
            (words(0, 1, 1, 1, 3), "a segment goes beyond its table"),
            (words(1, 3, 9), "a segment of type 1 is not allowed here"),
            (words(3, 1, 1), "a segment of type 3 is not allowed here"),
            (words(0, 2, 1, 2, 2, 1, 0), "a segment of type 2 is not allowed here"),
            (words(0, 1, 1, 2, 2, 0, 0), "a segment of type 2 is not allowed here"),  # a copy of itself
            (words(0, 3, 1, 2, 3), "segments make 3 entries, but the descriptor declares 4"),
            (words(0, 5, 1, 2, 3, 4, 5), "segments make 5 entries, but the descriptor declares 4"),
            (b"\0\0\4\0\1", "segmented data is not made of 16 bit words"),
        ],
    )
    def test_segments_that_make_no_table_are_refused(self, segments: bytes, message: str) -> None:
        with pytest.raises(PixelError, match=message):
            red(coloured(data=segments))

    @pytest.mark.parametrize(("bits", "is_right"), [(8, True), (16, True), (7, False), (12, False)])
    def test_an_entry_has_8_or_16_bits(self, bits: int, is_right: bool) -> None:
        image = coloured(bits, data=words(0, 4, 1, 2, 3, 255))
        if is_right:
            assert palette.read(image, is_signed=False).red.bits == 8
        else:
            with pytest.raises(PixelError, match=f"{bits} bits per entry; 8 or 16 are allowed"):
                red(image)

    def test_an_entry_of_8_bits_is_at_most_255(self) -> None:
        with pytest.raises(PixelError, match="an entry is 256, more than 8 bits can hold"):
            red(coloured(8, data=words(0, 4, 1, 2, 3, 256)))

    @pytest.mark.parametrize(("index", "shown"), [(0, 0x10), (1, 0x10), (2, 0x10), (3, 0x20), (5, 0x40), (9, 0x40)])
    def test_an_index_outside_takes_the_nearest_entry(self, index: int, shown: int) -> None:
        found = palette.read(coloured(first=2, data=words(0, 4, 0x1000, 0x2000, 0x3000, 0x4000)), is_signed=False)
        assert found.apply(np.array([[index]])).tolist() == [[[shown] * 3]]

    def test_a_table_that_is_not_there_is_named(self) -> None:
        image = coloured()
        del image.GreenPaletteColorLookupTableData
        with pytest.raises(
            PixelError, match="Green Palette Color Lookup Table: GreenPaletteColorLookupTableData is missing"
        ):
            red(image)


def table(descriptor: object, data: object, vr: str = "US", of_data: str = "OW") -> Dataset:
    item = Dataset()
    item.add_new(0x00283002, vr, descriptor)
    item.add_new(0x00283006, of_data, data)
    return item


class TestLookUpTables:
    @pytest.mark.parametrize("big_endian", [False, True])
    def test_words_are_in_the_order_of_the_data_set(self, big_endian: bool) -> None:
        item = table([3, 0, 16], words(1, 512, 65535, big_endian=big_endian))
        found = read_lookup_table(item, "a table", is_signed=False, is_little_endian=not big_endian)
        assert (found.values.tolist(), found.bits, found.maximum) == ([1, 512, 65535], 16, 65535)

    @pytest.mark.parametrize("big_endian", [False, True])
    @pytest.mark.parametrize("values", [[1, 2, 3, 4], [1, 2, 3]])
    def test_two_entries_of_8_bits_may_share_a_word(self, values: list[int], big_endian: bool) -> None:
        packed = bytes(values + [0] * (len(values) % 2))
        if big_endian:
            packed = b"".join(packed[at : at + 2][::-1] for at in range(0, len(packed), 2))
        item = table([len(values), 0, 8], packed)
        found = read_lookup_table(item, "a table", is_signed=False, is_little_endian=not big_endian)
        assert found.values.tolist() == values

    @pytest.mark.parametrize(
        ("first", "is_signed", "expected"),
        [(0, False, 0), (32768, False, 32768), (65535, True, -1), (32767, True, 32767)],
    )
    def test_the_first_value_is_signed_where_pixels_are(self, first: int, is_signed: bool, expected: int) -> None:
        found = read_lookup_table(table([2, first, 8], words(1, 2)), "a table", is_signed=is_signed)
        assert found.first == expected

    def test_a_descriptor_of_bytes_is_three_words(self) -> None:
        for is_little in (True, False):
            data = words(2, 7, 8, big_endian=not is_little)
            item = table(data, words(1, 2, big_endian=not is_little), vr="UN")
            assert read_lookup_table(item, "a table", is_signed=False, is_little_endian=is_little).first == 7

    @pytest.mark.parametrize(
        ("item", "message"),
        [
            (table([2, 0], words(1, 2)), "LUTDescriptor does not have three values"),
            (table(5, words(1, 2)), "LUTDescriptor does not have three values"),
            (table([2, 0, 8], ["1", "x"], of_data="SH"), "LUTData is not numeric"),
            (table(b"12345", words(1, 2), vr="UN"), "LUTDescriptor does not have three values"),
            (table([5, 0, 16], words(1, 2)), "LUT Data has 4 bytes, but its descriptor declares 5 entries"),
            (table([2, 0, 16], words(1, 2, 3, 4)), "LUT Data has 8 bytes, but its descriptor declares 2 entries"),
            (table([3, 0, 16], [1, 2], of_data="US"), "LUTData has 2 entries, but its descriptor declares 3"),
            (table([1, 0, 16], [1, 2], of_data="US"), "LUTData has 2 entries, but its descriptor declares 1"),
            (table([2, 0, 17], words(1, 2)), "declares 17 bits per entry, 8 to 16 are allowed"),
            (table([2, 0, 7], words(1, 2)), "declares 7 bits per entry, 8 to 16 are allowed"),
            (table([2, 0, 8], words(1, 256)), "an entry is 256, more than 8 bits can hold"),
        ],
    )
    def test_a_table_that_contradicts_itself_is_refused(self, item: Dataset, message: str) -> None:
        with pytest.raises(PixelError, match=message):
            read_lookup_table(item, "a table", is_signed=False)

    def test_one_entry_more_than_declared_is_taken_with_a_remark(self) -> None:
        remarks = Remarks()
        item = table([2, 0, 16], [1, 2, 3], of_data="US")
        assert entry_values(item, "LUTData", "a table", 2, complaints=remarks).tolist() == [1, 2, 3]

    def test_entries_as_numbers(self) -> None:
        assert read_lookup_table(table([2, 0, 16], [1, 65535], of_data="US"), "a", is_signed=False).values.tolist() == [
            1,
            65535,
        ]

    def test_no_data_is_named(self) -> None:
        item = table([2, 0, 16], words(1, 2))
        del item.LUTData
        with pytest.raises(PixelError, match="a table: LUTData is missing"):
            read_lookup_table(item, "a table", is_signed=False)


OVERLAY_VRS = {0x102: "US", 0x10: "US", 0x11: "US", 0x15: "IS", 0x40: "CS", 0x50: "SS", 0x51: "US", 0x3000: "OB"}


class TestOverlays:
    @staticmethod
    def image(**changes: object) -> Dataset:
        made = grey(np.zeros((2, 4), "u2"))
        usual = {0x10: 2, 0x11: 4, 0x40: "G", 0x50: [1, 1], 0x3000: b"\x0f\0"}
        values = usual | {int(name[1:], 16): value for name, value in changes.items()}
        for element, value in values.items():
            if value is not None:
                made.add_new((0x6000, element), OVERLAY_VRS[element], value)
        return made

    def test_a_plane_is_read(self) -> None:
        (found,) = read_overlays(self.image())
        assert (found.rows, found.columns, found.kind, found.origin, found.frames, found.first_frame) == (
            2,
            4,
            "G",
            (1, 1),
            0,
            1,
        )

    def test_a_plane_without_a_type_is_graphics(self) -> None:
        (found,) = read_overlays(self.image(e40=None))
        assert found.kind == "G"

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"e10": 0}, "overlay 6000 has 0 rows, 4 columns, 0 frames"),
            ({"e11": 0}, "overlay 6000 has 2 rows, 0 columns, 0 frames"),
            ({"e10": None}, "overlay 6000 has 0 rows, 4 columns, 0 frames, the first of them for frame 1"),
            ({"e11": None}, "overlay 6000 has 2 rows, 0 columns, 0 frames"),
            ({"e15": "-1"}, "-1 frames"),
            ({"e15": "1", "e51": 0}, "1 frames, the first of them for frame 0"),
            ({"e50": [1]}, "overlay 6000: "),
            ({"e50": [1, 2, 3]}, "overlay 6000: "),
            ({"e10": 5}, "Overlay Data has 2 bytes; 5 x 4 x 1 bits are needed"),
            ({"e15": "3"}, "Overlay Data has 2 bytes; 2 x 4 x 3 bits are needed"),
            ({"e3000": None}, "overlay 6000 has no Overlay Data"),
        ],
    )
    def test_a_plane_that_contradicts_itself_is_refused(self, changes: dict[str, object], message: str) -> None:
        with pytest.raises(PixelError, match=message):
            read_overlays(self.image(**changes))

    @pytest.mark.parametrize("changes", [{"e10": 4}, {"e15": "2"}, {"e15": "1", "e51": 1}, {"e15": "0", "e51": 0}])
    def test_a_plane_that_just_fits_is_read(self, changes: dict[str, object]) -> None:
        assert len(read_overlays(self.image(**changes))) == 1

    @pytest.mark.parametrize(
        ("position", "stored", "high", "is_unused"),
        [
            (12, 12, 11, True),
            (15, 12, 11, True),
            (16, 12, 11, False),
            (11, 12, 11, False),
            (1, 12, 11, False),
            (3, 12, 15, True),
            (4, 12, 15, False),
            (0, 12, 15, False),
            (12, 16, 15, False),
        ],
    )
    def test_a_plane_may_lie_in_bits_that_no_pixel_uses(
        self, position: int, stored: int, high: int, is_unused: bool
    ) -> None:
        image = self.image(e3000=None, e102=position)
        image.BitsStored, image.HighBit = stored, high
        if is_unused:
            (found,) = read_overlays(image)
            assert (found.data, found.bit_position) == (None, position)
        else:
            with pytest.raises(PixelError, match="overlay 6000 has no Overlay Data"):
                read_overlays(image)

    def test_groups_of_overlays_are_even_and_end_at_601e(self) -> None:
        image = self.image()
        for group in (0x6001, 0x601E, 0x601F, 0x6020):
            for element, vr in OVERLAY_VRS.items():
                if (0x6000, element) in image:
                    image.add_new((group, element), vr, image[0x6000, element].value)
        assert [one.group for one in read_overlays(image)] == [0x6000, 0x601E]

    def test_what_of_planes_can_be_drawn(self) -> None:
        kept = Remarks()
        assert len(usable_overlays(Image(self.image(e40="X")), kept)) == 1
        assert kept.texts == ("overlay 6000 has the Overlay Type 'X': it is drawn as graphics",)
        image = self.image(e3000=None, e102=12)
        image.BitsStored, image.HighBit = 12, 11
        kept = Remarks()
        assert len(usable_overlays(Image(image), kept)) == 1
        assert kept.texts == ()
        frame = imagecodecs.jpeg8_encode(np.zeros((2, 4), "u2"), lossless=True, predictor=1, bitspersample=16)
        compressed = encapsulated(image, items(even(frame)), JPEG_LOSSLESS)
        assert usable_overlays(Image(compressed), kept) == ()
        assert "overlay 6000 lies in bits that compressed Pixel Data does not have" in kept.texts[0]


class TestChecking:
    """What is known of a frame before it is decoded."""

    @staticmethod
    def jpeg(rows: int = 2) -> bytes:
        return even(imagecodecs.jpeg8_encode(np.zeros((rows, 4), "u2"), lossless=True, predictor=1, bitspersample=16))

    def test_a_right_frame_passes(self) -> None:
        Image(encapsulated(attributes(2, 4), items(self.jpeg()), JPEG_LOSSLESS)).check()
        Image(grey(np.zeros((2, 4), "u2"))).check()

    @pytest.mark.parametrize(
        ("stream", "syntax", "message"),
        [
            (jpeg(3), JPEG_LOSSLESS, "3 x 4 x 1, but the attributes declare 2 x 4 x 1"),
            (b"\xff\xd8\xff\xd9", JPEG_LOSSLESS, "."),
            (b"not a codestream", JPEG_2000, "."),
            (jpeg(2), "1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.100 cannot be decoded"),
        ],
    )
    def test_a_frame_that_cannot_be_decoded_is_refused(self, stream: bytes, syntax: str, message: str) -> None:
        image = encapsulated(attributes(2, 4), items(stream), syntax)
        for ask in ("check", "stored"):
            with pytest.raises(PixelError, match=message):
                getattr(Image(image), ask)(1)

    def test_native_pixels_that_end_early_are_refused(self, tmp_path: Path) -> None:
        source = InFile(tmp_path / "pixels", 4, 8)
        source.path.write_bytes(b"head" + words(1, 2, 3, 4))
        cells = np.dtype("<u2")
        assert source.array(2, 3, cells).tolist() == [2, 3, 4]
        with pytest.raises(PixelError, match="Pixel Data ends at 8 bytes, 10 are needed"):
            source.array(2, 4, cells)
        source.path.write_bytes(b"head" + words(1, 2, 3))
        with pytest.raises(PixelError, match="pixels was truncated while it was read"):
            source.array(0, 4, cells)

    def test_a_grey_image_is_not_in_colour(self) -> None:
        with pytest.raises(PixelError, match="an image in MONOCHROME2 is not in colour"):
            Image(grey(np.zeros((2, 4), "u2"))).rgb()

    def test_compressed_pixels_have_no_unused_bits(self) -> None:
        with pytest.raises(PixelError, match="compressed pixel data has no unused bits"):
            Image(encapsulated(attributes(2, 4), items(self.jpeg()), JPEG_LOSSLESS)).cells()

    @pytest.mark.parametrize(("count", "kept"), [(32, 32), (33, 32)])
    def test_remarks_are_no_more_than_somebody_reads(self, count: int, kept: int) -> None:
        remarks = Remarks()
        for number in range(count):
            remarks.add(f"remark {number}")
            remarks.add("remark 0")
        assert remarks.texts == tuple(f"remark {number}" for number in range(kept))


class TestNumbers:
    def test_an_integer_may_be_absent_or_the_first_of_several(self) -> None:
        image = attributes(2, 2)
        assert integer(image, "Rows") == 2
        assert integer(image, "PlanarConfiguration", 7) == 7
        image.add_new("PlanarConfiguration", "US", [3, 4])
        assert integer(image, "PlanarConfiguration") == 3
        with pytest.raises(PixelError, match="NumberOfFrames is missing"):
            integer(image, "NumberOfFrames")
        image.add_new("NumberOfFrames", "LO", "")
        assert integer(image, "NumberOfFrames", 1) == 1
        with pytest.raises(PixelError, match="NumberOfFrames is missing"):
            integer(image, "NumberOfFrames")
        image.add_new("NumberOfFrames", "LO", "many")
        with pytest.raises(PixelError, match="NumberOfFrames 'many' is not a number"):
            integer(image, "NumberOfFrames")

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"Rows": 0}, "an image of 0 rows and 2 columns has no pixels"),
            ({"Columns": 0}, "an image of 2 rows and 0 columns has no pixels"),
            ({"PhotometricInterpretation": "HSV"}, "Photometric Interpretation 'HSV' is not supported"),
            ({"PhotometricInterpretation": "RGB"}, "RGB has 3 samples per pixel, not 1"),
            ({"SamplesPerPixel": 3}, "MONOCHROME2 has 1 samples per pixel, not 3"),
            ({"BitsAllocated": 17}, "Bits Allocated 17 is not supported"),
            ({"BitsStored": 17}, "Bits Stored 17 does not fit Bits Allocated 16"),
            ({"BitsStored": 0}, "Bits Stored 0 does not fit Bits Allocated 16"),
            ({"BitsStored": 12, "HighBit": 10}, "High Bit 10 does not fit Bits Stored 12"),
            ({"BitsStored": 12, "HighBit": 16}, "High Bit 16 does not fit Bits Stored 12"),
        ],
    )
    def test_attributes_that_contradict_each_other_are_refused(self, changes: dict[str, object], message: str) -> None:
        with pytest.raises(PixelError, match=message):
            read_image_pixel(attributes(2, 2, **changes))

    @pytest.mark.parametrize(("stored", "high"), [(12, 11), (12, 15), (1, 0), (16, 15)])
    def test_attributes_that_just_fit_are_read(self, stored: int, high: int) -> None:
        found = read_image_pixel(attributes(2, 2, BitsStored=stored, HighBit=high))
        assert (found.bits_stored, found.high_bit) == (stored, high)

    def test_a_rescale_is_a_slope_and_an_intercept(self) -> None:
        image = attributes(2, 2)
        assert modality_lut.read(image, is_signed=False) is None
        image.RescaleIntercept = "-1024"
        assert modality_lut.read(image, is_signed=False) == modality_lut.Rescale(1.0, -1024.0)
        image.RescaleSlope = "2.5"
        assert modality_lut.read(image, is_signed=False) == modality_lut.Rescale(2.5, -1024.0)
        del image.RescaleIntercept
        assert modality_lut.read(image, is_signed=False) == modality_lut.Rescale(2.5, 0.0)
        image.RescaleSlope = "0"
        with pytest.raises(PixelError, match="Rescale Slope is 0"):
            modality_lut.read(image, is_signed=False)

    def test_a_modality_lut_is_a_table(self) -> None:
        image = attributes(2, 2)
        image.ModalityLUTSequence = [table([3, 10, 8], words(5, 6, 200))]
        found = modality_lut.read(image, is_signed=False)
        assert found is not None
        assert found.apply(np.array([9, 10, 11, 12, 13])).tolist() == [5, 5, 6, 200, 200]
        assert modality_lut.extent(found, 0, 65535) == (0.0, 255.0)
        assert modality_lut.extent(None, -5, 7) == (-5.0, 7.0)
        assert modality_lut.extent(modality_lut.Rescale(-1.0, 0.0), -5, 7) == (-7.0, 5.0)

    @pytest.mark.parametrize(
        ("value", "message"), [("inf", "RescaleSlope is inf"), ("x", "RescaleSlope 'x' is not a number")]
    )
    def test_a_slope_is_a_finite_number(self, value: str, message: str) -> None:
        image = Dataset()
        image.add_new("RescaleSlope", "LO", value)
        with pytest.raises(PixelError, match=message):
            modality_lut.read(image, is_signed=False)


class TestColours:
    @pytest.mark.parametrize("bits", [8, 12])
    @pytest.mark.parametrize(
        ("ybr", "rgb"),
        [
            ((16, 128, 128), (0, 0, 0)),
            ((235, 128, 128), (255, 255, 255)),
            ((126, 128, 128), (128, 128, 128)),
            ((81, 90, 240), (255, 0, 0)),  # red, green and blue in round numbers of the partial range
            ((145, 54, 34), (0, 255, 0)),
            ((41, 240, 110), (0, 0, 255)),
        ],
    )
    def test_the_retired_partial_range(self, bits: int, ybr: tuple[int, ...], rgb: tuple[int, ...]) -> None:
        step = 1 << (bits - 8)
        samples = (np.array([[ybr]]) * step).astype("u1" if bits == 8 else "u2")
        found = to_rgb(samples, "YBR_PARTIAL_422", bits).astype(int)
        assert np.abs(found[0, 0] - np.array(rgb) * step).max() <= 2 * step

    def test_other_interpretations_are_refused_or_kept(self) -> None:
        samples = np.array([[[1, 2, 3]]], "u1")
        assert to_rgb(samples, "RGB", 8) is samples
        with pytest.raises(PixelError, match="HSV cannot be shown in RGB"):
            to_rgb(samples, "HSV", 8)


@pytest.mark.parametrize(
    ("head", "syntax"),
    [
        (b"\x08\0\x05\0CS", EXPLICIT_VR_LITTLE_ENDIAN),
        (b"\0\x08\0\x05CS", EXPLICIT_VR_BIG_ENDIAN),
        (b"\x08\0\x05\0\x0a\0", IMPLICIT_VR_LITTLE_ENDIAN),
        (b"\x08\0\x05\0cs", IMPLICIT_VR_LITTLE_ENDIAN),
        (b"", IMPLICIT_VR_LITTLE_ENDIAN),
    ],
)
def test_the_encoding_of_a_bare_data_set_is_guessed_by_its_first_element(head: bytes, syntax: str) -> None:
    stream = BytesIO(b"before" + head + b"after")
    if not head:
        stream = BytesIO(b"before")
    stream.seek(6)
    assert _guessed_syntax(stream) == syntax
    assert stream.tell() == 6
