"""C-GET of the archive, driven by stock pynetdicom as an independent SCU."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, build_role, evt
from steady_pynetdicom import steady

from dicom_simulators.archive.archive import Archive
from dicom_simulators.archive.information_model import PATIENT_ROOT, STUDY_ROOT, InformationModel
from dicom_simulators.association.association import Deadlines
from dicom_simulators.data_sets import build
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.faults import build as fault
from dicom_wire import Recorder

CT = "1.2.840.10008.5.1.4.1.1.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
JPEG = "1.2.840.10008.1.2.4.70"
DEADLINES = Deadlines(connect_s=5, associate_s=5, release_s=5, dimse_s=10, idle_s=30, artim_s=2, write_s=10)
STUDY = "2.25.5"


def image(number: int, sop_class: str = CT, syntax: str = EXPLICIT, **changes: object) -> Instance:
    changes = {"StudyInstanceUID": STUDY, "SeriesInstanceUID": f"{STUDY}.{sop_class[-1]}", **changes}
    return build("smallest", sop_class, syntax, seed=1, SOPInstanceUID=f"2.25.77{number}", PatientID="P1", **changes)


@dataclass(slots=True)
class Got:
    """What a C-GET brought."""

    responses: list[Dataset] = field(default_factory=list)
    identifiers: list[Dataset | None] = field(default_factory=list)
    message_ids: list[int] = field(default_factory=list)
    stored: list[tuple[str, str, str]] = field(default_factory=list)
    originators: list[object] = field(default_factory=list)

    @property
    def uids(self) -> list[str]:
        return [uid for uid, _, _ in self.stored]

    @property
    def final(self) -> Dataset:
        return self.responses[-1]

    @property
    def failed(self) -> list[str]:
        found = self.identifiers[-1]
        value = None if found is None else found.get("FailedSOPInstanceUIDList")
        return [] if value is None else [value] if isinstance(value, str) else list(value)


def counts(response: Dataset) -> tuple[object, ...]:
    names = ("Remaining", "Completed", "Failed", "Warning")
    return tuple(response.get(f"NumberOf{name}Suboperations") for name in names)


@contextmanager
def archive(*held: Instance, **options: object) -> Iterator[Archive]:
    deadlines = options.pop("deadlines", DEADLINES)
    with Archive("archive", "ARCHIVE", Recorder(), instances=held, deadlines=deadlines, **options) as made:
        yield made


def get(
    to: Archive,
    model: InformationModel = STUDY_ROOT,
    storage: tuple[tuple[str, tuple[str, ...]], ...] = ((CT, (EXPLICIT,)), (MR, (EXPLICIT,))),
    roles: tuple[str, ...] = (CT, MR),
    on_store: Callable[[evt.Event], int] = lambda event: 0x0000,
    cancel_after: int | None = None,
    **keys: str,
) -> Got:
    got = Got()
    association = None

    def store(event: evt.Event) -> int:
        request = event.request
        got.stored.append((request.AffectedSOPInstanceUID, event.dataset.SOPInstanceUID, event.context.transfer_syntax))
        got.message_ids.append(request.MessageID)
        got.originators.append(request.MoveOriginatorApplicationEntityTitle)
        if len(got.stored) == cancel_after:
            association.send_c_cancel(7, query_model=model.get)
        return on_store(event)

    entity = AE("GETSCU")
    entity.dimse_timeout = entity.acse_timeout = entity.network_timeout = 10
    entity.add_requested_context(model.get, [EXPLICIT])
    for sop_class, syntaxes in storage:
        entity.add_requested_context(sop_class, list(syntaxes))
    association = entity.associate(
        *to.address,
        ae_title=to.ae_title,
        ext_neg=[build_role(uid, scp_role=True, scu_role=True) for uid in roles],
        evt_handlers=[(evt.EVT_C_STORE, store)],
    )
    assert association.is_established
    steady(association)
    identifier = Dataset()
    for keyword, value in keys.items():
        setattr(identifier, keyword, value)
    try:
        for response, failed in association.send_c_get(identifier, model.get, msg_id=7):
            got.responses.append(response)
            got.identifiers.append(failed)
    finally:
        association.release()
    return got


LEVELS = [
    (STUDY_ROOT, {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": STUDY}, ["2.25.771", "2.25.772", "2.25.773"]),
    (
        STUDY_ROOT,
        {"QueryRetrieveLevel": "SERIES", "StudyInstanceUID": STUDY, "SeriesInstanceUID": f"{STUDY}.4"},
        ["2.25.773"],
    ),
    (
        STUDY_ROOT,
        {
            "QueryRetrieveLevel": "IMAGE",
            "StudyInstanceUID": STUDY,
            "SeriesInstanceUID": f"{STUDY}.2",
            "SOPInstanceUID": "2.25.771\\2.25.772",
        },
        ["2.25.771", "2.25.772"],
    ),
    (PATIENT_ROOT, {"QueryRetrieveLevel": "PATIENT", "PatientID": "P1"}, ["2.25.771", "2.25.772", "2.25.773"]),
]


@pytest.mark.parametrize(("model", "keys", "wanted"), LEVELS)
def test_at_each_level_exactly_what_was_asked_for_comes(model, keys, wanted) -> None:
    neighbour = image(9, StudyInstanceUID="2.25.6", SeriesInstanceUID="2.25.61", PatientName="Neighbour")
    held = (image(1), image(2), image(3, MR), neighbour)
    with archive(*held) as to:
        if keys["QueryRetrieveLevel"] == "PATIENT":
            wanted = [*wanted, "2.25.779"]
        got = get(to, model, **keys)
    assert sorted(got.uids) == wanted
    assert [inside for _, inside, _ in got.stored] == got.uids
    assert (got.final.Status, counts(got.final)) == (0x0000, (None, len(wanted), 0, 0))
    assert not got.identifiers[-1]


def test_pending_responses_have_all_four_counts_whose_sum_stays() -> None:
    with archive(image(1), image(2), image(3)) as to:
        got = get(to, QueryRetrieveLevel="STUDY", StudyInstanceUID=STUDY)
    pending = [counts(one) for one in got.responses if one.Status == 0xFF00]
    assert pending == [(3, 0, 0, 0), (2, 1, 0, 0), (1, 2, 0, 0)]


def test_sub_operations_have_message_ids_of_their_own_and_no_originator() -> None:
    with archive(*(image(number) for number in range(10))) as to:
        got = get(to, QueryRetrieveLevel="STUDY", StudyInstanceUID=STUDY)
    assert len(set(got.message_ids)) == 10
    assert 7 not in got.message_ids
    assert set(got.originators) == {None}


STUDY_KEYS = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": STUDY}


def test_a_class_whose_scp_role_was_not_negotiated_is_not_sent_and_counts_as_failed() -> None:
    with archive(image(1), image(3, MR)) as to:
        got = get(to, roles=(CT,), **STUDY_KEYS)
    assert got.uids == ["2.25.771"]
    assert (got.final.Status, counts(got.final)) == (0xB000, (None, 1, 1, 0))
    assert got.failed == ["2.25.773"]


def test_a_class_that_was_not_offered_counts_as_failed() -> None:
    with archive(image(1), image(3, MR)) as to:
        got = get(to, storage=((CT, (EXPLICIT,)),), roles=(CT,), **STUDY_KEYS)
    assert (got.final.Status, counts(got.final), got.failed) == (0xB000, (None, 1, 1, 0), ["2.25.773"])


def test_where_nothing_can_be_sent_the_status_is_a_failure() -> None:
    with archive(image(1), image(2)) as to:
        got = get(to, roles=(), **STUDY_KEYS)
    assert (got.final.Status, counts(got.final)) == (0xA702, (None, 0, 2, 0))
    assert got.failed == ["2.25.771", "2.25.772"]
    assert got.stored == []


def test_statuses_of_the_requestor_are_counted() -> None:
    answers = {"2.25.771": 0x0000, "2.25.772": 0xB007, "2.25.773": 0xA700}
    with archive(image(1), image(2), image(3)) as to:
        got = get(to, on_store=lambda event: answers[event.request.AffectedSOPInstanceUID], **STUDY_KEYS)
    assert (got.final.Status, counts(got.final), got.failed) == (0xB000, (None, 1, 1, 1), ["2.25.773"])


def test_a_warning_alone_leaves_no_list_of_failures() -> None:
    with archive(image(1)) as to:
        got = get(to, on_store=lambda event: 0xB007, **STUDY_KEYS)
    assert (got.final.Status, counts(got.final)) == (0xB000, (None, 0, 0, 1))
    assert not got.identifiers[-1]


def test_pixels_are_converted_where_the_requestor_takes_no_other_syntax() -> None:
    with archive(image(1, syntax=JPEG)) as to:
        got = get(to, storage=((CT, (IMPLICIT,)),), roles=(CT,), **STUDY_KEYS)
    assert got.final.Status == 0x0000
    assert got.stored == [("2.25.771", "2.25.771", IMPLICIT)]


def test_the_syntax_in_which_it_is_held_is_taken_where_it_was_accepted() -> None:
    with archive(image(1, syntax=JPEG)) as to:
        got = get(to, storage=((CT, (IMPLICIT,)), (CT, (JPEG,))), roles=(CT,), **STUDY_KEYS)
    assert got.stored == [("2.25.771", "2.25.771", JPEG)]


def test_nothing_to_get_is_a_success_without_sub_operations() -> None:
    with archive(image(1)) as to:
        got = get(to, QueryRetrieveLevel="STUDY", StudyInstanceUID="2.25.404")
    assert [one.Status for one in got.responses] == [0x0000]
    assert counts(got.final) == (None, 0, 0, 0)


def test_a_cancel_ends_it_with_counts_and_no_further_instance() -> None:
    with archive(*(image(number) for number in range(20))) as to:
        got = get(to, cancel_after=3, **STUDY_KEYS)
    assert got.final.Status == 0xFE00
    assert counts(got.final) == (17, 3, 0, 0)
    assert len(got.stored) == 3


@pytest.mark.parametrize("keys", [{"StudyInstanceUID": STUDY}, {"QueryRetrieveLevel": "STUDI"}, {}])
def test_an_identifier_that_is_wrong_is_refused(keys) -> None:
    with archive(image(1)) as to:
        got = get(to, **{"PatientName": "", **keys})
    assert (got.final.Status, got.stored) == (0xA900, [])


def test_a_requestor_that_does_not_answer_is_given_up_once(monkeypatch) -> None:
    deadlines = Deadlines(connect_s=5, associate_s=5, release_s=5, dimse_s=0.3, idle_s=30, artim_s=2, write_s=10)
    answered = threading.Event()

    def late(event: evt.Event) -> int:
        answered.wait(5)
        return 0x0000

    with archive(image(1), image(2), deadlines=deadlines) as to:
        lines = to.log
        got = Got()
        threading.Timer(1.0, answered.set).start()
        got = get(to, on_store=late, **STUDY_KEYS)
        lines = to.log
    assert got.uids == ["2.25.771"]
    assert any("no response to C-STORE-RQ" in line for line in lines)
    assert (got.final.Status, counts(got.final)) == (0xA702, (None, 0, 2, 0))


def test_roles_are_never_above_what_was_proposed() -> None:
    entity = AE("GETSCU")
    for uid in (CT, MR, STUDY_ROOT.get):
        entity.add_requested_context(uid, [EXPLICIT])
    proposed = [build_role(CT, scp_role=True), build_role(STUDY_ROOT.get, scu_role=True, scp_role=True)]
    with archive() as to:
        association = entity.associate(*to.address, ext_neg=proposed)
        answered = {
            one.sop_class_uid: (one.scu_role, one.scp_role) for one in association.acceptor.role_selection.values()
        }
        association.release()
    assert answered == {CT: (False, True), STUDY_ROOT.get: (True, False)}


def test_an_archive_without_get_refuses_its_classes_and_the_scp_role() -> None:
    entity = AE("GETSCU")
    for uid in (CT, STUDY_ROOT.get):
        entity.add_requested_context(uid, [EXPLICIT])
    with archive(get=False) as to:
        association = entity.associate(*to.address, ext_neg=[build_role(CT, scu_role=True, scp_role=True)])
        accepted = [one.abstract_syntax for one in association.accepted_contexts]
        answered = [(one.scu_role, one.scp_role) for one in association.acceptor.role_selection.values()]
        association.release()
    assert (accepted, answered) == ([CT], [(True, False)])


def test_the_association_serves_on_after_a_get() -> None:
    with archive(image(1), image(2)) as to:
        first, second = get(to, **STUDY_KEYS), get(to, **STUDY_KEYS)
    assert first.uids == second.uids == ["2.25.771", "2.25.772"]


def test_an_abort_amid_the_sub_operations_ends_the_association_alone() -> None:
    with archive(image(1), image(2)) as to:
        to.fault(fault("abort", {"on": "before C-STORE-RQ"}))
        got = get(to, **STUDY_KEYS)
        assert got.stored == []
        to.clear()
        assert get(to, **STUDY_KEYS).uids == ["2.25.771", "2.25.772"]
