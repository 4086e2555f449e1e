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

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PositiveFloat, PositiveInt, model_validator

from dicom_workstation.presentation_states import WINDOW_HELP, Table, Window
from dicom_workstation.printing.errors import PrintError
from dicom_workstation.printing.film_layout import Layout
from dicom_workstation.request_models import Listed, Number, Option, Value, window_of

Magnification = Literal["REPLICATE", "BILINEAR", "CUBIC", "NONE"]
US = Annotated[int, Field(ge=0, le=0xFFFF)]
IS = Annotated[int, Field(ge=1, le=(1 << 31) - 1)]
Size = Literal["fit", "true"] | PositiveFloat  # true size, or a width in mm
Term = Annotated[str, Field(pattern=r"^[A-Z0-9_][A-Z0-9 _]{0,15}$")]  # VR CS
Density = Annotated[str, Field(pattern=r"^(BLACK|WHITE|[0-9]{1,5})$")]
FILMS, IMAGES, PRINTING = "films", "images", "printing"  # headings of the options on the command line
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


def _as_text(given: object) -> object:
    """Take a density or a size that is given as a number for the text that it is sent as."""
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


class PrintImage(Value):
    """One image: an instance in memory, or a file, and how it is printed."""

    SOPInstanceUID: str | None = Field(default=None, description="SOP Instance UID of an image in memory")
    file: str | None = Field(default=None, description="a DICOM file, instead of an image in memory")
    frame: PositiveInt | Literal["all"] = Field(default=1, description="number of the frame, from 1, or `all`")
    state: str | None = Field(default=None, description="presentation state: a DICOM file, or a SOP Instance UID")
    window: Window | None = Field(default=None, description="window of the user")
    polarity: Literal["NORMAL", "REVERSE"] | None = Field(default=None, description="Polarity")
    magnification: Magnification | None = Field(default=None, description="Magnification Type")
    smoothing: Term | None = Field(default=None, description="Smoothing Type")
    size: Size | None = Field(default=None, description="fill the box, true size, or a width in mm")
    crop: Literal["DECIMATE", "CROP", "FAIL"] | None = Field(
        default=None, description="what is done with an image that is too large"
    )
    configuration_information: Setting | None = Field(default=None, description="Configuration Information")

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if (self.SOPInstanceUID is None) == (self.file is None):
            raise ValueError("an image is a SOPInstanceUID or a file")
        return self


def _image(given: object) -> object:
    return {"SOPInstanceUID": given} if isinstance(given, str) else given


