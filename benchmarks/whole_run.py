"""The main job, timed: every case on our own workstation, and which folder of scenarios takes how much of it.

    python benchmarks/whole_run.py [SELECT ...]

It runs `dicom-conformance run` with default options in a process of its own, and prints the seconds of the whole
command, the processor's seconds in all its processes, the most memory that one of them held, and for each folder of
`scenarios/` its cases and the seconds of its cases, which overlap because cases are played side by side. The aim of
60 s is for the scenarios of the workstation's statement on two cores; the folders that say `later` came after it.
Linux only, for it gathers the processor's time of processes whose parents have ended.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from machine import print_machine

LATER = ("explorer", "osm", "protocol", "scp", "scu", "worklist")
"""Folders of scenarios that came after the aim: other products, the OSM, the explorer and its engines."""
MIB = 2**20
_SET_CHILD_SUBREAPER = 36  # of prctl(2)


def timed(command: list[str]) -> tuple[float, float]:
    """Run a command; give the seconds that it took, and those of the processor in all its processes."""
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    begin_s = time.perf_counter()
    subprocess.run(command, check=False)
    took_s = time.perf_counter() - begin_s
    while True:  # what the command left behind, the server of its workers, ends by itself
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            break
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return took_s, used.ru_utime + used.ru_stime


def folders(results: Path) -> list[tuple[str, int, float]]:
    """Give name, number of cases and seconds of each folder of scenarios, the longest first."""
    cases, seconds = Counter[str](), Counter[str]()
    for line in results.read_text(encoding="utf-8").splitlines():
        result = json.loads(line)
        folder = result["scenario"].partition("/")[0]
        cases[folder] += 1
        seconds[folder] += result.get("elapsed_s", 0.0)
    return [(folder, cases[folder], took_s) for folder, took_s in seconds.most_common()]


def main() -> None:
    """Run, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("select", nargs="*", help="scenarios, as `dicom-conformance run` takes them")
    selects = parser.parse_args().select
    print_machine()
    with tempfile.TemporaryDirectory(prefix="whole-run-") as folder:
        command = [sys.executable, "-m", "dicom_conformance", "run", "--output", folder, *selects]
        took_s, used_s = timed(command)
        run = json.loads((Path(folder) / "run.json").read_text(encoding="utf-8"))
        found = folders(Path(folder) / "results.jsonl")
    most = max(run["peak_rss_bytes"].values())
    print(f"\n{took_s:.1f} s, {used_s:.1f} s of the processor, at most {most / MIB:.0f} MiB in a process\n")
    print("| folder | cases | seconds of its cases |\n|---|---|---|")
    for name, count, seconds in found:
        print(f"| {name}{' (later)' if name in LATER else ''} | {count:,} | {seconds:.1f} |")


if __name__ == "__main__":
    main()
