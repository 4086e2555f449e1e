"""What was seen on a connection, and the files that keep it: recorder, TCP reassembly, pcap.

May import: the other modules of `dicom_wire`; the standard library.
Begin with `sighting` (what is recorded while a conversation runs), then `pcap` (how it is written and read).
"""

from dicom_wire.capture import pcap
from dicom_wire.capture.pcapng_writer import PcapngWriter
from dicom_wire.capture.sighting import Connection, Kind, Recorder, Side, Sighting
from dicom_wire.capture.tcp import Segment, Stream, streams_of

__all__ = [
    "Connection",
    "Kind",
    "PcapngWriter",
    "Recorder",
    "Segment",
    "Side",
    "Sighting",
    "Stream",
    "pcap",
    "streams_of",
]
