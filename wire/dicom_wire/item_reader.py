"""Reading items and sub-items (PS3.8 9.3.2, 9.3.3, Annex D; PS3.7 D.3.3).

Invariants: reading never raises. An item whose body does not have the form that its type demands becomes an
`UnknownItem` of that type, with its bytes, and a violation; what cannot be expressed by the other fields of a context
goes into `sub_items`. Offsets in what is returned count from the beginning of the bytes given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeAlias, TypeVar

from dicom_wire.items import (
    AbstractSyntax,
    ApplicationContext,
    AsynchronousOperationsWindow,
    ImplementationClassUID,
    ImplementationVersionName,
    KnownItem,
    KnownSubItem,
    KnownSyntaxItem,
    MaximumLength,
    PresentationContextAC,
    PresentationContextRQ,
    RoleSelection,
    SOPClassCommonExtendedNegotiation,
    SOPClassExtendedNegotiation,
    SubItem,
    SyntaxItem,
    TransferSyntax,
    UnknownItem,
    UserIdentityAC,
    UserIdentityRQ,
    UserInformation,
    syntax_items,
)
from dicom_wire.uid import read_uid
from dicom_wire.violations import Violation, count_bytes, violation

Report: TypeAlias = list[Violation]
Read = TypeVar("Read")
Reader: TypeAlias = Callable[[bytes, int, int | None, Report, int], Read | None]
"""`(body, reserved, length override, report, offset of the body) -> item`, or `None` if the body has not the form."""

ITEM_HEADER_BYTES = 4
CONTEXT_HEADER_BYTES = 4
KNOWN_TYPES = frozenset({0x10, 0x20, 0x21, 0x30, 0x40, *range(0x50, 0x5A)})


@dataclass(frozen=True, slots=True)
class Readers(Generic[Read]):
    """The items allowed in one place, by item type."""

    by_type: dict[int, Reader[Read]]


def read_items(
    raw: bytes,
    readers: Readers[Read],
    report: Report,
    offset: int,
    begins: list[int] | None = None,
) -> tuple[Read | UnknownItem, ...]:
    """Read items one after the other until `raw` ends.

    Parameters
    ----------
    readers
        The items allowed here, by item type.
    offset
        Where `raw` begins, for the violations.
    begins
        If given, the offset of each item is appended to it.
    """
    items: list[Read | UnknownItem] = []
    at, end = 0, len(raw)
    while at < end:
        if end - at < ITEM_HEADER_BYTES:
            report.append(violation("item-header-truncated", offset + at, f"{count_bytes(end - at)} left"))
            items.append(UnknownItem(raw[at], header=raw[at:]))
            break
        if begins is not None:
            begins.append(offset + at)
        read = _read_item(raw, at, readers, report, offset)
        items.append(read[0])
        at += read[1]
    return tuple(items)


def _read_item(
    raw: bytes, at: int, readers: Readers[Read], report: Report, offset: int
) -> tuple[Read | UnknownItem, int]:
    """Read the item whose header is at `at`; return it and how many bytes it took."""
    kind, reserved = raw[at], raw[at + 1]
    declared = raw[at + 2] << 8 | raw[at + 3]
    body = raw[at + 4 : at + 4 + declared]
    length = None
    if len(body) != declared:
        report.append(violation("item-overflow", offset + at + 2, f"length {declared}, {count_bytes(len(body))} left"))
        length = declared
    reader = readers.by_type.get(kind)
    item: Read | None = None
    if reader is not None:
        item = reader(body, reserved, length, report, offset + at + 4)
        if item is None:
            report.append(violation("item-length", offset + at + 2, f"item {kind:02X}H of {count_bytes(len(body))}"))
    else:
        name = "item-misplaced" if kind in KNOWN_TYPES else "item-unknown"
        report.append(violation(name, offset + at, f"item type {kind:02X}H"))
    read = UnknownItem(kind, body, reserved=reserved, length=length) if item is None else item
    return read, ITEM_HEADER_BYTES + len(body)


def _uid(field: bytes, report: Report, offset: int) -> str:
    uid, found = read_uid(field)
    if found:
        report.extend([each.shifted(offset) for each in found])
    return uid


def _counted(body: bytes, at: int) -> bytes | None:
    """Return the field whose length is in the two bytes at `at`; `None` if it does not fit."""
    if at + 2 > len(body):
        return None
    end = at + 2 + (body[at] << 8 | body[at + 1])
    return body[at + 2 : end] if end <= len(body) else None


def _application_context(
    body: bytes, reserved: int, length: int | None, report: Report, offset: int
) -> ApplicationContext:
    return ApplicationContext(_uid(body, report, offset), reserved=reserved, length=length)


def _abstract_syntax(body: bytes, reserved: int, length: int | None, report: Report, offset: int) -> AbstractSyntax:
    return AbstractSyntax(_uid(body, report, offset), reserved=reserved, length=length)


def _transfer_syntax(body: bytes, reserved: int, length: int | None, report: Report, offset: int) -> TransferSyntax:
    return TransferSyntax(_uid(body, report, offset), reserved=reserved, length=length)


@lru_cache(maxsize=4096)
def _proposed_syntaxes(
    syntax_bytes: bytes,
) -> tuple[str | None, tuple[str, ...], tuple[SyntaxItem, ...] | None, tuple[Violation, ...]]:
    """Read what follows the header of a proposed presentation context; offsets count from there.

    References
    ----------
    PS3.8 9.3.2.2: one abstract syntax sub-item, one or more transfer syntax sub-items
    """
    report: Report = []
    items = read_items(syntax_bytes, _SYNTAXES, report, 0)
    abstract = [item.name for item in items if isinstance(item, AbstractSyntax)]
    transfer = tuple([item.name for item in items if isinstance(item, TransferSyntax)])
    if len(abstract) != 1:
        name = "item-duplicate" if abstract else "item-missing"
        report.append(violation(name, 0, f"{len(abstract)} abstract syntaxes", "PS3.8 9.3.2.2"))
    if not transfer:
        report.append(violation("item-missing", 0, "no transfer syntax", "PS3.8 9.3.2.2"))
    first = abstract[0] if abstract else None
    canonical = syntax_items(first, transfer) == syntax_bytes
    return first, transfer, None if canonical else items, tuple(report)


def _presentation_context_rq(
    body: bytes, reserved: int, length: int | None, report: Report, offset: int
) -> PresentationContextRQ | None:
    if len(body) < CONTEXT_HEADER_BYTES:
        return None
    abstract, transfer, sub_items, found = _proposed_syntaxes(body[4:])
    if found:
        report.extend([each.shifted(offset + CONTEXT_HEADER_BYTES) for each in found])
    return PresentationContextRQ(body[0], abstract, transfer, sub_items, body[1:4], reserved=reserved, length=length)


@lru_cache(maxsize=4096)
def _answered_syntax(
    syntax_bytes: bytes, accepted: bool
) -> tuple[str | None, tuple[SyntaxItem, ...] | None, tuple[Violation, ...]]:
    """Read what follows the header of an answered presentation context; offsets count from there.

    References
    ----------
    PS3.8 9.3.3.2: one transfer syntax sub-item, whose value is not significant unless the context is accepted
    """
    report: Report = []
    items = read_items(syntax_bytes, _ANSWERED, report, 0)
    transfer = tuple([item.name for item in items if isinstance(item, TransferSyntax)])
    if len(transfer) > 1:
        report.append(violation("item-duplicate", 0, f"{len(transfer)} transfer syntaxes", "PS3.8 9.3.3.2"))
    if not accepted:
        report = [each for each in report if not each.name.startswith("uid-")]
    elif not transfer:
        report.append(violation("item-missing", 0, "no transfer syntax", "PS3.8 9.3.3.2"))
    canonical = len(transfer) <= 1 and syntax_items(None, transfer) == syntax_bytes
    return transfer[0] if transfer else None, None if canonical else items, tuple(report)


def _presentation_context_ac(
    body: bytes, reserved: int, length: int | None, report: Report, offset: int
) -> PresentationContextAC | None:
    if len(body) < CONTEXT_HEADER_BYTES:
        return None
    result = body[2]
    transfer, sub_items, found = _answered_syntax(body[4:], result == 0)
    if found:
        report.extend([each.shifted(offset + CONTEXT_HEADER_BYTES) for each in found])
    if result > 4:  # PS3.8 Table 9-18: 0 to 4
        report.append(violation("context-result", offset + 2, f"result {result}"))
    reserved_6_8 = bytes((body[1], body[3]))
    return PresentationContextAC(body[0], result, transfer, sub_items, reserved_6_8, reserved=reserved, length=length)


def _maximum_length(
    body: bytes, reserved: int, length: int | None, report: Report, offset: int
) -> MaximumLength | None:
    if len(body) != 4:
        return None
    return MaximumLength(int.from_bytes(body, "big"), reserved=reserved, length=length)


def _implementation_class_uid(
    body: bytes, reserved: int, length: int | None, report: Report, offset: int
) -> ImplementationClassUID:
    return ImplementationClassUID(_uid(body, report, offset), reserved=reserved, length=length)


def _implementation_version_name(
    body: bytes, reserved: int, length: int | None, report: Report, offset: int
) -> ImplementationVersionName:
    # PS3.7 D.3.3.2.3: 1 to 16 characters of ISO 646:1990 (basic G0 set)
    if not 1 <= len(body) <= 16 or not all(0x20 <= byte <= 0x7E for byte in body):
        report.append(violation("implementation-version-name", offset, repr(body[:64])))
    return ImplementationVersionName(body.decode("latin-1"), reserved=reserved, length=length)


def _asynchronous_operations_window(
    body: bytes, reserved: int, length: int | None, report: Report, offset: int
) -> AsynchronousOperationsWindow | None:
    if len(body) != 4:
        return None
    invoked, performed = int.from_bytes(body[:2], "big"), int.from_bytes(body[2:], "big")
    return AsynchronousOperationsWindow(invoked, performed, reserved=reserved, length=length)


def _role_selection(
    body: bytes, reserved: int, length: int | None, report: Report, offset: int
) -> RoleSelection | None:
    sop_class = _counted(body, 0)
    if sop_class is None or len(body) != len(sop_class) + 4:
        return None
    scu, scp = body[-2], body[-1]
    for at, role in ((len(body) - 2, scu), (len(body) - 1, scp)):
        if role > 1:
            report.append(violation("role-value", offset + at, f"{role}"))
    return RoleSelection(_uid(sop_class, report, offset + 2), scu, scp, reserved=reserved, length=length)


def _extended_negotiation(
    body: bytes, reserved: int, length: int | None, report: Report, offset: int
) -> SOPClassExtendedNegotiation | None:
    sop_class = _counted(body, 0)
    if sop_class is None:
        return None
    information = body[2 + len(sop_class) :]
    return SOPClassExtendedNegotiation(
        _uid(sop_class, report, offset + 2), information, reserved=reserved, length=length
    )


def _common_extended_negotiation(
    body: bytes, reserved: int, length: int | None, report: Report, offset: int
) -> SOPClassCommonExtendedNegotiation | None:
    sop_class = _counted(body, 0)
    service_class = None if sop_class is None else _counted(body, 2 + len(sop_class))
    if sop_class is None or service_class is None:
        return None
    at = 4 + len(sop_class) + len(service_class)
    related = _counted(body, at)
    if related is None:
        return None
    uids: list[bytes] = []
    inside = 0
    while inside < len(related):
        uid = _counted(related, inside)
        if uid is None:
            return None
        uids.append(uid)
        inside += 2 + len(uid)
    names = tuple([_uid(uid, report, offset + at + 2) for uid in uids])
    return SOPClassCommonExtendedNegotiation(
        _uid(sop_class, report, offset + 2),
        _uid(service_class, report, offset + 4 + len(sop_class)),
        names,
        body[at + 2 + len(related) :],
        reserved=reserved,
        length=length,
    )


def _user_identity_rq(
    body: bytes, reserved: int, length: int | None, report: Report, offset: int
) -> UserIdentityRQ | None:
    primary = _counted(body, 2)
    secondary = None if primary is None else _counted(body, 4 + len(primary))
    if primary is None or secondary is None or len(body) != 6 + len(primary) + len(secondary):
        return None
    if not 1 <= body[0] <= 5:  # PS3.7 Table D.3-14
        report.append(violation("identity-type", offset, f"type {body[0]}"))
    if body[1] > 1:
        report.append(violation("identity-response-requested", offset + 1, f"{body[1]}"))
    if secondary and body[0] != 2:  # only a user name has a passcode
        report.append(violation("identity-secondary-field", offset + 4 + len(primary), f"type {body[0]}"))
    return UserIdentityRQ(body[0], primary, secondary, body[1], reserved=reserved, length=length)


def _user_identity_ac(
    body: bytes, reserved: int, length: int | None, report: Report, offset: int
) -> UserIdentityAC | None:
    response = _counted(body, 0)
    if response is None or len(body) != 2 + len(response):
        return None
    return UserIdentityAC(response, reserved=reserved, length=length)


def _user_information(sub_items: Readers[KnownSubItem]) -> Reader[UserInformation]:
    def read(body: bytes, reserved: int, length: int | None, report: Report, offset: int) -> UserInformation:
        found = read_items(body, sub_items, report, offset)
        _check_sub_items(found, report, offset)
        return UserInformation(found, reserved=reserved, length=length)

    return read


def _check_sub_items(sub_items: tuple[SubItem, ...], report: Report, offset: int) -> None:
    """Report what must be there and is not, and what is there twice (PS3.8 D.1, PS3.7 D.3.3)."""
    seen: set[tuple[int, str]] = set()
    for item in sub_items:
        if isinstance(item, UnknownItem):
            continue
        key = (item.TYPE, "")
        if isinstance(item, RoleSelection | SOPClassExtendedNegotiation | SOPClassCommonExtendedNegotiation):
            key = (item.TYPE, item.sop_class)
        if key in seen:
            report.append(violation("item-duplicate", offset, f"{item.NAME} {key[1]}".rstrip(), "PS3.7 D.3.3"))
        seen.add(key)
    present = {item.type if isinstance(item, UnknownItem) else item.TYPE for item in sub_items}
    for mandatory, clause in ((MaximumLength, "PS3.8 D.1"), (ImplementationClassUID, "PS3.7 D.3.3.2")):
        if mandatory.TYPE not in present:
            report.append(violation("item-missing", offset, mandatory.NAME, clause))


_SYNTAXES: Readers[KnownSyntaxItem] = Readers({0x30: _abstract_syntax, 0x40: _transfer_syntax})
_ANSWERED: Readers[KnownSyntaxItem] = Readers({0x40: _transfer_syntax})
_BOTH_WAYS: Readers[KnownSubItem] = Readers(
    {
        0x51: _maximum_length,
        0x52: _implementation_class_uid,
        0x53: _asynchronous_operations_window,
        0x54: _role_selection,
        0x55: _implementation_version_name,
        0x56: _extended_negotiation,
    }
)
_ASKED: Readers[KnownSubItem] = Readers(
    {**_BOTH_WAYS.by_type, 0x57: _common_extended_negotiation, 0x58: _user_identity_rq}
)
_GRANTED: Readers[KnownSubItem] = Readers({**_BOTH_WAYS.by_type, 0x59: _user_identity_ac})

REQUEST_READERS: Readers[KnownItem] = Readers(
    {
        0x10: _application_context,
        0x20: _presentation_context_rq,
        0x50: _user_information(_ASKED),
    }
)
ACCEPTANCE_READERS: Readers[KnownItem] = Readers(
    {
        0x10: _application_context,
        0x21: _presentation_context_ac,
        0x50: _user_information(_GRANTED),
    }
)
