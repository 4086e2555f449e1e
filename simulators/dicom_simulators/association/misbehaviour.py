"""What the faults in force do to one association: asked at each moment, and carried out there.

Invariants: without a fault nothing here costs anything; what a fault asks of the message itself is done by `say`.
"""

from __future__ import annotations

import abc
import threading
import time

from dicom_simulators.association.connection import Connection, ConnectionLostError, DeadlineError
from dicom_simulators.association.deadlines import Deadlines
from dicom_simulators.association.ends import AssociationEndedError, Closed, End
from dicom_simulators.faults import (
    AbortAction,
    Action,
    ChangeDataSetAction,
    CloseAction,
    DelayAction,
    InForce,
    Moment,
    ReleaseAction,
    RepeatAction,
    ReplaceAction,
    ResetAction,
    SilenceAction,
    When,
)
from dicom_wire import Message

CLOSE_WAIT_S = 1.0


class Misbehaving(abc.ABC):
    """The part of an upper layer that meets the faults in force.

    Parameters
    ----------
    faults : InForce
    stopping : threading.Event
    requestor : bool
        Which side of the association this is.
    """

    connection: Connection
    deadlines: Deadlines

    def __init__(self, faults: InForce, stopping: threading.Event, requestor: bool) -> None:
        self._faults = faults
        self._stopping = stopping
        self._requestor = requestor

    @abc.abstractmethod
    def send(self, message: Message) -> None:
        """Send a DIMSE message."""

    @abc.abstractmethod
    def abort(self, source: int = 0, reason: int = 0, detail: str = "") -> End:
        """Abort the association."""

    @abc.abstractmethod
    def close(self, reset: bool = False, linger_s: float = 0.0) -> End:
        """End the TCP connection."""

    @abc.abstractmethod
    def release_unless_requested(self) -> End:
        """Release the association; if the peer has requested that before, only answer it."""

    def meet(
        self, when: When, name: str, response: int = 0, message: Message | None = None, transfer_syntax: str = ""
    ) -> list[Action]:
        """Show a moment to the faults in force and do what they ask; return what is left for the caller to do.

        Raises
        ------
        AssociationEndedError
            A fault closed, reset, aborted, released or fell silent until the end.
        """
        if not self._faults.any:
            return []
        left: list[Action] = []
        for action in self._faults.actions(Moment(when, name, 1, response, message, self._requestor, transfer_syntax)):
            match action:
                case DelayAction(s=s):
                    self._stopping.wait(s)
                case CloseAction():  # what the peer says into the closed connection belongs into the trace
                    raise AssociationEndedError(self.close(linger_s=CLOSE_WAIT_S))
                case ResetAction():
                    raise AssociationEndedError(self.close(reset=True))
                case AbortAction(source=source, reason=reason):
                    raise AssociationEndedError(self.abort(source, reason, "fault"))
                case ReleaseAction():
                    raise AssociationEndedError(self.release_unless_requested())
                case SilenceAction():
                    self._stay_silent()
                case _:
                    left.append(action)
        return left

    def say(self, message: Message, name: str, response: int = 0, transfer_syntax: str = "") -> None:
        """Send a message, the faults before and after it met."""
        times = 1
        for action in self.meet(When.BEFORE, name, response, message, transfer_syntax):
            match action:
                case ReplaceAction(command=command):
                    message = Message(message.context_id, command, message.data_set)
                case ChangeDataSetAction(change=change) if message.data_set is not None:
                    message = Message(message.context_id, message.command, change(bytes(message.data_set)))
                case RepeatAction(times=more):
                    times += more
                case _:
                    pass
        for _ in range(times):
            self.send(message)
        self.meet(When.AFTER, name, response, message)

    def _stay_silent(self) -> None:
        """Read and answer nothing until the peer ends the connection, or the simulator stops."""
        try:
            while not self._stopping.is_set():
                self.connection.read(time.monotonic() + self.deadlines.idle_s)
        except DeadlineError:
            raise AssociationEndedError(self.close()) from None
        except ConnectionLostError as lost:
            self.close()
            raise AssociationEndedError(Closed(lost.reset)) from None
        raise AssociationEndedError(self.close())
