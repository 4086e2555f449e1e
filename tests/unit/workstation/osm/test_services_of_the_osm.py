"""The services of the OSM asked directly: what they refuse, with which status, and how sub-operations are counted."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from osm_instances import CT, EXPLICIT, IMPLICIT
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from dicom_workstation.data_sets import encode, read
from dicom_workstation.instances import Selection
from dicom_workstation.network import AcceptedContext, Counts, Reply
from dicom_workstation.osm.index import Model
from dicom_workstation.osm.index.requests import MOST_UIDS, IdentifierMismatchError, read_retrieve
from dicom_workstation.osm.metrics import Figures
from dicom_workstation.osm.services import commitment_service
from dicom_workstation.osm.services.commitment_service import (
    MOST_REFERENCES,
    PUSH_MODEL_INSTANCE,
    CommitmentService,
    _references_of,
)
from dicom_workstation.osm.services.sub_operations import SubOperations, context_for, selected

STUDY_ROOT, PATIENT_ROOT = Model.STUDY_ROOT, Model.PATIENT_ROOT


# -- commitment -------------------------------------------------------------------------------------------------------


def action(transaction: str | None = "2.25.1", *references: tuple[str, str], count: int = 0) -> bytes:
    information = Dataset()
    if transaction is not None:
        information.TransactionUID = transaction
    items = []
    for sop_class, instance in (*references, *((CT, f"2.25.{n}") for n in range(count))):
        one = Dataset()
        one.ReferencedSOPClassUID, one.ReferencedSOPInstanceUID = sop_class, instance
        items.append(one)
    information.ReferencedSOPSequence = Sequence(items)
    return encode(information, EXPLICIT)


def committed(raw: bytes, instance: str = PUSH_MODEL_INSTANCE, kind: int = 1) -> tuple[Reply, list[object], list[str]]:
    expected: list[object] = []
    notes: list[str] = []
    writer = SimpleNamespace(do=lambda work: "the key")
    store = SimpleNamespace(parts=SimpleNamespace(writer=writer))
    reporter = SimpleNamespace(expect=lambda *given: expected.append(given))
    request = SimpleNamespace(sop_instance=instance, action_type=kind, data_set=raw, transfer_syntax=EXPLICIT)
    call = SimpleNamespace(peer=SimpleNamespace(ae_title="ASKER"))
    service = CommitmentService(store, reporter, notes.append)
    (reply,) = service.perform(request, call)
    return reply, [given[:2] for given in expected], notes


def test_a_request_for_commitment_is_recorded_and_reported_later() -> None:
    reply, expected, notes = committed(action("2.25.1", (CT, "2.25.7")))
    assert (reply.status, expected) == (0x0000, [("ASKER", "the key")])
    assert "N-ACTION the key: 0000" in notes[0]


@pytest.mark.parametrize(
    ("raw", "given", "status", "comment"),
    [
        (action("2.25.1", (CT, "2.25.7")), {"instance": "1.2.3"}, 0x0112, "not the SOP Instance of the Push Model"),
        (action("2.25.1", (CT, "2.25.7")), {"kind": 2}, 0x0123, "the Push Model has Action Type 1 alone"),
        (action("2.25.1", (CT, "2.25.7"))[:-1], {}, 0x0115, "Action Information ends within"),
        (b"", {}, 0x0115, "are missing or incomplete"),
        (action(None, (CT, "2.25.7")), {}, 0x0115, "are missing or incomplete"),
        (action("2.25.1"), {}, 0x0115, "are missing or incomplete"),
        (action("2.25.1", (CT, "2.25.7"), ("", "2.25.8")), {}, 0x0115, "are missing or incomplete"),
        (action("2.25.1", (CT, "")), {}, 0x0115, "are missing or incomplete"),
    ],
)
def test_a_request_for_commitment_that_is_none_is_refused(raw: bytes, given: dict, status: int, comment: str) -> None:
    reply, expected, _ = committed(raw, **given)
    assert reply.status == status
    assert comment in reply.comment
    assert expected == []


def test_no_more_references_than_can_be_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_REFERENCES == 10_000
    monkeypatch.setattr(commitment_service, "MOST_REFERENCES", 3)
    assert committed(action("2.25.1", count=3))[0].status == 0x0000
    reply, expected, _ = committed(action("2.25.1", count=4))
    assert (reply.status, reply.comment, expected) == (0x0115, "more than 3 references", [])


def test_references_are_read_in_pairs() -> None:
    assert commitment_service._pairs('[["1.2", "1.3"]]') == [("1.2", "1.3")]
    assert _references_of({}) == []


# -- sub-operations ---------------------------------------------------------------------------------------------------


def test_sub_operations_are_counted_by_the_status_of_each() -> None:
    sub = SubOperations(5)
    for uid, status, detail in (("1", 0x0000, ""), ("2", 0xB000, ""), ("3", None, "gone"), ("4", 0xA700, "")):
        sub.count(uid, status, detail)
    assert (sub.remaining, sub.completed, sub.warning, sub.failed, sub.failed_uids) == (1, 1, 1, 2, ["3", "4"])
    assert sub.comment == "gone"
    assert sub.pending() == Reply(0xFF00, counts=Counts(1, 2, 1, 1))
    cancelled = sub.cancelled(EXPLICIT)
    assert (cancelled.status, cancelled.counts) == (0xFE00, Counts(1, 2, 1, 1))
    assert list(read(cancelled.data_set, EXPLICIT).FailedSOPInstanceUIDList) == ["3", "4"]


@pytest.mark.parametrize(
    ("statuses", "status", "has_list"),
    [
        ((0x0000,), 0x0000, False),
        ((0x0000, 0xB000), 0xB000, False),
        ((0x0000, 0xA700), 0xB000, True),
        ((0xB000, 0xA700), 0xB000, True),
        ((0xA700,), 0xA702, True),
        ((), 0x0000, False),
    ],
)
def test_the_final_status_of_a_retrieval(statuses: tuple[int, ...], status: int, has_list: bool) -> None:
    sub = SubOperations(len(statuses))
    for number, each in enumerate(statuses):
        sub.count(str(number), each)
    reply = sub.final(EXPLICIT)
    assert reply.status == status
    assert (reply.data_set is not None) == has_list
    assert reply.comment == ("a C-STORE ended with A700" if has_list else "")
    assert sub.cancelled(EXPLICIT).data_set is None or has_list


def test_the_list_of_what_failed_fits_into_its_element() -> None:
    sub = SubOperations(2000)
    for number in range(2000):
        sub.count(f"2.25.{10**58 + number}", 0xA700)
    listed = read(sub.final(EXPLICIT).data_set, EXPLICIT).FailedSOPInstanceUIDList
    assert len(listed) == 0xFFFF // 65
    assert listed[0] == f"2.25.{10**58}"


def test_sub_operations_are_told_to_the_figures() -> None:
    sub, figures = SubOperations(3), Figures()
    for status in (0x0000, 0xB000, 0xA700):
        sub.count("1", status)
    sub.tell(figures, "C-MOVE")
    assert [sample.value for sample in figures.sub_operations.samples()] == [1, 1, 1]


def held(syntax: str, sop_class: str = CT) -> SimpleNamespace:
    return SimpleNamespace(entry=SimpleNamespace(SOPClassUID=sop_class, TransferSyntaxUID=syntax))


def accepted(number: int, syntax: str, sop_class: str = CT) -> AcceptedContext:
    return AcceptedContext(number, sop_class, syntax)


JPEG, BIG = "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.2"


@pytest.mark.parametrize(
    ("syntaxes", "own", "chosen"),
    [
        ((IMPLICIT, EXPLICIT, JPEG), JPEG, JPEG),
        ((BIG, IMPLICIT, EXPLICIT), JPEG, EXPLICIT),
        ((BIG, IMPLICIT), JPEG, IMPLICIT),
        ((BIG,), JPEG, BIG),
        ((IMPLICIT, EXPLICIT), IMPLICIT, IMPLICIT),
        (("1.2.840.10008.1.2.5",), JPEG, None),
        ((), JPEG, None),
    ],
)
def test_an_instance_goes_out_as_it_is_else_uncompressed(
    syntaxes: tuple[str, ...], own: str, chosen: str | None
) -> None:
    contexts = [accepted(2 * n + 1, syntax) for n, syntax in enumerate(syntaxes)]
    found = context_for(contexts, held(own))
    assert (None if found is None else found.transfer_syntax) == chosen
    assert context_for([accepted(1, own, "1.2.9")], held(own)) is None


# -- retrievals -------------------------------------------------------------------------------------------------------


def identifier(**keys: object) -> bytes:
    found = Dataset()
    for keyword, value in keys.items():
        setattr(found, keyword, value)
    return encode(found, EXPLICIT)


class Held:
    """Stands for a store with some instances."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.selections: list[Selection] = []

    def held(self, selection: Selection) -> Iterator[int]:
        """Give instances."""
        self.selections.append(selection)
        return iter(range(self.count))


