"""TLS of the simulators, of the link that ends it, and of the certificates that they are tested with."""

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.play import certificates
from dicom_conformance.play.certificates import of_this_run
from dicom_conformance.run.standalone import make_simulator
from dicom_conformance.scenario import tls_section
from dicom_conformance.scenario.tls_section import AUTHORITIES, NAMES
from dicom_simulators.archive.archive import Archive
from dicom_simulators.association.deadlines import Deadlines
from dicom_simulators.association.tls import TLS, Termination
from dicom_simulators.data_sets import build
from dicom_simulators.link.link import Link
from dicom_simulators.scu.modality import Modality
from dicom_simulators.scu.scu import Scu
from dicom_wire import Kind, PDUStream, Recorder, Side

SHORT = Deadlines(connect_s=2.0, associate_s=2.0, dimse_s=2.0, release_s=2.0, artim_s=1.0)
LONG = Deadlines(connect_s=120.0, associate_s=120.0, dimse_s=120.0, release_s=120.0, artim_s=120.0)
"""For what must not wait for any of them."""


def tls(certificate: str = "trusted", **further: Any) -> TLS:
    files = of_this_run().filled({"certificate": certificate})
    return TLS(**{key: Path(value) for key, value in files.items()}, **further)


Make = Callable[..., Any]


@pytest.fixture
def made() -> Iterator[Make]:
    """Make and start simulators; all are stopped, and no thread of theirs is left."""
    started: list[Any] = []

    def make(kind: type[Any], name: str, recorder: Recorder, **options: Any) -> Any:
        started.append(kind(name, name.upper(), recorder, **{"deadlines": SHORT, **options}))
        started[-1].start()
        return started[-1]

    yield make
    for each in started:
        each.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("modality ", "archive "))]


def echo(made: Make, ours: TLS | None, theirs: TLS | None, **options: Any) -> tuple[dict[str, Any], Any, Any]:
    recorder = Recorder()
    archive = made(Archive, "archive", recorder, tls=theirs, **options)
    modality = made(Modality, "modality", recorder, tls=ours)
    return modality.perform("echo", archive.address, {"called_ae_title": "ARCHIVE"}), modality, archive


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_an_scu_that_observes(made: Make, version: Any) -> None:
    recorder = Recorder()
    archive = made(Archive, "archive", recorder, tls=tls(version=version), instances=[build("smallest")])
    scu = made(Scu, "scu", recorder, tls=tls(version=version))
    asked = {"called_ae_title": "ARCHIVE", "level": "STUDY", "keys": {"StudyInstanceUID": ""}}
    found = scu.perform("find", archive.address, {**asked, "linger_s": "0.05"})
    assert (found["result"], found["count"], found["after_final"]) == ("success", 1, 0)


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3"])
def test_each_version(made: Make, version: Any) -> None:
    outcome, _, archive = echo(made, tls(version=version), tls(version=version))
    assert outcome["result"] == "success"
    data = b"".join(each.data for each in archive.recorder.sightings if each.sender is Side.REQUESTOR and each.data)
    assert PDUStream().feed(data)[0].pdu.NAME == "A-ASSOCIATE-RQ"  # what is told is plain


@pytest.mark.parametrize("profile", ["bcp195", "bcp195_non_downgrading", "aes", "basic"])
def test_each_profile(made: Make, profile: Any) -> None:
    assert echo(made, tls(profile=profile), tls(profile=profile))[0]["result"] == "success"


@pytest.mark.parametrize(
    ("certificate", "told"),
    [
        ("expired", "expired"),
        ("self_signed", "self-signed"),
        ("wrong_host", "mismatch"),
        ("unknown_authority", "issuer"),
    ],
)
def test_a_requestor_refuses(made: Make, certificate: str, told: str) -> None:
    outcome, modality, _ = echo(made, tls(), tls(certificate))
    assert (outcome["result"], told in outcome["detail"]) == ("handshake_failed", True)
    assert any("TLS refused" in line for line in modality.log)


@pytest.mark.parametrize("certificate", ["expired", "self_signed", "unknown_authority"])
def test_an_acceptor_refuses(made: Make, certificate: str) -> None:
    outcome, _, archive = echo(made, tls(certificate), tls())
    assert outcome["result"] == "handshake_failed"
    archive.stop()  # then each thread has written its line
    assert any("TLS refused" in line for line in archive.log)


def test_client_authentication(made: Make) -> None:
    nobody = TLS(authorities=of_this_run().authority())
    assert echo(made, nobody, tls())[0]["result"] == "handshake_failed"
    assert echo(made, nobody, tls(client_authentication="optional"))[0]["result"] == "success"
    assert echo(made, tls("expired"), tls(client_authentication="optional"))[0]["result"] == "handshake_failed"
    assert echo(made, tls("expired"), tls(client_authentication="off"))[0]["result"] == "success"


def test_plain_meets_tls(made: Make) -> None:
    assert echo(made, None, tls())[0]["result"] in ("connection_lost", "invalid_response")
    assert echo(made, tls(), None)[0]["result"] == "handshake_failed"


def test_versions_apart(made: Make) -> None:
    outcome, _, archive = echo(made, tls(version="1.2"), tls(version="1.3"))
    assert outcome["result"] == "handshake_failed"
    archive.stop()  # then each thread has written its line
    assert any("TLS refused" in line for line in archive.log)


def test_ipv6(made: Make) -> None:
    assert echo(made, tls(), tls(), host="::1")[0]["result"] == "success"


