"""Every SOP Class of Table 3 in every transfer syntax: what is written is what was drawn."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels import pixel_array

from dicom_simulators.data_sets import SOP_CLASSES, TRANSFER_SYNTAXES, Instance, SOPClass, TransferSyntax, build
from dicom_simulators.data_sets.iods import IODS

PAIRS = [
    pytest.param(sop_class, syntax, id=f"{sop_class.label}-{syntax.uid.removeprefix('1.2.840.10008.')}")
    for sop_class in SOP_CLASSES
    for syntax in TRANSFER_SYNTAXES
]
IMAGES = [pair for pair in PAIRS if isinstance(pair.values[0], SOPClass) and pair.values[0].native is not None]


def _decoded(instance: Instance, syntax: TransferSyntax, plugin: str) -> NDArray[np.int64]:
    """Return what a decoder that is not the encoder gives back, in the shape of `Instance.pixels`."""
    data_set = instance.read()
    options = {"decoding_plugin": plugin} if syntax.encapsulated else {}
    assert instance.pixels is not None
    return pixel_array(data_set, **options).reshape(instance.pixels.shape).astype(np.int64)


def _plugins(data_set: Dataset, syntax: TransferSyntax) -> tuple[str, ...]:
    if syntax.jpeg_2000:
        return ("gdcm", "pylibjpeg")
    return ("gdcm",)


def test_table_3_has_31_image_classes_and_the_presentation_state_in_nine_transfer_syntaxes() -> None:
    assert len({sop_class.uid for sop_class in SOP_CLASSES}) == 32
    assert sum(sop_class.native is not None for sop_class in SOP_CLASSES) == 31
    assert len({syntax.uid for syntax in TRANSFER_SYNTAXES}) == 9
    assert set(IODS) == {sop_class.uid for sop_class in SOP_CLASSES}


@pytest.mark.parametrize(("sop_class", "syntax"), PAIRS)
def test_the_file_says_what_the_instance_says(sop_class: SOPClass, syntax: TransferSyntax) -> None:
    instance = build("smallest", sop_class.uid, syntax.uid)
    data_set = instance.read()
    assert data_set.file_meta.TransferSyntaxUID == syntax.uid == instance.transfer_syntax
    assert data_set.file_meta.MediaStorageSOPClassUID == data_set.SOPClassUID == sop_class.uid == instance.SOPClassUID
    assert data_set.file_meta.MediaStorageSOPInstanceUID == data_set.SOPInstanceUID == instance.SOPInstanceUID
    assert data_set.Modality == sop_class.Modality
    tags = [element.tag for element in data_set]
    assert tags == sorted(tags)


@pytest.mark.parametrize(("sop_class", "syntax"), IMAGES)
def test_image_pixel_attributes_agree_with_each_other(sop_class: SOPClass, syntax: TransferSyntax) -> None:
    instance = build("smallest", sop_class.uid, syntax.uid)
    data_set = instance.read()
    pixels = instance.pixels
    assert pixels is not None
    assert not pixels.flags.writeable
    assert pixels.shape[:3] == (sop_class.frames, data_set.Rows, data_set.Columns)
    assert data_set.get("NumberOfFrames", 1) == sop_class.frames
    assert ("NumberOfFrames" in data_set) == (sop_class.frames > 1)
    assert data_set.HighBit == data_set.BitsStored - 1
    assert data_set.BitsAllocated == pixels.dtype.itemsize * 8
    assert data_set.PixelRepresentation == int(pixels.dtype.kind == "i")
    assert data_set.SamplesPerPixel == (pixels.shape[3] if pixels.ndim == 4 else 1)
    assert ("PlanarConfiguration" in data_set) == (pixels.ndim == 4)
    if syntax.encapsulated:
        assert data_set.get("PlanarConfiguration", 0) == 0
    expected = {
        "1.2.840.10008.1.2.4.50": "YBR_FULL_422",
        "1.2.840.10008.1.2.4.51": "YBR_FULL_422",
        "1.2.840.10008.1.2.4.90": "YBR_RCT",
        "1.2.840.10008.1.2.4.91": "YBR_ICT",
    }.get(syntax.uid, "RGB")
    if pixels.ndim == 4:
        assert data_set.PhotometricInterpretation == expected
    else:
        assert data_set.PhotometricInterpretation in ("MONOCHROME1", "MONOCHROME2")


@pytest.mark.parametrize(("sop_class", "syntax"), IMAGES)
def test_lossy_image_compression_is_told_where_it_happened(sop_class: SOPClass, syntax: TransferSyntax) -> None:
    data_set = build("smallest", sop_class.uid, syntax.uid).read()
    assert data_set.LossyImageCompression == ("01" if syntax.lossy else "00")
    if syntax.lossy:
        method = "ISO_15444_1" if syntax.jpeg_2000 else "ISO_10918_1"
        assert data_set.LossyImageCompressionMethod == method
        assert data_set.LossyImageCompressionRatio > 1
    else:
        assert "LossyImageCompressionMethod" not in data_set


@pytest.mark.parametrize(("sop_class", "syntax"), IMAGES)
def test_independent_decoders_give_the_picture_back(sop_class: SOPClass, syntax: TransferSyntax) -> None:
    instance = build("smallest", sop_class.uid, syntax.uid)
    data_set = instance.read()
    if syntax.uid == "1.2.840.10008.1.2.4.51" and data_set.BitsStored == 12:
        assert instance.max_error > 0  # GDCM refuses 12 bits: dcmdjpeg decodes them in tests/interop
        return
    for plugin in _plugins(data_set, syntax):
        error = int(np.abs(_decoded(instance, syntax, plugin) - instance.pixels).max())
        assert error <= instance.max_error, plugin
        if syntax.lossy:
            assert error > 0, "nothing was lost: is the codec the one that the transfer syntax names?"


@pytest.mark.parametrize("syntax", [pytest.param(s, id=s.uid) for s in TRANSFER_SYNTAXES])
def test_a_bound_for_the_lossy_codecs_holds_for_large_pictures_too(syntax: TransferSyntax) -> None:
    instance = build("ct_512", transfer_syntax=syntax.uid)
    if syntax.uid == "1.2.840.10008.1.2.4.51":
        assert instance.max_error > 0  # as above
        return
    error = int(np.abs(_decoded(instance, syntax, "gdcm") - instance.pixels).max())
    assert error <= instance.max_error


@pytest.mark.parametrize("size", [(7, 5), (8, 9), (33, 17), (200, 300)])
@pytest.mark.parametrize("syntax", [pytest.param(s, id=s.uid) for s in TRANSFER_SYNTAXES])
@pytest.mark.parametrize("sop_class", ["1.2.840.10008.5.1.4.1.1.3.1", "1.2.840.10008.5.1.4.1.1.7.2"])
def test_the_bounds_hold_for_any_size(sop_class: str, syntax: TransferSyntax, size: tuple[int, int]) -> None:
    instance = build("smallest", sop_class, syntax.uid, rows=size[0], columns=size[1], frames=2)
    error = int(np.abs(_decoded(instance, syntax, "gdcm") - instance.pixels).max())
    assert error <= instance.max_error


@pytest.mark.parametrize("syntax", [pytest.param(s, id=s.uid) for s in TRANSFER_SYNTAXES])
def test_the_presentation_state_refers_to_the_ct_of_its_study(syntax: TransferSyntax) -> None:
    state = build("smallest", "1.2.840.10008.5.1.4.1.1.11.1", syntax.uid, seed=3)
    image = build("smallest", "1.2.840.10008.5.1.4.1.1.2", seed=3).read()
    data_set = state.read()
    assert state.pixels is None
    assert "PixelData" not in data_set
    assert data_set.StudyInstanceUID == image.StudyInstanceUID
    (series,) = data_set.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == image.SeriesInstanceUID != data_set.SeriesInstanceUID
    (reference,) = series.ReferencedImageSequence
    assert reference.ReferencedSOPInstanceUID == image.SOPInstanceUID
    (area,) = data_set.DisplayedAreaSelectionSequence
    assert list(area.DisplayedAreaBottomRightHandCorner) == [image.Columns, image.Rows]


def test_a_seed_tells_every_uid_and_the_picture_apart() -> None:
    one, other = build(seed=1), build(seed=2)
    assert one.SOPInstanceUID != other.SOPInstanceUID
    assert one.read().StudyInstanceUID != other.read().StudyInstanceUID
    assert one.pixels is not None
    assert not np.array_equal(one.pixels, other.pixels)
