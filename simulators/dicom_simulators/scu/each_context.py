"""An instance stored in each presentation context that was accepted, whatever its SOP Class.

Where no whole instance can be built, one that the SCU holds is sent, encoded anew where the context asks for another
transfer syntax without compression. Where it holds none either, nothing is sent: an instance without what its IOD
demands says nothing about the SCP. A SOP Class that nobody assigned has no IOD; its instance has the identifiers of
patient, study, series and instance alone, and has to be answered like any other (PS3.7 7.5.3, 9.1.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dicom_simulators.association import Context, Outcome, of_end, outcome
from dicom_simulators.data_sets import SOP_CLASSES, TRANSFER_SYNTAXES, UNASSIGNED_SOP_CLASS, Instance, build, uid
from dicom_simulators.encoding import UNCOMPRESSED, encode_attributes, transcode
from dicom_simulators.scu.delivery import Held, status_of
from dicom_wire import Message

OPERATION = "store_in_each_context"
_PATIENT = {"PatientID": "CONFSTORE", "PatientName": "Conformance^Store"}
_BUILT = frozenset(one.uid for one in SOP_CLASSES)
_ENCODED = frozenset(one.uid for one in TRANSFER_SYNTAXES)


def store(held: Held, samples: Sequence[Instance] = ()) -> Outcome:
    """Store one instance in each accepted context; stop where the association ends.

    Parameters
    ----------
    held : Held
        The association.
    samples : sequence of Instance
        What is sent of the SOP Classes of which no whole instance can be built.

    Returns
    -------
    Outcome
        `statuses` by context ID, as far as they came; `not_built`, the SOP Classes of accepted contexts in which
        nothing was sent; `tried`, how many of the proposed contexts were dealt with, the refused ones among them.
    """
    statuses: dict[str, str] = {}
    not_built: list[str] = []
    tried = 0
    for context in held.established.contexts:
        tried += 1
        if context.result != 0:
            continue
        made = _instance(context.abstract_syntax, context.transfer_syntax, samples)
        if made is None:
            not_built.append(context.abstract_syntax)
            continue
        status = status_of(held.requestor, _request(held, context, *made))
        if status is None:
            break
        statuses[str(context.context_id)] = f"{status:04X}"
    ended = {} if held.requestor.ended is None else of_end(held.requestor.ended)
    return {**outcome(OPERATION, "", "success"), **ended, "statuses": statuses, "not_built": not_built, "tried": tried}


def of_all(ends: list[Outcome]) -> Outcome:
    """Sum up several associations: how the first one ended that did not end well, and what came of the contexts."""
    bad = next((end for end in ends if end["result"] != "success"), None)
    by_context = (end.get("statuses") for end in ends)
    statuses = [status for each in by_context if isinstance(each, Mapping) for status in each.values()]
    lists = (end.get("not_built") for end in ends)
    not_built = list(dict.fromkeys(uid for each in lists if isinstance(each, list) for uid in each))
    summary: Outcome = {"statuses": statuses, "not_built": not_built, "tried": len(statuses)}
    return {**outcome(OPERATION, "", "success"), **(bad or {}), **summary}


def _request(held: Held, context: Context, instance: str, data_set: bytes) -> Message:
    command = held.requestor.command(
        "C-STORE-RQ", data_set, AffectedSOPClassUID=context.abstract_syntax, AffectedSOPInstanceUID=instance, Priority=0
    )
    return Message(context.context_id, command, data_set)


def _instance(sop_class: str, transfer_syntax: str, samples: Sequence[Instance]) -> tuple[str, bytes] | None:
    """Give the SOP Instance UID and the data set of a whole instance; None where it is neither built nor a sample."""
    own = uid(OPERATION, sop_class, transfer_syntax)
    names: dict[str, Any] = {
        **_PATIENT,
        "StudyInstanceUID": uid(OPERATION, "study"),
        "SeriesInstanceUID": uid(OPERATION, sop_class),
        "SOPInstanceUID": own,
    }
    if sop_class in _BUILT and transfer_syntax in _ENCODED:
        return own, build("smallest", sop_class, transfer_syntax, 0, **names).data_set
    sample = _sample(sop_class, transfer_syntax, samples)
    if sample is not None or sop_class != UNASSIGNED_SOP_CLASS:
        return sample
    plain = {"SOPClassUID": sop_class, **names, "Modality": "OT", "StudyDate": "", "AccessionNumber": "", "StudyID": ""}
    return own, encode_attributes(plain, transfer_syntax)


def _sample(sop_class: str, transfer_syntax: str, samples: Sequence[Instance]) -> tuple[str, bytes] | None:
    """Give a sample of a SOP Class: one that is in the transfer syntax, else one that can be encoded in it."""
    fitting = [one for one in samples if one.SOPClassUID == sop_class]
    for one in fitting:
        if one.transfer_syntax == transfer_syntax:
            return one.SOPInstanceUID, one.data_set
    for one in fitting if transfer_syntax in UNCOMPRESSED else ():
        data_set = transcode(one.data_set, one.transfer_syntax, transfer_syntax)
        if data_set is not None:
            return one.SOPInstanceUID, data_set
    return None
