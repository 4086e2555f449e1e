"""The modality: a storage and verification SCU (PS3.4 Annexes A and B), which sends exactly what it is asked to.

Operations (`perform(operation, peer_address, arguments)`); scalars may be text:

==========  =======================================================================================================
echo        one C-ECHO; on an association of its own, or on a held one (`association`)
store       C-STORE of what it holds; `instances` (SOP Instance UIDs, or numbers from 1) chooses; `on_failure`
            (continue, stop); `associations` (one, each); `contexts` replaces what would be proposed; or on a held one
associate   propose exactly `contexts`: ``[{sop_class, transfer_syntaxes, context_id?}]``; then release, or with
            `hold: true` keep it, under the name `association`, for later operations. More contexts than one association
            has room for are proposed on several, one after the other. `count` opens so many associations; the last of
            them has the name, the others the name with their number
release     a held association (`association`; all, if none is named)
abort       likewise, with `source` and `reason`
==========  =======================================================================================================

What all that open an association take: `called_ae_title`, `calling_ae_title`, `maximum_length`,
`asynchronous_operations: {invoked, performed}`, `roles: [{sop_class, scu, scp}]`,
`extended_negotiation: [{sop_class, information}]`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from dicom_simulators.association import (
    VERIFICATION,
    Arguments,
    End,
    Established,
    Operation,
    Outcome,
    Proposal,
    Requestor,
    Simulator,
    Unsecured,
    contexts_of,
    of_end,
    of_status,
    outcome,
    propose,
    user_information_of,
)
from dicom_simulators.data_sets import Instance
from dicom_simulators.encoding import IMPLICIT_VR_LITTLE_ENDIAN
from dicom_simulators.scu.delivery import Delivery, Held, cut_short, status_of
from dicom_wire import Message, PresentationContextRQ, Recorder, SubItem

MAXIMUM_CONTEXTS = 128
MOST_ASSOCIATIONS = 1000
UNNAMED = "association"


OPENING = (
    *("called_ae_title", "called", "calling_ae_title", "calling", "peer", "maximum_length", "contexts"),
    *("asynchronous_operations", "roles", "extended_negotiation", "user_identity", "association"),
)


class Modality(Simulator):
    """A storage and verification SCU; it also answers C-ECHO."""

    ARGUMENTS: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType(
        {
            "echo": OPENING,
            "store": ("instances", "on_failure", "associations", *OPENING),
            "associate": ("hold", "count", *OPENING),
            "release": ("association",),
            "abort": ("association", "source", "reason"),
        }
    )

    def __init__(self, name: str, ae_title: str, recorder: Recorder, **options: Any) -> None:
        super().__init__(name, ae_title, recorder, **options)
        self._held: dict[str, Held] = {}
        self._failed: dict[str, End] = {}  # those that were to be held, and never came to be
        self._active: set[Requestor] = set()
        self._lock = threading.Lock()

    def operations(self) -> Mapping[str, Operation]:
        """Return its operations."""
        return {
            "echo": self._echo,
            "store": self._store,
            "associate": self._associate,
            "release": self._release,
            "abort": self._abort,
        }

    def perform(self, operation: str, peer_address: tuple[str, int] | None, arguments: Mapping[str, object]) -> Outcome:
        """Act as SCU; the outcome names the peer.

        Raises
        ------
        ValueError
            No such operation, or wrong arguments.
        """
        details = super().perform(operation, peer_address, arguments)
        return details if peer_address is None else {**details, "peer": self._peer_name(peer_address)}

    @property
    def held(self) -> tuple[str, ...]:
        """The names of the associations kept open."""
        with self._lock:
            return tuple(self._held)

    def stop(self) -> None:
        """End everything, held associations included."""
        self.stopping.set()
        with self._lock:
            requestors = [*self._active, *(held.requestor for held in self._held.values())]
            held, self._held = self._held, {}
        for requestor in requestors:
            requestor.interrupt()
        for entry in held.values():
            entry.requestor.close()
        super().stop()

    # -- operations -----------------------------------------------------------------------------------------------

    def _echo(self, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        arguments = Arguments(data)
        contexts = contexts_of(arguments) or propose((VERIFICATION, [IMPLICIT_VR_LITTLE_ENDIAN]))
        opened = self._open(address, arguments, contexts)
        return self._using(opened, "echo", self._echo_on)

    def _echo_on(self, held: Held) -> Outcome:
        context = held.established.find(VERIFICATION)
        if context is None:
            return outcome("echo", "", "not_accepted", None, "Verification was not accepted")
        command = held.requestor.command("C-ECHO-RQ", AffectedSOPClassUID=VERIFICATION)
        status = status_of(held.requestor, Message(context.context_id, command))
        if status is None:
            return cut_short(held.requestor, "echo")
        return outcome("echo", "", of_status(status), status)

    def _store(self, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        arguments = Arguments(data)
        chosen = self._chosen(arguments)
        if not chosen:
            raise ValueError(f"instances: {self.name} holds nothing to store")
        stops = arguments.choice("on_failure", ("continue", "stop")) == "stop"
        each = arguments.choice("associations", ("one", "each")) == "each"
        given = contexts_of(arguments)
        delivery = Delivery(stops)
        held_name = arguments.text("association", "") if "association" in arguments else ""
        if held_name:
            arguments.rest()
            self._using(self._find(held_name), "store", lambda held: delivery.send(held, chosen))
        else:
            for batch in _batches(chosen, 1 if each else len(chosen)):
                opened = self._open(address, arguments, given or propose(*_pairs(batch)))
                ended = self._using(opened, "store", lambda held, batch=batch: delivery.send(held, batch))
                if ended["result"] != "success" and delivery.note(ended, batch):
                    break
        return delivery.outcome()

    def _associate(self, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        arguments = Arguments(data)
        hold = arguments.truth("hold")
        name = arguments.text("association", UNNAMED)
        contexts, count = contexts_of(arguments), arguments.number("count", 1, MOST_ASSOCIATIONS)
        batches = [*in_batches(contexts)] or [contexts]
        if hold and len(batches) > 1:
            raise ValueError(f"contexts: {len(contexts)} are more than one association has room for")
        names = [f"{name} {number}" for number in range(1, count)] + [name]
        turns = ((each, batch) for each in names for batch in batches)
        return _of_all([self._associate_once(address, arguments, batch, hold, each) for each, batch in turns])

    def _associate_once(
        self,
        address: tuple[str, int],
        arguments: Arguments,
        contexts: tuple[PresentationContextRQ, ...],
        hold: bool,
        name: str,
    ) -> Outcome:
        opened = self._open(address, arguments, contexts, named=False)
        if not isinstance(opened, Held):
            if hold:
                with self._lock:
                    self._failed[name] = opened
            return {**outcome("associate", "", "failure"), **of_end(opened), "contexts": []}
        details = {
            "contexts": [
                {
                    "context_id": context.context_id,
                    "sop_class": context.abstract_syntax,
                    "result": context.result,
                    "transfer_syntax": context.transfer_syntax or None,
                }
                for context in opened.established.contexts
            ]
        }
        result = "success" if opened.established.accepted else "not_accepted"
        if hold:
            with self._lock:
                self._active.discard(opened.requestor)
                previous = self._held.pop(name, None)
                self._held[name] = opened
            if previous is not None:
                previous.requestor.release()
            return {**outcome("associate", "", result), **details, "association": name}
        ended = of_end(self._finish(opened.requestor))
        return {**outcome("associate", "", result), **(ended if ended["result"] != "success" else {}), **details}

    def _release(self, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        arguments = Arguments(data)
        held = self._take(arguments)
        arguments.rest()
        ends = [entry.requestor.release() if isinstance(entry, Held) else entry for entry in held]
        return _worst("release", [of_end(end) for end in ends])

    def _abort(self, address: tuple[str, int], data: Mapping[str, object]) -> Outcome:
        arguments = Arguments(data)
        source, reason = arguments.number("source", 0, 255), arguments.number("reason", 0, 255)
        held = self._take(arguments)
        arguments.rest()
        opened = [entry for entry in held if isinstance(entry, Held)]
        for entry in opened:
            entry.requestor.abort(source, reason)
        return outcome("abort", "", "success", None, f"{len(opened)} associations aborted")

    # -- associations ---------------------------------------------------------------------------------------------

    def _proposal(
        self,
        address: tuple[str, int],
        arguments: Arguments,
        contexts: tuple[PresentationContextRQ, ...],
        further: tuple[SubItem, ...] = (),
    ) -> tuple[Proposal, str]:
        """Read what is proposed, and the peer's name; ValueError for an argument that is left over."""
        proposal = Proposal(
            arguments.text("called_ae_title", arguments.text("called", "ANY-SCP")),
            arguments.text("calling_ae_title", arguments.text("calling", self.ae_title)),
            contexts,
            arguments.number("maximum_length", self.maximum_length),
            (*user_information_of(arguments), *further),
        )
        peer = arguments.text("peer", self._peer_name(address))
        arguments.finish()
        return proposal, peer

    def _open(
        self,
        address: tuple[str, int],
        arguments: Arguments,
        contexts: tuple[PresentationContextRQ, ...],
        named: bool = True,
        further: tuple[SubItem, ...] = (),
    ) -> Held | End:
        """Associate; or where an argument names a held association, return that."""
        if named and "association" in arguments:
            arguments.rest()
            return self._find(arguments.text("association"))
        proposal, peer = self._proposal(address, arguments, contexts, further)
        requestor = self.requestor(address, proposal, peer)
        with self._lock:
            self._active.add(requestor)
        established = requestor.associate()
        if isinstance(established, Unsecured):
            self.note(f"{address[0]}:{address[1]}: TLS refused: {established.detail}")
        if isinstance(established, Established):
            return Held(requestor, established)
        with self._lock:
            self._active.discard(requestor)
        return established

    def _peer_name(self, address: tuple[str, int]) -> str:
        return next((title for title, known in self.destinations.items() if known == address), "workstation")

    def _using(self, opened: Held | End, operation: str, act: Any) -> Outcome:
        """Act on an association; release it afterwards, unless it is a held one."""
        if not isinstance(opened, Held):
            return {**outcome(operation, "", "failure"), **of_end(opened)}
        result: Outcome = act(opened)
        with self._lock:
            kept = opened in self._held.values()
        if not kept:
            self._finish(opened.requestor)
        return result

    def _finish(self, requestor: Requestor) -> End:
        end = requestor.release()
        with self._lock:
            self._active.discard(requestor)
        return end

    def _find(self, name: str) -> Held | End:
        """Give a held association, or the end of one that the peer did not let come to be."""
        with self._lock:
            found = self._held.get(name) or self._failed.get(name)
        if found is None:
            raise ValueError(f"association: {self.name} has none named {name!r}")
        return found

    def _take(self, arguments: Arguments) -> list[Held | End]:
        """Take one held association, or all."""
        if "association" in arguments:
            name = arguments.text("association")
            found = self._find(name)
            with self._lock:
                self._held.pop(name, None)
            return [found]
        with self._lock:
            taken, self._held = list(self._held.values()), {}
        return [*taken]

    def _chosen(self, arguments: Arguments) -> list[Instance]:
        """Return the instances to be sent."""
        own = [instance for instance in self.instances if isinstance(instance, Instance)]
        given = arguments.raw("instances")
        if given is None:
            return own
        by_key = {instance.SOPInstanceUID: instance for instance in own}
        by_key.update({str(number): instance for number, instance in enumerate(own, start=1)})
        chosen = []
        for entry in given if isinstance(given, list | tuple) else [given]:
            if isinstance(entry, Instance):
                chosen.append(entry)
            elif str(entry) in by_key:
                chosen.append(by_key[str(entry)])
            else:
                raise ValueError(f"instances: {self.name} holds no {entry!r}")
        return chosen


