"""Images that break a rule and can be read all the same are kept, shown and displayed, and their user is warned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from dicom_simulators.archive import Archive
from dicom_simulators.data_sets import Instance, build
from dicom_wire.capture import Recorder
from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.data_sets import DataSetError, describe, read
from dicom_workstation.data_sets.structure import follow, walk
from dicom_workstation.instances import StoredInstance, part10_file, read_part10, stored_instance
from dicom_workstation.outcome import Result
from dicom_workstation.pixels import Image
from dicom_workstation.presentation_states import render
from dicom_workstation.tables import EXPLICIT_VR_LITTLE_ENDIAN, UNCOMPRESSED

CT = "1.2.840.10008.5.1.4.1.1.2"
SC = "1.2.840.10008.5.1.4.1.1.7"
NO_WINDOW = {"remove": "WindowCenter\\WindowWidth"}
STRUCTURE = {
    "damaged_group_length": "has a Group Length of group 7FE0 that goes beyond the end of the data set",
    "group_length_lies": "has a Group Length of group 0008 that goes beyond the end of the data set",
    "damaged_end": "ends with 68 zero bytes",
    "damaged_repetition": "has element 00100020 more than once: the first one counts",
    "damaged_padding": "has a value of odd length at element 00100020",
}
UIDS = {"damaged_uid": "SOP Instance UID", "damaged_study_uid": "Study Instance UID"}


def opened(instance: Instance) -> Image:
    return Image((instance.data_set, instance.transfer_syntax))


def shown(instance: Instance) -> tuple[np.ndarray, tuple[str, ...]]:
    found = render(opened(instance))
    return found.pixels, found.warnings


def plain(syntax: str = EXPLICIT_VR_LITTLE_ENDIAN, **changes: object) -> np.ndarray:
    pixels, warnings = shown(build("smallest", CT, syntax, seed=7, InstanceNumber="2", **changes))
    assert warnings == ()
    return pixels


# --- the encoding


@pytest.mark.parametrize("syntax", UNCOMPRESSED)
@pytest.mark.parametrize("recipe", STRUCTURE)
def test_an_error_of_the_encoding_is_a_remark_for_who_keeps_it_and_an_error_for_who_asked(recipe, syntax):
    instance = build(recipe, CT, syntax, seed=7)
    assert describe(instance.data_set, syntax).remarks == (STRUCTURE[recipe],)
    assert describe(instance.data_set, syntax).warnings == (f"the data set {STRUCTURE[recipe]}",)
    if recipe != "damaged_padding":  # an answer to a query has never been judged by its padding
        with pytest.raises(DataSetError):
            walk(instance.data_set, syntax)
    pixels, warnings = shown(instance)
    assert np.array_equal(pixels, plain(syntax))
    assert warnings == ()


@pytest.mark.parametrize("recipe", UIDS)
def test_a_uid_with_a_leading_zero_is_a_remark(recipe):
    instance = build(recipe, CT)
    (remark,) = describe(instance.data_set, instance.transfer_syntax).remarks
    assert remark.startswith(f"has the {UIDS[recipe]} ")
    assert remark.endswith(", in which a component begins with 0")


@pytest.mark.parametrize("uid", ["1.2..3", "1.2.", ".1.2", "1", "1.2.a", "1." * 32 + "1", "1.2-3"])
def test_a_uid_that_is_none_stays_refused(uid):
    instance = build("smallest", CT, StudyInstanceUID=uid)
    with pytest.raises(DataSetError, match=r"has the Study Instance UID .* which is not a valid UID"):
        describe(instance.data_set, instance.transfer_syntax)


def test_a_missing_uid_is_named_as_people_name_it():
    instance = build("smallest", CT, remove="StudyInstanceUID")
    with pytest.raises(DataSetError, match=r"^has no Study Instance UID$"):
        describe(instance.data_set, instance.transfer_syntax)


@pytest.mark.parametrize("syntax", UNCOMPRESSED)
def test_the_first_of_two_elements_counts_wherever_the_data_set_is_read(syntax, tmp_path: Path):
    instance = build("damaged_repetition", CT, syntax, PatientID="THE FIRST")
    assert read(instance.data_set, syntax).PatientID == "THE FIRST"
    assert opened(instance).data_set.PatientID == "THE FIRST"
    place = follow(instance.data_set, syntax).elements[0x00100020]
    assert instance.data_set[place.offset : place.offset + place.length].strip() == b"THE FIRST"
    path = tmp_path / "twice.dcm"
    path.write_bytes(instance.file_bytes())
    assert Image(path).data_set.PatientID == "THE FIRST"


@pytest.mark.parametrize("syntax", UNCOMPRESSED)
def test_an_unknown_sequence_is_read_in_implicit_vr(syntax):
    instance = build("damaged_sequence", CT, syntax, seed=7)
    assert describe(instance.data_set, syntax).remarks == ()
    found = read(instance.data_set, syntax)
    assert found[0x00291001].value[0].CodeValue == "7"
    assert found.PatientName == build("smallest", CT, syntax, seed=7).read().PatientName
    assert np.array_equal(shown(instance)[0], plain(syntax))


def test_an_unknown_sequence_in_explicit_vr_is_read_too():
    item = b"\x08\x00\x00\x01SH\x02\x007 "
    items = b"\xfe\xff\x00\xe0" + len(item).to_bytes(4, "little") + item + b"\xfe\xff\xdd\xe0" + bytes(4)
    raw = b"\x09\x00\x01\x10UN\0\0" + b"\xff" * 4 + items
    assert follow(raw, EXPLICIT_VR_LITTLE_ENDIAN).remarks == (
        "has a sequence of VR UN in Explicit VR at element 00091001",
    )
    assert read(raw, EXPLICIT_VR_LITTLE_ENDIAN)[0x00091001].value[0].CodeValue == "7"


def test_a_data_set_that_repeats_itself_without_end_costs_no_more_than_its_size():
    element = b"\x10\x00\x20\x00LO\x02\x00AB"
    raw = element * 20_000
    assert follow(raw, EXPLICIT_VR_LITTLE_ENDIAN).remarks == (
        "has element 00100020 more than once: the first one counts",
    )
    assert read(element * 300, EXPLICIT_VR_LITTLE_ENDIAN).PatientID == "AB"


@pytest.mark.parametrize("is_undefined", [False, True])
def test_an_element_twice_in_an_item_is_a_remark(is_undefined):
    elements = b"\x08\x00\x00\x01SH\x02\x00A " * 2
    length = b"\xff" * 4 if is_undefined else len(elements).to_bytes(4, "little")
    item = b"\xfe\xff\x00\xe0" + length + elements + (b"\xfe\xff\x0d\xe0" + bytes(4)) * is_undefined
    raw = b"\x08\x00\x40\x11SQ\0\0" + len(item).to_bytes(4, "little") + item
    assert follow(raw, EXPLICIT_VR_LITTLE_ENDIAN).remarks == (
        "has an item with element 00080100 more than once: the last one counts",
    )


def test_elements_out_of_order_are_a_remark():
    raw = b"\x10\x00\x20\x00LO\x02\x00AB" + b"\x08\x00\x05\x00CS\x02\x00AB"
    assert follow(raw, EXPLICIT_VR_LITTLE_ENDIAN).remarks == ("has elements that are not in ascending order",)


@pytest.mark.parametrize("tail", [b"\0" * 7, b"\0" * 8, b"\0" * 1001])
def test_zero_bytes_at_the_end_are_no_elements(tail):
    instance = build("smallest", CT)
    raw = instance.data_set + tail
    assert follow(raw, instance.transfer_syntax).remarks == (f"ends with {len(tail)} zero bytes",)
    assert read(raw, instance.transfer_syntax) == read(instance.data_set, instance.transfer_syntax)


@pytest.mark.parametrize("syntax", UNCOMPRESSED)
def test_an_element_of_zeros_before_the_others_is_one(syntax):
    """DCMTK sorts zero bytes that ended a data set to its beginning, and sends them on."""
    instance = build("smallest", CT, syntax, seed=7)
    moved = replace(instance, data_set=bytes(8) + instance.data_set)
    if syntax == UNCOMPRESSED[0]:
        assert describe(moved.data_set, syntax).remarks == ("has elements of group 0000, which belongs to commands",)
        assert read(moved.data_set, syntax).PatientID == instance.read().PatientID
        assert np.array_equal(shown(moved)[0], plain(syntax))
    else:
        with pytest.raises(DataSetError, match="invalid VR"):
            describe(moved.data_set, syntax)


@pytest.mark.parametrize("tail", [b"\0" * 6 + b"A", b"\0" * 64 + b"A", b"ABC"])
def test_other_bytes_at_the_end_stay_refused(tail):
    instance = build("smallest", CT)
    for understand in (describe, read):
        with pytest.raises(DataSetError):
            understand(instance.data_set + tail, instance.transfer_syntax)


def test_a_codestream_a_little_larger_than_the_attributes_is_kept_with_a_warning():
    instance = build("smallest", CT, "1.2.840.10008.1.2.4.70", Rows="8")
    found = describe(instance.data_set, instance.transfer_syntax)
    assert found.deficiency is not None
    assert "a codestream of" in found.deficiency


# --- the display


def table(count: int, bits: int, data: str, **more: object) -> list[dict[str, object]]:
    return [{"LUTDescriptor": f"{count}\\0\\{bits}", "LUTData": data, **more}]


DISPLAY = {
    "window of width 0": ({"WindowWidth": "0"}, NO_WINDOW, "Window Width 0.0 is too small"),
    "window below 1": ({"WindowWidth": "0.2"}, NO_WINDOW, "Window Width 0.2 is too small"),
    "negative window": ({"WindowWidth": "-4"}, NO_WINDOW, "Window Width -4.0 is too small"),
    "no number": ({"WindowWidth": "WIDE"}, NO_WINDOW, "WindowWidth 'WIDE' is not numeric"),
    "counts differ": ({"WindowCenter": "40\\50"}, NO_WINDOW, "2 values of Window Center, 1 of Window Width"),
    "one is wrong": (
        {"WindowCenter": "40\\600", "WindowWidth": "0\\1000"},
        {"WindowCenter": "600", "WindowWidth": "1000"},
        "Window Width 0.0 is too small",
    ),
    "function": ({"VOILUTFunction": "LOGARITHMIC"}, NO_WINDOW, "VOI LUT Function 'LOGARITHMIC' is not supported"),
    "slope 0": ({"RescaleSlope": "0"}, {"remove": "RescaleSlope\\RescaleIntercept"}, "Rescale Slope is 0"),
    "LIN OD": ({"PresentationLUTShape": "LIN OD"}, {"PresentationLUTShape": "IDENTITY"}, "'LIN OD' is not supported"),
    "long VOI LUT": (
        {**NO_WINDOW, "VOILUTSequence": table(3, 8, "0000 8000 ff00 1000 2000")},
        {**NO_WINDOW, "VOILUTSequence": table(3, 8, "0000 8000 ff00")},
        "LUT Data has 10 bytes, but its descriptor declares 3 entries: the first 3 are taken",
    ),
    "counted from 0": (
        {**NO_WINDOW, "VOILUTSequence": table(3, 8, "0000 8000 ff00 1000")},
        {**NO_WINDOW, "VOILUTSequence": table(4, 8, "0000 8000 ff00 1000")},
        "LUT Data has 8 bytes, but its descriptor declares 3 entries: all 4 are taken",
    ),
    "more bits": (
        {**NO_WINDOW, "VOILUTSequence": table(3, 8, "0000 8000 ff01")},
        {**NO_WINDOW, "VOILUTSequence": table(3, 9, "0000 8000 ff01")},
        "an entry is 511, more than 8 bits can hold: taken as 9 bits",
    ),
    "bits beyond all": (
        {**NO_WINDOW, "VOILUTSequence": table(3, 99, "0000 8000 ff00")},
        {**NO_WINDOW, "VOILUTSequence": table(3, 8, "0000 8000 ff00")},
        "declares 99 bits per entry, 8 to 16 are allowed: taken as 8",
    ),
    "short VOI LUT": (
        {"VOILUTSequence": table(9, 8, "0000 8000")},
        {"remove": "VOILUTSequence"},
        "LUT Data has 4 bytes, but its descriptor declares 9 entries",
    ),
    "VOI LUT without data": (
        {"VOILUTSequence": [{"LUTDescriptor": "9\\0\\8"}]},
        {"remove": "VOILUTSequence"},
        "LUTData is missing",
    ),
    "short Modality LUT": (
        {"ModalityLUTSequence": table(9, 8, "0000 8000", ModalityLUTType="US")},
        {"remove": "ModalityLUTSequence"},
        "LUT Data has 4 bytes, but its descriptor declares 9 entries",
    ),
    "no frames": ({"NumberOfFrames": "0"}, {}, "Number of Frames is 0: taken as 1"),
    "fewer than no frames": ({"NumberOfFrames": "-1"}, {}, "Number of Frames is -1: taken as 1"),
    "frames of no number": ({"NumberOfFrames": "1A"}, {}, "NumberOfFrames '1A' is not a number: taken as 1"),
    "shutter": ({"ShutterShape": "HEART"}, {}, "ShutterShape is 'HEART'"),
    "shutter without edges": ({"ShutterShape": "RECTANGULAR"}, {}, "ShutterLeftVerticalEdge"),
    "ratio 0": ({"remove": "PixelSpacing", "PixelAspectRatio": "0\\0"}, {}, "PixelAspectRatio (0.0, 0.0)"),
    "spacing 0": ({"PixelSpacing": "0\\0"}, {}, "PixelSpacing (0.0, 0.0)"),
    "mask": (
        {"RecommendedViewingMode": "SUB", "MaskSubtractionSequence": [{"MaskOperation": "DIVIDE"}]},
        {},
        "Mask Operation 'DIVIDE' is not supported",
    ),
}


@pytest.mark.parametrize("what", DISPLAY)
def test_an_image_is_shown_without_what_cannot_be_used_and_with_a_warning(what):
    changes, right, warned = DISPLAY[what]
    pixels, warnings = shown(build("smallest", CT, seed=7, **changes))
    (warning,) = warnings
    assert warned in warning
    assert np.array_equal(pixels, plain(**right))


@pytest.mark.parametrize(
    "what", [each for each in DISPLAY if "window" in each or each in ("counts differ", "function")]
)
def test_the_window_of_the_user_helps(what, workstation):
    uid = held(workstation, build("smallest", CT, seed=7, **DISPLAY[what][0]))
    other = held(workstation, build("smallest", CT, seed=7, InstanceNumber="2"))
    window = {"center": 300, "width": 50}
    found = workstation.render(SOPInstanceUID=uid, window=window)
    assert (found.result, found.warnings) == (Result.SUCCESS, ())
    assert found.rendering == workstation.render(SOPInstanceUID=other, window=window).rendering


@pytest.mark.parametrize("recipe", ["overlay_short", "overlay_without_data", "overlay_without_rows"])
def test_an_overlay_that_cannot_be_drawn_is_left_out_and_the_other_is_drawn(recipe):
    whole, _ = shown(build("overlay", CT, seed=7))
    pixels, warnings = shown(build(recipe, CT, seed=7))
    (warning,) = warnings
    assert warning.startswith("overlay 6000")
    assert warning.endswith("(the image is shown without overlay 6000)")
    bare = plain()
    assert (pixels == bare).sum() > (whole == bare).sum()
    assert not np.array_equal(pixels, bare)


def test_more_data_than_a_palette_declares_is_left_out():
    instance = build("palette_16", SC, seed=7)
    count, first, bits = instance.read().RedPaletteColorLookupTableDescriptor
    shorter = f"{count - 1}\\{first}\\{bits}"
    changes = {f"{each}PaletteColorLookupTableDescriptor": shorter for each in ("Red", "Green", "Blue")}
    pixels, warnings = shown(build("palette_16", SC, seed=7, **changes))
    assert len(warnings) == 3
    looked_at = opened(build("palette_16", SC, seed=7, **changes))
    looked_at.check()
    assert looked_at.remarks.texts == warnings
    assert all(f"all {count} are taken" in warning for warning in warnings)
    assert np.array_equal(pixels, shown(instance)[0])


def test_the_same_is_an_error_in_a_presentation_state(workstation):
    image = build("smallest", CT, seed=7)
    uid = held(workstation, image)
    made = workstation.present(images=[uid], window={"center": 40, "width": 400})
    kept = workstation.memory.get(made.SOPInstanceUID)
    state = read(kept.data_set, kept.TransferSyntaxUID)
    state.SOPInstanceUID = "1.2.3.4"
    state.SoftcopyVOILUTSequence[0].WindowWidth = "0"
    workstation.memory.keep(stored(state))
    found = workstation.render(SOPInstanceUID=uid, state="1.2.3.4")
    assert (found.result, found.rendering) == (Result.REFUSED, None)
    assert "Window Width" in found.detail


def test_a_folder_is_stored_without_the_files_that_cannot_be_read(workstation, tmp_path):
    (tmp_path / "text.txt").write_text("no DICOM")
    without_syntax = build("smallest", CT, seed=8)
    meta = without_syntax.file_bytes()
    uid = b"\x02\x00\x10\x00UI\x14\x00" + b"1.2.840.10008.1.2.1\0"
    assert uid in meta
    (tmp_path / "no_syntax.dcm").write_bytes(meta.replace(uid, b""))
    whole = build("smallest", CT, seed=7)
    (tmp_path / "whole.dcm").write_bytes(whole.file_bytes())
    archive = Archive("archive", "ARCHIVE", Recorder())
    archive.start()
    host, port = archive.address
    try:
        workstation.reconfigure(archives={"archive": {"ae_title": "ARCHIVE", "host": host, "port": port}})
        found = workstation.store("archive", files=[str(each) for each in sorted(tmp_path.iterdir())])
    finally:
        archive.stop()
    assert (found.result, found.stored) == (Result.PARTIAL, (whole.SOPInstanceUID,))
    assert f"{tmp_path / 'no_syntax.dcm'}: is not a complete DICOM file" in found.detail
    assert f"{tmp_path / 'text.txt'}: is not a DICOM file" in found.detail


WRONG_LENGTH = {
    EXPLICIT_VR_LITTLE_ENDIAN: (b"\x28\x00\x06\x01US\x03\x00ABC", b"\x28\x00\x00\x01"),
    "1.2.840.10008.1.2": (b"\x28\x00\x06\x01\x03\x00\x00\x00ABC", b"\x28\x00\x00\x01"),
}


@pytest.mark.parametrize("syntax", WRONG_LENGTH)
def test_a_value_that_does_not_fit_its_vr_is_ignored_and_shown_as_bytes(syntax, workstation):
    instance = build("smallest", CT, syntax, seed=7)
    element, before = WRONG_LENGTH[syntax]
    at = instance.data_set.index(before)
    wrong = replace(instance, data_set=instance.data_set[:at] + element + instance.data_set[at:])
    pixels, warnings = shown(wrong)
    assert np.array_equal(pixels, plain(syntax))
    (warning,) = warnings
    assert warning.startswith("element 00280106 cannot be read and is ignored")
    found = workstation.show(SOPInstanceUID=held(workstation, wrong))
    assert found.result is Result.SUCCESS
    assert found.attributes["SmallestImagePixelValue"] == b"ABC".hex()
    assert any(each.startswith("SmallestImagePixelValue: cannot be read") for each in found.doubtful)


# --- who learns of it


@pytest.fixture
def workstation():
    made = Workstation(Configuration())
    yield made
    made.stop()


def held(workstation: Workstation, instance: Instance) -> str:
    found = describe(instance.data_set, instance.transfer_syntax)
    workstation.memory.keep(
        StoredInstance(
            found.SOPClassUID,
            found.SOPInstanceUID,
            found.StudyInstanceUID,
            found.SeriesInstanceUID,
            instance.transfer_syntax,
            instance.data_set,
            warnings=found.warnings,
        )
    )
    return found.SOPInstanceUID


def stored(data_set: Dataset) -> StoredInstance:
    return stored_instance(data_set)


def test_what_the_loader_warned_of_is_shown_and_displayed(workstation):
    uid = held(workstation, build("damaged_end", CT))
    text = "the data set ends with 68 zero bytes"
    assert workstation.show(SOPInstanceUID=uid).warnings == (text,)
    found = workstation.render(SOPInstanceUID=uid)
    assert (found.result, found.warnings) == (Result.WARNING, (text,))
    assert any(text in line for line in workstation.log())


def test_why_an_image_cannot_be_displayed_is_shown(workstation):
    uid = held(workstation, build("smallest", SC, PhotometricInterpretation="HSV"))
    assert workstation.render(SOPInstanceUID=uid).result is Result.REFUSED
    found = workstation.show(SOPInstanceUID=uid)
    assert found.result is Result.SUCCESS
    assert found.warnings == ("it cannot be displayed: Photometric Interpretation 'HSV' is not supported",)
    assert workstation.memory.get(uid) is not None


def test_a_codestream_that_is_not_what_the_attributes_say_is_shown_without_decoding_it(workstation):
    uid = held(workstation, build("smallest", CT, "1.2.840.10008.1.2.4.70", Rows="8"))
    (deficiency, reason) = workstation.show(SOPInstanceUID=uid).warnings
    assert "a codestream of" in deficiency
    assert reason.startswith("it cannot be displayed: a frame's codestream declares")


def test_a_state_made_of_an_image_takes_over_what_can_be_used(workstation):
    changes = {
        "WindowCenter": "40\\600",
        "WindowWidth": "0\\1000",
        "RescaleSlope": "0",
        "PresentationLUTShape": "LIN OD",
    }
    uid = held(workstation, build("smallest", CT, seed=7, **changes))
    made = workstation.present(images=[uid])
    assert made.result is Result.WARNING
    assert any("Window Width" in each for each in made.warnings)
    kept = workstation.memory.get(made.SOPInstanceUID)
    state = read(kept.data_set, kept.TransferSyntaxUID)
    item = state.SoftcopyVOILUTSequence[0]
    assert (item.WindowCenter, item.WindowWidth) == (600, 1000)
    assert "RescaleSlope" not in state
    assert state.PresentationLUTShape == "IDENTITY"
    shown_with, shown_without = (
        workstation.render(SOPInstanceUID=uid, state=each).rendering for each in (made.SOPInstanceUID, None)
    )
    assert shown_with == shown_without


def test_a_state_activates_no_overlay_that_cannot_be_drawn(workstation):
    uid = held(workstation, build("overlay_short", CT, seed=7))
    made = workstation.present(images=[uid], overlays=True)
    assert made.result is Result.WARNING
    kept = workstation.memory.get(made.SOPInstanceUID)
    state = read(kept.data_set, kept.TransferSyntaxUID)
    assert not state[0x6000, 0x1001].value
    assert state[0x6002, 0x1001].value


def test_a_state_is_applied_although_the_image_has_a_wrong_overlay_that_it_does_not_activate(workstation):
    uid = held(workstation, build("overlay_short", CT, seed=7))
    made = workstation.present(images=[uid])
    assert workstation.render(SOPInstanceUID=uid, state=made.SOPInstanceUID).rendering is not None


def test_a_file_is_read_as_it_would_be_received(tmp_path):
    instance = build("damaged_repetition", CT)
    path = tmp_path / "one.dcm"
    path.write_bytes(instance.file_bytes())
    found = read_part10(path)
    assert found.warnings == (f"the data set {STRUCTURE['damaged_repetition']}",)
    assert part10_file(found).endswith(instance.data_set)
