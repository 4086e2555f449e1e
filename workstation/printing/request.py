"""What a user asks to have printed: images, the films they go on, and how the printer is to make them.

Invariants: every argument is checked here, before anything is opened or read; an error names the argument. What
is an enumerated value of the standard is one of the enumerated, what is a defined term may be another of the right
form, for a printer may have its own. What is not said stays None, and is not sent.

References
----------
PS3.3 C.13.1 (Film Session), C.13.3 (Film Box), C.13.5 (Image Box), C.13.7 (Annotation Box), C.11.4 (Presentation LUT);
conformance statement, 3.2.4
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from workstation.presentation_states import Window
from workstation.presentation_states.presentation import Number, Table, Value
from workstation.printing.errors import PrintError
from workstation.printing.film_layout import Layout

Magnification = Literal["REPLICATE", "BILINEAR", "CUBIC", "NONE"]
US = Annotated[int, Field(ge=0, le=0xFFFF)]
IS = Annotated[int, Field(ge=1, le=(1 << 31) - 1)]
Size = Literal["fit", "true"] | PositiveFloat  # true size, or a width in mm
Term = Annotated[str, Field(pattern=r"^[A-Z0-9_][A-Z0-9 _]{0,15}$")]  # VR CS
Density = Annotated[str, Field(pattern=r"^(BLACK|WHITE|[0-9]{1,5})$")]
OF_EACH: Final = ("window", "polarity", "size", "crop")  # what can be said of all images at once
_LINE: Final = r"^[^\\\x00-\x1f\x7f]*$"
Text = Annotated[str, Field(min_length=1, max_length=64, pattern=_LINE)]  # VR LO
ShortText = Annotated[str, Field(min_length=1, max_length=16, pattern=_LINE)]  # VR SH
# VR ST, where backslashes are part of it; in the default repertoire, for image boxes have no Specific Character Set
Setting = Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^[ -~\r\n]*$")]


def _display_format(text: str) -> str:
    try:
        return Layout.read(text).text
    except PrintError as error:
        raise ValueError(str(error)) from error


def _destination(text: str) -> str:
    if text.startswith("BIN_") and (text == "BIN_" or text[4] == "0"):
        raise ValueError("a bin is BIN_ and its number, from 1, without leading zeros")
    return text


def _as_text(given: Any) -> Any:
    """Take a density or a size that is given as a number for the text that it is sent as."""
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


def _listed(given: Any) -> Any:
    return [given] if isinstance(given, str | dict) else given


def _place(location: tuple[str | int, ...]) -> str:
    """Return the argument that is wrong; of alternatives, not which of them was tried."""
    names = [str(part) for part in location if isinstance(part, int) or part.isidentifier()]
    while len(names) > 1 and names[-1] in ("float", "int", "Table"):
        names.pop()
    return f"{'.'.join(names)}: " if names else ""


def _first(errors: Sequence[ErrorDetails]) -> ErrorDetails:
    """Return the first error; of alternatives, that of the one which came furthest."""
    place = errors[0]["loc"][:3]
    same = [each for each in errors if each["loc"][: len(place) - 1] == place[:-1]] if len(place) > 1 else errors[:1]
    return max(same, key=lambda each: len(each["loc"]))


def _message(error: ErrorDetails) -> str:
    match error["type"]:
        case "extra_forbidden":
            return "this key is unknown"
        case "missing":
            return "is missing"
        case "string_pattern_mismatch":
            return f"{error['input']!r} is not of the form that belongs there"
    if error["loc"][-2:-1] == ("size",) or error["loc"][-1:] == ("size",):
        return f"{error['input']!r} is none of fit, true and a width in mm"
    return error["msg"].removeprefix("Value error, ")


class PrintImage(Value):
    """One image: an instance in memory, or a file, and how it is printed."""

    SOPInstanceUID: str | None = None
    file: str | None = None
    frame: PositiveInt | Literal["all"] = 1
    state: str | None = None
    window: Window | None = None
    polarity: Literal["NORMAL", "REVERSE"] | None = None
    magnification: Magnification | None = None
    smoothing: Term | None = None
    size: Size | None = None
    crop: Literal["DECIMATE", "CROP", "FAIL"] | None = None
    configuration_information: Setting | None = None

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if (self.SOPInstanceUID is None) == (self.file is None):
            raise ValueError("an image is a SOPInstanceUID or a file")
        return self


def _image(given: Any) -> Any:
    return {"SOPInstanceUID": given} if isinstance(given, str) else given


class PrintRequest(Value):
    """Everything that the operation `print` can be told."""

    images: Annotated[tuple[Annotated[PrintImage, BeforeValidator(_image)], ...], BeforeValidator(_listed)] = ()
    files: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    state: str | None = None
    layout: Annotated[str, AfterValidator(_display_format)] = "STANDARD\\1,1"
    orientation: Literal["PORTRAIT", "LANDSCAPE"] | None = None
    film_size: Term | None = None
    magnification: Magnification | None = None
    smoothing: Term | None = None
    border_density: Annotated[Density, BeforeValidator(_as_text)] | None = None
    empty_image_density: Annotated[Density, BeforeValidator(_as_text)] | None = None
    min_density: US | None = None
    max_density: US | None = None
    trim: Literal["YES", "NO"] | None = None
    resolution: Literal["STANDARD", "HIGH"] | None = None
    configuration_information: Setting | None = None
    illumination: US | None = None
    reflected_ambient_light: US | None = None
    copies: IS | None = None
    priority: Literal["HIGH", "MED", "LOW"] | None = None
    medium: Term | None = None
    destination: Annotated[Term, AfterValidator(_destination)] | None = None
    label: Text | None = None
    owner: ShortText | None = None
    memory_allocation: IS | None = None
    annotation_format: Term | None = None
    annotations: Annotated[tuple[Text, ...], BeforeValidator(_listed)] = ()
    presentation_lut: Literal["IDENTITY", "LIN OD"] | Table | None = None
    window: Window | None = None  # this and the next three: of each image that does not say it itself
    polarity: Literal["NORMAL", "REVERSE"] | None = None
    size: Size | None = None
    crop: Literal["DECIMATE", "CROP", "FAIL"] | None = None
    colour: bool | None = None
    bits: Annotated[Literal[8, 12], Number] | None = None
    per: Literal["film_box", "session"] = "film_box"
    printer_assigns_uids: bool = False
    delete: bool = True
    follow: bool = True
    film_s: PositiveFloat | None = None

    @classmethod
    def read(cls, arguments: Mapping[str, Any]) -> Self:
        """Check arguments; PrintError names the first that is wrong."""
        try:
            return cls.model_validate(dict(arguments))
        except ValidationError as error:
            wrong = _first(error.errors(include_url=False))
            raise PrintError(f"{_place(wrong['loc'])}{_message(wrong)}") from error

    @property
    def pictures(self) -> tuple[PrintImage, ...]:
        """The images, then the files, in the order in which they fill the boxes, with what is said of all of them."""
        of_all = {name: getattr(self, name) for name in OF_EACH if getattr(self, name) is not None}
        named = (*self.images, *(PrintImage(file=each) for each in self.files))
        return tuple(
            each.model_copy(update={name: value for name, value in of_all.items() if getattr(each, name) is None})
            for each in named
        )

    @property
    def film_format(self) -> Layout:
        """The Image Display Format, taken apart."""
        return Layout.read(self.layout)

    def on_film(self, film_size: str | None) -> Self:
        """Return the request with the film size of the printer where it names none itself."""
        return self if self.film_size is not None else self.model_copy(update={"film_size": film_size})

    @model_validator(mode="after")
    def _check_whole(self) -> Self:
        if not self.images and not self.files:
            raise ValueError("images: nothing is there to be printed")
        least, most = self.min_density, self.max_density
        if least is not None and most is not None and least > most:
            raise ValueError("min_density: is above max_density")
        if self.colour and self.bits == 12:
            raise ValueError("bits: an image in colour is printed with 8")
        if isinstance(self.presentation_lut, Table):
            self._check_table(self.presentation_lut)
        return self

    @staticmethod
    def _check_table(table: Table) -> None:
        if table.first != 0:
            raise ValueError("presentation_lut: its first value mapped is 0")
        if table.bits < 10:
            raise ValueError("presentation_lut: its entries have 10 to 16 bits")
        if len(table.data) not in (256, 4096):
            raise ValueError("presentation_lut: has 256 entries, or 4096 for images of 12 bits")
