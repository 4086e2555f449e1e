"""The workstation against DCMTK, in both directions: an implementation that shares no line with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from dicom_conformance.play import reserved_port
from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration
from foreign_programs import require, run, serve

TOOLS = ("storescu", "storescp", "echoscu", "findscu", "movescu", "dcmqrscp")
FILES = tuple(Path(get_testdata_file(name)) for name in ("CT_small.dcm", "MR_small.dcm"))
STUDIES = {path: str(dcmread(path, stop_before_pixels=True).StudyInstanceUID) for path in FILES}
INSTANCES = {path: str(dcmread(path, stop_before_pixels=True).SOPInstanceUID) for path in FILES}

LATIN_1 = Path(__file__).parents[1] / "data" / "images" / "text_not_in_declared_set.dcm"
NAME_IN_LATIN_1 = b"M\xfcller^J"

pytestmark = pytest.mark.peer("dcmtk")


@pytest.fixture(autouse=True, scope="module")
def tools() -> None:
    require(*TOOLS, package="dcmtk")


@pytest.fixture
def workstation() -> Iterator[Workstation]:
    with Workstation(Configuration.from_keywords(ae_title="WORKSTATION", acse_timeout_s=5)) as started:
        yield started


@pytest.fixture
def archive(workstation: Workstation, tmp_path: Path) -> Iterator[int]:
    """Run dcmqrscp, which knows the workstation, and which the workstation knows."""
    port = reserved_port()
    host, own_port = workstation.address
    (tmp_path / "database").mkdir()
    configuration = tmp_path / "dcmqrscp.cfg"
    configuration.write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
        f"HostTable BEGIN\nworkstation = (WORKSTATION, {host}, {own_port})\nHostTable END\n"
        "VendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nARCHIVE {tmp_path / 'database'} RW (200, 1024mb) ANY\nAETable END\n"
    )
    with serve("dcmqrscp", "-c", configuration, port=port):
        workstation.reconfigure(archives={"archive": {"ae_title": "ARCHIVE", "host": "127.0.0.1", "port": port}})
        yield port


class TestLoader:
    def test_echoscu(self, workstation):
        host, port = workstation.address
        assert "Received Echo Response (Success)" in run("echoscu", "-v", "-aec", "WORKSTATION", host, str(port))

    def test_a_called_ae_title_that_is_not_ours(self, workstation):
        host, port = workstation.address
        said = run("echoscu", "-v", "-aec", "OTHER", host, str(port))
        assert "Called AE Title Not Recognized" in said

    def test_a_calling_ae_title_that_is_not_allowed(self, workstation):
        workstation.reconfigure(allowed_callers=["FRIEND"])
        host, port = workstation.address
        said = run("echoscu", "-v", "-aet", "STRANGER", "-aec", "WORKSTATION", host, str(port))
        assert "Calling AE Title Not Recognized" in said
        said = run("echoscu", "-v", "-aet", "FRIEND", "-aec", "WORKSTATION", host, str(port))
        assert "(Success)" in said

    @pytest.mark.parametrize(
        ("option", "transfer_syntax"),
        [("-xe", "1.2.840.10008.1.2.1"), ("-xb", "1.2.840.10008.1.2.2"), ("-xi", "1.2.840.10008.1.2")],
    )
    def test_storescu(self, workstation, option, transfer_syntax):
        host, port = workstation.address
        said = run("storescu", "-v", option, "-aec", "WORKSTATION", host, str(port), *FILES)
        assert said.count("Received Store Response (Success)") == len(FILES)
        held = {instance.SOPInstanceUID: instance for instance in workstation.memory.instances()}
        assert set(held) == set(INSTANCES.values())
        if option == "-xe":
            assert {instance.TransferSyntaxUID for instance in held.values()} == {transfer_syntax}

    def test_the_same_instance_in_another_transfer_syntax(self, workstation, tmp_path):
        workstation.reconfigure(jpeg_configuration="lossless")
        host, port = workstation.address
        where = ("-aec", "WORKSTATION", host, str(port))
        for option in ("-xe", "-xi", "-xb"):
            said = run("storescu", "-v", option, *where, *FILES)
            assert said.count("Received Store Response (Success)") == len(FILES)
        compressed = tmp_path / "compressed.dcm"
        run("dcmcjpeg", "+e1", "+un", FILES[0], compressed)
        run("dcmodify", "-nb", "-ea", "DerivationDescription", compressed)  # dcmcjpeg tells there what it did
        assert "Received Store Response (Success)" in run("storescu", "-v", "-xs", *where, compressed)
        changed = tmp_path / "changed.dcm"
        changed.write_bytes(FILES[0].read_bytes())
        run("dcmodify", "-nb", "-m", "PatientName=Somebody^Else", changed)
        for option in ("-xe", "-xi", "-xb"):
            said = run("storescu", "-v", option, *where, changed)
            assert "B000" in said or "Coercion" in said
        assert len(workstation.memory.instances()) == len(FILES)

    def test_storescu_pushes_beyond_the_memory(self, workstation):
        workstation.reconfigure(memory_budget_bytes=1000)
        host, port = workstation.address
        said = run("storescu", "-v", "-aec", "WORKSTATION", host, str(port), FILES[0])
        assert "Refused: OutOfResources" in said


class TestArchive:
    def test_echo_query_store_retrieve(self, workstation, archive):
        assert workstation.echo("archive").result == "success"
        assert workstation.associate("archive").result == "success"
        stored = workstation.store("archive", files=FILES)
        assert (stored.result, set(stored.stored)) == ("success", set(INSTANCES.values()))
        found = workstation.query("archive", level="STUDY", keys={"StudyInstanceUID": "", "PatientName": "*"})
        assert {match["StudyInstanceUID"] for match in found.matches} == set(STUDIES.values())
        patients = workstation.query("archive", level="PATIENT", keys={"PatientID": ""}, model="patient_root")
        assert {match["PatientID"] for match in patients.matches} == {"1CT1", "4MR1"}
        for path in FILES:
            loaded = workstation.retrieve("archive", level="STUDY", keys={"StudyInstanceUID": STUDIES[path]})
            assert (loaded.result, loaded.arrived, loaded.missing) == ("success", 1, 0)
            held = workstation.memory.get(INSTANCES[path])
            assert held is not None
            assert dcmread(path).PixelData in held.data_set

    def test_a_study_that_is_not_there(self, workstation, archive):
        loaded = workstation.retrieve("archive", level="STUDY", keys={"StudyInstanceUID": "2.25.404"})
        assert (loaded.arrived, loaded.completed) == (0, 0)

    def test_a_move_destination_that_the_archive_does_not_know(self, workstation, archive):
        workstation.store("archive", files=FILES)
        workstation.reconfigure(ae_title="UNKNOWN")
        loaded = workstation.retrieve("archive", level="STUDY", keys={"StudyInstanceUID": STUDIES[FILES[0]]})
        assert (loaded.result, loaded.status) == ("failure", "A801")


class TestStorescp:
    @pytest.mark.parametrize("option", ["+x=", "+xe", "+xb", "+xi"])
    def test_it_takes_what_it_prefers(self, workstation, tmp_path, option):
        port = reserved_port()
        with serve("storescp", option, "-od", tmp_path, "-aet", "STORE", port, port=port):
            workstation.reconfigure(archives={"store": {"ae_title": "STORE", "host": "127.0.0.1", "port": port}})
            outcome = workstation.store("store", files=FILES)
            assert outcome.result == "success"
        for path in FILES:
            (written,) = tmp_path.glob(f"*{INSTANCES[path]}*")
            assert (dcmread(written).pixel_array == dcmread(path).pixel_array).all()

    @pytest.mark.parametrize("option", ["+xe", "+xb", "+xi"])
    def test_a_conversion_keeps_text_outside_its_declared_character_set(self, workstation, tmp_path, option):
        port = reserved_port()
        with serve("storescp", option, "-od", tmp_path, "-aet", "STORE", port, port=port):
            workstation.reconfigure(archives={"store": {"ae_title": "STORE", "host": "127.0.0.1", "port": port}})
            assert workstation.store("store", files=[LATIN_1]).result == "success"
        (written,) = tmp_path.glob("*2.25*")
        assert written.read_bytes().count(NAME_IN_LATIN_1) == 1

    @pytest.mark.parametrize(
        ("option", "result"),
        [("--refuse", "rejected"), ("--abort-after", "aborted"), ("--abort-during", "aborted")],
    )
    def test_its_misbehaviour_is_told(self, workstation, tmp_path, option, result):
        port = reserved_port()
        with serve("storescp", option, "-od", tmp_path, "-aet", "STORE", port, port=port):
            workstation.reconfigure(archives={"store": {"ae_title": "STORE", "host": "127.0.0.1", "port": port}})
            assert workstation.store("store", files=FILES).result == result
