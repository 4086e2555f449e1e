"""What is known of an instance before its attributes are written.

Invariants: a `Plan` is all that a module of an IOD may look at; two equal plans give equal attributes.
Patient, study and dates follow from the seed; instances of one SOP Class, recipe and seed make one study, with a
series for each transfer syntax.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from dicom_simulators.data_sets.identity import uid
from dicom_simulators.data_sets.pixel_format import PixelFormat, choose
from dicom_simulators.data_sets.sop_classes import SOPClass, sop_class
from dicom_simulators.data_sets.transfer_syntaxes import TRANSFER_SYNTAXES, TransferSyntax

Attributes = Mapping[str, object]
"""Keyword -> value; a sequence is a list of `Attributes`; None is an empty value (type 2)."""

ROWS, COLUMNS = 48, 64
"""Size of the smallest picture: whole MCUs of every codec, and not square, so that a mix-up shows."""

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE = "1.2.840.10008.5.1.4.1.1.11.1"

_GREY_8 = PixelFormat(8)
_FIRST_DAY = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Plan:
    """One instance to be built.

    Parameters
    ----------
    recipe : str
        Name of the recipe.
    sop_class : SOPClass
        What it is an instance of.
    syntax : TransferSyntax
        What it is encoded in.
    seed : int
        Distinguishes it from others of its kind.
    rows, columns, frames : int
        Size of the picture.
    number : int
        Instance Number (0020,0013); the place of a slice in its stack, too.
    StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, FrameOfReferenceUID, SeriesNumber, StudyDate, StudyTime
        Values of these elements; every other date and time is the study's.
    """

    recipe: str
    sop_class: SOPClass
    syntax: TransferSyntax
    seed: int
    rows: int
    columns: int
    frames: int
    number: int
    StudyInstanceUID: str
    SeriesInstanceUID: str
    SOPInstanceUID: str
    FrameOfReferenceUID: str
    SeriesNumber: int
    StudyDate: str
    StudyTime: str

    @property
    def form(self) -> PixelFormat:
        """Depth, sign and colour of the pixels; 8 bit grey where the class has none."""
        own = self.sop_class
        if own.native is None:
            return _GREY_8
        return choose(own.native, own.extended_bits, self.syntax, colour_only=own.colour_only)


def plan(
    recipe: str,
    wanted: SOPClass,
    syntax: TransferSyntax,
    seed: int,
    *,
    rows: int = ROWS,
    columns: int = COLUMNS,
    frames: int | None = None,
    given: Mapping[str, object] | None = None,
) -> Plan:
    """Work out everything that follows from the request.

    Parameters
    ----------
    recipe, wanted, syntax, seed, rows, columns, frames
        As in `Plan`; without `frames`, as many as the smallest instance of the class has.
    given : mapping, optional
        Values of elements, by keyword, that are given and not to be worked out; empty ones are not given.
    """
    texts = {keyword: str(value) for keyword, value in (given or {}).items() if value not in (None, "")}
    frames = wanted.frames if frames is None else frames
    number = texts.get("InstanceNumber", "1")
    place = TRANSFER_SYNTAXES.index(syntax) + 1
    minutes = 8 * 60 + seed % 600
    # A presentation state lives in the study of the CT image that it refers to (PS3.3 C.11.11).
    home = sop_class(CT_IMAGE_STORAGE) if wanted.native is None else wanted
    study = texts.get("StudyInstanceUID", uid("study", recipe, home.uid, seed))
    series = uid("series", recipe, wanted.uid, seed, syntax.uid)
    instance = uid("instance", recipe, wanted.uid, seed, syntax.uid, rows, columns, frames, number)
    return Plan(
        recipe=recipe,
        sop_class=wanted,
        syntax=syntax,
        seed=seed,
        rows=rows,
        columns=columns,
        frames=frames,
        number=int(number) if number.isdecimal() else 1,
        StudyInstanceUID=study,
        SeriesInstanceUID=texts.get("SeriesInstanceUID", series),
        SOPInstanceUID=texts.get("SOPInstanceUID", instance),
        FrameOfReferenceUID=uid("frame of reference", study, home.Modality),
        SeriesNumber=place if wanted.native is not None else 100 + place,
        StudyDate=texts.get("StudyDate", f"{_FIRST_DAY + timedelta(days=seed % 366):%Y%m%d}"),
        StudyTime=texts.get("StudyTime", f"{minutes // 60:02d}{minutes % 60:02d}00"),
    )


Module = Callable[[Plan], Attributes]
"""One module of an IOD (PS3.3 Annex C), or several that go together."""
