"""Capture files: streams in, streams out.

Invariants: it names what `capture.pcap_writer`, `capture.pcap_reader` and `capture.tcp` do; `read(write(streams))`
gives the bytes, sides, ends and times again.
"""

from dicom_wire.capture.pcap_reader import CaptureError, read
from dicom_wire.capture.pcap_writer import write
from dicom_wire.capture.tcp import Segment, Stream, streams_of

__all__ = ["CaptureError", "Segment", "Stream", "read", "streams_of", "write"]
