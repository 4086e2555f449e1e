"""TLS connections of a capture in plain bytes: tshark decrypts them with a key log file."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from dicom_conformance.errors import HarnessError
from dicom_wire.capture import Kind, Segment, Side, Stream

TSHARK_S = 300.0
"""How long tshark may take for one connection, in seconds."""


def decrypted(path: Path, key_log: Path, stream: Stream) -> Stream:
    """Give a connection with the plain bytes in the place of the encrypted ones.

    tshark tells the bytes and their order, not their times: each piece gets the time of the encrypted segments as far
    as there are as many, and that of the last one then. Without the secrets of this session nothing is left of it.

    Raises
    ------
    HarnessError
        tshark is not there, or does not do it.
    """
    tshark = shutil.which("tshark")
    if tshark is None:
        raise HarnessError("tshark is needed to decrypt TLS, and is not installed")
    ends = ",".join(
        f"{_bracketed(host)}:{port}" for host, port in (stream.requestor_endpoint, stream.acceptor_endpoint)
    )
    command = [tshark, "-r", str(path), "-o", f"tls.keylog_file:{key_log}", "-q", "-z", f"follow,tls,raw,{ends}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TSHARK_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise HarnessError(f"tshark took longer than {TSHARK_S:.0f} s") from error
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise HarnessError(f"tshark could not read {path}: {reason}")
    return _of_pieces(stream, pieces_of(done.stdout, stream.requestor_endpoint))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def pieces_of(output: str, requestor: tuple[str, int]) -> list[tuple[Side, bytes]]:
    """Read what `tshark -z follow,tls,raw` prints: the bytes of each side, in order.

    The second node's lines begin with a tab; which of the two is the requestor the header says.
    """
    first_is_requestor = True
    pieces: list[tuple[Side, bytes]] = []
    for line in output.splitlines():
        if line.startswith("Node 0:"):
            first_is_requestor = line.rpartition(":")[2].strip() == str(requestor[1])
            continue
        text = line.strip()
        if not text or any(each not in "0123456789abcdef" for each in text) or len(text) % 2:
            continue
        is_first = not line.startswith("\t")
        pieces.append((Side.REQUESTOR if is_first is first_is_requestor else Side.ACCEPTOR, bytes.fromhex(text)))
    return pieces


def _of_pieces(stream: Stream, pieces: list[tuple[Side, bytes]]) -> Stream:
    times = [each.t_ns for each in stream.segments if each.kind is Kind.DATA] or [0]
    opened = [each for each in stream.segments if each.kind is Kind.OPENED]
    ends = [each for each in stream.segments if each.kind not in (Kind.OPENED, Kind.DATA)]
    plain = [
        Segment(times[min(number, len(times) - 1)], Kind.DATA, side, data) for number, (side, data) in enumerate(pieces)
    ]
    return Stream(stream.requestor_endpoint, stream.acceptor_endpoint, (*opened, *plain, *ends), stream.missing_bytes)
