"""What a user does on the pages of a subject, as a scenario says it: the steps of the operation `browse`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import Field, ValidationError, model_validator

from dicom_conformance.files import Location, Part, has_variable

BROWSE: Final = "browse"
MOST_STEPS: Final = 50


class Target(Part):
    """An element as assistive technology finds it; the first that has this role and this whole name."""

    role: str = Field(min_length=1, description="ARIA role: `button`, `link`, `checkbox` ...")
    name: str = Field(min_length=1, description="accessible name, whole, upper and lower case as written")

    def __str__(self) -> str:
        return f"the {self.role} {self.name!r}"


class Typing(Part):
    """A field of a form, and what is written into it."""

    label: str = Field(min_length=1, description="label of the field, whole")
    text: str = Field(description="what the field holds afterwards")


class JourneyStep(Part):
    """One thing that the user does; exactly one key is given."""

    open: str | None = Field(default=None, pattern="^/", description="open this path of the site, from `/` on")
    click: Target | None = Field(default=None, description="click an element")
    type: Typing | None = Field(default=None, description="fill in a field")
    press: str | None = Field(
        default=None, min_length=1, description="press a key: `Enter`, `ArrowDown`, `Shift+ArrowLeft`, `d` ..."
    )
    see: str | None = Field(default=None, min_length=1, description="wait until this text can be read on the page")

    @model_validator(mode="after")
    def _one(self) -> JourneyStep:
        if len(self.model_fields_set) != 1:
            raise ValueError(f"a step has exactly one of {', '.join(type(self).model_fields)}")
        return self

    def __str__(self) -> str:
        if self.click is not None:
            return f"click {self.click}"
        if self.type is not None:
            return f"type {self.type.text!r} into the field {self.type.label!r}"
        name, value = next(iter(self.model_dump(exclude_unset=True).items()))
        return f"{name} {value!r}"


class Journey(Part):
    """What `browse` takes: the steps of a user, from the link that the subject gives out."""

    steps: tuple[JourneyStep, ...] = Field(
        min_length=1, max_length=MOST_STEPS, description="what the user does, one after the other"
    )


def journey_mistakes(arguments: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    """Yield what is wrong with the arguments of `browse`: where below `do`, and why."""
    if has_variable(arguments):
        return
    try:
        Journey.model_validate(arguments)
    except ValidationError as error:
        for each in error.errors():
            yield tuple(each["loc"]), each["msg"].removeprefix("Value error, ")
