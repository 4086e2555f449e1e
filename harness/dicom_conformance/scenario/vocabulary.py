"""The names within expectations, events and holdings: peers, PDUs, DIMSE messages, elements, recipes, files.

An unknown name would never be found, and a typing error in a scenario would be reported as the
subject's fault, or go by unnoticed. So names are judged when the file is read, like its keys. What holds a variable is
judged once it is bound.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pydicom._dicom_dict import DicomDictionary
from pydicom.datadict import dictionary_VR, tag_for_keyword

from dicom_conformance.files import Location, has_variable, suggestion
from dicom_simulators import SIMULATORS
from dicom_simulators.data_sets import RECIPES, SOP_CLASSES, TRANSFER_SYNTAXES
from dicom_simulators.encoding import DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
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
PDU_FIELDS: Mapping[str, tuple[str, ...]] = {
    kind.NAME: tuple(
        name for name in dir(kind) if not name.startswith("_") and name.islower() and not callable(getattr(kind, name))
    )
    for kind in (AAssociateRQ, AAssociateAC, AAssociateRJ, PDataTF, AReleaseRQ, AReleaseRP, AAbort)
}
"""Fields of each PDU, by which `fields` of the check `pdu` asks."""
RESULTS = (
    *("success", "warning", "failure", "cancelled", "partial", "rejected", "not_accepted", "aborted"),
    *("connection_lost", "unreachable", "handshake_failed", "timeout", "invalid_response", "refused", "internal_error"),
)
"""How an operation may end, by the names of the agreement on outcomes."""
OUTCOME_KEYS: Mapping[str, tuple[str, ...]] = {
    "state": ("missing", "doubtful"),
    "film": ("number", "film_box", "boxes", "status", "print_job", "execution_status", "execution_status_info"),
    "event": ("of", "status", "info", "at", "print_job"),
}
"""Keys of the mappings that an outcome lists, besides keywords of elements."""
PRINTER_KEYS = (
    *("name", "connected", "status", "status_info", "printer_name", "manufacturer", "model", "serial_number"),
    "software",
)
"""Keys of the printer that an outcome shows."""
MESSAGE_NAMES = tuple(row.name for row in MESSAGE_TYPES)
#: Fields of any expectation or event that name an AE of the scenario.
PARTIES = ("sender", "requestor", "acceptor", "ae", "peer", "released_by")
#: Fields of the check `data_set` that list elements, by name or as keys.
ELEMENT_FIELDS = ("contains", "bytes", "present", "empty", "absent", "only")
#: Fields of the check `response` that do so.
RESPONSE_FIELDS = ("contains", "present", "absent", "only", "items", "taken", "replaced")
#: Fields of a holding, and what each may say.
HOLDING_NAMES: Mapping[str, tuple[str, ...]] = {
    "recipe": tuple(RECIPES),
    "sop_class": tuple(each.uid for each in SOP_CLASSES),
    "transfer_syntax": (*(each.uid for each in TRANSFER_SYNTAXES), DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN),
}

HOLDING_SOURCES: Mapping[str, tuple[str, ...]] = {
    "recipe": ("sop_class", "transfer_syntax", "count", "seed", "changes"),
    "study": ("transfer_syntax", "seed", "changes"),
    "folder": (),
    "file": (),
    "sample": (),
}
"""Where the instances of a holding come from, and the further keys that have an effect on each source."""
SCRIPTED = "scripted"
WITHOUT_EFFECT: Mapping[str, tuple[str, ...]] = {
    "destination": ("holds", "destinations"),
    "printer": ("holds", "destinations"),
    SCRIPTED: ("destinations",),
}
"""Keys of a peer that a simulator makes no use of; only a scripted peer has a script."""
LARGE = "large"
"""The one recipe that takes a size in bytes."""

ATTRIBUTE_FIELDS = ("attributes", "session", "film", "image")
"""Arguments of an SCU that are elements by keyword, besides `keys`."""
_ATTRIBUTES_OF = ("scu", "modality")

_TAG = re.compile(r"\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\)")
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
            yield from _pdu_fields(value)
        case "outcome":
            yield from _each(value, "result", _result)
            yield from _each(value, "attributes", _element)
            yield from _in_sets(value, "match", _element)
            for field, known in OUTCOME_KEYS.items():
                yield from _in_sets(value, field, partial(_key, known))
            yield from _each(value, "printer", partial(_key, PRINTER_KEYS))
        case "dimse":
            yield from _each(value, "fields", _command_element)
        case "data_set":
            for field in ELEMENT_FIELDS:
                yield from _each(value, field, _element)
        case "response":
            yield from _each(value, "to", _message)
            for field in RESPONSE_FIELDS:
                yield from _each(value, field, _element)
        case "answers":
            yield from _each(value, "to", _message)
        case "film":
            for field in ("session", "box", "image"):
                yield from _each(value, field, _element)
        case "elapsed":
            for field in ("from", "to"):
                for location, message in event_mistakes(value.get(field), parties):
                    yield (field, *location), message


def own_doings(noun: str, value: Mapping[str, Any], peers: Sequence[str]) -> Mistakes:
    """Yield where an expectation is about what a peer of ours did: the field that says so, and the peer."""
    named: dict[Location, Any] = {}
    if noun in ("association", "pdu", "dimse", "data_set", "answers"):
        named[("sender",)] = value.get("sender")
    if noun == "association":
        named[("released_by",)] = value.get("released_by")
        abort = value.get("abort")
        named[("abort", "by")] = abort.get("by") if isinstance(abort, Mapping) else None
    for location, name in named.items():
        if isinstance(name, str) and name in peers:
            yield location, name


def event_mistakes(value: Any, parties: Sequence[str]) -> Mistakes:
    """Yield what is wrong with the names of an event, as `wait` and the check `elapsed` name it."""
    if isinstance(value, Mapping):
        yield from _parties(value, parties)
        yield from _each(value, "pdu", _pdu)
        yield from _each(value, "dimse", _message)


def holding_mistakes(holding: Mapping[str, Any], base: Path) -> Mistakes:
    """Yield what is wrong with what a peer holds: names, and keys that do not go together.

    Parameters
    ----------
    holding : mapping
        As it was written: keys that were left out are not there.
    base : Path
        What relative paths are relative to.
    """
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
    yield from _ignored_keys(holding)


def peer_mistakes(simulator: str, given: Collection[str]) -> Mistakes:
    """Yield the keys of a peer, and of a configuration file, that have no effect on its kind of simulator."""
    ignored = ("script",) if simulator != SCRIPTED else ()
    for key in (*ignored, *WITHOUT_EFFECT.get(simulator, ())):
        if key in given:
            yield (key,), f"has no effect on the simulator {simulator}"


def _ignored_keys(holding: Mapping[str, Any]) -> Mistakes:
    """Yield the keys of a holding that would have no effect."""
    sources = [key for key in HOLDING_SOURCES if key in holding]
    for key in sources[1:]:
        yield (key,), f"{sources[0]} and {key} exclude each other: a holding has one source of its instances"
    source = sources[0] if sources else "recipe"
    for key in holding:
        if key not in HOLDING_SOURCES and key not in HOLDING_SOURCES[source]:
            yield (key,), f"has no effect on a {source}"
    if source in ("recipe", "study"):
        study = holding.get("study")
        options = study if isinstance(study, Mapping) else {}
        recipe = options.get("recipe", "smallest") if source == "study" else holding.get("recipe", "smallest")
        yield from _ignored_sizes(recipe, options, ("study",))
        changes = holding.get("changes")
        yield from _ignored_sizes(recipe, changes if isinstance(changes, Mapping) else {}, ("changes",))
        yield from _given_twice(holding, options)


def _ignored_sizes(recipe: object, options: Mapping[str, Any], base: Location) -> Mistakes:
    """Yield the sizes that a recipe does not take."""
    if has_variable(recipe):
        return
    ignored = ("rows", "columns", "frames") if recipe == LARGE else ("size_bytes",)
    for key in ignored:
        if key in options:
            reason = "size_bytes alone says how large it is" if recipe == LARGE else f"only the recipe {LARGE} takes it"
            yield (*base, key), f"has no effect on the recipe {recipe}: {reason}"


def _given_twice(holding: Mapping[str, Any], options: Mapping[str, Any]) -> Mistakes:
    """Yield what a study says of itself that the holding says again."""
    changes = holding.get("changes")
    for key in changes if isinstance(changes, Mapping) else ():
        if key in options:
            yield ("changes", key), f"{key} is already in study"
    for key in ("seed", "transfer_syntax"):
        if key in options and key in holding:
            yield (key,), f"{key} is already in study"


def operation_mistakes(simulator: str, operation: str, arguments: Mapping[str, Any]) -> Mistakes:
    """Yield what is wrong with the names in what a peer is asked to do: where below `do`, and why."""
    kind = SIMULATORS.get(simulator)
    if kind is None or has_variable(operation):
        return
    known: Mapping[str, tuple[str, ...]] = kind.ARGUMENTS
    if operation not in known:
        yield ("operation",), f"a {simulator} has no operation {operation!r}{suggestion(operation, tuple(known))}"
        return
    for name in arguments:
        if name not in known[operation]:
            yield (name,), f"{operation} has no argument {name!r}{suggestion(name, known[operation])}"


def key_mistakes(simulator: str, arguments: Mapping[str, Any]) -> Mistakes:
    """Yield the unknown keywords in keys and attributes, and in their items: where below `do`, and why."""
    for field in ("keys", *(ATTRIBUTE_FIELDS if simulator in _ATTRIBUTES_OF else ())):
        for location, keyword in _keywords(arguments.get(field), (field,)):
            if message := _element(keyword):
                yield location, message


def reference_mistakes(value: Any, location: Location = ()) -> Mistakes:
    """Yield the keys of references that were renamed (`{told_by: OPERATION}`): where below `do`, and why."""
    if not _has_key(value, "told_by"):  # nearly always, and quickly told
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "told_by" and set(value) <= {"told_by", "keyword"}:
                yield (*location, key), f"unknown key{suggestion(key, ('reported_by', 'keyword'))}"
            yield from reference_mistakes(inner, (*location, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from reference_mistakes(inner, (*location, index))


def _has_key(value: object, key: str) -> bool:
    """Tell whether a mapping somewhere within has a key."""
    if isinstance(value, list):
        inners: Iterable[object] = value
    elif isinstance(value, (dict, Mapping)):
        if key in value:
            return True
        inners = value.values()
    else:
        return False
    return any(type(inner) is not str and _has_key(inner, key) for inner in inners)


def _keywords(given: Any, location: Location) -> Iterator[tuple[Location, str]]:
    """Yield each keyword of a mapping and of the items of its sequences; a tag such as `(0008,0052)` names itself."""
    for key, value in given.items() if isinstance(given, Mapping) else ():
        if not isinstance(key, str) or has_variable(key) or _TAG.match(key):
            continue
        yield (*location, key), key
        if not _element(key) and dictionary_VR(key) == "SQ":
            items = value if isinstance(value, list) else [value]
            for index, item in enumerate(items):
                yield from _keywords(item, (*location, key, index) if isinstance(value, list) else (*location, key))


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
            return f"no element has the keyword {keyword!r}{suggestion(keyword, element_keywords())}"
    return ""


@functools.cache
def element_keywords() -> tuple[str, ...]:
    """Give the keyword of each element of PS3.6."""
    return tuple(entry[4] for entry in DicomDictionary.values() if entry[4])


def _key(known: tuple[str, ...], name: str) -> str:
    if name in known or (name[:1].isupper() and not _element(name)):
        return ""
    return f"unknown key {name!r}{suggestion(name, known)}"


def _result(name: str) -> str:
    return "" if name in RESULTS else f"no result of an operation is named {name!r}{suggestion(name, RESULTS)}"


def _pdu_fields(value: Mapping[str, Any]) -> Mistakes:
    """Judge the fields of the PDUs named; of all of them, where the names are not known yet."""
    named = value.get("type")
    types = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    known = tuple(dict.fromkeys(field for name in types for field in PDU_FIELDS.get(name, ())))
    if not known or has_variable(types):
        known = tuple(dict.fromkeys(field for fields in PDU_FIELDS.values() for field in fields))

    def mistake(field: str) -> str:
        return "" if field in known else f"no such PDU has the field {field!r}{suggestion(field, known)}"

    yield from _each(value, "fields", mistake)


def _in_sets(value: Mapping[str, Any], field: str, mistake: Callable[[str], str]) -> Mistakes:
    """Judge the keys of each of a list of mappings."""
    given = value.get(field)
    for index, entry in enumerate(given if isinstance(given, list) else []):
        for key in entry if isinstance(entry, Mapping) else ():
            if isinstance(key, str) and not has_variable(key) and (message := mistake(key)):
                yield (field, index, key), message
