"""Marks: which side broke which clause, and where in the timeline that stands."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_wire.capture import Side


@dataclass(frozen=True, slots=True)
class Mark:
    """One clause that one side broke.

    Parameters
    ----------
    connection : int
        Number of the conversation.
    by : Side
        Who broke it.
    rule : str
        Name of the standing rule, of the violation of the wire, or of the check.
    level : str
        How binding the clause is.
    at : (Side, int) or None
        The PDU that shows it: whose it is, and which of that side's, counted from 0. None for none.
    name : str
        The PDU or DIMSE message, where several events stand at that place.
    at_end : bool
        Whether the end of TCP by that side shows it.
    """

    connection: int
    by: Side
    rule: str
    clause: str
    level: str
    text: str
    at: tuple[Side, int] | None = None
    name: str = ""
    at_end: bool = False
