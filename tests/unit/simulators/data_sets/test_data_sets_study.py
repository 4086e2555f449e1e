"""Whole studies: what belongs together says the same."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from pydicom import Dataset

from dicom_simulators.data_sets import build_studies, build_study

STUDY_KEYS = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate", "StudyTime",
    "AccessionNumber", "StudyID", "StudyDescription", "ReferringPhysicianName",
)  # fmt: skip


def _values(data_set: Dataset, keywords: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(data_set[keyword].value) for keyword in keywords)


def test_a_study_says_one_thing_of_patient_and_study() -> None:
    data_sets = [instance.read() for instance in build_study(series=3, instances=2, seed=4)]
    assert len(data_sets) == 6
    assert len({_values(data_set, STUDY_KEYS) for data_set in data_sets}) == 1
    assert len({data_set.SOPInstanceUID for data_set in data_sets}) == 6


def test_series_are_told_apart_and_numbered() -> None:
    data_sets = [instance.read() for instance in build_study(modalities=("CT", "US"), series=3, instances=2)]
    series = defaultdict(list)
    for data_set in data_sets:
        series[data_set.SeriesInstanceUID].append(data_set)
    assert [group[0].SeriesNumber for group in series.values()] == [1, 2, 3]
    assert [group[0].Modality for group in series.values()] == ["CT", "US", "CT"]
    for group in series.values():
        assert [data_set.InstanceNumber for data_set in group] == [1, 2]


def test_slices_of_a_series_lie_one_above_the_other() -> None:
    data_sets = [instance.read() for instance in build_study(modalities=("CT",), instances=3)]
    assert [float(data_set.ImagePositionPatient[2]) for data_set in data_sets] == [2, 4, 6]
    assert len({data_set.FrameOfReferenceUID for data_set in data_sets}) == 1


def test_a_modality_may_be_a_sop_class_uid() -> None:
    (instance,) = build_study(modalities=("1.2.840.10008.5.1.4.1.1.7.3",), instances=1)
    assert instance.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7.3"


@pytest.mark.parametrize("modality", ["XYZ", "PR"])
def test_a_modality_that_cannot_be_built_is_named(modality: str) -> None:
    with pytest.raises(ValueError, match=r"XYZ|Presentation State"):
        build_study(modalities=(modality,))


def test_changes_hold_for_every_instance() -> None:
    for instance in build_study(PatientName="Zeta^Zoe", StudyDate="20200229", AccessionNumber="77"):
        data_set = instance.read()
        assert _values(data_set, ("PatientName", "StudyDate", "AccessionNumber")) == ("Zeta^Zoe", "20200229", "77")
        assert data_set.SeriesDate == data_set.ContentDate == "20200229"


def test_the_same_seed_is_the_same_study_and_another_is_another() -> None:
    assert build_study(seed=1) == build_study(seed=1)
    one, other = build_study(seed=1)[0].read(), build_study(seed=2)[0].read()
    assert one.StudyInstanceUID != other.StudyInstanceUID
    assert one.PatientID != other.PatientID


def test_several_patients_have_several_studies_each() -> None:
    data_sets = [i.read() for i in build_studies(patients=3, studies=2, seed=1, modalities=("MR",), instances=1)]
    studies = Counter((data_set.PatientID, str(data_set.PatientName)) for data_set in data_sets)
    assert list(studies.values()) == [2, 2, 2]
    assert len({data_set.StudyInstanceUID for data_set in data_sets}) == 6


def test_collections_of_different_seeds_share_nothing() -> None:
    def uids(seed: int) -> set[str]:
        return {i.SOPInstanceUID for i in build_studies(patients=2, studies=2, seed=seed, instances=1)}

    assert not uids(0) & uids(1)
