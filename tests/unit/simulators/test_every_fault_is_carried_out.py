"""Each fault of the catalogue at a peer and at a link: the bytes that the other side reads show that it was done.

The other side is a plain socket, which shares nothing with the simulators. The same conversation without the fault
has to lack what the fault is known by, so that nothing is proved by what is always there.
"""

from __future__ import annotations

import functools
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import pytest

from dicom_simulators.archive import Archive
from dicom_simulators.association import Deadlines
from dicom_simulators.data_sets import build as build_instance
from dicom_simulators.encoding import IMPLICIT_VR_LITTLE_ENDIAN, encode_attributes
from dicom_simulators.faults import FAULTS, build
from dicom_simulators.link import Link
from dicom_wire import (
    AAbort,
    AAssociateAC,
    AAssociateRJ,
    AAssociateRQ,
    ApplicationContext,
    AReleaseRP,
    AReleaseRQ,
    Assembler,
    ImplementationClassUID,
    MaximumLength,
    Message,
    PDataTF,
    PDUStream,
    PresentationContextRQ,
    Recorder,
    UserInformation,
    command_set,
    encode,
    fragment,
)

CT = "1.2.840.10008.5.1.4.1.1.2"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"
ECHO = "1.2.840.10008.1.1"
NAME = "DOE^Mü".encode()  # seven bytes in UTF-8, so one of padding
DEADLINES = Deadlines(associate_s=20.0, release_s=20.0, dimse_s=20.0, artim_s=20.0, write_s=20.0)
ANSWER_S = 10.0
"""For an answer that comes."""
SILENCE_S = 0.3
"""For one that does not."""


@dataclass
class Seen:
    """What the other side read: pieces with the second of each, the end, and the moments at which it had asked."""

    pieces: list[tuple[float, bytes]] = field(default_factory=list)
    asked_s: dict[str, float] = field(default_factory=dict)
    end: str = "open"

    @property
    def raw(self) -> bytes:
        return b"".join(data for _, data in self.pieces)

    @property
    def pdus(self) -> list[object]:
        return [one.pdu for one in PDUStream().feed(self.raw)]

    @property
    def messages(self) -> list[Message]:
        """DIMSE messages, as far as the P-DATA-TF make any."""
        assembler, found = Assembler(), []
        for pdu in self.pdus:
            if isinstance(pdu, PDataTF):
                with suppress(ValueError):
                    found += assembler.feed(pdu)
        return found

    @property
    def acceptance(self) -> AAssociateAC:
        return next(pdu for pdu in self.pdus if isinstance(pdu, AAssociateAC))

    @property
    def is_over(self) -> bool:
        """Whether the connection or the association has ended, or is to end."""
        return self.end != "open" or self.has(AAbort, AAssociateRJ, AReleaseRQ)

    def of(self, name: str) -> list[Message]:
        return [message for message in self.messages if message.command.message == name]

    def has(self, *kinds: type) -> bool:
        return any(isinstance(pdu, kinds) for pdu in self.pdus)

    def pieces_after(self, asked: str) -> list[bytes]:
        """What came between a question and the next one."""
        begin = self.asked_s.get(asked, time.monotonic())
        end = min((at for at in self.asked_s.values() if at > begin), default=time.monotonic())
        return [data for at, data in self.pieces if begin <= at < end]

    def waited_s(self, asked: str) -> float:
        """From a question to the next piece that came, or to the end of the talk."""
        begin = self.asked_s.get(asked, time.monotonic())
        return next((at for at, _ in self.pieces if at >= begin), begin) - begin