def linked(made: Make, termination: Termination | None) -> tuple[dict[str, Any], Recorder]:
    recorder, own = Recorder(), Recorder()
    archive = made(Archive, "archive", own, tls=tls())
    modality = made(Modality, "modality", own, tls=tls())
    link = Link("link", "modality", "archive", archive.address, recorder, tls=termination)
    link.start()
    try:
        outcome = modality.perform("echo", link.address, {"called_ae_title": "ARCHIVE"})
        recorder.wait(lambda: any(each.kind is Kind.FIN for each in recorder.sightings), 2.0)
        return outcome, recorder
    finally:
        link.stop()


def first_byte(recorder: Recorder) -> int:
    return next(each.data[0] for each in recorder.sightings if each.kind is Kind.DATA)


def test_a_link_passes_tls_through(made: Make) -> None:
    outcome, recorder = linked(made, None)
    assert outcome["result"] == "success"
    assert first_byte(recorder) == 0x16  # a handshake record


def test_a_link_ends_tls_on_both_sides(made: Make) -> None:
    outcome, recorder = linked(made, Termination(tls(), tls()))
    assert outcome["result"] == "success"
    read = b"".join(each.data for each in recorder.sightings if each.sender is Side.REQUESTOR and not each.written)
    names = [received.pdu.NAME for received in PDUStream().feed(read)]
    assert (names[0], names[-1]) == ("A-ASSOCIATE-RQ", "A-RELEASE-RQ")
    assert [each.sender for each in recorder.sightings if each.kind is Kind.FIN and not each.written]


def test_a_link_that_is_refused_promises_nothing(made: Make) -> None:
    outcome, recorder = linked(made, Termination(tls(), tls("expired")))
    assert outcome["result"] != "success"
    assert not [each for each in recorder.sightings if each.data and each.sender is Side.ACCEPTOR]


class TestCertificates:
    def test_every_name_can_be_loaded(self) -> None:
        made = of_this_run()
        for name in NAMES:
            files = made.files(name)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(files.certificate, files.key)
            context.load_verify_locations(made.authority())
        assert all(made.authority(name).is_file() for name in AUTHORITIES)
        assert made.files("trusted").key.stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize(
        ("section", "told"),
        [
            ({}, ""),
            ({"certificate": "none"}, ""),
            ({"certificate": "best"}, "certificate: unknown 'best'"),
            ({"authorities": "all"}, "authorities: unknown 'all'"),
            ({"link": "cut"}, "link: unknown 'cut'"),
            ({"key": "mine"}, "key: "),
            ("yes", "a mapping"),
        ],
    )
    def test_mistakes(self, section: object, told: str) -> None:
        assert tls_section.mistake(section).startswith(told)
        assert bool(tls_section.mistake(section)) is bool(told)

    def test_names_become_files(self) -> None:
        filled = certificates.secured({"tls": {"certificate": "other", "link": "terminated"}, "x": 1})
        assert set(filled) == {"tls", "x"}
        assert set(filled["tls"]) == {"certificate", "key", "authorities"}
        assert Path(filled["tls"]["certificate"]).name == "other.pem"
        assert set(certificates.secured({"tls": {"certificate": "none"}})["tls"]) == {"authorities"}
        assert certificates.secured({"x": 1}) == {"x": 1}


class TestStandingAlone:
    def config(self, folder: Path, **section: str) -> Path:
        lines = "".join(f"    {key}: {value}\n" for key, value in section.items())
        (folder / "config.yaml").write_text(f"settings:\n  tls:\n{lines}")
        return folder / "config.yaml"

    def test_it_speaks_tls(self, tmp_path: Path) -> None:
        made = make_simulator("archive", self.config(tmp_path, **of_this_run().filled({"profile": "aes"})))
        assert made.tls == tls(profile="aes")

    @pytest.mark.parametrize("wrong", [{"profile": "best"}, {"certificat": "x"}, {"certificate": "/nowhere.pem"}])
    def test_mistakes(self, tmp_path: Path, wrong: dict[str, str]) -> None:
        with pytest.raises(DataError, match="tls"):
            make_simulator("archive", self.config(tmp_path, **{**of_this_run().filled({}), **wrong}))


def test_silent_clients_delay_nobody(made: Make) -> None:
    recorder = Recorder()
    archive = made(Archive, "archive", recorder, tls=tls(), deadlines=LONG)
    modality = made(Modality, "modality", recorder, tls=tls(), deadlines=LONG)
    with silent_clients(archive) as silent:
        outcome = modality.perform("echo", archive.address, {"called_ae_title": "ARCHIVE"})
        assert outcome["result"] == "success"
        assert select.select(silent, [], [], 0) == ([], [], [])  # ARTIM has ended none of them yet


def test_artim_ends_silent_clients(made: Make) -> None:
    with silent_clients(made(Archive, "archive", Recorder(), tls=tls())) as silent:
        assert [each.recv(1) for each in silent] == [b""] * 20


@contextmanager
def silent_clients(archive: Archive) -> Iterator[list[socket.socket]]:
    """Open twenty connections; every other one begins a handshake, and none goes on."""
    with ExitStack() as opened:
        silent = [opened.enter_context(socket.create_connection(archive.address, 60.0)) for _ in range(20)]
        for each in silent[::2]:
            each.sendall(b"\x16\x03\x01\x02\x00")
        yield silent


def test_stopping_ends_a_handshake_at_once(made: Make) -> None:
    archive = made(Archive, "archive", Recorder(), tls=tls(), deadlines=LONG)
    with socket.create_connection(archive.address, 60.0) as silent:
        silent.sendall(b"\x16\x03\x01")
        begin = time.monotonic()
        archive.stop()
        assert time.monotonic() - begin < LONG.artim_s / 2
