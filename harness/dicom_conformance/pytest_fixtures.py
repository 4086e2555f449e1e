"""pytest fixtures for other people's test suites: simulated peers, each running while a test runs.

A marker of the fixture's name gives the simulator its settings::

    @pytest.mark.dicom_archive(ae_title="PACS", instances=build_studies(1))
    def test_query(dicom_archive):
        host, port = dicom_archive.address
        dicom_archive.fault("respond", to="C-FIND-RQ", status="A700")

`stored` is what came, `fault` and `clear` bring faults in force and lift them, `wait_stored` waits for a sender that
goes on in another thread, and `films` are those of the printer.

Invariants: a simulator listens on a loopback port that the system chose, and no thread of it outlives the test. Nothing
is imported before a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:  # imported when a fixture is used: test runs without one pay nothing
    from dicom_simulators import Archive, Destination, Printer, Scripted, Simulator

MARKERS = {
    "dicom_archive": "settings of the fixture of that name, as keywords of dicom_simulators.Archive",
    "dicom_destination": "settings of the fixture of that name, as keywords of dicom_simulators.Destination",
    "dicom_printer": "settings of the fixture of that name, as keywords of dicom_simulators.Printer",
    "dicom_scripted": "settings of the fixture of that name, as keywords of dicom_simulators.Scripted",
}

Kind = TypeVar("Kind", bound="Simulator")


@pytest.fixture
def dicom_archive(request: pytest.FixtureRequest) -> Iterator[Archive]:
    """An archive (PACS): C-ECHO, C-STORE, C-FIND and C-MOVE as SCP."""
    from dicom_simulators import Archive

    yield from _running(Archive, "ARCHIVE", request)


@pytest.fixture
def dicom_destination(request: pytest.FixtureRequest) -> Iterator[Destination]:
    """A storage SCP that keeps what it receives, byte by byte."""
    from dicom_simulators import Destination

    yield from _running(Destination, "DESTINATION", request)


@pytest.fixture
def dicom_printer(request: pytest.FixtureRequest) -> Iterator[Printer]:
    """A printer: Print Management as SCP; its films are in `films`."""
    from dicom_simulators import Printer

    yield from _running(Printer, "PRINTER", request)


@pytest.fixture
def dicom_scripted(request: pytest.FixtureRequest) -> Iterator[Scripted]:
    """A peer that sends and awaits what its `script` says, lawful or not."""
    from dicom_simulators import Scripted

    yield from _running(Scripted, "SCRIPTED", request)


def _running(kind: type[Kind], ae_title: str, request: pytest.FixtureRequest) -> Iterator[Kind]:
    """Run a simulator with the settings of the test's marker until the test is over."""
    from dicom_wire import Recorder

    marker = request.node.get_closest_marker(str(request.fixturename))
    if marker is not None and marker.args:
        raise pytest.UsageError(
            f"{marker.name}: its settings are given by keyword, as in {marker.name}(ae_title='PACS')"
        )
    settings = {"ae_title": ae_title, **(marker.kwargs if marker else {})}
    simulator = kind(name=ae_title.lower(), recorder=Recorder(), **settings)
    simulator.start()
    try:
        yield simulator
    finally:
        simulator.stop()
