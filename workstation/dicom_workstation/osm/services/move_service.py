"""C-MOVE as SCP of the OSM: the instances go to a destination that the configuration names.

Invariants: a destination is known by its AE title alone, and its address is that of the configuration; when the
association of the request ends or a C-CANCEL comes, the sub-association ends as well.

References
----------
PS3.4 Section C.4.2, Table C.4-2
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from dicom_workstation.configuration import OSM, Archive, Configuration
from dicom_workstation.instances import Announced
from dicom_workstation.network import Call, Peer, Reply, ServiceRequest
from dicom_workstation.osm.index import Model
from dicom_workstation.osm.services.conversions import Conversions
from dicom_workstation.osm.services.sub_association import Move, SubAssociation
from dicom_workstation.osm.services.sub_operations import (
    DESTINATION_UNKNOWN,
    SubOperations,
    selected,
)
from dicom_workstation.osm.store import DiskStore

_LONGEST_LOOK_S: Final = 1.0


class MoveService:
    """Answers the C-MOVEs of one information model.

    Parameters
    ----------
    configuration : Configuration
        With the AE title of the OSM.
    section : OSM
        What a C-MOVE proposes, how often it says how far it is, and how many instances it may send.
    destinations : callable
        Returns the destinations by their AE titles.
    conversions : Conversions
        Converts what the destination does not accept as it is stored.
    """

    def __init__(
        self,
        model: Model,
        store: DiskStore,
        configuration: Configuration,
        section: OSM,
        destinations: Callable[[], Mapping[str, Archive]],
        conversions: Conversions,
        note: Callable[[str], None],
    ) -> None:
        self._conversions = conversions
        self._model = model
        self._store = store
        self._configuration = configuration
        self._section = section
        self._destinations = destinations
        self._note = note

    def receive(self, announced: Announced, peer: Peer) -> None:
        """Nothing is stored."""

    def perform(self, request: ServiceRequest, call: Call) -> Iterator[Reply]:
        """Have what is asked for sent, yielding how far it is, then the final reply."""
        instances = selected(
            request,
            self._model,
            self._store,
            self._section.maximum_matches,
            lambda text: self._note(f"{call.peer}: C-MOVE: {text}"),
        )
        if isinstance(instances, Reply):
            yield instances
            return
        title = request.move_destination
        if self._configuration.accept_titles_padded_with_nul:
            title = title.rstrip("\0 ")
        destination = self._destinations().get(title)
        if destination is None:
            self._note(f"{call.peer}: C-MOVE: no such destination: {title}")
            yield Reply(DESTINATION_UNKNOWN, comment=f"no such destination: {title}")
            return
        counts = SubOperations(len(instances))
        if instances:
            as_stored = self._section.proposes == "as_stored"
            move = Move(destination, call.peer.ae_title, request.message_id, request.priority, as_stored)
            sub = SubAssociation(self._configuration, move, instances, self._conversions, call.wake, self._note)
            yield counts.pending()
            yield from self._lead(sub, counts, call)
        counts.tell(self._store.figures, "C-MOVE")
        reply = counts.cancelled(request.transfer_syntax) if counts.remaining else counts.final(request.transfer_syntax)
        self._note(f"{call.peer}: C-MOVE of {len(instances)} to {title}: {reply.status:04X} {reply.comment}".rstrip())
        yield reply

    def _lead(self, sub: SubAssociation, counts: SubOperations, call: Call) -> Iterator[Reply]:
        """Lead the sub-association to its end, whatever happens to the association of the request."""
        interval_s = self._section.pending_interval_s
        last_reply = time.monotonic()
        sub.start()
        try:
            while not sub.is_over:
                call.wait(_LONGEST_LOOK_S)
                if call.is_ending:
                    return
                if call.is_cancelled:
                    sub.cancel()
                    break
                before = counts.remaining
                self._count(sub, counts)
                if counts.remaining and counts.remaining < before and time.monotonic() - last_reply >= interval_s:
                    last_reply = time.monotonic()
                    yield counts.pending()
        finally:
            if call.is_ending:
                sub.abort()
            sub.join()
            self._count(sub, counts)

    def _count(self, sub: SubAssociation, counts: SubOperations) -> None:
        for result in sub.take_results():
            counts.count(result.SOPInstanceUID, result.status, result.detail)
