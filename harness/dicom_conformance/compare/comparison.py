"""What a comparison gives: rows, each with what it is about and what came of it; as text, JSON and HTML."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass

from dicom_conformance.pages import Cell, heading, page, paragraph, table

__all__ = ["Comparison", "Row"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a comparison.

    Parameters
    ----------
    state : str
        What came of it, such as ``fixed`` or ``as claimed``.
    about : str
        A case, or a value of a statement.
    first, second : str
        What it is in the first and in the second.
    details : str
        More about it; may have several lines.
    """

    state: str
    about: str
    first: str
    second: str
    details: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two things side by side.

    Parameters
    ----------
    title : str
        What was compared.
    first, second : str
        What the columns are called.
    rows : tuple of Row
        Everything that was compared, in order.
    states : tuple of str
        All states that a row can have, in the order in which they are shown.
    bad : frozenset of str
        States that make the exit status 1.
    quiet : frozenset of str
        States that are counted, and listed in the JSON and on the page only.
    notes : tuple of str
        What has to be known to read it.
    """

    title: str
    first: str
    second: str
    rows: tuple[Row, ...]
    states: tuple[str, ...]
    bad: frozenset[str]
    quiet: frozenset[str]
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Number of rows by state; every state has an entry."""
        counted = Counter(row.state for row in self.rows)
        return {state: counted[state] for state in self.states}

    @property
    def exit_status(self) -> int:
        """1 if a row has a bad state, else 0."""
        return int(any(row.state in self.bad for row in self.rows))

    def of(self, states: Collection[str]) -> tuple[Row, ...]:
        """Give the rows of some states, in the order of the states."""
        return tuple(row for state in self.states if state in states for row in self.rows if row.state == state)

    def shown(self) -> tuple[Row, ...]:
        """Give the rows that the console shows: all that are not quiet."""
        return self.of([state for state in self.states if state not in self.quiet])

    def to_json(self) -> str:
        """Give it as JSON text."""
        content = {
            "title": self.title,
            "first": self.first,
            "second": self.second,
            "exit_status": self.exit_status,
            "counts": self.counts,
            "notes": list(self.notes),
            "rows": [asdict(row) for row in self.rows],
        }
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def to_html(self) -> str:
        """Give it as a page."""
        return page(self.title, self._blocks())

    def _blocks(self) -> Iterator[str]:
        yield from map(paragraph, self.notes)
        yield table(("", "number"), [(state, f"{count:,}") for state, count in self.counts.items()])
        for state in self.states:
            rows = self.of((state,))
            if rows:
                kind = "bad" if state in self.bad else "soft" if state in self.quiet else ""
                yield heading(f"{state[:1].upper()}{state[1:]} ({len(rows):,})")
                yield table(
                    ("", self.first, self.second),
                    [(Cell(row.about, kind, row.details), row.first, row.second) for row in rows],
                )
