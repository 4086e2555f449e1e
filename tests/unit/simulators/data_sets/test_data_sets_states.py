"""Every recipe of a presentation state: valid to pydicom, for the image that it says, the same in each syntax."""

from __future__ import annotations

import pytest
from pydicom import Dataset

from dicom_conformance.trace.encoding import elements
from dicom_simulators.data_sets import TRANSFER_SYNTAXES, build
from dicom_simulators.data_sets.recipes.states import HOSTILE, STATES

GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
ALWAYS = ("ReferencedSeriesSequence", "DisplayedAreaSelectionSequence", "ContentLabel", "PresentationCreationDate")


@pytest.mark.parametrize("name", STATES)
def test_each_state_reads_to_its_last_byte_in_each_transfer_syntax(name):
    for syntax in TRANSFER_SYNTAXES:
        instance = build(name, GSPS, syntax.uid, seed=7)
        assert elements(instance.data_set, syntax.uid)[1] is None
        data_set = instance.read()
        assert data_set.SOPInstanceUID == instance.SOPInstanceUID
        assert all(keyword in data_set for keyword in ALWAYS)


@pytest.mark.parametrize("name", [name for name in STATES if name not in HOSTILE])
def test_each_state_is_for_the_image_of_its_seed(name):
    state = build(name, GSPS, seed=11).read()
    image = build(STATES[name].recipe, STATES[name].image, seed=11).read()
    (series,) = state.ReferencedSeriesSequence
    assert (state.StudyInstanceUID, state.PatientID) == (image.StudyInstanceUID, image.PatientID)
    assert series.SeriesInstanceUID == image.SeriesInstanceUID
    assert series.ReferencedImageSequence[0].ReferencedSOPInstanceUID == image.SOPInstanceUID
    assert series.ReferencedImageSequence[0].ReferencedSOPClassUID == image.SOPClassUID
    assert ("PresentationLUTShape" in state) != ("PresentationLUTSequence" in state)


def test_a_second_image_is_that_of_instance_number_2():
    state = build("state_windows_of_images", GSPS, seed=7).read()
    second = build("smallest", seed=7, InstanceNumber="2")
    named = [one.ReferencedSOPInstanceUID for one in state.ReferencedSeriesSequence[0].ReferencedImageSequence]
    assert named[1] == second.SOPInstanceUID


def test_no_two_states_are_the_same_instance():
    uids = {build(name, GSPS, seed=7).SOPInstanceUID for name in STATES}
    assert len(uids) == len(STATES)
    assert build("state_inverse", GSPS, seed=8).SOPInstanceUID not in uids


def test_the_first_value_of_a_table_for_a_signed_image_is_ss():
    (item,) = build("state_modality_lut", GSPS, seed=7).read().ModalityLUTSequence
    assert (item["LUTDescriptor"].VR, list(item.LUTDescriptor)) == ("SS", [1000, -200, 16])


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", BIG_ENDIAN])
def test_words_are_in_the_byte_order_of_the_transfer_syntax(syntax):
    order = "big" if syntax == BIG_ENDIAN else "little"
    state = build("state_modality_lut", GSPS, syntax, seed=7).read()
    assert int.from_bytes(state.ModalityLUTSequence[0].LUTData[:2], order) == 60000
    overlay = build("state_shutter_bitmap", GSPS, syntax, seed=7).read()[0x6000, 0x3000].value
    assert int.from_bytes(overlay[2:4], order) == 0x000F  # columns 17 to 20 of the first row are covered, 21 is not


def test_changes_have_the_last_word_and_another_class_is_refused():
    state: Dataset = build("state_rotated_90", GSPS, seed=7, ImageRotation=180, remove="ContentLabel").read()
    assert state.ImageRotation == 180
    assert "ContentLabel" not in state
    with pytest.raises(ValueError, match="presentation states"):
        build("state_inverse", "1.2.840.10008.5.1.4.1.1.4")
