"""The reference says everything, says it now, and links to what exists; prose keeps to its width."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dicom_conformance import reference
from dicom_conformance.__main__ import reference_sources
from dicom_conformance.reference.markdown import anchor

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
GUIDES = ("api", "foreign-subjects", "interop-bugs", "security", "tutorial", "writing-scenarios")
PROSE = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md"), *REFERENCE.glob("*.md")]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return reference.pages(reference_sources())


def test_what_is_committed_is_current(pages: dict[str, str]) -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.iterdir()}
    stale = sorted(name for name in {*pages, *committed} if pages.get(name) != committed.get(name))
    assert not stale, "write them anew: dicom-conformance reference --output docs/reference"


def test_each_key_has_a_meaning(pages: dict[str, str]) -> None:
    ours = {name: text.partition("## `dicom-conformance workstation")[0] for name, text in pages.items()}
    lines = [f"{name}: {line}" for name, text in ours.items() for line in text.splitlines() if "| `" in line]
    assert lines
    assert [line for line in lines if line.endswith("| - |")] == []


@pytest.mark.parametrize(
    "path",
    [ROOT / "README.md", *(DOCS / f"{name}.md" for name in GUIDES), *REFERENCE.glob("*.md")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_lines_of_prose_are_short(path: Path) -> None:
    in_code = False
    long = []
    for line in path.read_text(encoding="utf-8").splitlines():
        in_code ^= line.startswith("```")
        if len(line) >= 120 and not in_code and not line.startswith(("|", "    ")):
            long.append(line)
    assert long == []


def _anchors(text: str) -> set[str]:
    return {anchor(line.lstrip("#").strip()) for line in text.splitlines() if line.startswith("#")}


@pytest.mark.parametrize("path", PROSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if target.startswith(("http", "mailto")):
            continue
        name, _, fragment = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists() or (fragment and fragment not in _anchors(file.read_text(encoding="utf-8"))):
            dead.append(target)
    assert dead == []
