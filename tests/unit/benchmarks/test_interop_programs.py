"""How the command of the interop page finds the programs of a product."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import interop
from interop_page import read_products


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("python -m pynetdicom storescp 1", [sys.executable, "-m", "pynetdicom", "storescp", "1"]),
        ("python -c 'print(1)'", [sys.executable, "-c", "print(1)"]),
        ("storescp --fork 1", ["storescp", "--fork", "1"]),
        ("/opt/python -m x", ["/opt/python", "-m", "x"]),
    ],
)
def test_python_is_that_of_this_environment(text, words):
    assert shlex.split(interop.in_this_environment(text)) == words


def test_programs_of_dcmtk_are_not_those_that_pynetdicom_installs_beside_us():
    folders = interop.ENVIRONMENT["PATH"].split(os.pathsep)
    assert folders[-1] == str(Path(sys.executable).parent)
    assert folders.count(folders[-1]) == 1


def test_each_server_of_pynetdicom_is_said_to_be_one():
    for name, product in read_products().items():
        assert ("pynetdicom" in (product.server or "")) == name.startswith("pynetdicom")