def asked(raw: bytes, model: Model = STUDY_ROOT, count: int = 2, maximum: int = 2) -> tuple[object, list[Selection]]:
    store = Held(count)
    request = SimpleNamespace(data_set=raw, transfer_syntax=EXPLICIT)
    return selected(request, model, store, maximum, pytest.fail), store.selections  # the index does not fail here


def test_a_retrieval_selects_what_it_names() -> None:
    found, (selection,) = asked(identifier(QueryRetrieveLevel="STUDY", StudyInstanceUID=["1.2", "1.3"]))
    assert found == [0, 1]
    assert (selection.studies, selection.series, selection.instances, selection.patient) == (
        ("1.2", "1.3"),
        (),
        (),
        None,
    )
    keys = {"PatientID": "P", "StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.3", "SOPInstanceUID": "1.4"}
    _, (selection,) = asked(identifier(QueryRetrieveLevel="IMAGE", **keys), PATIENT_ROOT)
    assert (selection.studies, selection.series, selection.instances, selection.patient) == (
        ("1.2",),
        ("1.3",),
        ("1.4",),
        "P",
    )


def test_a_retrieval_of_too_much_is_refused() -> None:
    reply, _ = asked(identifier(QueryRetrieveLevel="STUDY", StudyInstanceUID="1.2"), count=3)
    assert (reply.status, reply.comment) == (0xA701, "more than 2 instances")


