"""What a reduced conversation has to show still: a broken rule, a status, or an end of the association."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dicom_conformance.errors import HarnessError
from dicom_conformance.files import suggestion
from dicom_conformance.judge import STANDING_RULES, Breach, breaches
from dicom_conformance.results import Level
from dicom_conformance.trace import Conversation
from dicom_wire.capture import Side
from dicom_wire.violations import CLAUSES

ENDS = ("aborted", "rejected", "closed", "reset")
_STATUS = re.compile(r"(?P<message>[CN]-[A-Z-]+-RSP) (?P<status>[0-9A-Fa-f]{4})")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for.

    Parameters
    ----------
    rule : str
        A broken rule, by `side`, in `message` (any where empty); or empty.
    message, status : str
        Else a response of this name with this status, four hex digits.
    end : str
        Else how the association ends.
    """

    side: Side
    rule: str = ""
    message: str = ""
    status: str = ""
    end: str = ""

    def shown_by(self, one: Conversation) -> bool:
        """Tell whether a conversation shows it."""
        if self.rule:
            return any(self._fits(each) for each in breaches(one))
        if self.status:
            return any(
                each.name == self.message and each.status == int(self.status, 16) and each.side is self.side
                for each in one.messages
            )
        return one.end.how == self.end and one.end.by == one.name(self.side)

    def _fits(self, found: Breach) -> bool:
        return (found.rule, found.side) == (self.rule, self.side) and self.message in ("", found.message)

    def __str__(self) -> str:
        if self.rule:
            return f"{self.rule} by the {self.side.value}" + (f" in {self.message}" if self.message else "")
        return f"{self.message} {self.status}" if self.status else f"{self.end} by the {self.side.value}"


def read_finding(text: str | None, one: Conversation) -> Wanted:
    """Read what is looked for; without a text it is the first rule that the conversation breaks.

    Parameters
    ----------
    text : str or None
        The name of a rule, ``C-FIND-RSP A700``, or an end (``aborted``).

    Raises
    ------
    HarnessError
        The conversation does not show it, or nothing has this name.
    """
    found = breaches(one)
    if text is None:
        ranked = sorted(found, key=lambda each: each.level is not Level.SHALL)
        if not ranked:
            raise HarnessError("the conversation breaks no rule; --finding says what is looked for in it")
        return Wanted(ranked[0].side, ranked[0].rule, ranked[0].message)
    match = _STATUS.fullmatch(text)
    sides = (Side.ACCEPTOR, Side.REQUESTOR)
    if match is not None:
        candidates = [Wanted(side, message=match["message"], status=match["status"].upper()) for side in sides]
    elif text in ENDS:
        candidates = [Wanted(side, end=text) for side in sides]
    elif text in STANDING_RULES or text in CLAUSES:
        candidates = [Wanted(each.side, each.rule, each.message) for each in found if each.rule == text]
    else:
        known = (*STANDING_RULES, *CLAUSES, *ENDS)
        raise HarnessError(f"--finding: no rule or end {text!r}{suggestion(text, known)}")
    shown = [each for each in candidates if each.shown_by(one)]
    if not shown:
        raise HarnessError(f"the conversation does not show {text}")
    return shown[0]
