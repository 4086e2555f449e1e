"""Counts, statuses and proposals of a C-MOVE."""

from __future__ import annotations

import pytest

from dicom_simulators.archive.holdings import Holdings
from dicom_simulators.archive.information_model import STUDY_ROOT, Level, MoveRequest
from dicom_simulators.archive.move import (
    FAILED_SOP_INSTANCE_UID_LIST,
    SubOperations,
    choose_syntax,
    is_warning,
    plan,
    proposals_for,
    select,
)
from dicom_simulators.data_sets import build
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.encoding.data_set_codec import encoding_of, read_elements, values
from dicom_simulators.encoding.transfer_syntax_uids import UNCOMPRESSED

EXPLICIT, IMPLICIT, BIG_ENDIAN = UNCOMPRESSED
JPEG_2000 = "1.2.840.10008.1.2.4.90"
CT = "1.2.840.10008.5.1.4.1.1.2"


@pytest.mark.parametrize(
    ("statuses", "final", "counts"),
    [
        ([], 0x0000, (0, 0, 0)),
        ([0x0000, 0x0000], 0x0000, (2, 0, 0)),
        ([0x0000, 0xA700], 0xB000, (1, 1, 0)),
        ([0x0000, 0xB007], 0xB000, (1, 0, 1)),
        ([0xB000, 0xC123], 0xB000, (0, 1, 1)),
        ([0xA900, None], 0xA702, (0, 2, 0)),
        ([0x0107, 0x0122], 0xB000, (0, 1, 1)),
    ],
)
def test_the_final_status_follows_from_the_counts(statuses, final, counts):
    operations = SubOperations(len(statuses))
    for number, status in enumerate(statuses):
        operations.count(f"2.25.{number}", status)
    assert operations.remaining == 0
    assert (operations.completed, operations.failed, operations.warning) == counts
    assert operations.final_status() == final
    assert len(operations.failed_uids) == counts[1]


def test_remaining_is_told_while_pending_or_cancelled_only():
    operations = SubOperations(3)
    operations.count("2.25.1", 0)
    assert operations.elements(0xFF00)["NumberOfRemainingSuboperations"] == 2
    assert operations.elements(0xFE00)["NumberOfRemainingSuboperations"] == 2
    assert "NumberOfRemainingSuboperations" not in operations.elements(0xB000)
    assert operations.elements(0x0000)["NumberOfCompletedSuboperations"] == 1


def test_failed_instances_are_listed_in_the_final_response_only():
    operations = SubOperations(2)
    operations.count("2.25.1", 0xA700)
    operations.count("2.25.2", 0xA700)
    raw = operations.identifier(0xA702, encoding_of(EXPLICIT))
    assert raw is not None
    found = read_elements(raw, EXPLICIT)
    assert list(found) == [FAILED_SOP_INSTANCE_UID_LIST]
    assert values(found[FAILED_SOP_INSTANCE_UID_LIST]) == ("2.25.1", "2.25.2")
    assert operations.identifier(0xFF00, encoding_of(EXPLICIT)) is None
    assert SubOperations(0).identifier(0xA801, encoding_of(EXPLICIT)) is None


@pytest.mark.parametrize(
    ("status", "warning"), [(0xB000, True), (0xB007, True), (0xBFFF, True), (0x0001, True), (0xA700, False), (0, False)]
)
def test_warnings_of_c_store(status, warning):
    assert is_warning(status) is warning


def test_each_held_transfer_syntax_is_proposed_alone_and_the_uncompressed_beside_it():
    assert proposals_for(CT, JPEG_2000) == ((CT, (JPEG_2000,)), (CT, UNCOMPRESSED))
    batches = plan([Instance(CT, f"2.25.{n}", ts, b"") for n, ts in enumerate((JPEG_2000, EXPLICIT, JPEG_2000))])
    assert len(batches) == 1
    assert batches[0].proposals == ((CT, (JPEG_2000,)), (CT, UNCOMPRESSED), (CT, (EXPLICIT,)))


def test_more_than_128_contexts_make_a_second_association():
    batches = plan([Instance(f"1.2.{n}", f"2.25.{n}", EXPLICIT, b"") for n in range(100)])
    assert [len(batch.proposals) for batch in batches] == [128, 72]
    assert [len(batch.instances) for batch in batches] == [64, 36]


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ([JPEG_2000, EXPLICIT], JPEG_2000),
        ([IMPLICIT, EXPLICIT], EXPLICIT),
        ([BIG_ENDIAN], BIG_ENDIAN),
        (["1.2.840.10008.1.2.4.91"], None),
        ([], None),
    ],
)
def test_the_held_syntax_goes_before_uncompressed_ones_and_no_other_is_used(accepted, chosen):
    assert choose_syntax(accepted, JPEG_2000) == chosen


def test_a_retrieval_selects_whatever_lies_under_its_unique_values():
    first, second = build("smallest", CT, EXPLICIT, seed=1), build("smallest", CT, EXPLICIT, seed=2)
    holdings = Holdings([first, second])
    study = first.read().StudyInstanceUID
    assert select(holdings, MoveRequest(STUDY_ROOT, Level.STUDY, (), (study,))) == [first]
    other = second.read().StudyInstanceUID
    assert len(select(holdings, MoveRequest(STUDY_ROOT, Level.STUDY, (), (study, other)))) == 2
    assert select(holdings, MoveRequest(STUDY_ROOT, Level.STUDY, (), ("2.25.404",))) == []
    series = second.read().SeriesInstanceUID
    assert select(holdings, MoveRequest(STUDY_ROOT, Level.SERIES, ((Level.STUDY, study),), (series,))) == []
