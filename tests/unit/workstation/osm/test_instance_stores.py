"""What memory and disk agree on: one contract, played on both."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from osm_instances import CT, EXPLICIT, IMPLICIT, encoded, put

from dicom_workstation.instances import (
    Admission,
    Announced,
    InstanceStore,
    Memory,
    MemoryStore,
    RefusalReason,
    Selection,
    StoreRefusedError,
)
from dicom_workstation.osm.files import SystemDisk
from dicom_workstation.osm.store.disk_store import DiskStore
from dicom_workstation.osm.store.receiving import StoreLimits

BIG = 1 << 40


HEAD = 400  # more than File Meta Information needs


class FewFreeBytes(SystemDisk):
    """A disk on which there is room for so many bytes."""

    def __init__(self, room_bytes: int) -> None:
        self._room_bytes = room_bytes

    def free_bytes(self, path: Path) -> int:
        used = sum(map(size, (path / "objects").rglob("*")))
        return self._room_bytes + HEAD - used


def size(path: Path) -> int:
    """Return the size of a file; 0 where another thread has just removed or renamed it."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., InstanceStore]]:
    """Open stores with room for so many bytes."""
    disks: list[DiskStore] = []

    def begin(room_bytes: int = BIG) -> InstanceStore:
        if request.param == "memory":
            return MemoryStore(Memory(room_bytes))
        url = request.getfixturevalue("empty_database") if request.param == "postgresql" else None
        store = DiskStore(tmp_path / "osm", StoreLimits(), disk=FewFreeBytes(room_bytes), database=url)
        store.open()
        disks.append(store)
        return store

    yield begin
    for each in disks:
        each.close()


def test_what_is_kept_is_given_back_byte_for_byte(opened: Callable[..., InstanceStore]) -> None:
    store = opened()
    raw = encoded()
    assert put(store, raw).admission is Admission.KEPT
    held = store.get("1.2.3.1")
    assert held is not None
    assert held.data_set() == raw
    entry = held.entry
    assert (entry.SOPClassUID, entry.SOPInstanceUID, entry.StudyInstanceUID) == (CT, "1.2.3.1", "1.2.3")
    assert (entry.SeriesInstanceUID, entry.TransferSyntaxUID, entry.length_bytes) == ("1.2.3.9", EXPLICIT, len(raw))


def test_the_stream_of_an_instance_is_its_data_set(opened: Callable[..., InstanceStore]) -> None:
    store = opened()
    raw = encoded()
    put(store, raw)
    held = store.get("1.2.3.1")
    assert held is not None
    with held.open() as stream:
        assert stream.read(10) == raw[:10]
        assert stream.seek(4) == 4
        assert stream.tell() == 4
        assert stream.read() == raw[4:]


def test_nothing_is_held_before_it_is_kept(opened: Callable[..., InstanceStore]) -> None:
    store = opened()
    receipt = store.receive(Announced(CT, "1.2.3.1", EXPLICIT))
    receipt.write(memoryview(encoded()))
    assert store.get("1.2.3.1") is None
    receipt.discard()
    receipt.discard()
    assert list(store.find(Selection())) == []
    assert put(store, encoded()).admission is Admission.KEPT


def test_the_same_again_is_known(opened: Callable[..., InstanceStore]) -> None:
    store = opened()
    assert put(store, encoded()).admission is Admission.KEPT
    assert put(store, encoded()).admission is Admission.ALREADY_KEPT
    assert len(list(store.find(Selection()))) == 1


def test_the_same_in_another_transfer_syntax_is_known(opened: Callable[..., InstanceStore]) -> None:
    store = opened()
    put(store, encoded())
    assert put(store, encoded(IMPLICIT), syntax=IMPLICIT).admission is Admission.ALREADY_KEPT
    held = store.get("1.2.3.1")
    assert held is not None
    assert held.entry.TransferSyntaxUID == EXPLICIT


