"""What a matrix gives: a verdict for each client, server and question, with its evidence; as JSON and as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from dicom_conformance import pages
from dicom_conformance.files import counted
from dicom_conformance.matrix.cells import CELLS, Verdict

__all__ = ["CellOutcome", "MatrixOutcome"]

_KINDS: Mapping[Verdict, str] = {"works": "good", "fails": "bad", "not offered": "soft"}


@dataclass(frozen=True, slots=True)
class CellOutcome:
    """One cell.

    Parameters
    ----------
    client, server, cell : str
    verdict : str
    why : str
        In a sentence.
    evidence : tuple of str
        What was seen on the wire, in lines.
    """

    client: str
    server: str
    cell: str
    verdict: Verdict
    why: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MatrixOutcome:
    """A whole matrix."""

    clients: tuple[str, ...]
    servers: tuple[str, ...]
    cells: tuple[CellOutcome, ...]
    date: str

    @property
    def exit_status(self) -> int:
        """1 if a cell fails, else 0."""
        return int(any(cell.verdict == "fails" for cell in self.cells))

    def of(self, client: str, server: str) -> dict[str, CellOutcome]:
        """Give the cells of a client and a server, by their names."""
        return {one.cell: one for one in self.cells if (one.client, one.server) == (client, server)}

    def to_json(self) -> str:
        """Give it as JSON text."""
        content = {
            "date": self.date,
            "clients": list(self.clients),
            "servers": list(self.servers),
            "exit_status": self.exit_status,
            "cells": [asdict(cell) for cell in self.cells],
        }
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

    def to_html(self) -> str:
        """Give it as a page."""
        return pages.page(f"Who works with whom, {self.date}", self._blocks())

    def count(self, verdict: Verdict) -> int:
        """Count the cells with a verdict."""
        return sum(1 for cell in self.cells if cell.verdict == verdict)

    def _blocks(self) -> Iterator[str]:
        yield pages.paragraph(
            f"{counted(len(self.clients), 'client')} with {counted(len(self.servers), 'server')}: {self.summary()}. A "
            "question works or fails by what was seen on the wire, whatever the client says. It is not offered where "
            "the client cannot ask it, or where the server accepts no presentation context for it."
        )
        overview = [self._overview(client) for client in self.clients]
        yield pages.table(("client", *self.servers), overview)
        for question in CELLS:
            yield pages.heading(question.name[:1].upper() + question.name[1:])
            yield pages.table(("client", *self.servers), [self._row(client, question.name) for client in self.clients])
        yield pages.heading("What was seen on the wire")
        for cell in self.cells:
            if cell.evidence:
                title = f"{cell.cell}: {cell.client} with {cell.server}"
                yield pages.table((title,), [(pages.Cell(cell.why, _KINDS[cell.verdict], "\n".join(cell.evidence)),)])

    def summary(self) -> str:
        """Give the counts in words."""
        return ", ".join(f"{verdict}: {self.count(verdict)}" for verdict in _KINDS)

    def _overview(self, client: str) -> list[str | pages.Cell]:
        return [client, *(self._verdicts(client, server) for server in self.servers)]

    def _verdicts(self, client: str, server: str) -> pages.Cell:
        """Give the questions of a client and a server by their verdicts: what fails comes first."""
        cells = self.of(client, server).values()
        names = {verdict: ", ".join(cell.cell for cell in cells if cell.verdict == verdict) for verdict in _KINDS}
        worst: Verdict = "fails" if names["fails"] else "works" if names["works"] else "not offered"
        others = [f"{verdict}: {names[verdict]}" for verdict in _KINDS if verdict != worst and names[verdict]]
        return pages.Cell(f"{worst}: {names[worst]}", _KINDS[worst], "\n".join(others))

    def _row(self, client: str, question: str) -> list[str | pages.Cell]:
        row: list[str | pages.Cell] = [client]
        for server in self.servers:
            cell = self.of(client, server).get(question)
            row.append("" if cell is None else pages.Cell(cell.verdict, _KINDS[cell.verdict], cell.why))
        return row
