"""The catalogue of faults: one small file a kind, each a frozen dataclass with one method `at(moment)`.

`FAULTS` is the index by the names that scenarios use; `build` makes a fault from a name and texts, `written` is the way
back; `describe` tells the parameters of each, for the JSON Schema. Several faults may be in force at once: each is
asked at every moment, and their actions are carried out in the order in which they came in force.

May import: `dicom_wire`, `encoding`.
Begin with `moment` (when a fault is asked, and what it may want done) and `parameters`; the faults themselves are in
one folder for each layer: `transport`, `upper_layer`, `dimse`, `data_set`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from dicom_simulators.faults.data_set import (
    ChangeDataSet,
    MissingCharacterSet,
    MultiValuedCharacterSet,
    OddValues,
    TruncatedCharacter,
    UnterminatedEscape,
    WrongCharacterSet,
)
from dicom_simulators.faults.delivery import PLAIN, Delivery, delivery_of, is_ignored, paced, prepared
from dicom_simulators.faults.dimse import (
    ChangeCommand,
    DropElement,
    DuplicateResponse,
    Respond,
    Silence,
    WrongMessageID,
)
from dicom_simulators.faults.in_force import Active, InForce
from dicom_simulators.faults.moment import (
    BEHIND_ALL,
    AbortAction,
    Action,
    ChangeDataSetAction,
    ChangePDUAction,
    CloseAction,
    DelayAction,
    Fault,
    FragmentAction,
    IgnoreAction,
    Moment,
    PaceAction,
    RefuseAction,
    RejectAction,
    ReleaseAction,
    RepeatAction,
    ReplaceAction,
    ResetAction,
    RespondAction,
    SilenceAction,
    When,
)
from dicom_simulators.faults.parameters import LONGEST_WAIT_S, ParameterDescription, describe
from dicom_simulators.faults.transport import Close, Delay, Refuse, Reset, Slice, Stall, Throttle
from dicom_simulators.faults.upper_layer import (
    Abort,
    AnswerContexts,
    AnswerTitles,
    CorruptPDU,
    EarlyRelease,
    Ignore,
    Implementation,
    LateRelease,
    MaxPDU,
    OddFragments,
    Reject,
    Release,
)

LAYERS: dict[str, dict[str, type[Any]]] = {
    "transport": {
        "close": Close,
        "delay": Delay,
        "refuse": Refuse,
        "reset": Reset,
        "slice": Slice,
        "stall": Stall,
        "throttle": Throttle,
    },
    "upper layer": {
        "abort": Abort,
        "answer_contexts": AnswerContexts,
        "answer_titles": AnswerTitles,
        "corrupt_pdu": CorruptPDU,
        "early_release": EarlyRelease,
        "ignore": Ignore,
        "implementation": Implementation,
        "late_release": LateRelease,
        "max_pdu": MaxPDU,
        "odd_fragments": OddFragments,
        "reject": Reject,
        "release": Release,
    },
    "DIMSE": {
        "change_command": ChangeCommand,
        "drop_element": DropElement,
        "duplicate_response": DuplicateResponse,
        "respond": Respond,
        "silence": Silence,
        "wrong_message_id": WrongMessageID,
    },
    "data set": {
        "change_data_set": ChangeDataSet,
        "missing_character_set": MissingCharacterSet,
        "multi_valued_character_set": MultiValuedCharacterSet,
        "odd_values": OddValues,
        "truncated_character": TruncatedCharacter,
        "unterminated_escape": UnterminatedEscape,
        "wrong_character_set": WrongCharacterSet,
    },
}
"""The faults of each layer by the names that scenarios use."""

FAULTS: dict[str, type[Any]] = {name: kind for layer in LAYERS.values() for name, kind in layer.items()}


def build(name: str, parameters: Mapping[str, object]) -> Fault:
    """Make a fault from its name and parameters, typed or as text.

    Raises
    ------
    ValueError
        No such fault, or a parameter unknown, missing or wrong; the message names it.
    """
    if name not in FAULTS:
        raise ValueError(f"no fault {name!r}; it must be one of {', '.join(FAULTS)}")
    kind = FAULTS[name]
    known = {description.name: description for description in describe(kind)}
    for given in parameters:
        if given not in known:
            raise ValueError(f"{given}: not a parameter of {name}; its parameters are {', '.join(known)}")
    for description in known.values():
        if description.required and description.name not in parameters:
            raise ValueError(f"{description.name}: {name} needs this parameter ({description.doc})")
    fault: Fault = kind(**parameters)
    return fault


def written(fault: Fault) -> dict[str, dict[str, object]]:
    """Give a fault as a scenario writes it: its name, and those of its parameters that are not the default."""
    names = {kind: name for name, kind in FAULTS.items()}
    kind = type(fault)
    if kind not in names:
        return {kind.__name__: {}}
    given: dict[str, object] = {}
    for entry in fields(kind):
        value = getattr(fault, entry.name)
        if entry.default is MISSING or value != entry.default:
            given[entry.name] = value
    if "status" in given:
        given["status"] = f"{given['status']:04X}"
    return {names[kind]: given}


__all__ = [
    "BEHIND_ALL",
    "FAULTS",
    "LAYERS",
    "LONGEST_WAIT_S",
    "PLAIN",
    "AbortAction",
    "Action",
    "Active",
    "ChangeDataSetAction",
    "ChangePDUAction",
    "CloseAction",
    "DelayAction",
    "Delivery",
    "Fault",
    "FragmentAction",
    "IgnoreAction",
    "InForce",
    "Moment",
    "PaceAction",
    "ParameterDescription",
    "RefuseAction",
    "RejectAction",
    "ReleaseAction",
    "RepeatAction",
    "ReplaceAction",
    "ResetAction",
    "RespondAction",
    "SilenceAction",
    "When",
    "build",
    "delivery_of",
    "describe",
    "is_ignored",
    "paced",
    "prepared",
    "written",
]