def test_the_first_content_stays(opened: Callable[..., InstanceStore]) -> None:
    store = opened()
    put(store, encoded())
    assert put(store, encoded(PatientName="Other")).admission is Admission.OTHER_CONTENT
    held = store.get("1.2.3.1")
    assert held is not None
    assert held.data_set() == encoded()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", RefusalReason.NOT_UNDERSTOOD),
        (b"no data set at all", RefusalReason.NOT_UNDERSTOOD),
        (encoded()[:-3], RefusalReason.NOT_UNDERSTOOD),
        (encoded(StudyInstanceUID=None), RefusalReason.NOT_UNDERSTOOD),
        (encoded(StudyInstanceUID="../../etc"), RefusalReason.NOT_UNDERSTOOD),
        (encoded(uid="1.2.3.2"), RefusalReason.INSTANCE_DIFFERS),
        (encoded(SOPClassUID="1.2.840.10008.5.1.4.1.1.4"), RefusalReason.CLASS_DIFFERS),
    ],
)
def test_what_cannot_be_kept_is_refused_and_gone(
    opened: Callable[..., InstanceStore], raw: bytes, reason: RefusalReason
) -> None:
    store = opened()
    with pytest.raises(StoreRefusedError) as refused:
        put(store, raw)
    assert refused.value.reason is reason
    assert list(store.find(Selection())) == []
    assert put(store, encoded()).admission is Admission.KEPT


def test_no_room_is_a_refusal_and_the_room_is_free_again(opened: Callable[..., InstanceStore]) -> None:
    store = opened(len(encoded()) + 10)
    with pytest.raises(StoreRefusedError) as refused:
        put(store, encoded(PatientComments="x" * 1000))
    assert refused.value.reason is RefusalReason.OUT_OF_RESOURCES
    assert put(store, encoded()).admission is Admission.KEPT


def test_a_deficiency_is_told(opened: Callable[..., InstanceStore]) -> None:
    kept = put(opened(), encoded(PixelData=b"\1\2"))
    assert kept.admission is Admission.KEPT
    assert kept.deficiency == "Pixel Data has 2 bytes, 4 are needed"


def test_what_is_wrong_with_an_instance_that_is_kept_is_told(opened: Callable[..., InstanceStore]) -> None:
    kept = put(opened(), b"\x08\0\0\0UL\4\0" + b"\x63\0\0\0" + encoded())
    assert kept.admission is Admission.KEPT
    assert len(kept.remarks) == 1
    assert "Group Length of group 0008" in kept.remarks[0]


def test_what_is_announced_wrongly_keeps_nothing_back(opened: Callable[..., InstanceStore]) -> None:
    store = opened(len(encoded()) + 10)
    for _ in range(3):
        with pytest.raises(StoreRefusedError):
            put(store, encoded(uid="1.2.3.2"))
    assert put(store, encoded()).admission is Admission.KEPT


def test_instances_are_found_by_their_uids_in_the_order_of_arrival(opened: Callable[..., InstanceStore]) -> None:
    store = opened()
    for uid, study, series in (("1.2", "1.8", "1.9"), ("1.1", "1.8", "1.7"), ("1.3", "1.6", "1.5")):
        put(store, encoded(uid=uid, study=study, series=series), uid)

    def found(**selection: tuple[str, ...]) -> list[str]:
        return [entry.SOPInstanceUID for entry in store.find(Selection(**selection))]  # type: ignore[arg-type]

    assert found() == ["1.2", "1.1", "1.3"]
    assert found(studies=("1.8",)) == ["1.2", "1.1"]
    assert found(studies=("1.8",), series=("1.7",)) == ["1.1"]
    assert found(instances=("1.3", "1.2", "1.4")) == ["1.2", "1.3"]
    assert found(studies=("1.6",), instances=("1.2",)) == []


def test_what_is_removed_is_gone_and_may_come_again(opened: Callable[..., InstanceStore]) -> None:
    store = opened()
    for uid in ("1.1", "1.2"):
        put(store, encoded(uid=uid), uid)
    assert store.remove(Selection(instances=("1.1", "1.9"))) == 1
    assert [entry.SOPInstanceUID for entry in store.find(Selection())] == ["1.2"]
    assert store.get("1.1") is None
    assert put(store, encoded(uid="1.1"), "1.1").admission is Admission.KEPT


def test_many_at_once(opened: Callable[..., InstanceStore]) -> None:
    store = opened()
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for index in range(5):
                uid = f"1.{number}.{index}"
                assert put(store, encoded(uid=uid, series=f"1.7.{number}"), uid).admission is Admission.KEPT
                put(store, encoded(uid="1.99"), "1.99")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert len(list(store.find(Selection()))) == 21
