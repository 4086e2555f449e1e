"""One profile: which faults and settings make a simulator behave like systems that somebody reported.

The files are in `scenarios/profiles/`. Each names at least one public thread in which the behaviour is described.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from dicom_conformance.errors import HarnessError
from dicom_conformance.files import Document, Part, Seconds, Texts, read, scenarios_folder, suggestion, validate
from dicom_conformance.scenario import (
    OPTIONAL,
    TRIPWIRE,
    Peer,
    Setup,
    fault_calls,
    fault_index,
    simulator_settings,
    uid_names,
)

FOLDER = scenarios_folder() / "profiles"


class Timers(Part):
    """Timers of our own workstation while it is tested against the peer; any other subject keeps its own.

    They make cases end soon in which the workstation waits for what never comes.
    """

    association_timeout_s: Seconds | None = Field(default=None, description="for the answer to an A-ASSOCIATE-RQ")
    acse_timeout_s: Seconds | None = Field(default=None, description="for the answer to an A-RELEASE-RQ")
    dimse_timeout_s: Seconds | None = Field(default=None, description="for each DIMSE response")
    network_timeout_s: Seconds | None = Field(default=None, description="for anything on an accepted association")
    arrival_timeout_s: Seconds | None = Field(default=None, description="for the last images of a retrieve")


class ProfileFile(Part):
    """A profile of a peer: a way to behave that was reported of real systems."""

    title: str = Field(min_length=1, description="what such a peer does, in one line")
    about: str = Field(default="", description="more of it: what is known, and what the standard says")
    reported: Texts = Field(min_length=1, description="addresses of the public threads that report it")
    simulators: Texts = Field(default=("archive",), description="the kinds of simulators that it is for")
    faults: tuple[Mapping[str, Any], ...] = Field(default=(), description="faults that are active from the start")
    settings: Mapping[str, Any] = Field(default_factory=dict, description="settings of the simulator")
    timers: Timers = Field(default_factory=Timers, description="timers of our own workstation against this peer")


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile of a peer.

    Parameters
    ----------
    name : str
        That of its file.
    title, about : str
    reported : tuple of str
        Addresses of threads.
    simulators : tuple of str
        Kinds of simulators that it is for.
    faults : tuple of mapping
        As a scenario writes them.
    settings : mapping
        Of the simulator.
    timers : mapping
        Of the workstation, by the names of its settings.
    """

    name: str
    title: str
    about: str
    reported: tuple[str, ...]
    simulators: tuple[str, ...]
    faults: tuple[Mapping[str, Any], ...]
    settings: Mapping[str, Any]
    timers: Mapping[str, str] = field(default_factory=dict)

    def fits(self, simulators: Annotated[tuple[str, ...], "of a scenario"]) -> bool:
        """Tell whether one of these kinds of simulators can behave so."""
        return any(simulator in self.simulators for simulator in simulators)

    def applied(self, setup: Setup) -> Setup:
        """Have the peers of a case behave so, besides what the case asks of them."""
        peers = {name: self._peer(peer) for name, peer in setup.peers.items()}
        return replace(setup, peers=peers, timers={**self.timers, **setup.timers})

    def _peer(self, peer: Peer) -> Peer:
        if peer.simulator not in self.simulators:
            return peer
        faults = tuple({OPTIONAL: "true", **entry} for entry in self.faults)
        return peer.model_copy(
            update={"faults": (*faults, *peer.faults), "settings": {**self.settings, **peer.settings}}
        )


def every_profile() -> tuple[Profile, ...]:
    """Read every profile that comes with the project, by name; raises `DataError`."""
    return tuple(read_profile(path) for path in sorted(FOLDER.glob("*.yaml")))


def profile_of(name: str) -> Profile:
    """Read the profile of a name, or that of a file.

    Raises
    ------
    DataError
        The file is wrong.
    HarnessError
        There is no such profile.
    """
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        return read_profile(path)
    known = tuple(sorted(each.stem for each in FOLDER.glob("*.yaml")))
    if name not in known:
        raise HarnessError(
            f"no profile {name!r}{suggestion(name, known)} (list --profiles shows them; "
            "a SELECT stands before --against-profiles)"
        )
    return read_profile(FOLDER / f"{name}.yaml")


def profiles_of(names: str) -> tuple[Profile, ...]:
    """Read several profiles, with commas between their names; `all` for every one. Raises as `profile_of`."""
    return every_profile() if names == "all" else tuple(profile_of(name) for name in names.split(","))


def read_profile(path: Path) -> Profile:
    """Read a profile.

    Raises
    ------
    DataError
        The file is no profile; one line says where and why.
    """
    document = uid_names.resolved(read(path))
    file = validate(document, ProfileFile)
    for index, simulator in enumerate(file.simulators):
        known = fault_index.simulator_names()
        if simulator not in known:
            raise document.error(("simulators", index), f"unknown simulator{suggestion(simulator, known)}")
        for inner, message in simulator_settings.mistakes(simulator, file.settings):
            raise document.error(("settings", *inner), message)
    for index, entry in enumerate(file.faults):
        _check_faults(document, index, entry)
    if not file.faults and not file.settings:
        raise document.error((), "has neither faults nor settings")
    timers = {name: str(value) for name, value in file.timers.model_dump(exclude_none=True).items()}
    return Profile(
        path.stem, file.title, file.about, file.reported, file.simulators, file.faults, file.settings, timers
    )


def _check_faults(document: Document, index: int, entry: Mapping[str, Any]) -> None:
    for mark in (TRIPWIRE, OPTIONAL):
        if mark in entry:
            raise document.error(("faults", index, mark), "is allowed in a scenario only")
    for call in fault_calls(entry):
        for inner, message in fault_index.mistakes(call):
            raise document.error(("faults", index, call.name, *inner), message)
