"""The peers: simulators of other AEs, built on `wire`, one blocking thread for each association.

Every byte that is sent and received is ours to bend, and the recorder is told of it. A simulator answers as the
standard says, unless a fault in force says otherwise. `SIMULATORS` is the index by the names that scenarios use.

Where to begin: `Simulator` is the base of `Archive`, `Destination`, `Modality`, `Printer`, `Scripted` and `Scu`;
`association.association` shows how an association is led from either side; `build_instance` makes what they send.
Importing this package imports no other library: each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_simulators.archive import Archive
    from dicom_simulators.association import (
        TLS,
        VERIFICATION,
        Aborted,
        Closed,
        Context,
        Deadlines,
        End,
        Established,
        Policy,
        Proposal,
        Rejected,
        Released,
        Request,
        Requestor,
        Response,
        Server,
        Service,
        Simulator,
        StoredInstance,
        Supported,
        Termination,
        TimedOut,
        Unreachable,
        Unsecured,
        propose,
    )
    from dicom_simulators.catalogue import SIMULATORS
    from dicom_simulators.data_sets import RECIPES, SOP_CLASSES, TRANSFER_SYNTAXES, Instance, build_study
    from dicom_simulators.data_sets import build as build_instance
    from dicom_simulators.data_sets import read_file as read_instance
    from dicom_simulators.data_sets import write_file as write_instance
    from dicom_simulators.destination import Destination
    from dicom_simulators.encoding import (
        EXPLICIT_VR_BIG_ENDIAN,
        EXPLICIT_VR_LITTLE_ENDIAN,
        IMPLICIT_VR_LITTLE_ENDIAN,
        UNCOMPRESSED,
    )
    from dicom_simulators.faults import FAULTS, Fault
    from dicom_simulators.faults import build as build_fault
    from dicom_simulators.faults import describe as describe_fault
    from dicom_simulators.link import Link
    from dicom_simulators.printer import Film, FilmError, Printer
    from dicom_simulators.printer import render as render_film
    from dicom_simulators.scripted import Scripted
    from dicom_simulators.scu import Modality, Scu
    from dicom_simulators.standalone import Forgetful, serve

__all__ = [
    "EXPLICIT_VR_BIG_ENDIAN",
    "EXPLICIT_VR_LITTLE_ENDIAN",
    "FAULTS",
    "IMPLICIT_VR_LITTLE_ENDIAN",
    "RECIPES",
    "SIMULATORS",
    "SOP_CLASSES",
    "TLS",
    "TRANSFER_SYNTAXES",
    "UNCOMPRESSED",
    "VERIFICATION",
    "Aborted",
    "Archive",
    "Closed",
    "Context",
    "Deadlines",
    "Destination",
    "End",
    "Established",
    "Fault",
    "Film",
    "FilmError",
    "Forgetful",
    "Instance",
    "Link",
    "Modality",
    "Policy",
    "Printer",
    "Proposal",
    "Rejected",
    "Released",
    "Request",
    "Requestor",
    "Response",
    "Scripted",
    "Scu",
    "Server",
    "Service",
    "Simulator",
    "StoredInstance",
    "Supported",
    "Termination",
    "TimedOut",
    "Unreachable",
    "Unsecured",
    "build_fault",
    "build_instance",
    "build_study",
    "describe_fault",
    "propose",
    "read_instance",
    "render_film",
    "serve",
    "write_instance",
]

_NAMES_BY_MODULE = {
    "dicom_simulators.association.acceptor": ("Request", "Service"),
    "dicom_simulators.archive.archive": ("Archive",),
    "dicom_simulators.catalogue": ("SIMULATORS",),
    "dicom_simulators.data_sets": (
        "Instance",
        "RECIPES",
        "SOP_CLASSES",
        "TRANSFER_SYNTAXES",
        "build_instance",
        "build_study",
        "read_instance",
        "write_instance",
    ),
    "dicom_simulators.association.deadlines": ("Deadlines",),
    "dicom_simulators.destination": ("Destination",),
    "dicom_simulators.association.ends": (
        "Aborted",
        "Closed",
        "End",
        "Rejected",
        "Released",
        "TimedOut",
        "Unreachable",
        "Unsecured",
    ),
    "dicom_simulators.faults": ("FAULTS", "Fault", "build_fault", "describe_fault"),
    "dicom_simulators.link.link": ("Link",),
    "dicom_simulators.scu.modality": ("Modality",),
    "dicom_simulators.scu.scu": ("Scu",),
    "dicom_simulators.association.negotiation": ("Context", "Policy", "Supported", "VERIFICATION"),
    "dicom_simulators.printer.printer": ("Printer",),
    "dicom_simulators.printer": ("Film", "FilmError", "render_film"),
    "dicom_simulators.association.requestor": ("Established", "Proposal", "Requestor", "propose"),
    "dicom_simulators.association.responses": ("Response",),
    "dicom_simulators.scripted.scripted": ("Scripted",),
    "dicom_simulators.association.server": ("Server",),
    "dicom_simulators.association.simulator": ("Simulator", "StoredInstance"),
    "dicom_simulators.standalone": ("Forgetful", "serve"),
    "dicom_simulators.association.tls": ("TLS", "Termination"),
    "dicom_simulators.encoding.transfer_syntax_uids": (
        "EXPLICIT_VR_BIG_ENDIAN",
        "EXPLICIT_VR_LITTLE_ENDIAN",
        "IMPLICIT_VR_LITTLE_ENDIAN",
        "UNCOMPRESSED",
    ),
}
_MODULE_OF = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}
_RENAMED = {
    "build_fault": "build",
    "build_instance": "build",
    "describe_fault": "describe",
    "read_instance": "read_file",
    "render_film": "render",
    "write_instance": "write_file",
}
"""Names that say more here than they do in their module."""

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import what bears a public name when it is first asked for."""
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value = getattr(import_module(_MODULE_OF[name]), _RENAMED.get(name, name))
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
