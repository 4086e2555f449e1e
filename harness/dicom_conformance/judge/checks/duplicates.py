"""Which of several data sets that were stored under one SOP Instance UID came back, for the check `store`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from dicom_conformance.judge.checks.choice import finding, listed
from dicom_conformance.judge.checks.exchange import exchanges
from dicom_conformance.judge.checks.same_instance import difference
from dicom_conformance.results import Finding
from dicom_conformance.trace import Held, Trace
from dicom_wire.statuses import StatusClass, status_class

CHECK = "store"
Promise = Literal["whole", "keeps_first", "replaces", "refuses"]
EXPECTED: Mapping[Promise, str] = MappingProxyType(
    {
        "whole": "one of the data sets that were taken comes back as it was sent",
        "keeps_first": "the data set that was stored first comes back",
        "replaces": "the data set that was stored last comes back",
        "refuses": "another data set under the same UID is answered with a failure, and the first one comes back",
    }
)
_TAKEN = (StatusClass.SUCCESS, StatusClass.WARNING)


def judge(trace: Trace, held: tuple[Held, ...], promise: Promise) -> Finding:
    """Judge what an AE got back of each instance that the subject was sent more than once."""
    said = [_came_back(trace, one, promise) for one in held]
    wrong = [text for is_met, text in said if not is_met]
    actual = listed(wrong or (text for _, text in said), none="no instance came back")
    return finding(CHECK, bool(held) and not wrong, EXPECTED[promise], actual)


def _came_back(trace: Trace, one: Held, promise: Promise) -> tuple[bool, str]:
    """Tell whether the data set that came back is the right one, and which it is."""
    sent = _sent(trace, one.SOPInstanceUID)
    if len(sent) < 2:
        return False, f"{one.SOPInstanceUID} was stored {len(sent)} times"
    taken = [number for number, (_, status) in enumerate(sent) if status is not None and status_class(status) in _TAKEN]
    found = [number for number, (data, _) in enumerate(sent) if difference(data, one) is None]
    last = len(sent) - 1
    right = {
        "whole": bool(set(found) & set(taken)),
        "keeps_first": bool(taken) and taken[0] in found,
        "replaces": last in taken and last in found,
        "refuses": bool(taken) and taken[0] in found and last not in taken,
    }[promise]
    statuses = ", ".join("no answer" if status is None else f"{status:04X}" for _, status in sent)
    which = " and ".join(str(number + 1) for number in found) or "none"
    return right, f"data set {which} of {len(sent)} came back; they were answered {statuses}"


def _sent(trace: Trace, uid: str) -> list[tuple[Held, int | None]]:
    """Give each data set that the subject was sent under a UID, and the status that it answered."""
    found = []
    for one in exchanges(trace, ("C-STORE-RQ",), None, None):
        request, named = one.request, (one.request.command.text("AffectedSOPInstanceUID") or "").strip(" \0")
        if request.sender == trace.subject or named != uid or request.data_set is None:
            continue
        sop_class = request.command.text("AffectedSOPClassUID") or ""
        data = Held(sop_class, uid, request.transfer_syntax or "", request.data_set)
        found.append((data, None if one.final is None else one.final.status))
    return found
