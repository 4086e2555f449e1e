"""How each recipe is made.

The law of this file: a recipe is a row of `RECIPES`. Changes with the keyword of an element set that element after all
others are written (and so may contradict them); changes in lower case are the recipe's own: ``rows``, ``columns``,
``frames``, ``size_bytes`` and ``remove`` (keywords of elements to leave out).

References
----------
PS3.3 C.7.6.3 (Image Pixel) and C.7.6.1.1.5 (Lossy Image Compression); PS3.5 section 8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .codec import Encoded, encode
from .data_set import encode_data_set, known
from .instance import Instance
from .iods import IODS
from .pattern import draw, scale, tint
from .plan import COLUMNS, ROWS, Plan, plan
from .sop_classes import sop_class
from .transfer_syntaxes import transfer_syntax

if TYPE_CHECKING:  # numpy costs 60 ms at start-up: only what draws imports it
    from numpy.typing import NDArray

Changes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """What `build` was asked for."""

    recipe: str
    sop_class: str
    transfer_syntax: str
    seed: int
    changes: Changes


@dataclass(frozen=True, slots=True)
class Recipe:
    """One recipe.

    Parameters
    ----------
    make : callable
        Request -> Instance.
    tells : str
        What comes of it, in one sentence.
    cached : bool
        Whether instances are kept for the next who asks; not the big ones.
    """

    make: Callable[[Request], Instance]
    tells: str
    cached: bool = True


def _plan(request: Request) -> Plan:
    changes = request.changes
    wanted = sop_class(request.sop_class)
    return plan(
        request.recipe,
        wanted,
        transfer_syntax(request.transfer_syntax),
        request.seed,
        rows=int(changes.get("rows", ROWS)),
        columns=int(changes.get("columns", COLUMNS)),
        frames=int(changes.get("frames", wanted.frames)),
        number=int(changes.get("InstanceNumber", 1)),
    )


def _pixels(plan: Plan) -> NDArray[Any]:
    """Return the stored values, shape (frames, rows, columns[, 3])."""
    form = plan.form
    suffix = plan.syntax.uid.removeprefix("1.2.840.10008.")
    picture = draw(plan.rows, plan.columns, plan.frames, plan.seed, (plan.sop_class.label, suffix))
    minimum, maximum = (-1024, 3071) if form.signed else (form.minimum, form.maximum)
    values = scale(tint(picture) if form.colour else picture, minimum, maximum)
    pixels = values.astype(f"{'i' if form.signed else 'u'}{form.bits_allocated // 8}")
    pixels.flags.writeable = False
    return pixels


def _image_pixel(plan: Plan, encoded: Encoded) -> dict[str, Any]:
    """Image Pixel (PS3.3 C.7.6.3) and Lossy Image Compression (C.7.6.1.1.5)."""
    form = plan.form
    attributes: dict[str, Any] = {
        "SamplesPerPixel": form.samples,
        "PhotometricInterpretation": form.photometric,
        "Rows": plan.rows,
        "Columns": plan.columns,
        "BitsAllocated": form.bits_allocated,
        "BitsStored": form.bits_stored,
        "HighBit": form.bits_stored - 1,
        "PixelRepresentation": int(form.signed),
        "LossyImageCompression": "01" if plan.syntax.lossy else "00",
        "PixelData": encoded.value,
    }
    if form.colour:
        attributes["PlanarConfiguration"] = int(form.planar)
    if plan.syntax.lossy:
        attributes["LossyImageCompressionRatio"] = f"{encoded.ratio:.2f}"
        attributes["LossyImageCompressionMethod"] = plan.syntax.lossy_method
    return attributes


def _finish(
    plan: Plan, attributes: dict[str, Any], changes: Changes, pixels: NDArray[Any] | None, max_error: int
) -> Instance:
    """Apply the changes, encode, and wrap up."""
    for keyword, value in changes.items():
        if keyword[:1].isupper():
            attributes[keyword] = value
    for keyword in changes.get("remove", ()):
        if not known(keyword):
            raise ValueError(f"no element has the keyword {keyword!r}")
        attributes.pop(keyword, None)
    data_set = encode_data_set(attributes, plan.form, plan.syntax)
    SOPInstanceUID = str(changes.get("SOPInstanceUID", plan.SOPInstanceUID))
    return Instance(plan.sop_class.uid, SOPInstanceUID, plan.syntax.uid, data_set, pixels, max_error)


def _smallest(request: Request) -> Instance:
    planned = _plan(request)
    attributes: dict[str, Any] = {}
    for module in IODS[planned.sop_class.uid]:
        attributes.update(module(planned))
    if planned.sop_class.native is None:
        return _finish(planned, attributes, request.changes, None, 0)
    pixels = _pixels(planned)
    encoded = encode(pixels, planned.form, planned.syntax)
    attributes.update(_image_pixel(planned, encoded))
    return _finish(planned, attributes, request.changes, pixels, encoded.max_error)


RECIPES: dict[str, Recipe] = {
    "smallest": Recipe(_smallest, "A small valid instance of any SOP Class in any transfer syntax."),
}
"""Every recipe by its name."""
