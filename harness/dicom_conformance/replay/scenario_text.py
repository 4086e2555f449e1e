"""A conversation as a scenario: one side is the subject, the other a scripted peer that does what was captured.

The file is of format 2, so that it judges any product. Where the acceptor is the subject, the script is what the
requestor sent; where the requestor is, the script is what the acceptor answered, and the subject is asked for the
operation that its first request belongs to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydicom.datadict import dictionary_VR, keyword_for_tag

from dicom_conformance.errors import HarnessError
from dicom_conformance.judge import STANDING_RULES, breaches
from dicom_conformance.replay.finding import Wanted
from dicom_conformance.replay.recording import recording_of
from dicom_conformance.replay.safety import needed
from dicom_conformance.replay.shrinking import Piece, pieces_of
from dicom_conformance.results import Level
from dicom_conformance.trace import Conversation, SeenMessage, read_attributes
from dicom_simulators.encoding import encode_texts
from dicom_wire import ABSENT, Side, decode
from dicom_wire.pdu import PDU, AAbort, AAssociateAC, AAssociateRJ, AAssociateRQ, AReleaseRP, AReleaseRQ
from dicom_wire.statuses import StatusClass, status_class

LONGEST_HEX_BYTES = 1 << 20
DEFAULT_MAXIMUM_LENGTH = 16384
_OPERATIONS: Mapping[str, tuple[str, str]] = {
    "C-ECHO-RQ": ("echo", "verification"),
    "C-FIND-RQ": ("query", "query"),
    "C-MOVE-RQ": ("retrieve", "move"),
    "C-STORE-RQ": ("store", "storage"),
}
"""Request to the operation of a subject, and the service that it is part of."""
_MADE = ("CommandGroupLength", "CommandField", "CommandDataSetType")
_REPEATED = ("AffectedSOPClassUID", "AffectedSOPInstanceUID")
_EXPECTED = (StatusClass.SUCCESS, StatusClass.PENDING, StatusClass.WARNING)
"""The classes of the statuses that a written scenario expects where another status was found."""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the scenario says of the finding: the clause, the level, the demand, and the expectation."""

    clause: str
    level: Level
    title: str
    expectation: str


def scenario_text(one: Conversation, wanted: Wanted, name: str) -> str:
    """Write a scenario in which the side that shows the finding is the subject.

    Parameters
    ----------
    name : str
        The last part of the scenario's id.

    Raises
    ------
    HarnessError
        The subject would have to be asked for something that no operation of a subject is.
    """
    judged = _judged(one, wanted)
    pieces = list(pieces_of(one))
    of_acceptor = wanted.side is Side.ACCEPTOR
    script = list(_requestor_script(pieces) if of_acceptor else _acceptor_script(pieces, one))
    lines = ['format: "2"', f"id: captured/{name}", f"title: {_text(judged.title)}"]
    is_hostile = any(each.side is not wanted.side and each.level is Level.SHALL for each in breaches(one))
    further = [f", may_{kind}: true" for kind, _ in needed(recording_of(one)) if kind != "hostile" and of_acceptor]
    needs = "".join((*further, ", hostile: true" if is_hostile else ""))
    if of_acceptor:
        lines.append(f"needs: {{role: SCP{needs}}}")
        do = "{ae: client, operation: play, peer: subject, script: ["
        body = ["peers: {client: {simulator: scripted}}", "steps:", f"  - do: {do}", *_indented(script, "]}")]
    else:
        operation, service, arguments = _operation(one)
        lines.append(f"needs: {{role: SCU, service: {service}, operation: {operation}{needs}}}")
        body = ["peers: {archive: {simulator: scripted, script: [", *_indented(script, "]}}"), "steps:"]
        body.append(f"  - do: {{ae: subject, operation: {operation}, peer: archive{arguments}}}")
    lines += [f"level: {judged.level}", f"clause: {judged.clause}", *body, f"  - expect: [{judged.expectation}]"]
    return "\n".join(lines) + "\n"


def _indented(script: Sequence[str], end: str) -> list[str]:
    lines = [f"      {line}," for line in script]
    lines[-1] = f"{lines[-1].removesuffix(',')}{end}"
    return lines


def _judged(one: Conversation, wanted: Wanted) -> _Judged:
    if wanted.rule:
        found = next(each for each in breaches(one) if each.rule == wanted.rule and each.side is wanted.side)
        rule = STANDING_RULES.get(wanted.rule)
        demand = rule.demand if rule is not None else f"what is sent has no violation {wanted.rule}"
        title = f"{demand[0].upper()}{demand[1:]}"
        return _Judged(found.clause, found.level, title, f"{{rules: {{sender: subject, rules: {wanted.rule}}}}}")
    if wanted.status:
        if status_class(int(wanted.status, 16)) in _EXPECTED:
            raise HarnessError(
                f"--finding: {wanted} is no failure, and a scenario that looks for it would never fail;"
                " name the status of a failure or of a cancellation, a rule or an end"
            )
        expectation = (
            f"{{dimse: {{sender: subject, message: {wanted.message}, position: each, "
            f"status: [{', '.join(each.value for each in _EXPECTED)}]}}}}"
        )
        title = f"No {wanted.message} has the status {wanted.status}"
        return _Judged("PS3.7 9.3", Level.SHOULD, title, expectation)
    side = "acceptor" if wanted.side is Side.ACCEPTOR else "requestor"
    expectation = f"{{association: {{{side}: subject, ends: released}}}}"
    return _Judged("PS3.8 9.2.3", Level.SHOULD, f"The association is not {wanted.end}", expectation)


