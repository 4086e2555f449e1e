"""How worker processes start: what they have imported already, and what the process that starts them keeps."""

from __future__ import annotations

import subprocess
import sys

import pytest

DEADLINE_S = 60.0


def exit_status(program: str) -> int:
    """Run a program in a worker process of the reference workstation, whose server no other test has started.

    The status is not 0 either where the process that starts it finds its own environment changed.
    """
    run = f"""
import os
from dicom_conformance import worker_processes

before = dict(os.environ)
if __name__ == "__main__":
    worker_processes.start_server("embedded")
    process = worker_processes.context("embedded").Process(target=exec, args=({program!r},))
    process.start()
    process.join({DEADLINE_S})
    raise SystemExit(process.exitcode or dict(os.environ) != before)
"""
    return subprocess.run([sys.executable, "-c", run], timeout=2 * DEADLINE_S, check=False).returncode


@pytest.mark.parametrize("module", ["dicom_conformance.run.worker", "dicom_simulators.catalogue", "numpy"])
def test_a_worker_starts_with_everything_imported(module):
    assert exit_status(f"import sys; sys.exit({module!r} not in sys.modules)") == 0


def test_the_workstation_is_imported_for_the_subject_that_is_it():
    assert exit_status("import sys; sys.exit('dicom_workstation.application' not in sys.modules)") == 0


def test_a_worker_does_not_start_threads_of_linear_algebra(monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    program = "import os, sys; sys.exit(os.environ.get('OPENBLAS_NUM_THREADS') != '1')"
    assert exit_status(program) == 0


def test_where_the_path_of_a_socket_would_be_too_long_workers_start_all_the_same(monkeypatch, tmp_path):
    deep = tmp_path / ("a" * 100)
    deep.mkdir()
    monkeypatch.setenv("TMPDIR", str(deep))
    assert exit_status("import sys; sys.exit(0)") == 0
