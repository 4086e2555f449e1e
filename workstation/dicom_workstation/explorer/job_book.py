"""The jobs that were begun in the explorer, each with what it is about and what it says for itself, in plain words.

Invariants: progress counts what arrived, not what the archive claims; a job that was done in part says so.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dicom_workstation.control import Job, Jobs
from dicom_workstation.data_sets import counted
from dicom_workstation.operations import CANCEL, RETRIEVE

KEPT: Final = 64
DONE: Final = ("success",)


@dataclass(frozen=True, slots=True)
class Task:
    """A job and what it is about.

    Parameters
    ----------
    study : str
        Study Instance UID, if it is about one.
    begun_at : str
        HH:MM:SS.
    """

    job: Job
    title: str
    study: str
    arguments: Mapping[str, object]
    begun_at: str

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return not self.job.is_finished

    def state(self) -> TaskState:
        """Return how far it is, and what came of it."""
        return _state(self, self.job.as_dict())


@dataclass(frozen=True, slots=True)
class TaskState:
    """How a job stands.

    Parameters
    ----------
    done, total : int or None
        Of a retrieve: images that arrived, and how many there are to be; None where that is not known.
    result : str
        One word; `running` while it does.
    is_well : bool
        Whether it ended as it was meant to.
    words : str
        What a user is told of it.
    """

    id: str
    operation: str
    peer: str
    title: str
    study: str
    begun_at: str
    result: str
    is_running: bool
    is_well: bool
    done: int | None
    total: int | None
    words: str
    created: str


class JobBook:
    """The jobs that were begun here, the last first."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._tasks: dict[str, Task] = {}

    def begin(
        self, operation: str, peer: str | None, arguments: Mapping[str, object], title: str = "", study: str = ""
    ) -> Task:
        """Begin an operation; it goes on while the user does other things."""
        job = self._jobs.begin(operation, peer, arguments)
        task = Task(job, title, study, dict(arguments), time.strftime("%H:%M:%S"))
        with self._lock:
            self._tasks[job.identifier] = task
            ended = [name for name, each in self._tasks.items() if not each.is_running]
            for name in ended[: max(0, len(self._tasks) - KEPT)]:
                del self._tasks[name]
        return task

    def find(self, identifier: str) -> Task | None:
        """Return a job."""
        with self._lock:
            return self._tasks.get(identifier)

    def tasks(self) -> tuple[Task, ...]:
        """Return all of them, the last first; to cancel another is no job of its own to a user."""
        with self._lock:
            return tuple(each for each in reversed(self._tasks.values()) if each.job.operation != CANCEL.name)

    def running(self) -> tuple[Task, ...]:
        """Return those that run."""
        return tuple(each for each in self.tasks() if each.is_running)

    def retrieved(self) -> Mapping[str, TaskState]:
        """Return the last retrieve of each study as a whole, and any that runs, by Study Instance UID."""
        found: dict[str, TaskState] = {}
        for task in self.tasks():
            is_whole = task.arguments.get("level", "STUDY") == "STUDY" or task.is_running
            if task.job.operation == RETRIEVE.name and is_whole:
                found.setdefault(task.study, task.state())
        return found


def _state(task: Task, job: Mapping[str, object]) -> TaskState:
    outcome = job["outcome"]
    ended = outcome if isinstance(outcome, Mapping) else None
    progress = job["progress"]
    last = progress[-1] if isinstance(progress, list) and progress else {}
    done, total = _counted(last if ended is None else {**last, **ended})
    result = "running" if ended is None else str(ended["result"])
    return TaskState(
        id=task.job.identifier,
        operation=task.job.operation,
        peer=task.job.peer or "",
        title=task.title,
        study=task.study,
        begun_at=task.begun_at,
        result=result,
        is_running=ended is None,
        is_well=result in DONE,
        done=done,
        total=total,
        words=ending(ended) if ended is not None else printing(last) or _progress(done, total),
        created=str((ended or {}).get("SOPInstanceUID") or ""),
    )


def _counted(counts: Mapping[str, object]) -> tuple[int | None, int | None]:
    """Return how many images arrived, and how many there are to be."""
    if "arrived" not in counts:
        return None, None
    told = [
        count for name in ("completed", "failed", "warning", "remaining") if isinstance(count := counts.get(name), int)
    ]
    arrived = counts["arrived"]
    return (arrived if isinstance(arrived, int) else None), (sum(told) if told else None)


def printing(last: Mapping[str, object]) -> str:
    """Say how far a print job is; empty for other jobs."""
    match last:
        case {"film": int(film), "image": int(image), "images": int(images)}:
            return f"film {film}, image {image} of {images} sent"
        case {"film": int(film), "result": str(result)}:
            return f"film {film}: {result.replace('_', ' ')}"
        case {"print_job": str(), "execution_status": str(status)}:
            return f"the printer reports {status}"
    return ""


def _progress(done: int | None, total: int | None) -> str:
    if done is None:
        return "running"
    return f"{done} of {total} images arrived" if total is not None else f"{counted(done, 'image')} arrived"


def ending(outcome: Mapping[str, object]) -> str:
    """Say what came of an operation: the counts that matter, the status, the reason."""
    parts: list[str] = []
    match outcome:
        case {"arrived": int(arrived)}:
            parts += _of_a_retrieve(outcome, arrived)
        case {"films_printed": int(printed), "films_failed": int(failed)}:
            parts.append(f"{counted(printed, 'film')} printed" + (f", {failed} failed" if failed else ""))
        case {"stored": list(stored), "not_stored": list(lost), "stored_with_warning": list(warned)}:
            if stored or lost or warned:
                parts.append(f"{len(stored) + len(warned)} stored" + (f", {len(lost)} not stored" if lost else ""))
    status, detail = outcome.get("status"), outcome.get("detail")
    if status and status != "0000":
        parts.append(f"status {status}")
    if detail:
        parts.append(str(detail))
    return "; ".join(parts)


def _of_a_retrieve(outcome: Mapping[str, object], arrived: int) -> list[str]:
    failed, missing = outcome.get("failed"), outcome.get("missing")
    if isinstance(missing, int) and missing:
        parts = [f"{arrived} of {arrived + missing} images arrived, {missing} did not"]
    else:
        parts = [f"{counted(arrived, 'image')} arrived"]
    if isinstance(failed, int) and failed:
        parts.append(f"{failed} could not be sent by the archive")
    return parts
