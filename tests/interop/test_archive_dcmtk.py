"""The archive against DCMTK: its SCUs drive it, its storescp is the destination, its dcmqrscp answers beside it.

Each test that compares asks both archives, which hold the same files, the same question with the same `findscu`.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from dicom_conformance.play import reserved_port
from dicom_simulators.archive.archive import Archive
from dicom_simulators.data_sets import build
from dicom_wire import Recorder
from foreign_programs import require, serve
from foreign_programs import run as run_it

pytestmark = pytest.mark.peer("dcmtk")

TOOLS = ("echoscu", "storescu", "findscu", "movescu", "getscu", "storescp", "dcmqrscp", "dcmqridx")
CT, MR, SC = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.7"
EXPLICIT, J2K = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.90"
run = functools.partial(run_it, check=True)


@pytest.fixture(scope="module", autouse=True)
def dcmtk() -> None:
    require(*TOOLS, package="dcmtk")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three patients of recipes, and the CT and MR files that ship with pydicom."""
    path = tmp_path_factory.mktemp("held")
    people = (
        ("DOE^JOHN", "20200101", "080000"),
        ("DOE^JANE", "20200215", "120000"),
        ("ROE^RICHARD", "20210301", "1530"),
    )
    for seed, (name, date, clock) in enumerate(people, start=1):
        for sop_class in (CT, MR):
            changes = {"PatientName": name, "PatientID": f"PAT{seed}", "StudyDate": date, "StudyTime": clock}
            made = build("smallest", sop_class, EXPLICIT, seed=seed, AccessionNumber=f"ACC{seed}", **changes)
            (path / f"{seed}-{sop_class}.dcm").write_bytes(made.file_bytes())
    for name in ("CT_small.dcm", "MR_small.dcm"):
        source = get_testdata_file(name, download=False)
        assert source is not None
        shutil.copy(source, path / name)
    return path


@pytest.fixture(scope="module")
def archive(folder: Path) -> Iterator[Archive]:
    # dcmqrscp does not let an unknown value match, which PS3.4 C.2.2.1.2 asks for: ours is told to do likewise
    simulator = Archive("archive", "ARCHIVE", Recorder(), folder=folder, unknown_matches=False)
    simulator.start()
    yield simulator
    simulator.stop()


@pytest.fixture(scope="module")
def oracle_port(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    home = tmp_path_factory.mktemp("oracle")
    database = home / "database"
    database.mkdir()
    copies = [shutil.copy(one, database) for one in sorted(folder.iterdir())]
    port = reserved_port()
    configuration = home / "dcmqrscp.cfg"
    configuration.write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
        "HostTable BEGIN\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nORACLE {database} RW (200, 1024mb) ANY\nAETable END\n"
    )
    run("dcmqridx", database, *copies)
    with serve("dcmqrscp", "-c", configuration, port=port):
        yield port


def find(model: str, port: int, title: str, folder: Path, *keys: str) -> list[pydicom.Dataset]:
    folder.mkdir()
    options = [part for key in keys for part in ("-k", key)]
    said = run("findscu", "-v", model, "-X", "-od", folder, "-aec", title, *options, "127.0.0.1", port)
    assert "Success" in said, said
    return [pydicom.dcmread(path, force=True) for path in sorted(folder.iterdir())]


def row(found: pydicom.Dataset, keywords: list[str]) -> tuple[str, ...]:
    return tuple(str(found.get(keyword, "absent")).rstrip() for keyword in keywords)


def keyword_of(key: str) -> str:
    return key.split("=")[0]


QUESTIONS = [
    ("-S", ["QueryRetrieveLevel=STUDY", "StudyInstanceUID", "PatientName", "PatientID", "StudyDate", "StudyTime"]),
    ("-S", ["QueryRetrieveLevel=STUDY", "StudyInstanceUID", "PatientName=DOE*"]),
    ("-S", ["QueryRetrieveLevel=STUDY", "StudyInstanceUID", "PatientName=?OE^J*"]),
    ("-S", ["QueryRetrieveLevel=STUDY", "StudyInstanceUID", "PatientID=PAT?"]),
    ("-S", ["QueryRetrieveLevel=STUDY", "StudyInstanceUID", "PatientID=PAT2"]),
    ("-S", ["QueryRetrieveLevel=STUDY", "StudyInstanceUID", "StudyDate=20200101-20200301"]),
    ("-S", ["QueryRetrieveLevel=STUDY", "StudyInstanceUID", "StudyDate=20200215-"]),
    ("-S", ["QueryRetrieveLevel=STUDY", "StudyInstanceUID", "StudyDate=-20200101"]),
    ("-S", ["QueryRetrieveLevel=STUDY", "StudyInstanceUID", "AccessionNumber=ACC3", "StudyID"]),
    ("-S", ["QueryRetrieveLevel=STUDY", "StudyInstanceUID", "PatientName=NOBODY"]),
    ("-P", ["QueryRetrieveLevel=PATIENT", "PatientID", "PatientName"]),
    ("-P", ["QueryRetrieveLevel=PATIENT", "PatientID=PAT*", "PatientName"]),
    ("-P", ["QueryRetrieveLevel=STUDY", "PatientID=PAT1", "StudyInstanceUID", "StudyDate"]),
]


