"""A relay between two real systems: it shows what passes, judges it, records it, and misbehaves on request.

May import: `errors`, `files`, `judge`, `results`, `scenario`, `trace`.
Begin with `standing_between`; `watch` decodes one connection, `line` says what is told of it.
"""

from dicom_conformance.relay.line import Line, lines_of, name_of
from dicom_conformance.relay.relay_files import RelayFaults, RelayTLS, read_faults, read_termination
from dicom_conformance.relay.standing_between import MOST_CONNECTIONS, Setup, stand_between
from dicom_conformance.relay.watch import Ended, Event, Negotiated, Overlong, Passed, Watch
from dicom_conformance.relay.witness import Witness

__all__ = [
    "MOST_CONNECTIONS",
    "Ended",
    "Event",
    "Line",
    "Negotiated",
    "Overlong",
    "Passed",
    "RelayFaults",
    "RelayTLS",
    "Setup",
    "Watch",
    "Witness",
    "lines_of",
    "name_of",
    "read_faults",
    "read_termination",
    "stand_between",
]
