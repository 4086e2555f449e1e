"""What was found: findings, verdicts and results, and their file `results.jsonl`.

May import: `errors`, `files`.
Begin with `findings`.
"""

from dicom_conformance.files import write_whole
from dicom_conformance.results.cleanup import CLEANUP, list_for_cleanup, list_of_all
from dicom_conformance.results.findings import (
    EMPTY,
    JUDGED_AFTER,
    KEYS,
    Finding,
    Level,
    Result,
    Verdict,
    split_parameters,
)
from dicom_conformance.results.judged_capture import (
    CaptureConversation,
    CaptureEvent,
    CaptureFinding,
    CaptureRun,
    read_capture_run,
    write_capture_run,
)
from dicom_conformance.results.load_run import (
    PERCENTILES,
    LoadRun,
    LoadWorker,
    OperationFigures,
    StoredFigures,
    read_load_run,
    write_load_run,
)
from dicom_conformance.results.results import ResultsWriter, read_results, read_run, write_results, write_run
from dicom_conformance.results.run_summary import ClaimCoverage, ClaimState, Erratum, Run, StateCell

__all__ = [
    "CLEANUP",
    "EMPTY",
    "JUDGED_AFTER",
    "KEYS",
    "PERCENTILES",
    "CaptureConversation",
    "CaptureEvent",
    "CaptureFinding",
    "CaptureRun",
    "ClaimCoverage",
    "ClaimState",
    "Erratum",
    "Finding",
    "Level",
    "LoadRun",
    "LoadWorker",
    "OperationFigures",
    "Result",
    "ResultsWriter",
    "Run",
    "StateCell",
    "StoredFigures",
    "Verdict",
    "list_for_cleanup",
    "list_of_all",
    "read_capture_run",
    "read_load_run",
    "read_results",
    "read_run",
    "split_parameters",
    "write_capture_run",
    "write_load_run",
    "write_results",
    "write_run",
    "write_whole",
]
