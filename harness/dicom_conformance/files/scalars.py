"""The base of every model of a file that people write, and the values that all of them read.

In such a file every scalar is text, and one value may stand where a list of values is allowed.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema


class Part(BaseModel):
    """A mapping in a file: frozen, and a key that it does not name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def listed(value: Any) -> Any:
    """Read one value where a list of them is allowed."""
    return (value,) if isinstance(value, str | int | float) else value


Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(listed),
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "format": "texts"}),
]
"""One text or a list of texts."""

Numbers = Annotated[
    tuple[int, ...],
    BeforeValidator(listed),
    WithJsonSchema({"type": "array", "items": {"type": "integer"}, "format": "numbers"}),
]
"""One number or a list of numbers."""
