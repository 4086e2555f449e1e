"""The DIMSE-N operations as SCU: N-CREATE, N-SET, N-GET, N-ACTION, N-DELETE of any SOP Class (PS3.7 10.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dicom_simulators.association import Arguments, Context, Outcome, outcome
from dicom_simulators.encoding import (
    IMPLICIT_VR_LITTLE_ENDIAN,
    DataSetError,
    decode_attributes,
    encode_attributes,
    tag_of,
    uid_of,
)
from dicom_simulators.scu.delivery import Held
from dicom_simulators.scu.exchange import Exchanged, Patience, exchange
from dicom_simulators.scu.queries import character_sets, optional_uid
from dicom_wire import Message
from dicom_wire.command_values import Value

OPERATIONS = ("n_create", "n_set", "n_get", "n_action", "n_delete")

GRAYSCALE_META, COLOR_META = uid_of("BasicGrayscalePrintManagementMeta"), uid_of("BasicColorPrintManagementMeta")
_OF_BOTH_METAS = frozenset(map(uid_of, ("BasicFilmSession", "BasicFilmBox", "Printer")))
_OF_META: Mapping[str, frozenset[str]] = {
    GRAYSCALE_META: _OF_BOTH_METAS | {uid_of("BasicGrayscaleImageBox")},
    COLOR_META: _OF_BOTH_METAS | {uid_of("BasicColorImageBox")},
}
"""The SOP Classes of each meta SOP Class (PS3.4 Tables H.3.2.2.1-1 and H.3.2.2.2-1)."""


@dataclass(frozen=True, slots=True)
class Normalized:
    """One DIMSE-N operation.

    Attributes
    ----------
    abstract_syntax : str
        Whose presentation context is used; empty = that of the SOP Class, or of a meta SOP Class that has it.
    attributes : mapping or None
        The data set; None = there is none.
    listed : tuple of str
        The attributes that an N-GET asks for; empty = all.
    """

    operation: str
    sop_class: str
    instance: str = ""
    abstract_syntax: str = ""
    attributes: Mapping[str, object] | None = None
    listed: tuple[str, ...] = ()
    action_type: int | None = None
    terms: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The DIMSE message."""
        return f"{self.operation.upper().replace('_', '-')}-RQ"

    @property
    def abstract_syntaxes(self) -> tuple[str, ...]:
        """Those in whose context it may be sent, the first of them what is proposed for it."""
        if self.abstract_syntax:
            return (self.abstract_syntax,)
        metas = tuple(meta for meta, classes in _OF_META.items() if self.sop_class in classes)
        return (*metas, self.sop_class)

    def data_set(self, transfer_syntax: str) -> bytes | None:
        """Encode the data set."""
        if self.attributes is None:
            return None
        return encode_attributes(self.attributes, transfer_syntax, self.terms, "attributes")


@dataclass(frozen=True, slots=True)
class Performed:
    """What came of a DIMSE-N operation: the exchange, what the response says, and the Affected SOP Instance UID."""

    exchanged: Exchanged
    attributes: Mapping[str, object] = field(default_factory=dict)
    instance: str = ""
    unreadable: str = ""

    @property
    def status(self) -> int | None:
        """The status."""
        return self.exchanged.final_status

    def outcome(self, operation: str) -> Outcome:
        """Give the outcome."""
        said = self.exchanged.outcome(operation)
        noted = [*self.exchanged.notes, *([self.unreadable] if self.unreadable else [])]
        return {**said, "attributes": dict(self.attributes), "instance": self.instance, "noted": noted}


def read_normalized(operation: str, arguments: Arguments) -> Normalized:
    """Read what is to be performed.

    Raises
    ------
    ValueError
        A wrong argument, or an attribute that cannot be encoded.
    """
    attributes: Mapping[str, object] | None = None
    listed: tuple[str, ...] = ()
    if operation == "n_get":
        listed = arguments.texts("attributes", ())
        for keyword in listed:
            if not _known(keyword):
                raise arguments.wrong("attributes", f"unknown keyword {keyword!r}")
    elif operation != "n_delete":
        given = arguments.raw("attributes")
        if given is not None and not isinstance(given, Mapping):
            raise arguments.wrong("attributes", f"expected a mapping of keywords to values, not {given!r}")
        attributes = given
    wanted = Normalized(
        operation,
        uid_of(arguments.text("sop_class")),
        _instance(arguments),
        optional_uid(arguments, "abstract_syntax"),
        attributes,
        listed,
        arguments.number("action_type", 1, 0xFFFF) if operation == "n_action" else None,
        character_sets(arguments),
    )
    wanted.data_set(IMPLICIT_VR_LITTLE_ENDIAN)  # what cannot be encoded is found before anything is sent
    return wanted


def _instance(arguments: Arguments) -> str:
    """Read a SOP Instance UID, or the keyword of a well-known one."""
    text = arguments.text("instance", "")
    try:
        return uid_of(text) if text else ""
    except ValueError:
        return text  # no UID at all, which may be what is asked for


def _known(keyword: str) -> bool:
    try:
        tag_of(keyword)
    except KeyError:
        return False
    return True


def perform(held: Held, wanted: Normalized) -> Performed | None:
    """Perform an operation; None where no presentation context was accepted for it."""
    context = find_context(held, wanted.abstract_syntaxes)
    if context is None:
        return None
    data_set = wanted.data_set(context.transfer_syntax)
    command = held.requestor.command(wanted.name, data_set, **_elements(wanted))
    done = exchange(held, Message(context.context_id, command, data_set), Patience())
    return _performed(held, wanted, done)


def performed_outcome(held: Held, wanted: Normalized) -> Outcome:
    """Perform an operation and tell what came of it."""
    done = perform(held, wanted)
    if done is None:
        names = " or ".join(wanted.abstract_syntaxes)
        return outcome(wanted.operation, "", "not_accepted", None, f"{names} was not accepted")
    return done.outcome(wanted.operation)


def find_context(held: Held, abstract_syntaxes: Sequence[str]) -> Context | None:
    """Find the first accepted context of one of these abstract syntaxes."""
    found = (held.established.find(abstract_syntax) for abstract_syntax in abstract_syntaxes)
    return next((context for context in found if context is not None), None)


def _elements(wanted: Normalized) -> dict[str, Value]:
    """Give the elements of the command set: an N-CREATE names an affected instance, all others a requested one."""
    if wanted.operation == "n_create":
        named = {"AffectedSOPInstanceUID": wanted.instance} if wanted.instance else {}
        return {"AffectedSOPClassUID": wanted.sop_class, **named}
    elements: dict[str, Value] = {
        "RequestedSOPClassUID": wanted.sop_class,
        "RequestedSOPInstanceUID": wanted.instance,
    }
    if wanted.listed:
        elements["AttributeIdentifierList"] = tuple(tag_of(keyword) for keyword in wanted.listed)
    if wanted.action_type is not None:
        elements["ActionTypeID"] = wanted.action_type
    return elements


def _performed(held: Held, wanted: Normalized, done: Exchanged) -> Performed:
    if done.final is None:
        return Performed(done)
    response = done.final.message
    instance = (response.command.text("AffectedSOPInstanceUID") or wanted.instance).strip(" \0")
    context = held.requestor.contexts.get(response.context_id)
    if response.data_set is None or context is None:
        return Performed(done, {}, instance)
    try:
        return Performed(done, decode_attributes(bytes(response.data_set), context.transfer_syntax), instance)
    except DataSetError as error:
        return Performed(done, {}, instance, f"{wanted.name.removesuffix('-RQ')}-RSP: {error}")
