"""Mutants of how messages are cut, counted and repeated: contexts, fragments, lengths, elements, second responses.

`ACCEPTORS` are caught by cases of `scp/`, played against the archive simulator; `REQUESTORS` by cases of `scu/`, played
against the workstation. Each scenario with which one is named is played whole against an acceptor, and in one case
against a requestor.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dicom_simulators.association import acceptor, incoming, negotiation
from dicom_simulators.association.incoming import Incoming, Invalid
from dicom_simulators.association.upper_layer import UpperLayer
from dicom_wire import Message, PresentationContextAC
from dicom_wire.capture import Side
from dicom_workstation.network.requestor import Requestor
from dicom_workstation.network.upper_layer import messages
from dicom_workstation.network.upper_layer.association import Association
from dicom_workstation.network.upper_layer.provider import UpperLayer as Provider
from dicom_workstation.network.upper_layer.reception import Reception
from mutants_of_the_upper_layer import mutants_in_cases, says_nothing_of_what_is_malformed
from mutation import Mutate, Patch

LARGE_BYTES = 64 << 20
CONTEXTS = 64


# -- the acceptor that simulators share


def answers_no_more_than_64_contexts(patch: Patch) -> None:
    """Of the presentation contexts that are proposed, the first 64 have a result."""

    def negotiate(*given: Any) -> Any:
        agreement = answered(*given)
        if not isinstance(agreement, negotiation.Agreement):
            return agreement
        items = agreement.acceptance.items
        results = [each for each in items if isinstance(each, PresentationContextAC)]
        kept = tuple(each for each in items if each not in results[CONTEXTS:])
        return replace(agreement, acceptance=replace(agreement.acceptance, items=kept))

    answered = patch.set(acceptor, "negotiate", negotiate)


def _passes_over(patch: Patch, on: Any) -> None:
    """Have the acceptor pass over the messages that `on` picks."""

    def take(self: Any, item: Any) -> Any:
        is_picked = isinstance(item, Message) and self.connection.side is Side.ACCEPTOR and on(item)
        return None if is_picked else taken(self, item)

    taken = patch.set(UpperLayer, "_take", take)


def serves_no_third_context(patch: Patch) -> None:
    """A request in the third presentation context is passed over."""
    _passes_over(patch, lambda message: message.context_id == 5)


def passes_over_elements_that_come_twice(patch: Patch) -> None:
    """A command set with an element that comes twice is passed over."""

    def comes_twice(message: Message) -> bool:
        tags = [element.tag for element in message.command.elements]
        return len(tags) > len(set(tags))

    _passes_over(patch, comes_twice)


def leaves_at_large_instances(patch: Patch) -> None:
    """The connection is closed when a data set of more than 64 MiB has come."""

    def take(self: Any, item: Any) -> Any:
        if isinstance(item, Message) and len(item.data_set or b"") > LARGE_BYTES:
            self.connection.close()
            return None
        return taken(self, item)

    taken = patch.set(UpperLayer, "_take", take)


def takes_any_length(patch: Patch) -> None:
    """A P-DATA-TF is read whatever its length, although a maximum length is announced."""

    def step(self: Any) -> Any:
        self.maximum_length = 0
        return stepped(self)

    stepped = patch.set(Incoming, "_step_pdu", step)


def sends_eight_bytes_to_whoever_takes_fewer(patch: Patch) -> None:
    """Where no fragment fits into the maximum length announced, the shortest one is sent all the same."""
    patch.set(negotiation, "leaves_room", lambda offered: True)
    patch.set(acceptor, "usable_length", lambda offered: max(offered, 8) if offered else 0)


def mixes_the_fragments_of_contexts(patch: Patch) -> None:
    """Fragments make a message in the order in which they come, whatever their presentation context, and never end."""

    def open_pdv(self: Any, length: int, context_id: int, flags: int) -> Any:
        if self._fragments and context_id != self._context_id:
            flags &= ~2
            context_id = self._context_id
        return opened(self, length, context_id, flags)

    opened = patch.set(incoming.Incoming, "_open_pdv", open_pdv)


ACCEPTORS = mutants_in_cases(
    "scp",
    {
        answers_no_more_than_64_contexts: ("negotiation", ("upper_layer/lawful-requests",)),
        serves_no_third_context: ("dimse", ("upper_layer/contexts-in-turn",)),
        passes_over_elements_that_come_twice: ("pdu", ("verification/wrong-commands",)),
        leaves_at_large_instances: ("dimse", ("storage/above-64-mib",)),
        takes_any_length: ("pdu", ("upper_layer/huge-data",)),
        sends_eight_bytes_to_whoever_takes_fewer: ("pdu", ("upper_layer/tiny-limits",)),
        mixes_the_fragments_of_contexts: ("pdu", ("upper_layer/wrong-fragments",)),
        says_nothing_of_what_is_malformed: ("pdu", ("upper_layer/wrong-fragments",)),
    },
)


def aborts_at_odd_fragments(patch: Patch) -> None:
    """A fragment of odd length is taken for an error, as PS3.8 E.1 allows no such fragment."""

    def open_pdv(self: Any, length: int, context_id: int, flags: int) -> Any:
        return Invalid(6, "an odd fragment") if length % 2 else opened(self, length, context_id, flags)

    opened = patch.set(incoming.Incoming, "_open_pdv", open_pdv)


def puts_up_with_interleaving(patch: Patch) -> None:
    """The fragments of one message may come in two presentation contexts."""

    def open_pdv(self: Any, length: int, context_id: int, flags: int) -> Any:
        return opened(self, length, self._context_id if self._fragments else context_id, flags)

    opened = patch.set(incoming.Incoming, "_open_pdv", open_pdv)


LAWFUL_ACCEPTORS: tuple[Mutate, ...] = (aborts_at_odd_fragments, puts_up_with_interleaving)
"""What an acceptor may make of fragments that break the rules; none of it may be caught."""


# -- the workstation as requestor


def requestor_takes_any_length(patch: Patch) -> None:
    """A P-DATA-TF is read whatever its length, although a maximum length is announced."""

    def header_fault(self: Any, pdu_type: int, length: int) -> Any:
        return None if pdu_type == 4 else found(self, pdu_type, length)

    found = patch.set(Reception, "_header_fault", header_fault)


def requestor_sends_what_does_not_fit(patch: Patch) -> None:
    """P-DATA-TF PDUs are of 64 bytes where the acceptor takes fewer."""

    def establish(self: Any, ours: Any, peers: Any) -> None:
        agreed(self, ours, peers)
        self.peer_maximum_length = max(self.peer_maximum_length, 64)

    agreed = patch.set(Association, "establish", establish)


def requestor_asks_again(patch: Patch) -> None:
    """Each request is sent twice."""

    def send(self: Any, request: Any, context_id: int) -> None:
        sent(self, request, context_id)
        sent(self, request, context_id)

    sent = patch.set(Requestor, "send", send)


def requestor_takes_the_next_response(patch: Patch) -> None:
    """The next response that comes is taken for the one that is awaited."""

    def receive(self: Any, kind: Any, context_id: int, message_id: int = 1, *given: Any, **named: Any) -> Any:
        awaited.append(message_id)
        return received(self, kind, context_id, message_id, *given, **named)

    def await_message(self: Any, *given: Any) -> Any:
        context_id, message = came(self, *given)
        if message is not None and message.MessageIDBeingRespondedTo is not None:
            message.MessageIDBeingRespondedTo = awaited[-1]
        return context_id, message

    awaited: list[int] = []
    received = patch.set(Requestor, "receive", receive)
    came = patch.set(Requestor, "_await_message", await_message)


def requestor_stumbles_over_what_is_unknown(patch: Patch) -> None:
    """A response with an element that it does not know is a fault of its own."""

    def receive(self: Any, *given: Any, **named: Any) -> Any:
        response = received(self, *given, **named)
        if unknown:
            raise KeyError(unknown[0])
        return response

    def leave_out(command: Any) -> Any:
        unknown.extend(element.tag for element in command if element.tag == 0x00000999)
        return left_out(command)

    unknown: list[Any] = []
    received = patch.set(Requestor, "receive", receive)
    left_out = patch.set(messages, "_leave_out_what_cannot_be_held", leave_out)


def requestor_sends_no_more_than_64_mib(patch: Patch) -> None:
    """What a data set has beyond 64 MiB is left out."""

    def stream(self: Any, context_id: int, data_set: Any, maximum_length: int) -> None:
        least = min(data_set.length_bytes, LARGE_BYTES)
        sent(self, context_id, replace(data_set, length_bytes=least), maximum_length)

    sent = patch.set(Provider, "send_stream", stream)


REQUESTORS = mutants_in_cases(
    "scu",
    {
        requestor_takes_any_length: ("pdu", ("upper_layer/huge-data",)),
        requestor_sends_what_does_not_fit: ("pdu", ("upper_layer/tiny-limits[8]", "upper_layer/tiny-limits[1]")),
        requestor_asks_again: ("dimse", ("verification/response-twice",)),
        requestor_takes_the_next_response: ("outcome", ("storage/response-twice",)),
        requestor_stumbles_over_what_is_unknown: ("outcome", ("verification/doubtful-responses[unknown_element]",)),
        requestor_sends_no_more_than_64_mib: ("store", ("storage/above-64-mib",)),
    },
)
