"""What a simulated printer can do: media, sizes, layouts, densities, memory, and how it takes what it cannot do.

Invariants: plain, frozen values. What is asked beyond them is refused, or replaced with a warning, by
`printer.rules` and `printer.services`.

References
----------
PS3.3 C.13.1, C.13.3 (defined terms); PS3.4 H.2.4
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dicom_simulators.printer.films import CUSTOM_LAYOUTS, CustomLayouts, FilmError, film_size_mm

# PS3.3 C.13.1
MEDIA = ("CLEAR FILM", "BLUE FILM", "PAPER", "MAMMO CLEAR FILM", "MAMMO BLUE FILM")
DESTINATIONS = ("PROCESSOR", "MAGAZINE", "BIN_1", "BIN_2")
# PS3.3 C.13.3
FILM_SIZES = (
    *("14INX17IN", "8INX10IN", "8_5INX11IN", "10INX12IN", "10INX14IN", "11INX14IN", "11INX17IN", "14INX14IN"),
    *("24CMX24CM", "24CMX30CM", "A4", "A3"),
)
LAYOUTS = ("STANDARD\\", "ROW\\", "COL\\", "SLIDE", "SUPERSLIDE", "CUSTOM\\")
MAGNIFICATIONS = ("CUBIC", "REPLICATE", "BILINEAR", "NONE")

MEMORY_BYTES = 1 << 28
DOTS_PER_MM = 2.0

ANNOTATION_FORMATS: Mapping[str, int] = MappingProxyType(
    {"LABEL": 1, "BOTTOM": 1, "COMBINED": 2, **{str(count): count for count in range(1, 7)}}
)


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a printer can do.

    Attributes
    ----------
    bits : tuple of int
        Values of Bits Stored that it takes: 8, 12 or both.
    media : tuple of str
        Medium Types that it has; the first is the default.
    destinations_of_film : tuple of str
        Film Destinations that it has; the first is the default.
    film_sizes : tuple of str
        Film Size IDs that it has; the first is the default.
    layouts : tuple of str
        Beginnings of the Image Display Formats that it has.
    custom_layouts : mapping
        CUSTOM Image Display Formats by number: each box as left, top, width, height, in fractions of the film.
    annotation_formats : mapping of str to int
        Annotation Display Format IDs that it has, and how many annotation boxes each makes.
    densities : (int, int)
        Least and most density, in hundredths of OD.
    memory_bytes : int
        Memory for the images of one film session, in bytes; beyond it the status is C605.
    allocates_memory : bool
        Whether it supports Memory Allocation; if not, the status is B600.
    dots_per_mm : float
        Resolution of films and of their pictures, in dots per millimetre.
    collates : bool
        Whether a film session can be printed as a whole; if not, the statuses are B601 and C616.
    replaces : bool
        Whether what it does not have is replaced or left out with a warning (0116, 0107), not refused (0106, 0105).
    last_only : bool
        Whether only the film box created last may be set, printed and deleted (PS3.4 H.4.2.2).
    judges_sizes_at : {"set", "print"}
        Whether it reports an image larger than its box at the N-SET or at the N-ACTION.
    """

    media: tuple[str, ...] = MEDIA
    destinations_of_film: tuple[str, ...] = DESTINATIONS
    film_sizes: tuple[str, ...] = FILM_SIZES
    layouts: tuple[str, ...] = LAYOUTS
    custom_layouts: CustomLayouts = field(default_factory=lambda: CUSTOM_LAYOUTS)
    annotation_formats: Mapping[str, int] = field(default_factory=lambda: ANNOTATION_FORMATS)
    bits: tuple[int, ...] = (8, 12)
    densities: tuple[int, int] = (20, 300)
    memory_bytes: int = MEMORY_BYTES
    allocates_memory: bool = True
    dots_per_mm: float = DOTS_PER_MM
    collates: bool = True
    replaces: bool = False
    last_only: bool = True
    judges_sizes_at: str = "set"

    def __post_init__(self) -> None:
        """Refuse, as a ValueError, what no printer can be."""
        for name in ("media", "destinations_of_film", "film_sizes", "layouts", "bits"):
            if not getattr(self, name):
                raise ValueError(f"{name}: give at least one; the first is the default")
        if not set(self.bits) <= {8, 12}:
            raise ValueError("bits: give 8, 12 or both (PS3.3 C.13.5)")
        if not 0 <= self.densities[0] < self.densities[1]:
            raise ValueError("densities: give the minimum, then a larger maximum")
        if self.dots_per_mm <= 0:
            raise ValueError("dots_per_mm: must be greater than 0")
        for size in self.film_sizes:
            try:
                film_size_mm({"FilmSizeID": size})
            except FilmError as error:
                raise ValueError(f"film_sizes: {error}") from error
