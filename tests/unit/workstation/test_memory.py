"""The memory: bytes as received, a budget, a duration, an index."""

from __future__ import annotations

import threading

import pytest

from dicom_workstation.instances.memory import KeepResult, Memory, StoredInstance


def instance(uid: str = "1", study: str = "S", series: str = "s", content: bytes = b"abcd") -> StoredInstance:
    return StoredInstance("c", uid, study, series, "1.2.840.10008.1.2", content)


def test_what_is_kept_is_given_back_in_order():
    memory = Memory(100)
    kept = [instance("2"), instance("1")]
    assert [memory.keep(each) for each in kept] == [KeepResult.KEPT] * 2
    assert list(memory.instances()) == kept
    assert memory.get("1") == kept[1]
    assert memory.get("3") is None


def test_index_by_study_and_series():
    memory = Memory(100)
    for uid, study, series in (("1", "A", "a"), ("2", "A", "b"), ("3", "B", "c")):
        memory.keep(instance(uid, study, series))
    assert [each.SOPInstanceUID for each in memory.instances("A")] == ["1", "2"]
    assert [each.SOPInstanceUID for each in memory.instances("A", "b")] == ["2"]
    assert memory.instances("C") == ()


def test_the_budget_is_exact():
    memory = Memory(8)
    assert memory.keep(instance("1")) is KeepResult.KEPT
    assert memory.keep(instance("2")) is KeepResult.KEPT
    assert memory.keep(instance("3", content=b"x")) is KeepResult.NO_ROOM
    assert memory.used_bytes == 8
    assert memory.remove("1")
    assert not memory.remove("1")
    assert memory.keep(instance("3")) is KeepResult.KEPT


def test_what_is_still_coming_counts_too():
    memory = Memory(8)
    assert memory.reserve(6)
    assert not memory.reserve(3)
    assert memory.reserve(2)
    memory.release(8)
    memory.keep(instance("1"))
    assert not memory.reserve(5)


def test_the_first_content_stays():
    memory = Memory(100)
    memory.keep(instance("1"))
    assert memory.keep(instance("1")) is KeepResult.ALREADY_KEPT
    assert memory.keep(instance("1", content=b"other")) is KeepResult.OTHER_CONTENT
    assert memory.get("1") == instance("1")
    assert memory.used_bytes == 4


def test_it_ends_when_the_user_said(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("dicom_workstation.instances.memory.time.monotonic", lambda: now[0])
    memory = Memory(100, keep_s=10)
    memory.keep(instance("1"))
    now[0] = 105.0
    memory.keep(instance("2"))
    now[0] = 110.0
    assert [each.SOPInstanceUID for each in memory.instances()] == ["2"]
    assert memory.used_bytes == 4
    memory.configure(100, None)
    memory.keep(instance("3"))
    now[0] = 1e9
    assert [each.SOPInstanceUID for each in memory.instances()] == ["3"]


def test_a_watch_sees_wanted_arrivals_alone():
    memory = Memory(8)
    memory.keep(instance("1"))
    watch = memory.watch(lambda each: each.StudyInstanceUID == "S")
    memory.keep(instance("1"))
    memory.keep(instance("2", study="T"))
    memory.keep(instance("3"))  # no room
    memory.unwatch(watch)
    memory.remove("2")
    memory.keep(instance("4"))
    assert watch.arrived == {"1"}


def test_waiting_ends_at_the_arrival_or_the_deadline():
    memory = Memory(100)
    assert not memory.wait(lambda: bool(memory.instances()), 0.01)
    arriving = threading.Timer(0.01, memory.keep, (instance(),))
    arriving.start()
    assert memory.wait(lambda: bool(memory.instances()), 5)
    arriving.join()


@pytest.mark.parametrize("threads", [8])
def test_many_threads_lose_nothing(threads):
    memory = Memory(10**6)

    def keep(start: int) -> None:
        for number in range(start, start + 200):
            memory.keep(instance(str(number)))

    workers = [threading.Thread(target=keep, args=(number * 200,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(memory.instances()) == threads * 200
    assert memory.used_bytes == threads * 800
