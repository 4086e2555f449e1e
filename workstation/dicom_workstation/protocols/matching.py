"""Whether an image meets a condition: yes, no, or not known.

Invariants: pure. *Not known* is never taken for *no*: what becomes of it, the usage flag decides, and only when nothing
is left to ask.

References
----------
PS3.3 Sections C.23.1.1.3 (image set selectors), C.23.3.1.1 (filters), C.23.4.1.1 (selector macros)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from dicom_workstation.protocols.codes import CodedValue, region
from dicom_workstation.protocols.facts import Leaf, Question, Values, level_of
from dicom_workstation.protocols.fields import vr_of
from dicom_workstation.protocols.selector import NUMERIC, FilterOperation, ImageCondition, Value

_OBLIQUE_BELOW: Final = 0.8
"""From which direction cosine on a row or a column is along an axis of the patient."""
ORIENTATION: Final = ("ImageOrientationPatient", "PatientOrientation")
REGION: Final = ("AnatomicRegionSequence", "BodyPartExamined")
_MODALITIES: Final = "ModalitiesInStudy"


class Truth(Enum):
    """Whether something holds."""

    YES = "yes"
    NO = "no"
    ABSENT = "the image does not have it"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a condition on one image; `questions` may tell more, if it is not known, each by itself."""

    truth: Truth
    seen: str = ""
    questions: tuple[Question, ...] = ()


def attribute(leaf: Leaf, keys: Sequence[str]) -> tuple[str, Values, Verdict | None]:
    """Return the first of some attributes that an image has, and its values; or why there is none.

    Of an image that is not in memory, those of the series are looked at first: what an archive tells of the series
    decides, and what it tells of the image later does not change it.

    Parameters
    ----------
    keys : sequence of str
        Attributes that tell the same, by their paths, the one that is meant first.
    """
    is_held = leaf.image is not None and leaf.image.is_held
    for key in keys if is_held else sorted(keys, key=level_of):
        found = leaf.attributes.get(key)
        if found and (key != REGION[1] or key == keys[0] or any(_coded(each) for each in found)):
            return key, found, None
    unknown = [key for key in keys if not leaf.attributes.get(key) and not leaf.is_absent(key)]
    if not unknown:
        return "", (), Verdict(Truth.ABSENT, "absent")
    questions = sorted({each for key in unknown if (each := leaf.question(key)) is not None})
    return "", (), Verdict(Truth.UNKNOWN, "not known", tuple(questions))


def select(selector: ImageCondition, leaf: Leaf) -> Verdict:
    """Judge a condition of an image set."""
    key = selector.key
    keys = (key, *(each for each in REGION if each != key)) if key in REGION else (key,)
    if (excluded := _modality_excluded(key, selector.values, leaf)) is not None:
        return excluded
    used, values, verdict = attribute(leaf, keys)
    if verdict is not None:
        return verdict
    return _member(selector.values, _chosen(values, selector.SelectorValueNumber if used == key else 0))


def _modality_excluded(key: str, wanted: Values, leaf: Leaf) -> Verdict | None:
    """Use that a series of which the modality is not known has one of those in the study."""
    modalities = leaf.attributes.get(_MODALITIES, ())
    if key != "Modality" or not modalities or set(modalities) & set(wanted):
        return None
    if leaf.attributes.get(key) or leaf.is_absent(key):
        return None
    return Verdict(Truth.NO, f"{_MODALITIES} {_words(modalities)}")


def criterion(wanted: Values, keys: Sequence[str], leaf: Leaf) -> Verdict:
    """Judge one criterion of a definition: whether any value is among those wanted."""
    if (excluded := _modality_excluded(keys[0], wanted, leaf)) is not None:
        return excluded
    _, values, verdict = attribute(leaf, keys)
    return _member(wanted, values) if verdict is None else verdict


def passes(operation: FilterOperation, leaf: Leaf) -> Verdict:
    """Judge a filter of a display set."""
    if operation.FilterByCategory is not None:
        return _in_plane(operation, leaf)
    key = operation.key
    _, values, verdict = attribute(leaf, (key,))
    chosen = _chosen(values, operation.SelectorValueNumber)
    if operation.FilterByAttributePresence is not None:
        return _is_present(operation.FilterByAttributePresence == "PRESENT", verdict)
    if verdict is not None:
        return verdict
    if not chosen:
        return Verdict(Truth.ABSENT, f"has no value {operation.SelectorValueNumber}")
    return _compared(
        str(operation.FilterByOperator), operation.values, chosen, vr_of(operation.SelectorAttribute or "")
    )


def _is_present(is_wanted: bool, verdict: Verdict | None) -> Verdict:
    """Judge the presence of an attribute: one that is absent is an answer here, and no flag decides."""
    if verdict is not None and verdict.truth is Truth.UNKNOWN:
        return verdict
    is_there = verdict is None
    return Verdict(Truth.YES if is_there == is_wanted else Truth.NO, "it is there" if is_there else "absent")


