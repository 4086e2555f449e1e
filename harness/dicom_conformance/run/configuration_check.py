"""Configuration files, checked without starting anything: of a simulator that stands alone, and of the workstation.

Nothing in such a file says what it is for. It belongs to the program that knows most of its keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dicom_conformance.errors import DataError
from dicom_conformance.run.standalone import SIMULATORS, StandaloneFile, make_simulator
from dicom_conformance.scenario import simulator_settings


@dataclass(frozen=True, slots=True)
class WorkstationFile:
    """The configuration file of the workstation, of which the harness itself knows nothing.

    Parameters
    ----------
    keys : tuple of str
        The keys that it may have.
    read : callable
        Reads a file; raises `DataError` where it is wrong.
    """

    keys: tuple[str, ...] = ()
    read: Callable[[Path], object] = Path


def what_it_is(path: Path, data: Mapping[str, Any], workstation: WorkstationFile) -> str:
    """Check a configuration file, and say what it configures; nothing where it is none.

    Raises
    ------
    DataError
        It is wrong.
    """
    of_simulator = sum(key in StandaloneFile.model_fields for key in data)
    of_workstation = sum(key in workstation.keys for key in data)
    if not (of_simulator or of_workstation):
        return ""
    if of_workstation > of_simulator:
        return _workstation(path, workstation)
    if of_simulator > of_workstation:
        return f"a valid configuration of `simulate {_simulators(path, data)}`"
    return f"{_workstation(path, workstation)}, and of `simulate {_simulators(path, data)}`"


def _workstation(path: Path, workstation: WorkstationFile) -> str:
    workstation.read(path)
    return "a valid configuration of the workstation"


def _simulators(path: Path, data: Mapping[str, Any]) -> str:
    """Name the simulators that the file can configure; where there is none, raise what the likeliest says of it."""
    settings = data.get("settings")
    errors: dict[str, DataError] = {}
    for simulator in SIMULATORS:
        try:
            make_simulator(simulator, path, port=0)
        except DataError as error:
            errors[simulator] = error
    fitting = [simulator for simulator in SIMULATORS if simulator not in errors]
    if fitting:
        return "|".join(fitting)

    def unknown(simulator: str) -> int:
        return len(list(simulator_settings.mistakes(simulator, settings))) if isinstance(settings, Mapping) else 0

    raise errors[min(SIMULATORS, key=unknown)]
