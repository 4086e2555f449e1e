"""The check `association`: how many there were, how they ended, and what each side said of itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, model_validator

from harness.checks.wanted import Abort, Count, Part, Position, Rejection, Wanted, listed

Ending = Literal["released", "rejected", "aborted", "closed", "reset", "refused", "open"]


class Role(Part):
    """One SCP/SCU Role Selection sub-item (PS3.7 D.3.3.4)."""

    sop_class: str
    scu: bool
    scp: bool


class AssociationWanted(Wanted):
    """What may be wanted of the associations between two AEs.

    `requestor` and `acceptor` choose the associations, `position` one of them; without it every chosen one must
    satisfy the rest. `count` is 'at least 1' unless given. `sender` names the AE whose A-ASSOCIATE PDU the fields
    from `maximum_length` on are read from (the subject, unless given).
    """

    requestor: str | None = None
    acceptor: str | None = None
    position: Position | None = None
    count: Count | None = None
    simultaneous: Count | None = None
    established: bool | None = None
    ends: Annotated[tuple[Ending, ...], BeforeValidator(listed)] = ()
    released_by: str | None = None
    rejection: Rejection | None = None
    abort: Abort | None = None
    called_ae_title: str | None = None
    calling_ae_title: str | None = None
    sender: str | None = None
    maximum_length: Count | None = None
    implementation_class_uid: str | None = None
    implementation_version_name: str | None = None
    application_context: str | None = None
    protocol_version: int | None = None
    contexts: Count | None = None
    asynchronous_operations_window: Literal["absent", "present", "single"] | None = None
    role_selection: Literal["absent", "present"] | None = None
    roles: tuple[Role, ...] = ()
    extended_negotiation: Literal["absent", "present"] | None = None
    user_identity: Literal["absent", "present"] | None = None

    @model_validator(mode="after")
    def _someone(self) -> AssociationWanted:
        if self.requestor is None and self.acceptor is None:
            raise ValueError("an association is chosen by requestor, acceptor or both")
        return self
