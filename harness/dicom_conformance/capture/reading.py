"""The DICOM conversations in a capture file, and why a stream in it is none.

References
----------
PS3.8 9.3.2 (an association begins with an A-ASSOCIATE-RQ); RFC 8446 5.1 (the header of a TLS record).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dicom_conformance.capture.tls_streams import decrypted
from dicom_conformance.errors import HarnessError
from dicom_conformance.files import counted
from dicom_conformance.trace import Trace
from dicom_wire.capture import Connection, Kind, Recorder, Side, Sighting, Stream, pcap

REQUESTOR, ACCEPTOR = "requestor", "acceptor"
"""What the two sides of a captured conversation are called."""
OBSERVER = "capture"
LEAST_BYTES = 6
LONGEST_REQUEST_BYTES = 1 << 20
_A_ASSOCIATE_RQ = 0x01
_TLS_HANDSHAKE = b"\x16\x03"


@dataclass(frozen=True, slots=True)
class Captured:
    """One TCP connection of a capture.

    Parameters
    ----------
    number : int
        From 1, in the order in which the connections of the file began.
    why_not : str
        Why it is no conversation that can be judged; empty where it is one.
    """

    number: int
    stream: Stream
    why_not: str = ""

    @property
    def ends(self) -> str:
        """Its two ends, requestor first."""
        places = (self.stream.requestor_endpoint, self.stream.acceptor_endpoint)
        return " -> ".join(f"{host}:{port}" for host, port in places)


def read_capture(path: Path, key_log: Path | None = None, ports: Iterable[int] = ()) -> list[Captured]:
    """Read the TCP connections of a pcap or pcapng file.

    Parameters
    ----------
    key_log : Path, optional
        Secrets of TLS sessions (the format of SSLKEYLOGFILE); connections in TLS are decrypted with tshark.
    ports : iterable of int
        Connections to these ports are taken for DICOM, whatever they begin with.

    Raises
    ------
    HarnessError
        The file is no capture, or tshark is needed and not there.
    OSError
        The file cannot be read.
    """
    try:
        streams = pcap.read(path)
    except pcap.CaptureError as error:
        raise HarnessError(str(error)) from error
    wanted = frozenset(ports)
    found = []
    for number, stream in enumerate(streams, start=1):
        if key_log is not None and _is_tls(stream):
            stream = decrypted(path, key_log, stream)
        found.append(Captured(number, stream, _why_not(stream, wanted)))
    return found


def trace_of(streams: Iterable[Stream]) -> Trace:
    """Make a trace of streams, as if an observer had recorded them; its sides are `requestor` and `acceptor`."""
    recorder = Recorder()
    for stream in streams:
        number = len(recorder.connections)
        ends = (stream.requestor_endpoint, stream.acceptor_endpoint)
        recorder.connections.append(Connection(number, f"{OBSERVER} {number}", REQUESTOR, ACCEPTOR, *ends))
        recorder.sightings.extend(
            Sighting(each.t_ns, number, each.kind, each.sender, (each.data,)) for each in stream.segments
        )
    return Trace(recorder)


def _is_tls(stream: Stream) -> bool:
    return _first(stream, Side.REQUESTOR).startswith(_TLS_HANDSHAKE)


def _first(stream: Stream, side: Side) -> bytes:
    """Give the first bytes of a side, as many as a PDU header has."""
    found = b""
    for segment in stream.segments:
        if segment.kind is Kind.DATA and segment.sender is side:
            found += segment.data[:LEAST_BYTES]
            if len(found) >= LEAST_BYTES:
                break
    return found


def _why_not(stream: Stream, ports: frozenset[int]) -> str:
    if stream.missing_bytes:
        return f"{counted(f'{stream.missing_bytes:,}', 'byte')} of it are missing in the capture"
    if stream.acceptor_endpoint[1] in ports:
        return ""
    first = _first(stream, Side.REQUESTOR)
    if not first:
        return "the requestor sent nothing"
    if first.startswith(_TLS_HANDSHAKE):
        return "it is encrypted; --key-log names the file with its secrets"
    length = int.from_bytes(first[2:LEAST_BYTES], "big")
    if len(first) < LEAST_BYTES or first[0] != _A_ASSOCIATE_RQ or length > LONGEST_REQUEST_BYTES:
        return "it does not begin with an A-ASSOCIATE-RQ"
    return ""
