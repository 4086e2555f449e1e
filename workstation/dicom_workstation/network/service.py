"""What a service of an SCP is: it is given a request, and yields replies.

Invariants: a service never sees a response message; it yields any number of pending replies and then one final reply.
It runs on the thread of the association, and asks its `Call` whether it is still wanted.

References
----------
PS3.7 Section 9.1, 9.3 and 10.1; PS3.4 Section C.4
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from pynetdicom.dimse_primitives import DIMSEPrimitive

from dicom_workstation.instances import Announced, Receipt
from dicom_workstation.network.contexts import AcceptedContext


@dataclass(frozen=True, slots=True)
class Peer:
    """Who asks."""

    ae_title: str
    address: str

    def __str__(self) -> str:
        return f"{self.ae_title or '?'}@{self.address}"


@dataclass(frozen=True, slots=True)
class Counts:
    """Sub-operations of a C-MOVE or C-GET; `remaining` stands in pending replies and that of a cancel alone."""

    completed: int = 0
    failed: int = 0
    warning: int = 0
    remaining: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One response of a service.

    Parameters
    ----------
    status : int
    data_set : bytes or None
        The Identifier, or the reply of an action, encoded in the transfer syntax of the request.
    comment : str
        Error Comment; what is longer than 64 characters is cut.
    """

    status: int
    data_set: bytes | None = None
    comment: str = ""
    counts: Counts | None = None


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """One request, as its service sees it.

    Parameters
    ----------
    transfer_syntax : str
        That of `data_set`; of a JPEG context, in which an Identifier cannot be, Explicit VR Little Endian.
    receipt : Receipt or None
        Of a C-STORE: what took its data set.
    """

    abstract_syntax: str
    transfer_syntax: str
    sop_instance: str
    message_id: int
    data_set: bytes
    priority: int = 0
    move_destination: str = ""
    action_type: int | None = None
    receipt: Receipt | None = None


class Call(Protocol):
    """The association of a request, as its service may use it."""

    @property
    def peer(self) -> Peer:
        """Who asks."""

    @property
    def is_cancelled(self) -> bool:
        """Whether a C-CANCEL has come, or the association is ending."""

    @property
    def is_ending(self) -> bool:
        """Whether the association has ended, so that no reply reaches anybody."""

    @property
    def is_over(self) -> bool:
        """Whether the association has ended; may be asked by any thread."""

    @property
    def transfer_syntax(self) -> str:
        """That in which the request came."""

    def wait(self, timeout_s: float) -> None:
        """Wait until `wake` is called, the call is cancelled, or the time is over, and lead the association."""

    def wake(self) -> None:
        """Have `wait` return; may be called by any thread."""

    def contexts_as_scp(self) -> tuple[AcceptedContext, ...]:
        """Return the contexts in which the peer takes C-STORE requests of ours on this association."""

    def ask(self, request: DIMSEPrimitive, context_id: int) -> DIMSEPrimitive | None:
        """Send a request of ours on this association, and return its response; None where none comes."""

    def notify(self, request: DIMSEPrimitive) -> Future[DIMSEPrimitive | None]:
        """Have a request sent later, in the context of this call, while the association lives; from any thread."""


class Service(Protocol):
    """What answers the requests of some SOP Classes."""

    def receive(self, announced: Announced, peer: Peer) -> Receipt | None:
        """Return what takes the data set of a C-STORE; None where the service has none."""

    def perform(self, request: ServiceRequest, call: Call) -> Iterator[Reply]:
        """Yield the replies to a request, the final one last."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A SOP Class that is offered.

    Parameters
    ----------
    operation : type
        The DIMSE message by which it is asked.
    transfer_syntaxes : tuple of str
        Most wanted first.
    peer_may_be_scp : bool
        Whether the requestor may take the SCP role, so that a C-GET can send to it.
    """

    service: Service
    operation: type[DIMSEPrimitive]
    transfer_syntaxes: tuple[str, ...]
    peer_may_be_scp: bool = False
