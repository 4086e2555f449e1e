"""The base of every model of a file that people write, and the values that all of them read.

In such a file every scalar is text, and one value may stand where a list of values is allowed.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema


class Part(BaseModel):
    """A mapping in a file: frozen, and a key that it does not name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)


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

LONGEST_WAIT_S = 604_800
"""A week, in seconds: every wait of the operating system can hold it."""

Seconds = Annotated[float, Field(gt=0, le=LONGEST_WAIT_S, allow_inf_nan=False)]
"""How long to wait."""


def _ae_title(value: str) -> str:
    """Check the characters of an AE title (PS3.5 Table 6.2-1, VR AE; PS3.8 Table 9-11: not only spaces)."""
    if not value.strip(" "):
        raise ValueError("an AE title has at least one character other than a space")
    if not all(" " <= character <= "~" and character != "\\" for character in value):
        raise ValueError("an AE title has no backslash, control or non-ASCII character")
    return value


AETitle = Annotated[str, Field(min_length=1, max_length=16), AfterValidator(_ae_title)]
"""The AE title of a product, or of a simulator that stands alone; a scenario may give any."""
