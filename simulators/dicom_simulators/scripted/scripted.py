"""The scripted peer: it plays a list of steps on a bare connection, valid or not, and records what was not received.

As acceptor it plays its script on each connection that it accepts; as requestor, by the operation `play`, on one that
it makes. It has no state machine: it sends what the script says. After the last step it waits for the peer
to close (at most the ARTIM deadline), then closes. What was awaited and did not come is in `not_received`; it is
no error.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from dicom_simulators.association import (
    MEMORY_BYTES,
    Arguments,
    Closed,
    Connection,
    ConnectionLostError,
    DeadlineError,
    End,
    HandshakeError,
    Operation,
    Outcome,
    Simulator,
    outcome,
)
from dicom_simulators.scripted.script import CLOSED, Receive, Send, Stall, Step, read_script
from dicom_simulators.scripted.script import End as EndStep
from dicom_simulators.scripted.script_send import ReceivedSoFar
from dicom_wire import AAssociateAC, AAssociateRQ, Assembler, Kind, Message, PDataTF, PDUStream, Recorder, Side

LONGEST_PDU_BYTES = 1 << 26
LEAST_BYTES = 1 << 10
MOST_NAMES = 10_000
"""Of what came and was not awaited, so many are remembered."""
MOST_SAID = 5


class Scripted(Simulator):
    """A peer that plays a script.

    Parameters
    ----------
    script : sequence
        Lines as a scenario has them.

    Raises
    ------
    ValueError
        ``step N: ...``: a line of the script is wrong.
    """

    ARGUMENTS: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType(
        {"play": ("script", "peer", "called_ae_title", "calling_ae_title")}
    )

    def __init__(
        self, name: str, ae_title: str, recorder: Recorder, *, script: Sequence[object] = (), **options: Any
    ) -> None:
        super().__init__(name, ae_title, recorder, **options)
        self._steps = read_script(script)
        self._noted = threading.Lock()
        self._not_received: list[str] = []

    @property
    def not_received(self) -> tuple[str, ...]:
        """What the script awaited and did not receive, in order: "step 3: awaited C-STORE-RSP, got A-ABORT"."""
        with self._noted:
            return tuple(self._not_received)

    def operations(self) -> Mapping[str, Operation]:
        """Return `play`, which connects and plays the script (`script` in the arguments replaces it)."""
        return {"play": self._play}

    def converse(self, connection: Connection) -> End | None:
        """Play the script on an accepted connection."""
        return self._play_on(connection, self._steps, ReceivedSoFar())[0]

    def _play(self, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        arguments = Arguments(data)
        script = arguments.raw("script")
        steps = self._steps if script is None else read_script(script if isinstance(script, list | tuple) else [script])
        peer = arguments.text("peer", "workstation")
        known = ReceivedSoFar(
            called_ae_title=arguments.text("called_ae_title", "ANY-SCP"),
            calling_ae_title=arguments.text("calling_ae_title", self.ae_title),
        )
        arguments.finish()
        try:
            sock = socket.create_connection(address, self.deadlines.connect_s)
        except OSError as error:
            number = self.recorder.open(self.name, self.name, peer, ("", 0), address)
            self.recorder.saw(number, Kind.REFUSED, Side.ACCEPTOR)
            return outcome("play", peer, "unreachable", None, error.strerror or "no answer")
        number = self.recorder.open(self.name, self.name, peer, sock.getsockname()[:2], sock.getpeername()[:2])
        connection = Connection(sock, self.recorder, number, Side.REQUESTOR)
        if self.tls is not None:
            try:
                connection.secure(self.tls.requestor_context(), address[0], time.monotonic() + self.deadlines.connect_s)
            except HandshakeError as error:
                connection.close()
                return outcome("play", peer, "handshake_failed", None, str(error))
        missed = self._play_on(connection, steps, known)[1]
        detail = f"not received: {'; '.join(missed)}" if missed else ""
        return {
            **outcome("play", peer, "partial" if missed else "success", None, detail),
            "not_received": tuple(missed),
        }

    def _play_on(self, connection: Connection, steps: Sequence[Step], known: ReceivedSoFar) -> tuple[End, list[str]]:
        """Play steps on a connection; return how it ended, and what was awaited and did not come."""
        player = Player(connection, self.stopping, known, self.memory_bytes)
        found: list[str] = []
        for number, step in enumerate(steps, start=1):
            missed = player.perform(step, self.deadlines.write_s)
            if missed:
                found.append(f"step {number}: {missed}")
                with self._noted:
                    self._not_received.append(found[-1])
                    del self._not_received[:-MOST_NAMES]
            if player.ended:
                break
        return player.finish(self.deadlines.artim_s), found


class Player:
    """Plays steps on one connection; of a message longer than `memory_bytes` the data are dropped."""

    def __init__(
        self, connection: Connection, stopping: threading.Event, known: ReceivedSoFar, memory_bytes: int = MEMORY_BYTES
    ) -> None:
        self._connection = connection
        self._stopping = stopping
        self._received = known
        self._stream = PDUStream(limit_bytes=max(LEAST_BYTES, min(LONGEST_PDU_BYTES, memory_bytes)))
        self._assembler = Assembler(limit_bytes=memory_bytes)
        self._arrived: list[str] = []  # names, in order, not yet taken by a `receive`
        self._lost: Closed | None = None
        self.ended = False  # by a step of ours

    def perform(self, step: Step, write_s: float) -> str:
        """Play one step; return what it awaited and did not receive, or nothing."""
        match step:
            case Send(make=make):
                try:
                    self._connection.write([make(self._received)], time.monotonic() + write_s)
                except ConnectionLostError:
                    return ""  # the next `receive` reads what came before the end, and says whether it was to end
                except DeadlineError:
                    return "" if self._lost else "awaited the peer to take what was sent, got a timeout"
            case Receive(names=names, awaited=awaited, within_s=within_s, optional=optional):
                if not (self._receive(names, time.monotonic() + within_s) or optional):
                    return f"awaited {awaited}, got {self._got()}"
            case Stall(s=s):
                self._stopping.wait(s)
            case EndStep(reset=reset):
                (self._connection.reset if reset else self._connection.close)()
                self.ended = True
        return ""

    def finish(self, wait_s: float) -> End:
        """Wait for the peer to close, then close."""
        if not self.ended:
            self._receive((CLOSED,), time.monotonic() + wait_s)
            self._connection.close()
        return self._lost or Closed(by_us=True)

    def _got(self) -> str:
        """Say what came and was not awaited, and how the connection ended, if it did."""
        whole = [name for name in self._arrived if name != "P-DATA-TF"] or self._arrived
        came = [*dict.fromkeys(whole[:MOST_SAID])]
        if len(whole) > MOST_SAID:
            came.append("...")
        if self._lost is not None:
            came.append("a reset of the connection" if self._lost.reset else "the end of the connection")
        return ", ".join(came) or "nothing"

    def _receive(self, names: tuple[str, ...], deadline: float) -> bool:
        """Wait for the first of some names; whatever came before it is passed over."""
        while not any(name in names for name in self._arrived):
            if self._lost is not None:
                return CLOSED in names
            try:
                self._take(self._connection.read(deadline))
            except DeadlineError:
                return False
            except ConnectionLostError as lost:
                self._lost = Closed(lost.reset)
        first = next(number for number, name in enumerate(self._arrived, 1) if name in names)
        del self._arrived[:first]
        return True

    def _take(self, data: bytes) -> None:
        for received in self._stream.feed(data):
            pdu = received.pdu
            self._arrived.append(pdu.NAME)
            if isinstance(pdu, AAssociateRQ):
                self._received.request = pdu
                self._received.transfer_syntaxes = {
                    context.context_id: context.transfer_syntaxes[0]
                    for context in pdu.presentation_contexts
                    if context.transfer_syntaxes
                }
            elif isinstance(pdu, AAssociateAC):
                self._received.acceptance = pdu
                self._received.transfer_syntaxes = {
                    context.context_id: context.transfer_syntax
                    for context in pdu.presentation_contexts
                    if context.result == 0 and context.transfer_syntax
                }
            elif isinstance(pdu, PDataTF):
                for message in self._assembler.feed(pdu):
                    self._hear(message)

        del self._arrived[:-MOST_NAMES]
        del self._assembler.violations[:-MOST_NAMES]

    def _hear(self, message: Message) -> None:
        self._received.hear(message)
        self._arrived.append(message.command.message)
