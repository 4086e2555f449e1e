"""The names within expectations, events and holdings: peers, PDUs, DIMSE messages, elements, recipes, files.

An unknown name would never be found, and a typing error in a scenario would be reported as the
subject's fault, or go by unnoticed. So names are judged when the file is read, like its keys. What holds a variable is
judged once it is bound.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydicom.datadict import tag_for_keyword

from dicom_conformance.files import Location, has_variable, suggestion
from dicom_simulators.data_sets import RECIPES, SOP_CLASSES, TRANSFER_SYNTAXES
from dicom_simulators.scripted import read_script
from dicom_wire import MESSAGE_TYPES
from dicom_wire.command_elements import BY_KEYWORD
from dicom_wire.pdu import AAbort, AAssociateAC, AAssociateRJ, AAssociateRQ, AReleaseRP, AReleaseRQ, PDataTF

Mistakes = Iterator[tuple[Location, str]]

SHIPPED = "pydicom:"
"""The beginning of a path that names a file which ships with pydicom."""

PDU_NAMES = tuple(
    kind.NAME for kind in (AAssociateRQ, AAssociateAC, AAssociateRJ, PDataTF, AReleaseRQ, AReleaseRP, AAbort)
)
MESSAGE_NAMES = tuple(row.name for row in MESSAGE_TYPES)
#: Fields of any expectation or event that name an AE of the scenario.
PARTIES = ("sender", "requestor", "acceptor", "ae", "peer", "released_by")
#: Fields of the check `data_set` that list elements, by name or as keys.
ELEMENT_FIELDS = ("contains", "bytes", "present", "empty", "absent", "only")
#: Fields of a holding, and what each may say.
HOLDING_NAMES: Mapping[str, tuple[str, ...]] = {
    "recipe": tuple(RECIPES),
    "sop_class": tuple(each.uid for each in SOP_CLASSES),
    "transfer_syntax": tuple(each.uid for each in TRANSFER_SYNTAXES),
}

_ITEM = re.compile(r"\[\d+\]\Z")
_UNKNOWN_MESSAGE = re.compile(r"unknown( 0x[0-9A-F]{4})?\Z")


def mistakes(noun: str, value: Mapping[str, Any], parties: Sequence[str]) -> Mistakes:
    """Yield what is wrong with the names of an expectation: where below its noun, and why."""
    yield from _parties(value, parties)
    for field in ("message", "order"):
        yield from _each(value, field, _message)
    match noun:
        case "pdu":
            yield from _each(value, "type", _pdu)
        case "dimse":
            yield from _each(value, "fields", _command_element)
        case "data_set":
            for field in ELEMENT_FIELDS:
                yield from _each(value, field, _element)
        case "film":
            for field in ("session", "box", "image"):
                yield from _each(value, field, _element)
        case "elapsed":
            for field in ("from", "to"):
                for location, message in event_mistakes(value.get(field), parties):
                    yield (field, *location), message


def event_mistakes(value: Any, parties: Sequence[str]) -> Mistakes:
    """Yield what is wrong with the names of an event, as `wait` and the check `elapsed` name it."""
    if isinstance(value, Mapping):
        yield from _parties(value, parties)
        yield from _each(value, "pdu", _pdu)
        yield from _each(value, "dimse", _message)


def holding_mistakes(holding: Mapping[str, Any], base: Path) -> Mistakes:
    """Yield what is wrong with the names of what a peer holds; relative paths are relative to `base`."""
    for field, known in HOLDING_NAMES.items():
        name = holding.get(field)
        if isinstance(name, str) and not has_variable(name) and name not in known:
            near = suggestion(name, known) if field == "recipe" else ""
            yield (field,), f"no data set can be built for the {field.replace('_', ' ')} {name!r}{near}"
    for field in ("file", "folder"):
        path = holding.get(field)
        if isinstance(path, str) and not has_variable(path) and not path.startswith(SHIPPED):
            place = base / Path(path).expanduser()
            if not (place.is_dir() if field == "folder" else place.is_file()):
                yield (field,), f"there is no such {field}: {path}"


def script_mistakes(script: Sequence[Any]) -> Mistakes:
    """Yield what is wrong with the lines of a script: which, and why."""
    for index, line in enumerate(script):
        if has_variable(line):
            continue
        try:
            read_script([line])
        except ValueError as error:
            yield (index,), str(error).removeprefix("step 1: ")


def _parties(value: Mapping[str, Any], parties: Sequence[str]) -> Mistakes:
    def mistake(name: str) -> str:
        return "" if name in parties else f"no peer of this scenario is named {name!r}{suggestion(name, parties)}"

    for field in PARTIES:
        yield from _each(value, field, mistake)


def _each(value: Mapping[str, Any], field: str, mistake: Callable[[str], str]) -> Mistakes:
    """Judge a name, each of a list of names, or each key of a mapping."""
    given = value.get(field)
    if isinstance(given, str):
        named: list[tuple[Location, Any]] = [((field,), given)]
    elif isinstance(given, Mapping):
        named = [((field, key), key) for key in given]
    else:
        named = [((field, index), name) for index, name in enumerate(given)] if isinstance(given, list) else []
    for location, name in named:
        if isinstance(name, str) and not has_variable(name) and (message := mistake(name)):
            yield location, message


def _pdu(name: str) -> str:
    return "" if name in PDU_NAMES else f"no PDU is named {name!r}{suggestion(name, PDU_NAMES)}"


def _message(name: str) -> str:
    if name in MESSAGE_NAMES or _UNKNOWN_MESSAGE.match(name):
        return ""
    return f"no DIMSE message is named {name!r}{suggestion(name, MESSAGE_NAMES)}"


def _command_element(keyword: str) -> str:
    known = tuple(BY_KEYWORD)
    return "" if keyword in known else f"no command element has the keyword {keyword!r}{suggestion(keyword, known)}"


def _element(path: str) -> str:
    for step in path.split("."):
        keyword = _ITEM.sub("", step)
        if tag_for_keyword(keyword) is None:
            return f"no element has the keyword {keyword!r}"
    return ""
