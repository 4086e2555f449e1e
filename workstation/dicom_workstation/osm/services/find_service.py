"""C-FIND as SCP of the OSM.

Invariants: nothing is answered before the whole search is done within its limits; a C-CANCEL is seen before the next
answer.

References
----------
PS3.4 Section C.4.1.1.4 (statuses), C.4.1.3 (behaviour of the SCP)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from dicom_workstation.instances import Announced
from dicom_workstation.network import Call, Peer, Reply, ServiceRequest
from dicom_workstation.osm.index import (
    Answers,
    Database,
    IdentifierMismatchError,
    KeyFaultError,
    MatchingRules,
    Model,
    SearchLimits,
    TooMuchError,
    UnreadableIdentifierError,
    UnwantedError,
    read_find,
    search,
)
from dicom_workstation.osm.metrics import Figures
from dicom_workstation.osm.store import why

SUCCESS: Final = 0x0000
CANCELLED: Final = 0xFE00
PENDING: Final = 0xFF00
PENDING_WITHOUT_SOME_KEYS: Final = 0xFF01
OUT_OF_RESOURCES: Final = 0xA700
DOES_NOT_MATCH_SOP_CLASS: Final = 0xA900
CANNOT_UNDERSTAND: Final = 0xC000
PROCESSING_FAILURE: Final = 0x0110


class FindService:
    """Answers the queries of one information model."""

    def __init__(
        self,
        model: Model,
        database: Database,
        ae_title: str,
        rules: MatchingRules,
        limits: SearchLimits,
        note: Callable[[str], None],
        figures: Figures | None = None,
    ) -> None:
        self._figures = figures or Figures()
        self._model = model
        self._database = database
        self._ae_title = ae_title
        self._rules = rules
        self._limits = limits
        self._note = note

    def receive(self, announced: Announced, peer: Peer) -> None:
        """Nothing is stored."""

    def perform(self, request: ServiceRequest, call: Call) -> Iterator[Reply]:
        """Yield a pending reply for each match, then the final one."""
        begin = time.monotonic()
        for count, reply in enumerate(self._replies_of_index(request, call, begin)):
            if reply.data_set is None:  # the final one, before which `count` others went out
                self._figures.finds.add(1, f"{reply.status:04X}")
                self._note(f"{call.peer}: C-FIND: {count} matches, {reply.status:04X} {reply.comment}".rstrip())
            yield reply

    def _replies_of_index(self, request: ServiceRequest, call: Call, begin: float) -> Iterator[Reply]:
        """Have the final reply say that the index failed, where it does."""
        try:
            yield from self._replies(request, call, begin)
        except SQLAlchemyError as error:
            self._note(f"{call.peer}: C-FIND: the index failed: {why(error)}")
            yield Reply(PROCESSING_FAILURE, comment="the index failed")

    def _replies(self, request: ServiceRequest, call: Call, begin: float) -> Iterator[Reply]:
        try:
            asked = read_find(request.data_set, request.transfer_syntax, self._model)
            found = search(self._database, asked, self._rules, self._limits, lambda: call.is_cancelled)
        except UnreadableIdentifierError as error:
            yield Reply(CANNOT_UNDERSTAND, comment=str(error))
        except (IdentifierMismatchError, KeyFaultError) as error:
            yield Reply(DOES_NOT_MATCH_SOP_CLASS, comment=str(error))
        except TooMuchError as error:
            yield Reply(OUT_OF_RESOURCES, comment=str(error))
        except UnwantedError:
            yield Reply(CANCELLED)
        else:
            answers = Answers(asked, self._ae_title, request.transfer_syntax, self._rules)
            status = PENDING_WITHOUT_SOME_KEYS if asked.has_unsupported else PENDING
            for each in found:
                if call.is_cancelled:
                    yield Reply(CANCELLED)
                    return
                yield Reply(status, answers.identifier(each))
            self._figures.find.observe(time.monotonic() - begin, asked.level.value)
            yield Reply(CANCELLED if call.is_cancelled else SUCCESS)
