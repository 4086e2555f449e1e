"""Markdown for the pages of the reference: headings, wrapped paragraphs, and tables of keys."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

from dicom_conformance.reference.json_types import Described, Row

WIDTH = 116
MADE = "<!-- Made by `dicom-conformance reference --output docs/reference`; do not edit. -->"


def page(title: str, *blocks: str) -> str:
    """Make a page of its blocks; empty ones are left out."""
    return "\n\n".join((MADE, f"# {title}", *(block for block in blocks if block))) + "\n"


def wrapped(text: str) -> str:
    """Wrap each paragraph; what is indented stays as it is."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(part if part.startswith("    ") else _filled(part) for part in paragraphs)


def _filled(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Make a table; empty where there are no rows."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|").strip() or "-" for cell in row) + " |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *lines]) if lines else ""


def keys(rows: Iterable[Row]) -> str:
    """Make the table of the keys of a mapping."""
    return table(("key", "value", "default", "meaning"), [(f"`{r.key}`", r.kind, r.default, r.meaning) for r in rows])


def section(described: Described, level: int = 2, without: Sequence[str] = ()) -> str:
    """Make the heading, the sentence and the table of a model."""
    rows = [row for row in described.rows if row.key not in without]
    return "\n\n".join(
        block for block in (heading(title(described.name), level), wrapped(described.about), keys(rows)) if block
    )


def heading(text: str, level: int = 2) -> str:
    """Make a heading."""
    return f"{'#' * level} {text}"


def title(name: str) -> str:
    """Write the name of a model as a heading: ``ExpectedContext`` becomes "Expected context"."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z_]+|\d+", name.removesuffix("Wanted"))
    text = " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words)
    return text[:1].upper() + text[1:]


def anchor(text: str) -> str:
    """Give the anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
