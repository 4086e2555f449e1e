"""The image of an image box, and the table of a Presentation LUT: from the data set of a request to plain values.

Invariants: everything that PS3.4 marks mandatory must be there and fit together, down to the length of Pixel
Data; what does not is refused with the attributes named. Samples are kept as sent, without the bits above Bits Stored.

References
----------
PS3.3 C.13.5 (Image Box Pixel Presentation: unsigned samples of 8 or 12 bits, colour plane by plane), C.11.4
(Presentation LUT); PS3.4 Tables H.4-10, H.4-11, H.4-23
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dicom_simulators.encoding import Element, tag_of, values
from dicom_simulators.printer.abilities import Abilities
from dicom_simulators.printer.attributes import named, text, whole_number
from dicom_simulators.printer.films import FilmImage, Pixels, PresentationLUT
from dicom_simulators.printer.replies import RefusedError, Status

_MANDATORY = (
    *("SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns", "BitsAllocated", "BitsStored"),
    *("HighBit", "PixelRepresentation", "PixelData"),
)
_PIXEL_DATA = tag_of("PixelData")
_TABLE_ENTRIES = {256, 4096}
_TABLE_BITS = range(10, 17)


def read_image(
    sequence: Element, position: int, colour: bool, parameters: Mapping[str, str], abilities: Abilities
) -> FilmImage | None:
    """Read a Basic Grayscale or Color Image Sequence; None where it erases the image.

    Raises
    ------
    RefusedError
        With 0106, 0120 or 0121.
    """
    if not sequence.items:
        return None
    if len(sequence.items) > 1:
        raise RefusedError(Status.INVALID_ATTRIBUTE_VALUE, "an image box holds one image", (sequence.tag,))
    item = sequence.items[0]
    _demand(item, (*_MANDATORY, "PlanarConfiguration") if colour else _MANDATORY)
    wrong = _mistakes(item, colour, abilities)
    if wrong:
        tags = [tag_of(keyword) for keyword in wrong]
        raise RefusedError(Status.INVALID_ATTRIBUTE_VALUE, f"image: {named(tags)} not supported", tags)
    aspect = [whole_number(value) or 1 for value in text(item, "PixelAspectRatio").split("\\") if value] or [1, 1]
    return FilmImage(
        position,
        _pixels(item, colour),
        _number(item, "BitsStored"),
        text(item, "PhotometricInterpretation"),
        (aspect[0], aspect[1]),
        dict(parameters),
    )


def _demand(item: Mapping[int, Element], keywords: tuple[str, ...]) -> None:
    missing = [tag_of(keyword) for keyword in keywords if tag_of(keyword) not in item]
    if missing:
        raise RefusedError(Status.MISSING_ATTRIBUTE, f"image without {named(missing)}", missing)
    empty = [tag_of(keyword) for keyword in keywords if not item[tag_of(keyword)].value]
    if empty:
        raise RefusedError(Status.MISSING_ATTRIBUTE_VALUE, f"image: no value of {named(empty)}", empty)


def _number(item: Mapping[int, Element], keyword: str) -> int:
    number = whole_number(text(item, keyword))
    return -1 if number is None else number


def _mistakes(item: Mapping[int, Element], colour: bool, abilities: Abilities) -> list[str]:
    """Name the attributes whose values this printer cannot print."""
    stored = _number(item, "BitsStored")
    allowed = {8} if colour else set(abilities.bits)
    interpretations = ("RGB",) if colour else ("MONOCHROME1", "MONOCHROME2")
    verdicts = {
        "SamplesPerPixel": _number(item, "SamplesPerPixel") == (3 if colour else 1),
        "PhotometricInterpretation": text(item, "PhotometricInterpretation") in interpretations,
        "Rows": _number(item, "Rows") > 0,
        "Columns": _number(item, "Columns") > 0,
        "BitsStored": stored in allowed,
        "BitsAllocated": _number(item, "BitsAllocated") == (8 if stored <= 8 else 16),
        "HighBit": _number(item, "HighBit") == stored - 1,
        "PixelRepresentation": _number(item, "PixelRepresentation") == 0,
        "PlanarConfiguration": not colour or _number(item, "PlanarConfiguration") == 1,
        "PixelAspectRatio": _aspect_is_lawful(text(item, "PixelAspectRatio")),
    }
    wrong = [keyword for keyword, right in verdicts.items() if not right]
    if not wrong and len(item[_PIXEL_DATA].value) not in _lengths(item):
        wrong.append("PixelData")
    return wrong


def _aspect_is_lawful(given: str) -> bool:
    parts = given.split("\\")
    return not given or (len(parts) == 2 and all((whole_number(part) or 0) > 0 for part in parts))


def _lengths(item: Mapping[int, Element]) -> tuple[int, int]:
    """Give the length that Pixel Data has to have, and that with its padding."""
    samples = _number(item, "Rows") * _number(item, "Columns") * _number(item, "SamplesPerPixel")
    length = samples * _number(item, "BitsAllocated") // 8
    return length, length + length % 2


def _pixels(item: Mapping[int, Element], colour: bool) -> Pixels:
    rows, columns = _number(item, "Rows"), _number(item, "Columns")
    length = _lengths(item)[0]
    if _number(item, "BitsAllocated") == 16:
        words = np.frombuffer(item[_PIXEL_DATA].value, "<u2", length // 2).astype(np.uint16)
        words &= np.uint16((1 << _number(item, "BitsStored")) - 1)
        return words.reshape(rows, columns)
    samples = np.frombuffer(item[_PIXEL_DATA].value, np.uint8, length)
    if not colour:
        return samples.reshape(rows, columns)
    return np.ascontiguousarray(samples.reshape(3, rows, columns).transpose(1, 2, 0))


def read_lut(attributes: Mapping[int, Element]) -> PresentationLUT:
    """Read the Presentation LUT of an N-CREATE: a shape or a table, never both (PS3.4 Table H.4-23).

    Whether a table has an entry for each value of an image (PS3.4 H.4.9.2.1.1.1) is not judged: no table of statuses
    says what a printer answers, and DCMTK's client prints images of 12 bits with tables of 256 entries.

    Raises
    ------
    RefusedError
        With 0106 or 0120.
    """
    sequence, shape = tag_of("PresentationLUTSequence"), tag_of("PresentationLUTShape")
    table = attributes.get(sequence)
    given = text(attributes, "PresentationLUTShape")
    if (table is None or not table.items) and not given:
        raise RefusedError(Status.MISSING_ATTRIBUTE, "neither a shape nor a table", (sequence, shape))
    if table is None or not table.items:
        return PresentationLUT(given)
    if given:
        raise RefusedError(Status.INVALID_ATTRIBUTE_VALUE, "a shape and a table", (sequence, shape))
    item = table.items[0]
    _demand(item, ("LUTDescriptor", "LUTData"))
    descriptor = [whole_number(value) for value in values(item[tag_of("LUTDescriptor")])]
    data = item[tag_of("LUTData")].value
    count, first, bits = descriptor if len(descriptor) == 3 else (None, None, None)
    if count not in _TABLE_ENTRIES or first != 0 or bits is None or bits not in _TABLE_BITS or len(data) != 2 * count:
        raise RefusedError(Status.INVALID_ATTRIBUTE_VALUE, "no such table", (sequence,))
    entries = np.frombuffer(data, "<u2")
    return PresentationLUT(None, tuple(int(entry) for entry in entries), first, bits)
