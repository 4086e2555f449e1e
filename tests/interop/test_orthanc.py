"""Orthanc as a real peer, in both directions: the workstation and each simulator as its SCU and as its SCP.

Orthanc acts as SCU when it is asked to over its REST interface.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file

from dicom_simulators.archive.archive import Archive
from dicom_simulators.data_sets import SOP_CLASSES, TRANSFER_SYNTAXES, Instance, build, build_study, read_file
from dicom_simulators.destination import Destination
from dicom_simulators.faults import build as fault
from dicom_simulators.scu.modality import Modality
from dicom_wire import Recorder
from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration
from orthanc import Orthanc, orthanc

pytestmark = pytest.mark.peer("orthanc")

FILES = tuple(Path(get_testdata_file(name, download=False)) for name in ("CT_small.dcm", "MR_small.dcm"))
DATA_SETS = {str(one.SOPInstanceUID): one for one in map(dcmread, FILES)}
CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
#: Under which configuration the workstation sends and takes a compressed transfer syntax.
COMPRESSED = {
    "1.2.840.10008.1.2.4.50": "lossy",
    "1.2.840.10008.1.2.4.51": "lossy",
    "1.2.840.10008.1.2.4.57": "lossless",
    "1.2.840.10008.1.2.4.70": "lossless",
    "1.2.840.10008.1.2.4.90": "jpeg2000",
    "1.2.840.10008.1.2.4.91": "jpeg2000",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with orthanc(tmp_path_factory.mktemp("orthanc"), {}) as started:
        yield started


@pytest.fixture
def peer(running: Orthanc) -> Orthanc:
    """Give an Orthanc that holds nothing."""
    running.forget()
    return running


@pytest.fixture
def workstation(peer: Orthanc) -> Iterator[Workstation]:
    """Give a workstation that knows Orthanc, and that Orthanc knows."""
    known = {"orthanc": {"ae_title": peer.ae_title, "host": "127.0.0.1", "port": peer.port}}
    with Workstation(Configuration.from_keywords(ae_title="WORKSTATION", archives=known)) as started:
        peer.know("workstation", "WORKSTATION", started.address)
        yield started


@pytest.fixture
def simulator() -> Iterator[Any]:
    """Start simulators, and stop them afterwards."""
    started: list[Any] = []

    def start(kind: type[Any], title: str, **options: object) -> Any:
        made = kind(title.lower(), title, Recorder(), **options)
        started.append(made)
        made.start()
        return made

    yield start
    for made in started:
        made.stop()


def keep(peer: Orthanc) -> list[str]:
    return [peer.keep(path.read_bytes()) for path in FILES]


def held(peer: Orthanc) -> dict[str, Dataset]:
    found = (dcmread(io.BytesIO(peer.file(identifier))) for identifier in peer.instances())
    return {str(one.SOPInstanceUID): one for one in found}


def same_pixels(one: Dataset, other: Dataset) -> bool:
    return bool((one.pixel_array == other.pixel_array).all())


class TestWorkstationAsSCU:
    def test_echo_and_association(self, workstation, peer):
        assert workstation.echo("orthanc").result == "success"
        assert workstation.associate("orthanc").result == "success"

    def test_store(self, workstation, peer):
        stored = workstation.store("orthanc", files=FILES)
        assert (stored.result, set(stored.stored)) == ("success", set(DATA_SETS))
        there = held(peer)
        assert set(there) == set(DATA_SETS)
        assert all(there[uid].PixelData == DATA_SETS[uid].PixelData for uid in there)

    @pytest.mark.parametrize(("syntax", "configuration"), COMPRESSED.items())
    def test_store_and_retrieve_compressed(self, workstation, peer, tmp_path, syntax, configuration):
        workstation.reconfigure(jpeg_configuration=configuration)
        instance = build(sop_class=CT, transfer_syntax=syntax)
        path = tmp_path / "compressed.dcm"
        path.write_bytes(instance.file_bytes())
        assert workstation.store("orthanc", files=[path]).result == "success"
        (there,) = held(peer).values()
        assert there.file_meta.TransferSyntaxUID == syntax
        keys = {"StudyInstanceUID": str(there.StudyInstanceUID)}
        loaded = workstation.retrieve("orthanc", level="STUDY", keys=keys)
        assert (loaded.result, loaded.arrived, loaded.missing) == ("success", 1, 0)
        (arrived,) = workstation.memory.instances()
        assert arrived.TransferSyntaxUID == syntax
        assert there.PixelData in arrived.data_set

    def test_query_at_each_level(self, workstation, peer):
        keep(peer)
        for uid, data_set in DATA_SETS.items():
            study, series = str(data_set.StudyInstanceUID), str(data_set.SeriesInstanceUID)
            patients = workstation.query(
                "orthanc",
                model="patient_root",
                level="PATIENT",
                keys={"PatientID": str(data_set.PatientID), "PatientName": ""},
            )
            assert [match["PatientName"] for match in patients.matches] == [str(data_set.PatientName)]
            studies = workstation.query(
                "orthanc", level="STUDY", keys={"PatientID": str(data_set.PatientID), "StudyInstanceUID": ""}
            )
            assert [match["StudyInstanceUID"] for match in studies.matches] == [study]
            found = workstation.query(
                "orthanc", level="SERIES", keys={"StudyInstanceUID": study, "SeriesInstanceUID": "", "Modality": ""}
            )
            assert [match["SeriesInstanceUID"] for match in found.matches] == [series]
            images = workstation.query(
                "orthanc",
                level="IMAGE",
                keys={"StudyInstanceUID": study, "SeriesInstanceUID": series, "SOPInstanceUID": ""},
            )
            assert [match["SOPInstanceUID"] for match in images.matches] == [uid]

    @pytest.mark.parametrize(
        ("pattern", "count"), [("*", 2), ("CompressedSamples^*", 2), ("*CT1", 1), ("?ompressed*^MR1", 1), ("NO*", 0)]
    )
    def test_query_by_wildcard(self, workstation, peer, pattern, count):
        keep(peer)
        found = workstation.query("orthanc", level="STUDY", keys={"PatientName": pattern, "StudyInstanceUID": ""})
        assert (found.result, len(found.matches)) == ("success", count)

    def test_retrieve_at_each_level(self, workstation, peer):
        keep(peer)
        for uid, data_set in DATA_SETS.items():
            keys = {
                "StudyInstanceUID": str(data_set.StudyInstanceUID),
                "SeriesInstanceUID": str(data_set.SeriesInstanceUID),
                "SOPInstanceUID": uid,
            }
            for number, level in enumerate(("STUDY", "SERIES", "IMAGE"), start=1):
                workstation.forget()
                chosen = dict(list(keys.items())[:number])
                loaded = workstation.retrieve("orthanc", level=level, keys=chosen)
                assert (loaded.result, loaded.arrived, loaded.missing) == ("success", 1, 0), level
                arrived = workstation.memory.get(uid)
                assert arrived is not None
                assert data_set.PixelData in arrived.data_set

    def test_retrieve_many(self, workstation, peer):
        study = build_study(modalities=("CT", "MR"), instances=10)
        for instance in study:
            peer.keep(instance.file_bytes())
        uid = str(study[0].read().StudyInstanceUID)
        loaded = workstation.retrieve("orthanc", level="STUDY", keys={"StudyInstanceUID": uid})
        assert (loaded.result, loaded.arrived, loaded.missing) == ("success", len(study), 0)
        assert {one.SOPInstanceUID for one in workstation.memory.instances()} == {one.SOPInstanceUID for one in study}

    def test_nothing_to_retrieve(self, workstation, peer):
        loaded = workstation.retrieve("orthanc", level="STUDY", keys={"StudyInstanceUID": "2.25.404"})
        assert (loaded.result, loaded.status) == ("failure", "C000")  # Orthanc says so instead of success with nothing
        assert not workstation.memory.instances()

    def test_an_unknown_destination(self, workstation, peer):
        keep(peer)
        workstation.reconfigure(ae_title="UNKNOWN")
        keys = {"StudyInstanceUID": str(next(iter(DATA_SETS.values())).StudyInstanceUID)}
        loaded = workstation.retrieve("orthanc", level="STUDY", keys=keys)
        assert loaded.result == "failure"
        assert not workstation.memory.instances()

    def test_a_wrong_called_title(self, workstation, peer):
        archives = {"other": {"ae_title": "OTHER", "host": "127.0.0.1", "port": peer.port}}
        workstation.reconfigure(archives=archives)
        assert workstation.echo("other").result == "rejected"


class TestWorkstationAsSCP:
    def test_echo(self, workstation, peer):
        assert peer.ask("/modalities/workstation/echo") == {}

    def test_a_caller_that_is_not_allowed(self, workstation, peer):
        workstation.reconfigure(allowed_callers=["FRIEND"])
        peer.refuses("/modalities/workstation/echo")
        workstation.reconfigure(allowed_callers=[peer.ae_title])
        assert peer.ask("/modalities/workstation/echo") == {}

    def test_a_wrong_called_title(self, workstation, peer):
        peer.know("misnamed", "OTHER", workstation.address)
        peer.refuses("/modalities/misnamed/echo")
        assert peer.ask("/modalities/workstation/echo") == {}, "under its own title it answers"

    def test_store(self, workstation, peer):
        told = peer.ask("/modalities/workstation/store", {"Resources": keep(peer), "Synchronous": True})
        assert (told["InstancesCount"], told["FailedInstancesCount"]) == (2, 0)
        arrived = {one.SOPInstanceUID: one for one in workstation.memory.instances()}
        assert set(arrived) == set(DATA_SETS)
        assert all(DATA_SETS[uid].PixelData in one.data_set for uid, one in arrived.items())

    def test_store_beyond_the_memory(self, workstation, peer):
        workstation.reconfigure(memory_budget_bytes=1000)
        peer.refuses("/modalities/workstation/store", {"Resources": keep(peer), "Synchronous": True})
        assert not workstation.memory.instances()


class TestArchive:
    """The archive as Orthanc's SCP, and as SCU towards it."""

    @pytest.fixture
    def archive(self, peer: Orthanc, simulator: Any) -> Archive:
        instances = [read_file(path) for path in FILES]
        destinations = {peer.ae_title: ("127.0.0.1", peer.port)}
        started: Archive = simulator(Archive, "ARCHIVE", instances=instances, destinations=destinations)
        peer.know("archive", "ARCHIVE", started.address)
        return started

    def test_echo(self, archive, peer):
        assert peer.ask("/modalities/archive/echo") == {}

    @pytest.mark.parametrize(
        ("level", "query", "keyword"),
        [
            ("Patient", {"PatientID": "*", "PatientName": ""}, "PatientID"),
            ("Study", {"StudyInstanceUID": "", "PatientName": "CompressedSamples*"}, "StudyInstanceUID"),
            ("Study", {"StudyInstanceUID": "", "StudyDate": "20040101-20041231"}, "StudyInstanceUID"),
        ],
    )
    def test_query(self, archive, peer, level, query, keyword):
        found = peer.query("archive", level, query)
        wanted = {str(one[keyword].value) for one in DATA_SETS.values() if keyword != "StudyDate"}
        assert {one[keyword] for one in found} == wanted

    def test_query_below_the_study(self, archive, peer):
        for uid, data_set in DATA_SETS.items():
            above = {"StudyInstanceUID": str(data_set.StudyInstanceUID)}
            (series,) = peer.query("archive", "Series", {**above, "SeriesInstanceUID": "", "Modality": ""})
            assert (series["SeriesInstanceUID"], series["Modality"]) == (data_set.SeriesInstanceUID, data_set.Modality)
            above["SeriesInstanceUID"] = series["SeriesInstanceUID"]
            (image,) = peer.query("archive", "Instance", {**above, "SOPInstanceUID": ""})
            assert image["SOPInstanceUID"] == uid

    def test_move_to_orthanc_itself(self, archive, peer):
        for number, (uid, data_set) in enumerate(DATA_SETS.items(), start=1):
            study = {"StudyInstanceUID": str(data_set.StudyInstanceUID)}
            body = {"Level": "Study", "Resources": [study], "TargetAet": peer.ae_title, "Synchronous": True}
            peer.ask("/modalities/archive/move", body)
            there = held(peer)
            assert len(there) == number
            assert same_pixels(there[uid], data_set)

    def test_move_what_a_query_found(self, archive, peer):
        query = peer.ask("/modalities/archive/query", {"Level": "Study", "Query": {"PatientName": "*"}})
        peer.ask(f"{query['Path']}/retrieve", {"TargetAet": peer.ae_title, "Synchronous": True})
        assert set(held(peer)) == set(DATA_SETS)

    def test_move_to_a_destination_that_the_archive_does_not_know(self, archive, peer):
        study = {"StudyInstanceUID": str(next(iter(DATA_SETS.values())).StudyInstanceUID)}
        body = {"Level": "Study", "Resources": [study], "TargetAet": "NOBODY", "Synchronous": True}
        peer.refuses("/modalities/archive/move", body)
        assert not peer.instances()

    def test_move_to_a_third(self, archive, peer, simulator):
        third = simulator(Destination, "THIRD")
        archive.destinations["THIRD"] = third.address
        study = {"StudyInstanceUID": str(next(iter(DATA_SETS.values())).StudyInstanceUID)}
        body = {"Level": "Study", "Resources": [study], "TargetAet": "THIRD", "Synchronous": True}
        peer.ask("/modalities/archive/move", body)
        assert [one.SOPInstanceUID for one in third.stored] == [next(iter(DATA_SETS))]

    def test_store(self, peer, simulator):
        empty = simulator(Archive, "EMPTY")
        peer.know("empty", "EMPTY", empty.address)
        told = peer.ask("/modalities/empty/store", {"Resources": keep(peer), "Synchronous": True})
        assert told["FailedInstancesCount"] == 0
        assert {one.SOPInstanceUID for one in empty.stored} == set(DATA_SETS)
        assert {one["StudyInstanceUID"] for one in peer.query("empty", "Study", {"StudyInstanceUID": ""})} == {
            str(one.StudyInstanceUID) for one in DATA_SETS.values()
        }


