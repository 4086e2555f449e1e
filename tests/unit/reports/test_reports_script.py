"""The script of the report passes its linter, and the linter notices what would break the page."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "reports" / "dicom_reports" / "templates" / "script"
EXPLORER = ROOT / "workstation" / "dicom_workstation" / "explorer" / "static"
RULES = ROOT / ".oxlintrc.json"


def lint(folder: Path) -> str:
    """Give what the linter finds; empty where it finds nothing."""
    beside_python = str(Path(sys.executable).parent)
    program = shutil.which("oxlint", path=f"{beside_python}{os.pathsep}{os.environ.get('PATH', '')}")
    if program is None:
        text = "no oxlint: pip install -e '.[test]'"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    command = [program, "--config", str(RULES), "--deny-warnings", "--format", "unix", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout if done.returncode else ""


@pytest.mark.parametrize("folder", [SCRIPT, EXPLORER], ids=["report", "explorer"])
def test_nothing_is_found_in_the_scripts(folder: Path) -> None:
    assert lint(folder) == ""


def test_no_script_of_the_explorer_is_long() -> None:
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in EXPLORER.glob("*.js")}
    assert len(lengths) > 5
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


@pytest.mark.parametrize(
    ("file", "before", "after", "rule"),
    [
        ("list.js", "const ROW_PX = 30;", "const ROWS_PX = 30;", "no-undef"),
        ("list.js", 'import {cases, haystack} from "./data.js";', 'import {haystack} from "./data.js";', "no-undef"),
        ("list.js", "import {cases, haystack}", "import {casez as cases, haystack}", "named"),
        ("tabs.js", "===", "==", "eqeqeq"),
        ("heat.js", "let fields = new Map();", "var fields = new Map();", "no-var"),
        ("data.js", 'import {$} from "./page.js";', 'import {$} from "./page.js";\nimport "./list.js";', "no-cycle"),
        ("page.js", "export const $ =", "export const unused = eval;\nexport const $ =", "no-eval"),
    ],
    ids=["renamed", "not imported", "not exported", "loose comparison", "var", "imports in a circle", "eval"],
)
def test_what_would_break_the_page_is_found(tmp_path: Path, file: str, before: str, after: str, rule: str) -> None:
    copy = tmp_path / "script"
    shutil.copytree(SCRIPT, copy)
    source = (copy / file).read_text(encoding="utf-8")
    assert before in source
    (copy / file).write_text(source.replace(before, after), encoding="utf-8")
    found = lint(copy)
    assert file in found
    assert rule in found
