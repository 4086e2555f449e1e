"""What every simulator has in common: a name, an AE title, a recorder, faults in force, and a server.

A simulator is a subclass that says what it supports (`supported`), what it answers (`services`), and where it acts as
SCU, its `operations`. `perform` looks an operation up by its name and returns its outcome, a plain value.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Self

from dicom_simulators.association.acceptor import Acceptor, Request, Service
from dicom_simulators.association.connection import Connection
from dicom_simulators.association.deadlines import Deadlines
from dicom_simulators.association.ends import End
from dicom_simulators.association.memory import MEMORY_BYTES, Budget
from dicom_simulators.association.negotiation import MAXIMUM_LENGTH_BYTES, VERIFICATION, Context, Policy, Supported
from dicom_simulators.association.requestor import Proposal, Requestor
from dicom_simulators.association.responses import SUCCESS, Response
from dicom_simulators.association.server import Callers, Server
from dicom_simulators.association.tls import TLS
from dicom_simulators.faults import Fault, InForce, build
from dicom_simulators.journal import NOTE, Entry, Journal
from dicom_wire import CommandSet, Message, Recorder
from dicom_wire.wording import printable

Outcome = dict[str, object]
LOG_LINES = 1000

Operation = Callable[[tuple[str, int], Mapping[str, object]], Outcome]
OwnOperation = Callable[[Mapping[str, object]], Outcome]
"""An operation without a peer: something that happens to the simulator itself."""


@dataclass(frozen=True, slots=True)
class StoredInstance:
    """A SOP Instance that a storage SCP received.

    Attributes
    ----------
    data_set : bytes
        As received, without File Meta Information, in `transfer_syntax`.
    t_ns : int
        When it was complete, on the clock of `time.monotonic_ns`.
    command : CommandSet or None
        Of the C-STORE-RQ.
    """

    SOPClassUID: str
    SOPInstanceUID: str
    transfer_syntax: str
    data_set: bytes
    calling_ae_title: str
    t_ns: int
    command: CommandSet | None = None

    @property
    def move_originator_ae_title(self) -> str | None:
        """Who asked for it by a C-MOVE, where the sender says so."""
        title = None if self.command is None else self.command.text("MoveOriginatorApplicationEntityTitle")
        return None if title is None else title.strip(" \0")

    @property
    def move_originator_message_id(self) -> int | None:
        """The Message ID of that C-MOVE, where the sender says it."""
        return None if self.command is None else self.command.number("MoveOriginatorMessageID")


def echo(request: Request) -> Generator[Response, None, None]:
    """Answer a C-ECHO-RQ (PS3.7 9.3.5)."""
    yield Response(SUCCESS)


class Simulator:
    """Base of the simulators; one that `notifies` sends requests on the associations that it accepted.

    As a context manager it listens while the block lasts.

    Parameters
    ----------
    name : str
        In the scenario ("archive", "modality" ...); the observer's name in the trace.
    ae_title : str
    recorder : Recorder
    instances : iterable of Instance
        What it holds (`data_sets.Instance`).
    faults : iterable of Fault
        In force from the start.
    destinations : mapping of AE title to (host, port)
        The peers that it knows.
    callers : mapping, optional
        Names of those who connect, by address or calling AE title; "*" for anybody else.
    deadlines : Deadlines, optional
        How long it waits for what.
    maximum_length : int
        Maximum PDU length that it announces, in bytes; 0 is unlimited.
    maximum_associations : int, optional
        Associations accepted at once; more are rejected.
    check_called : bool
        Whether callers must call it by its own AE title.
    tls : TLS, optional
        TLS for every association, as acceptor and as requestor.
    memory_bytes : int
        How much of what peers send is held at once, in bytes: what is on its way, what waits to be answered, and what
        is kept. What finds no room is refused with A700 (or 0213), or the association is aborted. Of a printer: the
        memory for the images of one film session (C605).
    lenient : bool
        Whether it takes even and repeated presentation context IDs (PS3.8 9.3.2.2), and requests without an element
        that PS3.7 9.3 and 10.3 demand; otherwise it aborts such associations.
    announce : callable, optional
        Takes each line of the log.
    journal : Journal, optional
        Takes an entry for each association, message and note.
    """

    notifies = False
    requestor_class: ClassVar[type[Requestor]] = Requestor
    """What leads the associations of its own."""

    ARGUMENTS: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({})
    """The arguments of each operation, by the operation's name."""

    def __init__(
        self,
        name: str,
        ae_title: str,
        recorder: Recorder,
        *,
        instances: Iterable[object] = (),
        faults: Iterable[Fault] = (),
        destinations: Mapping[str, tuple[str, int]] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 0,
        callers: Callers | None = None,
        deadlines: Deadlines | None = None,
        maximum_length: int = MAXIMUM_LENGTH_BYTES,
        maximum_associations: int | None = None,
        check_called: bool = False,
        tls: TLS | None = None,
        memory_bytes: int = MEMORY_BYTES,
        lenient: bool = False,
        announce: Callable[[str], None] = lambda line: None,
        journal: Journal | None = None,
    ) -> None:
        self.name = name
        self.ae_title = ae_title
        self.recorder = recorder
        self.instances = tuple(instances)
        self.destinations = dict(destinations or {})
        self.seed = seed
        self.deadlines = deadlines or Deadlines()
        self.maximum_length = maximum_length
        self._check_called = check_called
        self._in_force = InForce(faults)
        self._stored: list[StoredInstance] = []
        self._stored_changed = threading.Condition()
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._tell = announce
        self._journal = journal
        self._budget = Budget(memory_bytes)
        self._kept_bytes = 0
        self.tls = tls
        self._server = Server(
            name,
            recorder,
            self.policy,
            self.services,
            host=host,
            port=port,
            deadlines=self.deadlines,
            faults=self._in_force,
            callers=callers,
            maximum_associations=maximum_associations,
            announce=self.record,
            logs_messages=lambda: self._journal is not None,
            budget=self._budget,
            lenient=lenient,
            converse=self.converse,
            tls=None if tls is None or tls.certificate is None else tls.acceptor_context(),
            notifies=self.notifies,
            opened=self.association_opened,
            closed=self.association_closed,
        )

    # -- what a subclass says -------------------------------------------------------------------------------------

    def supported(self) -> tuple[Supported, ...]:
        """Return the SOP Classes that it accepts as acceptor."""
        return (Supported(VERIFICATION),)

    def services(self) -> Mapping[str, Service]:
        """Return its services, by DIMSE request."""
        return {"C-ECHO-RQ": echo}

    def operations(self) -> Mapping[str, Operation]:
        """Return what it does as SCU, by name."""
        return {}

    def own_operations(self) -> Mapping[str, OwnOperation]:
        """Return what it does without a peer, by name."""
        return {}

    def association_opened(self, acceptor: Acceptor) -> None:
        """Called in the association's own thread when the association is established."""

    def association_closed(self, acceptor: Acceptor) -> None:
        """Called in the association's own thread when the association has ended or was not established."""

    def policy(self) -> Policy:
        """Return the acceptor's policy."""
        called = frozenset({self.ae_title}) if self._check_called else frozenset[str]()
        return Policy(self.supported(), maximum_length=self.maximum_length, called_ae_titles=called)

    def converse(self, connection: Connection) -> End | None:
        """Handle an accepted connection in a special way and return the end; None = as usual."""
        return None

    # -- life -----------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen.

        Raises
        ------
        OSError
            The port cannot be had.
        """
        self._server.start()

    def listen(self) -> None:
        """Take the port for the processes that come of this one: each of them accepts associations when it starts.

        Raises
        ------
        OSError
            The port cannot be had.
        """
        self._server.listen()

    def stop_listening(self) -> None:
        """Give the port up that was taken for several processes."""
        self._server.stop_listening()

    def stop(self) -> None:
        """End every association and join every thread."""
        self._server.stop()

    @property
    def address(self) -> tuple[str, int]:
        """Where it accepts associations."""
        return self._server.address

    @property
    def log(self) -> list[str]:
        """What happened to its associations, in words, oldest first."""
        return list(self._log)

    def note(self, line: str) -> None:
        """Log what is neither association nor message."""
        self.record(Entry(NOTE, detail=line))

    def record(self, entry: Entry) -> None:
        """Write an entry into the log, and pass it on; what a peer calls itself cannot end the line."""
        line = printable(entry.sentence)
        self._log.append(line)
        self._tell(line)
        if self._journal is not None:
            self._journal(entry)

    @property
    def memory_bytes(self) -> int:
        """How much of what peers send it holds at once."""
        return self._budget.limit_bytes

    @property
    def refused_for_memory(self) -> int:
        """How many messages found no room within `memory_bytes`."""
        return self._budget.refused

    @property
    def faults(self) -> InForce:
        """The faults in force."""
        return self._in_force

    def requestor(self, address: tuple[str, int], proposal: Proposal, peer: str) -> Requestor:
        """Make the requestor of an association of its own; `peer` is the name of the acceptor in the trace."""
        return self.requestor_class(
            self.recorder,
            address,
            proposal,
            name=self.name,
            peer=peer,
            deadlines=self.deadlines,
            faults=self.faults,
            stopping=self.stopping,
            tls=self.tls,
            note=self.note,
            budget=self._budget,
            journal=None if self._journal is None else self.record,
        )

    @property
    def stopping(self) -> threading.Event:
        """Set once it stops."""
        return self._server.stopping

    def fault(self, fault: Fault | str, /, **parameters: object) -> None:
        """Bring a fault in force: one that was made, or one of `faults.FAULTS` by its name, made of its parameters."""
        self._in_force.add(build(fault, parameters) if isinstance(fault, str) else fault)

    def clear(self) -> None:
        """Lift every fault."""
        self._in_force.clear()

    # -- what came ------------------------------------------------------------------------------------------------

    @property
    def stored(self) -> list[StoredInstance]:
        """The instances received, in order of arrival."""
        with self._stored_changed:
            return list(self._stored)

    def forget(self) -> None:
        """Forget the instances received."""
        with self._stored_changed:
            self._stored.clear()
            kept_bytes, self._kept_bytes = self._kept_bytes, 0
        self._budget.give_back(kept_bytes)

    def keep(self, request: Request) -> StoredInstance | None:
        """Keep the instance of a C-STORE-RQ; None where there is no memory for it."""
        if not request.keep():
            return None
        return self._keep(request.message, request.context, request.calling_ae_title)

    def keep_retrieved(self, message: Message, context: Context, sender: str) -> StoredInstance | None:
        """Keep the instance of a C-STORE-RQ that came on an association of its own; None without memory for it."""
        if not self._budget.take(len(message.data_set or b"")):
            self._budget.count_refusal()
            return None
        return self._keep(message, context, sender)

    def _keep(self, message: Message, context: Context, sender: str) -> StoredInstance:
        instance = StoredInstance(
            message.command.text("AffectedSOPClassUID") or "",
            message.command.text("AffectedSOPInstanceUID") or "",
            context.transfer_syntax,
            bytes(message.data_set or b""),
            sender,
            time.monotonic_ns(),
            message.command,
        )
        with self._stored_changed:
            self._kept_bytes += len(instance.data_set)
            self._stored.append(instance)
            self._stored_changed.notify_all()
        return instance

    def release_memory(self, size_bytes: int) -> None:
        """Give back the memory of a data set that is no longer kept."""
        self._budget.give_back(size_bytes)

    def wait_stored(self, count: int, deadline_s: float) -> bool:
        """Wait until at least `count` instances were received; return whether they were."""
        with self._stored_changed:
            return self._stored_changed.wait_for(lambda: len(self._stored) >= count, deadline_s)

    def perform(self, operation: str, peer_address: tuple[str, int] | None, arguments: Mapping[str, object]) -> Outcome:
        """Act as SCU, or without a peer (`peer_address` None) where the operation needs none.

        Raises
        ------
        ValueError
            It has no such operation, or the arguments are wrong.
        """
        own, known = self.own_operations(), self.operations()
        if operation in own:
            return own[operation](arguments)
        if operation not in known:
            names = ", ".join(sorted((*known, *own))) or "none"
            raise ValueError(f"{self.name} has no operation {operation!r}; its operations are {names}")
        if peer_address is None:
            raise ValueError(f"{operation} of {self.name} needs a peer")
        return known[operation](peer_address, arguments)
