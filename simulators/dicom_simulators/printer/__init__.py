"""What a printer does between the network and the film: the objects, the layout, the drawing.

May import: `association`, `data_sets`, `encoding`.
Begin with `printer`, then `services` and `objects`; `films/` draws what comes out.
"""

from dicom_simulators.printer.abilities import Abilities
from dicom_simulators.printer.films import (
    Annotation,
    Film,
    FilmError,
    FilmImage,
    Layout,
    Pixels,
    PresentationLUT,
    fits,
    lay_out,
    render,
)
from dicom_simulators.printer.printer import Printer

__all__ = [
    "Abilities",
    "Annotation",
    "Film",
    "FilmError",
    "FilmImage",
    "Layout",
    "Pixels",
    "PresentationLUT",
    "Printer",
    "fits",
    "lay_out",
    "render",
]
