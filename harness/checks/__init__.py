"""The checks: one noun a file, each a pure function from a trace and what was wanted to findings."""

from __future__ import annotations

from harness.checks.association import AssociationWanted
from harness.checks.context import ContextWanted
from harness.checks.data_set import DataSetWanted
from harness.checks.dimse import DimseWanted
from harness.checks.elapsed import ElapsedWanted
from harness.checks.event import Event
from harness.checks.log import LogWanted
from harness.checks.outcome import OutcomeWanted
from harness.checks.pdu import PduWanted
from harness.checks.store import StoreWanted
from harness.checks.wanted import Wanted

__all__ = ["WANTED", "Event", "Wanted"]

WANTED: dict[str, type[Wanted]] = {
    "association": AssociationWanted,
    "context": ContextWanted,
    "pdu": PduWanted,
    "dimse": DimseWanted,
    "data_set": DataSetWanted,
    "store": StoreWanted,
    "outcome": OutcomeWanted,
    "log": LogWanted,
    "elapsed": ElapsedWanted,
}
"""The model of what each noun may want; scenarios are validated with it."""
