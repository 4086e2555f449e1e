"""Traces written by hand: PDUs and messages said to a recorder as an observer would see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dicom_conformance.judge.checks import WANTED, judge_expectation
from dicom_conformance.results import Finding
from dicom_conformance.trace.trace import Held, Operation, Trace
from dicom_wire.capture.sighting import Kind, Recorder, Side
from dicom_wire.codec import encode
from dicom_wire.command import command_set
from dicom_wire.dimse import Message, fragment
from dicom_wire.items import (
    ApplicationContext,
    ImplementationClassUID,
    MaximumLength,
    PresentationContextAC,
    PresentationContextRQ,
    UserInformation,
)
from dicom_wire.pdu import PDU, AAssociateAC, AAssociateRQ, AReleaseRP, AReleaseRQ

CT = "1.2.840.10008.5.1.4.1.1.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
R, A = Side.REQUESTOR, Side.ACCEPTOR


def information(maximum_length: int = 16384, *more: object) -> UserInformation:
    return UserInformation((MaximumLength(maximum_length), ImplementationClassUID("1.2.3"), *more))


def request(*contexts: tuple[str, tuple[str, ...]], maximum_length: int = 16384, more: Iterable[object] = ()) -> PDU:
    proposed = [PresentationContextRQ(2 * n + 1, name, syntaxes) for n, (name, syntaxes) in enumerate(contexts)]
    items = (ApplicationContext("1.2.840.10008.3.1.1.1"), *proposed, information(maximum_length, *more))
    return AAssociateRQ("WORKSTATION", "MODALITY", items)


def acceptance(*answers: tuple[int, str | None], maximum_length: int = 16384) -> PDU:
    contexts = [PresentationContextAC(2 * n + 1, result, syntax) for n, (result, syntax) in enumerate(answers)]
    items = (ApplicationContext("1.2.840.10008.3.1.1.1"), *contexts, information(maximum_length))
    return AAssociateAC("WORKSTATION", "MODALITY", items)


class Talk:
    """One connection being written by hand; methods return itself."""

    def __init__(
        self,
        recorder: Recorder,
        requestor: str = "modality",
        acceptor: str = "workstation",
        observer: str = "link",
        ports: tuple[int, int] | None = None,
        relay_ports: tuple[int, int] | None = None,
    ) -> None:
        self.recorder = recorder
        first, second = ports or (40000 + len(recorder.connections), 104)
        endpoints = (("127.0.0.1", first), ("127.0.0.1", second))
        relay = tuple(("127.0.0.1", port) for port in relay_ports) if relay_ports else None
        self.number = recorder.open(observer, requestor, acceptor, *endpoints, relay)
        recorder.saw(self.number, Kind.OPENED, R)

    def pdu(self, side: Side, pdu: PDU) -> Talk:
        return self.bytes(side, encode(pdu))

    def bytes(self, side: Side, raw: bytes, written: bool = False) -> Talk:
        self.recorder.saw(self.number, Kind.DATA, side, raw, written)
        return self

    def saw(self, kind: Kind, side: Side) -> Talk:
        self.recorder.saw(self.number, kind, side)
        return self

    def opened(self, *contexts: tuple[str, tuple[str, ...]]) -> Talk:
        contexts = contexts or ((CT, (EXPLICIT,)),)
        self.pdu(R, request(*contexts))
        return self.pdu(A, acceptance(*((0, syntaxes[0]) for _, syntaxes in contexts)))

    def say(
        self, side: Side, name: str, data_set: bytes | None = None, context_id: int = 1, **elements: object
    ) -> Talk:
        present = {} if "CommandDataSetType" in elements else {"CommandDataSetType": 0x0101 if data_set is None else 1}
        command = command_set(name, **{**elements, **present})
        for pdu in fragment(Message(context_id, command, data_set), 16384):
            self.pdu(side, pdu)
        return self

    def store(self, uid: str = "2.25.1", status: int = 0, data_set: bytes = b"", message_id: int = 1) -> Talk:
        self.say(
            R,
            "C-STORE-RQ",
            data_set,
            AffectedSOPClassUID=CT,
            MessageID=message_id,
            Priority=0,
            AffectedSOPInstanceUID=uid,
        )
        return self.say(
            A,
            "C-STORE-RSP",
            AffectedSOPClassUID=CT,
            MessageIDBeingRespondedTo=message_id,
            Status=status,
            AffectedSOPInstanceUID=uid,
        )

    def released(self) -> Talk:
        return self.pdu(R, AReleaseRQ()).pdu(A, AReleaseRP()).saw(Kind.FIN, R)


def trace_of(*talks: Callable[[Recorder], object]) -> Trace:
    recorder = Recorder()
    for talk in talks:
        talk(recorder)
    return Trace(recorder)


def judged(trace: Trace, noun: str, **wanted: object) -> list[Finding]:
    return judge_expectation(trace, noun, WANTED[noun].model_validate(wanted))


def met(trace: Trace, noun: str, **wanted: object) -> bool:
    findings = judged(trace, noun, **wanted)
    assert findings, "a check that finds nothing judges nothing"
    assert all(finding.expected and finding.actual for finding in findings)
    return all(finding.met for finding in findings)


def operation(outcome: dict[str, object] | None, name: str = "query", seconds: float | None = 1.0) -> Operation:
    finished = None if seconds is None else int(seconds * 1e9)
    return Operation("workstation", name, "archive", {}, 0, finished, outcome)


def element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
    """One element in Explicit VR Little Endian."""
    head = group.to_bytes(2, "little") + number.to_bytes(2, "little") + vr
    if vr in (b"OW", b"OB", b"SQ"):
        return head + b"\0\0" + len(value).to_bytes(4, "little") + value
    return head + len(value).to_bytes(2, "little") + value


def held(uid: str, data_set: bytes) -> Held:
    return Held(CT, uid, EXPLICIT, data_set)