class PrintRequest(Value):
    """Everything that the operation `print` can be told."""

    images: Annotated[tuple[Annotated[PrintImage, BeforeValidator(_image)], ...], Listed] = Field(
        default=(), description="images to be printed, in order of position"
    )
    files: Annotated[tuple[str, ...], Listed] = Field(
        default=(), description="DICOM files to be printed, instead of `images`"
    )
    state: str | None = Field(
        default=None, description="presentation state for every image: a DICOM file, or a SOP Instance UID"
    )
    layout: Annotated[
        str,
        AfterValidator(_display_format),
        Option("2x3, STANDARD\\3,2, ROW\\1,2, COL\\2,1, SLIDE, SUPERSLIDE ...", "RxC", group=FILMS),
    ] = "STANDARD\\1,1"
    orientation: Annotated[
        Literal["PORTRAIT", "LANDSCAPE"] | None,
        Option("PORTRAIT or LANDSCAPE", choices=("PORTRAIT", "LANDSCAPE"), is_upper=True, group=FILMS),
    ] = None
    film_size: Annotated[
        Term | None, Option("8INX10IN, 14INX17IN, 24CMX30CM, A4 ...", "ID", is_upper=True, group=FILMS)
    ] = None
    magnification: Annotated[
        Magnification | None, Option("REPLICATE, BILINEAR, CUBIC or NONE", "TYPE", is_upper=True, group=FILMS)
    ] = None
    smoothing: Annotated[Term | None, Option("Smoothing Type, as the printer names it", "TYPE", group=FILMS)] = None
    border_density: Annotated[
        Annotated[Density, BeforeValidator(_as_text)] | None,
        Option("BLACK, WHITE, or hundredths of OD", "DENSITY", is_upper=True, group=FILMS),
    ] = None
    empty_image_density: Annotated[
        Annotated[Density, BeforeValidator(_as_text)] | None,
        Option("the same, for boxes without an image", "DENSITY", is_upper=True, group=FILMS),
    ] = None
    min_density: Annotated[US | None, Option("hundredths of OD", "DENSITY", group=FILMS)] = None
    max_density: Annotated[US | None, Option("hundredths of OD", "DENSITY", group=FILMS)] = None
    trim: Annotated[Literal["YES", "NO"] | None, Option("a frame around each image", constant="YES", group=FILMS)] = (
        None
    )
    resolution: Annotated[
        Literal["STANDARD", "HIGH"] | None, Option("STANDARD or HIGH", "ID", is_upper=True, group=FILMS)
    ] = None
    configuration_information: Annotated[Setting | None, Option("as the printer defines it", "TEXT", group=FILMS)] = (
        None
    )
    illumination: US | None = Field(default=None, description="luminance of the light box, in cd/m2")
    reflected_ambient_light: US | None = Field(default=None, description="reflected ambient light, in cd/m2")
    copies: Annotated[IS | None, Option("Number of Copies", "N", group=PRINTING)] = None
    priority: Annotated[
        Literal["HIGH", "MED", "LOW"] | None, Option("HIGH, MED or LOW", "PRIORITY", is_upper=True, group=PRINTING)
    ] = None
    medium: Annotated[
        Term | None, Option("PAPER, CLEAR FILM, BLUE FILM ...", "TYPE", is_upper=True, group=PRINTING)
    ] = None
    destination: Annotated[
        Annotated[Term, AfterValidator(_destination)] | None,
        Option("MAGAZINE, PROCESSOR, BIN_1 ...", "WHERE", is_upper=True, group=PRINTING),
    ] = None
    label: Annotated[Text | None, Option("Film Session Label", "TEXT", group=PRINTING)] = None
    owner: Annotated[ShortText | None, Option("Owner ID", "ID", group=PRINTING)] = None
    memory_allocation: Annotated[IS | None, Option("Memory Allocation", "KB", group=PRINTING)] = None
    annotation_format: Annotated[Term | None, Option("Annotation Display Format ID", "ID", group=FILMS)] = None
    annotations: Annotated[
        tuple[Text, ...],
        Listed,
        Option("text on each film; repeatable", "TEXT", ("--annotation",), read_all=list, group=FILMS),
    ] = ()
    presentation_lut: Annotated[
        Literal["IDENTITY", "LIN OD"] | Table | None,
        Option("IDENTITY or 'LIN OD' (an extension)", "SHAPE", is_upper=True, group=IMAGES),
    ] = None
    # this and the next three: of each image that does not say it itself
    window: Annotated[Window | None, Option(WINDOW_HELP, "C,W", read=window_of, group=IMAGES)] = None
    polarity: Annotated[
        Literal["NORMAL", "REVERSE"] | None, Option("Polarity", "NORMAL|REVERSE", is_upper=True, group=IMAGES)
    ] = None
    size: Annotated[Size | None, Option("fill the box, true size, or a width in mm", "fit|true|MM", group=IMAGES)] = (
        None
    )
    crop: Annotated[
        Literal["DECIMATE", "CROP", "FAIL"] | None,
        Option("what is too large: DECIMATE, CROP or FAIL", "BEHAVIOR", is_upper=True, group=IMAGES),
    ] = None
    colour: Annotated[
        bool | None,
        Option("print in colour", flags=("--colour", "--color"), constant=True, group=IMAGES),
        Option("print in grey", flags=("--grey", "--gray"), constant=False, group=IMAGES),
    ] = None
    bits: Annotated[
        Annotated[Literal[8, 12], Number] | None,
        Option("of grey; 12 where an image has more than 8", choices=("8", "12"), group=IMAGES),
    ] = None
    per: Annotated[
        Literal["film_box", "session"],
        Option("print film by film, or all at once", choices=("film_box", "session"), group=PRINTING),
    ] = "film_box"
    printer_assigns_uids: bool = Field(default=False, description="leave the SOP Instance UIDs to the printer")
    delete: bool = Field(default=True, description="delete film boxes and the film session once they are printed")
    follow: Annotated[
        bool,
        Option("do not follow the print jobs to their end", flags=("--no-follow",), constant=False, group=PRINTING),
    ] = Field(default=True, description="follow the print jobs to their end")
    film_s: Annotated[float, Field(gt=0, le=604_800)] | None = Field(
        default=None,
        description="how long a print job may say nothing new, in seconds; `print_job_timeout_s` if not given",
    )

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
