"""C-FIND, C-MOVE and C-GET as SCU: what is asked, and the outcome (PS3.4 C.4; PS3.7 9.1.2 to 9.1.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dicom_simulators.association import (
    Arguments,
    Context,
    Outcome,
    outcome,
)
from dicom_simulators.encoding import (
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    DataSetError,
    decode_attributes,
    encode_attributes,
    uid_of,
)
from dicom_simulators.scu.conversation import Reply
from dicom_simulators.scu.delivery import Held
from dicom_simulators.scu.exchange import Exchanged, Patience, exchange, read_patience
from dicom_simulators.scu.models import MODELS, extension_bytes, granted, model_uid
from dicom_wire import Message, SOPClassExtendedNegotiation, SubItem

DEFAULT_TRANSFER_SYNTAXES = (IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN)
MOST_UNREADABLE = 20
"""Identifiers that cannot be read and are named one by one."""

_COUNTS = {
    "remaining": "NumberOfRemainingSuboperations",
    "completed": "NumberOfCompletedSuboperations",
    "failed": "NumberOfFailedSuboperations",
    "warning": "NumberOfWarningSuboperations",
}


@dataclass(frozen=True, slots=True)
class Query:
    """What a find, a move or a get asks.

    Attributes
    ----------
    sop_class : str
        UID of the information model.
    keys : mapping
        Keyword to value, with Query/Retrieve Level.
    terms : tuple of str
        Specific Character Set.
    transfer_syntaxes : tuple of str
        Proposed for the information model; where the association is there already, any of them will do.
    extended : bytes
        Service-class-application-information; empty = no extended negotiation.
    destination : str
        AE title to which a move goes.
    """

    operation: str
    sop_class: str
    keys: Mapping[str, object]
    terms: tuple[str, ...]
    transfer_syntaxes: tuple[str, ...]
    extended: bytes
    priority: int
    patience: Patience
    destination: str = ""
    query_id: str = ""

    @property
    def user_information(self) -> tuple[SubItem, ...]:
        """What the A-ASSOCIATE-RQ says of it besides its context."""
        return (SOPClassExtendedNegotiation(self.sop_class, self.extended),) if self.extended else ()

    def identifier(self, transfer_syntax: str) -> bytes:
        """Encode the keys."""
        return encode_attributes(self.keys, transfer_syntax, self.terms)


def read_query(operation: str, arguments: Arguments) -> Query:
    """Read what a find, move or get is to ask.

    Raises
    ------
    ValueError
        A wrong argument, or a key that cannot be encoded.
    """
    given = arguments.raw("keys")
    if given is not None and not isinstance(given, Mapping):
        raise arguments.wrong("keys", f"expected a mapping of keywords to values, not {given!r}")
    level = arguments.text("level", "")
    keys = {**({"QueryRetrieveLevel": level} if level else {}), **dict(given or {})}
    query = Query(
        operation,
        model_uid(operation, arguments.text("model", next(iter(MODELS[operation])))),
        keys,
        character_sets(arguments),
        tuple(uid_of(one) for one in arguments.texts("transfer_syntax", ())),
        extension_bytes(operation, arguments.texts("extended", ())),
        arguments.number("priority", 0, 0xFFFF),
        read_patience(arguments),
        arguments.text("destination") if operation == "move" else "",
        arguments.text("query_id", ""),
    )
    query.identifier(IMPLICIT_VR_LITTLE_ENDIAN)  # what cannot be encoded is found before anything is sent
    return query


def character_sets(arguments: Arguments) -> tuple[str, ...]:
    """Read `character_set`: one or several values of Specific Character Set, or one text with backslashes."""
    return tuple(term for given in arguments.texts("character_set", ()) for term in given.split("\\"))


def optional_uid(arguments: Arguments, key: str) -> str:
    """Read a UID or the keyword of one; empty where there is none."""
    text = arguments.text(key, "")
    return uid_of(text) if text else ""


def find(held: Held, query: Query) -> Outcome:
    """Send a C-FIND-RQ and tell what came."""
    done = _ask(held, query)
    if not isinstance(done, Exchanged):
        return done
    matches, unreadable = _matches(held, done.pending)
    return {
        **_outcome(held, query, done),
        "matches": matches,
        "count": done.pending_count,
        "noted": [*done.notes, *unreadable],
    }


def move(held: Held, query: Query) -> Outcome:
    """Send a C-MOVE-RQ and tell what came."""
    done = _ask(held, query, MoveDestination=query.destination)
    return {**_outcome(held, query, done), **_suboperations(held, done)} if isinstance(done, Exchanged) else done


def get(held: Held, query: Query) -> Outcome:
    """Send a C-GET-RQ and tell what came; what arrives meanwhile is the association's to answer."""
    done = _ask(held, query)
    return {**_outcome(held, query, done), **_suboperations(held, done)} if isinstance(done, Exchanged) else done


