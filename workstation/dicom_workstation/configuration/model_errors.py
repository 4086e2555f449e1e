"""What a model found wrong in a file, in words: what the value must be, what it is, and what may have been meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dicom_workstation.protocols import nearest

Field = tuple[str | int, ...]


def first_error(error: ValidationError, model: type[BaseModel]) -> tuple[Field, str]:
    """Return the field of the first error, and what is wrong with it; an unknown key before what is missing for it."""
    errors = error.errors(include_url=False)
    first = next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])
    field = tuple(first["loc"])
    if first["type"] == "missing":
        return field, "is missing"
    if first["type"] == "extra_forbidden":
        known = tuple(name for each in models_at(model, field[:-1]) for name in each.model_fields)
        return field, f"this key is unknown{nearest(str(field[-1]), known)}"
    return field, _in_plain_words(first)


def models_at(model: type[BaseModel], field: Field) -> Iterator[type[BaseModel]]:
    """Yield the models that may stand in a field."""
    models = [model]
    for part in field:
        inside = [each.model_fields[part] for each in models if isinstance(part, str) and part in each.model_fields]
        if inside:
            models = [found for each in inside for found in _models_in(each.annotation)]
    yield from models


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _models_in(each)


def _in_plain_words(error: ErrorDetails) -> str:
    """Say what pydantic found, as what the value must be and what it is."""
    text = " ".join(error["msg"].removeprefix("Value error, ").split())
    begins = next((each for each in ("Input should ", "String should ") if text.startswith(each)), None)
    if begins is None:
        return text
    text = f"must {text.removeprefix(begins)}".partition(", unable to parse")[0]
    given = error["input"]
    if not isinstance(given, str | int | float):
        return text
    meant = nearest(str(given), _admitted(error)) if error["type"] == "literal_error" else ""
    return f"{text}, not {str(given)[:40]!r}{meant}"


def _admitted(error: ErrorDetails) -> tuple[str, ...]:
    """Return the words that a field admits, as pydantic lists them: 'A', 'B' or 'C'."""
    listed = str(error.get("ctx", {}).get("expected", ""))
    return tuple(each.strip(" '") for each in listed.replace(" or ", ",").split(",") if each.strip(" '"))
