"""Mutants of the upper layer: one deviation each, of the acceptor that our simulators share and of the workstation.

Each of them is played in every scenario that it is named with. `ACCEPTORS` are caught by cases of `scp/`, played
against the archive simulator; `REQUESTORS` by cases of `scu/`, played against the workstation. Where two checks may
notice first, both are named.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pynetdicom.fsm import TRANSITION_TABLE

from dicom_simulators.association import acceptor, incoming, negotiation
from dicom_simulators.association.incoming import Invalid
from dicom_simulators.association.upper_layer import UpperLayer
from dicom_wire import AAbort, AAssociateRJ, AReleaseRP, UnknownItem, UserInformation
from dicom_wire.capture import Side
from dicom_wire.state import Event, State
from dicom_workstation.network.requestor import Requestor
from dicom_workstation.network.upper_layer import AssociationSocket, StateMachine
from dicom_workstation.network.upper_layer.association import Association
from dicom_workstation.network.upper_layer.reception import Reception
from mutation import Mutant, Mutate, Patch

A_ABORT = bytes.fromhex("07000000000400000000")
PDU_EVENTS = ("Evt3", "Evt4", "Evt6", "Evt12", "Evt13", "Evt16")
"""Events whose PDU waits for whoever acts on them."""
UNEXPECTED = (Event.Evt3, Event.Evt4, Event.Evt6, Event.Evt13, Event.Evt19)
Act = Callable[[Any, Event, Any, Callable[..., Any]], Any]


def mutants_in_cases(prefix: str, played: Mapping[Mutate, tuple[str, tuple[str, ...]]]) -> tuple[Mutant, ...]:
    """Make a mutant of each deviation and each case in which it is played."""
    return tuple(
        Mutant(
            f"{mutate.__name__.replace('_', '-')}-{case}",
            (mutate.__doc__ or "").strip(),
            f"{prefix}/{case}",
            check,
            mutate,
        )
        for mutate, (check, cases) in played.items()
        for case in cases
    )


# -- the acceptor that simulators share


def _on_event(patch: Patch, act: Act) -> None:
    """Let `act` have each event of an acceptor, with what would be done of it."""

    def event(self: Any, what: Event, cause: Any) -> Any:
        if self.connection.side is not Side.ACCEPTOR:
            return done(self, what, cause)
        return act(self, what, cause, lambda: done(self, what, cause))

    done = patch.set(UpperLayer, "_event", event)


def _with_last(patch: Patch, change: Callable[[Any], Any]) -> None:
    """Change the last PDU that an acceptor sends."""

    def send_last(self: Any, pdu: Any, end: Any, *delivery: Any) -> Any:
        return sent(self, change(pdu) if self.connection.side is Side.ACCEPTOR else pdu, end, *delivery)

    sent = patch.set(UpperLayer, "_send_last", send_last)


def names_the_other_source(patch: Patch) -> None:
    """An A-ABORT of the service-user is that of the service-provider, and the other way round."""
    _with_last(patch, lambda pdu: replace(pdu, source=2 - pdu.source) if isinstance(pdu, AAbort) else pdu)


def names_an_unfit_reason(patch: Patch) -> None:
    """Each A-ABORT names an invalid parameter value."""
    _with_last(patch, lambda pdu: replace(pdu, reason=6) if isinstance(pdu, AAbort) else pdu)


def ignores_what_is_unexpected(patch: Patch) -> None:
    """A PDU that cannot come is passed over."""

    def act(self: Any, what: Event, cause: Any, do: Callable[[], Any]) -> Any:
        return None if what in UNEXPECTED and self.state is State.Sta6 else do()

    _on_event(patch, act)


def closes_instead_of_aborting(patch: Patch) -> None:
    """Where the table has it abort, the connection is closed without a word."""

    def send_last(self: Any, pdu: Any, end: Any, *delivery: Any) -> Any:
        if isinstance(pdu, AAbort) and self.connection.side is Side.ACCEPTOR:
            self.connection.close()
            return end
        return sent(self, pdu, end, *delivery)

    sent = patch.set(UpperLayer, "_send_last", send_last)


def accepts_whatever_comes_first(patch: Patch) -> None:
    """Before the A-ASSOCIATE-RQ every other PDU is passed over."""

    def act(self: Any, what: Event, cause: Any, do: Callable[[], Any]) -> Any:
        passed = what in (*UNEXPECTED, Event.Evt10, Event.Evt12) and what is not Event.Evt6
        return None if passed and self.state is State.Sta2 else do()

    _on_event(patch, act)


def answers_an_abort(patch: Patch) -> None:
    """An A-ABORT is answered by another one."""

    def act(self: Any, what: Event, cause: Any, do: Callable[[], Any]) -> Any:
        if what is Event.Evt16:
            self.attempt(AAbort(0, 0))
        return do()

    _on_event(patch, act)


def stays_open_after_an_abort(patch: Patch) -> None:
    """When it is aborted, the connection is left to the peer to close."""

    def act(self: Any, what: Event, cause: Any, do: Callable[[], Any]) -> Any:
        return None if what is Event.Evt16 else do()

    _on_event(patch, act)


def aborts_again_at_everything(patch: Patch) -> None:
    """What comes while the end of the connection is awaited leads to an A-ABORT."""

    def act(self: Any, what: Event, cause: Any, do: Callable[[], Any]) -> Any:
        if self.state is State.Sta13 and what not in (Event.Evt16, Event.Evt17, Event.Evt18):
            self.attempt(AAbort(2, 2))
        return do()

    _on_event(patch, act)


def is_deaf_after_the_end(patch: Patch) -> None:
    """Nothing that comes while the end of the connection is awaited has an effect."""

    def act(self: Any, what: Event, cause: Any, do: Callable[[], Any]) -> Any:
        return None if self.state is State.Sta13 and what is not Event.Evt17 else do()

    _on_event(patch, act)


def says_more_than_it_is_asked(patch: Patch) -> None:
    """An A-RELEASE-RP is sent before the A-ASSOCIATE-AC."""

    def act(self: Any, what: Event, cause: Any, do: Callable[[], Any]) -> Any:
        if what is Event.Evt6 and self.state is State.Sta2 and cause.calling_ae_title == "CLIENT":
            self.attempt(AReleaseRP())
        return do()

    _on_event(patch, act)


def tests_the_whole_protocol_version(patch: Patch) -> None:
    """A protocol version other than 1 is rejected, whatever its bit 0."""

    def act(self: Any, what: Event, cause: Any, do: Callable[[], Any]) -> Any:
        if what is Event.Evt6 and self.state is State.Sta2 and cause.protocol_version != 1:
            cause = replace(cause, protocol_version=0)
            return event(self, what, cause)
        return do()

    event = UpperLayer._event
    _on_event(patch, act)


def takes_any_protocol_version(patch: Patch) -> None:
    """The protocol version is not tested."""

    def act(self: Any, what: Event, cause: Any, do: Callable[[], Any]) -> Any:
        if what is Event.Evt6 and self.state is State.Sta2 and cause.protocol_version != 1:
            return event(self, what, replace(cause, protocol_version=1))
        return do()

    event = UpperLayer._event
    _on_event(patch, act)


def leaves_releases_unanswered(patch: Patch) -> None:
    """An A-RELEASE-RQ has no effect."""

    def act(self: Any, what: Event, cause: Any, do: Callable[[], Any]) -> Any:
        return None if what is Event.Evt12 and self.state is State.Sta6 else do()

    _on_event(patch, act)


def answers_a_release_twice(patch: Patch) -> None:
    """An A-RELEASE-RQ is answered by two A-RELEASE-RP."""

    def send_last(self: Any, pdu: Any, end: Any, *delivery: Any) -> Any:
        if isinstance(pdu, AReleaseRP) and self.connection.side is Side.ACCEPTOR:
            self.attempt(pdu)
        return sent(self, pdu, end, *delivery)

    sent = patch.set(UpperLayer, "_send_last", send_last)


def _falls_ill(patch: Patch, on: Callable[[Any, Event], bool]) -> None:
    """After an event that `on` picks, every association is rejected."""
    ill: list[bool] = []

    def act(self: Any, what: Event, cause: Any, do: Callable[[], Any]) -> Any:
        if on(self, what):
            ill.append(True)
        return do()

    def negotiate(*given: Any) -> Any:
        return AAssociateRJ(2, 3, 2) if ill else answered(*given)

    _on_event(patch, act)
    answered = patch.set(acceptor, "negotiate", negotiate)


def falls_ill_when_a_connection_is_closed(patch: Patch) -> None:
    """After a connection was closed before its time no association is accepted."""
    _falls_ill(patch, lambda self, what: what is Event.Evt17 and self.state in (State.Sta2, State.Sta3, State.Sta6))


def falls_ill_when_a_connection_ends_early(patch: Patch) -> None:
    """After a connection ended amid a release no association is accepted."""
    seen: list[Event] = []

    def on(self: Any, what: Event) -> bool:
        if what is Event.Evt17:
            seen.append(what)
        return len(seen) > 1

    _falls_ill(patch, on)


def serves_no_request_that_comes_early(patch: Patch) -> None:
    """P-DATA-TF that comes as soon as the association is there is lost."""
    patch.set(UpperLayer, "_take", _losing(UpperLayer._take))


def _losing(taken: Callable[..., Any]) -> Callable[..., Any]:
    lost: list[object] = []

    def take(self: Any, item: Any) -> Any:
        is_message = self.connection.side is Side.ACCEPTOR and hasattr(item, "command")
        if is_message and item.command.get("MessageID") == 7:
            lost.append(item)
            return None
        return taken(self, item)

    return take


def says_nothing_of_what_is_malformed(patch: Patch) -> None:
    """A PDU or a message that cannot be read is passed over."""

    def take(self: Any, item: Any) -> Any:
        return None if isinstance(item, Invalid) and self.connection.side is Side.ACCEPTOR else taken(self, item)

    taken = patch.set(UpperLayer, "_take", take)


def takes_malformed_requests(patch: Patch) -> None:
    """An A-ASSOCIATE-RQ is accepted whatever is missing or doubled in it, as far as it can be read."""
    patch.set(incoming, "REFUSED_IN_REQUESTS", frozenset())


def takes_any_application_context(patch: Patch) -> None:
    """The application context is not looked at."""

    def negotiate(request: Any, policy: Any) -> Any:
        usual = replace(request, items=(items_of_usual(request)))
        return answered(usual, policy)

    def items_of_usual(request: Any) -> tuple[Any, ...]:
        return tuple(
            replace(item, name=negotiation.APPLICATION_CONTEXT) if hasattr(item, "name") else item
            for item in request.items
        )

    answered = patch.set(acceptor, "negotiate", negotiate)


def _insists(patch: Patch, on: Callable[[Any], bool]) -> None:
    def negotiate(request: Any, policy: Any) -> Any:
        return answered(request, policy) if on(request) else AAssociateRJ(1, 1, 1)

    answered = patch.set(acceptor, "negotiate", negotiate)


def _sub_items(request: Any) -> tuple[Any, ...]:
    return tuple(each for item in request.items if isinstance(item, UserInformation) for each in item.sub_items)


def rejects_unknown_items(patch: Patch) -> None:
    """An A-ASSOCIATE-RQ with an item or sub-item that it does not know is rejected."""
    _insists(
        patch,
        lambda request: not any(isinstance(each, UnknownItem) for each in (*request.items, *_sub_items(request))),
    )


def rejects_without_a_version_name(patch: Patch) -> None:
    """A requestor that gives no Implementation Version Name is rejected."""
    _insists(patch, lambda request: bool(request.implementation_version_name))


def rejects_without_a_limit(patch: Patch) -> None:
    """A requestor that announces no limit is rejected."""
    _insists(patch, lambda request: bool(request.maximum_length))


def tests_reserved_fields(patch: Patch) -> None:
    """A requestor that fills a reserved field is rejected."""
    _insists(patch, lambda request: not request.reserved)


def _refuses_pdvs(patch: Patch, on: Callable[[int, int], bool]) -> None:
    def open_pdv(self: Any, length: int, context_id: int, flags: int) -> Any:
        return Invalid(6, "a PDV that is not liked") if on(length, flags) else opened(self, length, context_id, flags)

    opened = patch.set(incoming.Incoming, "_open_pdv", open_pdv)


def tests_reserved_bits(patch: Patch) -> None:
    """A PDV whose reserved bits are set is taken for an error."""
    _refuses_pdvs(patch, lambda length, flags: bool(flags & 0xFC))


def takes_no_empty_fragment(patch: Patch) -> None:
    """A fragment without a byte is taken for an error."""
    _refuses_pdvs(patch, lambda length, flags: length == 2)


def takes_no_fragments_of_a_command(patch: Patch) -> None:
    """A command set that comes in several fragments is taken for an error."""
    _refuses_pdvs(patch, lambda length, flags: flags & 3 == 1)


def cuts_message_ids(patch: Patch) -> None:
    """Of a Message ID fifteen bits are kept."""

    def answer_to(request: Any, response: Any) -> Any:
        made = answered(request, response)
        return made.changed(MessageIDBeingRespondedTo=made.number("MessageIDBeingRespondedTo") & 0x7FFF)

    answered = patch.set(acceptor, "answer_to", answer_to)


ACCEPTORS = mutants_in_cases(
    "scp",
    {
        names_the_other_source: (
            "pdu",
            ("upper_layer/request-awaited", "upper_layer/request-and-another-pdu", "upper_layer/unexpected-pdu"),
        ),
        names_an_unfit_reason: ("pdu", ("upper_layer/unexpected-pdu",)),
        ignores_what_is_unexpected: ("pdu", ("upper_layer/unexpected-pdu",)),
        closes_instead_of_aborting: (
            "pdu",
            ("upper_layer/request-awaited", "upper_layer/request-and-another-pdu", "upper_layer/wrong-data"),
        ),
        accepts_whatever_comes_first: ("pdu", ("upper_layer/request-awaited",)),
        answers_an_abort: (
            "pdu",
            (
                "upper_layer/aborted",
                "upper_layer/aborted-before-the-request",
                "upper_layer/request-and-abort",
                "upper_layer/release-and-abort",
                "upper_layer/after-release-abort",
            ),
        ),
        stays_open_after_an_abort: ("outcome", ("upper_layer/aborted", "upper_layer/aborted-before-the-request")),
        aborts_again_at_everything: (
            "pdu",
            ("upper_layer/after-the-end-pdu-ignored", "upper_layer/after-release-pdu-ignored"),
        ),
        is_deaf_after_the_end: (
            "outcome",
            ("upper_layer/after-the-end-pdu-aborted", "upper_layer/after-release-pdu-aborted"),
        ),
        says_more_than_it_is_asked: ("pdu", ("upper_layer/connection",)),
        tests_the_whole_protocol_version: ("pdu", ("upper_layer/request-answered",)),
        takes_any_protocol_version: ("pdu", ("upper_layer/request-answered",)),
        leaves_releases_unanswered: (
            "pdu",
            ("upper_layer/data-and-release", "upper_layer/release-and-another-pdu", "upper_layer/request-and-data"),
        ),
        answers_a_release_twice: ("pdu", ("upper_layer/data-and-release",)),
        falls_ill_when_a_connection_is_closed: (
            "dimse or association",
            ("upper_layer/closed-before-the-request", "upper_layer/closed"),
        ),
        falls_ill_when_a_connection_ends_early: (
            "dimse or association",
            ("upper_layer/request-and-close", "upper_layer/release-and-close", "upper_layer/after-release-close"),
        ),
        serves_no_request_that_comes_early: ("pdu", ("upper_layer/data-and-release", "upper_layer/request-and-data")),
        says_nothing_of_what_is_malformed: ("pdu", ("upper_layer/wrong-data", "verification/wrong-commands")),
        takes_malformed_requests: ("pdu", ("upper_layer/wrong-requests",)),
        takes_any_application_context: ("pdu", ("upper_layer/wrong-requests",)),
        rejects_unknown_items: ("pdu", ("upper_layer/lawful-requests",)),
        rejects_without_a_version_name: ("pdu", ("upper_layer/lawful-requests",)),
        rejects_without_a_limit: ("pdu", ("upper_layer/lawful-requests",)),
        tests_reserved_fields: ("pdu", ("upper_layer/lawful-requests",)),
        tests_reserved_bits: ("dimse", ("upper_layer/lawful-data",)),
        takes_no_empty_fragment: ("dimse", ("upper_layer/lawful-data",)),
        takes_no_fragments_of_a_command: ("dimse", ("upper_layer/lawful-data",)),
        cuts_message_ids: ("dimse", ("verification/lawful-commands",)),
    },
)


def leaves_reasons_open(patch: Patch) -> None:
    """Each A-ABORT leaves its reason unspecified, as a provider may."""
    _with_last(patch, lambda pdu: replace(pdu, reason=0) if isinstance(pdu, AAbort) else pdu)


def closes_at_once_after_its_last_word(patch: Patch) -> None:
    """The ARTIM timer is so short that the connection is closed as soon as nothing more is to be said."""

    def send_last(self: Any, pdu: Any, end: Any, *delivery: Any) -> Any:
        if self.connection.side is not Side.ACCEPTOR:
            return sent(self, pdu, end, *delivery)
        self.attempt(pdu)
        self.connection.close()
        return end

    sent = patch.set(UpperLayer, "_send_last", send_last)


LAWFUL_ACCEPTORS: tuple[Mutate, ...] = (leaves_reasons_open, closes_at_once_after_its_last_word)
"""What an acceptor may do; none of it may be caught."""


# -- the workstation as requestor


def _on_action(patch: Patch, act: Callable[[Any, str, Callable[[], None]], None]) -> None:
    """Let `act` have each event of a requestor, with what would be done of it."""

    def do_action(self: Any, event: str) -> None:
        if not self.dul.assoc.is_requestor:
            return done(self, event)
        return act(self, event, lambda: done(self, event))

    done = patch.set(StateMachine, "do_action", do_action)


def _pass_over(machine: Any, event: str) -> None:
    if event in PDU_EVENTS:
        machine.dul._recv_pdu.get_nowait()


def _unexpected(machine: Any, event: str) -> bool:
    return TRANSITION_TABLE.get((event, machine.current_state)) == "AA-8"


def requestor_names_the_user_as_source(patch: Patch) -> None:
    """Where the provider aborts, the A-ABORT is that of the service-user."""

    def act(machine: Any, event: str, do: Callable[[], None]) -> None:
        if not _unexpected(machine, event):
            return do()
        send = machine.dul.socket.send
        machine.dul.socket.send = lambda data: send(A_ABORT if data[:1] == b"\7" else data)
        do()
        machine.dul.socket.send = send
        return None

    _on_action(patch, act)


def requestor_ignores_what_is_unexpected(patch: Patch) -> None:
    """A PDU that cannot come is passed over."""

    def act(machine: Any, event: str, do: Callable[[], None]) -> None:
        if _unexpected(machine, event):
            return _pass_over(machine, event)
        return do()

    _on_action(patch, act)


def requestor_answers_an_abort(patch: Patch) -> None:
    """An A-ABORT is answered by another one."""

    def act(machine: Any, event: str, do: Callable[[], None]) -> None:
        if event == "Evt16":
            machine.dul.socket.send(A_ABORT)
        do()

    _on_action(patch, act)


def requestor_leaves_connections_open(patch: Patch) -> None:
    """A connection is left to the acceptor to close."""
    kept: list[socket.socket] = []

    def shut_down(self: Any) -> None:
        if self.socket is not None:
            kept.append(self.socket)

    patch.set(AssociationSocket, "_shutdown_socket", shut_down)
    patch.afterwards(lambda: [each.close() for each in kept])


def requestor_leaves_a_collision_unanswered(patch: Patch) -> None:
    """The release that the acceptor asks for at the same time has no effect."""

    def act(machine: Any, event: str, do: Callable[[], None]) -> None:
        if event == "Evt12" and machine.current_state == "Sta7":
            return _pass_over(machine, event)
        return do()

    _on_action(patch, act)


def requestor_aborts_again_at_everything(patch: Patch) -> None:
    """What comes while the end of the connection is awaited leads to an A-ABORT."""

    def act(machine: Any, event: str, do: Callable[[], None]) -> None:
        if machine.current_state == "Sta13" and event not in ("Evt16", "Evt17", "Evt18"):
            machine.dul.socket.send(A_ABORT)
        do()

    _on_action(patch, act)


def requestor_is_deaf_after_the_end(patch: Patch) -> None:
    """Nothing that comes while the end of the connection is awaited has an effect."""

    def act(machine: Any, event: str, do: Callable[[], None]) -> None:
        if machine.current_state == "Sta13" and event not in ("Evt17", "Evt18"):
            return _pass_over(machine, event)
        return do()

    _on_action(patch, act)
    patch.set(Association, "linger", lambda self, timeout_s=None: self.dul.wait(lambda: False, 8.0))


def requestor_takes_no_data_while_it_releases(patch: Patch) -> None:
    """P-DATA-TF that comes before the release is answered leads to an A-ABORT of the provider."""

    def receive(self: Any, raw: memoryview) -> None:
        if self.state_machine.current_state == "Sta7" and self.assoc.is_requestor:
            raise ValueError("P-DATA-TF amid a release")
        taken(self, raw)

    taken = patch.set(Reception, "_take_p_data", receive)


def requestor_leaves_releases_unanswered(patch: Patch) -> None:
    """A release that the acceptor asks for has no effect."""

    def act(machine: Any, event: str, do: Callable[[], None]) -> None:
        return _pass_over(machine, event) if event == "Evt12" else do()

    _on_action(patch, act)


def requestor_is_deaf_to_releases(patch: Patch) -> None:
    """A release that the acceptor asks for has no effect, and neither has a PDU that cannot come."""

    def act(machine: Any, event: str, do: Callable[[], None]) -> None:
        return _pass_over(machine, event) if event == "Evt12" or _unexpected(machine, event) else do()

    _on_action(patch, act)


def requestor_aborts_what_is_accepted(patch: Patch) -> None:
    """An association that is accepted is aborted."""

    def act(machine: Any, event: str, do: Callable[[], None]) -> None:
        do()
        if event == "Evt3" and machine.current_state == "Sta6":
            machine.dul.socket.send(A_ABORT)

    _on_action(patch, act)


def requestor_aborts_instead_of_releasing(patch: Patch) -> None:
    """An association is ended by an abort."""
    patch.set(Requestor, "release", lambda self: self.abort())


def requestor_releases_first(patch: Patch) -> None:
    """An A-RELEASE-RP is sent before the A-ASSOCIATE-RQ."""

    def act(machine: Any, event: str, do: Callable[[], None]) -> None:
        if event == "Evt2":
            machine.dul.socket.send(bytes.fromhex("06000000000400000000"))
        do()

    _on_action(patch, act)


def requestor_falls_ill_when_a_connection_is_closed(patch: Patch) -> None:
    """After an acceptor has closed a connection no other one is opened."""
    ill: list[bool] = []

    def act(machine: Any, event: str, do: Callable[[], None]) -> None:
        if event == "Evt17":
            ill.append(True)
        do()

    def connect(self: Any, address: Any) -> None:
        if ill:
            raise OSError(113, "out of order")
        connected(self, address)

    _on_action(patch, act)
    connected = patch.set(AssociationSocket, "_connect", connect)


def requestor_uses_contexts_that_were_refused(patch: Patch) -> None:
    """Every context that is answered counts as accepted, whatever its result."""

    def take(self: Any, answer: Any) -> None:
        for context in answer.presentation_context_definition_results_list:
            context.result = 0x00
        taken(self, answer)

    taken = patch.set(Requestor, "_take_answer", take)


def requestor_says_nothing_of_what_is_malformed(patch: Patch) -> None:
    """A PDU that cannot be read is passed over."""

    def act(machine: Any, event: str, do: Callable[[], None]) -> None:
        return None if event == "Evt19" else do()

    _on_action(patch, act)


def requestor_takes_any_response(patch: Patch) -> None:
    """A response is taken for the one that is awaited, whatever its Message ID."""

    def await_message(self: Any, *given: Any) -> Any:
        context_id, message = awaited(self, *given)
        if message is not None and message.MessageIDBeingRespondedTo is not None:
            message.MessageIDBeingRespondedTo = 1
        return context_id, message

    awaited = patch.set(Requestor, "_await_message", await_message)


REQUESTORS = mutants_in_cases(
    "scu",
    {
        requestor_names_the_user_as_source: (
            "pdu",
            (
                "upper_layer/answer-awaited",
                "upper_layer/unexpected-pdu",
                "upper_layer/release-answered-by-another-pdu",
                "upper_layer/collision-and-another-pdu",
                "upper_layer/after-collision-another-pdu",
            ),
        ),
        requestor_ignores_what_is_unexpected: (
            "pdu",
            ("upper_layer/answer-awaited", "upper_layer/unexpected-pdu", "upper_layer/after-collision-another-pdu"),
        ),
        requestor_answers_an_abort: (
            "pdu",
            (
                "upper_layer/aborted",
                "upper_layer/aborted-instead-of-an-answer",
                "upper_layer/release-answered-by-abort",
                "upper_layer/after-collision-aborted",
                "upper_layer/collision-and-abort",
            ),
        ),
        requestor_leaves_connections_open: (
            "association",
            (
                "upper_layer/rejected",
                "upper_layer/release-answered",
                "upper_layer/after-collision-answered",
                "upper_layer/after-abort-aborted",
                "upper_layer/release-and-abort",
            ),
        ),
        requestor_leaves_a_collision_unanswered: ("pdu", ("upper_layer/release-collision",)),
        requestor_aborts_again_at_everything: ("pdu", ("upper_layer/after-abort-pdu-ignored",)),
        requestor_is_deaf_after_the_end: ("pdu", ("upper_layer/after-abort-pdu-aborted",)),
        requestor_takes_no_data_while_it_releases: ("pdu", ("upper_layer/data-before-the-release-is-answered",)),
        requestor_leaves_releases_unanswered: (
            "pdu",
            ("upper_layer/release-instead-of-a-response",),
        ),
        requestor_is_deaf_to_releases: ("pdu", ("upper_layer/release-and-another-pdu",)),
        requestor_aborts_what_is_accepted: ("pdu", ("upper_layer/accepted",)),
        requestor_aborts_instead_of_releasing: ("pdu", ("upper_layer/response",)),
        requestor_releases_first: ("pdu", ("upper_layer/connection",)),
        requestor_falls_ill_when_a_connection_is_closed: (
            "association",
            (
                "upper_layer/closed",
                "upper_layer/closed-instead-of-an-answer",
                "upper_layer/release-answered-by-close",
                "upper_layer/release-and-close",
                "upper_layer/collision-and-close",
                "upper_layer/after-collision-closed",
                "upper_layer/after-abort-closed",
            ),
        ),
        requestor_uses_contexts_that_were_refused: ("pdu", ("upper_layer/wrong-acceptances[unknown_result]",)),
        requestor_says_nothing_of_what_is_malformed: (
            "pdu",
            ("upper_layer/wrong-data", "upper_layer/answer-awaited[Sta5,Evt19]"),
        ),
        requestor_takes_any_response: ("outcome", ("verification/wrong-responses[another_message_id]",)),
    },
)
