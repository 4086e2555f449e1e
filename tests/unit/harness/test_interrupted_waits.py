"""A wait that a signal interrupts: what was waited for still runs, and nothing is begun after the end."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dicom_conformance import interruption
from dicom_conformance.errors import HarnessError
from dicom_conformance.interruption import ended_by
from dicom_conformance.play.subjects import Product
from dicom_conformance.play.task import Capture, Task


class Ended(BaseException):
    """What the signal raises."""


def test_a_task_whose_wait_was_interrupted_still_counts_as_running():
    go_on, waits = threading.Event(), threading.Event()
    task = Task(lambda: waits.set() or go_on.wait(30), "a long task")
    waits.wait(30)

    def interrupt():
        while not interruption._main.waits:
            time.sleep(0.001)
        time.sleep(0.05)  # so that the wait is well within the call of the system
        os.kill(os.getpid(), signal.SIGUSR1)

    interrupting = threading.Thread(target=interrupt, daemon=True)
    with ended_by((signal.SIGUSR1,), lambda number: Ended()):
        interrupting.start()
        with pytest.raises(Ended):
            task.wait(30)
    assert not task.wait(0)
    go_on.set()
    assert task.wait(30)
    assert task.value() is True


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_task_that_ends_by_what_is_no_exception_has_ended():
    def leave():
        raise SystemExit(3)

    task = Task(leave, "a task that leaves")
    assert task.wait(30)


class Made:
    """A product that counts its ends."""

    operations = frozenset({"echo"})
    configurations = frozenset({"none"})

    def __init__(self):
        self.ends = 0

    def close(self):
        self.ends += 1


def test_no_product_is_made_once_its_subject_was_closed():
    made = []
    subject = Product("mine", lambda: made.append(Made()) or made[-1])
    assert subject.offers("echo", "none") == ""
    subject.close()
    with pytest.raises(HarnessError, match="the subject mine was closed"):
        subject.offers("echo", "none")
    subject.close()
    assert [each.ends for each in made] == [1]


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(15), SystemExit(143), Ended()])
def test_an_interrupt_is_not_lost_where_the_clean_up_after_it_fails(interrupt):
    capture = Capture()

    def interrupted():
        with capture, closing_badly(RuntimeError), closing_badly(OSError):
            raise interrupt

    with pytest.raises(type(interrupt)) as raised:
        interrupted()
    assert raised.value is interrupt
    assert capture.error is None


@contextmanager
def closing_badly(error: type[Exception]) -> Iterator[None]:
    try:
        yield
    finally:
        raise error("the clean-up fails")


def test_an_exception_after_another_is_kept():
    capture = Capture()
    with capture:
        try:
            raise KeyError("first")
        finally:
            raise OSError("second")
    assert isinstance(capture.error, OSError)
