"""An instance stored in each presentation context that was accepted, whatever its SOP Class.

A SOP Class of which no whole instance can be built gets the identifiers of patient, study, series and instance alone:
what an SCP makes of it is its own choice, but it has to answer (PS3.7 7.5.3, 9.1.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dicom_simulators.association import Context, Outcome, of_end, outcome
from dicom_simulators.data_sets import SOP_CLASSES, TRANSFER_SYNTAXES, build, uid
from dicom_simulators.encoding import encode_attributes
from dicom_simulators.scu.delivery import Held, status_of
from dicom_wire import Message

OPERATION = "store_in_each_context"
_PATIENT = {"PatientID": "CONFSTORE", "PatientName": "Conformance^Store"}
_BUILT = frozenset(one.uid for one in SOP_CLASSES)
_ENCODED = frozenset(one.uid for one in TRANSFER_SYNTAXES)


def store(held: Held) -> Outcome:
    """Store one instance in each accepted context; stop where the association ends.

    Returns
    -------
    Outcome
        `statuses` by context ID, as far as they came; `tried`, how many of the proposed contexts were dealt with, the
        refused ones among them.
    """
    statuses: dict[str, str] = {}
    tried = 0
    for context in held.established.contexts:
        tried += 1
        if context.result != 0:
            continue
        status = status_of(held.requestor, _request(held, context))
        if status is None:
            break
        statuses[str(context.context_id)] = f"{status:04X}"
    ended = {} if held.requestor.ended is None else of_end(held.requestor.ended)
    return {**outcome(OPERATION, "", "success"), **ended, "statuses": statuses, "tried": tried}


def of_all(ends: list[Outcome]) -> Outcome:
    """Tell of several associations: how the first one ended that did not end well, and how many statuses came."""
    bad = next((end for end in ends if end["result"] != "success"), None)
    told = (end.get("statuses") for end in ends)
    statuses = [status for each in told if isinstance(each, Mapping) for status in each.values()]
    return {**outcome(OPERATION, "", "success"), **(bad or {}), "statuses": statuses, "tried": len(statuses)}


def _request(held: Held, context: Context) -> Message:
    instance, data_set = _instance(context.abstract_syntax, context.transfer_syntax)
    command = held.requestor.command(
        "C-STORE-RQ", data_set, AffectedSOPClassUID=context.abstract_syntax, AffectedSOPInstanceUID=instance, Priority=0
    )
    return Message(context.context_id, command, data_set)


def _instance(sop_class: str, transfer_syntax: str) -> tuple[str, bytes]:
    """Give the SOP Instance UID and the data set of an instance: a whole one where it can be built."""
    own = uid(OPERATION, sop_class, transfer_syntax)
    names: dict[str, Any] = {
        **_PATIENT,
        "StudyInstanceUID": uid(OPERATION, "study"),
        "SeriesInstanceUID": uid(OPERATION, sop_class),
        "SOPInstanceUID": own,
    }
    if sop_class in _BUILT and transfer_syntax in _ENCODED:
        return own, build("smallest", sop_class, transfer_syntax, 0, **names).data_set
    plain = {"SOPClassUID": sop_class, **names, "Modality": "OT", "StudyDate": "", "AccessionNumber": "", "StudyID": ""}
    return own, encode_attributes(plain, transfer_syntax)
