"""What a printer does between the network and the film: the objects, the layout, the drawing."""

from simulators.printing.film import Annotation, Film, FilmImage, PresentationLUT
from simulators.printing.layout import FilmError, Layout, lay_out
from simulators.printing.rendering import fits, render

__all__ = ["Annotation", "Film", "FilmError", "FilmImage", "Layout", "PresentationLUT", "fits", "lay_out", "render"]
