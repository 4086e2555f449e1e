"""What an operation's arguments say of an A-ASSOCIATE-RQ: presentation contexts and user information.

Nothing is put right: context IDs may be even or doubled, lists empty, UIDs no UIDs. Without `context_id`, contexts
are numbered 1, 3, 5 ... in their order (PS3.8 9.3.2.2).
"""

from __future__ import annotations

from dicom_simulators.association.arguments import Arguments
from dicom_wire import (
    AsynchronousOperationsWindow,
    PresentationContextRQ,
    RoleSelection,
    SOPClassExtendedNegotiation,
    SubItem,
    UserIdentityAC,
    UserIdentityRQ,
)


def contexts_of(arguments: Arguments) -> tuple[PresentationContextRQ, ...]:
    """Read `contexts`: ``[{sop_class, transfer_syntaxes, context_id?, count?}]``; empty if there are none.

    An entry with a `count` stands for so many contexts, whose IDs follow one another in steps of 2.
    """
    contexts: list[PresentationContextRQ] = []
    for entry in arguments.each("contexts"):
        first = entry.number("context_id", (2 * len(contexts) + 1) % 256, 255)
        sop_class, transfer_syntaxes = entry.text("sop_class"), entry.texts("transfer_syntaxes")
        length, count = _length(entry), entry.number("count", 1, 256)
        contexts += [
            PresentationContextRQ((first + 2 * number) % 256, sop_class, transfer_syntaxes, length=length)
            for number in range(count)
        ]
        entry.finish()
    return tuple(contexts)


def user_information_of(arguments: Arguments) -> tuple[SubItem, ...]:
    """Read `asynchronous_operations`, `roles`, `extended_negotiation`, `user_identity`."""
    items: list[SubItem] = []
    for entry in arguments.each("asynchronous_operations"):
        items.append(
            AsynchronousOperationsWindow(
                entry.number("invoked", 1, 0xFFFF), entry.number("performed", 1, 0xFFFF), length=_length(entry)
            )
        )
        entry.finish()
    for entry in arguments.each("roles"):
        sop_class = entry.text("sop_class")
        items.append(
            RoleSelection(sop_class, entry.number("scu", 0, 255), entry.number("scp", 0, 255), length=_length(entry))
        )
        entry.finish()
    for entry in arguments.each("extended_negotiation"):
        items.append(
            SOPClassExtendedNegotiation(
                entry.text("sop_class"), entry.hexadecimal("information", b""), length=_length(entry)
            )
        )
        entry.finish()
    for entry in arguments.each("user_identity"):
        items.append(_user_identity(entry))
        entry.finish()
    return tuple(items)


def _user_identity(entry: Arguments) -> SubItem:
    """Read one user identity: of a request, or with `server_response` of an acceptance (PS3.7 D.3.3.7)."""
    fields = (
        entry.number("type", 1, 255),
        entry.text("primary", "").encode(),
        entry.text("secondary", "").encode(),
        entry.number("response_requested", 0, 255),
    )
    answers = "server_response" in entry
    response, length = entry.text("server_response", "").encode(), _length(entry)
    return UserIdentityAC(response, length=length) if answers else UserIdentityRQ(*fields, length=length)


def _length(entry: Arguments) -> int | None:
    """Read the length field of an item, right or wrong; None = the true one."""
    if "length" in entry:
        return entry.number("length", 0, 0xFFFF)
    entry.raw("length")  # so that it counts as known
    return None
