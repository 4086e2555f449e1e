"""A second witness of bytes on the wire: tshark's DICOM dissector, compared with `wire` field by field.

The law of this file: what is compared is what tshark itself read out of a capture; none of our decoding goes into its
side. Compared are the type and length of each PDU, every item and sub-item with its fields, results, reasons, PDV
headers, and of command sets the tag, VR, length and value of each element. A PDU in which `wire` sees a violation is
compared by type and length only; a direction is left where it stops being PDUs (unknown type, cut off). tshark names
the bits of Query/Retrieve extended negotiation; those are not compared.

tshark tells nothing of a PDV without data but its length. It mixes up the PDUs of a packet that begins in the middle of
one: a connection in which something differs is shown to it again, a packet for each PDU. And it reads data sets too,
takes fragments of encapsulated Pixel Data for elements, and what seems open at the end of one it looks for in the next
command set, which it then reads wrongly or not at all: where it is a command set that differs still, the connection is
shown to it once more, without the PDUs of its data sets. What differs then, counts.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

from dicom_wire import (
    PDU,
    AAbort,
    AAssociateAC,
    AAssociateRJ,
    AAssociateRQ,
    AbstractSyntax,
    ApplicationContext,
    AsynchronousOperationsWindow,
    CommandSet,
    ImplementationClassUID,
    ImplementationVersionName,
    Item,
    Kind,
    MaximumLength,
    PDataTF,
    PDUStream,
    PresentationContextAC,
    PresentationContextRQ,
    Received,
    RoleSelection,
    Side,
    SOPClassExtendedNegotiation,
    SubItem,
    TransferSyntax,
    UnknownItem,
    UserIdentityRQ,
    UserInformation,
    decode_command,
)
from dicom_wire.capture.pcap import Segment, Stream, read, write
from dicom_wire.command_elements import BY_ELEMENT
from dicom_wire.command_values import value_field
from tshark_dissection import Direction, Fact, dissected

SHORTEST_BYTES = 10
"""Of the lawful PDUs (PS3.8 9.3); a shorter one tshark takes for none."""


def compare(path: str | PathLike[str], with_data_sets: bool = True) -> list[str]:
    """Return how tshark's reading of a capture differs from ours, a line each; nothing if it does not.

    Parameters
    ----------
    with_data_sets : bool
        Without them, a capture of tens of megabytes takes no longer than others: tshark writes each byte of a data
        set as several, which are parsed in quadratic time.

    Raises
    ------
    FileNotFoundError
        tshark is not installed.
    subprocess.CalledProcessError
        tshark failed.
    dicom_wire.capture.pcap.CaptureError
        The file is no capture.
    """
    streams = read(path)
    if not with_data_sets:
        streams = [_in_whole_pdus(stream, keep=lambda pdu: not _is_data_set(pdu)) for stream in streams]
        return [one.text for one in _compare_again(streams)]
    differences = _compare(streams, dissected(path))
    if differences:
        streams = [_in_whole_pdus(stream, keep=lambda pdu: True) for stream in _concerned(streams, differences)]
        differences = _compare_again(streams)
    told = [one.text for one in differences if not one.in_command_set]
    in_command_sets = [one for one in differences if one.in_command_set]
    if in_command_sets:
        concerned = _concerned(streams, in_command_sets)
        again = [_in_whole_pdus(stream, keep=lambda pdu: not _is_data_set(pdu)) for stream in concerned]
        told += [f"without data sets: {one.text}" for one in _compare_again(again)]
    return told


def _concerned(streams: list[Stream], differences: list[_Difference]) -> list[Stream]:
    doubtful = {one.direction for one in differences}
    return [stream for stream in streams if not doubtful.isdisjoint(_directions(stream))]


def _compare_again(streams: list[Stream]) -> list[_Difference]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "again.pcap"
        write(path, streams)
        return _compare(streams, dissected(path))


@dataclass(frozen=True, slots=True)
class _Difference:
    direction: Direction
    text: str
    in_command_set: bool = False


def _compare(streams: list[Stream], theirs: dict[Direction, list[list[Fact]]]) -> list[_Difference]:
    ours, cut = _ours(streams)
    differences = []
    for direction in sorted(ours.keys() | theirs.keys()):
        differences += _compare_direction(direction, ours[direction], theirs[direction], direction in cut)
    return differences


def _compare_direction(
    direction: Direction, ours: list[tuple[list[Fact], bool]], theirs: list[list[Fact]], is_cut: bool
) -> list[_Difference]:
    where = f"{direction[0]}:{direction[1]} -> {direction[2]}:{direction[3]}"
    differences = []
    for number, ((our_facts, is_lawful), their_facts) in enumerate(zip(ours, theirs, strict=False)):
        mine, others = (our_facts, their_facts) if is_lawful else (our_facts[:2], their_facts[:2])
        for at in range(max(len(mine), len(others))):
            our, their = (facts[at] if at < len(facts) else ("nothing", "") for facts in (mine, others))
            if our != their:
                text = f"{where}: PDU {number}, field {at}: {_say(our)}, tshark: {_say(their)}"
                in_command_set = any(name.startswith("dicom.tag") for name, _ in (our, their))
                differences.append(_Difference(direction, text, in_command_set))
                break
    if len(theirs) < len(ours) or (len(theirs) > len(ours) and not is_cut):
        differences.append(_Difference(direction, f"{where}: {len(ours)} PDUs, tshark: {len(theirs)}"))
    return differences


def _say(fact: Fact) -> str:
    return f"{fact[0]} = {fact[1]!r}"


# --- the further looks ---------------------------------------------------------------------------------------------


def _directions(stream: Stream) -> tuple[Direction, Direction]:
    return _direction(stream, Side.REQUESTOR), _direction(stream, Side.ACCEPTOR)


def _in_whole_pdus(stream: Stream, keep: Callable[[PDU], bool]) -> Stream:
    """Give a stream with a segment for each PDU that is to be kept; what comes after the last whole one is left out."""
    readers = {side: PDUStream(limit_bytes=1 << 28) for side in Side}
    kept: list[Segment] = []
    for segment in stream.segments:
        if segment.kind is not Kind.DATA:
            kept.append(segment)
            continue
        for received in readers[segment.sender].feed(segment.data):
            if keep(received.pdu):
                kept.append(replace(segment, data=bytes(received.raw)))
    return replace(stream, segments=tuple(kept))


def _is_data_set(pdu: PDU) -> bool:
    return isinstance(pdu, PDataTF) and bool(pdu.pdvs) and not any(pdv.is_command for pdv in pdu.pdvs)


# --- our side ----------------------------------------------------------------------------------------------------


def _ours(streams: list[Stream]) -> tuple[dict[Direction, list[tuple[list[Fact], bool]]], set[Direction]]:
    """Return the facts of each whole PDU of each direction, whether it is lawful, and which directions are cut."""
    found: dict[Direction, list[tuple[list[Fact], bool]]] = defaultdict(list)
    cut: set[Direction] = set()
    for stream in streams:
        for sender in Side:
            direction = _direction(stream, sender)
            pdus = PDUStream(limit_bytes=1 << 28)
            command = bytearray()
            for received in pdus.feed(stream.sent_by(sender)):
                names = {each.name for each in received.violations}
                if names & {"pdu-type-unknown", "pdu-over-limit"} or stream.missing_bytes:
                    cut.add(direction)
                    break
                if len(received.raw) >= SHORTEST_BYTES:
                    found[direction].append((_pdu_facts(received, command), not names))
            if pdus.pending:
                cut.add(direction)
    return found, cut


def _direction(stream: Stream, sender: Side) -> Direction:
    ends = (stream.requestor_endpoint, stream.acceptor_endpoint)
    source, destination = ends if sender is Side.REQUESTOR else ends[::-1]
    return (*source, *destination)


def _pdu_facts(received: Received, command: bytearray) -> list[Fact]:
    pdu: PDU = received.pdu
    facts: list[Fact] = [("dicom.pdu.type", pdu.TYPE or received.raw[0]), ("dicom.pdu.len", len(received.raw) - 6)]
    match pdu:
        case AAssociateRQ() | AAssociateAC():
            facts.append(("dicom.assoc.version", pdu.protocol_version))
            facts.append(("dicom.assoc.ae.called", pdu.called_ae_title.ljust(16).encode("latin-1").hex()))
            facts.append(("dicom.assoc.ae.calling", pdu.calling_ae_title.ljust(16).encode("latin-1").hex()))
            for item in pdu.items:
                facts += _item_facts(item)
        case AAssociateRJ():
            facts.append(("dicom.assoc.reject.result", pdu.result))
            facts.append(("dicom.assoc.reject.source", pdu.source))
            facts.append(("dicom.assoc.reject.reason", pdu.reason))
        case AAbort():
            facts.append(("dicom.assoc.abort.source", pdu.source))
            facts.append(("dicom.assoc.abort.reason", pdu.reason))
        case PDataTF():
            facts += _data_facts(pdu, command)
    return facts


def _head(kind: int, item: Item | SubItem | AbstractSyntax | TransferSyntax) -> list[Fact]:
    length = len(item.body()) if item.length is None else item.length
    return [("dicom.assoc.item.type", kind), ("dicom.assoc.item.len", length)]


def _text(name: str, text: str) -> Fact:
    return name, text.encode("latin-1").hex()


def _item_facts(item: Item) -> list[Fact]:
    match item:
        case ApplicationContext():
            return [*_head(0x10, item), _text("dicom.actx", item.name)]
        case PresentationContextRQ():
            said = [AbstractSyntax(item.abstract_syntax or ""), *map(TransferSyntax, item.transfer_syntaxes)]
            facts = [*_head(0x20, item), ("dicom.pctx.id", item.context_id)]
            return facts + [fact for each in said for fact in _syntax_facts(each)]
        case PresentationContextAC():
            facts = [*_head(0x21, item), ("dicom.pctx.id", item.context_id), ("dicom.pctx.result", item.result)]
            answered = [] if item.transfer_syntax is None else _syntax_facts(TransferSyntax(item.transfer_syntax))
            return facts + answered
        case UserInformation():
            return _head(0x50, item) + [fact for each in item.sub_items for fact in _sub_item_facts(each)]
        case UnknownItem():
            return _head(item.type, item)


def _syntax_facts(item: AbstractSyntax | TransferSyntax) -> list[Fact]:
    name = "dicom.pctx.abss.syntax" if isinstance(item, AbstractSyntax) else "dicom.pctx.xfer.syntax"
    shown = [_text(name, item.name)] if item.name else []
    return _head(item.TYPE, item) + shown


def _sub_item_facts(item: SubItem) -> list[Fact]:
    facts = _head(item.type if isinstance(item, UnknownItem) else item.TYPE, item)
    info = "dicom.userinfo"
    match item:
        case MaximumLength():
            facts.append(("dicom.max_pdu_len", item.length_bytes))
        case ImplementationClassUID():
            facts.append(_text(f"{info}.uid", item.uid))
        case ImplementationVersionName():
            facts.append(_text(f"{info}.version", item.name))
        case AsynchronousOperationsWindow():
            facts.append((f"{info}.asyncneg.maxnumopsinv", item.invoked))
            facts.append((f"{info}.asyncneg.maxnumopsper", item.performed))
        case RoleSelection():
            facts.append((f"{info}.rolesel.sopclassuid.len", len(item.sop_class)))
            facts.append(_text(f"{info}.rolesel.sopclassuid", item.sop_class))
            facts.append((f"{info}.rolesel.scurole", item.scu))
            facts.append((f"{info}.rolesel.scprole", item.scp))
        case SOPClassExtendedNegotiation():
            facts.append((f"{info}.extneg.sopclassuid.len", len(item.sop_class)))
            facts.append(_text(f"{info}.extneg.sopclassuid", item.sop_class))
        case UserIdentityRQ():
            identity = f"{info}.user_identify"
            facts.append((f"{identity}.type", item.user_identity_type))
            facts.append((f"{identity}.response_requested", item.positive_response_requested))
            facts.append((f"{identity}.primary_field_length", len(item.primary_field)))
            facts.append((f"{identity}.primary_field", item.primary_field.hex()))
            if item.user_identity_type == 2:
                facts.append((f"{identity}.secondary_field_length", len(item.secondary_field)))
                facts.append((f"{identity}.secondary_field", item.secondary_field.hex()))
        case _:  # tshark does not read common extended negotiation (57H), nor the answer to an identity (59H)
            facts.append((f"{info}.data", item.body().hex()))
    return facts


def _data_facts(pdu: PDataTF, command: bytearray) -> list[Fact]:
    facts: list[Fact] = []
    for pdv in pdu.pdvs:
        facts.append(("dicom.pdv.len", len(pdv.data) + 2))
        if not pdv.data:
            continue
        facts.append(("dicom.pdv.ctx", pdv.context_id))
        facts.append(("dicom.pdv.flags", pdv.control_header))
        if pdv.is_command:
            command += pdv.data
            if pdv.is_last:
                facts += _element_facts(decode_command(bytes(command))[0])
                command.clear()
    return facts


def _element_facts(command: CommandSet) -> list[Fact]:
    facts: list[Fact] = []
    for element in command.elements:
        row = BY_ELEMENT.get(element.tag)
        field = value_field(element.tag, element.value)
        facts.append(("dicom.tag", element.tag))
        facts.append(("dicom.tag.vr", "UN" if row is None else row.vr))
        facts.append(("dicom.tag.vl", len(field) if element.length is None else element.length))
        if row is None or element.value is None:
            continue
        numbers = element.value if isinstance(element.value, tuple) else (element.value,)
        for value in numbers:
            if isinstance(value, int):
                facts.append(("dicom.tag.value.16u" if row.vr == "US" else "dicom.tag.value.32u", value))
            else:
                facts.append(("dicom.tag.value.str", field.hex()))
    return facts
