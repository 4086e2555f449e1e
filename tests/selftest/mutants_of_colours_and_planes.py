"""Mutants of colour models, overlays and masks (DCS 3.2.2.1.3.2.3, 3.2.5, 2.2.2.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from pydicom import Dataset

from dicom_workstation.pixels import colour, image_pixel, mask, overlay, palette
from dicom_workstation.pixels.decoding import cells, native
from dicom_workstation.presentation_states import overlay_plane, state
from dicom_workstation.presentation_states.creation import created_annotation, creation
from dicom_workstation.presentation_states.errors import StateError
from mutation import Catalogue, Patch

COLOURS_AND_PLANES = Catalogue()

_OF = "presentation_state/"
COLOUR, SHOWN = f"{_OF}image-in-each-colour-model", f"{_OF}image-with-overlays"
OVERLAY, MASK = f"{_OF}apply-overlay", f"{_OF}apply-mask"
PRINTED = "print/overlays-and-masks"


# -- colour models


@COLOURS_AND_PLANES.mutant(f"{COLOUR}[ybr_full,", "rendering")
def takes_ybr_for_rgb(patch: Patch) -> None:
    """Y, CB and CR are shown as red, green and blue."""
    patch.set(colour, "to_rgb", lambda samples, photometric, bits: samples)


@COLOURS_AND_PLANES.mutant(f"{COLOUR}[ybr_full,", "rendering")
def exchanges_cb_and_cr(patch: Patch) -> None:
    """CB is taken for CR."""

    def exchanged(samples: Any, photometric: str, bits: int) -> Any:
        return to_rgb(samples[..., [0, 2, 1]] if photometric != "RGB" else samples, photometric, bits)

    to_rgb = patch.set(colour, "to_rgb", exchanged)


@COLOURS_AND_PLANES.mutant(f"{COLOUR}[rgb_by_plane", "rendering")
def ignores_the_planar_configuration(patch: Patch) -> None:
    """Samples that lie by plane are taken as if they lay by pixel."""
    read = patch.set(image_pixel, "read", lambda data_set: replace(read(data_set), planar=False))


@COLOURS_AND_PLANES.mutant(f"{COLOUR}[ybr_full_422", "rendering")
def takes_the_second_y_for_cb(patch: Patch) -> None:
    """Pairs are read as Y1 CB Y2 CR, as video has them."""

    def of_video(found: Any, pixel: Any) -> Any:
        pairs = found.reshape(-1, 4)[:, [0, 2, 1, 3]]
        return spread(np.ascontiguousarray(pairs), pixel)

    spread = patch.set(cells, "spread_422", of_video)


@COLOURS_AND_PLANES.mutant(f"{COLOUR}[palette_16", "rendering")
def ignores_the_first_value_of_a_palette(patch: Patch) -> None:
    """The first entry of a palette is that of the index 0."""

    def misplaced(data_set: Any, **options: Any) -> Any:
        found = read(data_set, **options)
        return palette.Palette(*(replace(one, first=0) for one in (found.red, found.green, found.blue)))

    read = patch.set(palette, "read", misplaced)


@COLOURS_AND_PLANES.mutant(f"{COLOUR}[palette_8", "rendering")
def exchanges_the_entries_of_a_word(patch: Patch) -> None:
    """Of two entries of 8 bits in a word, the upper comes first."""

    def exchanged(data_set: Any, **options: Any) -> Any:
        found = read(data_set, **options)
        tables = [one.values.reshape(-1, 2)[:, ::-1].ravel() for one in (found.red, found.green, found.blue)]
        return palette.Palette(*(palette.lookup_table.of_values(one, 0, 8) for one in tables))

    read = patch.set(palette, "read", exchanged)


@COLOURS_AND_PLANES.mutant(f"{COLOUR}[palette_segmented", "rendering")
def takes_a_line_for_a_step(patch: Patch) -> None:
    """A linear segment has the value of its end all along."""

    def stepped(words: Any, position: int, most: int, found: list[int], name: str, is_nested: bool = False) -> None:
        before = list(found)
        follow(words, position, most, found, name, is_nested)
        if not is_nested:
            found[:] = [*before, *found[len(before) + 1 :], found[-1]]

    follow = patch.set(palette, "_follow", stepped)


# -- overlays


@COLOURS_AND_PLANES.mutant(f"{OVERLAY}[state_overlay]", "rendering")
def counts_the_origin_from_0(patch: Patch) -> None:
    """An overlay that a state activates lies a row and a column too far down and to the right."""

    def shifted(plane: Any, image: Any, frame: int) -> Any:
        return fitted(replace(plane, origin=(plane.origin[0] + 1, plane.origin[1] + 1)), image, frame)

    fitted = patch.set(overlay_plane, "fitted", shifted)


@COLOURS_AND_PLANES.mutant(f"{SHOWN}[overlay", "rendering")
def counts_the_origin_of_an_images_own_overlay_from_0(patch: Patch) -> None:
    """Without a state an overlay lies a row too far down."""

    def shifted(picture: Any, image: Any, frame: int, shown: Any, bits: int = 8) -> None:
        lower = [replace(one.overlay, origin=(one.overlay.origin[0] + 1, one.overlay.origin[1])) for one in shown]
        draw(picture, image, frame, tuple(replace(one, overlay=it) for one, it in zip(shown, lower, strict=True)), bits)

    draw = patch.set(overlay, "draw", shifted)


@COLOURS_AND_PLANES.mutant(f"{OVERLAY}[state_overlay_none]", "rendering")
def draws_the_overlay_of_a_deactivated_layer(patch: Patch) -> None:
    """An overlay whose layer is empty is drawn all the same."""
    patch.set(
        overlay_plane,
        "_layer",
        lambda data_set, group: "MARKS" if (group, overlay_plane.ACTIVATION_LAYER) in data_set else "",
    )


@COLOURS_AND_PLANES.mutant(f"{OVERLAY}[state_overlay_layers]", "rendering")
def draws_no_overlay(patch: Patch) -> None:
    """Overlays that a state activates are left out."""
    patch.set(state, "active_overlays", lambda *_: ())


@COLOURS_AND_PLANES.mutant(f"{OVERLAY}[state_overlay_of_its_own]", "rendering")
def prefers_the_overlay_of_the_image(patch: Patch) -> None:
    """The overlay of the image is drawn in the place of the state's own."""

    def images_own(data_set: Any, own: Any, image: Any, frame: int, shutter_group: Any) -> Any:
        return active(data_set, {}, image, frame, shutter_group)

    active = patch.set(state, "active_overlays", images_own)


