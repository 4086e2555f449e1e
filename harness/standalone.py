"""One simulator standing alone, for `dicom-conformance simulate`: what its configuration file may say.

Like every file of ours it is read strictly; the simulator is the one that scenarios use, faults included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

import simulators
from harness import fault_index, simulator_settings, vocabulary
from harness.errors import HarnessError
from harness.instances import made
from harness.scalars import Part
from harness.steps import Holding, fault_calls
from harness.strict_yaml import Document, read, validate
from simulators import faults
from simulators.standalone import Forgetful


class Remote(Part):
    """Where a C-MOVE destination accepts associations."""

    host: str = Field(default="127.0.0.1", description="host name or address")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(description="port")


class StandaloneFile(Part):
    """A configuration file of `simulate`; loopback and a free port unless it says otherwise."""

    ae_title: Annotated[str, Field(min_length=1, max_length=16)] | None = Field(
        default=None, description="AE title; the name of the simulator in capitals if not given"
    )
    host: str = Field(default="127.0.0.1", description="address that it listens on")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=0, description="port that it listens on; 0 is any free one"
    )
    holds: tuple[Holding, ...] = Field(default=(), description="instances that it holds")
    faults: tuple[Mapping[str, Any], ...] = Field(default=(), description="faults that are active from the start")
    destinations: Mapping[str, Remote] = Field(
        default_factory=dict, description="move destinations of an archive, by AE title"
    )
    settings: Mapping[str, Any] = Field(default_factory=dict, description="further settings of the simulator")
    seed: int = Field(default=0, description="seed of everything random")


TLS_FILES = ("certificate", "key", "authorities", "key_password_file", "revocation_list")

SIMULATORS = ("archive", "destination", "printer")
"""What can stand alone; a modality and a scripted peer act when a scenario tells them to."""

KEEPING = ("destination", "printer")
"""Simulators that keep what they received, unless told otherwise."""


def standalone(
    simulator: str,
    config: Path | None,
    announce: Callable[[str], None] = lambda line: None,
    output: Path | None = None,
) -> Any:
    """Make a simulator, not yet started.

    Parameters
    ----------
    output : Path, optional
        The folder of a printer's films, whatever the file says.
    announce : callable
        Told each association's beginning and end, in words, from the thread that leads it.

    Raises
    ------
    DataError
        The file is wrong.
    """
    document = read(config) if config is not None else Document(Path("--config"), {}, {})
    file = validate(document, StandaloneFile)
    _judge(document, simulator, file)
    kind = simulators.SIMULATORS[simulator]
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
            port=file.port,
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
        raise document.error(("settings", "tls"), f"a file cannot be used: {error.strerror or error}") from error


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