class OtherSide:
    """Asks for an association, C-ECHO, C-FIND and a release, and keeps what it reads."""

    def __init__(self, address: tuple[str, int], silent_after: tuple[str, ...]) -> None:
        self._address, self._silent_after = address, silent_after
        self.seen = Seen()

    def play(self) -> Seen:
        seen = self.seen
        try:
            connection = socket.create_connection(self._address, ANSWER_S)
        except ConnectionRefusedError:
            seen.end = "refused"
            return seen
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for name, question, is_answered in _QUESTIONS:
                seen.asked_s[name] = time.monotonic()
                with suppress(OSError):
                    connection.sendall(question)
                self._read(connection, name, is_answered)
                if seen.is_over:
                    break
            if seen.has(AReleaseRP):
                seen.end = "released"
            elif seen.end == "open":  # what still comes, and the end of the connection
                self._read(connection, "", lambda _: False)
        return seen

    def _read(self, connection: socket.socket, name: str, is_answered: Callable[[Seen], bool]) -> None:
        """Read until the question is answered, the connection ends, or it was silent for long enough."""
        within_s = SILENCE_S if not name or name in self._silent_after else ANSWER_S
        until = time.monotonic() + within_s
        while (left_s := until - time.monotonic()) > 0:
            if name and (self.seen.is_over or is_answered(self.seen)):
                return
            connection.settimeout(left_s)
            try:
                data = connection.recv(1 << 16)
            except TimeoutError:
                return
            except ConnectionResetError:
                self.seen.end = "reset"
                return
            if not data:
                self.seen.end = "closed"
                return
            self.seen.pieces.append((time.monotonic(), data))


def _said(name: str, data_set: bytes | None = None, **elements: object) -> bytes:
    context = 3 if name == "C-FIND-RQ" else 1
    command = command_set(name, **elements, CommandDataSetType=0x0101 if data_set is None else 0)
    return b"".join(encode(pdu) for pdu in fragment(Message(context, command, data_set), 16384))


def _association_request() -> bytes:
    contexts = [
        PresentationContextRQ(number, uid, (IMPLICIT_VR_LITTLE_ENDIAN,)) for number, uid in ((1, ECHO), (3, FIND))
    ]
    us = UserInformation((MaximumLength(16384), ImplementationClassUID("2.25.4711")))
    items = (ApplicationContext("1.2.840.10008.3.1.1.1"), *contexts, us)
    return encode(AAssociateRQ("ARCHIVE", "SCU", items))