@pytest.mark.parametrize(
    ("raw", "model", "status", "comment"),
    [
        (identifier(QueryRetrieveLevel="STUDY")[:-1], STUDY_ROOT, 0xC000, "Identifier ends within"),
        (identifier(StudyInstanceUID="1.2"), STUDY_ROOT, 0xA900, "no Query/Retrieve Level"),
        (identifier(QueryRetrieveLevel="PATIENT", PatientID="P"), STUDY_ROOT, 0xA900, "Query/Retrieve Level 'PATIENT'"),
        (identifier(QueryRetrieveLevel="STUDY"), STUDY_ROOT, 0xA900, "StudyInstanceUID is needed"),
        (
            identifier(QueryRetrieveLevel="SERIES", SeriesInstanceUID="1"),
            STUDY_ROOT,
            0xA900,
            "one value of StudyInstanceUID",
        ),
        (
            identifier(QueryRetrieveLevel="SERIES", StudyInstanceUID=["1", "2"], SeriesInstanceUID="1"),
            STUDY_ROOT,
            0xA900,
            "one value of StudyInstanceUID",
        ),
        (
            identifier(QueryRetrieveLevel="PATIENT", PatientID=["P", "Q"]),
            PATIENT_ROOT,
            0xA900,
            "one Patient ID is needed",
        ),
        (identifier(QueryRetrieveLevel="PATIENT", PatientID="P*"), PATIENT_ROOT, 0xA900, "without wild cards"),
        (b"", STUDY_ROOT, 0xA900, "no Query/Retrieve Level"),
    ],
)
def test_a_retrieval_that_names_nothing_is_refused(raw: bytes, model: Model, status: int, comment: str) -> None:
    reply, selections = asked(raw, model)
    assert reply.status == status
    assert comment in reply.comment
    assert selections == []


def test_no_more_uids_than_anybody_names() -> None:
    def named(count: int) -> bytes:
        raw = "\\".join(f"1.{n}" for n in range(count)).encode()
        level = identifier(QueryRetrieveLevel="STUDY")
        padded = raw + b"\0" * (len(raw) % 2)
        return level + b"\x20\0\x0d\0UN\0\0" + len(padded).to_bytes(4, "little") + padded

    assert len(read_retrieve(named(MOST_UIDS), EXPLICIT, STUDY_ROOT).values) == MOST_UIDS
    with pytest.raises(IdentifierMismatchError, match=f"more than {MOST_UIDS} UIDs"):
        read_retrieve(named(MOST_UIDS + 1), EXPLICIT, STUDY_ROOT)
