"""What each benchmark prints about the machine that it ran on, how it prints a ratio, and where it finds real peers."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path

_OWN_PROGRAMS = str(Path(sys.executable).parent)
_SEARCHED = [*(folder for folder in os.get_exec_path() if folder != _OWN_PROGRAMS), "/usr/sbin", _OWN_PROGRAMS]
ENVIRONMENT = {**os.environ, "TCP_NODELAY": "1", "PATH": os.pathsep.join(_SEARCHED)}
"""Of the real peers. The programs beside this Python are found last: pynetdicom installs some with DCMTK's names."""


def is_installed(program: str) -> bool:
    """Whether a program is found in the environment of the real peers."""
    return shutil.which(program, path=ENVIRONMENT["PATH"]) is not None


def machine() -> list[str]:
    """Describe this machine in lines: processor, cores, system, Python, load."""
    load = ", ".join(f"{average:.2f}" for average in os.getloadavg())
    return [
        f"processor: {_processor()}",
        f"cores: {len(os.sched_getaffinity(0))} of {os.cpu_count()} usable",
        f"system: {_system()}",
        f"Python: {platform.python_implementation()} {platform.python_version()}",
        f"load average (1, 5, 15 min): {load}",
    ]


def print_machine() -> None:
    """Print the lines of `machine` and an empty one."""
    print("\n".join(machine()), end="\n\n", flush=True)


def with_aim(ratio: float, aim: float) -> str:
    """Write a ratio, and whether it is below its aim."""
    told = f"aim: {aim:.1f} x" if ratio >= aim else f"below its aim of {aim:.1f} x"
    return f"{ratio:.2f} x ({told})"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.platform(terse=True)
    return f"{name}, {platform.system()} {platform.release()}"
