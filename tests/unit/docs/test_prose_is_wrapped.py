"""Lines of prose in the documents are at most 120 characters long, so that they read well in any editor and diff."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent.parent
LONGEST = 120
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/**/*.md"))
)
LINK_ALONE = re.compile(r"\s*([-*] )?(!?\[[^\]]*\]\([^)]*\)|<?https?://\S+>?)[.,;]?\Z")


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Give the numbered lines that are not code, tables or single links."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not (fenced or line.startswith("    ") or line.lstrip().startswith("|") or LINK_ALONE.match(line)):
            yield number, line


def test_prose_is_told_from_code_and_tables() -> None:
    text = "one\n```\ntwo\n```\n    three\n| four |\n[five](a.md)\n- six [seven](b.md)\n"
    assert [line for _, line in prose(text)] == ["one", "- six [seven](b.md)"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_lines_of_prose_are_short(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert [number for number, line in prose(text) if len(line) > LONGEST] == []
