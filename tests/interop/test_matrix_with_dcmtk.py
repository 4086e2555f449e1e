"""A small part of the matrix of docs/subjects: DCMTK's SCUs and ours with DCMTK's servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_conformance.matrix import MatrixDocument, play_matrix, read_matrix
from foreign_programs import require

FILE = Path(__file__).parents[2] / "docs" / "subjects" / "matrix.yaml"
CLIENTS, SERVERS = ("dcmtk", "scu", "workstation"), ("dcmqrscp", "storescp")


def test_the_matrix_of_the_documentation_is_five_by_five_at_least() -> None:
    matrix = read_matrix(FILE)
    assert len(matrix.clients) >= 5
    assert len(matrix.servers) >= 5


@pytest.fixture(scope="module")
def outcome():
    """Play the part of it that needs DCMTK alone."""
    require("storescp", "dcmqrscp", "storescu", "findscu", "getscu", "echoscu", package="dcmtk")
    whole = read_matrix(FILE)
    part = MatrixDocument(
        whole.path,
        {name: whole.clients[name] for name in CLIENTS},
        {name: whole.servers[name] for name in SERVERS},
    )
    return play_matrix(part, "2026-01-31")


@pytest.mark.parametrize("client", CLIENTS)
def test_everybody_works_with_an_archive(outcome, client) -> None:
    cells = outcome.of(client, "dcmqrscp")
    verdicts = {name: (cell.verdict, cell.why) for name, cell in cells.items() if name != "print"}
    assert {verdict for verdict, _ in verdicts.values()} == {"works"}, verdicts
    assert cells["print"].verdict == "not offered"


@pytest.mark.parametrize("client", CLIENTS)
def test_a_storage_scp_offers_no_more(outcome, client) -> None:
    found = {name: cell.verdict for name, cell in outcome.of(client, "storescp").items()}
    assert (found["echo"], found["store"]) == ("works", "works")
    assert {found[name] for name in ("query", "retrieve", "print")} == {"not offered"}


def test_what_was_seen_is_kept(outcome) -> None:
    evidence = outcome.of("dcmtk", "dcmqrscp")["retrieve"].evidence
    assert any("C-GET-RSP" in line for line in evidence)
