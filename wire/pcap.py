"""Capture files: streams in, streams out.

Invariants: it names what `wire.pcap_writer`, `wire.pcap_reader` and `wire.tcp` do; `read(write(streams))`
gives the bytes, sides, ends and times again.
"""

from wire.pcap_reader import CaptureError, read
from wire.pcap_writer import write
from wire.tcp import Segment, Stream, streams_of

__all__ = ["CaptureError", "Segment", "Stream", "read", "streams_of", "write"]
