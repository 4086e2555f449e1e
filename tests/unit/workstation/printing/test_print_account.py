"""Summing up a print: which result follows from what became of its films."""

from __future__ import annotations

import pytest

from dicom_workstation.outcome import Abort, OperationEndedError, Result
from dicom_workstation.printing.print_record import TOLD_IN_DETAIL, FilmRecord, PrintRecord
from dicom_workstation.printing.protocol.job import Execution
from dicom_workstation.printing.protocol.services import Response
from dicom_workstation.printing.protocol.statuses import Service


def record_of(*films: FilmRecord) -> PrintRecord:
    record = PrintRecord()
    record.films.extend(films)
    return record


def accepted(number: int = 1, status: str = "DONE", **more: bool) -> FilmRecord:
    return FilmRecord(number, film_box="1.2", is_accepted=True, execution=Execution(status, **more))


def failed(number: int = 1) -> FilmRecord:
    return FilmRecord(number, film_box="1.2", has_failed=True)


@pytest.mark.parametrize(
    ("statuses", "films", "result", "status"),
    [
        ([], [accepted()], Result.SUCCESS, "0000"),
        ([0xB604], [accepted()], Result.WARNING, "B604"),
        ([0xB604, 0xC603], [failed()], Result.FAILURE, "B604"),
        ([0xC603, 0xB604], [failed(1), accepted(2)], Result.PARTIAL, "C603"),
        ([0xFE00], [failed()], Result.CANCELLED, "FE00"),
        ([0xFE00, 0xC603], [failed()], Result.FAILURE, "FE00"),
        ([0x1234], [failed()], Result.FAILURE, "1234"),
    ],
)
def test_the_result_and_the_first_status(statuses, films, result, status):
    record = record_of(*films)
    for code in statuses:
        record.note(Service.SET_IMAGE, Response(code), "film 1, image 1")
    outcome = record.outcome("p", ())
    assert (outcome.result, outcome.status) == (result, status)
    assert outcome.films_printed == sum(film.is_accepted for film in films)
    assert outcome.films_printed + outcome.films_failed == len(films)


def test_a_job_that_failed_makes_its_film_a_failed_one():
    record = record_of(accepted(1, "FAILURE"), accepted(2))
    record.note_jobs()
    outcome = record.outcome("p", ())
    assert (outcome.result, outcome.films_printed, outcome.films_failed) == (Result.PARTIAL, 1, 1)
    assert outcome.detail == "film 1: the print job ended in FAILURE"


def test_trouble_on_the_way_is_a_warning():
    record = record_of(accepted(1, "DONE", is_troubled=True))
    record.note_jobs()
    assert record.outcome("p", ()).result is Result.WARNING


def test_a_minor_failure_is_a_warning_and_names_its_service():
    record = record_of(accepted())
    assert not record.note_minor(Service.DELETE_FILM, Response(0x0112))
    outcome = record.outcome("p", ())
    assert (outcome.result, outcome.status) == (Result.WARNING, "0112")
    assert outcome.warnings == ("deleting the film box (N-DELETE): 0112: no such SOP Instance",)


def test_an_advice_alone_is_no_warning():
    record = record_of(accepted())
    record.warn("nothing tells how it ended")
    outcome = record.outcome("p", ())
    assert (outcome.result, outcome.detail, outcome.warnings) == (
        Result.SUCCESS,
        "",
        ("nothing tells how it ended",),
    )


@pytest.mark.parametrize(("field", "result"), [("timed_out", Result.TIMEOUT), ("cancelled", Result.CANCELLED)])
def test_a_time_out_and_a_cancel_are_no_failures(field, result):
    record = record_of(accepted(1, "PRINTING"))
    setattr(record, field, "why")
    outcome = record.outcome("p", ())
    assert (outcome.result, outcome.detail) == (result, "why")
    assert record.outcome("p", ()) == outcome


def test_the_end_of_the_association_outweighs_all():
    record = record_of(accepted(), failed(2))
    record.note(Service.SET_IMAGE, Response(0xC603), "film 2, image 1")
    record.end = OperationEndedError(Result.ABORTED, "A-ABORT", abort=Abort(2, 1))
    outcome = record.outcome("p", ())
    assert (outcome.result, outcome.status, outcome.abort) == (Result.ABORTED, "C603", Abort(2, 1))
    assert outcome.detail.endswith("; A-ABORT")


def test_only_the_first_failures_are_told_in_the_detail():
    record = record_of()
    for number in range(TOLD_IN_DETAIL + 3):
        record.fail(f"film {number}")
    record.cancelled = "cancelled"
    assert record.outcome("p", ()).detail.split("; ")[-2:] == ["and 3 more", "cancelled"]
