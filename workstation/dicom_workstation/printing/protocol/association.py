"""The association with a printer: kept open between operations, heard at any time.

Invariants: the association is driven by one thread, which this object starts and joins. Whoever has something to
ask gives it to that thread and waits, one at a time; between two requests, and while a response is awaited, the thread
answers what the printer reports. How the association ended is remembered for later calls.

References
----------
Conformance statement, 3.2.4.1.2, 3.2.4.1.3; PS3.7 Section 10.1.1 (N-EVENT-REPORT)
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

from pynetdicom.dimse_primitives import DIMSEPrimitive

from dicom_workstation.configuration import Configuration, Printer
from dicom_workstation.network import AcceptedContext, Requestor
from dicom_workstation.outcome import OperationEndedError, Result
from dicom_workstation.tables import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    PRINT_EXTENSIONS,
    TABLE_5,
    UNCOMPRESSED,
)

_PREFERENCE: Final = (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN)

Answer = Callable[[DIMSEPrimitive, AcceptedContext], DIMSEPrimitive]


def proposed_contexts(configuration: Configuration) -> tuple[tuple[str, str], ...]:
    """Return the rows of Table 5, and those of each extension that is configured."""
    extensions = (PRINT_EXTENSIONS[name] for name in dict.fromkeys(configuration.extensions))
    return TABLE_5 + tuple((abstract_syntax, syntax) for abstract_syntax in extensions for syntax in UNCOMPRESSED)


@dataclass(slots=True)
class PendingRequest:
    """A request that waits for its response."""

    request: DIMSEPrimitive
    context_id: int
    response: Future[DIMSEPrimitive] = field(default_factory=Future)


class PrinterAssociation:
    """An association with a printer.

    Parameters
    ----------
    answer
        Called by the association's thread with each request of the printer's and its context; returns the response.
    ended
        Called by the association's thread, once, when an association that was open is open no more.
    """

    def __init__(
        self,
        configuration: Configuration,
        printer: Printer,
        answer: Answer,
        ended: Callable[[], None],
        note: Callable[[str], None],
    ) -> None:
        self._requestor = Requestor(
            configuration, printer, proposed_contexts(configuration), configuration.print_pdu_length_bytes, note
        )
        self._requestor.on_request = self._answer
        self._answer_of = answer
        self._ended = ended
        self._release_timeout_s = configuration.acse_timeout_s
        self._one = threading.Lock()
        self._changed = threading.Condition()
        self._pending: PendingRequest | None = None
        self._is_leaving = False
        self._is_open = False
        self._is_over = False
        self._end: OperationEndedError | None = None
        self._message_id = 0
        self._thread = threading.Thread(target=self._live, name=f"printer {printer.ae_title}")

    # -- any thread

    def open(self) -> None:
        """Open the association; OperationEndedError if it cannot be."""
        self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self._is_open or self._is_over)
            if not self._is_open:
                raise self.how_it_ended()

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent."""
        return self._is_open and not self._is_over and not self._is_leaving

    @property
    def end_description(self) -> str:
        """How it ended; "released" if it ended as it was meant to."""
        return "released" if self._end is None else self._end.detail

    def context(self, abstract_syntax: str) -> AcceptedContext | None:
        """Return the context to use for an abstract syntax, if one was accepted."""
        usable = {
            each.transfer_syntax: each for each in self._requestor.accepted if each.abstract_syntax == abstract_syntax
        }
        return next((usable[syntax] for syntax in _PREFERENCE if syntax in usable), None)

    def context_of(self, message: DIMSEPrimitive) -> AcceptedContext:
        """Return the presentation context that a message of the printer's came in."""
        return self._requestor.context_of(message)

    def exchange(self, request: DIMSEPrimitive, context: AcceptedContext) -> DIMSEPrimitive:
        """Send a request and return its response; another thread's request is finished before.

        Raises
        ------
        OperationEndedError
            If the association ended, or no response came in time; the association has then ended, too.
        """
        with self._one:
            pending = PendingRequest(request, context.context_id)
            with self._changed:
                if not self.is_open:
                    raise self.how_it_ended()
                self._message_id = self._message_id % 0xFFFF + 1
                request.MessageID = self._message_id
                self._pending = pending
            self._requestor.wake()
            return pending.response.result()

    def release(self, timeout_s: float | None = None) -> None:
        """Release the association after the request at hand, and wait until it is closed."""
        with self._changed:
            self._is_leaving = True
            if not self._is_open:
                self._requestor.leave_off()
            if timeout_s is not None:
                self._release_timeout_s = min(timeout_s, self._release_timeout_s)
        self._requestor.wake()
        self._join()

    def stop(self) -> None:
        """Abort the association now; a thread that waits for a response gets an error."""
        self._requestor.stop()

    def leave_off(self) -> None:
        """End the opening or the release, whatever it waits for; a request at hand is finished."""
        self._requestor.leave_off()

    def abandon(self) -> None:
        """Abort the association now, as cancelled."""
        self._requestor.abandon()

    def _join(self) -> None:
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def how_it_ended(self) -> OperationEndedError:
        """Return the end of the association, as something new to raise."""
        end = self._end
        if end is None:
            return OperationEndedError(Result.CONNECTION_LOST, "the association with the printer is closed")
        return OperationEndedError(end.result, end.detail, end.rejection, end.abort)

    # -- the association's thread

    def _live(self) -> None:
        try:
            with self._requestor:
                with self._changed:
                    self._is_open = True
                    self._changed.notify_all()
                self._work()
                self._requestor.release(self._release_timeout_s)
                for request in self._requestor.unanswered_requests():
                    self._answer(request, request._context_id)
        except OperationEndedError as end:
            self._end = end
        finally:
            self._finish()

    def _work(self) -> None:
        while True:
            self._requestor.listen(lambda: self._pending is not None or self._is_leaving)
            with self._changed:
                pending, self._pending = self._pending, None
            if pending is None:
                return
            try:
                self._requestor.send(pending.request, pending.context_id)
                response = self._requestor.receive_final(
                    type(pending.request), pending.context_id, pending.request.MessageID
                )
                pending.response.set_result(response)
            except OperationEndedError as end:
                self._end = end
                raise
            finally:
                if not pending.response.done():  # whatever happened, no thread waits for ever
                    with self._changed:
                        self._is_over = True
                    pending.response.set_exception(self.how_it_ended())

    def _finish(self) -> None:
        with self._changed:
            was_open, self._is_over = self._is_open, True
            pending, self._pending = self._pending, None
            self._changed.notify_all()
        if pending is not None:
            pending.response.set_exception(self.how_it_ended())
        if was_open:
            self._ended()

    def _answer(self, request: DIMSEPrimitive, context_id: int) -> DIMSEPrimitive:
        known = {each.context_id: each for each in self._requestor.accepted}
        return self._answer_of(request, known[context_id])
