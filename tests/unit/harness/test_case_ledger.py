"""No case vanishes unseen: what the catalogue calls for is what the ledger says."""

from __future__ import annotations

from case_ledger import LEDGER, current, digest


def test_the_catalogue_calls_for_the_cases_of_the_ledger() -> None:
    kept = LEDGER.read_text(encoding="utf-8").splitlines()
    now = current()
    assert len(kept) > 600
    assert {line for line in kept if line not in now} == set(), "gone or changed"
    assert {line for line in now if line not in kept} == set(), "new: python tests/unit/harness/case_ledger.py"


def test_a_renamed_case_changes_the_digest() -> None:
    assert digest(["a/b[1]", "a/b[2]"]) == digest(["a/b[2]", "a/b[1]"])
    assert digest(["a/b[1]"]) != digest(["a/b[one]"])
