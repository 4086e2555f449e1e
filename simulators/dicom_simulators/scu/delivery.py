"""Instances on their way over one association, and what became of each (PS3.4 B.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dicom_simulators.association import (
    Established,
    Outcome,
    Requestor,
    of_end,
    of_status,
    outcome,
)
from dicom_simulators.data_sets import Instance
from dicom_wire import Message, StatusClass, status_class


@dataclass(frozen=True, slots=True)
class Held:
    """An association kept open between operations."""

    requestor: Requestor
    established: Established


class Delivery:
    """Instances being sent, and what became of each."""

    def __init__(self, stops: bool) -> None:
        self._stops = stops
        self._statuses: dict[str, int] = {}
        self._not_sent: dict[str, str] = {}
        self._ended: Outcome | None = None
        self._last: int | None = None

    def send(self, held: Held, instances: Sequence[Instance]) -> Outcome:
        """Send instances on one association."""
        for position, instance in enumerate(instances):
            uid = instance.SOPInstanceUID
            context = held.established.find(instance.SOPClassUID, instance.transfer_syntax)
            if context is None:
                self._not_sent[uid] = "no presentation context accepted"
                continue
            command = held.requestor.command(
                "C-STORE-RQ",
                instance.data_set,
                AffectedSOPClassUID=instance.SOPClassUID,
                AffectedSOPInstanceUID=uid,
                Priority=0,
            )
            status = status_of(held.requestor, Message(context.context_id, command, instance.data_set))
            if status is None:
                self._ended = cut_short(held.requestor, "store")
                self._not_sent.update({left.SOPInstanceUID: "association ended" for left in instances[position:]})
                break
            self._statuses[uid] = self._last = status
            if self._stops and status_class(status) not in (StatusClass.SUCCESS, StatusClass.WARNING):
                self._not_sent.update({left.SOPInstanceUID: "not sent" for left in instances[position + 1 :]})
                break
        return self._ended or outcome("store", "", "success")

    def note(self, ended: Outcome, instances: Iterable[Instance]) -> bool:
        """Keep why an association brought nothing; return whether that ends the operation."""
        for instance in instances:
            if instance.SOPInstanceUID not in self._statuses:
                self._not_sent.setdefault(instance.SOPInstanceUID, str(ended["detail"]))
        self._ended = self._ended or ended
        return self._stops

    def outcome(self) -> Outcome:
        """Tell what became of all."""
        classes = {uid: status_class(status) for uid, status in self._statuses.items()}
        stored = [uid for uid, kind in classes.items() if kind is StatusClass.SUCCESS]
        warned = [uid for uid, kind in classes.items() if kind is StatusClass.WARNING]
        failed = [uid for uid in classes if uid not in stored and uid not in warned]
        not_stored = failed + [uid for uid in self._not_sent if uid not in classes]
        result = self._result(stored, warned, failed, not_stored)
        details = outcome("store", "", result, self._last)
        if self._ended is not None:
            details.update(
                {key: value for key, value in self._ended.items() if key in ("detail", "rejection", "abort")}
            )
        elif self._not_sent:
            details["detail"] = "; ".join(sorted(set(self._not_sent.values())))
        statuses = {uid: f"{status:04X}" for uid, status in self._statuses.items()}
        return {
            **details,
            "stored": stored,
            "stored_with_warning": warned,
            "not_stored": not_stored,
            "statuses": statuses,
        }

    def _result(self, stored: list[str], warned: list[str], failed: list[str], not_stored: list[str]) -> str:
        if (stored or warned) and not_stored:
            return "partial"
        if self._ended is not None and not failed:
            return str(self._ended["result"])
        if failed:
            return of_status(self._statuses[failed[-1]])
        if not_stored:
            return "not_accepted"
        return "warning" if warned else "success"


def status_of(requestor: Requestor, message: Message) -> int | None:
    """Send a request that has one response; return its status, None if the association ended before."""
    status = None
    for response in requestor.request(message):
        status = response.command.number("Status")
    return status if requestor.ended is None else None


def cut_short(requestor: Requestor, operation: str) -> Outcome:
    """Return the outcome of an operation whose association ended before its response."""
    ended = requestor.ended
    details = {} if ended is None else of_end(ended)
    if details.get("result") == "success":  # released by ourselves meanwhile: the operation has no result all the same
        details = {"detail": "released before the response came"}
    return {**outcome(operation, "", "connection_lost"), **details}