class TestModality:
    def send(self, simulator: Any, peer: Orthanc, instances: list[Instance]) -> dict[str, object]:
        modality = simulator(Modality, "MODALITY", instances=instances)
        address = ("127.0.0.1", peer.port)
        assert modality.perform("echo", address, {"called_ae_title": peer.ae_title})["result"] == "success"
        outcome: dict[str, object] = modality.perform("store", address, {"called_ae_title": peer.ae_title})
        return outcome

    def test_every_sop_class(self, peer, simulator):
        instances = [build(sop_class=row.uid, transfer_syntax=EXPLICIT) for row in SOP_CLASSES]
        assert self.send(simulator, peer, instances)["result"] == "success"
        there = held(peer)
        assert {uid: str(one.SOPClassUID) for uid, one in there.items()} == {
            one.SOPInstanceUID: one.SOPClassUID for one in instances
        }

    def test_every_transfer_syntax(self, peer, simulator):
        instances = [
            build(sop_class=CT, transfer_syntax=row.uid, seed=seed) for seed, row in enumerate(TRANSFER_SYNTAXES)
        ]
        assert self.send(simulator, peer, instances)["result"] == "success"
        there = held(peer)
        assert {uid: one.file_meta.TransferSyntaxUID for uid, one in there.items()} == {
            one.SOPInstanceUID: one.transfer_syntax for one in instances
        }
        for one in instances:
            if one.transfer_syntax in COMPRESSED:
                assert there[one.SOPInstanceUID].PixelData == one.read().PixelData
            else:
                assert np.array_equal(there[one.SOPInstanceUID].pixel_array, one.pixels.squeeze())


