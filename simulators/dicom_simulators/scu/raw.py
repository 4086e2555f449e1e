"""Whatever is asked for, sent as it is given: bytes, or a command set with a data set, lawful or not."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from dicom_simulators.association import Arguments, Context, Outcome, is_followed, of_end, outcome
from dicom_simulators.encoding import (
    IMPLICIT_VR_LITTLE_ENDIAN,
    DataSetError,
    decode_attributes,
    encode_attributes,
    tag_of,
)
from dicom_simulators.scu.conversation import Conversation, Reply
from dicom_simulators.scu.delivery import Held
from dicom_simulators.scu.exchange import MOST_KEPT, MOST_KEPT_BYTES, observer_of
from dicom_simulators.scu.queries import character_sets, optional_uid
from dicom_wire import ABSENT, CommandDataSetType, Message, command_set
from dicom_wire.command import Absent
from dicom_wire.command_elements import BY_KEYWORD
from dicom_wire.command_values import Value

WITHIN_S = 5.0
_LEFT_OUT = "absent"


@dataclass(frozen=True, slots=True)
class Raw:
    """What is to be sent.

    Attributes
    ----------
    data : bytes
        Sent as they are, before the message; empty = none.
    message : str
        Name of the DIMSE message; empty = none.
    command : mapping
        Keyword to value of its command set; the rest is as the message needs it.
    data_set : mapping, bytes or None
        Attributes, or bytes as they are.
    sop_class : str
        Whose presentation context is used; empty = the first that was accepted, unless `context_id` says which.
    """

    data: bytes
    message: str
    command: Mapping[str, object] = field(default_factory=dict)
    data_set: Mapping[str, object] | bytes | None = None
    sop_class: str = ""
    context_id: int | None = None
    terms: tuple[str, ...] = ()
    within_s: float = WITHIN_S


def read_raw(arguments: Arguments) -> Raw:
    """Read what is to be sent.

    Raises
    ------
    ValueError
    """
    raw = Raw(
        arguments.hexadecimal("bytes", b""),
        arguments.text("message", ""),
        _mapping(arguments, "command"),
        _data_set(arguments),
        optional_uid(arguments, "sop_class"),
        None if arguments.raw("context_id") is None else arguments.number("context_id", 0, 255),
        character_sets(arguments),
        arguments.seconds("within_s", WITHIN_S),
    )
    if not raw.data and not raw.message:
        raise ValueError("raw: give `bytes`, or `message` with its `command`")
    if raw.message:
        _message(raw, 1, 1, IMPLICIT_VR_LITTLE_ENDIAN)  # what cannot be encoded is found before anything is sent
    return raw


def _mapping(arguments: Arguments, key: str) -> Mapping[str, object]:
    given = arguments.raw(key)
    if given is not None and not isinstance(given, Mapping):
        raise arguments.wrong(key, f"expected a mapping of keywords to values, not {given!r}")
    return given or {}


def _data_set(arguments: Arguments) -> Mapping[str, object] | bytes | None:
    given = arguments.raw("data_set")
    if given is None or isinstance(given, Mapping):
        return given
    return arguments.hexadecimal("data_set")


def send(held: Held, raw: Raw) -> Outcome:
    """Send it, and tell what came until the final response, the end of the association, or the end of the time."""
    observer = observer_of(held)
    before = len(observer.notes)
    until = time.monotonic() + raw.within_s
    if raw.data:
        observer.send_bytes(raw.data)
    replies: list[Reply] = []
    context = _context(held, raw)
    if raw.message:
        context_id = raw.context_id if raw.context_id is not None else (context.context_id if context else 1)
        syntax = context.transfer_syntax if context else IMPLICIT_VR_LITTLE_ENDIAN
        message = _message(raw, context_id, observer.next_message_id(), syntax)
        if message.command.is_response or message.command.message == "C-CANCEL-RQ":
            observer.send_message(message)
            observer.wait_ended(until - time.monotonic())
        else:
            conversation = observer.converse(message)
            replies = _replies(conversation, until)
            observer.forget(conversation)
    else:
        observer.wait_ended(until - time.monotonic())
    return _outcome(held, replies, observer.notes[before:])


def _replies(conversation: Conversation, until: float) -> list[Reply]:
    replies: list[Reply] = []
    size_bytes = 0
    try:
        while len(replies) < MOST_KEPT and size_bytes <= MOST_KEPT_BYTES:
            reply = conversation.take(until)
            if reply is None:
                break
            replies.append(reply)
            size_bytes += len(reply.message.data_set or b"")
            if not is_followed(conversation.name, reply.status):
                break
    except TimeoutError:
        return replies
    return replies


def _outcome(held: Held, replies: list[Reply], notes: tuple[str, ...]) -> Outcome:
    ended = held.requestor.ended
    status = replies[-1].status if replies else None
    base = {**outcome("raw", "", "success", status), **({} if ended is None else of_end(ended))}
    return {
        **base,
        "statuses": [f"{reply.status:04X}" for reply in replies],
        "responses": [_as_data(held, reply) for reply in replies],
        "ended": ended is not None,
        "noted": list(notes),
    }


def _as_data(held: Held, reply: Reply) -> dict[str, object]:
    told: dict[str, object] = {"message": reply.message.command.message, "status": f"{reply.status:04X}"}
    context = held.requestor.contexts.get(reply.message.context_id)
    if reply.message.data_set is not None and context is not None:
        try:
            told["attributes"] = decode_attributes(bytes(reply.message.data_set), context.transfer_syntax)
        except DataSetError as error:
            told["unreadable"] = str(error)
    return told


def _context(held: Held, raw: Raw) -> Context | None:
    accepted = held.established.accepted
    if raw.context_id is not None:
        return next((context for context in accepted if context.context_id == raw.context_id), None)
    wanted = [context for context in accepted if raw.sop_class in ("", context.abstract_syntax)]
    return wanted[0] if wanted else None


def _message(raw: Raw, context_id: int, message_id: int, transfer_syntax: str) -> Message:
    given = raw.data_set
    data_set = encode_attributes(given, transfer_syntax, raw.terms, "data_set") if isinstance(given, Mapping) else given
    present = CommandDataSetType.NULL if data_set is None else CommandDataSetType.PRESENT
    elements: dict[str, Value | Absent] = {"CommandDataSetType": int(present)}
    if not raw.message.endswith("-RSP") and raw.message != "C-CANCEL-RQ":
        elements["MessageID"] = message_id
    for keyword, value in raw.command.items():
        elements[keyword] = _element(keyword, value)
    return Message(context_id, command_set(raw.message, **elements), data_set)


def _element(keyword: str, value: object) -> Value | Absent:
    """Read the value of a command element: numbers also as 0x..., tags by keyword; `absent` leaves it out."""
    if value == _LEFT_OUT:
        return ABSENT
    row = BY_KEYWORD.get(keyword)
    if row is None:
        raise ValueError(f"command.{keyword}: unknown keyword")
    if row.vr == "AT":
        return tuple(_tag(keyword, one) for one in (value if isinstance(value, list | tuple) else [value]))
    if row.vr not in ("US", "UL") or isinstance(value, int):
        return value if isinstance(value, int) else str(value)
    try:
        return int(str(value), 16) if keyword == "Status" else int(str(value), 0)
    except ValueError:
        raise ValueError(f"command.{keyword}: expected a number, not {value!r}") from None


def _tag(keyword: str, value: object) -> int:
    try:
        return tag_of(str(value))
    except KeyError:
        raise ValueError(f"command.{keyword}: unknown keyword {value!r}") from None
