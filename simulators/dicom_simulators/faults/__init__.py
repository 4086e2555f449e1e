"""The catalogue of faults: one small file a kind, each a frozen dataclass with one method `at(moment)`.

`FAULTS` is the index by the names that scenarios use; `build` makes a fault from a name and texts; `describe` tells
the parameters of each, for the JSON Schema. Several faults may be in force at once: each is asked at every moment, and
their actions are carried out in the order in which they came in force.

May import: `dicom_wire`, `encoding`.
Begin with `moment` (when a fault is asked, and what it may want done) and `parameters`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dicom_simulators.faults.abort import Abort
from dicom_simulators.faults.close import Close
from dicom_simulators.faults.delay import Delay
from dicom_simulators.faults.drop_element import DropElement
from dicom_simulators.faults.duplicate_response import DuplicateResponse
from dicom_simulators.faults.in_force import InForce
from dicom_simulators.faults.missing_character_set import MissingCharacterSet
from dicom_simulators.faults.moment import (
    AbortAction,
    Action,
    ChangeDataSetAction,
    CloseAction,
    DelayAction,
    Fault,
    Moment,
    RejectAction,
    ReleaseAction,
    RepeatAction,
    ReplaceAction,
    ResetAction,
    RespondAction,
    SilenceAction,
    When,
)
from dicom_simulators.faults.multi_valued_character_set import MultiValuedCharacterSet
from dicom_simulators.faults.parameters import ParameterDescription, describe
from dicom_simulators.faults.reject import Reject
from dicom_simulators.faults.release import Release
from dicom_simulators.faults.reset import Reset
from dicom_simulators.faults.respond import Respond
from dicom_simulators.faults.silence import Silence
from dicom_simulators.faults.truncated_character import TruncatedCharacter
from dicom_simulators.faults.unterminated_escape import UnterminatedEscape
from dicom_simulators.faults.wrong_character_set import WrongCharacterSet
from dicom_simulators.faults.wrong_message_id import WrongMessageID

FAULTS: dict[str, type[Any]] = {
    "abort": Abort,
    "close": Close,
    "delay": Delay,
    "drop_element": DropElement,
    "duplicate_response": DuplicateResponse,
    "missing_character_set": MissingCharacterSet,
    "multi_valued_character_set": MultiValuedCharacterSet,
    "truncated_character": TruncatedCharacter,
    "unterminated_escape": UnterminatedEscape,
    "wrong_character_set": WrongCharacterSet,
    "reject": Reject,
    "release": Release,
    "reset": Reset,
    "respond": Respond,
    "silence": Silence,
    "wrong_message_id": WrongMessageID,
}


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


__all__ = [
    "FAULTS",
    "AbortAction",
    "Action",
    "ChangeDataSetAction",
    "CloseAction",
    "DelayAction",
    "Fault",
    "InForce",
    "Moment",
    "ParameterDescription",
    "RejectAction",
    "ReleaseAction",
    "RepeatAction",
    "ReplaceAction",
    "ResetAction",
    "RespondAction",
    "SilenceAction",
    "When",
    "build",
    "describe",
]