@pytest.mark.parametrize(("model", "keys"), QUESTIONS, ids=lambda value: "-".join(value)[-60:])
def test_dcmqrscp_gives_the_same_answers(archive, oracle_port, tmp_path, model, keys):
    keywords = [keyword_of(key) for key in keys]
    ours = find(model, archive.address[1], "ARCHIVE", tmp_path / "ours", *keys)
    theirs = find(model, oracle_port, "ORACLE", tmp_path / "theirs", *keys)
    assert sorted(row(one, keywords) for one in ours) == sorted(row(one, keywords) for one in theirs)


def test_dcmqrscp_gives_the_same_series_and_images(archive, oracle_port, tmp_path):
    held = pydicom.dcmread(get_testdata_file("CT_small.dcm", download=False))
    study, series = f"StudyInstanceUID={held.StudyInstanceUID}", f"SeriesInstanceUID={held.SeriesInstanceUID}"
    questions = (
        ["QueryRetrieveLevel=SERIES", study, "SeriesInstanceUID", "Modality", "SeriesNumber"],
        ["QueryRetrieveLevel=SERIES", study, "SeriesInstanceUID", "Modality=MR"],
        ["QueryRetrieveLevel=IMAGE", study, series, "SOPInstanceUID", "InstanceNumber"],
    )
    for number, keys in enumerate(questions):
        keywords = [keyword_of(key) for key in keys]
        ours = find("-S", archive.address[1], "ARCHIVE", tmp_path / f"ours{number}", *keys)
        theirs = find("-S", oracle_port, "ORACLE", tmp_path / f"theirs{number}", *keys)
        assert [row(one, keywords) for one in ours] == [row(one, keywords) for one in theirs]


def test_findscu_reads_the_answers_in_each_transfer_syntax_it_proposes(archive, tmp_path):
    found = {}
    for number, option in enumerate(("-xi", "-xe", "-xb")):
        folder = tmp_path / str(number)
        folder.mkdir()
        keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", "PatientName", "-k", "NumberOfStudyRelatedInstances"]
        run("findscu", "-S", option, "-X", "-od", folder, "-aec", "ARCHIVE", *keys, "127.0.0.1", archive.address[1])
        read = [pydicom.dcmread(path, force=True) for path in folder.iterdir()]
        found[option] = sorted((str(one.PatientName), int(one.NumberOfStudyRelatedInstances)) for one in read)
    assert found["-xi"] == found["-xe"] == found["-xb"]
    assert ("DOE^JANE", 1) in found["-xi"] or ("DOE^JANE", 2) in found["-xi"]


def test_echoscu_is_answered(archive):
    said = run("echoscu", "-v", "-aec", "ARCHIVE", "127.0.0.1", archive.address[1])
    assert "Success" in said


def test_findscu_is_told_what_is_wrong(archive):
    keys = ["-k", "QueryRetrieveLevel=SERIES"]
    said = run("findscu", "-d", "-S", "-aec", "ARCHIVE", *keys, "127.0.0.1", archive.address[1], check=False)
    assert "0xa900" in said.lower()
    assert "one value of the unique key of STUDY is needed" in said


def test_findscu_can_cancel(archive):
    keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID"]
    said = run("findscu", "-v", "-S", "--cancel", 1, "-aec", "ARCHIVE", *keys, "127.0.0.1", archive.address[1])
    assert "Cancel" in said


def test_storescu_stores_bytes_as_they_were_sent(tmp_path):
    held = [build("smallest", CT, EXPLICIT, seed=41), build("smallest", SC, J2K, seed=42)]
    for number, one in enumerate(held):
        (tmp_path / f"{number}.dcm").write_bytes(one.file_bytes())
    archive = Archive("archive", "ARCHIVE", Recorder())
    archive.start()
    try:
        run("storescu", "-xv", "-R", "-aec", "ARCHIVE", "127.0.0.1", archive.address[1], tmp_path / "1.dcm")
        run("storescu", "-aec", "ARCHIVE", "127.0.0.1", archive.address[1], tmp_path / "0.dcm")
        stored = {one.SOPInstanceUID: one for one in archive.stored}
        assert set(stored) == {one.SOPInstanceUID for one in held}
        assert all(stored[one.SOPInstanceUID].transfer_syntax == one.transfer_syntax for one in held)
        # storescu writes the data set anew, with its own choice of lengths: the pixels tell whether all of it came
        for one in held:
            assert stored[one.SOPInstanceUID].data_set[-64:].strip(b"\0") == one.data_set[-64:].strip(b"\0")
        found = find(
            "-S", archive.address[1], "ARCHIVE", tmp_path / "found", "QueryRetrieveLevel=STUDY", "StudyInstanceUID"
        )
        assert {one.StudyInstanceUID for one in found} == {one.read().StudyInstanceUID for one in held}
    finally:
        archive.stop()