@COLOURS_AND_PLANES.mutant(f"{OVERLAY}[state_overlay_turned]", "rendering")
def does_not_turn_the_overlay(patch: Patch) -> None:
    """An overlay is turned upside down with respect to its image."""
    fitted = patch.set(
        overlay_plane, "fitted", lambda plane, image, frame: np.ascontiguousarray(fitted(plane, image, frame)[::-1])
    )


@COLOURS_AND_PLANES.mutant(f"{OVERLAY}-in-every-native-transfer-syntax[1.2.840.10008.1.2.2]", "rendering")
def reads_overlays_in_little_endian_only(patch: Patch) -> None:
    """Words of an overlay in Big Endian are not put into order."""
    read = patch.set(overlay_plane, "read_overlays", lambda data_set, is_little_endian=True: read(data_set, True))


@COLOURS_AND_PLANES.mutant(f"{SHOWN}[overlay_of_frames,1.2.840.10008.5.1.4.1.1.12.1,2]", "rendering")
def draws_the_planes_of_each_frame_on_all(patch: Patch) -> None:
    """The planes of an overlay are those of the first frames, whatever its Image Frame Origin."""
    plane = patch.set(
        overlay.Overlay, "plane", lambda self, image, frame: plane(replace(self, first_frame=1), image, frame)
    )


@COLOURS_AND_PLANES.mutant(f"{SHOWN}[overlay_within_pixels", "rendering")
def takes_unused_bits_for_stored_values(patch: Patch) -> None:
    """The bits of a word beside those that are stored are part of the value."""
    patch.set(native.Native, "samples", lambda self, frame: self.whole(frame))


@COLOURS_AND_PLANES.mutant(f"{_OF}create-overlays", "rendering")
def creates_a_state_without_the_overlays_displayed(patch: Patch) -> None:
    """A created state activates no overlay, though those of the image are displayed."""
    patch.set(created_annotation, "_overlay_groups", lambda displayed: ())


# -- masks


