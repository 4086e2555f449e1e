"""A film as a printer knows it: what its image boxes hold, and the attributes in effect.

Invariants: plain values. Attributes keep the text of the wire (`Mapping[str, str]`, by keyword, several
values joined by a backslash), so that a film can be described whatever a client sent; reading them is the business of
`printer.films.parameters`, drawing them of `printer.films.rendering`.

References
----------
PS3.3 C.13 (print modules), PS3.4 Annex H.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


def _none() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PresentationLUT:
    """A Presentation LUT SOP Instance (PS3.3 C.11.4): a shape, or a table.

    Attributes
    ----------
    shape : str or None
        IDENTITY or LIN OD; None where there is a table.
    table : tuple of int
        Its entries, P-Values of `bits` bits; empty where there is a shape.
    first : int
        The first input value mapped, the second value of the LUT Descriptor.
    bits : int
        Of an entry, the third value of the LUT Descriptor (10 to 16).
    """

    shape: str | None = "IDENTITY"
    table: tuple[int, ...] = ()
    first: int = 0
    bits: int = 12


@dataclass(frozen=True, slots=True)
class FilmImage:
    """What an image box holds (PS3.3 C.13.5, Image Box Pixel Presentation).

    Attributes
    ----------
    position : int
        Image Box Position, from 1.
    pixels : ndarray, shape (rows, columns) or (rows, columns, 3), uint8 or uint16
        The samples as sent, without the bits above `bits_stored`.
    bits_stored : int
        8 or 12.
    photometric_interpretation : str
        MONOCHROME1, MONOCHROME2 or RGB.
    pixel_aspect_ratio : (int, int)
        Vertical and horizontal size of a pixel.
    parameters : mapping
        By keyword, of the image box: Polarity, MagnificationType, SmoothingType, RequestedImageSize,
        RequestedDecimateCropBehavior ...; what was not sent is absent.
    presentation_lut : PresentationLUT or None
        That of its image box, which goes before that of the film box (PS3.4 H.4.3.1.2.1.1).
    """

    position: int
    pixels: Pixels
    bits_stored: int = 8
    photometric_interpretation: str = "MONOCHROME2"
    pixel_aspect_ratio: tuple[int, int] = (1, 1)
    parameters: Mapping[str, str] = field(default_factory=_none)
    presentation_lut: PresentationLUT | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """The text of an annotation box (PS3.3 C.13.7)."""

    position: int
    text: str


@dataclass(frozen=True, slots=True)
class Film:
    """One film (PS3.3 C.13.1, C.13.3): what came out of one print request for one film box.

    Attributes
    ----------
    number : int
        Of the printer's films, from 1.
    colour : bool
        Asked for by the Basic Color Print Management Meta SOP Class.
    session, box : mapping
        Attributes of the film session and of the film box, by keyword.
    images : tuple of FilmImage
        In order of position; boxes without an image are absent.
    """

    number: int
    colour: bool
    session: Mapping[str, str]
    box: Mapping[str, str]
    images: tuple[FilmImage, ...]
    annotations: tuple[Annotation, ...] = ()
    presentation_lut: PresentationLUT | None = None
