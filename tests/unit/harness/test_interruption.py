"""Signals that end a run: raised where the main thread waits, and nowhere else."""

from __future__ import annotations

import signal
import threading

import pytest

from dicom_conformance.interruption import ended_by, waiting
from dicom_conformance.play.task import Task

SIGNAL = signal.SIGUSR1
DEADLINE_S = 60.0


class EndedError(Exception):
    """What the signal raises."""


def test_a_signal_is_kept_until_the_main_thread_waits():
    passed = []

    def run() -> None:
        with ended_by((SIGNAL,), EndedError):
            signal.raise_signal(SIGNAL)
            passed.append("created")
            with waiting():
                passed.append("waited")

    with pytest.raises(EndedError):
        run()
    assert passed == ["created"]


def test_a_signal_ends_a_wait_that_has_begun():
    go_on = threading.Event()

    def run() -> None:
        with ended_by((SIGNAL,), EndedError):
            task = Task(lambda: go_on.wait(DEADLINE_S), "something long")
            threading.Timer(0.05, signal.pthread_kill, (threading.main_thread().ident, SIGNAL)).start()
            task.wait(DEADLINE_S)

    with pytest.raises(EndedError) as raised:
        run()
    go_on.set()
    assert raised.value.args == (SIGNAL,)


def test_a_second_signal_is_raised_at_once():
    passed = []

    def run() -> None:
        with ended_by((SIGNAL,), EndedError):
            signal.raise_signal(SIGNAL)
            passed.append("first")
            signal.raise_signal(SIGNAL)
            passed.append("second")

    with pytest.raises(EndedError):
        run()
    assert passed == ["first"]


def test_a_signal_after_the_last_wait_is_dropped_and_the_handler_is_as_before():
    before = signal.getsignal(SIGNAL)
    with ended_by((SIGNAL,), EndedError):
        with waiting():
            pass
        signal.raise_signal(SIGNAL)
    assert signal.getsignal(SIGNAL) == before
    with ended_by((SIGNAL,), EndedError), waiting():
        pass


def test_a_signal_that_the_process_ignores_stays_ignored():
    before = signal.signal(SIGNAL, signal.SIG_IGN)
    try:
        with ended_by((SIGNAL,), EndedError), waiting():
            signal.raise_signal(SIGNAL)
    finally:
        signal.signal(SIGNAL, before)


def test_other_threads_wait_as_ever():
    done = []

    def wait() -> None:
        with ended_by((SIGNAL,), EndedError), waiting():
            done.append(signal.getsignal(SIGNAL))

    before = signal.getsignal(SIGNAL)
    thread = threading.Thread(target=wait)
    thread.start()
    thread.join(DEADLINE_S)
    assert done == [before]
