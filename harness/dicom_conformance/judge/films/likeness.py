"""An image found again in the picture of a film, whatever the printer's margins, size, interpolation and density.

Invariants: nothing is known of the printer but the Image Display Format. A film is divided into equal cells; in each
the printed image is the rectangle that differs from the film around it. Images are compared by the means of a coarse
grid, up to brightness and contrast, turned and mirrored in every way, so that how they were magnified does not matter.

References
----------
PS3.3 C.13.3 (Image Display Format), C.13.5 (Polarity), C.13.5.1 (Image Box Position).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dicom_conformance.judge.films.printed import PrintedImage

GRID = 24
"""Rows and columns of the grid."""
DISTINCT = 12.0
"""By how much of 255 the edge of an image differs from the film around it, so that it can be found."""
ALIKE = 0.85
"""Correlation from which on an image counts as recognized."""
BETTER = 0.02
"""By how much the correlation of another image or orientation must be greater before it counts as that one."""
MOST_PLACES = 1000

Greys: TypeAlias = NDArray[np.float64]

TURNS = tuple((mirrored, quarters) for mirrored in (False, True) for quarters in range(4))
"""The eight ways in which a rectangle may lie: mirrored left to right or not, then turned by quarters."""


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of a picture, in pixels; `bottom` and `right` are the first ones outside."""

    top: int
    left: int
    bottom: int
    right: int

    def of(self, picture: NDArray[Any]) -> NDArray[Any]:
        """Cut it out."""
        return picture[self.top : self.bottom, self.left : self.right]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like a sent image is what was printed: the orientation in which it is most like it, and the correlation.

    Attributes
    ----------
    correlation : float
        -1 to 1; below 0 where bright and dark are exchanged.
    """

    mirrored: bool
    quarters: int
    correlation: float

    @property
    def strength(self) -> float:
        """How sure it is, whatever the polarity."""
        return abs(self.correlation)

    @property
    def turn(self) -> str:
        """The orientation in words; empty for that in which the image was sent."""
        texts = ["mirrored"] if self.mirrored else []
        texts += [f"turned by {90 * self.quarters} degrees"] if self.quarters else []
        return " and ".join(texts)


def cells(layout: str, rows: int, columns: int) -> list[Area]:
    """Divide a picture by an Image Display Format, in order of Image Box Position.

    Returns
    -------
    list of Area
        Empty for formats of which only the printer knows the places (SLIDE, SUPERSLIDE, CUSTOM).
    """
    form, _, numbers = layout.strip().partition("\\")
    if not re.fullmatch(r"\d{1,3}(,\d{1,3})*", numbers):
        return []
    counts = [int(each) for each in numbers.split(",")]
    if form == "STANDARD" and len(counts) == 2:
        form, counts = "ROW", [counts[0]] * counts[1]
    if form not in ("ROW", "COL") or 0 in counts or sum(counts) > MOST_PLACES:
        return []
    along, across = (rows, columns) if form == "ROW" else (columns, rows)
    found = []
    for band, count in enumerate(counts):
        begin, end = _share(along, len(counts), band)
        for place in range(count):
            first, last = _share(across, count, place)
            found.append(Area(begin, first, end, last) if form == "ROW" else Area(first, begin, last, end))
    return found


def _share(size: int, count: int, place: int) -> tuple[int, int]:
    return size * place // count, size * (place + 1) // count


def ground(picture: NDArray[Any]) -> Greys:
    """Give the grey (or colour) of the film around the images: that of the outermost pixels."""
    edges = (picture[0], picture[-1], picture[:, 0], picture[:, -1])
    found: Greys = np.median(np.concatenate([edge.reshape(len(edge), -1) for edge in edges]), axis=0)
    return found


def located(picture: NDArray[Any], cell: Area, around: Greys) -> Area | None:
    """Find the rectangle of a cell that differs from the film around it; None where nothing does.

    Lines of text beside an image are left out: of rows and columns those count that differ for at least half as long
    as the longest.
    """
    part = cell.of(picture).astype(np.float64)
    apart = np.abs(part.reshape(*part.shape[:2], -1) - around).max(axis=2) > DISTINCT
    rows = _longest_run(apart.sum(axis=1))
    if rows is None:
        return None
    columns = _longest_run(apart[rows[0] : rows[1]].sum(axis=0))
    if columns is None:
        return None
    return Area(cell.top + rows[0], cell.left + columns[0], cell.top + rows[1], cell.left + columns[1])


def _longest_run(lengths: NDArray[Any]) -> tuple[int, int] | None:
    most = int(lengths.max(initial=0))
    if most < 2:
        return None
    marks = np.diff(np.concatenate([[0], (lengths * 2 >= most).astype(np.int8), [0]]))
    begins, ends = np.flatnonzero(marks == 1), np.flatnonzero(marks == -1)
    longest = int(np.argmax(ends - begins))
    return int(begins[longest]), int(ends[longest])


def sent_greys(image: PrintedImage) -> Greys | None:
    """Give what a printed image must look like, 0 = black to 255 = white: Photometric Interpretation, then Polarity.

    A Presentation LUT is left out.
    """
    pixels = image.pixels
    if pixels is None:
        return None
    highest = (1 << min(16, max(1, image.bits or 8))) - 1
    greys: Greys = np.minimum(pixels, highest).astype(np.float64) * (255.0 / highest)
    reverse = image.parameters.get("Polarity", "").strip() == "REVERSE"
    return 255.0 - greys if (image.photometric_interpretation == "MONOCHROME1") != reverse else greys


def is_distinct(greys: Greys, around: Greys) -> bool:
    """Tell whether the edge of an image can be told from the film around it, printed in either polarity."""
    edges = np.concatenate([edge.reshape(len(edge), -1) for edge in (greys[0], greys[-1], greys[:, 0], greys[:, -1])])
    return all(bool((np.abs(each - around).max(axis=1) > DISTINCT).all()) for each in (edges, 255.0 - edges))


def grid(greys: NDArray[Any]) -> Greys:
    """Give the means of a grid of equal shares of an image, shape (GRID, GRID) or (GRID, GRID, 3)."""
    rows, columns = (_weights(size) for size in greys.shape[:2])
    found: Greys = np.einsum("ij,jk...,lk->il...", rows, greys.astype(np.float64), columns, optimize=True)
    return found


def _weights(size: int) -> Greys:
    edges = np.linspace(0, size, GRID + 1)
    pixels = np.arange(size)
    shares = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    shares = np.clip(shares, 0, None)
    weights: Greys = shares / shares.sum(axis=1, keepdims=True)
    return weights


def likeness(sent: Greys, printed: Greys) -> Likeness:
    """Compare two grids in every orientation; that in which the image was sent is preferred.

    What was printed in grey is compared with the mean of the colours that were sent, and the other way round.
    """
    if sent.ndim != printed.ndim:
        sent, printed = (one.mean(axis=2) if one.ndim == 3 else one for one in (sent, printed))
    found = [
        Likeness(mirrored, quarters, _correlation(turned(sent, mirrored, quarters), printed))
        for mirrored, quarters in TURNS
    ]
    best = max(found, key=lambda one: one.strength)
    return found[0] if best.strength < found[0].strength + BETTER else best


def turned(values: NDArray[Any], mirrored: bool, quarters: int) -> NDArray[Any]:
    """Mirror left to right, then turn clockwise by quarters."""
    result: NDArray[Any] = np.rot90(np.fliplr(values) if mirrored else values, -quarters)
    return result


def _correlation(one: Greys, other: Greys) -> float:
    first, second = one - one.mean(), other - other.mean()
    norm = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return 0.0 if norm < 1e-9 else float((first * second).sum() / norm)


def steps(greys: NDArray[Any]) -> tuple[int, int]:
    """Count where rows and columns differ from the ones before: few where pixels were repeated, not interpolated."""
    values = greys.astype(np.int64).reshape(*greys.shape[:2], -1)
    rows = (np.abs(np.diff(values, axis=0)).max(axis=(1, 2)) > 0).sum()
    columns = (np.abs(np.diff(values, axis=1)).max(axis=(0, 2)) > 0).sum()
    return int(rows), int(columns)
