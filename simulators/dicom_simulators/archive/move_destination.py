"""The archive as SCU: associations with move destinations, on which C-STORE sub-operations go out.

Invariants: a sub-operation is a C-STORE-RQ like any other, which names who asked for the move and in which
request (PS3.4 C.4.2.3.1); an association that is not established, or ends, gives None, never an exception.
Faults of the archive are met on these associations too.

References
----------
PS3.4 B.2.2, C.4.2.3.1; PS3.7 9.1.1.1, 9.3.1.1 (Move Originator AE Title and Message ID).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dicom_simulators.archive.holdings import HeldInstance
from dicom_simulators.archive.move import Proposal as Contexts
from dicom_simulators.archive.services import Link
from dicom_simulators.association import Established, Proposal, Requestor, Simulator, propose
from dicom_wire import Message, PresentationContextRQ, SubItem


@dataclass(frozen=True, slots=True)
class Originator:
    """Who requested the move: the calling AE title, the Message ID of the C-MOVE-RQ, and its Priority."""

    ae_title: str
    message_id: int
    priority: int


class DestinationLink:
    """An established association with a move destination."""

    def __init__(
        self, requestor: Requestor, established: Established, originator: Originator, closed: Callable[[], None]
    ) -> None:
        self._requestor = requestor
        self._established = established
        self._originator = originator
        self._closed = closed

    def accepted(self, sop_class: str) -> tuple[str, ...]:
        """Give the transfer syntaxes accepted for a SOP Class."""
        contexts = self._established.accepted
        return tuple(context.transfer_syntax for context in contexts if context.abstract_syntax == sop_class)

    def store(self, instance: HeldInstance, transfer_syntax: str, data_set: bytes) -> int | None:
        """Send one instance; give the status of the response, None if none came and none will."""
        context = self._established.find(instance.SOPClassUID, transfer_syntax)
        if context is None or self._requestor.ended is not None:
            return None
        command = self._requestor.command(
            "C-STORE-RQ",
            data_set,
            AffectedSOPClassUID=instance.SOPClassUID,
            AffectedSOPInstanceUID=instance.SOPInstanceUID,
            Priority=self._originator.priority,
            MoveOriginatorApplicationEntityTitle=self._originator.ae_title,
            MoveOriginatorMessageID=self._originator.message_id,
        )
        status = None
        for response in self._requestor.request(Message(context.context_id, command, data_set)):
            status = response.command.number("Status")
        return status

    def close(self) -> None:
        """Release the association, if it has not ended."""
        if self._requestor.ended is None:
            self._requestor.release()
        self._closed()


class Dialler:
    """Opens associations with move destinations, and ends those that are open when the archive stops.

    Parameters
    ----------
    archive : Simulator
        Whose destinations, deadlines and faults are used.
    names : mapping of AE title to name
        How the trace is to call destinations.
    """

    def __init__(self, archive: Simulator, names: Mapping[str, str]) -> None:
        self._archive = archive
        self._names = dict(names)
        self._lock = threading.Lock()
        self._open: set[Requestor] = set()

    def dial(self, originator: Originator, destination: str, contexts: tuple[Contexts, ...]) -> Link | None:
        """Open an association with the destination of this AE title; None if it does not come about."""
        called = self.call(destination, propose(*contexts))
        if called is None:
            return None
        requestor, established = called
        return DestinationLink(requestor, established, originator, lambda: self._forget(requestor))

    def call(
        self, destination: str, contexts: tuple[PresentationContextRQ, ...], user_information: tuple[SubItem, ...] = ()
    ) -> tuple[Requestor, Established] | None:
        """Open an association with the AE of this title, to be ended by `hang_up`; None if it does not come about."""
        archive = self._archive
        requestor = archive.requestor(
            archive.destinations[destination],
            Proposal(
                destination,
                archive.ae_title,
                contexts,
                maximum_length=archive.maximum_length,
                user_information=user_information,
            ),
            self._names.get(destination, destination),
        )
        with self._lock:
            self._open.add(requestor)
        established = None if archive.stopping.is_set() else requestor.associate()
        if isinstance(established, Established):
            return requestor, established
        self._forget(requestor)
        return None

    def hang_up(self, requestor: Requestor) -> None:
        """Release an association that `call` opened, if it has not ended."""
        if requestor.ended is None:
            requestor.release()
        self._forget(requestor)

    def stop(self) -> None:
        """End the associations that are open; no further one is begun, since the archive is stopping."""
        self._archive.stopping.set()
        with self._lock:
            still_open = tuple(self._open)
        for requestor in still_open:
            requestor.interrupt()

    def _forget(self, requestor: Requestor) -> None:
        with self._lock:
            self._open.discard(requestor)
