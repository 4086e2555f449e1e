"""TLS against Orthanc, both ways, each side showing a certificate that the other asks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from dicom_conformance.play.certificates import Certificates
from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration
from orthanc import Orthanc, orthanc

FILE = Path(get_testdata_file("CT_small.dcm"))
STUDY = str(dcmread(FILE, stop_before_pixels=True).StudyInstanceUID)

pytestmark = pytest.mark.peer("orthanc")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def workstation(certificates: Certificates) -> Iterator[Workstation]:
    configuration = Configuration.from_keywords(ae_title="WORKSTATION", tls=certificates.filled({}))
    with Workstation(configuration) as started:
        yield started


@pytest.fixture(scope="module")
def peer(
    certificates: Certificates, workstation: Workstation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Orthanc]:
    """Run Orthanc, which knows the workstation, and which the workstation knows, over TLS alone."""
    files, (host, port) = certificates.files("other"), workstation.address
    settings: dict[str, object] = {
        "DicomTlsEnabled": True,
        "DicomTlsCertificate": str(files.certificate),
        "DicomTlsPrivateKey": str(files.key),
        "DicomTlsTrustedCertificates": str(certificates.authority()),
        "DicomTlsRemoteCertificateRequired": True,
        "DicomModalities": {"workstation": {"AET": "WORKSTATION", "Host": host, "Port": port, "UseDicomTls": True}},
    }
    with orthanc(tmp_path_factory.mktemp("orthanc"), {}, **settings) as started:
        known = {"orthanc": {"ae_title": started.ae_title, "host": "127.0.0.1", "port": started.port}}
        workstation.reconfigure(archives=known)
        yield started


def test_store_query_and_retrieve(workstation: Workstation, peer: Orthanc) -> None:
    assert workstation.store("orthanc", files=[FILE]).result == "success"
    assert len(peer.instances()) == 1
    found = workstation.query("orthanc", level="STUDY", keys={"StudyInstanceUID": ""})
    assert [match["StudyInstanceUID"] for match in found.matches] == [STUDY]
    loaded = workstation.retrieve("orthanc", level="STUDY", keys={"StudyInstanceUID": STUDY})
    assert (loaded.result, loaded.arrived) == ("success", 1)


def test_orthanc_as_scu(workstation: Workstation, peer: Orthanc) -> None:
    assert peer.ask("/modalities/workstation/echo") == {}


@pytest.mark.parametrize("name", ["expired", "unknown_authority"])
def test_a_certificate_that_orthanc_refuses(
    workstation: Workstation, peer: Orthanc, certificates: Certificates, name: str
) -> None:
    workstation.reconfigure(tls=certificates.filled({"certificate": name}))
    try:
        outcome = workstation.echo("orthanc")
    finally:
        workstation.reconfigure(tls=certificates.filled({}))
    assert (outcome.result, "refuses our certificate" in outcome.detail) == ("handshake_failed", True)
