"""The control interface over HTTP: how other applications ask the workstation (conformance statement, 3.2.2.2.2.2).

May import: `application`, `operations` and what stands below them.
Begin with `routes`; `control_client` is the asking side. The web framework is loaded only when a name is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_workstation.control.bytes_in_json import encode
    from dicom_workstation.control.control_client import ControlClient
    from dicom_workstation.control.control_error import ControlError
    from dicom_workstation.control.control_server import ControlServer
    from dicom_workstation.control.control_token import TOKEN_VARIABLE, make_token, token_from_environment
    from dicom_workstation.control.jobs import Job, Jobs
    from dicom_workstation.control.loopback_server import LoopbackServer

_MODULES = {
    "encode": "dicom_workstation.control.bytes_in_json",
    "ControlClient": "dicom_workstation.control.control_client",
    "ControlError": "dicom_workstation.control.control_error",
    "ControlServer": "dicom_workstation.control.control_server",
    "Job": "dicom_workstation.control.jobs",
    "Jobs": "dicom_workstation.control.jobs",
    "LoopbackServer": "dicom_workstation.control.loopback_server",
    "TOKEN_VARIABLE": "dicom_workstation.control.control_token",
    "make_token": "dicom_workstation.control.control_token",
    "token_from_environment": "dicom_workstation.control.control_token",
}
"""Each name is imported when it is first used."""


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "TOKEN_VARIABLE",
    "ControlClient",
    "ControlError",
    "ControlServer",
    "Job",
    "Jobs",
    "LoopbackServer",
    "encode",
    "make_token",
    "token_from_environment",
]
