"""Images with overlays: two planes, one plane for some frames, and a plane within Pixel Data.

Invariants: the image is that of `smallest`; only groups 60xx are added, and for a plane within Pixel Data
the bits of its words that no stored value uses.

References
----------
PS3.3 C.9.2; PS3.5 8.1.2; PS3.3-2004 C.9.2 and PS3.5-2004 8.1.2 (planes within Pixel Data).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from dicom_simulators.data_sets.assembly import Request, assemble, drawn, planned
from dicom_simulators.data_sets.codec import encode
from dicom_simulators.data_sets.data_set import encode_data_set
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.data_sets.plan import Plan
from dicom_simulators.data_sets.recipes.overlay_elements import (
    Overlay,
    arrow,
    encoded,
    hatching,
    overlay,
    within_pixels,
)

ARROW = (20, 29)
"""Rows and columns of the first plane."""

ARROW_AT = (12, 24)
"""Row and column, from 1, of its first pixel."""

HATCHING, HATCHING_AT = (22, 25), (-4, 48)
"""The second plane; it begins above the image, and ends to the right of it."""


def _two_planes(plan: Plan) -> Overlay:
    """Give an arrow within the image, and a hatching that reaches over its upper right corner."""
    big_endian = plan.syntax.big_endian
    return {
        **overlay(0x6000, [arrow], ARROW, ARROW_AT, big_endian),
        **overlay(0x6002, [hatching], HATCHING, HATCHING_AT, big_endian),
    }


def _planes_of_frames(plan: Plan) -> Overlay:
    """Give an arrow for the second frame and a hatching for the third; in another group one plane for the third."""
    big_endian = plan.syntax.big_endian
    return {
        **overlay(0x6000, [arrow, hatching], ARROW, ARROW_AT, big_endian, first_frame=2),
        **overlay(0x6002, [hatching], HATCHING, HATCHING_AT, big_endian, first_frame=3),
    }


def _short(plan: Plan) -> Overlay:
    """Give an overlay that lacks its last byte, and one that is whole."""
    planes = _two_planes(plan)
    vr, value = planes[0x60003000]
    return {**planes, 0x60003000: (vr, value[:-2])}


def _without_data(plan: Plan) -> Overlay:
    """Give an overlay without its data, and one that is whole."""
    return {tag: value for tag, value in _two_planes(plan).items() if tag != 0x60003000}


def _without_rows(plan: Plan) -> Overlay:
    """Give an overlay of 0 rows, and one that is whole."""
    return {**_two_planes(plan), 0x60000010: ("US", 0)}


def _overlaid(request: Request, planes: Callable[[Plan], Overlay]) -> Instance:
    plan = _with_pixels(request)
    if planes is _planes_of_frames and plan.frames < 3:
        raise ValueError(f"recipe {request.recipe} needs a multi-frame class, not {plan.sop_class.name}")
    whole = assemble(plan, request.changes, drawn(plan))
    value = encode(drawn(plan), plan.form, plan.syntax).value
    return _inserted(whole, plan, value, planes(plan))


def _within(request: Request) -> Instance:
    """Build an image of which the highest bit of each word tells whether it is covered."""
    import numpy as np  # here for a quick start of programs that draw nothing

    plan = _with_pixels(request)
    form, syntax = plan.form, plan.syntax
    if syntax.encapsulated or form.colour or form.signed or form.bits_stored == form.bits_allocated:
        raise ValueError(f"recipe {request.recipe} needs unused bits: {plan.sop_class.name} in {syntax.uid} has none")
    plane = np.array([[arrow(row, column) for column in range(plan.columns)] for row in range(plan.rows)])
    pixels = drawn(plan)
    covered = (plane.astype(np.int64) << (form.bits_allocated - 1)) | pixels
    words = covered.astype(f"{'>' if syntax.big_endian else '<'}u{form.bits_allocated // 8}").tobytes()
    whole = assemble(plan, request.changes, pixels, lambda _: words)
    elements = within_pixels(0x6000, (plan.rows, plan.columns), form.bits_allocated, form.bits_allocated - 1)
    return _inserted(whole, plan, words, elements)


def _with_pixels(request: Request) -> Plan:
    plan = planned(request)
    if plan.sop_class.native is None:
        raise ValueError(f"recipe {request.recipe} needs a SOP Class with pixels, not {request.sop_class!r}")
    return plan


def _inserted(whole: Instance, plan: Plan, value: bytes, elements: Overlay) -> Instance:
    """Insert groups 60xx before Pixel Data, which is the last element."""
    tail = encode_data_set({"PixelData": value}, plan.form, plan.syntax)
    if not whole.data_set.endswith(tail):
        raise ValueError("an image with an overlay cannot have other Pixel Data")
    data_set = whole.data_set[: -len(tail)] + encoded(elements, plan.syntax) + tail
    return replace(whole, data_set=data_set)


OVERLAID: Mapping[str, tuple[Callable[[Request], Instance], str]] = {
    "overlay": (
        lambda request: _overlaid(request, _two_planes),
        "Two overlays: an arrow in group 6000, and hatching in 6002 that extends beyond the corner of the image.",
    ),
    "overlay_of_frames": (
        lambda request: _overlaid(request, _planes_of_frames),
        "An overlay with planes for the second and third frames, and one with a plane for the third frame only.",
    ),
    "overlay_short": (
        lambda request: _overlaid(request, _short),
        "Like overlay, but Overlay Data of group 6000 lacks its last two bytes.",
    ),
    "overlay_without_data": (
        lambda request: _overlaid(request, _without_data),
        "Like overlay, but group 6000 has no Overlay Data.",
    ),
    "overlay_without_rows": (
        lambda request: _overlaid(request, _without_rows),
        "Like overlay, but group 6000 has 0 rows.",
    ),
    "overlay_within_pixels": (
        _within,
        "An overlay in the unused highest bit of Pixel Data, as the standard allowed until 2004.",
    ),
}
"""Name -> what builds it, and what comes of it."""
