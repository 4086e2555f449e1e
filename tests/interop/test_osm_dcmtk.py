"""The OSM against DCMTK: its SCUs store, find, move and get, and its storescp is the destination."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest

from dicom_conformance.play import reserved_port
from dicom_simulators.data_sets import Instance, build
from dicom_workstation.configuration import Configuration
from dicom_workstation.osm import OSMServer
from foreign_programs import require, serve
from foreign_programs import run as run_it

pytestmark = pytest.mark.peer("dcmtk")

CT, EXPLICIT, JPEG_LOSSLESS = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70"
STUDY = "2.25.91001"
run = functools.partial(run_it, check=True)


@pytest.fixture(scope="module")
def instances() -> list[Instance]:
    study = {"StudyInstanceUID": STUDY, "SeriesInstanceUID": "2.25.91002", "PatientName": "MÜLLER^JOSÉ"}
    return [
        build("smallest", CT, syntax, seed=seed, SpecificCharacterSet="ISO_IR 192", **study)
        for seed, syntax in ((910, EXPLICIT), (911, JPEG_LOSSLESS))
    ]


@pytest.fixture(scope="module")
def received(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    require("storescp", package="dcmtk")
    folder, port = tmp_path_factory.mktemp("received"), reserved_port()
    with serve("storescp", "-aet", "STORESCP", "+xa", "-od", folder, port, port=port):
        yield folder, port


@pytest.fixture(scope="module")
def osm(
    received: tuple[Path, int], instances: list[Instance], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, int]]:
    require("storescu", "findscu", "movescu", "getscu", package="dcmtk")
    archives = {"storescp": {"ae_title": "STORESCP", "host": "127.0.0.1", "port": received[1]}}
    section = {"folder": str(tmp_path_factory.mktemp("osm")), "keep_free_bytes": 0}
    files = tmp_path_factory.mktemp("sent")
    for number, one in enumerate(instances):
        (files / f"{number}.dcm").write_bytes(one.file_bytes())
    with OSMServer(Configuration.from_keywords(archives=archives, osm=section)) as server:
        assert server.address is not None
        for number, proposed in enumerate(("-xe", "-xs")):
            run("storescu", proposed, "-aec", "OSM", *server.address, files / f"{number}.dcm")
        yield server.address


def said(program: str, address: tuple[str, int], *options: object, **keys: str) -> str:
    asked = [part for keyword, value in keys.items() for part in ("-k", f"{keyword}={value}")]
    return run(program, "-v", "-S", "-aec", "OSM", *options, *asked, *address)


def test_findscu_finds_the_study_by_a_name_without_its_accents(osm: tuple[str, int], tmp_path: Path) -> None:
    keys = {"QueryRetrieveLevel": "STUDY", "PatientName": "muller^*", "NumberOfStudyRelatedInstances": ""}
    assert "Success" in said("findscu", osm, "-X", "-od", tmp_path, **keys)
    (answer,) = [pydicom.dcmread(path, force=True) for path in sorted(tmp_path.iterdir())]
    assert (str(answer.PatientName), int(answer.NumberOfStudyRelatedInstances)) == ("MÜLLER^JOSÉ", 2)


def test_movescu_has_everything_sent_as_it_is_stored(
    osm: tuple[str, int], received: tuple[Path, int], instances: list[Instance]
) -> None:
    assert "Success" in said("movescu", osm, "-aem", "STORESCP", QueryRetrieveLevel="STUDY", StudyInstanceUID=STUDY)
    arrived = {one.SOPInstanceUID: one for one in map(pydicom.dcmread, received[0].iterdir())}
    assert {uid: one.file_meta.TransferSyntaxUID for uid, one in arrived.items()} == {
        one.SOPInstanceUID: one.transfer_syntax for one in instances
    }
    assert all(arrived[one.SOPInstanceUID].PixelData == one.read().PixelData for one in instances)


def test_movescu_hears_that_a_destination_is_unknown(osm: tuple[str, int]) -> None:
    keys = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}")
    assert "MoveDestinationUnknown" in run_it("movescu", "-v", "-S", "-aec", "OSM", "-aem", "NOBODY", *keys, *osm)


def test_getscu_gets_what_it_can_read_uncompressed(
    osm: tuple[str, int], instances: list[Instance], tmp_path: Path
) -> None:
    got = said("getscu", osm, "-od", tmp_path, QueryRetrieveLevel="STUDY", StudyInstanceUID=STUDY)
    assert "Number of Completed Suboperations : 2" in got
    arrived = {one.SOPInstanceUID: one for one in map(pydicom.dcmread, tmp_path.iterdir())}
    for one in instances:
        assert (arrived[one.SOPInstanceUID].pixel_array == one.read().pixel_array).all()
