"""The page of errata: what it says, and that it is current."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_conformance.statement.errata import main, page
from dicom_conformance.statement.statement import load

PAGE = Path(__file__).resolve().parents[3] / "docs" / "errata.md"


def test_the_page_is_that_of_the_statement() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(load("directview-5.2")), (
        "python -m dicom_conformance.statement.errata > docs/errata.md"
    )


def test_every_erratum_is_on_the_page() -> None:
    statement = load("directview-5.2")
    text = " ".join(page(statement).split())  # lines are wrapped
    for erratum in statement.errata:
        assert f"## {erratum.id} (" in text
        assert " ".join(erratum.read_as.split()) in text


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["directview-5.2"]) == 0
    assert capsys.readouterr().out.startswith("# Errata of directview-5.2\n")
    assert main(["nowhere"]) == 2
    assert "no such statement" in capsys.readouterr().err
