"""Two runs, or two statements, side by side: what changed, and what differs.

May import: `errors`, `pages`, `results`, `statement`.
Begin with `runs` and `statements`; `comparison` is what both give.
"""

from dicom_conformance.compare.comparison import Comparison, Row
from dicom_conformance.compare.runs import compare_runs
from dicom_conformance.compare.statements import compare_statements

__all__ = ["Comparison", "Row", "compare_runs", "compare_statements"]
