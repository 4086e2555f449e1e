"""The peers: simulators of other AEs, built on `wire`, one blocking thread for each association.

Every byte that is sent and received is ours to bend, and the recorder is told of it. A simulator answers as the
standard says, unless a fault in force says otherwise. `SIMULATORS` is the index by the names that scenarios use.

Where to begin: `Simulator` is the base of `Archive`, `Destination`, `Modality`, `Printer` and `Scripted`;
`simulators.association` shows how an association is led from either side; `build_instance` makes what they send.
Importing this package imports no other library: each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulators.acceptor import Request, Service
    from simulators.archive import Archive
    from simulators.catalogue import SIMULATORS
    from simulators.data_sets import (
        RECIPES,
        SOP_CLASSES,
        TRANSFER_SYNTAXES,
        Instance,
        build_study,
    )
    from simulators.data_sets import (
        build as build_instance,
    )
    from simulators.data_sets import (
        read_file as read_instance,
    )
    from simulators.data_sets import (
        write_file as write_instance,
    )
    from simulators.deadlines import Deadlines
    from simulators.destination import Destination
    from simulators.ends import Aborted, Closed, End, Rejected, Released, TimedOut, Unreachable, Unsecured
    from simulators.faults import FAULTS, Fault
    from simulators.faults import build as build_fault
    from simulators.faults import describe as describe_fault
    from simulators.link import Link
    from simulators.modality import Modality
    from simulators.negotiation import VERIFICATION, Context, Policy, Supported
    from simulators.printer import Printer
    from simulators.printing import Film, FilmError
    from simulators.printing import render as render_film
    from simulators.requestor import Established, Proposal, Requestor, propose
    from simulators.responses import Response
    from simulators.scripted import Scripted
    from simulators.server import Server
    from simulators.simulator import Simulator, StoredInstance
    from simulators.standalone import Forgetful, serve
    from simulators.tls import TLS, Termination
    from simulators.transfer_syntax_uids import (
        EXPLICIT_VR_BIG_ENDIAN,
        EXPLICIT_VR_LITTLE_ENDIAN,
        IMPLICIT_VR_LITTLE_ENDIAN,
        UNCOMPRESSED,
    )

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
    "simulators.acceptor": ("Request", "Service"),
    "simulators.archive": ("Archive",),
    "simulators.catalogue": ("SIMULATORS",),
    "simulators.data_sets": (
        "Instance",
        "RECIPES",
        "SOP_CLASSES",
        "TRANSFER_SYNTAXES",
        "build_instance",
        "build_study",
        "read_instance",
        "write_instance",
    ),
    "simulators.deadlines": ("Deadlines",),
    "simulators.destination": ("Destination",),
    "simulators.ends": ("Aborted", "Closed", "End", "Rejected", "Released", "TimedOut", "Unreachable", "Unsecured"),
    "simulators.faults": ("FAULTS", "Fault", "build_fault", "describe_fault"),
    "simulators.link": ("Link",),
    "simulators.modality": ("Modality",),
    "simulators.negotiation": ("Context", "Policy", "Supported", "VERIFICATION"),
    "simulators.printer": ("Printer",),
    "simulators.printing": ("Film", "FilmError", "render_film"),
    "simulators.requestor": ("Established", "Proposal", "Requestor", "propose"),
    "simulators.responses": ("Response",),
    "simulators.scripted": ("Scripted",),
    "simulators.server": ("Server",),
    "simulators.simulator": ("Simulator", "StoredInstance"),
    "simulators.standalone": ("Forgetful", "serve"),
    "simulators.tls": ("TLS", "Termination"),
    "simulators.transfer_syntax_uids": (
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
