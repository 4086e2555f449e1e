"""TLS between DCMTK's storescu and an acceptor, with the relay between: passed through, and ended on both sides."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dicom_conformance.__main__ import main
from dicom_conformance.play import reserved_port
from dicom_conformance.play.certificates import Certificates
from dicom_simulators import Archive
from dicom_simulators.association import TLS
from dicom_simulators.data_sets import build, write_file
from dicom_wire import Recorder
from foreign_programs import DEADLINE_S, ENVIRONMENT, LOOPBACK, path_of, require, run, serve, until

pytestmark = pytest.mark.peer("dcmtk")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("image") / "image.dcm"
    write_file(build(rows=64, columns=64), file)
    return file


def secured(certificates: Certificates) -> list[object]:
    """Give DCMTK's options for TLS."""
    files = certificates.files("trusted")
    return ["+tls", files.key, files.certificate, "+cf", certificates.authority(), "+py"]


@contextmanager
def relaying(folder: Path, to: int, status: int, *options: object) -> Iterator[int]:
    """Run the command `relay` in front of a port while the block lasts; it ends with this exit status."""
    said, capture = folder / "relay.txt", folder / "relay.pcapng"
    place = ("--listen", "0", "--to", f"{LOOPBACK}:{to}", "--write", capture, "--judge")
    words = [sys.executable, "-m", "dicom_conformance", "relay", *place, *options]
    with said.open("wb") as output:
        process = subprocess.Popen([str(word) for word in words], env=ENVIRONMENT, stdout=output, stderr=output)
    try:
        until(lambda: "relaying" in said.read_text(), "the relay listens")
        yield int(said.read_text().split()[1].rpartition(":")[2])
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == status, said.read_text()
    finally:
        process.kill()
        process.wait()


def stored(archive: Archive) -> list[str]:
    return [one.SOPInstanceUID for one in archive.stored]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_tls_passes_through_and_a_key_log_opens_its_capture(
    version: str, certificates: Certificates, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The relay does not call judged what it cannot read; with the acceptor's secrets `judge` and `replay` read it."""
    require("tshark", package="tshark")
    files, keys, capture = certificates.files("trusted"), tmp_path / "keys.txt", tmp_path / "relay.pcapng"
    tls = TLS(files.certificate, files.key, certificates.authority(), version=version, key_log=keys)
    archive, other = Archive("archive", "ARCHIVE", Recorder(), tls=tls), Archive("other", "OTHER", Recorder())
    archive.start()
    other.start()
    try:
        with relaying(tmp_path, archive.address[1], 2) as relay:
            run(path_of("storescu", "dcmtk"), *secured(certificates), LOOPBACK, relay, image, check=True)
        assert len(stored(archive)) == 1
        assert keys.stat().st_mode & 0o077 == 0, "only the user reads it"
        assert "1 connection not judged" in (tmp_path / "relay.txt").read_text()
        assert main(["judge", str(capture)]) == 2
        assert "it is encrypted; --key-log names" in capsys.readouterr().err
        assert main(["judge", str(capture), "--key-log", str(keys), "--messages", "--json"]) == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        messages = [line["message"] for line in lines if line["event"] == "message"]
        assert messages == ["C-STORE-RQ", "C-STORE-RSP"]
        to = f"OTHER@{LOOPBACK}:{other.address[1]}"
        assert main(["replay", str(capture), "--key-log", str(keys), "--to", to]) == 0
        assert stored(other) == stored(archive)
    finally:
        archive.stop()
        other.stop()


def test_tls_is_ended_on_both_sides_and_what_passes_is_judged(
    certificates: Certificates, image: Path, tmp_path: Path
) -> None:
    """The capture of the relay is plain then, and both sides of it speak TLS."""
    files, received, port = certificates.files("trusted"), tmp_path / "received", reserved_port()
    received.mkdir()
    one = {"certificate": files.certificate, "key": files.key, "authorities": certificates.authority()}
    section = {key: str(path) for key, path in one.items()}
    config = tmp_path / "tls.yaml"
    config.write_text(json.dumps({"requestor": section, "acceptor": section}))
    server = [path_of("storescp", "dcmtk"), *secured(certificates), "-od", received, port]
    with serve(*server, port=port), relaying(tmp_path, port, 0, "--tls", config) as relay:
        run(path_of("storescu", "dcmtk"), *secured(certificates), LOOPBACK, relay, image, check=True)
    assert len(list(received.iterdir())) == 1
    said = (tmp_path / "relay.txt").read_text()
    assert "C-STORE-RQ" in said
    assert "0 broken requirements" in said
    assert main(["judge", str(tmp_path / "relay.pcapng")]) == 0
