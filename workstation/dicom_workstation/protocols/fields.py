"""Types of the fields of a display protocol: codes, attributes and lists, as a YAML file or an instance gives them.

Invariants: what cannot be understood is refused with what it must be instead. A keyword is one of the data dictionary.

References
----------
PS3.3 Section C.23; PS3.6 Table 6-1
"""

from __future__ import annotations

import difflib
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from dicom_workstation.protocols.codes import CodedValue

_NEAR: Final = 0.6


class Part(BaseModel):
    """A part of a display protocol."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def vr_of(keyword: str) -> str:
    """Return the VR of an attribute by its keyword; empty if the data dictionary (PS3.6) does not have it."""
    from pydicom.datadict import dictionary_VR, tag_for_keyword  # not for `--help`

    tag = tag_for_keyword(keyword)
    return "" if tag is None else dictionary_VR(tag)


def nearest(word: str, known: tuple[str, ...]) -> str:
    """Return the end of a message about an unknown word: what may have been meant, if anything is near."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=_NEAR)
    return f"; did you mean {near[0]}?" if near else ""


def _keyword(given: str) -> str:
    if vr_of(given):
        return given
    from pydicom.datadict import keyword_dict  # not for `--help`

    raise ValueError(f"{given} is no keyword of the data dictionary{nearest(given, tuple(keyword_dict))}")


def _texts(given: object) -> object:
    """Take one value for a list of one, nothing for an empty list, and numbers for text."""
    if given is None or given == "":
        return ()
    if isinstance(given, list | tuple):
        return tuple(str(each) if isinstance(each, int | float) else each for each in given)
    return (str(given) if isinstance(given, int | float) else given,)


def _codes(given: object) -> object:
    """Take one code for a list of one, and nothing for an empty list."""
    if given is None or given == "":
        return ()
    if isinstance(given, list | tuple):
        if not given:
            return ()
        return (_code(given),) if isinstance(given[0], str | int) else tuple(_code(each) for each in given)
    raise ValueError("a code is written [value, scheme, meaning]")


def _code(given: object) -> CodedValue:
    if isinstance(given, CodedValue):
        return given
    if isinstance(given, list | tuple) and 2 <= len(given) <= 4 and all(isinstance(each, str | int) for each in given):
        texts = [str(each).strip() for each in given]
        if all(texts[:2]):
            return CodedValue(*texts)
    raise ValueError("a code is written [value, scheme, meaning], or [value, scheme, meaning, version]")


def _plain(value: tuple[CodedValue, ...]) -> list[list[str]]:
    """Return codes as they are written."""
    return [[each.value, each.scheme, each.meaning, *([each.version] if each.version else [])] for each in value]


def _words(given: object) -> object:
    """Take the empty text and nothing for a value that is not given."""
    return None if given == "" else given


def _yes_no(given: object) -> object:
    if given in (True, "YES", "yes", "true"):
        return "YES"
    if given in (False, "NO", "no", "false"):
        return "NO"
    return _words(given)


class _CodeSchema:
    """How codes look in a JSON schema, and how they are written."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            _codes, serialization=core_schema.plain_serializer_function_ser_schema(_plain)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        code = {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 2, "maxItems": 4}
        return {"anyOf": [code, {"type": "array", "items": code}, {"type": "null"}, {"const": ""}]}


Keyword = Annotated[str, AfterValidator(_keyword)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Codes = Annotated[tuple[CodedValue, ...], _CodeSchema]
OrNothing = BeforeValidator(_words)
YesNo = BeforeValidator(_yes_no)
