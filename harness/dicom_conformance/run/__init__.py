"""Runs all cases: workers, progress, JUnit; standalone simulators; the JSON Schemas.

May import: everything of the harness.
Begin with `runner`.
"""

from dicom_conformance.run import command, file_check, markdown_summary, memory, progress, runner, simulation
from dicom_conformance.run.choice import Choice
from dicom_conformance.run.configuration_check import WorkstationFile
from dicom_conformance.run.dispatch import Dependencies, automatic_processes, processes_that_wait
from dicom_conformance.run.junit import write
from dicom_conformance.run.merge import Merged, merge
from dicom_conformance.run.recorded import RecordedResults
from dicom_conformance.run.runner import Outcome, run
from dicom_conformance.run.shards import Shard, read_shard
from dicom_conformance.run.standalone import SIMULATORS, StandaloneFile, contents_in_lines, make_simulator, wrong_option
from dicom_conformance.run.worker import RunRequest

__all__ = [
    "SIMULATORS",
    "Choice",
    "Dependencies",
    "Merged",
    "Outcome",
    "RecordedResults",
    "RunRequest",
    "Shard",
    "StandaloneFile",
    "WorkstationFile",
    "automatic_processes",
    "command",
    "contents_in_lines",
    "file_check",
    "make_simulator",
    "markdown_summary",
    "memory",
    "merge",
    "processes_that_wait",
    "progress",
    "read_shard",
    "run",
    "runner",
    "simulation",
    "write",
    "wrong_option",
]