def _operation(one: Conversation) -> tuple[str, str, str]:
    """Give what the subject is asked for: the operation, its service, and its arguments as written."""
    first = next((each for each in one.messages if each.side is Side.REQUESTOR and each.is_request), None)
    if first is None:
        return "echo", "verification", ""
    if first.name not in _OPERATIONS:
        raise HarnessError(f"no operation of a subject is {first.name}: a scenario of the requestor cannot be written")
    operation, service = _OPERATIONS[first.name]
    keys = _keywords(first) or {}
    arguments = ""
    if operation in ("query", "retrieve"):
        level = str(keys.pop("QueryRetrieveLevel", "STUDY"))
        arguments = f", level: {level}, keys: {_value(keys)}"
    if operation == "store":
        sop_class = first.command.text("AffectedSOPClassUID") or first.abstract_syntax
        arguments = f", instances: [{{recipe: smallest, sop_class: {sop_class}}}]"
    return operation, service, arguments


# -- the scripts --------------------------------------------------------------------------------------------------


def _requestor_script(pieces: Sequence[Piece]) -> Iterator[str]:
    """Yield what the requestor sends, and what it waits for."""
    established = ended = False
    for piece in pieces:
        pdu = _pdu(piece)
        if piece.side is Side.ACCEPTOR:
            awaited = _awaited(piece, pdu)
            established = established or isinstance(pdu, AAssociateAC)
            if awaited:
                yield awaited
            continue
        ended = ended or isinstance(pdu, AReleaseRQ | AAbort) or (established and not piece.raw)
        line = _sent(piece, pdu, None)
        if line:
            yield line
    if established and not ended:
        yield "{send: {pdu: A-RELEASE-RQ}}, {receive: {pdu: A-RELEASE-RP, optional: true}}, close"


def _acceptor_script(pieces: Sequence[Piece], one: Conversation) -> Iterator[str]:
    """Yield what the acceptor waits for, and what it answers."""
    request: SeenMessage | None = None
    is_accepted = one.accept is not None and all(each.result == 0 for each in one.contexts)
    for piece in pieces:
        pdu = _pdu(piece)
        if piece.side is Side.REQUESTOR:
            request = piece.message or request
            awaited = "" if isinstance(pdu, AAssociateRQ) and is_accepted else _awaited(piece, pdu)
            if awaited:
                yield awaited
        elif isinstance(pdu, AAssociateAC) and is_accepted:
            yield "{receive: {pdu: A-ASSOCIATE-RQ}}, {send: {pdu: A-ASSOCIATE-AC}}"
        else:
            line = _sent(piece, pdu, request)
            if line:
                yield line
    yield "{receive: {any_of: [ended], optional: true}}"


def _pdu(piece: Piece) -> PDU | None:
    """Give the PDU of a piece, where it is one that is lawful."""
    if piece.message is not None or not piece.raw:
        return None
    decoded = decode(piece.raw)
    return None if decoded.violations else decoded.pdu


def _awaited(piece: Piece, pdu: PDU | None) -> str:
    """Write what is waited for; empty where the script need not wait."""
    if piece.message is not None:
        name = piece.message.name
        return "" if name.startswith("unknown") else f"{{receive: {{dimse: {name}, optional: true}}}}"
    if isinstance(pdu, AAssociateRQ | AAssociateAC):
        return f"{{receive: {{pdu: {pdu.NAME}}}}}"
    return f"{{receive: {{pdu: {pdu.NAME}, optional: true}}}}" if pdu is not None else ""


def _sent(piece: Piece, pdu: PDU | None, request: SeenMessage | None) -> str:
    """Write what is sent; bytes where it is no lawful PDU and no whole message."""
    if not piece.raw:
        return "reset" if piece.kind.value == "rst" else "close"
    if piece.message is not None:
        return _message(piece.message, request)
    match pdu:
        case AAssociateRQ():
            return f"{{send: {{pdu: A-ASSOCIATE-RQ, {_contexts_proposed(pdu)}{_maximum_length(pdu)}}}}}"
        case AAssociateAC():
            return f"{{send: {{pdu: A-ASSOCIATE-AC, {_contexts_answered(pdu)}{_maximum_length(pdu)}}}}}"
        case AAssociateRJ():
            fields = f"result: {pdu.result}, source: {pdu.source}, reason: {pdu.reason}"
            return f"{{send: {{pdu: A-ASSOCIATE-RJ, {fields}}}}}"
        case AAbort():
            return f"{{send: {{pdu: A-ABORT, source: {pdu.source}, reason: {pdu.reason}}}}}"
        case AReleaseRQ() | AReleaseRP():
            return f"{{send: {{pdu: {pdu.NAME}}}}}"
        case _:
            return f"{{send: {{bytes: {piece.raw.hex(' ')}}}}}"


