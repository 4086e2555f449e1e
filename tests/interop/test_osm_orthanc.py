"""The OSM against Orthanc: as its client (store, query, commitment), and as the destination of a C-MOVE."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dicom_simulators.data_sets import Instance, build
from dicom_simulators.scu import Scu
from dicom_wire import Recorder
from dicom_workstation.configuration import Configuration
from dicom_workstation.osm import OSMServer
from orthanc import Orthanc, orthanc
from test_commitment_orthanc import report_on

pytestmark = pytest.mark.peer("orthanc")

CT, EXPLICIT, STUDY = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1", "2.25.93001"


@pytest.fixture(scope="module")
def sent() -> list[Instance]:
    study = {"StudyInstanceUID": STUDY, "SeriesInstanceUID": "2.25.93002", "PatientName": "DOE^JANE"}
    return [build("smallest", CT, EXPLICIT, seed=930 + number, **study) for number in range(2)]


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with orthanc(tmp_path_factory.mktemp("orthanc"), {}) as running:
        yield running


@pytest.fixture(scope="module")
def osm(peer: Orthanc, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    archives = {"orthanc": {"ae_title": peer.ae_title, "host": "127.0.0.1", "port": peer.port}}
    section = {"folder": str(tmp_path_factory.mktemp("osm")), "keep_free_bytes": 0}
    with OSMServer(Configuration.from_keywords(archives=archives, osm=section)) as server:
        assert server.address is not None
        peer.know("osm", "OSM", server.address)
        yield server.address


@pytest.fixture(scope="module", autouse=True)
def stored(peer: Orthanc, osm: tuple[str, int], sent: list[Instance]) -> None:
    """Have Orthanc store to the OSM what it holds, and forget it."""
    kept = [peer.keep(each.file_bytes()) for each in sent]
    done = peer.ask("/modalities/osm/store", {"Resources": kept, "Synchronous": True})
    assert done["FailedInstancesCount"] == 0, done
    peer.forget()


def test_orthanc_finds_what_it_stored(peer: Orthanc) -> None:
    (match,) = peer.query("osm", "Study", {"PatientName": "doe^*", "StudyInstanceUID": ""})
    assert (match["PatientName"], match["StudyInstanceUID"]) == ("DOE^JANE", STUDY)


def test_a_move_to_orthanc_brings_everything(peer: Orthanc, osm: tuple[str, int], sent: list[Instance]) -> None:
    with Scu("scu", "SCU", Recorder()) as scu:
        arguments = {"called_ae_title": "OSM", "level": "STUDY", "keys": {"StudyInstanceUID": STUDY}}
        moved = scu.perform("move", osm, {**arguments, "destination": peer.ae_title})
    assert (moved["status"], moved["completed"], moved["failed"]) == ("0000", 2, 0), moved
    files = [peer.file(identifier) for identifier in peer.http.get("/instances").json()]
    assert len(files) == 2
    assert all(any(each.data_set in file for file in files) for each in sent)


def test_orthanc_learns_what_is_committed_and_what_is_not(
    peer: Orthanc, osm: tuple[str, int], sent: list[Instance]
) -> None:
    peer.know("archive", "OSM", osm)
    whole = report_on(peer, [(CT, each.SOPInstanceUID) for each in sent])
    partly = report_on(peer, [(CT, sent[0].SOPInstanceUID), (CT, "2.25.404")])
    assert (whole["Status"], len(whole["Success"])) == ("Success", 2)
    assert [(one["SOPInstanceUID"], one["FailureReason"]) for one in partly["Failures"]] == [("2.25.404", 0x0112)]