def _pairs(instances: Iterable[Instance]) -> list[tuple[str, list[str]]]:
    """Return one presentation context for each SOP Class and transfer syntax."""
    pairs = dict.fromkeys((instance.SOPClassUID, instance.transfer_syntax) for instance in instances)
    return [(sop_class, [transfer_syntax]) for sop_class, transfer_syntax in pairs]


def _batches(instances: Sequence[Instance], size: int) -> list[list[Instance]]:
    """Split into associations: at most `size` instances, and no more presentation contexts than there are IDs."""
    batches: list[list[Instance]] = []
    for instance in instances:
        last = batches[-1] if batches else None
        if last is None or len(last) >= size or len(_pairs([*last, instance])) > MAXIMUM_CONTEXTS:
            batches.append([instance])
        else:
            last.append(instance)
    return batches


def in_batches(contexts: tuple[PresentationContextRQ, ...]) -> Iterator[tuple[PresentationContextRQ, ...]]:
    """Split proposed contexts into associations."""
    for start in range(0, len(contexts), MAXIMUM_CONTEXTS):
        yield contexts[start : start + MAXIMUM_CONTEXTS]


def _of_all(ends: list[Outcome]) -> Outcome:
    """Tell of several associations: how the first bad one ended, and every context; success if any has one."""
    bad = next((end for end in ends if end["result"] not in ("success", "not_accepted")), None)
    good = next((end for end in reversed(ends) if end["result"] == "success"), ends[-1])
    return {**(bad or good), "contexts": _contexts_of_all(ends)}


def _contexts_of_all(ends: list[Outcome]) -> list[object]:
    return [context for end in ends if isinstance(told := end["contexts"], list) for context in told]


def _worst(operation: str, ends: list[Outcome]) -> Outcome:
    worst = next((end for end in ends if end["result"] != "success"), {"result": "success", "detail": "released"})
    return {**outcome(operation, "", "success"), **worst}
