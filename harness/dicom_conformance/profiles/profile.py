"""One profile: which faults and settings make a simulator behave like systems that somebody reported.

The files are in `scenarios/profiles/`. Each names at least one public thread in which the behaviour is described.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from dicom_conformance.errors import HarnessError
from dicom_conformance.files import Document, Part, Texts, read, scenarios_folder, suggestion, validate
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


class ProfileFile(Part):
    """A profile of a peer: a way to behave that was reported of real systems."""

    title: str = Field(min_length=1, description="what such a peer does, in one line")
    about: str = Field(default="", description="more of it: what is known, and what the standard says")
    reported: Texts = Field(min_length=1, description="addresses of the public threads that report it")
    simulators: Texts = Field(default=("archive",), description="the kinds of simulators that it is for")
    faults: tuple[Mapping[str, Any], ...] = Field(default=(), description="faults that are active from the start")
    settings: Mapping[str, Any] = Field(default_factory=dict, description="settings of the simulator")


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
    """

    name: str
    title: str
    about: str
    reported: tuple[str, ...]
    simulators: tuple[str, ...]
    faults: tuple[Mapping[str, Any], ...]
    settings: Mapping[str, Any]

    def fits(self, simulators: Annotated[tuple[str, ...], "of a scenario"]) -> bool:
        """Tell whether one of these kinds of simulators can behave so."""
        return any(simulator in self.simulators for simulator in simulators)

    def applied(self, setup: Setup) -> Setup:
        """Have the peers of a case behave so, besides what the case asks of them."""
        peers = {name: self._peer(peer) for name, peer in setup.peers.items()}
        return Setup(setup.settings, peers, setup.steps, setup.subject)

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
        raise HarnessError(f"no profile {name!r}{suggestion(name, known)} (list --profiles shows them)")
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
    return Profile(path.stem, file.title, file.about, file.reported, file.simulators, file.faults, file.settings)


def _check_faults(document: Document, index: int, entry: Mapping[str, Any]) -> None:
    for mark in (TRIPWIRE, OPTIONAL):
        if mark in entry:
            raise document.error(("faults", index, mark), "is allowed in a scenario only")
    for call in fault_calls(entry):
        for inner, message in fault_index.mistakes(call):
            raise document.error(("faults", index, call.name, *inner), message)
