"""A subject file's programs are DCMTK's, whatever an activated virtual environment puts before them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dicom_conformance.play.subjects import UnsupportedError, programs

SCRIPT = "#!/venv/bin/python\nimport sys\nfrom pynetdicom.apps.echoscu.echoscu import main\nsys.exit(main())\n"


def program(folder: Path, content: bytes) -> Path:
    folder.mkdir()
    path = folder / "echoscu"
    path.write_bytes(content)
    path.chmod(0o755)
    return path


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An activated virtual environment: its folder of programs comes first."""
    path = program(tmp_path / "venv", SCRIPT.encode())
    monkeypatch.setenv("PATH", os.pathsep.join((str(path.parent), str(tmp_path / "nowhere"), str(tmp_path / "usr"))))
    return path


def test_the_program_behind_pynetdicoms_script_is_found(environment: Path, tmp_path: Path) -> None:
    dcmtk = program(tmp_path / "usr", b"\x7fELF and more")
    assert programs.find("echoscu") == str(dcmtk)


def test_another_script_is_a_program_like_any_other(environment: Path, tmp_path: Path) -> None:
    wrapper = program(tmp_path / "usr", b"#!/bin/sh\nexec /opt/dcmtk/echoscu\n")
    assert programs.find("echoscu") == str(wrapper)


def test_pynetdicoms_script_alone_is_refused_in_one_line(environment: Path) -> None:
    with pytest.raises(UnsupportedError, match="echoscu: PATH has pynetdicom's alone") as error:
        programs.find("echoscu")
    assert str(environment) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_path_is_taken_as_it_is(environment: Path) -> None:
    assert programs.find(str(environment)) == str(environment)
    assert programs.find("no-such-program") == "no-such-program"