def _ask(held: Held, query: Query, **elements: str) -> Exchanged | Outcome:
    context = _context(held, query)
    if context is None:
        return outcome(query.operation, "", "not_accepted", None, f"{query.sop_class} was not accepted")
    identifier = query.identifier(context.transfer_syntax)
    name = f"C-{query.operation.upper()}-RQ"
    command = held.requestor.command(
        name, identifier, AffectedSOPClassUID=query.sop_class, Priority=query.priority, **elements
    )
    return exchange(held, Message(context.context_id, command, identifier), query.patience)


def _context(held: Held, query: Query) -> Context | None:
    """Find the accepted context of the information model, in a transfer syntax that was asked for."""
    wanted = query.transfer_syntaxes or (None,)
    found = (held.established.find(query.sop_class, syntax) for syntax in wanted)
    return next((context for context in found if context is not None), None)


def _outcome(held: Held, query: Query, done: Exchanged) -> Outcome:
    answers = held.established.acceptance.find(SOPClassExtendedNegotiation)
    information = next((item.information for item in answers if item.sop_class == query.sop_class), b"")
    said = {**done.outcome(query.operation), "extended": granted(query.operation, bytes(information))}
    return {**said, "query_id": query.query_id} if query.query_id else said


def _matches(held: Held, pending: Iterable[Reply]) -> tuple[list[dict[str, object]], list[str]]:
    """Read the Identifiers of pending responses; give those, and what cannot be read."""
    matches: list[dict[str, object]] = []
    unreadable: list[str] = []
    for number, reply in enumerate(pending, start=1):
        identifier = _attributes(held, reply)
        if isinstance(identifier, dict):
            matches.append(identifier)
        elif len(unreadable) < MOST_UNREADABLE:
            unreadable.append(f"Identifier {number}: {identifier}")
    return matches, unreadable


def _attributes(held: Held, reply: Reply) -> dict[str, object] | str:
    """Read the data set of a response; say why it cannot be read."""
    if reply.message.data_set is None:
        return "there is none"
    context = held.requestor.contexts.get(reply.message.context_id)
    try:
        syntax = context.transfer_syntax if context is not None else IMPLICIT_VR_LITTLE_ENDIAN
        return decode_attributes(bytes(reply.message.data_set), syntax)
    except DataSetError as error:
        return str(error)


def _suboperations(held: Held, done: Exchanged) -> Outcome:
    final = {} if done.final is None else _counted(done.final)
    failed: object = []
    if done.final is not None and done.final.message.data_set is not None:
        identifier = _attributes(held, done.final)
        failed = identifier.get("FailedSOPInstanceUIDList", "") if isinstance(identifier, dict) else ""
    failed_instances = [failed] if isinstance(failed, str) and failed else failed if isinstance(failed, list) else []
    return {
        "pending": [_counted(reply) for reply in done.pending],
        **{name: final.get(name) for name in _COUNTS},
        "failed_instances": failed_instances,
    }


def _counted(reply: Reply) -> dict[str, int | None]:
    return {name: reply.message.command.number(keyword) for name, keyword in _COUNTS.items()}
