"""Which keys a hierarchical search or retrieval needs of the levels above (PS3.4 C.4.1.2.1, C.4.2.2.1)."""

from __future__ import annotations

import pytest

from dicom_workstation.instances.memory import StoredInstance
from dicom_workstation.loader.loader_client import _selection
from dicom_workstation.query_keys import missing_unique_key


@pytest.mark.parametrize(
    ("model", "level", "keys", "lacking"),
    [
        ("study_root", "STUDY", {}, ""),
        ("patient_root", "PATIENT", {"PatientID": "*"}, ""),
        ("patient_root", "STUDY", {}, "PatientID"),
        ("patient_root", "STUDY", {"PatientID": "ONE*"}, "PatientID"),
        ("patient_root", "STUDY", {"PatientID": "ONE"}, ""),
        ("study_root", "SERIES", {"StudyInstanceUID": ""}, "StudyInstanceUID"),
        ("study_root", "SERIES", {"StudyInstanceUID": ["2.25.1", "2.25.2"]}, "StudyInstanceUID"),
        ("study_root", "SERIES", {"StudyInstanceUID": "2.25.1\\2.25.2"}, "StudyInstanceUID"),
        ("study_root", "SERIES", {"StudyInstanceUID": ["2.25.1"], "SeriesInstanceUID": ["2.25.3", "2.25.4"]}, ""),
        ("study_root", "IMAGE", {"StudyInstanceUID": "2.25.1"}, "SeriesInstanceUID"),
    ],
)
def test_each_level_above_needs_a_single_value(model, level, keys, lacking):
    assert missing_unique_key(model, level, keys).endswith(lacking)
    assert bool(missing_unique_key(model, level, keys)) is bool(lacking)


def test_a_patient_id_among_the_keys_of_a_retrieval_selects_nothing_that_is_not_known():
    instance = StoredInstance(
        SOPClassUID="1.2",
        SOPInstanceUID="2.25.9",
        StudyInstanceUID="2.25.1",
        SeriesInstanceUID="2.25.3",
        TransferSyntaxUID="1.2.840.10008.1.2",
        data_set=b"",
        calling_ae_title="ARCHIVE",
        move_originator=None,
    )
    assert _selection({"PatientID": "ONE", "StudyInstanceUID": "2.25.1"})(instance)
    assert not _selection({"PatientID": "ONE", "StudyInstanceUID": "2.25.2"})(instance)
