"""Headings, paragraphs and tables as one self-contained HTML page; every text is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dicom_wire.wording import printable

__all__ = ["Cell", "heading", "page", "paragraph", "table"]

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 78rem; padding: 0 1rem; color: #1c2024; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; } h3 { font-size: 1rem; margin-top: 1.4rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .3rem .6rem;
border-bottom: 1px solid #d6dade; overflow-wrap: anywhere; } td:first-child { min-width: 9em; }
th { background: #f2f4f6; overflow-wrap: normal; }
.good { color: #10693a; } .bad { color: #b3261e; font-weight: 600; } .soft { color: #5f6872; }
small { color: #5f6872; white-space: pre-line; }
@media (prefers-color-scheme: dark) { body { background: #16191c; color: #e4e7ea; } th { background: #23282d; }
th, td { border-color: #3a4046; } .good { color: #6dd49a; } .bad { color: #ff8a80; } .soft, small { color: #a0a8b0; } }
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    Parameters
    ----------
    text : str
        What it says.
    kind : str
        ``good``, ``bad``, ``soft`` or empty: how it is coloured.
    details : str
        Small print below it; its lines are kept.
    """

    text: str
    kind: str = ""
    details: str = ""


def page(title: str, blocks: Iterable[str]) -> str:
    """Give a whole page; `blocks` are what the other functions gave."""
    name = _escaped(title)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{name}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{_STYLE}</style>\n</head>\n'
        f"<body>\n<h1>{name}</h1>\n" + "\n".join(blocks) + "\n</body>\n</html>\n"
    )


def heading(text: str, level: int = 2) -> str:
    """Give a heading; `level` is 2 or 3."""
    return f"<h{level}>{_escaped(text)}</h{level}>"


def paragraph(text: str) -> str:
    """Give a paragraph."""
    return f"<p>{_escaped(text)}</p>"


def table(head: Sequence[str], rows: Iterable[Sequence[str | Cell]]) -> str:
    """Give a table; each row has as many cells as `head`."""
    lines = [
        "<table>",
        "<thead><tr>" + "".join(f"<th>{_escaped(one)}</th>" for one in head) + "</tr></thead>",
        "<tbody>",
    ]
    for row in rows:
        lines.append("<tr>" + "".join(_cell(one) for one in row) + "</tr>")
    return "\n".join((*lines, "</tbody>", "</table>"))


def _cell(cell: str | Cell) -> str:
    if isinstance(cell, str):
        return f"<td>{_escaped(cell)}</td>"
    kind = f' class="{_escaped(cell.kind)}"' if cell.kind else ""
    details = f"<br><small>{_lines(cell.details)}</small>" if cell.details else ""
    return f"<td{kind}>{_escaped(cell.text)}{details}</td>"


def _escaped(text: str) -> str:
    return html.escape(printable(text))


def _lines(text: str) -> str:
    return "\n".join(_escaped(line) for line in text.splitlines())
