"""What a scripted peer may send: PDUs field by field, DIMSE messages element by element, bytes.

PDUs: any field of the PDU's class in `dicom_wire.pdu`, `length` among them. For A-ASSOCIATE-RQ and -AC besides:
`application_context_name`, `contexts`, `maximum_length`, `implementation_class_uid`, `implementation_version_name`,
`asynchronous_operations`, `roles`, `extended_negotiation`, `sub_items: {bytes}` (more sub-items of the User Information
item) and `items: {bytes}` (more items), and `omit`, a list of what is left out (application_context, maximum_length,
implementation_class_uid, implementation_version_name, user_information). Contexts of an -AC: ``[{context_id, result,
transfer_syntax}]``; without them, each proposed one is accepted with its first transfer syntax, or refused with
`result`; `reversed` answers them in the reverse of their order. P-DATA-TF: ``pdvs: [{context_id, is_command, is_last,
data, length}]``. A PDU of any type: ``{pdu: "0x2A", data: 01 02}``.

DIMSE messages: elements by keyword; numbers decimal or 0x..., `Status` four hex digits, ``absent`` leaves an element
out, ``{bytes: ..}`` puts bytes in its place. A response answers the last request received unless set otherwise.
`context_id`, `in_another_context: true` (an accepted one of the same abstract syntax, where there is one),
`maximum_length` (of the PDUs), `one_pdu: true` (all PDVs of the message in one PDU), `data_set`: bytes as hex digits,
or a mapping of keywords to values, encoded in `transfer_syntax` (else in that of the context); `further_elements`:
whole command elements as hex digits, after the others, which need not be in order or known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from dicom_simulators.association import (
    APPLICATION_CONTEXT,
    IMPLEMENTATION_CLASS_UID,
    IMPLEMENTATION_VERSION_NAME,
    MAXIMUM_LENGTH_BYTES,
    Arguments,
    contexts_of,
    user_information_of,
)
from dicom_simulators.encoding import IMPLICIT_VR_LITTLE_ENDIAN, encode_texts
from dicom_wire import (
    ABSENT,
    PDU,
    PDV,
    AAbort,
    AAssociateAC,
    AAssociateRJ,
    AAssociateRQ,
    ApplicationContext,
    AReleaseRP,
    AReleaseRQ,
    CommandDataSetType,
    CommandSet,
    ImplementationClassUID,
    ImplementationVersionName,
    Item,
    MaximumLength,
    Message,
    PDataTF,
    PresentationContextAC,
    PresentationContextRQ,
    UnknownItem,
    UnknownPDU,
    UserInformation,
    command_set,
    decode_command,
    encode,
    encode_command,
    fragment,
    fragment_buffers,
)
from dicom_wire.command import Absent
from dicom_wire.command_elements import BY_KEYWORD
from dicom_wire.command_values import Value

GROUP_LENGTH_BYTES = 12
"""The element CommandGroupLength itself, which it does not count (PS3.7 E.1)."""


@dataclass(slots=True)
class ReceivedSoFar:
    """What the peer said so far, of which answers are made; and the AE titles of a request that names none."""

    request: AAssociateRQ | None = None
    acceptance: AAssociateAC | None = None
    message: Message | None = None
    asked: Message | None = None
    transfer_syntaxes: dict[int, str] = field(default_factory=dict)
    called_ae_title: str = "ANY-SCP"
    calling_ae_title: str = "SCRIPTED"

    def hear(self, message: Message) -> None:
        """Take a message; one that asks for something is what responses answer from now on."""
        self.message = message
        name = message.command.message
        if name.endswith("-RQ") and name != "C-CANCEL-RQ":
            self.asked = message

    @property
    def maximum_length(self) -> int:
        """What the peer takes."""
        given = self.request or self.acceptance
        offered = given.maximum_length if given is not None else None
        return max(offered, 8) if offered else 0

    def another_context(self, context_id: int) -> int:
        """Give the last other context that was accepted for the same abstract syntax; the same one if there is none."""
        contexts = self.request.presentation_contexts if self.request else ()
        syntaxes = {
            each.context_id: each.abstract_syntax for each in contexts if each.context_id in self.transfer_syntaxes
        }
        wanted = syntaxes.get(context_id)
        return next(
            (each for each in reversed(syntaxes) if each != context_id and syntaxes[each] == wanted), context_id
        )


Sending = Callable[[ReceivedSoFar], bytes]


def sending(given: object) -> Sending:
    """Return what makes the bytes of one `send`.

    Raises
    ------
    ValueError
    """
    kinds = [key for key in ("pdu", "dimse", "bytes") if isinstance(given, Mapping) and key in given]
    if len(kinds) != 1:
        raise ValueError(f"send: expected one of pdu, dimse, bytes, not {given!r}")

    def make(known: ReceivedSoFar) -> bytes:
        arguments = Arguments(given, "send.")
        made = {"pdu": _pdu, "dimse": _message, "bytes": _bytes}[kinds[0]](arguments, known)
        arguments.finish()
        return made

    return make


def _bytes(arguments: Arguments, known: ReceivedSoFar) -> bytes:
    return arguments.hexadecimal("bytes")


def _pdu(arguments: Arguments, known: ReceivedSoFar) -> bytes:
    name = arguments.text("pdu")
    reserved = arguments.number("reserved", 0, 255)
    length = arguments.number("length") if "length" in arguments else None
    pdu: PDU
    match name:
        case "A-ASSOCIATE-RQ" | "A-ASSOCIATE-AC":
            pdu = _associate(arguments, known, name, reserved, length)
        case "A-ASSOCIATE-RJ":
            result, source, reason = [arguments.number(key, 1, 255) for key in ("result", "source", "reason")]
            pdu = AAssociateRJ(result, source, reason, reserved=reserved, length=length, trailing=_trailing(arguments))
        case "P-DATA-TF":
            pdu = PDataTF(_pdvs(arguments), trailing=_trailing(arguments), reserved=reserved, length=length)
        case "A-RELEASE-RQ":
            pdu = AReleaseRQ(trailing=_trailing(arguments), reserved=reserved, length=length)
        case "A-RELEASE-RP":
            pdu = AReleaseRP(trailing=_trailing(arguments), reserved=reserved, length=length)
        case "A-ABORT":
            source, reason = [arguments.number(key, 0, 255) for key in ("source", "reason")]
            pdu = AAbort(source, reason, trailing=_trailing(arguments), reserved=reserved, length=length)
        case _:
            pdu = UnknownPDU(_type(name), arguments.hexadecimal("data", b""), reserved=reserved, length=length)
    return encode(pdu)


def _type(name: str) -> int:
    try:
        number = int(name, 16)
    except ValueError:
        number = -1
    if not 0 <= number <= 255:
        raise ValueError(f"send.pdu: unknown name {name!r}; expected a PDU's name, or its type as two hex digits")
    return number


def _trailing(arguments: Arguments) -> bytes:
    return arguments.hexadecimal("trailing", b"")


def _pdvs(arguments: Arguments) -> tuple[PDV, ...]:
    pdvs = []
    for entry in arguments.each("pdvs"):
        length = entry.number("length") if "length" in entry else None
        pdvs.append(
            PDV(
                entry.number("context_id", 1, 255),
                entry.truth("is_command"),
                entry.truth("is_last", True),
                entry.hexadecimal("data", b""),
                reserved_bits=entry.number("reserved_bits", 0, 255),
                length=length,
            )
        )
        entry.finish()
    return tuple(pdvs)


def _associate(
    arguments: Arguments, known: ReceivedSoFar, name: str, reserved: int, length: int | None
) -> AAssociateRQ | AAssociateAC:
    omitted = arguments.texts("omit", ())
    request = known.request
    items: list[Item] = []
    application_context = arguments.text("application_context_name", APPLICATION_CONTEXT)
    if "application_context" not in omitted:
        items.append(ApplicationContext(application_context))
    if name == "A-ASSOCIATE-RQ":
        items.extend(contexts_of(arguments))
    else:
        answers = _answers(arguments, known)
        items.extend(answers[::-1] if arguments.truth("reversed") else answers)
    user_information = _user_information(arguments, omitted)
    if "user_information" not in omitted:
        items.append(user_information)
    for entry in arguments.each("items"):
        items.append(UnknownItem(0, entry.hexadecimal("bytes"), header=b""))
        entry.finish()
    called = arguments.text("called_ae_title", request.called_ae_title if request else known.called_ae_title)
    calling = arguments.text("calling_ae_title", request.calling_ae_title if request else known.calling_ae_title)
    kind = AAssociateRQ if name == "A-ASSOCIATE-RQ" else AAssociateAC
    version = arguments.number("protocol_version", 1, 0xFFFF)
    return kind(called, calling, tuple(items), version, reserved=reserved, length=length)


def _answers(arguments: Arguments, known: ReceivedSoFar) -> list[PresentationContextAC]:
    result = arguments.number("result", 0, 0xFF)
    if "contexts" not in arguments:
        proposed: tuple[PresentationContextRQ, ...] = known.request.presentation_contexts if known.request else ()
        return [
            PresentationContextAC(
                context.context_id, result, context.transfer_syntaxes[0] if context.transfer_syntaxes else None
            )
            for context in proposed
        ]
    answers = []
    for entry in arguments.each("contexts"):
        syntax = entry.text("transfer_syntax", "absent")
        answers.append(
            PresentationContextAC(
                entry.number("context_id", 1, 255),
                entry.number("result", 0, 255),
                None if syntax == "absent" else syntax,
                length=entry.number("length", 0, 0xFFFF) if entry.raw("length") is not None else None,
            )
        )
        entry.finish()
    return answers


def _user_information(arguments: Arguments, omitted: tuple[str, ...]) -> UserInformation:
    usual: dict[str, MaximumLength | ImplementationClassUID | ImplementationVersionName] = {
        "maximum_length": MaximumLength(arguments.number("maximum_length", MAXIMUM_LENGTH_BYTES)),
        "implementation_class_uid": ImplementationClassUID(
            arguments.text("implementation_class_uid", IMPLEMENTATION_CLASS_UID)
        ),
        "implementation_version_name": ImplementationVersionName(
            arguments.text("implementation_version_name", IMPLEMENTATION_VERSION_NAME)
        ),
    }
    for name in omitted:
        if name not in (*usual, "application_context", "user_information"):
            raise ValueError(f"send.omit: {name!r} is not an item that can be left out")
    lengths = _lengths(arguments, tuple(usual))
    kept = [replace(item, length=lengths.get(name)) for name, item in usual.items() if name not in omitted]
    further = []
    for entry in arguments.each("sub_items"):
        further.append(UnknownItem(0, entry.hexadecimal("bytes"), header=b""))
        entry.finish()
    return UserInformation((*kept, *user_information_of(arguments), *further))


def _lengths(arguments: Arguments, names: tuple[str, ...]) -> dict[str, int]:
    """Read the length fields of sub-items that every negotiation has, right or wrong."""
    lengths = {}
    for entry in arguments.each("sub_item_lengths"):
        lengths.update({name: entry.number(name, 0, 0xFFFF) for name in names if entry.raw(name) is not None})
        entry.finish()
    return lengths


def _message(arguments: Arguments, known: ReceivedSoFar) -> bytes:
    name = arguments.text("dimse")
    last = known.asked or known.message if name.endswith("-RSP") else known.message
    context_id = arguments.number("context_id", last.context_id if last else 1, 255)
    if arguments.truth("in_another_context"):
        context_id = known.another_context(context_id)
    length = arguments.number("maximum_length", known.maximum_length)
    together = arguments.truth("one_pdu")
    syntax = arguments.text("transfer_syntax", known.transfer_syntaxes.get(context_id, IMPLICIT_VR_LITTLE_ENDIAN))
    data_set = _data_set(arguments.raw("data_set"), syntax)
    kind = CommandDataSetType.NULL if data_set is None else CommandDataSetType.PRESENT
    elements: dict[str, Value | Absent] = {"CommandDataSetType": int(kind)}
    if name.endswith("-RSP"):
        elements.update(_answering(last))
    elif name != "C-CANCEL-RQ":
        elements["MessageID"] = 1
    further = arguments.hexadecimal("further_elements", b"")
    for keyword, value in arguments.rest().items():
        elements[keyword] = _value(keyword, value)
    message = Message(context_id, _extended(command_set(name, **elements), further, elements), data_set)
    if together:
        return encode(PDataTF(tuple(pdv for pdu in fragment(message, length) for pdv in pdu.pdvs)))
    return b"".join(fragment_buffers(message, length))


def _extended(command: CommandSet, further: bytes, given: Mapping[str, object]) -> CommandSet:
    """Put more elements behind those of a command set; CommandGroupLength counts them unless it is given."""
    if not further:
        return command
    elements = (*command.elements, *decode_command(further)[0].elements)
    if "CommandGroupLength" not in given:
        length = len(encode_command(CommandSet(elements))) - GROUP_LENGTH_BYTES
        elements = (replace(elements[0], value=length), *elements[1:])
    return CommandSet(elements)


def _answering(request: Message | None) -> dict[str, Value | Absent]:
    if request is None:
        return {"MessageIDBeingRespondedTo": 1, "Status": 0}
    elements: dict[str, Value | Absent] = {
        "MessageIDBeingRespondedTo": request.command.number("MessageID") or 0,
        "Status": 0,
    }
    for keyword in ("AffectedSOPClassUID", "AffectedSOPInstanceUID"):
        uid = request.command.text(keyword)
        if uid is not None:
            elements[keyword] = uid
    return elements


def _value(keyword: str, value: object) -> Value | Absent:
    """Read the value of a command element."""
    if keyword not in BY_KEYWORD:
        raise ValueError(f"send.{keyword}: not a command element")
    if value == "absent":
        return ABSENT
    if isinstance(value, Mapping):
        entry = Arguments(value, f"send.{keyword}.")
        raw = entry.hexadecimal("bytes")
        entry.finish()
        return raw
    vr = BY_KEYWORD[keyword].vr
    text = str(value)
    try:
        if keyword == "Status":
            return value if isinstance(value, int) else int(text, 16)
        if vr == "AT":
            return tuple([int(word, 16) for word in text.replace(",", " ").split()])
        if vr in ("US", "UL"):
            return int(text, 16) if text.lower().startswith("0x") else int(text)
    except ValueError:
        raise ValueError(f"send.{keyword}: {value!r} is not a valid value of VR {vr}") from None
    return text


def _data_set(given: object, transfer_syntax: str) -> bytes | None:
    if given is None:
        return None
    if isinstance(given, Mapping):
        return encode_texts(given, transfer_syntax)
    if isinstance(given, bytes):
        return given
    try:
        return bytes.fromhex(str(given))
    except ValueError:
        raise ValueError("send.data_set: expected hex digits or a mapping of keywords to values") from None
