"""The print queue without a network: order, holding, finishing, forgetting, and the thread."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from dicom_simulators.printer import jobs
from dicom_simulators.printer.films.film import Film
from dicom_simulators.printer.jobs import Job, Spooler
from dicom_simulators.printer.requests import JobRequest

WAIT_S = 60.0


class Tray:
    """Where films and news of jobs come out."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.films: list[str] = []
        self.news: list[tuple[int, str, str]] = []

    def print_film(self, film: Film) -> None:
        with self.changed:
            self.films.append(film.box["Name"])
            self.changed.notify_all()

    def on_change(self, job: Job) -> None:
        with self.changed:
            self.news.append((job.number, job.status, job.info))
            self.changed.notify_all()

    def wait(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.news) >= count, WAIT_S), self.news


@pytest.fixture
def tray() -> Tray:
    return Tray()


@pytest.fixture
def make(tray: Tray) -> Iterator[Any]:
    made: list[Spooler] = []

    def start(**settings: Any) -> Spooler:
        numbers = itertools.count(1)
        usual = {"queue": 5, "film_s": 0.0, "ends": "DONE", "info": "UNKNOWN", "condition": ("NORMAL", "NORMAL")}
        one = Spooler(
            make_uid=lambda kind: f"2.25.{next(numbers)}",
            print_film=tray.print_film,
            on_change=tray.on_change,
            name="jobs",
            **{**usual, **settings},
        )
        made.append(one)
        one.start()
        return one

    yield start
    for one in made:
        one.stop()
        one.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("jobs ")]


def order(*names: str, copies: int = 1, **session: str) -> JobRequest:
    return JobRequest(tuple(Film(0, False, {}, {"Name": name}, ()) for name in names), copies, session)


def test_films_come_out_in_order_and_copies_collated(make: Any, tray: Tray) -> None:
    spooler = make()
    spooler.submit(order("a", "b", copies=2), "ONE", None)
    spooler.submit(order("c"), "TWO", None)
    tray.wait(6)
    assert tray.films == ["a", "b", "a", "b", "c"]
    by_job = {number: [news[1:] for news in tray.news if news[0] == number] for number in (1, 2)}
    wanted = [("PENDING", "QUEUED"), ("PRINTING", "NORMAL"), ("DONE", "NORMAL")]
    assert by_job == {1: wanted, 2: wanted}


def test_an_association_that_has_ended_is_not_held_by_its_jobs(make: Any, tray: Tray) -> None:
    spooler = make(film_s="never")
    owners = [object(), object()]
    jobs_taken = [spooler.submit(order("a"), "ONE", owner) for owner in owners]
    spooler.disown(owners[0])
    assert [job.owner for job in jobs_taken] == [None, owners[1]]
    spooler.finish("DONE", "NORMAL")
    assert spooler.wait_ended(jobs_taken[0], WAIT_S)
    assert tray.films == ["a"]


def test_a_job_that_is_deleted_is_not_found_and_is_still_the_last(make: Any, tray: Tray) -> None:
    spooler, owner = make(), object()
    job = spooler.submit(order("a"), "ONE", owner)
    assert spooler.wait_ended(job, WAIT_S)
    assert spooler.find(job.uid) is job
    spooler.delete(job)
    spooler.delete(job)
    assert spooler.find(job.uid) is None
    spooler.disown(owner)
    assert (spooler.last, job.owner) == (job, None)


def test_a_queue_is_full_and_has_room_again(make: Any, tray: Tray) -> None:
    spooler = make(queue=2, film_s="never")
    jobs_taken = [spooler.submit(order(name), "ONE", None) for name in "abc"]
    assert [job is not None for job in jobs_taken] == [True, True, False]
    tray.wait(3)
    assert spooler.finish("DONE", "NORMAL") is jobs_taken[0]
    assert spooler.wait_ended(jobs_taken[0], WAIT_S)
    assert spooler.submit(order("d"), "ONE", None) is not None


def test_a_job_that_is_finished_prints_what_is_left_or_nothing(make: Any, tray: Tray) -> None:
    spooler = make(film_s="never")
    done = spooler.submit(order("a", "b"), "ONE", None)
    failed = spooler.submit(order("c"), "ONE", None)
    spooler.finish("DONE", "NORMAL")
    assert spooler.wait_ended(done, WAIT_S)
    spooler.finish("FAILURE", "FILM JAM")
    assert spooler.wait_ended(failed, WAIT_S)
    assert tray.films == ["a", "b"]
    assert (failed.status, failed.info, failed.order) == ("FAILURE", "FILM JAM", None)
    assert spooler.finish("DONE", "NORMAL") is None


def test_a_failing_printer_holds_what_is_queued_and_says_why(make: Any, tray: Tray) -> None:
    spooler = make(condition=("FAILURE", "COVER OPEN"))
    job = spooler.submit(order("a"), "ONE", None)
    spooler.condition = ("FAILURE", "SUPPLY EMPTY")
    tray.wait(2)
    assert tray.news == [(1, "PENDING", "COVER OPEN"), (1, "PENDING", "SUPPLY EMPTY")]
    spooler.condition = ("WARNING", "SUPPLY LOW")
    assert spooler.wait_ended(job, WAIT_S)
    assert tray.films == ["a"]


def test_a_held_job_can_still_be_finished(make: Any, tray: Tray) -> None:
    spooler = make(condition=("FAILURE", "COVER OPEN"))
    job = spooler.submit(order("a"), "ONE", None)
    spooler.finish("FAILURE", "JOB CANCELED")
    assert spooler.wait_ended(job, WAIT_S)
    assert tray.news[-1] == (1, "FAILURE", "JOB CANCELED")


def test_jobs_that_fail_make_no_film(make: Any, tray: Tray) -> None:
    spooler = make(ends="FAILURE", info="FILM JAM")
    job = spooler.submit(order("a", "b"), "ONE", None)
    assert spooler.wait_ended(job, WAIT_S)
    assert (tray.films, job.info) == ([], "FILM JAM")


def test_what_an_n_get_gives_of_a_job(make: Any) -> None:
    spooler = make(film_s="never")
    job = spooler.submit(order("a", PrintPriority="HIGH", FilmSessionLabel="L"), "ONE", None)
    told = {element.value.decode() for element in job.attributes("P").values()}
    assert {"HIGH", "ONE", "P"} <= told
    assert (job.label, spooler.find(job.uid), spooler.last) == ("L", job, job)
    assert spooler.find("2.25.404") is None


def test_old_jobs_are_forgotten(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "JOBS_KEPT", 3)
    spooler = make()
    taken = []
    for _ in range(8):
        taken.append(spooler.submit(order("a"), "ONE", None))
        assert spooler.wait_ended(taken[-1], WAIT_S)
    kept = [job for job in taken if spooler.find(job.uid)]
    assert kept == taken[-3:]


def test_a_printer_that_stops_takes_and_prints_nothing_more(make: Any, tray: Tray) -> None:
    spooler = make(film_s="never")
    spooler.submit(order("a"), "ONE", None)
    spooler.stop()
    assert spooler.submit(order("b"), "ONE", None) is None
    assert tray.films == []
