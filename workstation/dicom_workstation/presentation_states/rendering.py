"""From an image, and a state if there is one, to the picture on the display.

Invariants: the order is that of PS3.4 N.2: grey values to P-Values, shutter, rotation, flip, displayed area;
annotations and overlays are drawn last, where these steps have brought the positions they are placed at. Either the
picture is what the state says, or an error is raised, or a warning says what is not.

References
----------
PS3.4 N.2.1 to N.2.3; conformance statement, 3.2.5
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dicom_workstation import pixels
from dicom_workstation.data_sets import UNREADABLE, counted
from dicom_workstation.pixels import Function, Image, Pixels, PixelShape, Remarks, Transformation, apply
from dicom_workstation.presentation_states.displayed_area import Display, DisplayedArea, Placement, place
from dicom_workstation.presentation_states.drawing import Drawing
from dicom_workstation.presentation_states.errors import StateError, reading
from dicom_workstation.presentation_states.grayscale import read_transformation
from dicom_workstation.presentation_states.pixel_size import pixel_size
from dicom_workstation.presentation_states.presentation import Window
from dicom_workstation.presentation_states.shutter import beyond, read_shutter
from dicom_workstation.presentation_states.spatial_transformation import SpatialTransformation
from dicom_workstation.presentation_states.state import PresentationState, Spatial


@dataclass(frozen=True, slots=True, eq=False)
class Rendering:
    """A picture.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns), uint8 (8 bits) or uint16; or (rows, columns, 3), uint8 RGB
    pixel_size : (float, float)
        How high and how wide a pixel of it is, in proportion to each other.
    width_mm : float or None
        How wide the picture is in the patient or at the detector; None if nothing says so.
    texts : tuple of str
        What the annotations say.
    """

    pixels: Pixels
    warnings: tuple[str, ...] = ()
    pixel_size: tuple[float, float] = (1.0, 1.0)
    width_mm: float | None = None
    texts: tuple[str, ...] = ()


def render(
    image: Image,
    frame: int = 1,
    state: PresentationState | None = None,
    window: Window | None = None,
    display: Display | None = None,
    bits: int = 8,
) -> Rendering:
    """Render a frame, counted from 1.

    Parameters
    ----------
    window : Window or None
        Takes the place of the image's VOI LUT; not together with a state.
    bits : int
        8 to 16: the largest P-Value is 2**bits - 1. Colour is always of 8.

    Raises
    ------
    StateError
        If the state is not for this frame or cannot be followed.
    PixelError
        If the pixels cannot be decoded or transformed.
    """
    steps = check(image, frame, state, window, display)
    p_values = apply(image, frame, steps.transformation, bits)
    return _present(p_values, steps, bits, image.remarks.texts)


@dataclass(frozen=True, slots=True)
class Steps:
    """Everything that is done to the stored values of a frame; `size` is what the image says of its pixels.

    `warnings` says what is left out, and what cannot be as it was asked.
    """

    transformation: Transformation
    spatial: Spatial
    placement: Placement
    size: PixelShape
    warnings: tuple[str, ...]


def check(
    image: Image,
    frame: int = 1,
    state: PresentationState | None = None,
    window: Window | None = None,
    display: Display | None = None,
) -> Steps:
    """Read everything that is needed to render a frame, but for its pixels.

    Raises
    ------
    StateError
        If the state is not for this frame or cannot be followed.
    PixelError
        If what the image says of its pixels cannot be followed.
    """
    if not 1 <= frame <= image.frames:
        raise StateError(f"there is no frame {frame}: the image has {counted(image.frames, 'frame')}")
    if state is not None and window is not None:
        raise StateError("a window and a presentation state cannot be combined")
    remarks = Remarks()
    if state is None:
        transformation = Transformation.of_image(image, frame, window=_voi_lut(window), remarks=remarks)
    with reading("the image" if state is None else "the presentation state"):
        if state is None:
            spatial = _spatial_of_image(image, frame, remarks)
        else:
            state.check(image, frame)
            if not image.grayscale:
                raise StateError("a Grayscale Softcopy Presentation State cannot be applied to a colour image")
            spatial, transformation = state.spatial(image, frame), read_transformation(state, image, frame)
        rows, columns, is_drawn_on = image.pixel.rows, image.pixel.columns, bool(spatial.drawing.annotations)
        placement, notes = place(spatial.area, spatial.turned, rows, columns, display or Display(), is_drawn_on)
    with reading("the image"):
        size = pixel_size(image, frame)[0]
    return Steps(transformation, spatial, placement, size, (*remarks.texts, *spatial.warnings, *notes))


def _spatial_of_image(image: Image, frame: int, remarks: Remarks) -> Spatial:
    """Return how an image is shown without a state: its own shutter, its pixel aspect ratio, the whole of it."""
    data_set, rows, columns = image.data_set, image.pixel.rows, image.pixel.columns
    turned = SpatialTransformation()
    shutter = None
    with remarks.without("its shutter", StateError, *UNREADABLE):
        shutter = read_shutter(data_set) if "ShutterShape" in data_set else None
    size, notes = pixel_size(image, frame)
    area = DisplayedArea.whole(rows, columns, turned, size)
    warnings = (*notes, *(beyond(shutter, rows, columns) if shutter is not None else ()))
    return Spatial(shutter, turned, area, Drawing((), (), ()), warnings)


def _present(p_values: Pixels, steps: Steps, bits: int, remarks: tuple[str, ...]) -> Rendering:
    shown, warnings, white = p_values, [*remarks, *steps.warnings], (1 << bits) - 1
    spatial, placement = steps.spatial, steps.placement
    if spatial.shutter is not None:
        shown, notes = spatial.shutter.apply(shown, white, spatial.area.vertical / spatial.area.horizontal)
        warnings += notes
    picture, notes = spatial.drawing.apply(placement.apply(shown), placement, white)
    return Rendering(
        np.ascontiguousarray(picture),
        tuple(dict.fromkeys((*warnings, *notes))),
        _pixel_size(spatial.area, placement),
        _width_mm(spatial.area, placement, steps.size),
        spatial.drawing.texts,
    )


def _pixel_size(area: DisplayedArea, placement: Placement) -> tuple[float, float]:
    """Return how high and wide a pixel of the picture is."""
    vertical, horizontal = area.vertical, area.horizontal
    if placement.turned.swaps_axes:
        vertical, horizontal = horizontal, vertical
    return (
        vertical * placement.height / placement.picture_rows,
        horizontal * placement.width / placement.picture_columns,
    )


def _width_mm(area: DisplayedArea, placement: Placement, size: PixelShape) -> float | None:
    """Return how wide the displayed area is: by the state where it asks for TRUE SIZE, else by the image."""
    if area.mode == "TRUE SIZE":
        vertical, horizontal = area.vertical, area.horizontal
    elif size.is_physical:
        vertical, horizontal = size.height, size.width
    else:
        return None
    return placement.width * (vertical if placement.turned.swaps_axes else horizontal)


def _voi_lut(window: Window | None) -> pixels.Window | None:
    return None if window is None else pixels.Window(window.center, window.width, Function(window.function))
