"""Stop and cancel while a printer is silent, at each message of a print: no thread is left, and no time-out comes."""

from __future__ import annotations

import threading
from collections import deque

import pytest

NEVER_S = 600.0
END_S = 15.0
TIMES = dict.fromkeys(
    ("association_timeout_s", "acse_timeout_s", "dimse_timeout_s", "print_job_timeout_s", "print_job_interval_s"),
    NEVER_S,
)
STEPS = (
    *("create session", "create film", "set image", "print film", "delete film", "delete session"),
    *("get job", "get printer"),
)


@pytest.fixture
def silent_at(printer):
    """Have the printer fall silent at a step until the test ends; returns what is set when it does."""
    go_on = threading.Event()

    def begin(step: str) -> threading.Event:
        reached = threading.Event()

        def wait(_: object) -> None:
            reached.set()
            go_on.wait(60)

        printer.before[step] = wait
        printer.job_status = deque([("PRINTING", "NORMAL")] * 1000)
        return reached

    yield begin
    go_on.set()


def in_thread(call) -> threading.Thread:
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    return thread


def joined(thread: threading.Thread) -> None:
    thread.join(END_S)
    assert not thread.is_alive()


@pytest.mark.parametrize("step", STEPS)
def test_stop_at(step, station, printer, images, silent_at):
    before = set(threading.enumerate())
    workstation = station(**{**TIMES, "print_job_interval_s": 0.1 if step == "get job" else NEVER_S})
    outcomes = []
    uids = images(workstation)
    reached = silent_at(step)

    def perform() -> None:
        if step == "get printer":
            outcomes.append(workstation.select_printer("laser"))
        else:
            outcomes.append(workstation.print("laser", images=uids))

    printing = in_thread(perform)
    assert reached.wait(5)
    joined(in_thread(workstation.stop))
    joined(printing)
    assert outcomes[0].result not in ("success", "internal_error")
    assert not [each for each in set(threading.enumerate()) - before if each.name.startswith("printer ")]


@pytest.mark.parametrize("end", ["stop", "cancel"])
def test_while_it_waits_for_films(end, station, printer, images, silent_at):
    """The jobs never end; nothing is asked, for the interval is ten minutes."""
    workstation = station(**TIMES)
    silent_at("nothing")
    outcomes = []
    uids = images(workstation)
    printing = in_thread(lambda: outcomes.append(workstation.print("laser", images=uids)))
    printer.wait(lambda: "delete session" in printer.steps())
    if end == "cancel":
        assert workstation.cancel("laser").result == "success"
    else:
        joined(in_thread(workstation.stop))
    joined(printing)
    assert outcomes[0].result in ("warning", "aborted", "cancelled")


def test_cancel_after_the_response_at_hand(station, printer, images, silent_at):
    """What was created is deleted: the cancel waits for no more than one response."""
    workstation = station()
    go_on, reached = threading.Event(), threading.Event()
    printer.before["create film"] = lambda _: (reached.set(), go_on.wait(60))
    outcomes = []
    uids = images(workstation, 3)
    printing = in_thread(lambda: outcomes.append(workstation.print("laser", images=uids)))
    assert reached.wait(5)
    workstation.cancel("laser")
    go_on.set()
    joined(printing)
    assert outcomes[0].result == "cancelled"
    assert printer.steps()[-1] == "delete session"
    assert printer.steps().count("create film") == 1


def test_leaving_a_printer_that_is_silent_can_be_cancelled_and_stopped(station, printer, images, silent_at):
    workstation = station(**TIMES)
    uids = images(workstation)
    reached = silent_at("create session")
    outcomes = []
    printing = in_thread(lambda: outcomes.append(workstation.print("laser", images=uids)))
    assert reached.wait(5)
    leaving = in_thread(lambda: outcomes.append(workstation.leave_printer("laser")))
    joined(in_thread(workstation.stop))
    joined(printing)
    joined(leaving)
