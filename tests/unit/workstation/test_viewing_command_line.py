"""Looking at images on the command line: files, and what a running workstation holds."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from pydicom import dcmread
from pydicom.dataset import Dataset

from dicom_simulators.data_sets import build, write_file
from dicom_workstation.application import Workstation
from dicom_workstation.cli.command_line import main
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.control.control_server import ControlServer
from dicom_workstation.instances.part10 import read_part10
from dicom_workstation.request_models.option_text import annotation_of, shutter_of, window_of

CT = "1.2.840.10008.5.1.4.1.1.2"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return write_file(build(sop_class=CT, transfer_syntax="1.2.840.10008.1.2.1"), tmp_path / "image.dcm")


@pytest.fixture
def control(image: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Workstation]]:
    monkeypatch.setenv("WORKSTATION_CONTROL_TOKEN", "token")
    with Workstation(Configuration.from_keywords()) as workstation, ControlServer(workstation, "token") as server:
        workstation.memory.keep(read_part10(image))
        yield server.url, workstation


def picture(path: Path) -> np.ndarray:
    with Picture.open(path) as opened:
        assert opened.format == "PNG"
        return np.array(opened)


def test_a_state_is_created_and_applied(image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state, plain, shown = tmp_path / "state.dcm", tmp_path / "plain", tmp_path / "shown.png"
    given = ["--window", "900,1200", "--rotate", "90", "--flip", "--shutter", "circular:20,30,200", "--inverse"]
    assert main(["present", str(image), *given, "-o", str(state)]) == 0
    made = dcmread(state)
    assert (made.ImageRotation, made.ImageHorizontalFlip, made.ShutterShape) == (90, "Y", "CIRCULAR")
    assert main(["render", str(image), "--window", "900,1200", "-o", str(plain)]) == 0
    assert main(["render", str(image), "--state", str(state), "--json", "-o", str(shown)]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["result"] == "success"
    wanted = 255 - np.fliplr(np.rot90(picture(plain), -1)).astype(int)
    assert np.abs(picture(shown) - wanted).max() <= 1


def test_annotations_and_areas_are_taken(image: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.dcm"
    given = ["--annotate", "polyline:1,1,9,9", "--annotate", "text:2,2,30,12:Here: it is", "--area", "3,4,20,30"]
    assert main(["present", str(image), *given, "--magnify", "2", "-o", str(state)]) == 0
    made = dcmread(state)
    objects: Dataset = made.GraphicAnnotationSequence[0]
    assert objects.GraphicObjectSequence[0].GraphicData == [1, 1, 9, 9]
    assert objects.TextObjectSequence[0].UnformattedTextValue == "Here: it is"
    assert made.DisplayedAreaSelectionSequence[0].DisplayedAreaTopLeftHandCorner == [3, 4]


def test_what_is_shown_can_be_saved(image: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.dcm"
    assert main(["save", str(image), "--window", "40,400", "--description", "as shown", "-o", str(saved)]) == 0
    assert dcmread(saved).DerivationDescription == "as shown"


def test_what_a_running_workstation_holds_is_rendered(
    image: Path, tmp_path: Path, control: tuple[str, Workstation]
) -> None:
    url, workstation = control
    uid = workstation.memory.instances()[0].SOPInstanceUID
    here, there = tmp_path / "here.png", tmp_path / "there.png"
    assert main(["render", uid, "--control", url, "-o", str(there)]) == 0
    assert main(["render", str(image), "-o", str(here)]) == 0
    assert (picture(here) == picture(there)).all()
    state = tmp_path / "state.dcm"
    assert main(["present", uid, "--control", url, "--rotate", "180", "-o", str(state)]) == 0
    assert [each.SOPInstanceUID for each in workstation.memory.instances()] == [uid, dcmread(state).SOPInstanceUID]


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        (["--window", "wide"], 2, "give numbers, separated by commas"),
        (["--frame", "2"], 1, "no frame 2"),
        (["--window", "1,0"], 1, "width"),
        (["--viewport", "big"], 1, "viewport"),
    ],
)
def test_wrong_input_is_told(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], status: int, said: str
) -> None:
    output = tmp_path / "out.png"
    assert main(["render", str(image), *given, "-o", str(output)]) == status
    assert said in capsys.readouterr().err
    assert not output.exists()


def test_a_file_that_is_none_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "no.dcm").write_bytes(b"nothing")
    assert main(["render", str(tmp_path / "no.dcm"), "-o", str(tmp_path / "x.png")]) == 2
    told = capsys.readouterr().err
    assert "no.dcm" in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(("command", "name"), [("render", "x.png"), ("present", "x.dcm"), ("save", "x.dcm")])
def test_a_full_disk_names_path_and_size(
    image: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    name: str,
) -> None:
    real = Path.write_bytes

    def full(path: Path, data: bytes) -> None:
        real(path, data[:1])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert main([command, str(image), "-o", str(tmp_path / name)]) == 2
    told = capsys.readouterr().err
    assert re.fullmatch(
        rf"dicom-conformance: {re.escape(str(tmp_path / name))}: No space left on device: "
        r"[0-9,]+ bytes could not be written, [0-9,]+ bytes are free\n",
        told,
    )
    assert not (tmp_path / name).exists()


def test_words_become_values() -> None:
    assert window_of("40,400,sigmoid") == {"center": 40, "width": 400, "function": "SIGMOID"}
    assert shutter_of("polygonal:1,2,3,4,5,6")["vertices"] == [(1, 2), (3, 4), (5, 6)]
    assert annotation_of("point:1.5,2")["points"] == [(1.5, 2)]
    with pytest.raises(ValueError, match="do not form pairs"):
        annotation_of("polyline:1,2,3")
    with pytest.raises(ValueError, match="rectangular"):
        shutter_of("round:1")


def test_a_state_is_written_in_the_character_set_that_is_asked_for(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state.dcm"
    given = ["--description", "頭部", "--creator", "Yamada=山田", "-o", str(state)]
    assert main(["present", str(image), *given, "--character-set", "\\ISO 2022 IR 87"]) == 0
    assert b"\x1b$BF,It\x1b(B" in state.read_bytes()
    assert dcmread(state).ContentCreatorName.ideographic == "山田"
    capsys.readouterr()
    assert main(["present", str(image), *given, "--character-set", "ISO_IR 100"]) == 1
    assert "cannot hold '頭'" in capsys.readouterr().err
