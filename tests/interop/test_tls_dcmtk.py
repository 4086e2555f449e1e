"""TLS against DCMTK, both ways, by profile: an implementation that shares no line with ours."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydicom.data import get_testdata_file

from dicom_conformance.play import reserved_port, wait_until_it_listens
from dicom_conformance.play.certificates import Certificates
from dicom_simulators.archive.archive import Archive
from dicom_simulators.association.tls import TLS
from dicom_simulators.destination import Destination
from dicom_simulators.scu.modality import Modality
from dicom_wire import Recorder
from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration

FILE = Path(get_testdata_file("CT_small.dcm"))
ENVIRONMENT = {**os.environ, "TCP_NODELAY": "1"}
DEADLINE_S = 120

# DCMTK's option -> our profile. DCMTK's +px allows TLS 1.0 and up, as BCP 195 once did; ours begins at 1.2.
PROFILES = {"+py": "bcp195_non_downgrading", "+px": "bcp195", "+pa": "aes"}

pytestmark = pytest.mark.peer("dcmtk")


@pytest.fixture(autouse=True, scope="module")
def tools() -> None:
    missing = [tool for tool in ("storescu", "storescp", "echoscu") if shutil.which(tool) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"DCMTK is missing: {', '.join(missing)}")
    if missing:
        pytest.skip(f"DCMTK is missing: {', '.join(missing)}")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


def options(certificates: Certificates, profile: str, name: str = "trusted") -> list[str]:
    """Give DCMTK's options for TLS with a certificate."""
    files = certificates.files(name)
    return ["+tls", str(files.key), str(files.certificate), "+cf", str(certificates.authority()), profile]


