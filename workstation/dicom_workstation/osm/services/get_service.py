"""C-GET as SCP of the OSM: the instances go out on the association of the request.

Invariants: only where role selection made the requestor an SCP of the class, in a context that was accepted.

References
----------
PS3.4 Section C.4.3; PS3.7 Annex D.3.3.4
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dicom_workstation.instances import Announced
from dicom_workstation.network import AcceptedContext, Call, Peer, Reply, ServiceRequest
from dicom_workstation.osm.index import Model
from dicom_workstation.osm.services.conversions import Conversions
from dicom_workstation.osm.services.sub_operations import (
    SubOperations,
    UnsendableError,
    context_for,
    selected,
    store_request,
)
from dicom_workstation.osm.store import DiskStore, HeldOnDisk


class GetService:
    """Answers the C-GETs of one information model."""

    def __init__(
        self, model: Model, store: DiskStore, maximum: int, conversions: Conversions, note: Callable[[str], None]
    ) -> None:
        self._conversions = conversions
        self._maximum = maximum
        self._model = model
        self._store = store
        self._note = note

    def receive(self, announced: Announced, peer: Peer) -> None:
        """Nothing is stored."""

    def perform(self, request: ServiceRequest, call: Call) -> Iterator[Reply]:
        """Send what is asked for, then yield the final reply."""
        instances = selected(
            request,
            self._model,
            self._store,
            self._maximum,
            lambda text: self._note(f"{call.peer}: C-GET: {text}"),
        )
        if isinstance(instances, Reply):
            yield instances
            return
        contexts = call.contexts_as_scp()
        counts = SubOperations(len(instances))
        for held in instances:
            yield counts.pending()
            if call.is_cancelled:
                break
            if counts.is_broken:
                counts.count(held.entry.SOPInstanceUID, None)
            else:
                self._send(held, contexts, request, call, counts)
        counts.tell(self._store.figures, "C-GET")
        reply = counts.cancelled(request.transfer_syntax) if counts.remaining else counts.final(request.transfer_syntax)
        self._note(f"{call.peer}: C-GET of {len(instances)}: {reply.status:04X} {reply.comment}".rstrip())
        yield reply

    def _send(
        self,
        held: HeldOnDisk,
        contexts: tuple[AcceptedContext, ...],
        request: ServiceRequest,
        call: Call,
        counts: SubOperations,
    ) -> None:
        uid = held.entry.SOPInstanceUID
        context = context_for(contexts, held)
        if context is None:
            counts.count(uid, None, "no context in which the requestor is SCP")
            return
        try:
            with store_request(held, context, request.priority, self._conversions) as asked:
                response = call.ask(asked, context.context_id)
        except UnsendableError as error:
            counts.count(uid, None, str(error))
            return
        if response is None:
            counts.is_broken = True  # what came late would answer nothing, so no more is sent
        status = None if response is None or response.Status is None else int(response.Status)
        counts.count(uid, status, "" if response is not None else "no response to a C-STORE")
