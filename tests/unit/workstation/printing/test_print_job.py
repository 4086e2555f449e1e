"""JobFollower print jobs: no sleep, no answer lost, nothing after the end."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

from dicom_workstation.printing.protocol.job import Execution, JobFollower, PrintJobs


def following(jobs, ask=lambda uid: True, unwanted=lambda: False, interval_s=60.0, timeout_s=60.0):
    return JobFollower(jobs, ask, unwanted, interval_s, timeout_s)


def test_the_first_end_stays():
    jobs = PrintJobs()
    jobs.tell("1", "DONE", "NORMAL")
    jobs.tell("1", "FAILURE", "X")
    assert jobs.of("1") == Execution("DONE", "NORMAL", is_troubled=False)


def test_what_is_no_execution_status_is_not_believed():
    jobs = PrintJobs()
    jobs.tell("1", "PERHAPS", "")
    assert jobs.of("1") == Execution()


@pytest.mark.parametrize(
    ("info", "troubled"), [("NORMAL", False), ("", False), ("QUEUED", False), ("SUPPLY EMPTY", True)]
)
def test_trouble_is_remembered(info, troubled):
    jobs = PrintJobs()
    jobs.tell("1", "PENDING", info)
    jobs.tell("1", "DONE", "NORMAL")
    assert jobs.of("1").is_troubled == troubled


def test_a_job_is_ours_while_it_may_be_named():
    jobs = PrintJobs()
    assert not jobs.knows("1")
    jobs.expect()
    assert jobs.knows("1")
    jobs.add(["2"])
    assert (jobs.knows("1"), jobs.knows("2")) == (False, True)
    jobs.expect()
    jobs.add([])
    assert jobs.knows("3")


def test_an_event_before_the_follower_is_not_missed():
    jobs = PrintJobs()
    jobs.tell("1", "DONE", "NORMAL")
    assert following(jobs).follow(["1"], lambda: None) == ()


def test_an_event_wakes_the_follower():
    jobs, told = PrintJobs(), []
    thread = threading.Thread(target=lambda: jobs.tell("1", "DONE", "NORMAL"))
    begun = time.monotonic()
    thread.start()
    assert following(jobs).follow(["1"], lambda: told.append(1)) == ()
    thread.join(5)
    assert time.monotonic() - begun < 3


def test_a_job_is_asked_for_ever_less_often():
    jobs, asked = PrintJobs(), []

    def ask(uid):
        asked.append(time.monotonic())
        if len(asked) == 4:
            jobs.tell(uid, "DONE", "")
        return True

    assert following(jobs, ask, interval_s=0.16).follow(["1"], lambda: None) == ()
    pauses = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert pauses == sorted(pauses)


def test_what_cannot_be_asked_is_left():
    jobs, asked = PrintJobs(), []

    def ask(uid):
        asked.append(uid)
        return False

    assert following(jobs, ask, interval_s=0.02).follow(["1", "2"], lambda: None) == ("1", "2")
    assert asked == ["1", "2"]


def test_progress_puts_the_time_out_off():
    jobs, count = PrintJobs(), []

    def ask(uid):
        count.append(uid)
        jobs.tell(uid, "PRINTING", str(len(count)) if len(count) < 8 else "DONE")
        if len(count) == 8:
            jobs.tell(uid, "DONE", "")
        return True

    assert following(jobs, ask, interval_s=0.1, timeout_s=0.15).follow(["1"], lambda: None) == ()


def test_a_job_of_which_nothing_is_heard_is_given_up():
    jobs = PrintJobs()
    assert following(jobs, interval_s=0.02, timeout_s=0.1).follow(["1"], lambda: None) == ("1",)


def test_whoever_does_not_want_it_any_more_is_obeyed():
    jobs, over = PrintJobs(), threading.Event()

    def end():
        over.set()
        jobs.wake()

    thread = threading.Thread(target=end)
    thread.start()
    assert following(jobs, unwanted=over.is_set).follow(["1"], lambda: None) == ("1",)
    thread.join(5)
