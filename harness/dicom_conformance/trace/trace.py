"""The trace of a case: every observed connection, and what the AEs reported, held and logged.

Where a relay stood in a connection its view is judged, else the view of an endpoint; where two observers saw the same
bytes they must agree, and a disagreement is our own fault (`HarnessError`), never the subject's. The trace grows while
the case is played; nothing in it is decided here, that is the checks' work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dicom_conformance.trace.association_view import View, judged, of_sides, verify_agreement
from dicom_conformance.trace.conversation import Conversation, SeenMessage, SeenPDU
from dicom_conformance.trace.held import Held
from dicom_conformance.trace.known import Known
from dicom_conformance.trace.large_data_sets import LargeDataSets
from dicom_wire.capture import Recorder, Side

UNKNOWN = "?"
"""The name that an observer gives to an AE it does not know."""


@dataclass(slots=True)
class Operation:
    """One operation that an AE was asked to perform.

    `outcome` is what it reported to its user (None while it runs, or if the subject reports nothing: `observable`
    False).
    """

    ae: str
    operation: str
    peer: str | None
    arguments: Mapping[str, object]
    started_ns: int
    finished_ns: int | None = None
    outcome: Mapping[str, object] | None = None
    observable: bool = True


@dataclass(slots=True)
class Trace:
    """What is known of a case.

    Parameters
    ----------
    recorder : Recorder
        Where the simulators and links report.
    titles : mapping
        AE title to name in the scenario, for observers that do not know who calls.
    subject : str
        The subject's name in the scenario.
    product : str
        What a report calls the subject; empty for its name in the scenario.
    operations : list of Operation
        In the order in which they were asked for.
    stores : mapping
        AE to what it holds now; an AE that cannot be asked is not in it.
    logs : mapping
        AE to the lines it logged; likewise.
    originals : mapping
        SOP Instance UID to the instance as it was given to its sender.
    counts_from_first_operation : bool
        Whether a connection that the subject opened before the first operation belongs to an earlier case, and is left
        out.
    known : Known or None
        What the subject is known to hold: the fixtures.
    films : callable or None
        Gives the films that the subject put out as files, from how many are awaited and for how long, in seconds; None
        where it puts out none that can be read. The type is that of `judge.films`.
    """

    recorder: Recorder
    titles: Mapping[str, str] = field(default_factory=dict)
    subject: str = "workstation"
    product: str = ""
    operations: list[Operation] = field(default_factory=list)
    stores: dict[str, Callable[[], tuple[Held, ...]]] = field(default_factory=dict)
    logs: dict[str, Callable[[], tuple[str, ...]]] = field(default_factory=dict)
    originals: dict[str, Held] = field(default_factory=dict)
    counts_from_first_operation: bool = False
    known: Known | None = None
    films: Callable[[int, float], tuple[Any, ...]] | None = None
    _taken: int = 0
    _views: dict[int, View] = field(default_factory=dict)
    _conversations: dict[int, Conversation] = field(default_factory=dict)
    _by_sides: dict[int, dict[Side, Conversation]] = field(default_factory=dict)
    _by_sides_of: int = -1
    _large: LargeDataSets = field(init=False)

    def __post_init__(self) -> None:
        self._large = LargeDataSets(self.originals)

    def _grow(self) -> None:
        recorder, views = self.recorder, self._views
        if len(views) < len(recorder.connections):
            for connection in tuple(recorder.connections):
                if connection.number not in views:
                    views[connection.number] = View(connection)
        sightings = recorder.sightings
        while self._taken < len(sightings):
            seen = sightings[self._taken]
            if seen.connection not in views:
                break  # opened between the two loops: taken at the next look
            self._taken += 1
            views[seen.connection].grow(seen)

    @property
    def conversations(self) -> list[Conversation]:
        """The connections, each once, in the order in which they were opened."""
        self._grow()
        chosen = []
        for view in judged(list(self._views.values())):
            number = view.connection.number
            conversation = self._conversations.get(number)
            if conversation is None:
                connection = view.connection
                conversation = Conversation(view, connection.requestor, connection.acceptor, self._large)
                self._conversations[number] = conversation
            if conversation.requestor == UNKNOWN:
                self._name_requestor(conversation)
            if not self._is_early(conversation):
                chosen.append(conversation)
        return chosen

    def _is_early(self, conversation: Conversation) -> bool:
        """Tell whether the subject opened a connection before anybody was asked for anything in this case."""
        if not self.counts_from_first_operation or conversation.requestor != self.subject:
            return False
        sightings = conversation.view.sightings
        began_ns = self.operations[0].started_ns if self.operations else None
        return bool(sightings) and (began_ns is None or sightings[0].t_ns < began_ns)

    def _name_requestor(self, conversation: Conversation) -> None:
        """Name a requestor by the AE title it calls itself, once its A-ASSOCIATE-RQ is here."""
        request = conversation.request
        if request is None:
            return
        name = self.titles.get(request.calling_ae_title.replace("\0", " ").strip())
        if name is not None:
            conversation.rename(name)

    def seen_by_sides(self) -> dict[int, dict[Side, Conversation]]:
        """Give every connection as each of its sides saw it, by the number of the conversation.

        A side that nobody observed is left out. What a side sent and was given is the same in the conversation that is
        judged, unless a relay changed it on the way; the order is that in which the side saw it.
        """
        chosen = {one.number: one for one in self.conversations}
        seen = len(self.recorder.sightings)
        if seen != self._by_sides_of:
            self._by_sides_of = seen
            self._by_sides = {
                number: {side: Conversation(view, *chosen[number].parties, self._large) for side, view in views.items()}
                for number, views in of_sides(list(self._views.values())).items()
                if number in chosen
            }
        return self._by_sides

    def shown(self, name: str) -> str:
        """Give the name by which a report calls an AE of the scenario."""
        return self.product if self.product and name == self.subject else name

    def select(self, requestor: str | None = None, acceptor: str | None = None) -> list[Conversation]:
        """Give the conversations between two AEs; None is any."""
        return [
            conversation
            for conversation in self.conversations
            if requestor in (None, conversation.requestor) and acceptor in (None, conversation.acceptor)
        ]

    def pdus(self, requestor: str | None = None, acceptor: str | None = None) -> list[tuple[Conversation, SeenPDU]]:
        """Give the PDUs of the chosen conversations by time."""
        found = [(chosen, seen) for chosen in self.select(requestor, acceptor) for seen in chosen.pdus]
        return sorted(found, key=lambda pair: pair[1].t_ns)

    def messages(
        self, requestor: str | None = None, acceptor: str | None = None
    ) -> list[tuple[Conversation, SeenMessage]]:
        """Give the DIMSE messages of the chosen conversations by time."""
        found = [(chosen, seen) for chosen in self.select(requestor, acceptor) for seen in chosen.messages]
        return sorted(found, key=lambda pair: pair[1].t_ns)

    def verify_agreement(self) -> None:
        """Hold the views of each connection against each other.

        Raises
        ------
        HarnessError
            Two observers saw different bytes; the message names the connection, the side and the offset.
        """
        self._grow()
        verify_agreement(list(self._views.values()))


def simultaneous(conversations: list[Conversation]) -> int:
    """Count the most associations that were established at one time.

    An association lasts from its A-ASSOCIATE-AC to its A-RELEASE-RP, A-ABORT or the end of TCP.
    """
    turns: list[tuple[int, int]] = []
    for conversation in conversations:
        span = conversation.established
        if span is not None:
            turns.append((span[0], 1))
            if span[1] is not None:
                turns.append((span[1], -1))
    most = now = 0
    for _, step in sorted(turns):
        now += step
        most = max(most, now)
    return most
