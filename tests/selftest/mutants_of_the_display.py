"""Mutants of what is displayed, and of the presentation states that are created (DCS 3.2.5, 3.2.2.1.3.2.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from dicom_workstation.pixels import lookup_table, modality_lut, presentation_lut, rendering, voi_lut
from dicom_workstation.pixels.image import Image
from dicom_workstation.pixels.transformation import Transformation
from dicom_workstation.presentation_states import (
    displayed_area,
    drawing,
    grayscale,
    references,
    shutter,
    spatial_transformation,
    state,
)
from dicom_workstation.presentation_states.creation import created_area, created_grayscale, creation
from mutation import Catalogue, Patch

DISPLAY = Catalogue()

_OF = "presentation_state/"
MODALITY, VOI, LUT = f"{_OF}apply-modality-lut", f"{_OF}apply-voi-lut", f"{_OF}apply-presentation-lut"
SHUTTER, ANNOTATION = f"{_OF}apply-shutter", f"{_OF}apply-annotation"
SPATIAL, AREA = f"{_OF}apply-spatial-transformation", f"{_OF}apply-displayed-area"
HOSTILE, PLAIN = f"{_OF}hostile-states", f"{_OF}image-without-a-state"
DECODES = "storage/loader-decodes-every-context-of-table-3"


def _afresh(patch: Patch) -> None:
    """Have every table of grey values worked out anew: one kept from before would hide the deviation."""
    patch.set(rendering, "_table", rendering._table.__wrapped__)


# -- modality LUT


@DISPLAY.mutant(f"{MODALITY}[state_rescale]", "rendering")
def takes_signed_values_for_unsigned(patch: Patch) -> None:
    """Stored values below zero are rescaled as if they were unsigned."""
    _afresh(patch)

    def unsigned(self: Any, inputs: Any) -> Any:
        return apply(self, inputs.view(f"u{inputs.itemsize}") if inputs.dtype.kind == "i" else inputs)

    apply = patch.set(modality_lut.Rescale, "apply", unsigned)


@DISPLAY.mutant(f"{MODALITY}[state_rescale_negative]", "rendering")
def loses_the_sign_of_the_slope(patch: Patch) -> None:
    """A Rescale Slope below zero is taken as one above."""
    _afresh(patch)
    patch.set(modality_lut.Rescale, "apply", lambda self, inputs: inputs * abs(self.slope) + self.intercept)


@DISPLAY.mutant(f"{MODALITY}[state_modality_lut]", "rendering")
def ignores_the_first_value_mapped(patch: Patch) -> None:
    """A table is entered as if its first entry were that of the value 0."""
    _afresh(patch)

    def misplaced(self: Any, inputs: Any) -> Any:
        return apply(replace(self, first=0), inputs)

    apply = patch.set(lookup_table.LookUpTable, "apply", misplaced)


# -- VOI LUT


@DISPLAY.mutant(f"{VOI}[state_window_narrow]", "rendering")
def divides_by_the_width(patch: Patch) -> None:
    """A linear window is divided by its width, not by its width less one."""
    _afresh(patch)
    patch.set(
        voi_lut.Window,
        "_linear",
        lambda self, inputs: np.clip((inputs - self.center + 0.5) / self.width + 0.5, 0.0, 1.0),
    )


@DISPLAY.mutant(f"{VOI}[state_window_narrow]", "rendering")
def forgets_the_half_of_the_center(patch: Patch) -> None:
    """A linear window lies about its center, not about its center less a half."""
    _afresh(patch)
    patch.set(
        voi_lut.Window,
        "_linear",
        lambda self, inputs: np.clip((inputs - self.center) / (self.width - 1) + 0.5, 0.0, 1.0),
    )


@DISPLAY.mutant(f"{VOI}[state_window_sigmoid]", "rendering")
def takes_each_function_for_linear(patch: Patch) -> None:
    """VOI LUT Function SIGMOID is ignored."""
    _afresh(patch)
    patch.set(voi_lut.Window, "apply", lambda self, inputs: self._linear(inputs.astype(np.float64)))


@DISPLAY.mutant(f"{VOI}[state_voi_lut]", "rendering")
def wraps_what_is_beyond_a_table(patch: Patch) -> None:
    """Input beyond the ends of a table takes entries from its other end."""
    _afresh(patch)

    def wrapped(self: Any, inputs: Any) -> Any:
        places = np.rint(inputs).astype(np.int64) - self.first
        return self.values[places % self.entries].astype(np.float64)

    patch.set(lookup_table.LookUpTable, "apply", wrapped)


@DISPLAY.mutant(f"{VOI}-of-a-frame", "rendering")
def shows_every_frame_as_the_first(patch: Patch) -> None:
    """The window of the first frame is applied to all."""
    patch.set(
        grayscale, "single_applying_item", lambda sequence, uid, frame, keyword: sequence[0] if sequence else None
    )


@DISPLAY.mutant(f"{PLAIN}", "rendering")
def ignores_the_users_window(patch: Patch) -> None:
    """The window that the user sets is ignored."""

    def deaf(cls: Any, image: Any, frame: int = 1, window: Any = None, **further: Any) -> Any:
        return of_image.__func__(cls, image, frame, None, **further)

    of_image = patch.set(Transformation, "of_image", classmethod(deaf))


# -- presentation LUT


@DISPLAY.mutant(f"{LUT}[state_inverse]", "rendering")
def ignores_inverse(patch: Patch) -> None:
    """Presentation LUT Shape INVERSE is shown as IDENTITY."""
    _afresh(patch)

    def upright(lut: Any, inputs: Any) -> Any:
        return inputs if lut is presentation_lut.Shape.INVERSE else apply(lut, inputs)

    apply = patch.set(presentation_lut, "apply", upright)


@DISPLAY.mutant(f"{LUT}[state_presentation_lut]", "rendering")
def ignores_the_presentation_lut(patch: Patch) -> None:
    """A Presentation LUT Sequence is not applied."""
    _afresh(patch)
    patch.set(presentation_lut, "apply", lambda lut, inputs: inputs)


@DISPLAY.mutant(f"{PLAIN}", "rendering")
def inverts_monochrome1_twice(patch: Patch) -> None:
    """A MONOCHROME1 image whose Presentation LUT Shape is INVERSE is inverted twice."""

    def doubled(cls: Any, image: Any, *arguments: Any, **further: Any) -> Any:
        found = of_image.__func__(cls, image, *arguments, **further)
        return replace(found, is_inverted=image.pixel.photometric == "MONOCHROME1")

    of_image = patch.set(Transformation, "of_image", classmethod(doubled))


# -- shutter


@DISPLAY.mutant(f"{SHUTTER}[state_shutter_circular]", "rendering")
def ignores_the_shutters_value(patch: Patch) -> None:
    """What a shutter occludes is black, whatever its presentation value."""

    def black(self: Any, *arguments: Any) -> Any:
        return apply(replace(self, p_value=0), *arguments)

    apply = patch.set(shutter.Shutter, "apply", black)


@DISPLAY.mutant(f"{SHUTTER}[state_shutter_combined]", "rendering")
def applies_the_first_shape_only(patch: Patch) -> None:
    """Of several shapes of a shutter only the first one occludes."""

    def first(self: Any, *arguments: Any) -> Any:
        return apply(replace(self, shapes=self.shapes[:1]), *arguments)

    apply = patch.set(shutter.Shutter, "apply", first)


@DISPLAY.mutant(f"{SHUTTER}[state_shutter_circular]", "rendering")
def exchanges_row_and_column_of_the_circle(patch: Patch) -> None:
    """The center of a circular shutter is read as column and row."""

    def exchanged(self: Any, *arguments: Any) -> Any:
        return visible(replace(self, row=self.column, column=self.row), *arguments)

    visible = patch.set(shutter.Circular, "visible", exchanged)


@DISPLAY.mutant(f"{SHUTTER}[state_shutter_bitmap]", "rendering")
def shows_what_the_bitmap_occludes(patch: Patch) -> None:
    """Where the overlay of a bitmap shutter is 1 the image is seen, and elsewhere not."""
    patch.set(shutter.Bitmap, "visible", lambda self, *_: self.hidden)


# -- annotation


@DISPLAY.mutant(f"{ANNOTATION}[state_polyline]", "rendering")
def exchanges_columns_and_rows_of_graphics(patch: Patch) -> None:
    """Graphic Data are read as rows and columns."""

    def exchanged(point: Any, *arguments: Any) -> Any:
        return placed((point[1], point[0]), *arguments)

    placed = patch.set(drawing, "placed", exchanged)


@DISPLAY.mutant(f"{ANNOTATION}[state_circle_filled]", "rendering")
def fills_nothing(patch: Patch) -> None:
    """A graphic that is filled is drawn as its outline."""

    def outlined(canvas: Any, points: Any, graphic: Any, grey: int) -> None:
        draw(canvas, points, replace(graphic, is_filled=False), grey)

    draw = patch.set(drawing, "_draw_graphic", outlined)


@DISPLAY.mutant(f"{ANNOTATION}[state_interpolated]", "rendering")
def draws_no_curve(patch: Patch) -> None:
    """Of an interpolated curve only the first and last point are joined."""
    patch.set(drawing, "_curve", lambda points: [points[0], points[-1]])


@DISPLAY.mutant(f"{ANNOTATION}[state_display_units]", "rendering")
def turns_display_units_with_the_image(patch: Patch) -> None:
    """Fractions of the displayed area are taken before the rotation."""
    patch.set(displayed_area.Placement, "fraction", lambda self, x, y: self.point(x * self.columns, y * self.rows))


@DISPLAY.mutant(f"{ANNOTATION}[state_layers]", "rendering")
def draws_layers_in_reverse(patch: Patch) -> None:
    """The layer of the highest order is drawn first."""

    def reverse(self: Any, *arguments: Any) -> Any:
        return apply(replace(self, layers=self.layers[::-1]), *arguments)

    apply = patch.set(drawing.Drawing, "apply", reverse)


@DISPLAY.mutant(f"{ANNOTATION}[state_layers]", "rendering")
def ignores_the_recommended_grey(patch: Patch) -> None:
    """Every layer is drawn in white."""
    patch.set(drawing, "p_value_of", lambda value, maximum: maximum)


@DISPLAY.mutant(f"{ANNOTATION}[state_text]", "rendering")
def draws_no_text(patch: Patch) -> None:
    """Text objects are not drawn."""
    patch.set(drawing, "draw_text", lambda *_: [])


# -- spatial transformation and displayed area


@DISPLAY.mutant(f"{SPATIAL}[state_rotated_90_flipped]", "rendering")
def flips_before_it_rotates(patch: Patch) -> None:
    """The image is flipped first, then rotated."""

    def exchanged(self: Any, pixels: Any) -> Any:
        return np.rot90(pixels[:, ::-1] if self.is_flipped else pixels, -(self.rotation_deg // 90))

    patch.set(spatial_transformation.SpatialTransformation, "apply", exchanged)


@DISPLAY.mutant(f"{SPATIAL}[state_rotated_90]", "rendering")
def rotates_counterclockwise(patch: Patch) -> None:
    """The image is rotated counterclockwise."""
    patch.set(
        spatial_transformation.SpatialTransformation,
        "apply",
        lambda self, pixels: np.rot90(pixels, self.rotation_deg // 90),
    )


def _misread_area(patch: Patch, **changes: Any) -> None:
    def misread(cls: Any, item: Any) -> Any:
        return replace(read.__func__(cls, item), **changes)

    read = patch.set(displayed_area.DisplayedArea, "read", classmethod(misread))


@DISPLAY.mutant(f"{AREA}[state_area_part]", "rendering")
def counts_the_displayed_area_from_0(patch: Patch) -> None:
    """The corners of the displayed area are taken as counted from 0."""
    _misread_area(patch, top_left=(12, 8), bottom_right=(43, 31))


@DISPLAY.mutant(f"{AREA}[state_area_magnified]", "rendering")
def ignores_the_magnification(patch: Patch) -> None:
    """Presentation Pixel Magnification Ratio is ignored."""
    _misread_area(patch, magnification=1.0)


@DISPLAY.mutant(f"{AREA}[state_area_aspect_ratio]", "rendering")
def ignores_the_aspect_ratio(patch: Patch) -> None:
    """Presentation Pixel Aspect Ratio is ignored."""
    _misread_area(patch, vertical=1.0, horizontal=1.0)


# -- which image, and what cannot be done


@DISPLAY.mutant(f"{_OF}refuses-a-state-of-another-image", "rendering")
def applies_a_state_to_another_image(patch: Patch) -> None:
    """A state is applied to an image that it does not refer to."""
    patch.set(state.PresentationState, "check", lambda *_: None)
    patch.set(
        grayscale, "single_applying_item", lambda sequence, uid, frame, keyword: sequence[0] if sequence else None
    )
    patch.set(state, "single_applying_item", lambda sequence, uid, frame, keyword: sequence[0] if sequence else None)


@DISPLAY.mutant(f"{_OF}refuses-a-state-of-a-missing-frame", "rendering")
def applies_a_state_to_every_frame(patch: Patch) -> None:
    """A state that is for one frame is applied to all."""
    patch.set(references.ImageReference, "covers", lambda self, frame: True)
    patch.set(state.PresentationState, "check", lambda *_: None)


@DISPLAY.mutant(f"{HOSTILE}[state_hostile_rotation]", "rendering")
def takes_45_degrees_for_none(patch: Patch) -> None:
    """A rotation that the standard does not know is left out without a word."""

    def tolerant(cls: Any, data_set: Any) -> Any:
        return cls(0, False)

    patch.set(spatial_transformation.SpatialTransformation, "read", classmethod(tolerant))


@DISPLAY.mutant(f"{HOSTILE}[state_hostile_lut_short]", "rendering")
def fills_a_short_table_up(patch: Patch) -> None:
    """Entries that a table lacks are made up without a word."""

    def filled(item: Any, keyword: str, name: str, entries: int, *further: Any) -> Any:
        there = len(item.get(keyword)) // 2 if isinstance(item.get(keyword), bytes) else len(item.get(keyword))
        found = entry_values(item, keyword, name, there, *further)
        return np.pad(found, (0, entries - there), mode="edge")

    entry_values = patch.set(lookup_table, "entry_values", filled)


# -- decoding


@DISPLAY.mutant(f"{DECODES}[CT,1.2.840.10008.1.2.1]", "rendering")
def decodes_signed_pixels_as_unsigned(patch: Patch) -> None:
    """Stored values of Pixel Representation 1 are given as unsigned."""

    def unsigned(self: Any, frame: int = 1) -> Any:
        found = stored(self, frame)
        return found.view(f"u{found.itemsize}")

    stored = patch.set(Image, "stored", unsigned)


@DISPLAY.mutant(f"{DECODES}[CT,1.2.840.10008.1.2.4.90]", "rendering")
def loses_the_lowest_bit(patch: Patch) -> None:
    """The lowest bit of losslessly compressed pixels is lost."""

    def coarse(self: Any, frame: int = 1) -> Any:
        return stored(self, frame) & ~1

    stored = patch.set(Image, "stored", coarse)


@DISPLAY.mutant(f"{DECODES}[VL-PHOTO,1.2.840.10008.1.2.4.50]", "rendering")
def exchanges_red_and_blue(patch: Patch) -> None:
    """Colour is given as blue, green, red."""

    def exchanged(self: Any, frame: int = 1) -> Any:
        return np.ascontiguousarray(stored(self, frame)[..., ::-1])

    stored = patch.set(Image, "stored", exchanged)


@DISPLAY.mutant("storage/loader-decodes-every-frame[US-MF", "rendering")
def decodes_the_first_frame_always(patch: Patch) -> None:
    """The first frame is given in the place of each other."""
    stored = patch.set(Image, "stored", lambda self, frame=1: stored(self, 1))


# -- creation


@DISPLAY.mutant(f"{_OF}create-rotated-90", "data_set")
def records_no_rotation(patch: Patch) -> None:
    """A created state lacks the spatial transformation."""

    def unturned(presentation: Any) -> Any:
        return spatial_module(presentation.model_copy(update={"rotate": 0, "flip": False}))

    spatial_module = patch.set(creation, "spatial_module", unturned)


@DISPLAY.mutant(f"{_OF}create-shutter-circular", "data_set")
def records_no_shutter_value(patch: Patch) -> None:
    """A created state has a shutter that is black, whatever is displayed."""

    def black(displayed: Any, presentation: Any) -> Any:
        return shutter_modules(displayed, presentation.model_copy(update={"shutter_value": 0}))

    shutter_modules = patch.set(creation, "shutter_modules", black)


@DISPLAY.mutant(f"{_OF}create-voi-lut-window", "data_set")
def records_the_images_window(patch: Patch) -> None:
    """A created state has the window of the image, not the one that is displayed."""

    def own(presentation: Any) -> Any:
        window = presentation.window.model_copy(update={"center": 1024.0, "width": 4096.0})
        return given(presentation.model_copy(update={"window": window}))

    given = patch.set(created_grayscale, "_given_voi", own)


@DISPLAY.mutant(f"{_OF}create-presentation-lut-inverse", "data_set")
def records_no_polarity(patch: Patch) -> None:
    """A created state is IDENTITY, whatever is displayed."""

    def upright(displayed: Any, presentation: Any) -> Any:
        return presentation_module(displayed, presentation.model_copy(update={"presentation_lut": "IDENTITY"}))

    presentation_module = patch.set(created_grayscale, "_presentation", upright)


@DISPLAY.mutant(f"{_OF}create-displayed-area", "data_set")
def records_the_whole_area(patch: Patch) -> None:
    """A created state has the whole image as its displayed area."""

    def whole(displayed: Any, presentation: Any) -> Any:
        area = presentation.area.model_copy(update={"top_left": None, "bottom_right": None})
        return item(displayed, presentation.model_copy(update={"area": area}))

    item = patch.set(created_area, "_item", whole)
