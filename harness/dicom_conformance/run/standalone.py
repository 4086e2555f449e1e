"""One simulator standing alone, for `dicom-conformance simulate`: what its configuration file may say.

Like every file of ours it is read strictly; the simulator is the one that scenarios use, faults included.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field

import dicom_simulators
from dicom_conformance.errors import HarnessError
from dicom_conformance.files import AETitle, Document, Part, counted, parse, read, validate
from dicom_conformance.play import made
from dicom_conformance.profiles import Profile
from dicom_conformance.run.example_archive import DESTINATION_PORT, DESTINATIONS_OF_EXAMPLE, EXAMPLE
from dicom_conformance.scenario import (
    OPTIONAL,
    TRIPWIRE,
    Holding,
    fault_calls,
    fault_index,
    simulator_settings,
    uid_names,
    vocabulary,
)
from dicom_simulators import Archive, Simulator, faults
from dicom_simulators.association import MEMORY_BYTES, TLS
from dicom_simulators.data_sets import Instance
from dicom_simulators.journal import Journal
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


PORTS: Mapping[str, int] = MappingProxyType({"archive": 11112, "destination": DESTINATION_PORT, "printer": 10104})
"""What can stand alone, and where it listens without a file; a modality and a scripted peer act in scenarios only."""

SIMULATORS = tuple(PORTS)

MOST_LISTED = 100
"""Of so many instances their studies are listed; to read more of them would take long."""

KEEPING = ("archive", "destination", "printer")
"""Simulators that keep what they received unless set otherwise."""


def make_simulator(
    simulator: str,
    config: Path | None,
    announce: Callable[[str], None] = lambda line: None,
    output: Path | None = None,
    port: int | None = None,
    *,
    folder: Path | None = None,
    processes: int = 1,
    journal: Journal | None = None,
    profile: Profile | None = None,
) -> Any:
    """Make a simulator, not yet started; without a file it listens on its usual port, and an archive is an example.

    Parameters
    ----------
    port : int, optional
        Where it listens, whatever the file says.
    output : Path, optional
        The folder of a printer's films, or of what a destination receives, whatever the file says.
    folder : Path, optional
        A folder of DICOM files that an archive holds, whatever the file says.
    processes : int
        How many processes will share the port.
    announce : callable
        Called with each line of the simulator's log, from the thread that makes it.
    journal : Journal, optional
        Called with an entry for each association, message and note, from the thread that makes it.

    profile : Profile, optional
        What it behaves like; what the file says comes after that.

    Raises
    ------
    DataError
        The file is wrong.
    HarnessError
        The profile is for other simulators, or needs one process.
    """
    document = uid_names.resolved(read(config) if config is not None else _without_a_file(simulator, folder))
    file = _with_profile(validate(document, StandaloneFile), simulator, profile)
    if port is None:
        port = PORTS[simulator] if config is None else file.port
    _judge(document, simulator, file)
    if processes > 1:
        _judge_for_processes(document, file)
    kind = dicom_simulators.SIMULATORS[simulator]
    misbehaviour = _faults(document, file)
    further: dict[str, Any] = {}
    settings = dict(file.settings)
    if simulator in KEEPING:
        settings.setdefault("keeps", "false")  # nobody asks it what it received, and it may run for days
    if output is not None:
        settings["output"] = str(output)
    if folder is not None:
        settings["folder"] = str(folder)
    if processes > 1:
        settings["memory_bytes"] = str(int(settings.get("memory_bytes", MEMORY_BYTES)) // processes)
    skipped: list[str] = []
    if file.destinations:
        further["destinations"] = {title: (remote.host, remote.port) for title, remote in file.destinations.items()}
    try:
        made_one = kind(
            simulator,
            file.ae_title or simulator.upper(),
            Forgetful(),
            instances=tuple(made(file.holds, document.path.parent, skipped=skipped.append)),
            faults=misbehaviour,
            host=file.host,
            port=port,
            seed=file.seed,
            announce=announce,
            journal=journal,
            **further,
            **simulator_settings.typed(simulator, _beside(document.path, settings)),
        )
        for text in skipped:
            made_one.note(text)
        return made_one
    except HarnessError as error:
        raise document.error((), str(error)) from error
    except ValueError as error:  # a simulator says by its constructor that it cannot be like this
        raise document.error(("settings",), str(error)) from error
    except OSError as error:
        raise document.error(
            ("settings", "tls"), f"{error.filename or 'a file'} cannot be used: {error.strerror or error}"
        ) from error


def _with_profile(file: StandaloneFile, simulator: str, profile: Profile | None) -> StandaloneFile:
    """Put what a profile asks for before what the file says."""
    if profile is None:
        return file
    if not profile.fits((simulator,)):
        raise HarnessError(f"the profile {profile.name} is for {', '.join(profile.simulators)}, not for {simulator}")
    return file.model_copy(
        update={"faults": (*profile.faults, *file.faults), "settings": {**profile.settings, **file.settings}}
    )


def wrong_option(simulator: str, output: Path | None, folder: Path | None, processes: int) -> str:
    """Say which option of the command a simulator does not have; empty where all is well."""
    if output is not None and simulator == "archive":
        return "--output: only a printer and a destination write files"
    if folder is not None and simulator != "archive":
        return "--folder: only an archive holds a folder"
    if folder is not None and not folder.is_dir():
        return f"--folder: there is no folder {folder}"
    if processes > 1 and simulator != "destination":
        return "--processes: only a destination can be served by several processes"
    if processes > 1 and not hasattr(os, "fork"):
        return "--processes: this system cannot fork"
    return ""


def contents_in_lines(simulator: Simulator) -> Iterator[str]:
    """Tell, in lines, what a simulator holds and whom it sends to; the files of a folder are read for that."""
    held = [each for each in simulator.instances if isinstance(each, Instance)]
    if isinstance(simulator, Archive):
        yield f"it holds {counted(len(simulator.holdings), 'instance')}"
    elif held:
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


def _without_a_file(simulator: str, folder: Path | None) -> Document:
    """Give what a simulator is without a file."""
    nothing = Path("without --config")
    example = DESTINATIONS_OF_EXAMPLE if folder is not None else EXAMPLE
    return parse(example, nothing) if simulator == "archive" else Document(nothing, {}, {})


def _judge_for_processes(document: Document, file: StandaloneFile) -> None:
    """Refuse what only one process could count."""
    if file.faults:
        raise document.error(("faults",), "faults are counted in one process: leave --processes out")
    if "maximum_associations" in file.settings:
        at = ("settings", "maximum_associations")
        raise document.error(at, "associations are counted in one process: leave --processes out")


def _beside(path: Path, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take the files that a `tls:` section names from the folder of the file that names them."""
    section = settings.get("tls")
    if not isinstance(section, Mapping):
        return settings
    files = {key: str(path.parent / Path(section[key]).expanduser()) for key in TLS.FILES if section.get(key)}
    return {**settings, "tls": {**section, **files}}


def _judge(document: Document, simulator: str, file: StandaloneFile) -> None:
    """Judge the names that a file gives, each at its place."""
    for index, holding in enumerate(file.holds):
        for inner, message in vocabulary.holding_mistakes(holding.model_dump(exclude_unset=True), document.path.parent):
            raise document.error(("holds", index, *inner), message)
    for inner, message in vocabulary.peer_mistakes(simulator, file.model_fields_set):
        raise document.error(inner, message)
    for inner, message in simulator_settings.mistakes(simulator, file.settings):
        raise document.error(("settings", *inner), message)


def _faults(document: Document, file: StandaloneFile) -> tuple[faults.Fault, ...]:
    """Make the faults that a file names, in the order written."""
    made_faults = []
    for index, entry in enumerate(file.faults):
        for mark in (TRIPWIRE, OPTIONAL):
            if mark in entry:
                raise document.error(("faults", index, mark), "is allowed in a scenario only")
        for call in fault_calls(entry):
            for inner, message in fault_index.mistakes(call):
                raise document.error(("faults", index, call.name, *inner), message)
            made_faults.append(faults.build(call.name, call.parameters))
    return tuple(made_faults)
