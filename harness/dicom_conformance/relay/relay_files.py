"""The files that a relay reads: faults, and how TLS is ended on both sides.

Like every file of ours they are read strictly, before any socket opens.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError

from dicom_conformance.files import Document, Part, read, validate
from dicom_conformance.scenario import TRIPWIRE, fault_calls, fault_index
from dicom_simulators.association import TLS, Termination
from dicom_simulators.faults import Fault, build


class RelayFaults(Part):
    """A file of faults that a relay carries out, from the start and on every connection."""

    faults: tuple[Mapping[str, Any], ...] = Field(
        min_length=1, description="faults by name, each with its parameters, as in the `faults` of a peer"
    )


class RelayTLS(Part):
    """How a relay ends TLS on both sides."""

    requestor: Mapping[str, Any] = Field(
        description="what the relay is towards the requestor: `certificate`, `key`, `authorities`, `profile` ..."
    )
    acceptor: Mapping[str, Any] = Field(
        default_factory=dict, description="what the relay is towards the acceptor, with the same keys"
    )


def read_faults(path: Path) -> tuple[Fault, ...]:
    """Read the faults of a relay, in the order written.

    Raises
    ------
    DataError
        A fault that there is not, or a parameter that is wrong, with its line.
    OSError
        The file cannot be read.
    """
    document = read(path)
    made: list[Fault] = []
    for index, entry in enumerate(validate(document, RelayFaults).faults):
        if TRIPWIRE in entry:
            raise document.error(("faults", index, TRIPWIRE), "has a meaning in a scenario only")
        for call in fault_calls(entry):
            for inner, message in fault_index.mistakes(call):
                raise document.error(("faults", index, call.name, *inner), message)
            made.append(build(call.name, call.parameters))
    return tuple(made)


def read_termination(path: Path) -> Termination:
    """Read how TLS is ended; files are named from the folder of the file.

    Raises
    ------
    DataError
        A key that there is not, or a file that cannot be used.
    OSError
        The file cannot be read.
    """
    document = read(path)
    file = validate(document, RelayTLS)
    near, far = (_side(document, name, getattr(file, name)) for name in ("requestor", "acceptor"))
    if near.certificate is None:
        raise document.error(("requestor",), "certificate is missing: a requestor is shown one")
    for name, one in (("requestor", near.acceptor_context), ("acceptor", far.requestor_context)):
        try:
            one()
        except OSError as error:
            text = f"{error.filename or 'a file'} cannot be used: {error.strerror or error}"
            raise document.error((name,), text) from error
    return Termination(near, far)


def _side(document: Document, name: str, given: Mapping[str, Any]) -> TLS:
    folder = document.path.parent
    files = {key: folder / Path(str(given[key])).expanduser() for key in TLS.FILES if given.get(key)}
    try:
        return TypeAdapter(TLS).validate_python({**given, **files})
    except ValidationError as error:
        first = error.errors()[0]
        raise document.error((name, *first["loc"]), first["msg"]) from error
