"""The command line prints on a printer that no one here wrote, with its own workstation or a running one."""

from __future__ import annotations

import json
import signal
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from print_bench import PrintBench
from pynetdicom_printer import PynetdicomPrinter

from dicom_workstation.application import Workstation
from dicom_workstation.cli.command_line import main
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.control.control_server import ControlServer
from dicom_workstation.instances.part10 import part10_file, read_part10

RAMP = np.arange(24, dtype=np.uint8).reshape(4, 6)


@pytest.fixture
def image(bench: PrintBench, tmp_path: Path) -> Path:
    found = bench.memory.get(bench.image(RAMP))
    assert found is not None
    path = tmp_path / "image.dcm"
    path.write_bytes(part10_file(found))
    return path


def test_files_are_printed_on_an_address(
    printer: PynetdicomPrinter, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--printer", f"PRINTER@127.0.0.1:{printer.port}", "--film-size", "8INX10IN"]
    film = tmp_path / "film.png"
    assert main(["print", str(image), *given, "--preview", str(film), "--no-follow"]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[0].startswith("print: success")
    assert "films printed 1, films failed 0" in told.out
    assert told.err.splitlines()[0] == f"preview of film 1: {film}"
    assert [line for line in told.err.splitlines() if line.startswith("film 1:") and "png" in line] == []
    assert "film 1: 1 image box, status 0000" in told.err
    with Picture.open(film) as opened:
        assert opened.size == (406, 508)


def test_a_configured_printer_is_found_by_its_name(
    printer: PynetdicomPrinter, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "workstation.yaml"
    address = f"ae_title: PRINTER, host: 127.0.0.1, port: {printer.port}"
    config.write_text(f"printers:\n  laser: {{{address}, film_size: A4, bits: 8}}\n", encoding="utf-8")
    assert main(["print", str(image), "--printer", "laser", "--config", str(config), "--json"]) == 0
    outcome = json.loads(capsys.readouterr().out)
    assert (outcome["result"], outcome["peer"], outcome["films_printed"]) == ("success", "laser", 1)


def test_a_running_workstation_prints_what_it_holds(
    printer: PynetdicomPrinter, image: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKSTATION_CONTROL_TOKEN", "token")
    with Workstation(Configuration.from_keywords()) as workstation, ControlServer(workstation, "token") as server:
        workstation.memory.keep(read_part10(image))
        uid = workstation.memory.instances()[0].SOPInstanceUID
        given = ["--printer", f"PRINTER@127.0.0.1:{printer.port}", "--control", server.url]
        assert main(["print", uid, *given]) == 0
        assert "films printed 1" in capsys.readouterr().out
        assert main(["print", "9.9.9", *given]) == 2
        assert "9.9.9: is not in memory" in capsys.readouterr().err


@pytest.fixture
def heard() -> Iterator[None]:
    """Have SIGINT heard, for a shell starts what it runs in the background with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_cancels_and_what_was_created_is_deleted(
    printer: PynetdicomPrinter, image: Path, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    main_thread = threading.main_thread().ident or 0
    printer.before["set image"] = lambda association: signal.pthread_kill(main_thread, number)
    given = ["--printer", f"PRINTER@127.0.0.1:{printer.port}", "--layout", "1x1"]
    assert main(["print", *[str(image)] * 3, *given]) == 1
    told = capsys.readouterr()
    assert told.out.startswith("print: cancelled")
    assert printer.steps()[-2:] == ["delete film", "delete session"]
    printer.wait(lambda: "released" in printer.ends)
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.usefixtures("heard")
def test_a_signal_while_nothing_can_be_cancelled_interrupts(
    printer: PynetdicomPrinter, image: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*arguments: object, **others: object) -> None:
        signal.raise_signal(signal.SIGINT)
        threading.Event().wait(10.0)

    monkeypatch.setattr(Workstation, "print", interrupted)
    assert main(["print", str(image), "--printer", f"PRINTER@127.0.0.1:{printer.port}"]) == 2
    assert capsys.readouterr().err == "dicom-conformance: interrupted\n"


def test_what_is_no_dicom_file_is_named_and_nothing_is_printed(
    printer: PynetdicomPrinter, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no DICOM file\n" * 20, encoding="utf-8")
    given = ["--printer", f"PRINTER@127.0.0.1:{printer.port}"]
    assert main(["print", str(image), str(text), *given]) == 2
    assert capsys.readouterr().err == f"dicom-conformance: print: refused: {text}: is not a DICOM file\n"
    assert main(["print", str(image), "--state", str(text), *given]) == 2
    assert f"{text}: is not a DICOM file" in capsys.readouterr().err
    assert not [step for step in printer.steps() if step.startswith("create")]


def test_films_of_a_session_that_is_refused_are_told_as_not_printed(
    printer: PynetdicomPrinter, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printer.statuses["create session"] = deque([0x0106])
    assert main(["print", str(image), "--printer", f"PRINTER@127.0.0.1:{printer.port}"]) == 1
    assert "  film 1: not printed" in capsys.readouterr().out
