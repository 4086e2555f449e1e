"""One simulator standing alone, for `dicom-conformance simulate`: what its configuration file may say.

Like every file of ours it is read strictly; the simulator is the one that scenarios use, faults included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field

import dicom_simulators
from dicom_conformance.errors import HarnessError
from dicom_conformance.files import AETitle, Document, Part, counted, parse, read, validate
from dicom_conformance.play import made
from dicom_conformance.run.example_archive import DESTINATION_PORT, EXAMPLE
from dicom_conformance.scenario import Holding, fault_calls, fault_index, simulator_settings, vocabulary
from dicom_simulators import Simulator, faults
from dicom_simulators.data_sets import Instance
from dicom_simulators.standalone import Forgetful


class Remote(Part):
    """Where a C-MOVE destination accepts associations."""

    host: str = Field(default="127.0.0.1", description="host name or address")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(description="port")


class StandaloneFile(Part):
    """A configuration file of `simulate`; loopback and a free port unless it says otherwise."""

    ae_title: AETitle | None = Field(
        default=None, description="AE title; the name of the simulator in capitals if not given"
    )
    host: str = Field(default="127.0.0.1", description="address that it listens on")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=0, description="port that it listens on, unless `--port` says otherwise; 0 is any free one"
    )
    holds: tuple[Holding, ...] = Field(default=(), description="instances that it holds")
    faults: tuple[Mapping[str, Any], ...] = Field(default=(), description="faults that are active from the start")
    destinations: Mapping[AETitle, Remote] = Field(
        default_factory=dict, description="move destinations of an archive, by AE title"
    )
    settings: Mapping[str, Any] = Field(default_factory=dict, description="further settings of the simulator")
    seed: int = Field(default=0, description="seed of everything random")


TLS_FILES = ("certificate", "key", "authorities", "key_password_file", "revocation_list")

PORTS: Mapping[str, int] = MappingProxyType({"archive": 11112, "destination": DESTINATION_PORT, "printer": 10104})
"""What can stand alone, and where it listens without a file; a modality and a scripted peer act in scenarios only."""

SIMULATORS = tuple(PORTS)

MOST_LISTED = 100
"""Of so many instances their studies are listed; to read more of them would take long."""

KEEPING = ("destination", "printer")
"""Simulators that keep what they received unless set otherwise."""


def make_simulator(
    simulator: str,
    config: Path | None,
    announce: Callable[[str], None] = lambda line: None,
    output: Path | None = None,
    port: int | None = None,
) -> Any:
    """Make a simulator, not yet started; without a file it listens on its usual port, and an archive is an example.

    Parameters
    ----------
    port : int, optional
        Where it listens, whatever the file says.
    output : Path, optional
        The folder of a printer's films, whatever the file says.
    announce : callable
        Called with a text at each association's start and end, from the thread that handles it.

    Raises
    ------
    DataError
        The file is wrong.
    """
    document = read(config) if config is not None else _without_a_file(simulator)
    file = validate(document, StandaloneFile)
    if port is None:
        port = PORTS[simulator] if config is None else file.port
    _judge(document, simulator, file)
    kind = dicom_simulators.SIMULATORS[simulator]
    misbehaviour = _faults(document, file)
    further: dict[str, Any] = {}
    settings = dict(file.settings)
    if simulator in KEEPING:
        settings.setdefault("keeps", "false")  # nobody asks it what it received, and it may run for days
    if output is not None:
        settings["output"] = str(output)
    if file.destinations:
        further["destinations"] = {title: (remote.host, remote.port) for title, remote in file.destinations.items()}
    try:
        return kind(
            simulator,
            file.ae_title or simulator.upper(),
            Forgetful(),
            instances=tuple(made(file.holds, document.path.parent)),
            faults=misbehaviour,
            host=file.host,
            port=port,
            seed=file.seed,
            announce=announce,
            **further,
            **simulator_settings.typed(simulator, _beside(document.path, settings)),
        )
    except HarnessError as error:
        raise document.error((), str(error)) from error
    except ValueError as error:  # a simulator says by its constructor that it cannot be like this
        raise document.error(("settings",), str(error)) from error
    except OSError as error:
        raise document.error(
            ("settings", "tls"), f"{error.filename or 'a file'} cannot be used: {error.strerror or error}"
        ) from error


def told(simulator: Simulator) -> Iterator[str]:
    """Tell, in lines, what a simulator holds and whom it sends to."""
    held = [each for each in simulator.instances if isinstance(each, Instance)]
    if held:
        yield f"it holds {counted(len(held), 'instance')}"
    if len(held) <= MOST_LISTED:
        yield from _studies(held)
    for title, (host, port) in simulator.destinations.items():
        yield f"it sends to {title} at {host}:{port}"


def _studies(held: Sequence[Instance]) -> Iterator[str]:
    studies: dict[str, list[Any]] = {}
    for instance in held:
        data_set = instance.read()
        studies.setdefault(str(data_set.get("StudyInstanceUID", "")), []).append(data_set)
    for uid, of_study in studies.items():
        first = of_study[0]
        modalities = ", ".join(dict.fromkeys(str(each.get("Modality", "?")) for each in of_study))
        patient = f"{first.get('PatientName', '')} ({first.get('PatientID', '')})"
        yield f"  study {uid} of {patient}: {modalities}, {counted(len(of_study), 'instance')}"


def _without_a_file(simulator: str) -> Document:
    """Give what a simulator is without a file."""
    nothing = Path("without --config")
    return parse(EXAMPLE, nothing) if simulator == "archive" else Document(nothing, {}, {})


def _beside(path: Path, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take the files that a `tls:` section names from the folder of the file that names them."""
    section = settings.get("tls")
    if not isinstance(section, Mapping):
        return settings
    files = {key: str(path.parent / Path(section[key]).expanduser()) for key in TLS_FILES if section.get(key)}
    return {**settings, "tls": {**section, **files}}


def _judge(document: Document, simulator: str, file: StandaloneFile) -> None:
    """Judge the names that a file gives, each at its place."""
    for index, holding in enumerate(file.holds):
        for inner, message in vocabulary.holding_mistakes(holding.model_dump(), document.path.parent):
            raise document.error(("holds", index, *inner), message)
    for inner, message in simulator_settings.mistakes(simulator, file.settings):
        raise document.error(("settings", *inner), message)


def _faults(document: Document, file: StandaloneFile) -> tuple[faults.Fault, ...]:
    """Make the faults that a file names, in the order written."""
    made_faults = []
    for index, entry in enumerate(file.faults):
        for call in fault_calls(entry):
            for inner, message in fault_index.mistakes(call):
                raise document.error(("faults", index, call.name, *inner), message)
            made_faults.append(faults.build(call.name, call.parameters))
    return tuple(made_faults)
