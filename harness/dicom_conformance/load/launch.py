"""Starts Locust as a process of its own, in which gevent patches what it will, and waits for its end."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

from dicom_conformance.errors import HarnessError
from dicom_conformance.interruption import waiting
from dicom_conformance.load.measured import MEASURED
from dicom_conformance.load.plan import Plan
from dicom_conformance.load.setting import ALLOWING, Wishes
from dicom_conformance.play import reserved_port
from dicom_conformance.probe import Target

__all__ = ["LOCUSTFILE", "LOG", "measure", "require_locust"]

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
LOG = "locust.log"
BEGINS_WITHIN_S = 120.0
ENDS_WITHIN_S = 120.0
LAST_LINES = 5


def require_locust() -> None:
    """Refuse to go on without Locust, which is in an extra of its own.

    Raises
    ------
    HarnessError
        Says how to install it.
    """
    if importlib.util.find_spec("locust") is None:
        raise HarnessError("Locust is not installed; pip install 'dicom-conformance[load]' installs it")


def measure(plan: Plan, target: Target, wishes: Wishes, processes: int, is_allowed: bool, folder: Path) -> None:
    """Run a load without a web page, and write what was measured into a folder, which the caller holds.

    Parameters
    ----------
    processes : int
        1: Locust's one process acts by itself; more: so many workers of its own.

    Raises
    ------
    HarnessError
        Locust could not be started, or ended without a result.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MEASURED).unlink(missing_ok=True)
    log = folder / LOG
    words = _words(plan, target, wishes, is_allowed, folder)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    within_s = plan.file.duration_s + 3 * plan.file.answer_s + BEGINS_WITHIN_S
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "locust", *words, *_workers(processes)],
            cwd=folder,
            start_new_session=True,  # an interrupt of the terminal reaches it through us, and once only
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _await_end(process, within_s)
    if not (folder / MEASURED).is_file():
        last = " ".join(log.read_text(errors="replace").split("\n")[-LAST_LINES:])
        raise HarnessError(f"Locust ended without a result (exit status {process.returncode}): {last}; see {log}")


def _words(plan: Plan, target: Target, wishes: Wishes, is_allowed: bool, folder: Path) -> list[str]:
    words = ["-f", str(LOCUSTFILE), "--headless", "--only-summary", "--measure-only"]
    words += ["--plan", str(plan.path.absolute()), "--host", str(target), "--output", str(folder.absolute())]
    given = (
        ("--count", wishes.operations),
        ("--rate", wishes.rate_per_s),
        ("--users", wishes.users),
        ("--duration", wishes.duration_s),
        ("--calling", wishes.calling or None),
    )
    for option, value in given:
        words += [option, str(value)] if value is not None else []
    return [*words, ALLOWING] if is_allowed else words


def _workers(processes: int) -> list[str]:
    """Give the options for so many workers, which find their master at a port of this machine."""
    if processes == 1:
        return []
    number = str(reserved_port())
    master = ["--master-bind-host", "127.0.0.1", "--master-bind-port", number, "--master-port", number]
    wait = ["--expect-workers-max-wait", f"{BEGINS_WITHIN_S:.0f}"]
    return ["--processes", str(processes), *master, *wait]


def _await_end(process: subprocess.Popen[bytes], within_s: float) -> None:
    """Wait for the end; an interrupt is passed on, so that what was measured until then is written."""
    try:
        with waiting():
            process.wait(within_s)
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.terminate()
        raise HarnessError(f"Locust did not end within {within_s:.0f} s") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
