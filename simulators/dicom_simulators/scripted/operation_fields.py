"""The operations of the simulators, as data: what `do` may have each of them do, and with which arguments.

The simulators read the arguments; a test holds this table against what they accept.
"""

from __future__ import annotations

from dicom_simulators.scripted.script_fields import PDU_FIELDS, OperationFields, ScriptField
from dicom_simulators.scripted.scu_fields import scu_operations


def _of_association_request(*names: str) -> tuple[ScriptField, ...]:
    return tuple(field for field in PDU_FIELDS["A-ASSOCIATE-RQ"] if field.name in names)


_HELD = ScriptField("association", "text", "name of an association that is kept open", "none")
_OPENING = (
    *_of_association_request("called_ae_title", "calling_ae_title", "contexts", "maximum_length"),
    *_of_association_request("asynchronous_operations", "roles", "extended_negotiation", "user_identity"),
)
_INFO = ScriptField("info", "text", "Printer Status Info or Execution Status Info", "none")


def _status(values: str) -> ScriptField:
    return ScriptField("status", "text", values, "the first of these")


_EVENT_TYPE = ScriptField("event_type", "number", "Event Type ID, right or wrong", "that of the status")

_MODALITY: dict[str, OperationFields] = {
    "echo": OperationFields("sends a C-ECHO-RQ", (*_OPENING, _HELD)),
    "store": OperationFields(
        "sends instances that it holds",
        (
            ScriptField("instances", "texts", "numbers, from 1, or SOP Instance UIDs of what it holds", "all"),
            ScriptField("on_failure", "text", "`continue` or `stop` after a failure", "continue"),
            ScriptField("associations", "text", "`one` for all instances, or one for `each`", "one"),
            *_OPENING,
            _HELD,
        ),
    ),
    "associate": OperationFields(
        "opens an association, and releases it unless it is kept",
        (
            ScriptField("hold", "truth", "keep it open for later steps", "false"),
            ScriptField(
                "count",
                "number",
                "how many associations; with `hold` the last has the name, the others the name with their number",
                "1; several where `contexts` are more than one association has room for",
            ),
            _HELD,
            *_OPENING,
        ),
    ),
    "release": OperationFields("releases the associations that are kept open, or the one named", (_HELD,)),
    "abort": OperationFields(
        "aborts the associations that are kept open, or the one named",
        (
            ScriptField("source", "number", "source of the A-ABORT", "0"),
            ScriptField("reason", "number", "reason of the A-ABORT", "0"),
            _HELD,
        ),
    ),
}

OPERATION_FIELDS: dict[str, dict[str, OperationFields]] = {
    "modality": _MODALITY,
    "printer": {
        "condition": OperationFields(
            "sets Printer Status and Printer Status Info, and reports them on every association",
            (_status("`NORMAL`, `WARNING` or `FAILURE`"), _INFO, _EVENT_TYPE),
        ),
        "report": OperationFields(
            "reports a condition of the printer that it does not have",
            (_status("`NORMAL`, `WARNING` or `FAILURE`"), _INFO, _EVENT_TYPE),
        ),
        "report_job": OperationFields(
            "reports an execution status of the last print job that it does not have",
            (_status("`PENDING`, `PRINTING`, `DONE` or `FAILURE`"), _INFO, _EVENT_TYPE),
        ),
        "finish": OperationFields("ends the print job at hand", (_status("`DONE` or `FAILURE`"), _INFO, _EVENT_TYPE)),
        "end": OperationFields(
            "ends every association",
            (ScriptField("how", "text", "`release`, `abort`, `close` or `reset`", "release"),),
        ),
    },
    "scu": {**_MODALITY, **scu_operations(_OPENING, _HELD)},
    "scripted": {
        "play": OperationFields(
            "connects and plays the script",
            (
                ScriptField("script", "entries", "a script instead of its own", "its own"),
                *_of_association_request("called_ae_title", "calling_ae_title"),
            ),
        ),
    },
}
"""Simulator to its operations, by name; an archive and a destination only answer."""
