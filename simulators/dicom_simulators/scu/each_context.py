"""An instance stored in each presentation context that was accepted, whatever its SOP Class.

Where no whole instance can be built, one that the SCU holds is sent, encoded anew where the context asks for another
transfer syntax without compression. Where it holds none either, an instance with the identifiers of patient, study,
series and instance alone is sent: what an SCP makes of it is its own choice, but it has to answer (PS3.7 7.5.3, 9.1.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dicom_simulators.association import Context, Outcome, of_end, outcome
from dicom_simulators.data_sets import SOP_CLASSES, TRANSFER_SYNTAXES, Instance, build, uid
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
        `statuses` by context ID, as far as they came; `tried`, how many of the proposed contexts were dealt with, the
        refused ones among them.
    """
    statuses: dict[str, str] = {}
    tried = 0
    for context in held.established.contexts:
        tried += 1
        if context.result != 0:
            continue
        status = status_of(held.requestor, _request(held, context, samples))
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


def _request(held: Held, context: Context, samples: Sequence[Instance]) -> Message:
    instance, data_set = _instance(context.abstract_syntax, context.transfer_syntax, samples)
    command = held.requestor.command(
        "C-STORE-RQ", data_set, AffectedSOPClassUID=context.abstract_syntax, AffectedSOPInstanceUID=instance, Priority=0
    )
    return Message(context.context_id, command, data_set)


def _instance(sop_class: str, transfer_syntax: str, samples: Sequence[Instance]) -> tuple[str, bytes]:
    """Give the SOP Instance UID and the data set of an instance: a whole one where it can be built or is a sample."""
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
    if sample is not None:
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
