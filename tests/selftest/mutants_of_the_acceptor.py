"""Mutants of the acceptor that our simulators share: one deviation each, caught by a case of `scp/association/`.

Those of the archive simulator that concern negotiation and release stand in `mutants_of_the_archive`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from dicom_simulators.archive import archive as archive_module
from dicom_simulators.association import Response, acceptor, negotiation, upper_layer
from dicom_wire import (
    AReleaseRP,
    AsynchronousOperationsWindow,
    ImplementationClassUID,
    ImplementationVersionName,
    PresentationContextAC,
    RoleSelection,
    UserInformation,
)
from mutation import Catalogue, Patch

ACCEPTORS = Catalogue()
CT = "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT = "1.2.840.10008.1.2"
ENDS_WITHIN_S = 10.0


def other_acceptance(patch: Patch, change: Callable[..., Any]) -> None:
    """Let `change` have the A-ASSOCIATE-AC, and what it was made from."""
    made = patch.set(negotiation, "_acceptance", lambda *given: change(made(*given), *given))


def other_answer(patch: Patch, change: Callable[[negotiation.Context], negotiation.Context]) -> None:
    """Let `change` have what comes of each proposed presentation context."""
    answer = patch.set(negotiation, "_answer", lambda *given: change(answer(*given)))


def with_information(made: Any, change: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Any:
    """Change the sub-items of the user information."""
    items = tuple(
        UserInformation(change(one.sub_items)) if isinstance(one, UserInformation) else one for one in made.items
    )
    return replace(made, items=items)


def other_response(patch: Patch, **elements: Any) -> None:
    """Change elements of each response."""
    answer = patch.set(acceptor, "answer_to", lambda request, response: answer(request, response).changed(**elements))


def only(*statuses: int) -> Generator[Response, None, None]:
    """Answer with these statuses."""
    for status in statuses:
        yield Response(status)


def after(patch: Patch, owner: Any, name: str, act: Callable[[Any], None]) -> None:
    """Do something more after a method."""

    def acting(self: Any, *given: Any) -> Any:
        act(self)
        return method(self, *given)

    method = patch.set(owner, name, acting)


# -- negotiation


@ACCEPTORS.mutant("scp/association/one-result-for-each-context", "negotiation")
def answers_a_context_that_was_not_proposed(patch: Patch) -> None:
    """The A-ASSOCIATE-AC has a result for context 255."""
    other_acceptance(patch, lambda made, *given: replace(made, items=(*made.items[:-1], _context(255), made.items[-1])))


@ACCEPTORS.mutant("scp/association/one-result-for-each-context", "negotiation")
def answers_the_first_context_twice(patch: Patch) -> None:
    """The A-ASSOCIATE-AC has two results for the first context."""
    other_acceptance(patch, lambda made, *given: replace(made, items=(*made.items[:2], _context(1), *made.items[2:])))


def _context(number: int) -> PresentationContextAC:
    return PresentationContextAC(number, 0, IMPLICIT)


@ACCEPTORS.mutant("scp/association/accepted-as-proposed", "context")
def accepts_what_it_does_not_know(patch: Patch) -> None:
    """The first transfer syntax of each context is accepted, known or not."""
    patch.set(negotiation, "_choose", lambda proposed, supported, order: proposed[0])


@ACCEPTORS.mutant("scp/association/reasons-do-not-contradict", "negotiation")
def names_the_wrong_reason(patch: Patch) -> None:
    """A context that is refused for its transfer syntaxes has result 3."""
    other_answer(patch, lambda one: replace(one, result=3) if one.result == 4 else one)


@ACCEPTORS.mutant("scp/association/reasons-do-not-contradict", "negotiation")
def takes_no_implicit_vr(patch: Patch) -> None:
    """CT Image Storage is not accepted with Implicit VR Little Endian."""
    other_answer(
        patch,
        lambda one: replace(one, result=4, transfer_syntax="") if one.abstract_syntax == CT else one,
    )


@ACCEPTORS.mutant("scp/association/window-and-roles", "negotiation")
def answers_a_window_that_was_not_proposed(patch: Patch) -> None:
    """Each A-ASSOCIATE-AC has a window of eight operations."""
    other_acceptance(
        patch,
        lambda made, *given: with_information(made, lambda items: (*items, AsynchronousOperationsWindow(8, 8))),
    )


@ACCEPTORS.mutant("scp/association/window-and-roles", "negotiation")
def answers_an_unlimited_window(patch: Patch) -> None:
    """A proposed window is answered with an unlimited one."""

    def wider(made: Any, request: Any, *given: Any) -> Any:
        asked = request.find(AsynchronousOperationsWindow)
        return with_information(made, lambda items: (*items, *(AsynchronousOperationsWindow(0, 0) for _ in asked)))

    other_acceptance(patch, wider)


@ACCEPTORS.mutant("scp/association/window-and-roles", "negotiation")
def answers_roles_that_were_not_proposed(patch: Patch) -> None:
    """Each A-ASSOCIATE-AC has the roles of CT Image Storage."""
    patch.set(negotiation, "_roles", lambda request, policy: {CT: RoleSelection(CT, 1, 0)})


@ACCEPTORS.mutant("scp/association/announces-itself", "association")
def announces_another_class_uid(patch: Patch) -> None:
    """The Implementation Class UID is not the one stated."""

    def other(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            ImplementationClassUID("2.25.1") if isinstance(one, ImplementationClassUID) else one for one in items
        )

    other_acceptance(patch, lambda made, *given: with_information(made, other))


@ACCEPTORS.mutant("scp/association/announces-itself", "association")
def leaves_its_version_name_out(patch: Patch) -> None:
    """The Implementation Version Name that is stated is not sent."""

    def fewer(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(one for one in items if not isinstance(one, ImplementationVersionName))

    other_acceptance(patch, lambda made, *given: with_information(made, fewer))


@ACCEPTORS.mutant("scp/association/announces-itself", "pdu")
def leaves_its_class_uid_out(patch: Patch) -> None:
    """The A-ASSOCIATE-AC has no Implementation Class UID."""

    def fewer(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(one for one in items if not isinstance(one, ImplementationClassUID))

    other_acceptance(patch, lambda made, *given: with_information(made, fewer))


@ACCEPTORS.mutant("scp/association/called-title", "pdu")
def rejects_with_a_reason_that_is_not_there(patch: Patch) -> None:
    """A call by another title is rejected with reason 9."""
    negotiate = patch.set(
        acceptor,
        "negotiate",
        lambda request, policy: (
            acceptor.AAssociateRJ(1, 1, 9)
            if request.called_ae_title.strip() == "CONF-NOBODY"
            else negotiate(request, policy)
        ),
    )


# -- messages


@ACCEPTORS.mutant("scp/association/echo", "dimse")
def answers_a_constant_message_id(patch: Patch) -> None:
    """Each response answers Message ID 7."""
    other_response(patch, MessageIDBeingRespondedTo=7)


@ACCEPTORS.mutant("scp/association/echo", "rules")
def answers_for_another_class(patch: Patch) -> None:
    """Each response names the SOP Class of CT images, whatever the request names."""
    other_response(patch, AffectedSOPClassUID=CT)


@ACCEPTORS.mutant("scp/association/echo", "dimse")
def serves_one_request_an_association(patch: Patch) -> None:
    """After the first response the association is aborted."""

    def serving(self: Any) -> None:
        if self in served:
            raise acceptor.AssociationEndedError(self._upper_layer.abort())
        served.add(self)

    served: set[Any] = set()
    after(patch, acceptor.Acceptor, "_serve_next", serving)


@ACCEPTORS.mutant("scp/verification/echo", "dimse")
def answers_an_echo_with_a_warning(patch: Patch) -> None:
    """C-ECHO is answered with B000."""
    patch.set(archive_module, "echo", lambda request: only(0xB000))


@ACCEPTORS.mutant("scp/association/encodes-lawfully", "pdu")
def sends_an_element_that_nobody_knows(patch: Patch) -> None:
    """Each response has a data set that it says it has not, by its Command Data Set Type."""
    other_response(patch, CommandDataSetType=1)


@ACCEPTORS.mutant("scp/association/foreign-operation", "outcome")
def is_silent_about_operations_that_it_does_not_know(patch: Patch) -> None:
    """An operation that is not served is not answered."""
    patch.set(acceptor, "unrecognized", only)


# -- ends


@ACCEPTORS.mutant("scp/association/release-answered", "pdu")
def aborts_instead_of_a_release(patch: Patch) -> None:
    """A-RELEASE-RQ is answered with an A-ABORT."""
    patch.set(upper_layer.UpperLayer, "respond_release", lambda self: self.abort())


@ACCEPTORS.mutant("scp/association/silent-after-release", "pdu")
def aborts_after_release(patch: Patch) -> None:
    """The A-RELEASE-RP is followed by an A-ABORT."""

    def released(self: Any) -> Any:
        delivery = self.before(AReleaseRP.NAME)
        self.deliver(delivery.encoded(AReleaseRP()), delivery)
        return self.abort()

    patch.set(upper_layer.UpperLayer, "respond_release", released)


@ACCEPTORS.mutant("scp/association/connection-ends-after-abort", "outcome")
def keeps_an_aborted_connection_open(patch: Patch) -> None:
    """An aborted connection stays open for six seconds."""

    def finishing(self: Any, end: Any) -> Any:
        threading.Event().wait(6.0)
        return finish(self, end)

    finish = patch.set(upper_layer.UpperLayer, "_finish", finishing)


def dies_after(patch: Patch, ended: Callable[[Any], bool]) -> None:
    """Reject every association once an association has ended in some way.

    Each association waits for those before it to have ended: on a busy machine the next one may come before the end of
    the last one is seen here.
    """

    def running(self: Any) -> Any:
        before, over = list(open_before), threading.Event()
        open_before.append(over)
        for each in before:
            each.wait(ENDS_WITHIN_S)
        if dead:
            self._admit = lambda request: acceptor.AAssociateRJ(2, 3, 1)
        try:
            end = run(self)
            if ended(end):
                dead.append(end)
        finally:
            over.set()
        return end

    open_before: list[threading.Event] = []
    dead: list[Any] = []
    run = patch.set(acceptor.Acceptor, "run", running)


@ACCEPTORS.mutant("scp/association/survives-abort", "dimse")
def serves_nothing_after_an_abort(patch: Patch) -> None:
    """After an association was aborted, no other one is served."""
    dies_after(patch, lambda end: type(end).__name__ == "Aborted")


@ACCEPTORS.mutant("scp/association/survives-close", "dimse")
def serves_nothing_after_a_bare_close(patch: Patch) -> None:
    """After a connection was closed without release, no other association is served."""
    dies_after(patch, lambda end: type(end).__name__ == "Closed")


@ACCEPTORS.mutant("scp/association/survives-reset", "dimse")
def serves_nothing_after_a_reset(patch: Patch) -> None:
    """After a connection was reset, no other association is served."""
    dies_after(patch, lambda end: type(end).__name__ == "Closed")


@ACCEPTORS.mutant("scp/association/survives-garbage", "dimse")
def serves_nothing_after_garbage(patch: Patch) -> None:
    """After bytes that are no PDU, no other association is served."""
    dies_after(patch, lambda end: type(end).__name__ == "Aborted")


@ACCEPTORS.mutant("scp/association/survives-half-a-pdu", "dimse")
def serves_nothing_after_half_a_pdu(patch: Patch) -> None:
    """After a connection that was closed within a PDU, no other association is served."""
    dies_after(patch, lambda end: type(end).__name__ != "Released")


@ACCEPTORS.mutant("scp/association/many-at-once", "dimse")
def serves_one_association_at_a_time(patch: Patch) -> None:
    """A second association is rejected while one is open."""

    def running(self: Any) -> Any:
        is_second = bool(open_now)
        open_now.append(self)
        try:
            if is_second:
                self._admit = lambda request: acceptor.AAssociateRJ(2, 3, 2)
            return run(self)
        finally:
            open_now.remove(self)

    open_now: list[Any] = []
    run = patch.set(acceptor.Acceptor, "run", running)
