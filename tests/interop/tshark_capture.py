"""Captures put together, so that one start of tshark serves many.

The law of this file: files are joined packet by packet, as bytes; nothing is decoded but to see which endpoints are in
a file, for a connection whose endpoints are those of an earlier one goes into a capture of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dicom_wire.capture.pcap import read

_HEADER_BYTES = 24  # of a classic pcap file; ours are all of one kind
Endpoints = tuple[tuple[str, int], tuple[str, int]]


def merged(captures: Iterable[Path], folder: Path) -> list[Path]:
    """Join captures into as few files of `folder` as can be: one, unless ports were used again."""
    joined: list[tuple[set[Endpoints], list[Path]]] = []
    for capture in captures:
        own = {(stream.requestor_endpoint, stream.acceptor_endpoint) for stream in read(capture)}
        for endpoints, parts in joined:
            if endpoints.isdisjoint(own):
                endpoints |= own
                parts.append(capture)
                break
        else:
            joined.append((own, [capture]))
    return [_write(folder / f"merged-{number}.pcap", parts) for number, (_, parts) in enumerate(joined)]


def _write(path: Path, parts: list[Path]) -> Path:
    with path.open("wb") as file:
        file.write(parts[0].read_bytes()[:_HEADER_BYTES])
        for part in parts:
            file.write(part.read_bytes()[_HEADER_BYTES:])
    return path