class TestDestination:
    @pytest.fixture
    def destination(self, peer: Orthanc, simulator: Any) -> Destination:
        started: Destination = simulator(Destination, "DESTINATION")
        peer.know("destination", "DESTINATION", started.address)
        return started

    def test_store(self, destination, peer):
        assert peer.ask("/modalities/destination/echo") == {}
        told = peer.ask("/modalities/destination/store", {"Resources": keep(peer), "Synchronous": True})
        assert told["FailedInstancesCount"] == 0
        stored = {one.SOPInstanceUID: one for one in destination.stored}
        assert set(stored) == set(DATA_SETS)
        assert all(DATA_SETS[uid].PixelData in one.data_set for uid, one in stored.items())

    @pytest.mark.parametrize(
        ("name", "parameters"),
        [
            ("respond", {"to": "C-STORE-RQ", "status": "A700"}),
            ("abort", {"on": "C-STORE-RQ", "source": "0", "reason": "0"}),
            ("reject", {"result": "1", "source": "1", "reason": "7"}),
            ("close", {"on": "C-STORE-RQ"}),
        ],
    )
    def test_orthanc_notices(self, destination, peer, name, parameters):
        identifiers = keep(peer)
        destination.fault(fault(name, parameters))
        peer.refuses("/modalities/destination/store", {"Resources": identifiers, "Synchronous": True})
        assert not destination.stored or name == "respond"
