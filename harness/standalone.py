"""One simulator standing alone, for `dicom-conformance simulate`: what its configuration file may say.

Like every file of ours it is read strictly; the simulator is the one that scenarios use, faults included.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

import simulators
from harness import fault_index
from harness.errors import DataError, HarnessError
from harness.instances import made
from harness.simulator_settings import typed
from harness.steps import FaultCall, Holding, Part, fault_calls
from harness.strict_yaml import Document, read, validate
from wire.sighting import Recorder


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


def standalone(simulator: str, config: Path | None) -> Any:
    """Make a simulator, not yet started.

    Raises
    ------
    DataError
        The file is wrong.
    """
    document = read(config) if config is not None else Document(Path("--config"), {}, {})
    file = validate(document, StandaloneFile)
    kind = simulators.SIMULATORS[simulator]
    faults = [_fault(document, index, call) for index, entry in enumerate(file.faults) for call in fault_calls(entry)]
    further: dict[str, Any] = {}
    settings = dict(file.settings)
    if simulator == "destination":
        settings.setdefault("keeps", "false")  # nobody asks it what it received, and it may run for days
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
            **further,
            **typed(simulator, settings),
        )
    except HarnessError as error:
        raise document.error((), str(error)) from error


def _fault(document: Document, index: int, call: FaultCall) -> Any:
    for inner, message in fault_index.mistakes(call):
        raise document.error(("faults", index, call.name, *inner), message)
    return fault_index.build(call)


class Forgetful(Recorder):
    """A recorder for a simulator that runs until it is stopped: it forgets, so that memory does not grow."""

    def saw(self, *args: Any, **keywords: Any) -> None:
        """Forget what was seen."""


__all__ = ["DataError", "Forgetful", "StandaloneFile", "standalone"]
