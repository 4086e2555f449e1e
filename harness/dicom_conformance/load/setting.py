"""What a run is to do: the plan, within the bounds that the command line gave, and the target, if it may be loaded."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TypeVar

from dicom_conformance.errors import HarnessError
from dicom_conformance.load.measured import Setting
from dicom_conformance.load.plan import Plan
from dicom_conformance.loopback import is_on_loopback
from dicom_conformance.probe import Target

__all__ = ["ALLOWING", "Wishes", "require_allowed", "setting_of"]

ALLOWING = "--i-may-load-this-host"
NumberT = TypeVar("NumberT", int, float)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line says of a run; bounds can lower those of the plan, not raise them.

    Attributes
    ----------
    operations, rate_per_s, users, duration_s
        None where they are not given.
    calling : str
        Our AE title; empty: the plan's.
    """

    operations: int | None = None
    rate_per_s: float | None = None
    users: int | None = None
    duration_s: float | None = None
    calling: str = ""


def require_allowed(target: Target, is_allowed: bool) -> None:
    """Refuse to load another machine, unless that is allowed.

    Raises
    ------
    HarnessError
        Says which option is missing.
    """
    if not is_allowed and not is_on_loopback(target.host):
        raise HarnessError(
            f"{target.host} is another machine, and a load can stop it from serving its users; "
            f"{ALLOWING} says that you may do that"
        )


def setting_of(plan: Plan, target: Target, wishes: Wishes) -> Setting:
    """Give what a run is to do; each call gives a run of its own."""
    file = plan.file
    return Setting(
        str(plan.path),
        plan.text,
        str(target),
        wishes.calling or file.calling,
        str(time.time_ns()),
        _lower(file.at_most.operations, wishes.operations),
        _lower(file.at_most.rate_per_s, wishes.rate_per_s),
        _lower(file.users, wishes.users),
        _lower(file.duration_s, wishes.duration_s),
    )


def _lower(planned: NumberT, wished: NumberT | None) -> NumberT:
    return planned if wished is None else min(planned, wished)
