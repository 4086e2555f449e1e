"""Films as they come out of the printer: their layout, and their pictures.

May import: numpy, the other modules of `printer`.
Begin with `film` and `rendering`.
"""

from dicom_simulators.printer.films.film import Annotation, Film, FilmImage, Pixels, PresentationLUT
from dicom_simulators.printer.films.layout import (
    CUSTOM_LAYOUTS,
    CustomLayouts,
    FilmError,
    Layout,
    film_size_mm,
    lay_out,
)
from dicom_simulators.printer.films.png import film_name, last_number, write_png
from dicom_simulators.printer.films.rendering import fits, render

__all__ = [
    "CUSTOM_LAYOUTS",
    "Annotation",
    "CustomLayouts",
    "Film",
    "FilmError",
    "FilmImage",
    "Layout",
    "Pixels",
    "PresentationLUT",
    "film_name",
    "film_size_mm",
    "fits",
    "last_number",
    "lay_out",
    "render",
    "write_png",
]
