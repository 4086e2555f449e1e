"""The ledger of cases: for each scenario how many cases and cells it has, and a digest of their ids.

`python tests/unit/harness/case_ledger.py` writes `tests/data/case-ledger.tsv`. A case that vanishes, or that looks at
less than before, shows there as a changed line.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from dicom_conformance.scenario.matrix import Case
from dicom_conformance.scenario.selection import cases, select
from dicom_conformance.statement.statement import load

LEDGER = Path(__file__).parents[2] / "data" / "case-ledger.tsv"
STATEMENT = "directview-5.2"


def lines(found: Iterable[Case]) -> list[str]:
    """Return one line a scenario: id, cases, cells, digest of the cases' ids."""
    known: dict[str, list[Case]] = defaultdict(list)
    for case in found:
        known[case.scenario.id].append(case)
    return [
        "\t".join((scenario, str(len(each)), str(sum(case.cells for case in each)), digest(case.id for case in each)))
        for scenario, each in sorted(known.items())
    ]


def digest(identifiers: Iterable[str]) -> str:
    """Return twelve hex digits that change when an id does."""
    return hashlib.sha256("\n".join(sorted(identifiers)).encode()).hexdigest()[:12]


def current() -> list[str]:
    """Return the lines for the scenarios as they are now."""
    return lines(cases(select(), load(STATEMENT)))


if __name__ == "__main__":
    LEDGER.write_text("\n".join(current()) + "\n", encoding="utf-8")