def _contexts_proposed(pdu: AAssociateRQ) -> str:
    written = []
    for number, each in enumerate(pdu.presentation_contexts):
        own = "" if each.context_id == 2 * number + 1 else f"context_id: {each.context_id}, "
        syntaxes = ", ".join(each.transfer_syntaxes)
        written.append(f"{{{own}sop_class: {each.abstract_syntax}, transfer_syntaxes: [{syntaxes}]}}")
    return f"contexts: [{', '.join(written)}]"


def _contexts_answered(pdu: AAssociateAC) -> str:
    written = []
    for each in pdu.presentation_contexts:
        syntax = f", transfer_syntax: {each.transfer_syntax}" if each.transfer_syntax else ""
        written.append(f"{{context_id: {each.context_id}, result: {each.result}{syntax}}}")
    return f"contexts: [{', '.join(written)}]"


def _maximum_length(pdu: AAssociateRQ | AAssociateAC) -> str:
    length = pdu.maximum_length
    return "" if length in (None, DEFAULT_MAXIMUM_LENGTH) else f", maximum_length: {length}"


def _message(seen: SeenMessage, request: SeenMessage | None) -> str:
    """Write a message: its name, and of its elements those that the script would not send by itself."""
    fields = [f"dimse: {seen.name}"]
    is_response = seen.name.endswith("-RSP")
    if seen.context_id != (request.context_id if request is not None else 1):
        fields.append(f"context_id: {seen.context_id}")
    usual: dict[str, object] = {"MessageID": 1, "Status": 0}
    if is_response and request is not None:
        usual["MessageIDBeingRespondedTo"] = request.command.get("MessageID")
        usual |= {keyword: request.command.get(keyword) for keyword in _REPEATED}
    for element in seen.command.elements:
        keyword = element.keyword
        if keyword in _MADE or not keyword.isalpha() or usual.get(keyword, ABSENT) == element.value:
            continue
        fields.append(f"{keyword}: {_element(keyword, element.value)}")
    if is_response and request is not None:
        left_out = [each for each in _REPEATED if each in request.command and each not in seen.command]
        fields += [f"{keyword}: absent" for keyword in left_out]
    if seen.data_set is not None:
        fields.append(f"data_set: {_data_set(seen)}")
    return f"{{send: {{{', '.join(fields)}}}}}"


def _element(keyword: str, value: object) -> str:
    if keyword == "Status" and isinstance(value, int):
        return f'"{value:04X}"'
    if isinstance(value, bytes):
        return f"{{bytes: {value.hex(' ')}}}"
    if isinstance(value, tuple):
        return ", ".join(f"{each:08X}" for each in value)
    return str(value) if isinstance(value, int) else _text(str(value).strip(" \0"))


def _data_set(seen: SeenMessage) -> str:
    """Write a data set by keywords where that gives the same bytes; else as hex digits."""
    assert seen.data_set is not None
    keywords = _keywords(seen)
    if keywords is not None and seen.transfer_syntax is not None:
        try:
            if encode_texts(keywords, seen.transfer_syntax) == seen.data_set:
                return _value(keywords)
        except ValueError:
            pass  # then as bytes
    if len(seen.data_set) > LONGEST_HEX_BYTES:
        raise HarnessError(
            f"the data set of {seen.name} has {len(seen.data_set):,} bytes, too many for a scenario; --reduce"
        )
    return f'"{seen.data_set.hex()}"'


def _keywords(seen: SeenMessage) -> dict[str, object] | None:
    """Give the elements of a data set as keywords and texts; None where one has no keyword or is a sequence."""
    if seen.data_set is None or seen.transfer_syntax is None:
        return None
    found: dict[str, object] = {}
    for attribute in read_attributes(seen.data_set, seen.transfer_syntax):
        keyword = keyword_for_tag(attribute.tag)
        if not keyword or attribute.vr in ("SQ", "UN", "AT") or " or " in dictionary_VR(attribute.tag):
            return None
        found[keyword] = "\\".join(attribute.values)
    return found


def _value(values: Mapping[str, object]) -> str:
    return f"{{{', '.join(f'{keyword}: {_text(str(value))}' for keyword, value in values.items())}}}"


def _text(value: str) -> str:
    """Write a text so that YAML reads it as it is."""
    return value if _PLAIN.match(value) or _is_sentence(value) else json.dumps(value, ensure_ascii=False)


def _is_sentence(value: str) -> bool:
    return re.fullmatch(r"[A-Za-z][A-Za-z0-9 ,.'()-]*[A-Za-z0-9.)]", value) is not None and ", " not in value
