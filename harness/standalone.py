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
from harness.steps import FaultCall, Holding, Part, fault_calls
from harness.strict_yaml import Document, read, validate
from simulators.standalone import Forgetful


class Remote(Part):
    """Where a C-MOVE destination accepts associations."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)]


class StandaloneFile(Part):
    """A configuration file of `simulate`; loopback and a free port unless it says otherwise."""

    ae_title: Annotated[str, Field(min_length=1, max_length=16)] | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    holds: tuple[Holding, ...] = ()
    faults: tuple[Mapping[str, Any], ...] = ()
    destinations: Mapping[str, Remote] = Field(default_factory=dict)
    settings: Mapping[str, Any] = Field(default_factory=dict)
    seed: int = 0


TLS_FILES = ("certificate", "key", "authorities", "key_password_file", "revocation_list")

KEEPING = ("destination", "printer")
"""Simulators that keep what they received unless set otherwise."""


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
        Called with a text at each association's start and end, from the thread that handles it.

    Raises
    ------
    DataError
        The file is wrong.
    """
    document = read(config) if config is not None else Document(Path("--config"), {}, {})
    file = validate(document, StandaloneFile)
    _judge(document, simulator, file)
    kind = simulators.SIMULATORS[simulator]
    faults = [_fault(document, index, call) for index, entry in enumerate(file.faults) for call in fault_calls(entry)]
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
            faults=tuple(faults),
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


def _fault(document: Document, index: int, call: FaultCall) -> Any:
    for inner, message in fault_index.mistakes(call):
        raise document.error(("faults", index, call.name, *inner), message)
    return fault_index.build(call)
