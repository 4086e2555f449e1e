"""The harness's own renderer: what an image looks like, with and without a Grayscale Softcopy Presentation State.

Invariants: it is a second opinion. The formulas are those of the standard, in floating point and in the
order of PS3.4 Annex N.2; nothing is taken from any workstation, and nothing is tuned to what one of them draws. What
the standard leaves open (letters, line widths, the pixels on the edge of a shutter, interpolation) is
marked as such and judged by regions, never pixel by pixel.

References
----------
PS3.3 C.7.6.11, C.7.6.15, C.10.4 to C.10.7, C.11.1, C.11.2, C.11.6, C.11.8, C.11.12; PS3.4 N.2.
"""

from __future__ import annotations

from dicom_conformance.judge.rendering.colour import colours, is_colour
from dicom_conformance.judge.rendering.comparison import Comparison, compare
from dicom_conformance.judge.rendering.geometry import geometry_of
from dicom_conformance.judge.rendering.png import png
from dicom_conformance.judge.rendering.references import refers
from dicom_conformance.judge.rendering.renderer import Expected, RenderError, render
from dicom_conformance.judge.rendering.stored import photometric, readable, stored_values

__all__ = [
    "Comparison",
    "Expected",
    "RenderError",
    "colours",
    "compare",
    "geometry_of",
    "is_colour",
    "photometric",
    "png",
    "readable",
    "refers",
    "render",
    "stored_values",
]
