"""The recipes by name.

Invariants: a recipe is a row of `RECIPES`; a broken one breaks one thing, and says which.

References
----------
PS3.5 7.5 (sequences), 8.2 and A.4 (encapsulated Pixel Data).
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from dicom_simulators.data_sets.assembly import Request, assemble, drawn, planned
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.data_sets.plan import CT_IMAGE_STORAGE, Plan
from dicom_simulators.data_sets.recipes.colour_models import COLOUR_MODELS
from dicom_simulators.data_sets.recipes.converted import CONVERTED
from dicom_simulators.data_sets.recipes.damaged import DAMAGED
from dicom_simulators.data_sets.recipes.film_images import build_framed
from dicom_simulators.data_sets.recipes.hostile import HOSTILE
from dicom_simulators.data_sets.recipes.overlaid_images import OVERLAID
from dicom_simulators.data_sets.recipes.presentation_states import build_state
from dicom_simulators.data_sets.recipes.states import STATES

if TYPE_CHECKING:  # numpy costs 60 ms at start-up: only what draws imports it
    from numpy.typing import NDArray

_LARGE_BYTES = 32 * 1024 * 1024
_TILE = 256
_LARGEST_EDGE = 0xFFFF
_ITEM = b"\xfe\xff\x00\xe0"


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


def _smallest(request: Request) -> Instance:
    plan = planned(request)
    return assemble(plan, request.changes, _pixels(plan))


def _ct_512(request: Request) -> Instance:
    if request.sop_class != CT_IMAGE_STORAGE:
        raise ValueError(f"recipe ct_512 builds CT images, not {request.sop_class!r}")
    return _smallest(replace(request, changes={"rows": 512, "columns": 512, **request.changes}))


def _large(request: Request) -> Instance:
    """Build one with at least `size_bytes` of pixels before compression, out of repeated tiles."""
    import numpy as np  # here for a quick start of programs that draw nothing

    small = planned(replace(request, changes={**request.changes, "rows": _TILE, "columns": _TILE, "frames": 1}))
    if small.sop_class.native is None:
        raise ValueError(f"recipe large needs a SOP Class with pixels, not {request.sop_class!r}")
    tile = drawn(small)[0]
    size_bytes = int(request.changes.get("size_bytes", _LARGE_BYTES))
    tiles = max(1, math.ceil(size_bytes / tile.nbytes))
    if small.sop_class.frames > 1:
        rows, columns, frames = _TILE, _TILE, tiles
        pixels = np.broadcast_to(tile, (frames, *tile.shape))
    else:
        across = math.ceil(math.sqrt(tiles))
        down = math.ceil(tiles / across)
        rows, columns, frames = down * _TILE, across * _TILE, 1
        if columns > _LARGEST_EDGE:
            raise ValueError(f"{size_bytes} bytes do not fit into one frame")
        pixels = np.tile(tile, (down, across, *(1,) * (tile.ndim - 2)))[np.newaxis]
        pixels.flags.writeable = False
    size = {"rows": rows, "columns": columns, "frames": frames}
    return assemble(planned(replace(request, changes={**request.changes, **size})), request.changes, pixels)


def _empty_offset_table(request: Request) -> Instance:
    plan = planned(request)
    return assemble(plan, request.changes, _pixels(plan), _without_offsets if plan.syntax.encapsulated else bytes)


def _pixel_data_too_short(request: Request) -> Instance:
    plan = planned(request)
    return assemble(plan, request.changes, _pixels(plan), _cut_last_frame if plan.syntax.encapsulated else _half)


def _unparsable(request: Request) -> Instance:
    """Build one whose data set opens a sequence of undefined length, and then has noise where an item has to come."""
    plan = planned(request)
    order = ">" if plan.syntax.big_endian else "<"
    tag = struct.pack(f"{order}HH", 0x0008, 0x1140)  # Referenced Image Sequence
    head = tag if plan.syntax.implicit_vr else tag + b"SQ\0\0"
    noise = b"".join(hashlib.sha256(f"{plan.SOPInstanceUID}/{block}".encode()).digest() for block in range(8))
    data_set = head + b"\xff\xff\xff\xff" + b"NOITEM" + noise
    return Instance(plan.sop_class.uid, plan.SOPInstanceUID, plan.syntax.uid, data_set)


def _pixels(plan: Plan) -> NDArray[Any] | None:
    return None if plan.sop_class.native is None else drawn(plan)


def _half(value: bytes) -> bytes:
    """Return the first half of native pixels, of even length."""
    return value[: len(value) // 4 * 2]


def _items(value: bytes) -> list[bytes]:
    """Return the contents of the items of encapsulated Pixel Data, Basic Offset Table first."""
    items, position = [], 0
    while position < len(value):
        length = int.from_bytes(value[position + 4 : position + 8], "little")
        items.append(value[position + 8 : position + 8 + length])
        position += 8 + length
    return items


def _joined(items: list[bytes]) -> bytes:
    return b"".join(_ITEM + struct.pack("<I", len(item)) + item for item in items)


def _cut_last_frame(value: bytes) -> bytes:
    """Return encapsulated pixels whose last codestream ends half way; items and their lengths stay right."""
    items = _items(value)
    return _joined([*items[:-1], _half(items[-1])])


def _without_offsets(value: bytes) -> bytes:
    return _joined([b"", *_items(value)[1:]])


RECIPES: dict[str, Recipe] = {
    "smallest": Recipe(_smallest, "A small valid instance of any SOP Class in any transfer syntax."),
    "ct_512": Recipe(_ct_512, "A CT image of 512 x 512 pixels of 16 bits, as benchmarks use it.", cached=False),
    "large": Recipe(_large, "A valid instance with at least size_bytes of pixels before compression.", cached=False),
    "framed": Recipe(build_framed, "A picture in a frame of middle grey, to be found again on a film."),
    "empty_offset_table": Recipe(
        _empty_offset_table, "Like smallest, with an empty Basic Offset Table, which is allowed."
    ),
    "pixel_data_too_short": Recipe(_pixel_data_too_short, "Half of the pixels of the last frame are missing."),
    "unparsable": Recipe(_unparsable, "Bytes that are not a data set: a sequence without items."),
    **{name: Recipe(make, tells, cached=False) for name, (make, tells) in HOSTILE.items()},
    **{name: Recipe(make, tells) for name, (make, tells) in {**COLOUR_MODELS, **OVERLAID, **DAMAGED}.items()},
    **{name: Recipe(make, tells) for name, (make, tells) in CONVERTED.items()},
    **{name: Recipe(partial(build_state, name, state), state.tells) for name, state in STATES.items()},
}
"""Every recipe by its name."""
