"""From a request to an instance: what all recipes have in common.

Invariants: attributes come from the modules of the IOD, then from the pixels, then from the changes; the last
word counts, valid or not. Changes with the keyword of an element set that element; changes in lower case are `rows`,
`columns`, `frames`, `size_bytes` (for the recipe that takes it) and `remove` (keywords of elements to leave out).

References
----------
PS3.3 C.7.6.3 (Image Pixel) and C.7.6.1.1.5 (Lossy Image Compression); PS3.5 section 8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicom_simulators.data_sets.codec import Encoded, encode
from dicom_simulators.data_sets.data_set import encode_data_set, known
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.data_sets.iods import IODS
from dicom_simulators.data_sets.pattern import draw, scale, tint
from dicom_simulators.data_sets.plan import COLUMNS, ROWS, Plan, plan
from dicom_simulators.data_sets.sop_classes import sop_class
from dicom_simulators.data_sets.transfer_syntaxes import transfer_syntax

if TYPE_CHECKING:  # numpy costs 60 ms at start-up: only what draws imports it
    from numpy.typing import NDArray

OPTIONS = frozenset({"rows", "columns", "frames", "size_bytes", "remove"})
"""Changes that are not keywords of elements."""

LARGE_BYTES = 1 << 20
"""Pixels of so many bytes are not held a second time beside the data set."""
_SOUGHT_BYTES = 64
_ROWS = 512
_UTF_8 = "ISO_IR 192"


@dataclass(frozen=True, slots=True)
class Request:
    """The arguments of `build`; UIDs as text, changes by keyword or option."""

    recipe: str
    sop_class: str
    transfer_syntax: str
    seed: int
    changes: Mapping[str, Any]


def planned(request: Request) -> Plan:
    """Return the plan of the requested instance.

    Raises
    ------
    ValueError
        If SOP Class, transfer syntax or an option is unknown, a size is not a positive number, or several frames are
        asked of a class that has one.
    """
    changes = request.changes
    wanted = sop_class(request.sop_class)
    for option in changes:
        if not (option[:1].isupper() or option.startswith("(") or option in OPTIONS):
            raise ValueError(f"unknown option of a recipe: {option!r}")
    size = {key: int(changes[key]) for key in ("rows", "columns", "frames") if key in changes}
    for key, value in size.items():
        if value < 1:
            raise ValueError(f"{key} must be at least 1, not {value}")
    if size.get("frames", 1) > 1 and wanted.frames == 1:
        raise ValueError(f"{wanted.name} is not multi-frame")
    return plan(
        request.recipe,
        wanted,
        transfer_syntax(request.transfer_syntax),
        request.seed,
        rows=size.get("rows", ROWS),
        columns=size.get("columns", COLUMNS),
        frames=size.get("frames"),
        given=changes,
    )


def drawn(plan: Plan) -> NDArray[Any]:
    """Return the picture as stored values, shape (frames, rows, columns[, 3]); not writeable."""
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


def assemble(
    plan: Plan,
    changes: Mapping[str, Any],
    pixels: NDArray[Any] | None,
    spoil: Callable[[bytes], bytes] = bytes,
) -> Instance:
    """Write all attributes, apply the changes, encode.

    Parameters
    ----------
    plan : Plan
        What to build.
    changes : mapping
        Keyword or option -> value.
    pixels : ndarray or None
        Stored values, shape (frames, rows, columns[, 3]); None for a class without pixels.
    spoil : callable
        Value of Pixel Data as it should be -> as it is to be.

    Raises
    ------
    ValueError
        If a keyword is unknown.
    """
    attributes: dict[str, Any] = {}
    for module in IODS[plan.sop_class.uid]:
        attributes.update(module(plan))
    max_error = 0
    if pixels is not None:
        encoded = encode(pixels, plan.form, plan.syntax)
        max_error = encoded.max_error
        attributes.update(_image_pixel(plan, encoded))
        attributes["PixelData"] = spoil(encoded.value)
    change(attributes, changes)
    data_set = encode_data_set(attributes, plan.form, plan.syntax)
    if pixels is not None and pixels.nbytes >= LARGE_BYTES:
        pixels = _within(data_set, attributes.get("PixelData"), pixels)
    return Instance(plan.sop_class.uid, plan.SOPInstanceUID, plan.syntax.uid, data_set, pixels, max_error)


def _within(data_set: bytes, value: object, pixels: NDArray[Any]) -> NDArray[Any]:
    """Give the same pixels as a view of the data set where it holds them as they are, so that they are held once."""
    import numpy as np  # here for a quick start of programs that draw nothing

    if not isinstance(value, bytes) or len(value) < pixels.nbytes:
        return pixels
    begin = data_set.find(value[:_SOUGHT_BYTES])
    if begin < 0 or len(data_set) - begin < pixels.nbytes:
        return pixels
    held: NDArray[Any] = np.frombuffer(data_set, pixels.dtype, pixels.size, begin).reshape(pixels.shape)
    blocks = ((frame, slice(row, row + _ROWS)) for frame in range(len(held)) for row in range(0, len(held[0]), _ROWS))
    return held if all(np.array_equal(held[block], pixels[block]) for block in blocks) else pixels


def change(attributes: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Set and remove elements; text that Latin-1 lacks turns the data set to UTF-8, unless a character set is given."""
    elements = {keyword: value for keyword, value in changes.items() if keyword not in OPTIONS}
    texts = [value for value in elements.values() if isinstance(value, str)]
    if "SpecificCharacterSet" not in elements and any(ord(letter) > 0xFF for text in texts for letter in text):
        attributes["SpecificCharacterSet"] = _UTF_8
    attributes.update(elements)
    removed = changes.get("remove", ())
    for keyword in removed.split("\\") if isinstance(removed, str) else removed:
        if not known(keyword):
            raise ValueError(f"no element has the keyword {keyword!r}")
        attributes.pop(keyword, None)
