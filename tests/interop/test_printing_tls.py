"""Printing over TLS with DCMTK's print programs, both ways: dcmprscp as the printer, dcmprscu as the client."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from dicom_conformance.play import reserved_port
from dicom_conformance.play.certificates import Certificates
from dicom_simulators.association.tls import TLS
from dicom_simulators.data_sets import build, write_file
from dicom_simulators.printer.printer import Printer
from dicom_wire import Recorder
from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration
from foreign_programs import LOOPBACK, print_configuration, require, run, serve
from stored_prints import stored_prints

CT = "1.2.840.10008.5.1.4.1.1.2"
TITLE = "PRINTER"
DEADLINE_S = 120.0

pytestmark = pytest.mark.peer("dcmtk")


@pytest.fixture(autouse=True, scope="module")
def tools() -> None:
    require("dcmprscp", "dcmprscu", "dcmpsprt", package="dcmtk")
    require("openssl", package="openssl")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return write_file(build(sop_class=CT, seed=1), tmp_path / "image.dcm")


def theirs(certificates: Certificates, folder: Path, authority: str = "known") -> Path:
    """Lay out what DCMTK's print programs read: certificate, key, and the authority under the hash of its name."""
    (folder / "authorities").mkdir(parents=True)
    files = certificates.files("trusted")
    shutil.copy(files.certificate, folder / "cert.pem")
    shutil.copy(files.key, folder / "key.pem")
    known = certificates.authority(authority)
    name = run("openssl", "x509", "-hash", "-noout", "-in", known, check=True).strip()
    shutil.copy(known, folder / "authorities" / f"{name}.0")
    return folder


@pytest.mark.parametrize(("authority", "result"), [("known", "success"), ("unknown", "handshake_failed")])
def test_dcmprscp(certificates, tmp_path, image, authority, result):
    port = reserved_port()
    tls = theirs(certificates, tmp_path / "tls", authority)
    configuration = print_configuration(tmp_path, TITLE, port, "LOCALPRINTER", tls)
    section = certificates.filled({})
    printers = {"printer": {"ae_title": TITLE, "host": LOOPBACK, "port": port}}
    configured = Configuration.from_keywords(ae_title="WORKSTATION", tls=section, printers=printers)
    with serve("dcmprscp", "-c", configuration, "-p", TITLE, port=port), Workstation(configured) as workstation:
        outcome = workstation.print("printer", files=[str(image)])
    assert outcome.result == result, outcome.detail
    assert len(stored_prints(tmp_path / "database")) == (result == "success")


def test_dcmprscu(certificates, tmp_path, image):
    files = certificates.files("trusted")
    secured = TLS(files.certificate, files.key, certificates.authority())
    printer = Printer("printer", TITLE, Recorder(), tls=secured)
    printer.start()
    try:
        tls = theirs(certificates, tmp_path / "tls")
        configuration = print_configuration(tmp_path, TITLE, printer.address[1], "PRINTER", tls)
        run("dcmpsprt", "-c", configuration, "-p", TITLE, image, check=True)
        (stored,) = stored_prints(tmp_path / "database")
        said = run("dcmprscu", "-d", "-c", configuration, "-p", TITLE, stored.path)
        assert printer.wait_films(1, DEADLINE_S), said
        (film,) = printer.films
        assert np.array_equal(film.images[0].pixels, stored.pixels(1))
    finally:
        printer.stop()
