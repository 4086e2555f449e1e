"""C-STORE as SCP: one service over two stores, each with its table of statuses."""

from __future__ import annotations

import pytest

from dicom_workstation.instances import (
    Admission,
    Announced,
    Kept,
    Memory,
    MemoryStore,
    RefusalReason,
    StoreRefusedError,
)
from dicom_workstation.loader import loader_server
from dicom_workstation.network import Call, Peer, Reply, ServiceRequest
from dicom_workstation.osm import server as osm_server
from dicom_workstation.storage import StorageService, StoreStatuses

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
TABLES = {"loader": loader_server.STATUSES, "osm": osm_server.STATUSES}
OF_THE_LOADER = {"OTHER_CONTENT": 0xB000, "OUT_OF_RESOURCES": 0xA700, "TOO_LARGE": 0xA700, "NOT_UNDERSTOOD": 0xC000,
                 "INSTANCE_DIFFERS": 0xC000, "CLASS_DIFFERS": 0xC000}  # fmt: skip
OF_THE_OSM = {"OTHER_CONTENT": 0x0111, "OUT_OF_RESOURCES": 0xA700, "TOO_LARGE": 0xA700, "NOT_UNDERSTOOD": 0xC000,
              "INSTANCE_DIFFERS": 0xA900, "CLASS_DIFFERS": 0xA900}  # fmt: skip


class StubReceipt:
    """A receipt that is kept as a test says."""

    def __init__(self, result: Kept | Exception) -> None:
        self._result = result

    def write(self, fragment: memoryview) -> None:
        """Take nothing."""

    def keep(self) -> Kept:
        if isinstance(self._result, Exception):
            raise self._result
        return self._result

    def discard(self) -> None:
        """Give nothing back."""


class StubCall:
    peer = Peer("SENDER", "127.0.0.1")


def answer(result: Kept | Exception | None, statuses: StoreStatuses, log: list[str], seen: list[Reply]) -> Reply:
    """Return the one reply to a request whose receipt is kept so."""
    service = StorageService(MemoryStore(Memory(1000)), statuses, log.append, lambda request, reply: seen.append(reply))
    receipt = None if result is None else StubReceipt(result)
    request = ServiceRequest(CT, EXPLICIT, "1.2.3", 1, b"", receipt=receipt)
    call: Call = StubCall()  # type: ignore[assignment]
    (reply,) = service.perform(request, call)
    return reply


@pytest.fixture(params=sorted(TABLES))
def statuses(request: pytest.FixtureRequest) -> StoreStatuses:
    return TABLES[request.param]


@pytest.mark.parametrize(("table", "wanted"), [("loader", OF_THE_LOADER), ("osm", OF_THE_OSM)])
def test_each_reason_has_its_status(table: str, wanted: dict[str, int]) -> None:
    assert {each.name: status for each, status in TABLES[table].items()} == wanted
    assert set(wanted) == {each.name for each in RefusalReason} | {"OTHER_CONTENT"}


@pytest.mark.parametrize("reason", list(RefusalReason))
def test_a_refusal_is_answered_by_the_table_and_says_why(statuses: StoreStatuses, reason: RefusalReason) -> None:
    log: list[str] = []
    reply = answer(StoreRefusedError(reason, "because"), statuses, log, [])
    assert (reply.status, reply.comment) == (statuses[reason], "because")
    assert log == [f"SENDER@127.0.0.1: C-STORE 1.2.3: {reply.status:04X} because"]


@pytest.mark.parametrize("admission", [Admission.KEPT, Admission.ALREADY_KEPT, Admission.REPLACED])
def test_what_is_held_is_a_success_or_a_deficiency(statuses: StoreStatuses, admission: Admission) -> None:
    assert answer(Kept(admission), statuses, [], []) == Reply(0x0000)
    assert answer(Kept(admission, "too short"), statuses, [], []) == Reply(0xB000, comment="too short")


def test_another_content_goes_before_a_deficiency(statuses: StoreStatuses) -> None:
    reply = answer(Kept(Admission.OTHER_CONTENT, "too short"), statuses, [], [])
    assert reply.status == statuses[Admission.OTHER_CONTENT]
    assert "other content" in reply.comment


def test_a_request_without_a_data_set_cannot_be_understood(statuses: StoreStatuses) -> None:
    assert answer(None, statuses, [], []) == Reply(0xC000, comment="data set is empty")


def test_a_store_that_fails_is_a_processing_failure_and_the_operator_learns_why(statuses: StoreStatuses) -> None:
    log: list[str] = []
    assert answer(OSError(5, "Input/output error"), statuses, log, []).status == 0x0110
    assert any("Input/output error" in line for line in log)


def test_a_mistake_of_ours_is_left_to_the_server(statuses: StoreStatuses) -> None:
    with pytest.raises(TypeError):
        answer(TypeError("ours"), statuses, [], [])


def test_remarks_stand_in_the_log_with_who_sent_what(statuses: StoreStatuses) -> None:
    log: list[str] = []
    assert answer(Kept(Admission.KEPT, None, ("is odd",)), statuses, log, []).status == 0x0000
    assert log[0] == "SENDER@127.0.0.1: warning: 1.2.3 is odd"


def test_each_answer_is_told_once(statuses: StoreStatuses) -> None:
    seen: list[Reply] = []
    reply = answer(Kept(Admission.KEPT), statuses, [], seen)
    assert seen == [reply]


def test_room_is_made_in_the_store() -> None:
    memory = Memory(10)
    service = StorageService(MemoryStore(memory), loader_server.STATUSES, lambda text: None)
    receipt = service.receive(Announced(CT, "1.2.3", EXPLICIT), StubCall.peer)
    receipt.write(memoryview(b"12345678"))
    assert memory.reserved_bytes == 8
    receipt.discard()
    assert memory.reserved_bytes == 0
