"""A method of the workstation as an operation: its outcome is logged, and a wrong request is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Protocol, TypeVar

from dicom_workstation.outcome import Outcome
from dicom_workstation.printing import PrintError
from dicom_workstation.request_models import RequestError


class _Notes(Protocol):
    def note_outcome(self, outcome: Outcome) -> None: ...


Owner = TypeVar("Owner", bound=_Notes)


def as_operation(method: Callable[..., Outcome], kind: type[Outcome]) -> Callable[..., Outcome]:
    """Make a method an operation of its own name: its outcome goes into the log, and a wrong request is refused."""

    @wraps(method)
    def perform(self: Owner, peer: str | None = None, *others: object, **keywords: object) -> Outcome:
        try:
            found = method(self, peer, *others, **keywords)
        except (RequestError, PrintError) as error:
            found = kind.refused(peer, str(error))
        outcome = replace(found, operation=method.__name__)
        self.note_outcome(outcome)
        return outcome

    return perform
