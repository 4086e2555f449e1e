"""What the package offers by name, and what importing it costs."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import dicom_workstation

THIRD_PARTY = ("pydantic", "numpy", "pydicom", "pynetdicom", "httpx", "fastapi", "uvicorn", "rich", "PIL", "yaml")
NOT_FOR_HELP = tuple(name for name in THIRD_PARTY if name not in ("pydantic", "yaml"))


def loaded_after(statement: str, watched: tuple[str, ...]) -> list[str]:
    told = f"import sys; {statement}; print(*[name for name in {watched!r} if name in sys.modules])"
    return subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout.split()


def test_importing_the_package_loads_no_third_party_library() -> None:
    assert loaded_after("import dicom_workstation.subjects", THIRD_PARTY) == []


def test_the_help_of_the_command_line_loads_nothing_heavy() -> None:
    help_of = "from dicom_workstation.cli.command_line import parser; parser().format_help()"
    assert loaded_after(help_of, NOT_FOR_HELP) == []


def test_each_public_name_is_there() -> None:
    assert 20 <= len(dicom_workstation.__all__) <= 60
    for name in dicom_workstation.__all__:
        assert getattr(dicom_workstation, name) is not None


def test_the_product_does_not_import_the_test_subjects() -> None:
    room = Path(dicom_workstation.__file__).parent
    product = [path for path in room.rglob("*.py") if path.parent.name != "subjects"]
    assert product
    for path in product:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (
                isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dicom_workstation.subjects")
            ), path


ROOM = Path(dicom_workstation.__file__).parent
LATE = sorted(
    ".".join(path.parent.relative_to(ROOM).parts)
    for path in ROOM.rglob("*/__init__.py")
    if "def __getattr__" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("package", LATE)
def test_a_package_that_loads_late_knows_its_names_and_no_other(package: str) -> None:
    module = importlib.import_module(f"dicom_workstation.{package}")
    assert module.__all__
    for name in module.__all__:
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        module.nothing  # noqa: B018
