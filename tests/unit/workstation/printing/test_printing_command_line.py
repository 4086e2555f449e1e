"""Printing on the command line: options become arguments, what happens becomes lines, and the end an exit status."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture
from print_bench import PrintBench
from pydantic import TypeAdapter

from dicom_workstation.cli.command_connection import CommandError
from dicom_workstation.cli.command_line import main, parser
from dicom_workstation.cli.printing_command_line import print_arguments, progress_line, run
from dicom_workstation.instances.part10 import part10_file
from dicom_workstation.operations import Operation
from dicom_workstation.outcome import Outcome, Progress
from dicom_workstation.printing.films.preview import draw
from dicom_workstation.printing.request import PrintRequest

EVENT = {"of": "printer", "status": "WARNING", "info": "SUPPLY LOW", "at": "12:00"}
FILM = {"number": 1, "film_box": "1.2", "boxes": 2, "status": "0000", "print_job": "1.3", "execution_status": "DONE"}
PRINTED = {
    "operation": "print",
    "peer": "P",
    "result": "success",
    "status": "0000",
    "detail": "",
    "films": [{**FILM, "execution_status_info": "NORMAL"}],
    "films_printed": 1,
    "films_failed": 0,
    "events": [EVENT],
    "warnings": ["an image: it is doubtful"],
    "not_deleted": ["1.9"],
}


class Workstation:
    """Answers as it was told to, and remembers what it was asked."""

    def __init__(self, **outcomes: dict[str, Any]) -> None:
        self.outcomes = outcomes
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def ask(
        self,
        operation: Operation[Any],
        peer: str | None,
        arguments: Mapping[str, object],
        progress: Progress | None = None,
    ) -> Outcome:
        self.asked.append((operation.name, peer or "", dict(arguments)))
        if progress is not None:
            progress({"film": 1, "image": 1, "images": 2})
            progress(EVENT)
            progress(EVENT)
            progress(FILM)
        outcome: Outcome = TypeAdapter(operation.outcome).validate_python(self.outcomes[operation.name])
        return outcome

    def run(self, *given: str) -> int:
        options = parser().parse_args(["print", *given])
        return run(options, self._connect)

    def _connect(self, options: argparse.Namespace, stack: ExitStack) -> Any:
        assert isinstance(stack, ExitStack)
        return self


@pytest.fixture
def image(bench: PrintBench, tmp_path: Path) -> Path:
    uid = bench.image(np.arange(20 * 30, dtype=np.uint16).reshape(20, 30), 12, PixelSpacing=[1, 1])
    found = bench.memory.get(uid)
    assert found is not None
    path = tmp_path / "image.dcm"
    path.write_bytes(part10_file(found))
    return path


def pixels_of(path: Path) -> np.ndarray:
    with Picture.open(path) as opened:
        assert opened.format == "PNG"
        return np.array(opened)


def arguments(*given: str) -> dict[str, Any]:
    return print_arguments(parser().parse_args(["print", *given]))


def test_options_become_arguments(image: Path) -> None:
    found = arguments(
        str(image),
        *("--layout", "2x3", "--orientation", "landscape", "--film-size", "8inx10in", "--border-density", "white"),
        *("--trim", "--copies", "2", "--priority", "high", "--medium", "blue film", "--destination", "bin_2"),
        *("--label", "a label", "--bits", "12", "--grey", "--polarity", "reverse", "--size", "true", "--crop", "crop"),
        *("--annotation", "one", "--annotation", "two", "--no-follow", "--window", "40,400", "--frame", "all"),
        *("--presentation-lut", "lin od", "--min-density", "20", "--per", "session"),
    )
    assert found == {
        "images": [{"file": str(image), "frame": "all"}],
        "polarity": "REVERSE",
        "size": "true",
        "crop": "CROP",
        "window": {"center": 40, "width": 400, "function": "LINEAR"},
        "layout": "2x3",
        "orientation": "LANDSCAPE",
        "film_size": "8INX10IN",
        "border_density": "WHITE",
        "trim": "YES",
        "copies": "2",
        "priority": "HIGH",
        "medium": "BLUE FILM",
        "destination": "BIN_2",
        "label": "a label",
        "bits": "12",
        "colour": False,
        "annotations": ["one", "two"],
        "follow": False,
        "presentation_lut": "LIN OD",
        "min_density": "20",
        "per": "session",
    }
    request = PrintRequest.read(found)
    assert (request.copies, request.bits, request.min_density, request.pictures[0].size) == (2, 12, 20, "true")


def test_what_is_not_said_is_no_argument(image: Path) -> None:
    assert arguments(str(image)) == {"images": [{"file": str(image)}]}
    assert arguments(str(image), "--color")["colour"] is True


def test_folders_are_opened_and_uids_are_for_a_running_workstation(image: Path) -> None:
    assert arguments(str(image.parent)) == {"images": [{"file": str(image)}]}
    found = arguments("1.2.3", str(image), "--control", "http://127.0.0.1:1", "--state", "1.2.4")
    assert found == {"images": [{"SOPInstanceUID": "1.2.3"}, {"file": str(image)}], "state": "1.2.4"}


def test_what_happens_is_told(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workstation = Workstation(print=PRINTED)
    assert workstation.run(str(image), "--printer", "P") == 0
    assert workstation.asked == [("print", "P", {"images": [{"file": str(image)}]})]
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        "print: success, status 0000, films printed 1, films failed 0",
        "  film 1: 2 image boxes, status 0000, print job DONE NORMAL",
        "  printer: WARNING SUPPLY LOW",
    ]
    assert told.err.splitlines() == [
        "film 1: image 1 set",
        "printer: WARNING SUPPLY LOW",
        "film 1: 2 image boxes, status 0000, print job DONE",
        "an image: it is doubtful",
        "not deleted: 1.9",
    ]


@pytest.mark.parametrize(
    ("result", "status"), [("success", 0), ("warning", 0), ("failure", 1), ("partial", 1), ("aborted", 1)]
)
def test_the_exit_status_follows_the_result(image: Path, result: str, status: int) -> None:
    assert Workstation(print={**PRINTED, "result": result}).run(str(image), "--printer", "P") == status


def test_what_never_began_is_one_line(image: Path) -> None:
    workstation = Workstation(print={**PRINTED, "result": "unreachable", "detail": "no\nroute"})
    with pytest.raises(CommandError, match=r"^print: unreachable: no route$"):
        workstation.run(str(image), "--printer", "P")


def test_outcomes_as_json(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert Workstation(print=PRINTED).run(str(image), "--printer", "P", "--json") == 0
    assert json.loads(capsys.readouterr().out) == PRINTED


def test_a_preview_comes_before_the_print(image: Path, tmp_path: Path) -> None:
    pictures = [{"number": n, "rows": 2, "columns": 3, "samples": 1, "data": bytes([n] * 6)} for n in (1, 2)]
    shown = {"operation": "preview", "peer": "P", "result": "success", "detail": "", "films": pictures}
    workstation = Workstation(preview=shown, print=PRINTED)
    assert workstation.run(str(image), "--printer", "P", "--preview", str(tmp_path / "film.png")) == 0
    assert [operation for operation, _, _ in workstation.asked] == ["preview", "print"]
    assert (pixels_of(tmp_path / "film-2.png") == np.full((2, 3), 2)).all()


def test_nothing_is_printed_where_the_preview_failed(image: Path, tmp_path: Path) -> None:
    workstation = Workstation(preview={"operation": "preview", "result": "rejected", "detail": "no", "status": None})
    assert workstation.run(str(image), "--printer", "P", "--preview", str(tmp_path / "film.png")) == 1
    assert [operation for operation, _, _ in workstation.asked] == ["preview"]
    assert not (tmp_path / "film.png").exists()


def test_a_preview_alone_needs_no_printer(
    bench: PrintBench, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = tmp_path / "film.png"
    given = ["--layout", "1x2", "--film-size", "8INX10IN", "--trim", "--size", "true"]
    assert main(["print", str(image), *given, "--preview", str(film)]) == 0
    assert capsys.readouterr().out.splitlines() == [f"preview of film 1: {film}", "preview: success, films 1"]
    asked = [{"file": str(image), "size": "true"}]
    wanted = draw(bench.prepared(bits=12, images=asked, layout="1x2", film_size="8INX10IN", trim="YES"))
    assert (pixels_of(film) == wanted[0]).all()


def test_what_is_doubtful_in_a_preview_is_told(
    bench: PrintBench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = bench.memory.get(bench.image(np.zeros((4, 4, 3), np.uint8)))
    assert found is not None
    (tmp_path / "image.dcm").write_bytes(part10_file(found))
    film = tmp_path / "film.png"
    assert main(["print", str(tmp_path / "image.dcm"), "--size", "true", "--preview", str(film)]) == 0
    told = capsys.readouterr()
    assert "preview: warning" in told.out
    assert "not printed in true size" in told.err
    assert pixels_of(film).ndim == 3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "--printer NAME, --preview OUT.png or both"),
        (["--preview", "x.png", "--layout", "1y2"], "layout: '1y2'"),
        (["--preview", "x.png", "--copies", "0"], "copies: "),
        (["--preview", "x.png", "--frame", "9"], "there is no frame 9: the image has 1 frame"),
        (["--preview", "x.png", "--film-size", "HUGE"], "film_size: HUGE"),
        (["--preview", "x.png", "--window", "wide"], "give numbers, separated by commas"),
        (["--printer", "NOBODY"], "NOBODY: no printer of this name is configured"),
        (["--preview", "x.png", "--control", "http://127.0.0.1:1"], "needs --printer"),
    ],
)
def test_wrong_input_is_one_line(
    image: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, given: list[str], said: str
) -> None:
    monkeypatch.chdir(image.parent)
    assert main(["print", str(image), *given]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert len(told.splitlines()) == 1
    assert not (image.parent / "x.png").exists()


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (
            {"print_job": "1.2", "execution_status": "FAILURE", "execution_status_info": "NO SUPPLY"},
            "FAILURE NO SUPPLY",
        ),
        ({"print_job": "1.2", "execution_status": "", "execution_status_info": ""}, ""),
        ({"number": 3, "boxes": None, "status": None}, "film 3: begun"),
        ({"of": "print_job", "status": "PENDING", "info": ""}, "print job: PENDING"),
        ({"something": "else"}, ""),
    ],
)
def test_progress_in_words(entry: dict[str, Any], line: str) -> None:
    assert progress_line(entry).removeprefix("print job: " if entry.get("print_job") else "") == line
