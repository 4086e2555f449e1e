"""The timing of the main job: which folders take how long, and the processor's time of all processes of a command."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
whole_run = importlib.import_module("whole_run")
sys.path.remove(str(BENCHMARKS))


def test_cases_are_counted_by_folder_and_the_longest_comes_first(tmp_path):
    results = tmp_path / "results.jsonl"
    lines = [("query/a", 1.0), ("query/b/c", 2.5), ("osm/a", 4.0), ("print/a", None)]
    results.write_text(
        "".join(
            json.dumps({"scenario": name} | ({} if took_s is None else {"elapsed_s": took_s})) + "\n"
            for name, took_s in lines
        )
    )
    assert whole_run.folders(results) == [("osm", 1, 4.0), ("query", 2, 3.5), ("print", 1, 0.0)]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel gives no time of processes that others started")
def test_the_time_of_a_process_that_outlived_its_parent_is_counted():
    burn = "import time\nwhile time.process_time() < 0.5: pass"
    leave = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {burn!r}])"
    code = f"from whole_run import timed; print(timed([__import__('sys').executable, '-c', {leave!r}])[1] > 0.5)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=BENCHMARKS, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "True\n"
