"""What the importable packages offer: names a person can learn, and no library loaded before one of them is used."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

PACKAGES = ("dicom_wire", "dicom_workstation", "dicom_simulators", "dicom_conformance", "dicom_reports")
LIBRARIES = ("pydicom", "numpy", "pynetdicom", "pydantic", "yaml", "jinja2", "rich", "imagecodecs", "cryptography")
MOST_NAMES = 60


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_no_library(package: str) -> None:
    program = f"import sys, {package}; print(*(name for name in {LIBRARIES!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there(package: str) -> None:
    module = importlib.import_module(package)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert set(module.__all__) <= set(dir(module))
    assert len(module.__all__) == len(set(module.__all__)) <= MOST_NAMES


@pytest.mark.parametrize("package", PACKAGES)
def test_an_unknown_name_is_told_as_python_tells_it(package: str) -> None:
    module = importlib.import_module(package)
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'Nothing'"):
        _ = module.Nothing


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_opens_with_a_guide(package: str) -> None:
    guide = importlib.import_module(package).__doc__
    assert guide is not None
    assert len(guide.splitlines()) > 2
