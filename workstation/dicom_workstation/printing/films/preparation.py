"""What is sent to a printer for a request: attributes of film session and film boxes, and the images one by one.

Invariants: every image is opened and held against its state before anything is sent, so that what cannot be
printed is reported first; its pixels are translated when its box is set, and forgotten then, so that memory stays flat
over any number of films.

References
----------
Conformance statement, 2.2.2.4, 3.2.4; PS3.4 H.4.3.1.2.1.1 and H.4.3.2.2.1.1 (image boxes); PS3.3 C.13.5
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from dicom_workstation.instances import Memory
from dicom_workstation.presentation_states import check
from dicom_workstation.printing.attributes import FILM, IMAGE_BOX, SESSION, attributes, given_values, presentation_lut
from dicom_workstation.printing.errors import PrintError
from dicom_workstation.printing.film_layout import Layout
from dicom_workstation.printing.films.sources import Sources, naming
from dicom_workstation.printing.films.translation import ON_FILM, Translated, image_item, translate
from dicom_workstation.printing.request import PrintImage, PrintRequest


@dataclass(frozen=True, slots=True)
class Needs:
    """What the images of a request need of a printer: colour, and how many bits of grey (8 or 12)."""

    colour: bool
    bits: int


class Warnings:
    """What was doubtful so far, each once, with the image that it is about."""

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}

    def add(self, text: str) -> None:
        """Tell something."""
        self._texts[text] = None

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything so far, in the order in which it came up."""
        return tuple(self._texts)


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """One frame of an image, to be translated when it is asked for.

    Parameters
    ----------
    uid : str
        SOP Instance UID.
    name : str
        What the user knows it by: the file or the UID, and the frame where there are several.
    """

    uid: str
    name: str
    asked: PrintImage
    frame: int
    state: str | None
    colour: bool
    bits: int
    sources: Sources = field(repr=False)
    warnings: Warnings = field(repr=False)

    def translated(self) -> Translated:
        """Decode and render it; PrintError with its name if that cannot be done."""
        with naming(self.name):
            image = self.sources.image(self.asked.SOPInstanceUID, self.asked.file)
            state = None if self.state is None else self.sources.state(self.state)
            made = translate(image, self.frame, state, self.asked.window, self.colour, self.bits)
        for text in made.warnings:
            self.warnings.add(f"{self.name}: {text}")
        return made

    def parameters(self, made: Translated) -> dict[str, str]:
        """Return the attributes of the image box beside position and pixels, as keyword -> text."""
        found = {keyword: str(value) for keyword, value in given_values(self.asked, IMAGE_BOX).items()}
        size_mm = self._size_mm(made)
        if size_mm is not None:
            found["RequestedImageSize"] = f"{size_mm:.6g}"
        return found

    def content(self, position: int, is_little_endian: bool = True) -> Dataset:
        """Return the Modification List of an N-SET of an image box; PrintError if there are no pixels to be had.

        Parameters
        ----------
        position : int
            Image Box Position, from 1.
        is_little_endian : bool
            The order of bytes in the transfer syntax that it is sent in, for Pixel Data of 16 bits.
        """
        made = self.translated()
        content = Dataset()
        content.ImageBoxPosition = position
        for keyword, value in self.parameters(made).items():
            setattr(content, keyword, value)
        item = image_item(made, is_little_endian)
        if self.colour:
            content.BasicColorImageSequence = [item]
        else:
            content.BasicGrayscaleImageSequence = [item]
        return content

    def _size_mm(self, made: Translated) -> float | None:
        match self.asked.size:
            case None | "fit":
                return None
            case "true":
                if made.width_mm is None:
                    self.warnings.add(
                        f"{self.name}: the size of its pixels is not known: it is not printed in true size"
                    )
                return made.width_mm
        return float(self.asked.size)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything of a request that goes to the printer; `warnings` grow as images are translated.

    Parameters
    ----------
    session, film : Dataset
        Attributes of N-CREATE; of a film box without what it refers to.
    presentation_lut : Dataset or None
        Attributes of N-CREATE of a Presentation LUT, if one was asked for.
    """

    request: PrintRequest
    session: Dataset
    film: Dataset
    images: tuple[PreparedImage, ...]
    annotations: tuple[str, ...]
    presentation_lut: Dataset | None
    colour: bool
    bits: int
    collected: Warnings = field(repr=False)

    @property
    def layout(self) -> Layout:
        """The Image Display Format, taken apart."""
        return self.request.film_format

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was doubtful so far."""
        return self.collected.texts


def needs(request: PrintRequest, memory: Memory) -> Needs:
    """Look at the images of a request; PrintError with its name if one cannot be opened."""
    sources = Sources(memory)
    seen: dict[tuple[str | None, str | None], tuple[bool, int]] = {}
    for asked in request.pictures:
        source = asked.SOPInstanceUID, asked.file
        if source not in seen:
            image = sources.image(*source)
            seen[source] = not image.grayscale, image.pixel.bits_stored if image.grayscale else 8
    return Needs(any(colour for colour, _ in seen.values()), 12 if any(bits > 8 for _, bits in seen.values()) else 8)


def prepare(request: PrintRequest, memory: Memory, colour: bool = False, bits: int = 8) -> Prepared:
    """Make ready what a printer is sent.

    Parameters
    ----------
    colour : bool
        The images go into color image boxes, as RGB.
    bits : int
        8 or 12: of grayscale image boxes.

    Raises
    ------
    PrintError
        If an image or a state cannot be opened, or they are not for each other.
    """
    if bits not in (8, 12):
        raise PrintError(f"bits: a printer takes 8 or 12, not {bits}")
    bits = 8 if colour else bits
    sources, warnings = Sources(memory), Warnings()
    opened: dict[PrintImage, tuple[PreparedImage, ...]] = {}  # the same image may be asked for many times
    for asked in request.pictures:
        if asked not in opened:
            opened[asked] = tuple(_opened(asked, request, sources, warnings, colour, bits))
    return Prepared(
        request,
        session=attributes(given_values(request, SESSION)),
        film=attributes(given_values(request, FILM)),
        images=tuple(image for asked in request.pictures for image in opened[asked]),
        annotations=request.annotations,
        presentation_lut=presentation_lut(request, bits),
        colour=colour,
        bits=bits,
        collected=warnings,
    )


def _opened(
    asked: PrintImage, request: PrintRequest, sources: Sources, warnings: Warnings, colour: bool, bits: int
) -> list[PreparedImage]:
    """Open an image, and hold the state against each of its frames that is printed."""
    image = sources.image(asked.SOPInstanceUID, asked.file)
    name = asked.SOPInstanceUID or asked.file or ""
    given = asked.state if asked.state is not None else request.state
    state = None if given is None else sources.state(given)
    frames = range(1, image.frames + 1) if asked.frame == "all" else (asked.frame,)
    found = []
    for frame in frames:
        called = name if image.frames == 1 else f"{name}, frame {frame}"
        with naming(called):
            check(image, frame, state, asked.window, ON_FILM)
        uid = str(image.data_set.get("SOPInstanceUID", ""))
        found.append(PreparedImage(uid, called, asked, frame, given, colour, bits, sources, warnings))
    return found
