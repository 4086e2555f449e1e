"""How worker processes start: what they have imported already, and what the process that starts them keeps."""

from __future__ import annotations

import os
import tempfile

import pytest

from dicom_conformance import worker_processes

DEADLINE_S = 60.0


def exit_status(program: str) -> int | None:
    """Run a program in a worker process of the reference workstation."""
    worker_processes.start_server("embedded")
    process = worker_processes.context("embedded").Process(target=exec, args=(program,))
    process.start()
    process.join(DEADLINE_S)
    return process.exitcode


@pytest.mark.parametrize("module", ["dicom_conformance.run.worker", "dicom_simulators.catalogue", "numpy"])
def test_a_worker_starts_with_everything_imported(module):
    assert exit_status(f"import sys; sys.exit({module!r} not in sys.modules)") == 0


def test_the_workstation_is_imported_for_the_subject_that_is_it():
    assert exit_status("import sys; sys.exit('dicom_workstation.application' not in sys.modules)") == 0


def test_a_worker_does_not_start_threads_of_linear_algebra(monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    program = "import os, sys; sys.exit(os.environ.get('OPENBLAS_NUM_THREADS') != '1')"
    assert exit_status(program) == 0
    assert "OPENBLAS_NUM_THREADS" not in os.environ  # the environment of this process is as it was


def test_where_the_path_of_a_socket_would_be_too_long_workers_start_all_the_same(monkeypatch, tmp_path):
    deep = tmp_path / ("a" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    assert exit_status("import sys; sys.exit(0)") == 0
