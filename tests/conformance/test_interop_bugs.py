"""The page of reported bugs says what the workstation does today."""

from __future__ import annotations

from pathlib import Path

from dicom_conformance.field_bugs.page import page, played
from dicom_conformance.results import Verdict

PAGE = Path(__file__).parent.parent.parent / "docs" / "interop-bugs.md"


def test_the_workstation_does_with_each_reported_bug_what_the_page_says() -> None:
    results = played()
    assert {result.id: result.reason for result in results.values() if result.verdict is not Verdict.PASS} == {}
    assert page(results) == PAGE.read_text(encoding="utf-8"), (
        "python -m dicom_conformance.field_bugs.page > docs/interop-bugs.md"
    )
