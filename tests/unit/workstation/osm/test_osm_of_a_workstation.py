"""The OSM as part of the workstation: it runs while the workstation does, and is the archive `osm` of its list."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dicom_simulators.data_sets import build
from dicom_simulators.scu import Scu
from dicom_wire import Recorder
from dicom_workstation.application import Workstation
from dicom_workstation.configuration import Configuration, ConfigurationError
from dicom_workstation.osm import DiskStore
from dicom_workstation.outcome import Result

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"


@pytest.fixture
def workstation(tmp_path: Path) -> Iterator[Workstation]:
    before = set(threading.enumerate())
    section = {"folder": str(tmp_path / "store"), "keep_free_bytes": 0}
    with Workstation(Configuration.from_keywords(osm=section, acse_timeout_s=2.0)) as started:
        yield started
    assert set(threading.enumerate()) <= before


def test_what_is_stored_on_the_disk_comes_into_memory_by_dicom(workstation: Workstation) -> None:
    sent = build("smallest", CT, EXPLICIT, seed=920)
    assert workstation.osm_address is not None
    with Scu("scu", "SCU", Recorder(), instances=[sent]) as scu:
        assert scu.perform("store", workstation.osm_address, {"called_ae_title": "OSM"})["result"] == "success"
    study = str(sent.read().StudyInstanceUID)
    found = workstation.query("osm", level="STUDY", keys={"StudyInstanceUID": study, "PatientID": ""})
    assert (found.result, found.pending) == (Result.SUCCESS, 1)
    came = workstation.retrieve("osm", level="STUDY", keys={"StudyInstanceUID": study})
    assert (came.result, came.completed, came.arrived) == (Result.SUCCESS, 1, 1), came
    held = workstation.memory.get(sent.SOPInstanceUID)
    assert held is not None
    assert held.data_set == sent.data_set


def test_it_starts_anew_when_its_section_changes_and_stays_when_an_archive_comes(
    workstation: Workstation, tmp_path: Path
) -> None:
    first = workstation.osm_address
    workstation.reconfigure(archives={"pacs": {"ae_title": "PACS", "host": "127.0.0.1", "port": 104}})
    assert workstation.osm_address == first
    section = {"folder": str(tmp_path / "other"), "keep_free_bytes": 0, "ae_title": "SECOND"}
    workstation.reconfigure(osm=section)
    assert workstation.echo("osm").result is Result.SUCCESS
    workstation.reconfigure(osm=None)
    assert workstation.osm_address is None
    assert workstation.echo("osm").result is Result.REFUSED


def test_a_folder_that_is_in_use_is_refused_and_what_ran_goes_on(workstation: Workstation, tmp_path: Path) -> None:
    with DiskStore(tmp_path / "taken"):
        taken = {"folder": str(tmp_path / "taken")}
        with pytest.raises(ConfigurationError, match=r"osm\.folder.*in use"):
            workstation.reconfigure(osm=taken)
        with pytest.raises(ConfigurationError, match=r"osm\.folder.*in use"):
            Workstation(Configuration.from_keywords(osm=taken)).start()
    assert workstation.echo("osm").result is Result.SUCCESS
