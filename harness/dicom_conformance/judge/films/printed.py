"""What was printed, as seen on the wire: films, their image boxes with what these hold, events and jobs.

Invariants: plain values, and judgements about bytes that need nothing but the bytes. `PrintedImage.pixels`
reads what the Preformatted Image Sequence declares; `complaint` names what is invalid in it.

References
----------
PS3.3 C.13.1, C.13.3, C.13.5, C.13.7, C.13.8 (Print Job), C.13.9 (Printer); PS3.4 H.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from dicom_conformance.judge.films.attributes import Attributes
from dicom_conformance.trace import Conversation
from dicom_simulators.printer import Annotation, Film, FilmImage, Pixels, PresentationLUT
from dicom_wire.statuses import StatusClass, status_class

GRAYSCALE_SEQUENCE, COLOR_SEQUENCE = "BasicGrayscaleImageSequence", "BasicColorImageSequence"
_MOST_PIXELS = 1 << 28


@dataclass(frozen=True, slots=True)
class Event:
    """An N-EVENT-REPORT of a printer or a print job.

    Attributes
    ----------
    of : str
        printer or print_job.
    status : str
        By its Event Type: NORMAL, WARNING, FAILURE; PENDING, PRINTING, DONE, FAILURE; else "event N".
    info : str
        Printer Status Info or Execution Status Info.
    answered : int or None
        Status of the N-EVENT-REPORT-RSP; None while there is none.
    """

    t_ns: int
    of: str
    instance: str
    status: str
    info: str
    answered: int | None = None


@dataclass(frozen=True, slots=True)
class PrintedImage:
    """What an image box held when its film was printed.

    Attributes
    ----------
    box : str
        SOP Instance UID of the image box.
    position : int
        Image Box Position as set; where it was not, its place in the Referenced Image Box Sequence.
    place : int
        Its place in the Referenced Image Box Sequence, from 1.
    parameters : mapping
        Of the image box, as set.
    content : Attributes or None
        The item of the Basic Grayscale (or Color) Image Sequence.
    presentation_lut : PresentationLUT or None
        That of the image box, which goes before that of the film box (PS3.4 H.4.3.1.2.1.1).
    """

    box: str
    position: int
    place: int
    parameters: Mapping[str, str]
    content: Attributes | None
    color: bool
    presentation_lut: PresentationLUT | None = None

    @property
    def bits(self) -> int | None:
        """Bits Stored, as declared."""
        return None if self.content is None else self.content.number("BitsStored")

    @property
    def photometric_interpretation(self) -> str:
        """Photometric Interpretation, as declared."""
        return "" if self.content is None else self.content.text("PhotometricInterpretation")

    @property
    def aspect_ratio(self) -> tuple[int, int]:
        """Pixel Aspect Ratio, vertical and horizontal; 1, 1 where there is none."""
        parts = ("" if self.content is None else self.content.text("PixelAspectRatio")).split("\\")
        numbers = [int(part) for part in (one.strip() for one in parts) if part.isascii() and part.isdigit()]
        return (numbers[0], numbers[1]) if len(numbers) == 2 and min(numbers) > 0 else (1, 1)

    @property
    def complaint(self) -> str:
        """What of its Image Pixel attributes PS3.3 C.13.5 does not allow; empty if nothing."""
        return "no image was set" if self.content is None else _complaint(self.content, self.color)

    @property
    def pixels(self) -> Pixels | None:
        """The samples, shape (rows, columns) or (rows, columns, 3); None where they cannot be read."""
        return None if self.content is None else _pixels(self.content)


@dataclass(frozen=True, slots=True)
class PrintedFilm:
    """One film that an N-ACTION-RQ requested.

    Attributes
    ----------
    number : int
        Among the films of the trace, from 1.
    status : int or None
        Of the N-ACTION-RSP; None if there is none.
    session, box : mapping
        Attributes in effect: as asked for, with what the printer put in their place.
    requested_session, requested_box : mapping
        What the requestor sent.
    boxes : int
        Image boxes that the printer created.
    place : int
        Of its film box among those that its film session was to have, from 1.
    boxes_before : int
        Image boxes of the film boxes before it in its session: created, or laid out as asked for where that failed.
    execution_status, execution_status_info : str
        The last reported status of the print job, by an event or an N-GET; empty if none.
    not_deleted : tuple of str
        Which of film box and film session the requestor never asked to delete.
    """

    number: int
    conversation: Conversation
    requested_ns: int
    colour: bool
    film_box: str
    film_session: str
    status: int | None
    session: Mapping[str, str]
    box: Mapping[str, str]
    requested_session: Mapping[str, str]
    requested_box: Mapping[str, str]
    boxes: int
    images: tuple[PrintedImage, ...]
    place: int = 1
    boxes_before: int = 0
    annotations: tuple[Annotation, ...] = ()
    presentation_lut: PresentationLUT | None = None
    print_job: str | None = None
    execution_status: str = ""
    execution_status_info: str = ""
    events: tuple[Event, ...] = field(default=())
    not_deleted: tuple[str, ...] = ()

    @property
    def printed(self) -> bool:
        """Whether the printer took it: a status of success or warning."""
        return self.status is not None and status_class(self.status) in (StatusClass.SUCCESS, StatusClass.WARNING)

    def film(self) -> Film:
        """Give it as a film that can be drawn; images that cannot be read are left out."""
        images = []
        for image in self.images:
            pixels = image.pixels
            if pixels is not None:
                photometric, parameters = image.photometric_interpretation, image.parameters
                bits = min(16, max(1, image.bits or 8))
                aspect, lut = image.aspect_ratio, image.presentation_lut
                images.append(FilmImage(image.position, pixels, bits, photometric, aspect, parameters, lut))
        return Film(
            self.number, self.colour, self.session, self.box, tuple(images), self.annotations, self.presentation_lut
        )


def _complaint(content: Attributes, color: bool) -> str:
    """Hold Image Pixel attributes against what a preformatted image may have."""
    samples = 3 if color else 1
    stored = content.number("BitsStored")
    lawful: dict[str, tuple[str, ...]] = {
        "SamplesPerPixel": (str(samples),),
        "PhotometricInterpretation": ("RGB",) if color else ("MONOCHROME1", "MONOCHROME2"),
        "BitsStored": ("8",) if color else ("8", "12"),
        "BitsAllocated": ("16",) if stored == 12 else ("8",),
        "HighBit": ("11",) if stored == 12 else ("7",),
        "PixelRepresentation": ("0",),
    }
    if color:
        lawful["PlanarConfiguration"] = ("1",)
    complaints = [
        f"{keyword} {content.text(keyword) or 'absent'} instead of {' or '.join(values)}"
        for keyword, values in lawful.items()
        if content.text(keyword).strip() not in values
    ]
    if content.fault:
        complaints.append(content.fault)
    rows, columns, data = content.number("Rows"), content.number("Columns"), content.data.get("PixelData")
    if not rows or not columns or data is None:
        return "; ".join([*complaints, "no Rows, no Columns or no Pixel Data"])
    needed = rows * columns * samples * (2 if content.number("BitsAllocated") == 16 else 1)
    if len(data) != needed + needed % 2:
        complaints.append(f"Pixel Data of {len(data)} bytes, where {rows} x {columns} pixels need {needed}")
    if not complaints and stored == 12:
        order = ">u2" if content.big_endian else "<u2"
        most = int(np.frombuffer(data[:needed], order).max(initial=0))
        complaints += [f"a sample value of {most}, above 4095, the maximum of 12 bits"] if most > 4095 else []
    return "; ".join(complaints)


def _pixels(content: Attributes) -> Pixels | None:
    rows, columns, data = content.number("Rows"), content.number("Columns"), content.data.get("PixelData")
    samples, bits = content.number("SamplesPerPixel") or 1, content.number("BitsAllocated") or 8
    if not rows or not columns or rows < 0 or columns < 0 or data is None or samples not in (1, 3):
        return None
    count = rows * columns * samples
    if count > _MOST_PIXELS or len(data) < count * (2 if bits == 16 else 1) or bits not in (8, 16):
        return None
    values: Pixels
    if bits == 16:
        values = np.frombuffer(data[: 2 * count], ">u2" if content.big_endian else "<u2").astype(np.uint16)
    else:
        values = np.frombuffer(data[:count], np.uint8)
    if samples == 1:
        return values.reshape(rows, columns)
    if content.number("PlanarConfiguration") == 1:
        return np.moveaxis(values.reshape(3, rows, columns), 0, 2)
    return values.reshape(rows, columns, 3)