def test_movescu_moves_to_storescp(folder, tmp_path):
    port = reserved_port()
    arrived = tmp_path / "arrived"
    arrived.mkdir()
    archive = Archive("archive", "ARCHIVE", Recorder(), folder=folder, destinations={"STORESCP": ("127.0.0.1", port)})
    archive.start()
    try:
        with serve("storescp", "-aet", "STORESCP", "-od", arrived, port, port=port):
            held = pydicom.dcmread(folder / "CT_small.dcm")
            keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={held.StudyInstanceUID}"]
            address = ("127.0.0.1", archive.address[1])
            said = run("movescu", "-d", "-S", "-aec", "ARCHIVE", "-aem", "STORESCP", *keys, *address)
            assert "Completed Suboperations       : 1" in said
            received = [pydicom.dcmread(path) for path in arrived.iterdir()]
            assert [one.SOPInstanceUID for one in received] == [held.SOPInstanceUID]
            assert received[0].PixelData == held.PixelData
            said = run("movescu", "-v", "-S", "-aec", "ARCHIVE", "-aem", "NOBODY", *keys, *address, check=False)
            assert "MoveDestinationUnknown" in said or "0xa801" in said.lower()
    finally:
        archive.stop()


def test_a_destination_without_the_compression_gets_it_decoded(tmp_path):
    port = reserved_port()
    arrived = tmp_path / "arrived"
    arrived.mkdir()
    held = [build("smallest", CT, syntax, seed=seed) for seed, syntax in ((1, EXPLICIT), (2, J2K))]
    archive = Archive("archive", "ARCHIVE", Recorder(), instances=held, destinations={"STORESCP": ("127.0.0.1", port)})
    archive.start()
    try:
        with serve("storescp", "-aet", "STORESCP", "-od", arrived, port, port=port):
            uids = "\\".join(one.read().StudyInstanceUID for one in held)
            keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uids}"]
            run("movescu", "-S", "-aec", "ARCHIVE", "-aem", "STORESCP", *keys, "127.0.0.1", archive.address[1])
            received = {str(one.SOPInstanceUID): one for one in map(pydicom.dcmread, arrived.iterdir())}
            assert set(received) == {one.SOPInstanceUID for one in held}
            for one in held:
                pixels = received[one.SOPInstanceUID].pixel_array
                assert (pixels == one.pixels.squeeze()).all()
    finally:
        archive.stop()


def test_movescu_can_be_the_destination_itself(folder, tmp_path):
    port = reserved_port()
    archive = Archive("archive", "ARCHIVE", Recorder(), folder=folder, destinations={"MOVESCU": ("127.0.0.1", port)})
    archive.start()
    try:
        keys = ["-k", "QueryRetrieveLevel=PATIENT", "-k", "PatientID=PAT1"]
        run(
            "movescu", "-P", "-aet", "MOVESCU", "-aec", "ARCHIVE", "-aem", "MOVESCU", "--port", port, "-od", tmp_path,
            *keys, "127.0.0.1", archive.address[1],
        )  # fmt: skip
        received = [pydicom.dcmread(path) for path in tmp_path.iterdir()]
        assert {one.PatientID for one in received} == {"PAT1"}
        assert len(received) == 2
    finally:
        archive.stop()


def get(archive: Archive, output: Path, *further: str) -> str:
    options = ("-v", "-aec", "ARCHIVE", "-od", output, *further)
    return run("getscu", *options, "127.0.0.1", archive.address[1], check=False)


def test_getscu_gets_a_study_on_its_own_association(folder, archive, tmp_path):
    held = pydicom.dcmread(folder / "CT_small.dcm")
    said = get(
        archive, tmp_path, "-S", "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={held.StudyInstanceUID}"
    )
    assert "Success" in said
    received = [pydicom.dcmread(path) for path in tmp_path.iterdir()]
    assert [one.SOPInstanceUID for one in received] == [held.SOPInstanceUID]
    assert received[0].PixelData == held.PixelData


def test_getscu_gets_a_patient_and_none_of_its_neighbours(folder, archive, tmp_path):
    get(archive, tmp_path, "-P", "-k", "QueryRetrieveLevel=PATIENT", "-k", "PatientID=PAT2")
    received = [pydicom.dcmread(path) for path in tmp_path.iterdir()]
    assert [one.PatientID for one in received] == ["PAT2", "PAT2"]
    assert {one.SOPClassUID for one in received} == {CT, MR}


def test_getscu_gets_pixels_decoded_where_it_takes_no_compression(tmp_path):
    held = build("smallest", CT, J2K, seed=2)
    archive = Archive("archive", "ARCHIVE", Recorder(), instances=[held])
    archive.start()
    try:
        get(
            archive,
            tmp_path,
            "-S",
            "-k",
            "QueryRetrieveLevel=STUDY",
            "-k",
            f"StudyInstanceUID={held.read().StudyInstanceUID}",
        )
        (received,) = [pydicom.dcmread(path) for path in tmp_path.iterdir()]
        assert (received.pixel_array == held.pixels.squeeze()).all()
    finally:
        archive.stop()
