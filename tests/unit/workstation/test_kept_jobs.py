"""How many finished jobs the control interface keeps, and how much of their pictures."""

from __future__ import annotations

import pytest

from dicom_workstation.control import jobs as module
from dicom_workstation.control.jobs import Jobs
from dicom_workstation.outcome import Outcome, Picture, RenderOutcome, Result

MIB = 1 << 20


@pytest.fixture
def begun(monkeypatch):
    """Begin jobs whose outcomes are given; returns them with those that can still be asked for."""

    def begin(*outcomes: Outcome):
        waiting = list(outcomes)
        monkeypatch.setattr(module, "ask", lambda *_: waiting.pop(0))
        jobs = Jobs(None)  # type: ignore[arg-type]
        started = []
        for _ in outcomes:
            started.append(jobs.begin("decode", None, {}))
            jobs.join(5)
        return started, [each for each in started if jobs.find(each.identifier) is each]

    return begin


def picture(size: int) -> Outcome:
    return RenderOutcome(result=Result.SUCCESS, rendering=Picture(1, size, 1, bytes(size)))


def test_sixty_four_finished_jobs_are_kept(begun):
    started, known = begun(*[Outcome(result=Result.SUCCESS)] * 200)
    assert known == started[-64:]


def test_their_pictures_take_a_quarter_of_a_gibibyte_at_most(begun, monkeypatch):
    monkeypatch.setattr(module, "KEPT_BYTES", 256 * 1024)  # kibibytes, so that the test takes no memory
    started, known = begun(*[picture(100 * 1024)] * 5)
    assert known == started[-2:]


def test_the_last_one_is_kept_whatever_its_size(begun, monkeypatch):
    monkeypatch.setattr(module, "KEPT_BYTES", 1024)
    started, known = begun(picture(10), picture(1 << 16))
    assert known == started[-1:]


def test_the_bounds():
    assert (module.KEPT, module.KEPT_BYTES) == (64, 256 * MIB)
