"""The SCU: it asks any SCP anything, observes what comes, and answers what the SCP asks back.

It has the operations of the modality, and those of `Scu.operations`. Each opens an association of its own, or uses a
held one (`association`). Nothing that the SCP sends is answered by an abort (`scu.observer`).

As acceptor it takes what may come of its requests: instances, and the results of storage commitment, for which it lets
the requestor be SCP (PS3.4 J.3.3, PS3.7 D.3.3.4).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, ClassVar

from dicom_simulators.association import (
    SUCCESS,
    VERIFICATION,
    Answers,
    Arguments,
    Context,
    Operation,
    Outcome,
    Policy,
    Proposal,
    Request,
    Requestor,
    Response,
    Service,
    Supported,
    contexts_of,
    outcome,
    propose,
    without_memory,
)
from dicom_simulators.data_sets import SOP_CLASSES, Instance
from dicom_simulators.encoding import EVERY_STORAGE_TRANSFER_SYNTAX, UNCOMPRESSED, uid_of
from dicom_simulators.scu import commitment, each_context, normalized, printing, queries, raw
from dicom_simulators.scu.commitment import Commitment
from dicom_simulators.scu.delivery import Held
from dicom_simulators.scu.events import Events, read_event
from dicom_simulators.scu.exchange import observer_of
from dicom_simulators.scu.modality import MAXIMUM_CONTEXTS, OPENING, Modality
from dicom_simulators.scu.models import MODELS
from dicom_simulators.scu.named_responses import NamedResponses, UnansweredError
from dicom_simulators.scu.observer import Answer, Observer
from dicom_simulators.scu.printing import Print, Printing
from dicom_simulators.scu.queries import DEFAULT_TRANSFER_SYNTAXES, Query
from dicom_simulators.scu.reception import Reception
from dicom_wire import Message, PresentationContextRQ, Recorder, RoleSelection, SubItem

NOT_RECEIVED = frozenset({VERIFICATION, *(uid for models in MODELS.values() for uid in models.values())})
_QUERY = (
    *("model", "level", "keys", "cancel", "linger_s", "character_set", "extended", "transfer_syntax"),
    *("priority", "query_id", *OPENING),
)
_NORMALIZED = ("sop_class", "instance", "abstract_syntax", "character_set", "name")


class Scu(Modality):
    """An SCU of every service, which observes."""

    requestor_class: ClassVar[type[Requestor]] = Observer
    ARGUMENTS: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType(
        {
            **Modality.ARGUMENTS,
            "find": _QUERY,
            "move": ("destination", *_QUERY),
            "get": ("sop_classes", "storage_transfer_syntaxes", "answers", "delay_s", *_QUERY),
            "commit": ("instances", "references", "transaction", "keep_open", "within_s", "linger_s", *OPENING),
            "print": (
                *("instances", "layout", "at", "meta", "bits", "copies", "session", "film", "image", "delete"),
                *("within_s", "character_set", "name", *OPENING),
            ),
            "n_create": (*_NORMALIZED, "attributes", *OPENING),
            "n_set": (*_NORMALIZED, "attributes", *OPENING),
            "n_get": (*_NORMALIZED, "attributes", *OPENING),
            "n_action": (*_NORMALIZED, "action_type", "attributes", *OPENING),
            "n_delete": (*_NORMALIZED, *OPENING),
            each_context.OPERATION: tuple(name for name in OPENING if name != "association"),
            "raw": (
                *("bytes", "message", "command", "data_set", "sop_class", "context_id", "character_set", "within_s"),
                *OPENING,
            ),
        }
    )

    def __init__(self, name: str, ae_title: str, recorder: Recorder, **options: Any) -> None:
        super().__init__(name, ae_title, recorder, **options)
        self._events = Events()
        self._responses = NamedResponses()

    def operations(self) -> Mapping[str, Operation]:
        """Return its operations."""
        return {
            **super().operations(),
            "find": self._find_matches,
            "move": self._move,
            "get": self._get,
            "commit": self._commit,
            "print": self._print,
            **{name: functools.partial(self._normalized, name) for name in normalized.OPERATIONS},
            "raw": self._raw,
            each_context.OPERATION: self._store_in_each_context,
        }

    def requestor(self, address: tuple[str, int], proposal: Proposal, peer: str) -> Requestor:
        """Make the requestor of an association of its own; what is reported on it is taken note of."""
        made = super().requestor(address, proposal, peer)
        if isinstance(made, Observer):
            made.handlers["N-EVENT-REPORT-RQ"] = functools.partial(self._reported_on, made)
        return made

    def stop(self) -> None:
        """End everything, held associations and waits included."""
        self.stopping.set()
        self._events.wake()
        super().stop()

    # -- as acceptor ----------------------------------------------------------------------------------------------

    def supported(self) -> tuple[Supported, ...]:
        """Return what it accepts as acceptor: Verification, storage, and reports of storage commitment."""
        storage = tuple(Supported(one.uid, EVERY_STORAGE_TRANSFER_SYNTAX) for one in SOP_CLASSES)
        return (*super().supported(), *storage, Supported(commitment.PUSH_MODEL, UNCOMPRESSED, scu=True, scp=True))

    def policy(self) -> Policy:
        """Return the acceptor's policy: the requestor's transfer syntaxes are taken in its order."""
        return replace(super().policy(), order="requestor")

    def services(self) -> Mapping[str, Service]:
        """Return C-ECHO, C-STORE and N-EVENT-REPORT."""
        return {
            **super().services(),
            "C-STORE-RQ": self._take_instance,
            "N-EVENT-REPORT-RQ": self._take_report,
        }

    def _take_instance(self, request: Request) -> Generator[Response, None, None]:
        yield without_memory() if self.keep(request) is None else Response(SUCCESS)

    def _take_report(self, request: Request) -> Generator[Response, None, None]:
        self._events.add(read_event(request.message, request.context))
        yield Response(SUCCESS)

    def _reported_on(self, observer: Observer, message: Message, context: Context) -> Answer:
        self._events.add(read_event(message, context, observer))
        return Answer(Response(SUCCESS))

    # -- queries --------------------------------------------------------------------------------------------------

    def _find_matches(self, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        return self._ask("find", address, data, queries.find)

    def _move(self, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        before = len(self.stored)
        details = self._ask("move", address, data, queries.move)
        return {**details, "arrived": [one.SOPInstanceUID for one in self.stored[before:]]}

    def _ask(
        self,
        operation: str,
        address: tuple[str, int],
        data: Mapping[str, object],
        act: Callable[[Held, Query], Outcome],
    ) -> Outcome:
        arguments = Arguments(data)
        query = queries.read_query(operation, arguments)
        contexts = contexts_of(arguments) or propose((query.sop_class, _syntaxes(query)))
        opened = self._open(address, arguments, contexts, further=query.user_information)
        return self._using(opened, operation, lambda held: act(held, query))

    def _get(self, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        arguments = Arguments(data)
        query = queries.read_query("get", arguments)
        answers, delay_s = Answers.of(arguments.raw("answers")), arguments.seconds("delay_s", 0.0)
        classes = self._storage(arguments)
        contexts = contexts_of(arguments) or propose((query.sop_class, _syntaxes(query)), *classes)
        further = (*query.user_information, *(() if "roles" in arguments else _receiving_roles(contexts)))
        opened = self._open(address, arguments, contexts, further=further)
        title = arguments.text("called_ae_title", arguments.text("called", "ANY-SCP"))

        def keep(message: Message, context: Context) -> bool:
            return self.keep_retrieved(message, context, title) is not None

        reception = Reception(answers, delay_s, keep)
        details = self._using(opened, "get", lambda held: _receiving(held, query, reception))
        return {**details, "arrived": [*reception.answered], "answered": reception.answered}

    def _storage(self, arguments: Arguments) -> list[tuple[str, tuple[str, ...]]]:
        """Give the storage contexts that a C-GET needs."""
        given = [uid_of(one) for one in arguments.texts("sop_classes", ())]
        own = [one.SOPClassUID for one in self.instances if hasattr(one, "SOPClassUID")]
        chosen = list(dict.fromkeys(given or own or [one.uid for one in SOP_CLASSES]))
        if len(chosen) >= MAXIMUM_CONTEXTS:
            raise ValueError(f"sop_classes: {len(chosen)} are more than one association has room for")
        texts = arguments.texts("storage_transfer_syntaxes", ())
        syntaxes = tuple(uid_of(one) for one in texts) or DEFAULT_TRANSFER_SYNTAXES
        return [(one, syntaxes) for one in chosen]

    # -- DIMSE-N --------------------------------------------------------------------------------------------------

    def _normalized(self, operation: str, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        name = Arguments(data).text("name", "")
        if name:
            self._responses.keep(name, {})  # what comes of it is kept below; one that is not sent has no instance
        try:
            arguments = Arguments(self._responses.resolved({key: one for key, one in data.items() if key != "name"}))
        except UnansweredError as error:
            return outcome(operation, "", "invalid_response", None, f"not sent: {error}")
        wanted = normalized.read_normalized(operation, arguments)
        proposed = [(one, DEFAULT_TRANSFER_SYNTAXES) for one in wanted.abstract_syntaxes]
        opened = self._open(address, arguments, contexts_of(arguments) or propose(*proposed))
        said = self._using(opened, operation, lambda held: normalized.performed_outcome(held, wanted))
        if name:
            self._responses.keep(name, said)
        return said

    def _commit(self, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        arguments = Arguments(data)
        chosen = self._chosen(arguments) if "references" not in arguments else []
        arguments.raw("instances")
        wanted = commitment.read_commitment(arguments, chosen)
        contexts = contexts_of(arguments) or propose((commitment.PUSH_MODEL, DEFAULT_TRANSFER_SYNTAXES))
        begin = self._events.count
        opened = self._open(address, arguments, contexts)
        asked = self._using(opened, "commit", lambda held: self._ask_commitment(held, wanted, begin))
        if not wanted.keep_open:
            self._wait_commitment(asked, wanted, begin)
        on = opened.requestor if isinstance(opened, Held) else None
        return commitment.commitment_outcome(asked, wanted, self._events.since(begin), on)

    def _ask_commitment(self, held: Held, wanted: Commitment, begin: int) -> Outcome:
        asked = commitment.ask(held, wanted)
        if wanted.keep_open:
            self._wait_commitment(asked, wanted, begin)
        return asked

    def _wait_commitment(self, asked: Outcome, wanted: Commitment, begin: int) -> None:
        """Wait for the event, and for further ones as long as that was asked for."""
        if commitment.nothing_asked(asked):
            return
        self._events.wait(begin, lambda events: self._is_stopping or wanted.is_reported(events), wanted.within_s)
        self._events.wait(begin, lambda events: self._is_stopping, wanted.linger_s)

    def _print(self, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        arguments = Arguments(data)
        wanted = printing.read_print(arguments, self._chosen(arguments))
        name = arguments.text("name", "")
        proposed = [(one, DEFAULT_TRANSFER_SYNTAXES) for one in wanted.abstract_syntaxes]
        opened = self._open(address, arguments, contexts_of(arguments) or propose(*proposed))
        said = self._using(opened, "print", lambda held: self._print_on(held, wanted))
        if name:
            self._responses.keep(name, printing.as_response(said))
        return said

    def _print_on(self, held: Held, wanted: Print) -> Outcome:
        begin = self._events.count
        work = Printing(wanted, held)
        work.run()
        if work.jobs:
            self._events.wait(begin, lambda events: self._is_stopping or work.is_over(events), wanted.within_s)
        return work.outcome([event for event in self._events.since(begin) if event.on is held.requestor])

    def _raw(self, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        arguments = Arguments(data)
        wanted = raw.read_raw(arguments)
        proposed = [(wanted.sop_class or VERIFICATION, DEFAULT_TRANSFER_SYNTAXES)]
        opened = self._open(address, arguments, contexts_of(arguments) or propose(*proposed))
        return self._using(opened, "raw", lambda held: raw.send(held, wanted))

    def _store_in_each_context(self, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        """Store an instance in each accepted context; where an association ends, go on with the contexts after it."""
        arguments = Arguments(data)
        left, ends = contexts_of(arguments), []
        samples = [one for one in self.instances if isinstance(one, Instance)]
        if not left:
            self._proposal(address, arguments, left)
        while left and not self._is_stopping:
            opened = self._open(address, arguments, left[:MAXIMUM_CONTEXTS], named=False)
            ended = self._using(opened, each_context.OPERATION, lambda held: each_context.store(held, samples))
            ends.append(ended)
            if "tried" not in ended:  # no association came about
                break
            left = left[int(str(ended["tried"])) :]
        return each_context.of_all(ends)

    @property
    def _is_stopping(self) -> bool:
        return self.stopping.is_set()


def _syntaxes(query: Query) -> tuple[str, ...]:
    return query.transfer_syntaxes or DEFAULT_TRANSFER_SYNTAXES


def _receiving_roles(contexts: Sequence[PresentationContextRQ]) -> tuple[SubItem, ...]:
    """Ask for the SCP role of each class proposed but those that are queried, or moved or got by (PS3.4 C.5.3)."""
    proposed = dict.fromkeys(context.abstract_syntax or "" for context in contexts)
    return tuple(RoleSelection(one, 0, 1) for one in proposed if one not in NOT_RECEIVED)


def _receiving(held: Held, query: Query, reception: Reception) -> Outcome:
    """Have the instances of a C-GET received while it runs."""
    handlers = observer_of(held).handlers
    handlers["C-STORE-RQ"] = reception.handle
    try:
        return queries.get(held, query)
    finally:
        handlers.pop("C-STORE-RQ", None)