def _chosen(values: Values, number: int) -> Values:
    """Return the value that a selector means; all of them for number 0, none if there is no such one."""
    return values if number == 0 else values[number - 1 : number]


def _member(wanted: Values, values: Values) -> Verdict:
    if not values:
        return Verdict(Truth.ABSENT, "has no such value")
    is_member = any(is_same(one, other) for one in wanted for other in values)
    return Verdict(Truth.YES if is_member else Truth.NO, _words(values))


def is_same(wanted: Value, found: Value) -> bool:
    """Whether two values are the same; a defined term of Body Part Examined is its code, and numbers are numbers."""
    if isinstance(wanted, CodedValue) or isinstance(found, CodedValue):
        one, other = _coded(wanted), _coded(found)
        return one is not None and other is not None and one.is_same(other)
    if wanted.strip() == found.strip():
        return True
    first, second = _number(wanted), _number(found)
    return first is not None and first == second


def _coded(value: Value) -> CodedValue | None:
    return value if isinstance(value, CodedValue) else region(value)


def _number(value: Value) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


_COMPARED: Final[Mapping[str, Callable[[float, list[float]], bool]]] = {
    "RANGE_INCL": lambda value, bounds: bounds[0] <= value <= bounds[1],
    "RANGE_EXCL": lambda value, bounds: value < bounds[0] or value > bounds[1],
    "GREATER_OR_EQUAL": lambda value, bounds: value >= bounds[0],
    "LESS_OR_EQUAL": lambda value, bounds: value <= bounds[0],
    "GREATER_THAN": lambda value, bounds: value > bounds[0],
    "LESS_THAN": lambda value, bounds: value < bounds[0],
}


def _compared(operator: str, wanted: Values, values: Values, vr: str) -> Verdict:
    if operator == "MEMBER_OF":
        return _member(wanted, values)
    if operator == "NOT_MEMBER_OF":
        found = _member(wanted, values)
        return Verdict(Truth.NO if found.truth is Truth.YES else Truth.YES, found.seen)
    numbers = [number for each in values if (number := _number(each)) is not None]
    if vr not in NUMERIC or len(numbers) < len(values):
        return Verdict(Truth.ABSENT, f"{_words(values)} is no number")
    bounds = [float(str(each)) for each in wanted]
    holds = all(_COMPARED[operator](each, bounds) for each in numbers)
    return Verdict(Truth.YES if holds else Truth.NO, _words(values))


def _in_plane(operation: FilterOperation, leaf: Leaf) -> Verdict:
    key, values, verdict = attribute(leaf, ORIENTATION)
    if verdict is not None:
        return verdict
    plane = plane_of(key, values)
    if not plane:
        return Verdict(Truth.ABSENT, f"{key} {_words(values)} gives no plane")
    is_member = plane in operation.values
    wanted = is_member == (operation.FilterByOperator == "MEMBER_OF")
    return Verdict(Truth.YES if wanted else Truth.NO, plane)


def plane_of(key: str, values: Values) -> str:
    """Return the plane of an image by Image Orientation (Patient) or Patient Orientation; empty if it gives none."""
    axes = _axes_of_cosines(values) if key == ORIENTATION[0] else _axes_of_letters(values)
    if axes is None:
        return ""
    return {"xy": "TRANSVERSE", "xz": "CORONAL", "yz": "SAGITTAL"}.get("".join(sorted(axes)), "OBLIQUE")


def _axes_of_cosines(values: Values) -> tuple[str, str] | None:
    numbers = cosines(values)
    if numbers is None:
        return None
    return _major_axis(numbers[:3]), _major_axis(numbers[3:])


def cosines(values: Values) -> tuple[float, ...] | None:
    """Return the six direction cosines of Image Orientation (Patient); None if there are not six."""
    numbers = [number for each in values if (number := _number(each)) is not None]
    return tuple(numbers) if len(numbers) == len(values) == 6 else None


def _major_axis(direction: tuple[float, ...]) -> str:
    sizes = [abs(each) for each in direction]
    largest = max(sizes)
    return "xyz"[sizes.index(largest)] if largest >= _OBLIQUE_BELOW else "oblique"


def _axes_of_letters(values: Values) -> tuple[str, str] | None:
    """Return the axes of Patient Orientation; a direction of several letters is along the first (PS3.3 C.7.6.1.1.1)."""
    if len(values) != 2:
        return None
    axes = {"R": "x", "L": "x", "A": "y", "P": "y", "H": "z", "F": "z"}
    row, column = (axes.get(str(each).strip()[:1]) for each in values)
    return None if row is None or column is None else (row, column)


def _words(values: Values) -> str:
    return "\\".join(map(str, values))
