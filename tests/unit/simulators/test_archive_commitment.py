"""Storage commitment of the archive, driven by stock pynetdicom as an independent SCU."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, build_role, evt
from pynetdicom.association import Association
from steady_pynetdicom import steady

from dicom_simulators.archive.archive import Archive
from dicom_simulators.archive.commitment import PUSH_MODEL, PUSH_MODEL_INSTANCE
from dicom_simulators.association.association import Deadlines
from dicom_simulators.data_sets import build
from dicom_wire import Recorder

CT = "1.2.840.10008.5.1.4.1.1.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
DEADLINES = Deadlines(connect_s=5, associate_s=5, release_s=5, dimse_s=5, idle_s=30, artim_s=2, write_s=10)
HELD = build("smallest", CT, EXPLICIT, seed=1, SOPInstanceUID="2.25.771")
Reference = tuple[str, str]


class Client:
    """An SCU of storage commitment, which also listens for reports."""

    def __init__(self, answers: tuple[int, ...] = (), scp_role: bool = True) -> None:
        self.reports: queue.Queue[tuple[str, int, str, Dataset]] = queue.Queue()
        self._answers = list(answers)
        self.entity = AE("SCU")
        self.entity.dimse_timeout = self.entity.acse_timeout = 5
        self.entity.add_requested_context(PUSH_MODEL, [EXPLICIT, IMPLICIT])
        self.entity.add_requested_context("1.2.840.10008.1.1")
        self.entity.add_supported_context(PUSH_MODEL, scu_role=False, scp_role=scp_role)
        self.server = self.entity.start_server(
            ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, self._reported, ["new"])]
        )

    @property
    def address(self) -> tuple[str, int]:
        return self.server.socket.getsockname()[:2]

    def _reported(self, event: evt.Event, where: str) -> tuple[int, None]:
        request = event.request
        self.reports.put((where, request.EventTypeID, request.AffectedSOPInstanceUID, event.event_information))
        return (self._answers.pop(0) if self._answers else 0x0000), None

    def associate(self, to: Archive) -> Association:
        association = self.entity.associate(
            *to.address, ae_title="ARCHIVE", evt_handlers=[(evt.EVT_N_EVENT_REPORT, self._reported, ["same"])]
        )
        assert association.is_established
        return steady(association)


@contextmanager
def client(**options: object) -> Iterator[Client]:
    made = Client(**options)
    try:
        yield made
    finally:
        made.server.shutdown()


@contextmanager
def archive(known: Client | tuple[str, int] | None = None, **options: object) -> Iterator[Archive]:
    address = known.address if isinstance(known, Client) else known
    options = {"deadlines": DEADLINES, "report_retry_s": 0.05, "instances": (HELD,), **options}
    destinations = {} if address is None else {"SCU": address}
    with Archive("archive", "ARCHIVE", Recorder(), destinations=destinations, **options) as made:
        yield made


def information(*references: Reference, uid: str = "2.25.99") -> Dataset:
    made = Dataset()
    made.TransactionUID = uid
    made.ReferencedSOPSequence = []
    for sop_class, sop_instance in references:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, sop_instance
        made.ReferencedSOPSequence.append(item)
    return made


def listed(report: Dataset, keyword: str = "ReferencedSOPSequence") -> list[Reference]:
    return [(one.ReferencedSOPClassUID, one.ReferencedSOPInstanceUID) for one in report.get(keyword, [])]


def commit(association: Association, made: Dataset) -> int:
    status, _ = association.send_n_action(made, 1, PUSH_MODEL, PUSH_MODEL_INSTANCE)
    return int(status.Status)


ALL_HELD = [(CT, "2.25.771")]


def test_what_is_held_is_committed_on_the_association_that_is_open() -> None:
    with client() as scu, archive(scu) as to:
        association = scu.associate(to)
        assert commit(association, information(*ALL_HELD)) == 0x0000
        where, event, instance, report = scu.reports.get(timeout=60)
        association.release()
    assert (where, event, instance) == ("same", 1, PUSH_MODEL_INSTANCE)
    assert (report.TransactionUID, listed(report), report.RetrieveAETitle) == ("2.25.99", ALL_HELD, "ARCHIVE")
    assert "FailedSOPSequence" not in report


def test_what_is_not_held_fails_with_its_reason() -> None:
    asked = [*ALL_HELD, (CT, "2.25.404"), (MR, "2.25.771")]
    with client() as scu, archive(scu) as to:
        association = scu.associate(to)
        assert commit(association, information(*asked)) == 0x0000
        _, event, _, report = scu.reports.get(timeout=60)
        association.release()
    assert (event, listed(report), listed(report, "FailedSOPSequence")) == (2, ALL_HELD, asked[1:])
    assert [one.FailureReason for one in report.FailedSOPSequence] == [0x0112, 0x0119]


def test_where_nothing_is_held_there_is_no_list_of_committed_instances() -> None:
    with client() as scu, archive(scu) as to:
        association = scu.associate(to)
        commit(association, information((CT, "2.25.404")))
        _, event, _, report = scu.reports.get(timeout=60)
        association.release()
    assert event == 2
    assert "ReferencedSOPSequence" not in report


def test_set_so_the_report_comes_on_a_new_association_though_the_old_one_is_open() -> None:
    with client() as scu, archive(scu, reports_on="new_association") as to:
        association = scu.associate(to)
        commit(association, information(*ALL_HELD))
        where, event, _, report = scu.reports.get(timeout=60)
        assert association.is_established
        association.release()
    assert (where, event, listed(report)) == ("new", 1, ALL_HELD)


def test_on_a_new_association_the_role_of_the_scp_is_proposed() -> None:
    proposed: queue.Queue[tuple[bool | None, bool | None]] = queue.Queue()

    def requested(event: evt.Event) -> None:
        role = event.assoc.requestor.role_selection[PUSH_MODEL]
        proposed.put((role.scu_role, role.scp_role))

    with client() as scu, archive(scu, reports_on="new_association") as to:
        scu.server.bind(evt.EVT_REQUESTED, requested)
        association = scu.associate(to)
        commit(association, information(*ALL_HELD))
        assert proposed.get(timeout=60) == (False, True)
        scu.reports.get(timeout=60)
        association.release()


def test_without_the_role_nothing_is_sent_and_the_log_says_so() -> None:
    lines: queue.Queue[str] = queue.Queue()
    with (
        client(scp_role=False) as scu,
        archive(scu, reports_on="new_association", report_attempts=2, announce=lines.put) as to,
    ):
        association = scu.associate(to)
        commit(association, information(*ALL_HELD))
        while "not delivered in 2 attempts" not in (line := lines.get(timeout=60)):
            assert line
        association.release()
        assert scu.reports.empty()
        assert any("role of the SCP was not accepted" in line for line in to.log)


def test_a_report_that_is_not_taken_is_sent_again() -> None:
    with client(answers=(0x0110, 0x0000)) as scu, archive(scu, reports_on="new_association") as to:
        association = scu.associate(to)
        commit(association, information(*ALL_HELD))
        reports = [scu.reports.get(timeout=60) for _ in range(2)]
        association.release()
    assert [one[0] for one in reports] == ["new", "new"]


def test_an_association_that_ends_before_the_report_leads_to_a_new_one() -> None:
    with client() as scu, archive(scu) as to:
        association = scu.associate(to)
        association.unbind(evt.EVT_N_EVENT_REPORT, scu._reported)
        answered = threading.Event()

        def leave(event: evt.Event) -> tuple[int, None]:
            answered.wait(5)  # an abort would wake the thread that may take the response away
            event.assoc.abort()
            return 0x0000, None

        association.bind(evt.EVT_N_EVENT_REPORT, leave)
        commit(association, information(*ALL_HELD))
        answered.set()
        where, event, _, report = scu.reports.get(timeout=60)
    assert (where, event, listed(report)) == ("new", 1, ALL_HELD)


@pytest.mark.parametrize("reports_on", ["same_association", "new_association"])
def test_a_release_at_once_does_not_lose_the_report(reports_on: str) -> None:
    with client() as scu, archive(scu, reports_on=reports_on) as to:
        association = scu.associate(to)
        commit(association, information(*ALL_HELD))
        association.release()
        _, event, _, report = scu.reports.get(timeout=60)
    assert (event, listed(report)) == (1, ALL_HELD)


def test_who_is_not_among_the_destinations_gets_no_report_on_a_new_association() -> None:
    lines: queue.Queue[str] = queue.Queue()
    with client() as scu, archive(None, reports_on="new_association", announce=lines.put) as to:
        association = scu.associate(to)
        commit(association, information(*ALL_HELD))
        while "no address in destinations" not in lines.get(timeout=60):
            pass
        association.release()
        assert scu.reports.empty()


def test_a_client_that_is_away_holds_up_neither_the_archive_nor_its_end() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        lines: queue.Queue[str] = queue.Queue()
        away = taken.getsockname()
        with (
            client() as scu,
            archive(away, reports_on="new_association", report_retry_s=60.0, announce=lines.put) as to,
        ):
            association = scu.associate(to)
            commit(association, information(*ALL_HELD))
            assert commit(association, information(*ALL_HELD, uid="2.25.98")) == 0x0000
            association.release()


def refused(made: Dataset | None, action: int = 1, instance: str = PUSH_MODEL_INSTANCE) -> int:
    with client() as scu, archive(scu) as to:
        association = scu.associate(to)
        status, _ = association.send_n_action(made, action, PUSH_MODEL, instance)
        echo = association.send_c_echo().Status
        association.release()
        assert echo == 0x0000
        assert scu.reports.empty()
    return int(status.Status)


def test_an_unknown_action_type_is_refused() -> None:
    assert refused(information(*ALL_HELD), action=2) == 0x0123


def test_another_sop_instance_is_refused() -> None:
    assert refused(information(*ALL_HELD), instance="2.25.123") == 0x0112


@pytest.mark.parametrize("missing", ["TransactionUID", "ReferencedSOPSequence", "items", "everything"])
def test_incomplete_action_information_is_refused(missing: str) -> None:
    made: Dataset | None = information(*ALL_HELD)
    if missing == "everything":
        made = None
    elif missing == "items":
        made.ReferencedSOPSequence = []
    else:
        del made[missing]
    assert refused(made) == 0x0115


def test_an_item_without_a_class_is_refused() -> None:
    made = information(*ALL_HELD)
    del made.ReferencedSOPSequence[0].ReferencedSOPClassUID
    assert refused(made) == 0x0115


def test_switched_off_its_class_is_not_accepted() -> None:
    with client() as scu, archive(scu, commitment=False) as to:
        association = scu.associate(to)
        assert [one.abstract_syntax for one in association.accepted_contexts] == ["1.2.840.10008.1.1"]
        association.release()


def test_the_role_of_the_scp_is_not_given_to_a_client() -> None:
    with client() as scu, archive(scu) as to:
        role = build_role(PUSH_MODEL, scu_role=True, scp_role=True)
        association = steady(scu.entity.associate(*to.address, ext_neg=[role]))
        answered = association.acceptor.role_selection[PUSH_MODEL]
        association.release()
    assert (answered.scu_role, answered.scp_role) == (True, False)