def run(*command: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        [str(part) for part in command],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    return done.returncode, done.stdout


@contextmanager
def storescp(folder: Path, *further: str) -> Iterator[int]:
    """Run storescp; gives its port once it listens."""
    port = reserved_port()
    process = subprocess.Popen(
        ["storescp", "-od", str(folder), *further, str(port)], env=ENVIRONMENT, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_it_listens(process, port, DEADLINE_S)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(DEADLINE_S)


def workstation(certificates: Certificates, profile: str, **further: object) -> Workstation:
    section = certificates.filled({"profile": profile})
    return Workstation(Configuration.from_keywords(ae_title="WORKSTATION", tls=section, **further))


def tls(certificates: Certificates, profile: Any) -> TLS:
    files = certificates.files("trusted")
    known = certificates.authority()
    return TLS(certificate=files.certificate, key=files.key, authorities=known, profile=profile)


@pytest.mark.parametrize("option", PROFILES)
class TestEachProfile:
    def test_storescu_to_the_workstation(self, certificates, option):
        with workstation(certificates, PROFILES[option]) as ours:
            host, port = ours.address
            code, said = run(
                "storescu", "-v", *options(certificates, option), "-aec", "WORKSTATION", host, str(port), FILE
            )
            assert (code, "Received Store Response (Success)" in said) == (0, True), said
            assert len(ours.memory.instances()) == 1

    def test_workstation_to_storescp(self, certificates, option, tmp_path):
        with (
            storescp(tmp_path, *options(certificates, option)) as port,
            workstation(
                certificates,
                PROFILES[option],
                archives={"store": {"ae_title": "STORE", "host": "127.0.0.1", "port": port}},
            ) as ours,
        ):
            outcome = ours.store("store", files=[FILE])
        assert outcome.result == "success", outcome.detail
        assert len(list(tmp_path.iterdir())) == 1

    def test_storescu_to_a_simulator(self, certificates, option):
        destination = Destination("store", "STORE", Recorder(), tls=tls(certificates, PROFILES[option]))
        destination.start()
        try:
            host, port = destination.address
            code, said = run("storescu", *options(certificates, option), "-aec", "STORE", host, str(port), FILE)
            assert code == 0, said
            assert len(destination.stored) == 1
        finally:
            destination.stop()

    def test_a_simulator_to_storescp(self, certificates, option, tmp_path):
        modality = Modality("modality", "MODALITY", Recorder(), tls=tls(certificates, PROFILES[option]))
        modality.start()
        try:
            with storescp(tmp_path, *options(certificates, option)) as port:
                outcome = modality.perform("echo", ("127.0.0.1", port), {"called_ae_title": "STORE"})
            assert outcome["result"] == "success", outcome
        finally:
            modality.stop()


class TestRefusals:
    @pytest.mark.parametrize("name", ["expired", "self_signed", "unknown_authority"])
    def test_the_workstation_refuses_echoscu(self, certificates, name):
        with workstation(certificates, "bcp195") as ours:
            host, port = ours.address
            code, _ = run("echoscu", *options(certificates, "+py", name), "-aec", "WORKSTATION", host, str(port))
            assert code != 0
            ours.stop()  # then each thread has written its line
            assert any("the certificate of the peer is refused" in line for line in ours.log())

    def test_the_workstation_refuses_the_aes_profile_by_default(self, certificates):
        with workstation(certificates, "bcp195") as ours:
            host, port = ours.address
            code, _ = run("echoscu", *options(certificates, "+pa"), "-aec", "WORKSTATION", host, str(port))
            assert code != 0
            ours.stop()  # then each thread has written its line
            assert any("TLS refused" in line for line in ours.log())

    def test_echoscu_in_plain_is_closed(self, certificates):
        with workstation(certificates, "bcp195") as ours:
            host, port = ours.address
            code, said = run("echoscu", "-v", "-to", "5", "-aec", "WORKSTATION", host, str(port))
            assert (code, "Success" in said) != (0, True)
            ours.stop()  # then each thread has written its line
            assert any("does not speak TLS" in line for line in ours.log())

    @pytest.mark.parametrize("name", ["expired", "self_signed", "unknown_authority", "wrong_host"])
    def test_the_workstation_refuses_storescp(self, certificates, name, tmp_path):
        with (
            storescp(tmp_path, *options(certificates, "+py", name)) as port,
            workstation(
                certificates, "bcp195", archives={"store": {"ae_title": "STORE", "host": "127.0.0.1", "port": port}}
            ) as ours,
        ):
            outcome = ours.store("store", files=[FILE])
        assert outcome.result == "handshake_failed"
        assert "the certificate of the peer is refused" in outcome.detail

    def test_echoscu_refuses_an_archive_of_an_unknown_authority(self, certificates):
        files = certificates.files("unknown_authority")
        archive = Archive("archive", "ARCHIVE", Recorder(), tls=TLS(files.certificate, files.key))
        archive.start()
        try:
            host, port = archive.address
            code, said = run("echoscu", *options(certificates, "+py"), "-aec", "ARCHIVE", host, str(port))
            assert (code, "certificate verify failed" in said) != (0, False), said
        finally:
            archive.stop()


class TestStandalone:
    @pytest.mark.parametrize("simulator", ["archive", "destination"])
    def test_echoscu_to_a_simulator_that_stands_alone(self, certificates, simulator, tmp_path):
        section = certificates.filled({"key": "encrypted", "profile": "bcp195_non_downgrading"})
        settings = "".join(f"    {key}: {value}\n" for key, value in section.items())
        config = tmp_path / "alone.yaml"
        config.write_text(f"ae_title: ALONE\nsettings:\n  tls:\n{settings}", encoding="utf-8")
        command = [sys.executable, "-m", "dicom_conformance", "simulate", simulator, "--config", str(config)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as alone:
            try:
                assert alone.stdout is not None
                port = alone.stdout.readline().partition(" listens on 127.0.0.1:")[2].partition("; ")[0]
                secured = run("echoscu", *options(certificates, "+py"), "-aec", "ALONE", "127.0.0.1", port)
                in_plain = run("echoscu", "-aec", "ALONE", "127.0.0.1", port)
            finally:
                alone.send_signal(signal.SIGINT)
                alone.communicate(timeout=DEADLINE_S)
        assert secured[0] == 0, secured[1]
        assert in_plain[0] != 0