_IDENTIFIER = encode_attributes(
    {"SpecificCharacterSet": "", "QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "", "PatientName": ""},
    IMPLICIT_VR_LITTLE_ENDIAN,
)
_QUESTIONS: tuple[tuple[str, bytes, Callable[[Seen], bool]], ...] = (
    ("A-ASSOCIATE-RQ", _association_request(), lambda seen: len(seen.pdus) > 0),
    (
        "C-ECHO-RQ",
        _said("C-ECHO-RQ", AffectedSOPClassUID=ECHO, MessageID=1),
        lambda seen: len(seen.of("C-ECHO-RSP")) > 0,
    ),
    (
        "C-FIND-RQ",
        _said("C-FIND-RQ", _IDENTIFIER, AffectedSOPClassUID=FIND, MessageID=2, Priority=0),
        lambda seen: any(one.command.number("Status") not in (0xFF00, None) for one in seen.of("C-FIND-RSP")),
    ),
    ("A-RELEASE-RQ", encode(AReleaseRQ()), lambda seen: seen.has(AReleaseRP)),
)


@dataclass(frozen=True)
class Example:
    """A fault with parameters, what proves it, and where the other side is not to wait for long."""

    parameters: dict[str, object]
    proof: Callable[[Seen], bool]
    silent_after: tuple[str, ...] = ()


def _data_sets(seen: Seen) -> bytes:
    return b"".join(message.data_set or b"" for message in seen.messages)


def _fragments(seen: Seen) -> list[int]:
    return [len(pdv.data) for pdu in seen.pdus if isinstance(pdu, PDataTF) for pdv in pdu.pdvs]


_EVERYTHING_AFTER = ("C-ECHO-RQ", "C-FIND-RQ", "A-RELEASE-RQ")
_OF = {"of": "C-FIND-RSP"}
_UTF_8, _GROUP_LENGTH = b"ISO_IR 192", b"\x02\x00\x00\x00"
EXAMPLES: dict[str, Example] = {
    "close": Example({"on": "C-ECHO-RQ"}, lambda seen: seen.end == "closed" and not seen.of("C-ECHO-RSP")),
    "delay": Example({"on": "C-ECHO-RQ", "s": "0.4"}, lambda seen: 0.4 <= seen.waited_s("C-ECHO-RQ") < 9),
    "refuse": Example({}, lambda seen: seen.end == "refused"),
    "reset": Example({"on": "C-ECHO-RQ"}, lambda seen: seen.end == "reset" and not seen.of("C-ECHO-RSP")),
    "slice": Example(
        {"bytes": "30", "pause_s": "0.05", "of": "C-ECHO-RSP"},
        lambda seen: (
            len(seen.pieces_after("C-ECHO-RQ")) > 1
            and len(seen.pieces_after("C-ECHO-RQ")[0]) % 30 == 0
            and len(seen.of("C-ECHO-RSP")) == 1
        ),
    ),
    "stall": Example(
        {"on": "before A-ASSOCIATE-AC", "after_bytes": "3", "s": "0.3"},
        lambda seen: len(seen.pieces_after("A-ASSOCIATE-RQ")[0]) == 3 and seen.pieces[1][0] - seen.pieces[0][0] > 0.25,
    ),
    "throttle": Example(
        {"bytes_per_s": "2000"},
        lambda seen: (
            seen.pieces[-1][0] - seen.asked_s["A-ASSOCIATE-RQ"] > 0.8 * (len(seen.raw) - 300) / 2000
            and max(len(data) for _, data in seen.pieces) < len(seen.raw) / 3
            and len(seen.pieces) > 6
        ),
    ),
    "abort": Example(
        {"on": "C-ECHO-RQ", "source": "2", "reason": "5"},
        lambda seen: seen.raw.endswith(b"\x07\x00\x00\x00\x00\x04\x00\x00\x02\x05") and not seen.of("C-ECHO-RSP"),
    ),
    "answer_contexts": Example(
        {"result": "4", "abstract_syntax": ECHO},
        lambda seen: [one.result for one in seen.acceptance.presentation_contexts] == [4, 0],
        _EVERYTHING_AFTER,
    ),
    "answer_titles": Example(
        {"called": "NOBODY"}, lambda seen: seen.raw[10:26] == b"NOBODY          " and seen.raw[26:29] == b"SCU"
    ),
    "corrupt_pdu": Example(
        {"of": "C-ECHO-RSP", "type": "42", "append": "BEEF"},
        lambda seen: b"\x2a\x00" in seen.raw and seen.raw.find(b"\xbe\xef") > seen.raw.find(b"\x2a\x00") > 0,
        _EVERYTHING_AFTER,
    ),
    "early_release": Example(
        {"to": "C-FIND-RQ", "after_responses": "1"},
        lambda seen: seen.raw.endswith(encode(AReleaseRQ())) and len(seen.of("C-FIND-RSP")) == 1,
    ),
    "ignore": Example(
        {"what": "C-ECHO-RQ"},
        lambda seen: not seen.of("C-ECHO-RSP") and len(seen.of("C-FIND-RSP")) == 3,
        ("C-ECHO-RQ",),
    ),
    "implementation": Example(
        {"class_uid": "1.2.3.4.5", "version_name": "ODD_ONE"},
        lambda seen: b"R\x00\x00\x091.2.3.4.5" in seen.raw and b"U\x00\x00\x07ODD_ONE" in seen.raw,
    ),
    "late_release": Example(
        {"s": "0.4"}, lambda seen: 0.4 <= seen.waited_s("A-RELEASE-RQ") < 9 and seen.has(AReleaseRP)
    ),
    "max_pdu": Example(
        {"announced": "4096", "sent": "20"},
        lambda seen: b"Q\x00\x00\x04\x00\x00\x10\x00" in seen.raw and max(_fragments(seen)) == 14,
    ),
    "odd_fragments": Example(
        {**_OF, "bytes": "7"}, lambda seen: 7 in _fragments(seen) and len(seen.of("C-FIND-RSP")) == 3
    ),
    "reject": Example(
        {"result": "2", "source": "3", "reason": "2"},
        lambda seen: seen.raw == b"\x03\x00\x00\x00\x00\x04\x00\x02\x03\x02",
    ),
    "release": Example(
        {"on": "C-ECHO-RQ"},
        lambda seen: seen.raw.endswith(encode(AReleaseRQ())) and not seen.of("C-ECHO-RSP"),
    ),
    "change_command": Example(
        {**_OF, "response": "last", "set": {"Status": "A700", "ErrorComment": "full"}},
        lambda seen: (
            [one.command["Status"] for one in seen.of("C-FIND-RSP")] == [0xFF00, 0xFF00, 0xA700]
            and b"\x00\x00\x02\x09\x04\x00\x00\x00full" in seen.raw
        ),
    ),
    "drop_element": Example(
        {**_OF, "element": "AffectedSOPClassUID"},
        lambda seen: (
            all("AffectedSOPClassUID" not in one.command for one in seen.of("C-FIND-RSP"))
            and len(seen.of("C-FIND-RSP")) == 3
        ),
    ),
    "duplicate_response": Example({"of": "C-ECHO-RSP", "times": "2"}, lambda seen: len(seen.of("C-ECHO-RSP")) == 3),
    "respond": Example(
        {"to": "C-FIND-RQ", "status": "A900", "ErrorComment": "no"},
        lambda seen: (
            [one.command["Status"] for one in seen.of("C-FIND-RSP")] == [0xA900]
            and b"\x00\x00\x02\x09\x02\x00\x00\x00no" in seen.raw
        ),
    ),
    "silence": Example(
        {"on": "C-ECHO-RQ"},
        lambda seen: len(seen.pdus) == 1 and seen.end == "open",
        _EVERYTHING_AFTER,
    ),
    "wrong_message_id": Example(
        {"of": "C-ECHO-RSP", "add": "4"},
        lambda seen: [one.command["MessageIDBeingRespondedTo"] for one in seen.of("C-ECHO-RSP")] == [5],
    ),
    "change_data_set": Example(
        {**_OF, "set": {"PatientName": "ROE"}, "remove": "StudyInstanceUID"},
        lambda seen: (
            b"ROE " in _data_sets(seen) and NAME not in _data_sets(seen) and b"\x20\x00\x0d\x00" not in _data_sets(seen)
        ),
    ),
    "missing_character_set": Example(
        _OF, lambda seen: NAME in _data_sets(seen) and b"\x08\x00\x05\x00" not in _data_sets(seen)
    ),
    "multi_valued_character_set": Example(
        _OF, lambda seen: b"ISO_IR 192\\ISO 2022 IR 87" in _data_sets(seen) and NAME in _data_sets(seen)
    ),
    "odd_values": Example(
        {**_OF, "elements": ["PatientName"]},
        lambda seen: b"\x10\x00\x10\x00\x07\x00\x00\x00" + NAME in _data_sets(seen),
    ),
    "truncated_character": Example(
        _OF,
        lambda seen: NAME[:-1] in _data_sets(seen) and NAME not in _data_sets(seen) and _UTF_8 in _data_sets(seen),
    ),
    "unterminated_escape": Example(_OF, lambda seen: NAME + b"\x1b$" in _data_sets(seen)),
    "wrong_character_set": Example(
        {**_OF, "term": "ISO_IR 100"},
        lambda seen: b"ISO_IR 100" in _data_sets(seen) and _UTF_8 not in _data_sets(seen) and NAME in _data_sets(seen),
    ),
}


@functools.cache
def instances() -> tuple[object, ...]:
    declared = {"SpecificCharacterSet": "ISO_IR 192", "PatientName": NAME.decode()}
    return tuple(build_instance(sop_class=CT, seed=number, **declared) for number in (1, 2))


def talk(where: str, name: str, parameters: dict[str, object], silent_after: tuple[str, ...]) -> Seen:
    """Talk to an archive that has a fault, or through a link that has; without a name, to one that has none."""
    faults = [build(name, parameters)] if name else []
    with ExitStack() as stack:
        given = {"instances": instances(), "deadlines": DEADLINES, "faults": faults if where == "peer" else ()}
        address = stack.enter_context(Archive("archive", "ARCHIVE", Recorder(), **given)).address
        if where == "link":
            link = Link("link", "scu", "archive", address, Recorder(), faults=faults)
            link.start()
            stack.callback(link.stop)
            address = link.address
        return OtherSide(address, silent_after).play()


@functools.cache
def without_a_fault(where: str) -> Seen:
    return talk(where, "", {}, ())


@pytest.mark.parametrize("where", ["peer", "link"])
@pytest.mark.parametrize("name", FAULTS)
def test_the_other_side_sees_the_fault(name: str, where: str) -> None:
    example = EXAMPLES[name]
    control = without_a_fault(where)
    assert (len(control.of("C-FIND-RSP")), control.end) == (3, "released")
    assert not example.proof(control)
    assert example.proof(talk(where, name, example.parameters, example.silent_after))


def test_no_example_is_of_a_fault_that_there_is_not() -> None:
    assert set(EXAMPLES) == set(FAULTS)
