"""The services of the archive without a network: replies, counts, cancel, destinations that fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dicom_simulators.archive.archive_negotiation import Extension, answer, behave, granted
from dicom_simulators.archive.holdings import Holdings
from dicom_simulators.archive.information_model import STUDY_ROOT, Behaviour
from dicom_simulators.archive.move import FAILED_SOP_INSTANCE_UID_LIST
from dicom_simulators.archive.services import QueryRequest, find, move, store
from dicom_simulators.association.responses import Response
from dicom_simulators.data_sets import build
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.encoding.data_set_codec import (
    Element,
    encoding_of,
    read_elements,
    tag_of,
    values,
    vr_of,
    write_elements,
)
from dicom_simulators.encoding.transfer_syntax_uids import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT, IMPLICIT, J2K = EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, "1.2.840.10008.1.2.4.90"


def query(raw: bytes | None = None, behaviour: Behaviour | None = None, **keys: str) -> QueryRequest:
    tags = {tag_of(keyword): text.encode() for keyword, text in keys.items()}
    made = {tag: Element(tag, vr_of(tag), text) for tag, text in tags.items()}
    raw = write_elements(made, encoding_of(EXPLICIT)) if raw is None else raw
    return QueryRequest(STUDY_ROOT, raw, EXPLICIT, encoding_of(EXPLICIT), behaviour or Behaviour())


def never() -> bool:
    return False


def after(calls: int) -> Callable[[], bool]:
    left = iter([False] * calls)
    return lambda: next(left, True)


class Destination:
    """A destination of a test: accepts some transfer syntaxes, answers with given statuses in turn."""

    def __init__(
        self, accepts: tuple[str, ...] = (EXPLICIT, IMPLICIT, J2K), statuses: tuple[int | None, ...] = ()
    ) -> None:
        self.accepts = accepts
        self.statuses = list(statuses)
        self.received: list[tuple[str, str, bytes]] = []
        self.dialled: list[str] = []
        self.closed = 0

    def dial(self, title, proposals):
        self.dialled.append(title)
        return self

    def accepted(self, sop_class):
        return self.accepts

    def store(self, instance, transfer_syntax, data_set):
        self.received.append((instance.SOPInstanceUID, transfer_syntax, data_set))
        return self.statuses.pop(0) if self.statuses else 0

    def close(self):
        self.closed += 1


def study(count: int, syntax: str = EXPLICIT) -> list[Instance]:
    return [
        build("smallest", CT, syntax, seed=1, SOPInstanceUID=f"2.25.77{number}", InstanceNumber=number)
        for number in range(count)
    ]


def moved(instances: list[Instance], destination: Destination, is_cancelled=never, **keys: str) -> list[Response]:
    uid = str(instances[0].read().StudyInstanceUID)
    keys = keys or {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": uid}
    request = query(**keys)
    return list(
        move(Holdings(instances), request, "DEST", lambda title: title == "DEST", destination.dial, is_cancelled)
    )


def counts(reply: Response) -> tuple[object, ...]:
    names = ("Remaining", "Completed", "Failed", "Warning")
    return tuple(reply.elements.get(f"NumberOf{name}Suboperations") for name in names)


def test_all_is_sent_and_counted():
    destination = Destination()
    held = study(3)
    replies = moved(held, destination)
    assert [reply.status for reply in replies] == [0xFF00, 0xFF00, 0xFF00, 0x0000]
    assert [counts(reply) for reply in replies] == [(3, 0, 0, 0), (2, 1, 0, 0), (1, 2, 0, 0), (None, 3, 0, 0)]
    assert all(reply.data_set is None for reply in replies)
    assert [(uid, data) for uid, _, data in destination.received] == [
        (one.SOPInstanceUID, one.data_set) for one in held
    ]
    assert (destination.dialled, destination.closed) == (["DEST"], 1)


def test_some_failures_make_a_warning_with_their_list():
    replies = moved(study(3), Destination(statuses=(0, 0xA700, 0xB000)))
    assert replies[-1].status == 0xB000
    assert counts(replies[-1]) == (None, 1, 1, 1)
    found = read_elements(replies[-1].data_set, EXPLICIT)
    assert values(found[FAILED_SOP_INSTANCE_UID_LIST]) == ("2.25.771",)


@pytest.mark.parametrize("destination", [Destination(statuses=(0xA700, None)), Destination(accepts=())])
def test_nothing_stored_means_a702(destination):
    replies = moved(study(2), destination)
    assert replies[-1].status == 0xA702
    assert counts(replies[-1]) == (None, 0, 2, 0)
    found = read_elements(replies[-1].data_set, EXPLICIT)
    assert values(found[FAILED_SOP_INSTANCE_UID_LIST]) == ("2.25.770", "2.25.771")


def test_a_destination_that_cannot_be_reached_fails_every_sub_operation():
    held = study(2)
    uid = str(held[0].read().StudyInstanceUID)
    request = query(QueryRetrieveLevel="STUDY", StudyInstanceUID=uid)
    replies = list(move(Holdings(held), request, "DEST", lambda title: True, lambda title, proposals: None, never))
    assert [reply.status for reply in replies] == [0xA702]
    assert counts(replies[0]) == (None, 0, 2, 0)


def test_an_unknown_destination_is_told_before_anything_is_sent():
    destination = Destination()
    held = study(1)
    request = query(QueryRetrieveLevel="STUDY", StudyInstanceUID=str(held[0].read().StudyInstanceUID))
    replies = list(move(Holdings(held), request, "OTHER", lambda title: title == "DEST", destination.dial, never))
    assert [reply.status for reply in replies] == [0xA801]
    assert destination.dialled == []


def test_nothing_found_is_success_without_an_association():
    destination = Destination()
    replies = moved(study(1), destination, QueryRetrieveLevel="STUDY", StudyInstanceUID="2.25.404")
    assert [(reply.status, counts(reply)) for reply in replies] == [(0, (None, 0, 0, 0))]
    assert destination.dialled == []


def test_cancel_stops_the_sub_operations_and_tells_what_remains():
    destination = Destination(statuses=(0, 0xA700))
    replies = moved(study(5), destination, after(2))
    assert replies[-1].status == 0xFE00
    assert counts(replies[-1]) == (3, 1, 1, 0)
    assert len(destination.received) == 2
    assert destination.closed == 1
    assert values(read_elements(replies[-1].data_set, EXPLICIT)[FAILED_SOP_INSTANCE_UID_LIST]) == ("2.25.771",)


def test_compressed_goes_out_as_it_is_or_decoded_or_not_at_all():
    held = study(1, J2K)
    as_it_is, decoded, refused = Destination(), Destination(accepts=(IMPLICIT,)), Destination(accepts=())
    assert moved(held, as_it_is)[-1].status == 0
    assert as_it_is.received == [("2.25.770", J2K, held[0].data_set)]
    assert moved(held, decoded)[-1].status == 0
    assert decoded.received[0][1] == IMPLICIT
    assert moved(held, refused)[-1].status == 0xA702
    spoilt = [Instance(CT, "2.25.770", J2K, held[0].data_set.replace(b"\xff\x4f", b"\0\0"))]
    uid = str(held[0].read().StudyInstanceUID)
    replies = moved(held, decoded)
    request = query(QueryRetrieveLevel="STUDY", StudyInstanceUID=uid)
    replies = list(move(Holdings(spoilt), request, "DEST", lambda title: True, Destination((IMPLICIT,)).dial, never))
    assert replies[-1].status == 0xA702


def test_abandoned_replies_still_close_the_association():
    destination = Destination()
    held = study(3)
    request = query(QueryRetrieveLevel="STUDY", StudyInstanceUID=str(held[0].read().StudyInstanceUID))
    replies = move(Holdings(held), request, "DEST", lambda title: True, destination.dial, never)
    next(replies)
    replies.close()
    assert destination.closed == 1


@pytest.mark.parametrize("service", ["find", "move"])
@pytest.mark.parametrize(
    ("request_", "status"),
    [(query(b"\x08\x00\x52\x00CS\xff\x00"), 0xC001), (query(QueryRetrieveLevel="NOTHING"), 0xA900)],
)
def test_identifiers_that_are_none_are_refused(service, request_, status):
    if service == "find":
        replies = list(find(Holdings(), "ARCHIVE", request_, never))
    else:
        replies = list(move(Holdings(), request_, "DEST", lambda title: True, Destination().dial, never))
    assert [reply.status for reply in replies] == [status]
    assert len(str(replies[0].elements["ErrorComment"])) <= 64


def test_find_can_be_cancelled_between_matches():
    held = [build("smallest", CT, EXPLICIT, seed=seed) for seed in range(4)]
    request = query(QueryRetrieveLevel="STUDY", StudyInstanceUID="")
    assert [one.status for one in find(Holdings(held), "A", request, after(2))] == [0xFF00, 0xFF00, 0xFE00]
    assert [one.status for one in find(Holdings(held), "A", request, never)] == [0xFF00] * 4 + [0]


def test_store_keeps_what_it_can_read_and_refuses_the_rest():
    holdings = Holdings()
    made = build("smallest", CT, EXPLICIT, seed=5)
    assert store(holdings, made).status == 0
    assert len(holdings) == 1
    other = Instance(CT, "2.25.1", EXPLICIT, made.data_set)
    assert store(holdings, other).status == 0xA900
    assert store(holdings, Instance(CT, "2.25.1", EXPLICIT, made.data_set[:21])).status == 0xC000
    assert len(holdings) == 1


def test_extended_negotiation_grants_what_is_asked_and_offered():
    offered = frozenset({Extension.RELATIONAL, Extension.MULTIPLE_VALUE})
    assert answer(STUDY_ROOT.find, b"\1\1\0\1\1\1\1\1", offered) == b"\1\0\0\0\0\0\1\0"
    assert answer(STUDY_ROOT.find, b"\1", frozenset()) is None
    assert answer(STUDY_ROOT.move, b"\1\1", offered) == b"\1\0"
    assert answer(CT, b"\1", offered) is None
    assert granted(STUDY_ROOT.find, b"\1\0\0\0\0\0\1") == offered
    assert granted(CT, b"\1") == frozenset()
    behaviour = behave(Behaviour(), offered)
    assert behaviour.relational
    assert behaviour.matching.multiple_value
    assert not behaviour.matching.date_time


def test_an_instance_in_the_context_of_another_class_is_refused():
    holdings = Holdings()
    made = build("smallest", CT, EXPLICIT, seed=1)
    assert store(holdings, made, "1.2.840.10008.5.1.4.1.1.4").status == 0xA900
    assert len(holdings) == 0
    assert store(holdings, made, CT).status == 0x0000


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID"])
def test_an_instance_that_names_no_study_or_series_could_not_be_retrieved_and_is_refused(keyword):
    holdings = Holdings()
    made = build("smallest", CT, EXPLICIT, seed=1)
    header = dict(read_elements(made.data_set, EXPLICIT))
    del header[tag_of(keyword)]
    lacking = replace(made, data_set=write_elements(header, encoding_of(EXPLICIT)))
    response = store(holdings, lacking, CT)
    assert (response.status, response.elements["OffendingElement"]) == (0xA900, (tag_of(keyword),))
    assert len(holdings) == 0
