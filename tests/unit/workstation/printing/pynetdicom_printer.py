"""A printer made of pynetdicom's own SCP: it answers as each test wants, and keeps what it was asked."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydicom import config
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE, evt

from dicom_workstation.data_sets import suppress_warnings
from dicom_workstation.tables import BASIC_COLOR_PRINT, BASIC_GRAYSCALE_PRINT, PRINT_JOB, UNCOMPRESSED

FILM_SESSION, FILM_BOX = "1.2.840.10008.5.1.1.1", "1.2.840.10008.5.1.1.2"
IMAGE_BOX, COLOR_BOX = "1.2.840.10008.5.1.1.4", "1.2.840.10008.5.1.1.4.1"
PRINTER, PRINTER_INSTANCE = "1.2.840.10008.5.1.1.16", "1.2.840.10008.5.1.1.17"
ANNOTATION_BOX, LUT = "1.2.840.10008.5.1.1.15", "1.2.840.10008.5.1.1.23"
NAMES = {
    FILM_SESSION: "session",
    FILM_BOX: "film",
    IMAGE_BOX: "image",
    COLOR_BOX: "image",
    PRINTER: "printer",
    PRINT_JOB: "job",
    ANNOTATION_BOX: "annotation",
    LUT: "lut",
}
PRINT_CLASSES = (BASIC_GRAYSCALE_PRINT, BASIC_COLOR_PRINT, PRINT_JOB)
DEADLINE_S = 60.0


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    step: str
    instance: str | None
    attributes: Dataset
    association: int


class PynetdicomPrinter:
    """One SCP for all tests; `reset` makes it as if new."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.associations: list[Any] = []
        self._sockets: list[Any] = []
        self._begun: list[Any] = []
        self.reset()
        ae = AE("PRINTER")
        ae.network_timeout = 30
        handlers = [
            (evt.EVT_CONN_OPEN, self._connected),
            (evt.EVT_REQUESTED, self._requested),
            (evt.EVT_ESTABLISHED, self._established),
            (evt.EVT_RELEASED, lambda event: self._ended("released")),
            (evt.EVT_ABORTED, lambda event: self._ended("aborted")),
            (evt.EVT_CONN_CLOSE, lambda event: self._ended("closed")),
            (evt.EVT_N_CREATE, self._create),
            (evt.EVT_N_SET, self._set),
            (evt.EVT_N_GET, self._get),
            (evt.EVT_N_ACTION, self._action),
            (evt.EVT_N_DELETE, self._delete),
        ]
        for abstract_syntax in (*PRINT_CLASSES, ANNOTATION_BOX, LUT):
            ae.add_supported_context(abstract_syntax, list(UNCOMPRESSED))
        self._server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        self.port = self._server.server_address[1]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()

    def reset(self) -> None:
        """Forget the test before."""
        self.asked: list[Asked] = []
        self.ends: list[str] = []
        self.proposed: list[list[tuple[str, tuple[str, ...]]]] = []
        self.accepted: tuple[str, ...] = PRINT_CLASSES
        self.transfer_syntaxes: tuple[str, ...] = UNCOMPRESSED
        self.statuses: dict[str, deque[int]] = {}
        self.before: dict[str, Callable[[Any], None]] = {}
        self.after_action: Callable[[Any, str], None] = lambda assoc, job: None
        self.boxes = 1
        self.box_uids: deque[str] = deque()
        self.annotation_boxes = 0
        self.assigned: str | None = None
        self.names_jobs = True
        self.job_status: deque[tuple[str, str]] = deque([("DONE", "NORMAL")])
        self.printer_status: dict[str, str] = {"PrinterStatus": "NORMAL", "PrinterStatusInfo": "NORMAL"}
        self.associations.clear()
        self.event_statuses: list[int] = []

    # -- what tests ask of it

    def steps(self) -> list[str]:
        """Return what was asked, in order: `create film`, `set image` ..."""
        with self.changed:
            return [each.step for each in self.asked]

    def wait(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        with self.changed:
            assert self.changed.wait_for(holds, DEADLINE_S), (self.asked, self.ends)

    def report(
        self, event_type: int, info: str = "", sop_class: str = PRINTER, instance: str = PRINTER_INSTANCE
    ) -> int:
        """N-EVENT-REPORT on the last association; returns the status of the response."""
        told = Dataset()
        keyword = "PrinterStatusInfo" if sop_class == PRINTER else "ExecutionStatusInfo"
        setattr(told, keyword, info)
        association = self.associations[-1]
        meta = None
        if sop_class != PRINT_JOB:
            meta = next(uid for uid in PRINT_CLASSES[:2] if uid in self.accepted)
        status, _ = association.send_n_event_report(told, event_type, sop_class, instance, meta_uid=meta)
        self.event_statuses.append(int(status.Status))
        return int(status.Status)

    def drain(self) -> None:
        """Wait until the threads of every association have ended."""
        for association in self._begun:
            association.join(DEADLINE_S)
            association.dul.join(DEADLINE_S)
        for connection in self._sockets:
            connection.close()
        self._sockets.clear()
        self._begun.clear()

    # -- handlers

    def _requested(self, event: Any) -> None:
        contexts = event.assoc.requestor.primitive.presentation_context_definition_list
        with self.changed:
            self.proposed.append(
                [(str(each.abstract_syntax), tuple(map(str, each.transfer_syntax))) for each in contexts]
            )
        kept = [each for each in event.assoc.acceptor.supported_contexts if each.abstract_syntax in self.accepted]
        for each in kept:
            each.transfer_syntax = list(self.transfer_syntaxes)
        event.assoc.acceptor.supported_contexts = kept

    def _connected(self, event: Any) -> None:
        with self.changed:  # pynetdicom leaves a socket open when its shutdown() fails
            self._sockets.append(event.assoc.dul.socket.socket)
            self._begun.append(event.assoc)

    def _established(self, event: Any) -> None:
        with self.changed:
            self.associations.append(event.assoc)
            self.changed.notify_all()

    def _ended(self, how: str) -> None:
        with self.changed:
            self.ends.append(how)
            self.changed.notify_all()

    def _take(self, event: Any, verb: str, sop_class: Any, instance: Any, attributes: Any = None) -> int:
        step = f"{verb} {NAMES.get(str(sop_class), str(sop_class))}"
        with self.changed:
            number = len(self.associations)
            self.asked.append(Asked(step, instance and str(instance), attributes or Dataset(), number))
            self.changed.notify_all()
        if step in self.before:
            self.before[step](event.assoc)
        queue = self.statuses.get(step)
        return queue.popleft() if queue else 0x0000

    @suppress_warnings()  # UIDs that are none are what some tests are about
    def _create(self, event: Any) -> tuple[Any, Dataset]:
        request = event.request
        attributes = event.attribute_list if request.AttributeList is not None else Dataset()
        sop_class = str(request.AffectedSOPClassUID)
        status = self._take(event, "create", sop_class, request.AffectedSOPInstanceUID, attributes)
        made, told = Dataset(), Dataset()
        told.Status = status
        if sop_class == FILM_BOX:
            colour = event.context.abstract_syntax == BASIC_COLOR_PRINT
            made.ReferencedImageBoxSequence = [
                _item(COLOR_BOX if colour else IMAGE_BOX, self.box_uids.popleft() if self.box_uids else None)
                for _ in range(self.boxes)
            ]
            if self.annotation_boxes:
                boxes = [_item(ANNOTATION_BOX) for _ in range(self.annotation_boxes)]
                made.ReferencedBasicAnnotationBoxSequence = boxes
        if request.AffectedSOPInstanceUID is None:
            made.AffectedSOPInstanceUID = generate_uid(None)
        elif self.assigned is not None:
            told.AffectedSOPInstanceUID = f"{self.assigned}.{len(self.asked)}"
        return told, made

    def _set(self, event: Any) -> tuple[int, None]:
        request = event.request
        sop_class, instance = request.RequestedSOPClassUID, request.RequestedSOPInstanceUID
        return self._take(event, "set", sop_class, instance, event.modification_list), None

    def _get(self, event: Any) -> tuple[int, Dataset]:
        request = event.request
        wanted = Dataset()
        wanted.FrameIncrementPointer = list(event.attribute_identifiers) or None
        status = self._take(event, "get", request.RequestedSOPClassUID, request.RequestedSOPInstanceUID, wanted)
        told = Dataset()
        if str(request.RequestedSOPClassUID) == PRINT_JOB:
            told.ExecutionStatus, told.ExecutionStatusInfo = (
                self.job_status.popleft() if len(self.job_status) > 1 else self.job_status[0]
            )
        else:
            for keyword, value in self.printer_status.items():
                setattr(told, keyword, value)
        return status, told

    def _action(self, event: Any) -> tuple[int, Dataset | None]:
        request = event.request
        status = self._take(event, "print", request.RequestedSOPClassUID, request.RequestedSOPInstanceUID)
        reply, job = Dataset(), generate_uid(None)
        if self.names_jobs:
            reply.add_new(0x21000500, "SQ", [_item(PRINT_JOB, job)])
        self.after_action(event.assoc, job)
        return status, reply

    def _delete(self, event: Any) -> int:
        request = event.request
        return self._take(event, "delete", request.RequestedSOPClassUID, request.RequestedSOPInstanceUID)


def _item(sop_class: str, instance: str | None = None) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class
    uid = generate_uid(None) if instance is None else instance
    item.add(DataElement(0x00081155, "UI", uid, validation_mode=config.IGNORE))
    return item


def within(holds: Callable[[], bool], deadline_s: float = DEADLINE_S) -> bool:
    """Wait for something that nobody tells of."""
    pause, deadline = threading.Event(), time.monotonic() + deadline_s
    while not holds() and time.monotonic() < deadline:
        pause.wait(0.005)
    return holds()
