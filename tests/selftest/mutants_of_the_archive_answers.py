"""Mutants of the archive simulator in how it answers each service: one deviation each, and variations that are lawful.

The cases are those of `scp/association/` that ask of other services what its first cases ask of C-ECHO.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from dicom_simulators.archive import archive as archive_module
from dicom_simulators.association import Response, acceptor, misbehaviour, negotiation, upper_layer
from dicom_wire import ABSENT, Message, PresentationContextAC
from mutation import Catalogue, Patch

ANSWERS = Catalogue()
LAWFUL_ANSWERS = Catalogue()
MR = "1.2.840.10008.5.1.4.1.1.4"
PRIVATE = "2.25.310927"
IMPLICIT = "1.2.840.10008.1.2"
RLE = "1.2.840.10008.1.2.5"
JPEG_2000 = "1.2.840.10008.1.2.4.91"
UNLIMITED = 0


def only(*statuses: int) -> Generator[Response, None, None]:
    """Answer with these statuses."""
    for status in statuses:
        yield Response(status)


def other_response(patch: Patch, to: str, change: Callable[[Any, Any], Any]) -> None:
    """Let `change` have each command set that answers a request of this name, and the request."""

    def answering(request: Any, response: Response) -> Any:
        made = answer(request, response)
        return change(made, request) if request.message == to else made

    answer = patch.set(acceptor, "answer_to", answering)


def in_another_context(patch: Patch, to: str) -> None:
    """Answer requests of this name in the first context of their SOP Class."""

    def serving(self: Any, received: Any) -> Any:
        accepted[self._upper_layer] = self.contexts
        return serve(self, received)

    def saying(self: Any, message: Message, name: str, *further: Any, **named: Any) -> Any:
        if name == to.replace("-RQ", "-RSP"):
            contexts = accepted[self]
            asked = contexts[message.context_id].abstract_syntax
            first = min(number for number, one in contexts.items() if one.abstract_syntax == asked)
            message = Message(first, message.command, message.data_set)
        return say(self, message, name, *further, **named)

    accepted: dict[Any, Any] = {}
    serve = patch.set(acceptor.Acceptor, "_serve", serving)
    say = patch.set(misbehaviour.Misbehaving, "say", saying)


def longer(patch: Patch, name: str) -> None:
    """Send messages of this name in one fragment, whatever the requestor announced."""

    def sending(self: Any, message: Message, *delivery: Any) -> Any:
        if self._requestor or message.command.message != name:
            return send(self, message, *delivery)
        before, self.peer_maximum_length = self.peer_maximum_length, UNLIMITED
        try:
            return send(self, message, *delivery)
        finally:
            self.peer_maximum_length = before

    send = patch.set(upper_layer.UpperLayer, "send", sending)


# -- whose response it is


@ANSWERS.mutant("scp/association/answers-queries-in-place", "answers")
def answers_each_query_as_the_first(patch: Patch) -> None:
    """Each C-FIND-RSP names Message ID 1."""
    other_response(patch, "C-FIND-RQ", lambda made, request: made.changed(MessageIDBeingRespondedTo=1))


@ANSWERS.mutant("scp/association/answers-queries-in-place", "answers")
def answers_a_query_in_the_name_of_another_class(patch: Patch) -> None:
    """Each C-FIND-RSP names MR Image Storage."""
    other_response(patch, "C-FIND-RQ", lambda made, request: made.changed(AffectedSOPClassUID=MR))


@ANSWERS.mutant("scp/association/answers-queries-in-place", "answers")
def answers_a_query_in_the_first_context(patch: Patch) -> None:
    """A C-FIND-RSP comes in the first context of its SOP Class."""
    in_another_context(patch, "C-FIND-RQ")


@ANSWERS.mutant("scp/association/answers-retrievals-in-place", "answers")
def answers_the_message_after_a_retrieval(patch: Patch) -> None:
    """A C-MOVE-RSP names the Message ID after that of its request."""
    other_response(
        patch,
        "C-MOVE-RQ",
        lambda made, request: made.changed(MessageIDBeingRespondedTo=(request.number("MessageID") or 0) + 1),
    )


@ANSWERS.mutant("scp/association/answers-gets-in-place", "answers")
def answers_a_get_with_a_number_of_its_own(patch: Patch) -> None:
    """A C-GET-RSP names Message ID 1, which C-STORE-RQs of the archive have."""
    other_response(patch, "C-GET-RQ", lambda made, request: made.changed(MessageIDBeingRespondedTo=1))


@ANSWERS.mutant("scp/association/answers-stores-in-place", "answers")
def answers_for_another_instance(patch: Patch) -> None:
    """Each C-STORE-RSP names one SOP Instance."""
    other_response(patch, "C-STORE-RQ", lambda made, request: made.changed(AffectedSOPInstanceUID="2.25.7"))


@ANSWERS.mutant("scp/association/answers-stores-in-place", "answers")
def answers_a_store_in_the_first_context(patch: Patch) -> None:
    """A C-STORE-RSP comes in the first context of its SOP Class."""
    in_another_context(patch, "C-STORE-RQ")


@ANSWERS.mutant("scp/association/answers-commitment-in-place", "answers")
def answers_each_commitment_as_the_first(patch: Patch) -> None:
    """Each N-ACTION-RSP names Message ID 1."""
    other_response(patch, "N-ACTION-RQ", lambda made, request: made.changed(MessageIDBeingRespondedTo=1))


# -- how long it is


@ANSWERS.mutant("scp/association/length-kept-by-queries", "pdu")
def sends_matches_in_one_fragment(patch: Patch) -> None:
    """A C-FIND-RSP is one P-DATA-TF, however short the requestor wants it."""
    longer(patch, "C-FIND-RSP")


@ANSWERS.mutant("scp/association/length-kept-by-retrievals", "pdu")
def sends_numbers_in_one_fragment(patch: Patch) -> None:
    """A C-MOVE-RSP is one P-DATA-TF, however short the requestor wants it."""
    longer(patch, "C-MOVE-RSP")


@ANSWERS.mutant("scp/association/length-kept-by-gets", "pdu")
def sends_instances_in_one_fragment(patch: Patch) -> None:
    """A C-STORE-RQ of a C-GET is sent in fragments as long as the message."""
    longer(patch, "C-STORE-RQ")


@ANSWERS.mutant("scp/association/length-kept-by-stores", "pdu")
def answers_a_store_in_one_fragment(patch: Patch) -> None:
    """A C-STORE-RSP is one P-DATA-TF, however short the requestor wants it."""
    longer(patch, "C-STORE-RSP")


@ANSWERS.mutant("scp/association/length-kept-by-reports", "pdu")
def reports_in_one_fragment(patch: Patch) -> None:
    """An N-EVENT-REPORT-RQ is one P-DATA-TF, however short the requestor wants it."""
    longer(patch, "N-EVENT-REPORT-RQ")


# -- what a SOP Class does not have


@ANSWERS.mutant("scp/association/foreign-operation-on-storage", "outcome")
def is_silent_about_an_operation_on_storage(patch: Patch) -> None:
    """An operation that is not served is not answered."""
    patch.set(acceptor, "unrecognized", only)


# -- what is claimed, and what is served


def other_answer(patch: Patch, change: Callable[[Any], Any]) -> None:
    """Let `change` have what comes of each proposed presentation context."""
    answer = patch.set(negotiation, "_answer", lambda *given: change(answer(*given)))


@ANSWERS.mutant("scp/association/accepts-each-claimed-context", "context")
def refuses_one_claimed_pair(patch: Patch) -> None:
    """MR Image Storage is not accepted where JPEG 2000 stands alone."""

    def refusing(proposed: Any, supported: Any, order: str) -> Any:
        return None if tuple(proposed) == (JPEG_2000,) else choose(proposed, supported, order)

    choose = patch.set(negotiation, "_choose", refusing)


@ANSWERS.mutant("scp/association/accepts-more-than-claimed", "negotiation")
def answers_a_hundred_contexts(patch: Patch) -> None:
    """Of a long proposal the last contexts have no result."""

    def fewer(*given: Any) -> Any:
        made = accept(*given)
        results = [one for one in made.items if isinstance(one, PresentationContextAC)]
        return replace(made, items=tuple(one for one in made.items if one not in results[100:]))

    accept = patch.set(negotiation, "_acceptance", fewer)


@ANSWERS.mutant("scp/association/accepts-only-what-is-claimed", "negotiation")
def accepts_a_syntax_that_is_excluded(patch: Patch) -> None:
    """RLE Lossless is accepted where it stands alone, for Verification and queries too."""

    def rle(proposed: Any, supported: Any, order: str) -> Any:
        return RLE if tuple(proposed) == (RLE,) else choose(proposed, supported, order)

    choose = patch.set(negotiation, "_choose", rle)


@ANSWERS.mutant("scp/association/accepts-only-what-is-claimed", "negotiation")
def accepts_a_model_that_is_excluded(patch: Patch) -> None:
    """The retired Patient/Study Only model is accepted for queries."""

    def answered(context: Any) -> Any:
        is_retired = context.abstract_syntax == "1.2.840.10008.5.1.4.1.2.3.1"
        return replace(context, result=0, transfer_syntax=IMPLICIT) if is_retired else context

    other_answer(patch, answered)


@ANSWERS.mutant("scp/association/selects-as-claimed", "negotiation")
def prefers_the_compressed(patch: Patch) -> None:
    """JPEG 2000 is taken wherever it is proposed beside others."""

    def compressed(proposed: Any, supported: Any, order: str) -> Any:
        able = JPEG_2000 in proposed and JPEG_2000 in supported
        return JPEG_2000 if able else choose(proposed, supported, order)

    choose = patch.set(negotiation, "_choose", compressed)


def storing_otherwise(patch: Patch, sop_class: str, store: Callable[[Any], Any]) -> None:
    """Serve C-STORE of one SOP Class otherwise."""

    def storing(self: Any, request: Any) -> Any:
        wanted = request.context.abstract_syntax == sop_class
        return store(request) if wanted else usual(self, request)

    usual = patch.set(archive_module.Archive, "_store", storing)


@ANSWERS.mutant("scp/association/serves-what-it-claims", "dimse")
def refuses_a_class_that_it_accepted(patch: Patch) -> None:
    """MR Image Storage is accepted, and each C-STORE of it answered with 0122."""
    storing_otherwise(patch, MR, lambda request: only(0x0122))


@ANSWERS.mutant("scp/association/serves-what-it-claims", "answers")
def aborts_at_a_class_that_it_accepted(patch: Patch) -> None:
    """MR Image Storage is accepted, and each C-STORE of it aborts the association."""

    def aborting(request: Any) -> Any:
        raise acceptor.AssociationEndedError(request.acceptor._upper_layer.abort())

    storing_otherwise(patch, MR, aborting)


@ANSWERS.mutant("scp/association/serves-what-it-accepts", "answers")
def closes_at_a_class_that_it_does_not_claim(patch: Patch) -> None:
    """A SOP Class that nobody assigned is accepted, and each C-STORE of it closes the connection."""

    def closing(request: Any) -> Any:
        raise acceptor.AssociationEndedError(request.acceptor._upper_layer.close())

    other_answer(
        patch, lambda one: replace(one, result=0, transfer_syntax=IMPLICIT) if one.abstract_syntax == PRIVATE else one
    )
    storing_otherwise(patch, PRIVATE, closing)


@ANSWERS.mutant("scp/association/many-at-once", "association")
def serves_nineteen_associations(patch: Patch) -> None:
    """The twentieth association is rejected while nineteen are open."""

    def running(self: Any) -> Any:
        with lock:
            is_one_too_many = len(open_now) >= 19
            open_now.add(self)
        try:
            if is_one_too_many:
                self._admit = lambda request: acceptor.AAssociateRJ(2, 3, 2)
            return run(self)
        finally:
            with lock:
                open_now.discard(self)

    open_now: set[Any] = set()
    lock = threading.Lock()
    run = patch.set(acceptor.Acceptor, "run", running)


# -- lawful


@LAWFUL_ANSWERS.mutant("scp/association/serves-what-it-accepts", "answers")
def refuses_every_instance_of_a_class_that_it_does_not_claim(patch: Patch) -> None:
    """A SOP Class that nobody assigned is accepted, and each C-STORE of it answered with 0122."""
    other_answer(
        patch, lambda one: replace(one, result=0, transfer_syntax=IMPLICIT) if one.abstract_syntax == PRIVATE else one
    )
    storing_otherwise(patch, PRIVATE, lambda request: only(0x0122))


@LAWFUL_ANSWERS.mutant("scp/association/answers-", "answers")
def names_neither_class_nor_instance(patch: Patch) -> None:
    """A response names neither SOP Class nor SOP Instance."""
    for name in ("C-ECHO-RQ", "C-FIND-RQ", "C-MOVE-RQ", "C-GET-RQ", "C-STORE-RQ", "N-ACTION-RQ"):
        other_response(
            patch,
            name,
            lambda made, request: made.changed(AffectedSOPClassUID=ABSENT, AffectedSOPInstanceUID=ABSENT),
        )


@LAWFUL_ANSWERS.mutant("scp/association/length-kept", "pdu")
def sends_shorter_fragments_than_announced(patch: Patch) -> None:
    """No fragment is longer than half of what the requestor announced."""
    usable = patch.set(acceptor, "usable_length", lambda offered: (usable(offered) // 2) & ~1)


@LAWFUL_ANSWERS.mutant("scp/association/foreign-operation", "outcome")
def aborts_at_an_operation_that_it_does_not_know(patch: Patch) -> None:
    """An operation that is not served is answered by an A-ABORT."""

    def serving(self: Any, received: Any) -> Any:
        command = getattr(received, "message", received).command
        if command.message not in self._services:
            raise acceptor.AssociationEndedError(self._upper_layer.abort(0, 0, command.message))
        return serve(self, received)

    serve = patch.set(acceptor.Acceptor, "_serve", serving)
