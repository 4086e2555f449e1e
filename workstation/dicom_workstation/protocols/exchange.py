"""Display protocols as instances of the Hanging Protocol Storage SOP Class, and back.

Invariants: a field of a protocol is the element of its keyword, or of its keyword with `Sequence`; nothing else is said
here of any element. What an instance has and a protocol cannot hold is refused and named, never dropped.

References
----------
PS3.3 Section A.44 (Hanging Protocol IOD), C.12.1 (SOP Common), C.23.4; PS3.6 Table 6-1
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydicom.datadict import dictionary_VM, dictionary_VR, keyword_for_tag, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag
from pydicom.uid import generate_uid

from dicom_workstation.data_sets import decode_texts, encode, read
from dicom_workstation.protocols.codes import CodedValue
from dicom_workstation.protocols.display_protocol import DisplayProtocol
from dicom_workstation.protocols.fields import vr_of

SOP_CLASS: Final = "1.2.840.10008.5.1.4.38.1"
"""Hanging Protocol Storage."""
TRANSFER_SYNTAX: Final = "1.2.840.10008.1.2.1"
"""Explicit VR Little Endian, in which instances are written."""
_NOT_OF_THE_PROTOCOL: Final = frozenset(
    (
        *("SpecificCharacterSet", "SOPClassUID", "SOPInstanceUID", "InstanceCreationDate", "InstanceCreationTime"),
        *("InstanceCreatorUID", "InstanceNumber", "TimezoneOffsetFromUTC", "SelectorAttributeVR"),
    )
)
_ATTRIBUTES: Final = ("SelectorAttribute", "SelectorSequencePointer", "FunctionalGroupPointer")
_CODE: Final = ("CodeValue", "CodingSchemeDesignator", "CodeMeaning", "CodingSchemeVersion")
TYPE_2: Final = {
    "HangingProtocolDefinitionSequence": (
        "ProcedureCodeSequence",
        "ReasonForRequestedProcedureCodeSequence",
    ),
    "": (
        "HangingProtocolUserIdentificationCodeSequence",
        "NumberOfScreens",
        "NominalScreenDefinitionSequence",
        "PartialDataDisplayHandling",
    ),
    "DisplaySetsSequence": ("FilterOperationsSequence", "SortingOperationsSequence"),
}
"""Elements of Type 2, by the sequence that they are in: they are there even if empty."""
REQUIRED: Final = ("HangingProtocolDescription", "HangingProtocolCreator", "HangingProtocolCreationDateTime")
"""Fields that an instance needs (Type 1), and that a file need not have."""


class ExchangeError(Exception):
    """A protocol cannot be written as an instance, or an instance not read as a protocol; the text says why."""


def element_keyword(field: str) -> str:
    """Return the keyword of the element of a field."""
    if tag_for_keyword(field) is not None:
        return field
    if tag_for_keyword(f"{field}Sequence") is not None:
        return f"{field}Sequence"
    raise ExchangeError(f"{field} is no element")


# -- to an instance


def data_set_of(protocol: DisplayProtocol, uid: str) -> Dataset:
    """Return a protocol as a data set, with a UID if it has none.

    Raises
    ------
    ExchangeError
        If it lacks what an instance needs.
    """
    if lacking := [name for name in REQUIRED if not getattr(protocol, name)]:
        raise ExchangeError(f"an instance needs {', '.join(lacking)}, which the protocol does not have")
    made = _item(protocol, "")
    made.SOPClassUID = SOP_CLASS
    made.SOPInstanceUID = protocol.SOPInstanceUID or uid
    made.SpecificCharacterSet = "ISO_IR 192"
    return made


def _item(part: BaseModel, parent: str) -> Dataset:
    made = Dataset()
    for name in type(part).model_fields:
        value = getattr(part, name)
        if value in (None, "", ()) and element_keyword(name) not in TYPE_2.get(parent, ()):
            continue
        keyword = element_keyword(name)
        setattr(made, keyword, _written(keyword, value))
        if name == "SelectorAttribute":
            made.SelectorAttributeVR = vr_of(value)
    if "SelectorValueNumber" in made and "SelectorAttribute" not in made:
        del made.SelectorValueNumber
        if parent == "FilterOperationsSequence":
            made.SelectorAttributeVR = "CS"
    if parent == "SortingOperationsSequence" and "SelectorAttributeVR" in made:
        del made.SelectorAttributeVR  # Table C.23.3-1 includes the context macro alone
    if parent == "HangingProtocolDefinitionSequence" and "AnatomicRegionSequence" in made and "Laterality" not in made:
        made.Laterality = ""
    return made


def _written(keyword: str, value: Any) -> Any:
    vr = dictionary_VR(keyword)
    if vr == "SQ":
        return Sequence([_code(each) if isinstance(each, CodedValue) else _item(each, keyword) for each in value])
    if vr == "AT":
        several = value if isinstance(value, tuple) else (value,)
        tags = [Tag(tag_for_keyword(str(each)) or 0) for each in several]
        return tags if isinstance(value, tuple) else tags[0]
    if value is None or value == ():
        return None
    if not isinstance(value, tuple):
        return value
    numbers = {"US": int, "SS": int, "UL": int, "SL": int, "FD": float, "FL": float}
    return [numbers.get(vr, str)(each) for each in value]


def _code(code: CodedValue) -> Dataset:
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = code.value, code.scheme, code.meaning or code.value
    if code.version:
        made.CodingSchemeVersion = code.version
    return made


# -- from an instance


def fields_of(data_set: Dataset) -> dict[str, object]:
    """Return the fields of the protocol that an instance holds, as a YAML file has them.

    Raises
    ------
    ExchangeError
        If it is no Hanging Protocol, or has elements that a protocol cannot hold.
    """
    if str(data_set.get("SOPClassUID", "")) != SOP_CLASS:
        raise ExchangeError("is no Hanging Protocol")
    found = _fields(data_set, DisplayProtocol, "")
    if uid := str(data_set.get("SOPInstanceUID") or ""):
        found["SOPInstanceUID"] = uid
    return found


def _fields(item: Dataset, model: type[BaseModel], place: str) -> dict[str, object]:
    names = {element_keyword(name): name for name in model.model_fields}
    found: dict[str, object] = {}
    for element in item:
        keyword = keyword_for_tag(element.tag)
        where = f"{place}.{keyword}" if place else keyword
        if element.tag.is_private or not keyword:
            raise ExchangeError(f"{where or element.tag} is private, which a display protocol here cannot hold")
        if keyword in _NOT_OF_THE_PROTOCOL or element.is_empty:
            continue
        if keyword not in names:
            raise ExchangeError(f"{where} is no element that a display protocol here can hold")
        found[names[keyword]] = _read(keyword, names[keyword], element, model, where)
    return found


def _read(keyword: str, name: str, element: Any, model: type[BaseModel], where: str) -> object:
    if element.VR == "SQ":
        inner = _model_of(model, name)
        if inner is None:
            return [_code_text(each, where) for each in element.value]
        return [_fields(each, inner, where) for each in element.value]
    if keyword in _ATTRIBUTES or element.VR == "AT":
        tags = [element.value] if isinstance(element.value, BaseTag | int) else list(element.value)
        words = [_keyword(tag, where) for tag in tags]
        return words[0] if keyword in _ATTRIBUTES else words
    if dictionary_VM(keyword) == "1":
        return _text(element.value)
    several = element.value if isinstance(element.value, list) or hasattr(element.value, "append") else [element.value]
    return [_text(each) for each in several]


def _keyword(tag: int, where: str) -> str:
    if keyword := keyword_for_tag(tag):
        return keyword
    raise ExchangeError(f"{where} is {Tag(tag)}, which is not in the data dictionary")


def _text(value: object) -> str:
    return f"{value:.9g}" if isinstance(value, float) else str(value).strip()


def _code_text(item: Dataset, where: str) -> list[str]:
    texts = [str(item.get(each) or "").strip() for each in _CODE]
    if not texts[0] or not texts[1]:
        raise ExchangeError(f"{where} has a code without value or scheme")
    return texts if texts[3] else texts[:3]


def _model_of(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """Return the model of the items of a field; None if they are codes."""
    arguments = getattr(model.model_fields[name].annotation, "__args__", ())
    return next((each for each in arguments if isinstance(each, type) and issubclass(each, BaseModel)), None)


# -- as bytes


def encoded(protocol: DisplayProtocol) -> tuple[str, bytes]:
    """Return the UID of an instance of a protocol, a new one if it has none, and its data set, encoded."""
    made = data_set_of(protocol, generate_uid(prefix=None))
    return str(made.SOPInstanceUID), encode(made, TRANSFER_SYNTAX)


def decoded(raw: bytes, transfer_syntax: str) -> dict[str, object]:
    """Return the fields of the protocol in an encoded data set; DataSetError if it is none, ExchangeError as above."""
    data_set = read(raw, transfer_syntax)
    decode_texts(data_set)
    return fields_of(data_set)


def lines_of(fields: Mapping[str, object]) -> Iterator[str]:
    """Yield the lines of a YAML file that holds fields."""
    import yaml  # not for what only chooses

    yield from yaml.safe_dump(
        dict(fields), sort_keys=False, allow_unicode=True, width=120, default_flow_style=None
    ).splitlines()