def _with_mask(patch: Patch, change: Any) -> None:
    """Have each mask that is read from a state be another one."""

    def changed(data_set: Any, frames: int) -> Any:
        found = read(data_set, frames)
        return None if found is None else change(found)

    read = patch.set(mask, "read", changed)


@COLOURS_AND_PLANES.mutant(f"{MASK}[state_mask]", "rendering")
def subtracts_the_frame_from_its_mask(patch: Patch) -> None:
    """The mask is subtracted with the wrong sign."""
    apply = patch.set(mask.Mask, "apply", lambda self, frame, count, values: -apply(self, frame, count, values))


@COLOURS_AND_PLANES.mutant(f"{MASK}[state_mask]", "rendering")
def subtracts_no_mask(patch: Patch) -> None:
    """Frames are shown as they are, whatever mask the state has."""
    _with_mask(patch, lambda found: None)


@COLOURS_AND_PLANES.mutant(f"{MASK}[state_mask_averaged]", "rendering")
def subtracts_one_frame_in_the_place_of_the_average(patch: Patch) -> None:
    """Of several mask frames the first alone is subtracted."""
    _with_mask(patch, lambda found: replace(found, frames=found.frames[:1]))


@COLOURS_AND_PLANES.mutant(f"{MASK}[state_mask_averaged]", "rendering")
def averages_no_contrast_frames(patch: Patch) -> None:
    """Contrast Frame Averaging is ignored."""
    _with_mask(patch, lambda found: replace(found, averaged=1))


@COLOURS_AND_PLANES.mutant(f"{MASK}[state_mask_tid]", "rendering")
def takes_the_frame_after_for_the_one_before(patch: Patch) -> None:
    """TID Offset is added to the number of the frame."""
    _with_mask(patch, lambda found: replace(found, offset=-found.offset))


@COLOURS_AND_PLANES.mutant(f"{MASK}[state_mask_rescaled]", "rendering")
def subtracts_before_the_modality_lut(patch: Patch) -> None:
    """Stored values are subtracted, and the difference is rescaled, with its intercept."""

    def too_early(self: Any, frame: int, count: int, values: Any) -> Any:
        return apply(self, frame, count, values) - 200

    apply = patch.set(mask.Mask, "apply", too_early)


@COLOURS_AND_PLANES.mutant(f"{_OF}create-mask", "rendering")
def creates_a_state_without_the_mask_displayed(patch: Patch) -> None:
    """A created state does not subtract what its image is displayed less."""
    patch.set(creation, "mask_module", lambda displayed: Dataset())


@COLOURS_AND_PLANES.mutant(f"{_OF}hostile-colours[palette of two colours", "rendering")
def takes_a_missing_table_for_another(patch: Patch) -> None:
    """Where a palette lacks a table, that of another colour is taken in its place without a word."""

    def filled(data_set: Any, colour: str, *further: Any) -> Any:
        is_there = f"{colour}PaletteColorLookupTableData" in data_set
        return table(data_set, colour if is_there else "Red", *further)

    table = patch.set(palette, "_table", filled)


@COLOURS_AND_PLANES.mutant(f"{_OF}hostile-states-of-planes[state_hostile_overlay_missing", "rendering")
def leaves_out_an_overlay_that_is_not_there(patch: Patch) -> None:
    """An overlay that is activated and missing is left out without a word."""

    def silent(*arguments: Any) -> Any:
        try:
            return tuple(active(*arguments))
        except StateError:
            return ()

    active = patch.set(state, "active_overlays", silent)


@COLOURS_AND_PLANES.mutant(f"{PRINTED}[smallest,1.2.840.10008.5.1.4.1.1.12.1,state_mask,3]", "film")
def prints_frames_without_their_mask(patch: Patch) -> None:
    """What is printed is not subtracted."""
    _with_mask(patch, lambda found: None)


@COLOURS_AND_PLANES.mutant(f"{PRINTED}[overlay,1.2.840.10008.5.1.4.1.1.2,state_overlay,1]", "film")
def prints_no_overlay(patch: Patch) -> None:
    """Overlays that a state activates are not burned in."""
    patch.set(state, "active_overlays", lambda *_: ())


@COLOURS_AND_PLANES.mutant("print/colour-models[ybr_full,", "film")
def prints_ybr_as_rgb(patch: Patch) -> None:
    """Y, CB and CR are printed as red, green and blue."""
    patch.set(colour, "to_rgb", lambda samples, photometric, bits: samples)
