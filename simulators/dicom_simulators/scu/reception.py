"""What a C-GET brings: each C-STORE-RQ kept and answered as it was asked to be (PS3.4 C.4.3)."""

from __future__ import annotations

import threading
from collections.abc import Callable

from dicom_simulators.association import (
    SOP_CLASS_NOT_SUPPORTED,
    SUCCESS,
    Answers,
    Context,
    Response,
    without_memory,
)
from dicom_simulators.scu.observer import Answer
from dicom_wire import Message, StatusClass, status_class


class Reception:
    """Answers the C-STORE-RQs of one C-GET.

    Parameters
    ----------
    answers : Answers
        The status for each instance.
    delay_s : float
        How long each answer waits, in seconds.
    keep : callable
        Keeps an instance that came; returns whether there was memory for it.
    """

    def __init__(self, answers: Answers, delay_s: float, keep: Callable[[Message, Context], bool]) -> None:
        self._answers = answers
        self._delay_s = delay_s
        self._keep = keep
        self._lock = threading.Lock()
        self._answered: dict[str, int] = {}
        self._count = 0

    def handle(self, message: Message, context: Context) -> Answer:
        """Answer one C-STORE-RQ."""
        uid = (message.command.text("AffectedSOPInstanceUID") or "").strip(" \0")
        with self._lock:
            self._count += 1
            number = self._count
        response = self._response(message, context, uid, number)
        with self._lock:
            self._answered[uid] = response.status
        return Answer(response, self._delay_s)

    def _response(self, message: Message, context: Context, uid: str, number: int) -> Response:
        if not context.scp:
            return Response(SOP_CLASS_NOT_SUPPORTED, elements={"ErrorComment": "the SCP role was not negotiated"})
        status = self._answers.status(uid, number, SUCCESS)
        if status_class(status) not in (StatusClass.SUCCESS, StatusClass.WARNING):
            return Response(status)
        return Response(status) if self._keep(message, context) else without_memory()

    @property
    def answered(self) -> dict[str, str]:
        """Each instance that came, and the status that it was answered."""
        with self._lock:
            return {uid: f"{status:04X}" for uid, status in self._answered.items()}
