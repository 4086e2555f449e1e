"""Summing up a print: which result follows from what became of its films."""

from __future__ import annotations

import pytest

from dicom_workstation.outcome import Abort, OperationEndedError, Result
from dicom_workstation.printing.print_record import TOLD_IN_DETAIL, Account, FilmRecord
from dicom_workstation.printing.protocol.job import Execution
from dicom_workstation.printing.protocol.services import Response
from dicom_workstation.printing.protocol.statuses import Service


def account_of(*films: FilmRecord) -> Account:
    account = Account()
    account.films.extend(films)
    return account


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
    account = account_of(*films)
    for code in statuses:
        account.note(Service.SET_IMAGE, Response(code), "film 1, image 1")
    outcome = account.outcome("p", ())
    assert (outcome.result, outcome.status) == (result, status)
    assert outcome.films_printed == sum(film.is_accepted for film in films)
    assert outcome.films_printed + outcome.films_failed == len(films)


def test_a_job_that_failed_makes_its_film_a_failed_one():
    account = account_of(accepted(1, "FAILURE"), accepted(2))
    account.note_jobs()
    outcome = account.outcome("p", ())
    assert (outcome.result, outcome.films_printed, outcome.films_failed) == (Result.PARTIAL, 1, 1)
    assert outcome.detail == "film 1: the print job ended in FAILURE"


def test_trouble_on_the_way_is_a_warning():
    account = account_of(accepted(1, "DONE", is_troubled=True))
    account.note_jobs()
    assert account.outcome("p", ()).result is Result.WARNING


def test_a_minor_failure_is_a_warning_and_names_its_service():
    account = account_of(accepted())
    assert not account.note_minor(Service.DELETE_FILM, Response(0x0112))
    outcome = account.outcome("p", ())
    assert (outcome.result, outcome.status) == (Result.WARNING, "0112")
    assert outcome.warnings == ("deleting the film box (N-DELETE): 0112: no such SOP Instance",)


def test_an_advice_alone_is_no_warning():
    account = account_of(accepted())
    account.warn("nothing tells how it ended")
    outcome = account.outcome("p", ())
    assert (outcome.result, outcome.detail, outcome.warnings) == (
        Result.SUCCESS,
        "",
        ("nothing tells how it ended",),
    )


@pytest.mark.parametrize(("field", "result"), [("timed_out", Result.TIMEOUT), ("cancelled", Result.CANCELLED)])
def test_a_time_out_and_a_cancel_are_no_failures(field, result):
    account = account_of(accepted(1, "PRINTING"))
    setattr(account, field, "why")
    outcome = account.outcome("p", ())
    assert (outcome.result, outcome.detail) == (result, "why")
    assert account.outcome("p", ()) == outcome


def test_the_end_of_the_association_outweighs_all():
    account = account_of(accepted(), failed(2))
    account.note(Service.SET_IMAGE, Response(0xC603), "film 2, image 1")
    account.end = OperationEndedError(Result.ABORTED, "A-ABORT", abort=Abort(2, 1))
    outcome = account.outcome("p", ())
    assert (outcome.result, outcome.status, outcome.abort) == (Result.ABORTED, "C603", Abort(2, 1))
    assert outcome.detail.endswith("; A-ABORT")


def test_only_the_first_failures_are_told_in_the_detail():
    account = account_of()
    for number in range(TOLD_IN_DETAIL + 3):
        account.fail(f"film {number}")
    account.cancelled = "cancelled"
    assert account.outcome("p", ()).detail.split("; ")[-2:] == ["and 3 more", "cancelled"]
