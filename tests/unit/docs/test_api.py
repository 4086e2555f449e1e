"""The programs of docs/api.md run as they stand there, and do what the text says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

API = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```([^#]*)", API, re.DOTALL)


def test_there_are_four() -> None:
    assert len(PROGRAMS) == 4


@pytest.mark.parametrize("number", range(4))
def test_each_program_does_what_the_text_says(number: int, tmp_path: Path) -> None:
    program, after = PROGRAMS[number]
    is_test = "\ndef test_" in program
    path = tmp_path / ("test_program.py" if is_test else "program.py")
    path.write_text(program, encoding="utf-8")
    command = [sys.executable, *(["-m", "pytest", "-q", "-p", "no:cacheprovider"] if is_test else []), str(path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = re.findall(r"`([^`]+)`", after)
    assert shown or is_test
    assert [line for line in shown if line not in done.stdout] == []
    if "picture.png" in program:
        assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
