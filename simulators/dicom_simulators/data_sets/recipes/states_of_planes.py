"""The presentation states about overlays and masks: bit planes that are shown in a layer or not, frames subtracted.

Invariants: as of `states`; a state about overlays is for the image of the recipe `overlay`.

References
----------
PS3.3 C.11.7 (Overlay Activation), C.10.7 (Graphic Layer), C.11.13 (Presentation State Mask), C.7.6.10.
"""

from __future__ import annotations

from dicom_simulators.data_sets.recipes.overlaid_images import ARROW, ARROW_AT
from dicom_simulators.data_sets.recipes.overlay_elements import Overlay, activation, hatching, overlay
from dicom_simulators.data_sets.recipes.presentation_states import State, Subject
from dicom_simulators.data_sets.recipes.state_elements import Elements, layer, rescale, spatial, window

XA_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.12.1"
SECONDARY_CAPTURE_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.7"


def _layers(*layers: Elements) -> Elements:
    return {"GraphicLayerSequence": list(layers)}


def _overlaid(words: str, elements: Elements, **layers: str) -> State:
    return State(words, lambda _: elements, overlay=lambda _: activation(**layers), recipe="overlay")


def _own(subject: Subject) -> Overlay:
    """Give an overlay of the state's own, in the group that the image has another in."""
    own = overlay(0x6000, [hatching], ARROW, (ARROW_AT[0] - 6, ARROW_AT[1] - 11), subject.big_endian)
    return {**own, **activation(g6000="MARKS", g6002="")}


_TURNED, _WHOLE = spatial(90, True)

OVERLAYS = {
    "state_overlay": _overlaid(
        "The overlay of group 6000 in light grey, and not the overlay of 6002.",
        _layers(layer(grey=0xC000)),
        g6000="MARKS",
        g6002="",
    ),
    "state_overlay_beyond_the_image": _overlaid(
        "The overlay that extends beyond the corner of the image, and not the other.",
        _layers(layer(grey=0x2000)),
        g6000="",
        g6002="MARKS",
    ),
    "state_overlay_layers": _overlaid(
        "Both overlays, each in its layer and grey value.",
        _layers(layer("UPPER", 2, 0xFFFF), layer("LOWER", 1, 0x3000)),
        g6000="LOWER",
        g6002="UPPER",
    ),
    "state_overlay_none": _overlaid("No overlay is activated.", {}, g6000="", g6002=""),
    "state_overlay_of_its_own": State(
        "An overlay of the state instead of the image's overlay.",
        lambda _: _layers(layer(grey=0xE000)),
        overlay=_own,
        recipe="overlay",
    ),
    "state_overlay_turned": _overlaid(
        "An overlay turns with its image.",
        {**_layers(layer()), **_TURNED, "DisplayedAreaSelectionSequence": [_WHOLE]},
        g6000="MARKS",
        g6002="",
    ),
}


def _mask(words: str, item: Elements, *, further: Elements | None = None, width: str = "300") -> State:
    found: Elements = {
        "MaskSubtractionSequence": [item],
        "RecommendedViewingMode": "SUB",
        "SoftcopyVOILUTSequence": [window("10", width)],
        **(further or {}),
    }
    return State(words, lambda _: found, image=XA_IMAGE_STORAGE)


MASKS = {
    "state_mask": _mask("Each frame minus the first.", {"MaskOperation": "AVG_SUB", "MaskFrameNumbers": [1]}),
    "state_mask_averaged": _mask(
        "The mean of two frames minus the mean of the first and the last.",
        {"MaskOperation": "AVG_SUB", "MaskFrameNumbers": [1, 3], "ContrastFrameAveraging": 2},
    ),
    "state_mask_tid": _mask("Each frame minus the frame before it.", {"MaskOperation": "TID", "TIDOffset": [1]}),
    "state_mask_tid_ahead": _mask("Each frame minus the frame after it.", {"MaskOperation": "TID", "TIDOffset": [-1]}),
    "state_mask_rescaled": _mask(
        "A mask is subtracted from rescaled values: the intercept cancels out, the slope does not.",
        {"MaskOperation": "AVG_SUB", "MaskFrameNumbers": [2]},
        further=rescale("3", "-200"),
        width="900",
    ),
}
"""What is subtracted; the window makes negative values visible."""


def _cut_short(subject: Subject) -> Overlay:
    """Give an overlay that says more rows than its bits suffice for."""
    own = overlay(0x6000, [hatching], ARROW, ARROW_AT, subject.big_endian)
    return {**own, 0x60000010: ("US", 200), **activation(g6000="MARKS", g6002="")}


HOSTILE_PLANES = {
    "state_hostile_overlay_missing": _overlaid(
        "An overlay is activated that neither the state nor the image has.",
        _layers(layer()),
        g6000="",
        g6002="",
        g6008="MARKS",
    ),
    "state_hostile_overlay_short": State(
        "An overlay of the state has fewer bits than it declares.",
        lambda _: _layers(layer()),
        overlay=_cut_short,
        recipe="overlay",
    ),
    "state_hostile_mask_frame": _mask(
        "The mask is a frame that the image does not have.", {"MaskOperation": "AVG_SUB", "MaskFrameNumbers": [9]}
    ),
    "state_hostile_mask_operation": _mask(
        "A Mask Operation that is not allowed in a presentation state.", {"MaskOperation": "REV_TID", "TIDOffset": [1]}
    ),
    "state_hostile_of_colour": State(
        "It is for a colour image.", lambda _: {}, image=SECONDARY_CAPTURE_IMAGE_STORAGE, recipe="palette_8"
    ),
}
"""Each breaks one rule and says which."""
