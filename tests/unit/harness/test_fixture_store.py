"""Storing fixtures: once a run, only what is not there, and a refusal is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dicom_conformance.play.fixture_store import FixtureStore
from dicom_conformance.play.limits import Limiter
from dicom_conformance.play.subjects import Address
from dicom_conformance.results import CLEANUP
from dicom_conformance.scenario.fixtures import standard
from dicom_simulators.archive import Archive
from dicom_wire.capture import Recorder


@pytest.fixture
def archive() -> Iterator[Archive]:
    simulator = Archive("archive", "ARCHIVE", Recorder(), instances=())
    simulator.start()
    yield simulator
    simulator.stop()


def _at(archive: Archive) -> Address:
    host, port = archive.address
    return Address("ARCHIVE", host, port)


def _store(folder: Path | None) -> FixtureStore:
    return FixtureStore(standard(), folder, "CONFORMANCE", Limiter(), may_query=True)


def _sent(archive: Archive) -> int:
    return len(archive.stored)


def test_a_study_of_its_own_is_stored_alone_and_listed(archive: Archive, tmp_path: Path) -> None:
    assert _store(tmp_path).refusal(["unknown_number"], _at(archive)) == ""
    assert _sent(archive) == 1
    listed = (tmp_path / CLEANUP).read_text(encoding="utf-8").splitlines()
    assert len(listed) == 1
    assert "PatientID CONFEMPTY" in listed[0]
    assert standard().value("unknown_number.StudyInstanceUID") in listed[0]


def test_shared_studies_go_together_and_a_second_run_stores_nothing(archive: Archive, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    assert _store(first).refusal(["dates"], _at(archive)) == ""
    assert _sent(archive) == 45
    assert _store(second).refusal(["times"], _at(archive)) == ""
    assert not (second / CLEANUP).exists()


def test_another_process_of_the_run_reads_the_note(archive: Archive, tmp_path: Path) -> None:
    assert _store(tmp_path).refusal(["unknown_number"], _at(archive)) == ""
    archive.stop()
    assert _store(tmp_path).refusal(["unknown_number"], _at(archive)) == ""


def test_what_cannot_be_stored_is_said_with_its_reason(archive: Archive) -> None:
    nobody = _at(archive)
    archive.stop()
    reason = _store(None).refusal(["unknown_number"], nobody)
    assert "unknown_number: 0 of 1 stored" in reason
