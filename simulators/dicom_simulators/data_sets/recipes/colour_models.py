"""Images in the colour models that Pixel Data may have besides RGB by pixel.

Invariants: native Pixel Data only; what is stored is what the data set says, so no stored values are given
beside it. The picture is that of `smallest` in colour; of a palette, its brightness looks colours up, which rise and
fall so that no two tables may be exchanged.

References
----------
PS3.3 C.7.6.3.1.2 (Photometric Interpretation), C.7.6.3.1.3 (Planar Configuration), C.7.6.3.1.5, C.7.6.3.1.6 (palettes),
C.7.9.2 (segmented ones).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from dicom_simulators.data_sets.assembly import Request, assemble, planned
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.data_sets.pattern import draw, scale, tint
from dicom_simulators.data_sets.plan import Plan
from dicom_simulators.data_sets.recipes.state_elements import words

if TYPE_CHECKING:  # numpy costs 60 ms at start-up: only what draws imports it
    from numpy.typing import NDArray

_COLOURS = ("Red", "Green", "Blue")
_DISCRETE, _LINEAR, _INDIRECT = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Palette:
    """A palette: the first value mapped, the bits of an entry, the tables, and whether they are in segments."""

    first: int
    bits: int
    tables: tuple[Sequence[int], Sequence[int], Sequence[int]]
    entries: int
    segmented: bool = False


def _red(place: int, count: int) -> float:
    return 1 - place / (count - 1)


def _green(place: int, count: int) -> float:
    return (place / (count - 1)) ** 2


def _blue(place: int, count: int) -> float:
    return 1 - abs(2 * place / (count - 1) - 0.8) / 1.2


def _tables(count: int, top: int) -> tuple[list[int], list[int], list[int]]:
    red, green, blue = ([round(top * one(place, count)) for place in range(count)] for one in (_red, _green, _blue))
    return red, green, blue


_SEGMENTS = (
    [_DISCRETE, 2, 65535, 60000, _LINEAR, 254, 500],
    [_DISCRETE, 1, 0, _LINEAR, 127, 65000, _LINEAR, 28, 9000, _DISCRETE, 100, *(600 * one for one in range(100))],
    # a rise and a fall, and both of them once more: the second segment lies 6 bytes from the start
    [_DISCRETE, 1, 1000, _LINEAR, 100, 50000, _LINEAR, 27, 2000, _INDIRECT, 2, 6, 0, _DISCRETE, 1, 33000],
)

PALETTES: Mapping[str, Palette] = {
    "palette_8": Palette(0, 8, _tables(256, 255), 256),
    "palette_16": Palette(40, 16, _tables(180, 65535), 180),
    "palette_segmented": Palette(0, 16, _SEGMENTS, 256, segmented=True),
}


def _samples(request: Request, photometric: str, by_plane: bool) -> Instance:
    """Build an image of three samples a pixel."""
    import numpy as np  # here for a quick start of programs that draw nothing

    plan = _of_colour(request)
    rgb = scale(tint(_picture(plan)), 0, 255)
    stored = rgb if photometric == "RGB" else _ybr(rgb)
    if photometric == "YBR_FULL_422":
        if plan.columns % 2:
            raise ValueError(f"YBR_FULL_422 needs an even number of columns, not {plan.columns}")
        halved = stored[:, :, ::2, 1:]  # CB and CR are those of the first pixel of each pair
        stored = np.concatenate([stored[:, :, ::2, :1], stored[:, :, 1::2, :1], halved], axis=-1)
    value = (stored.transpose(0, 3, 1, 2) if by_plane else stored).astype(np.uint8).tobytes()
    return _assembled(plan, request, photometric, value, {"SamplesPerPixel": 3, "PlanarConfiguration": int(by_plane)})


def _ybr(rgb: NDArray[Any]) -> NDArray[Any]:
    """Convert by the equations of C.7.6.3.1.2, rounded."""
    import numpy as np  # here for a quick start of programs that draw nothing

    red, green, blue = (rgb[..., one].astype(np.float64) for one in range(3))
    y = 0.2990 * red + 0.5870 * green + 0.1140 * blue
    cb = -0.1687 * red - 0.3313 * green + 0.5000 * blue + 128
    cr = 0.5000 * red - 0.4187 * green - 0.0813 * blue + 128
    return np.clip(np.rint(np.stack([y, cb, cr], axis=-1)), 0, 255).astype(np.int64)


def _looked_up(name: str, request: Request) -> Instance:
    """Build an image of one sample a pixel, and a palette."""
    import numpy as np  # here for a quick start of programs that draw nothing

    plan, palette = _of_colour(request), PALETTES[name]
    value = scale(_picture(plan), 0, 255).astype(np.uint8).tobytes()
    found: dict[str, Any] = {"SamplesPerPixel": 1}
    for colour, table in zip(_COLOURS, palette.tables, strict=True):
        found[f"{colour}PaletteColorLookupTableDescriptor"] = [palette.entries, palette.first, palette.bits]
        in_words = words(table, plan.syntax.big_endian) if palette.bits == 16 else _in_pairs(table, plan)
        keyword = f"{colour}PaletteColorLookupTableData"
        found[f"Segmented{keyword}" if palette.segmented else keyword] = in_words
    return _assembled(plan, request, "PALETTE COLOR", value, found)


def _in_pairs(table: Sequence[int], plan: Plan) -> bytes:
    """Give entries of 8 bits, two in a word, the first in its lower half."""
    pairs = [low | high << 8 for low, high in zip(table[::2], table[1::2], strict=True)]
    return words(pairs, plan.syntax.big_endian)


def _of_colour(request: Request) -> Plan:
    plan = planned(request)
    if plan.syntax.encapsulated or plan.sop_class.native is None or not plan.sop_class.native.colour:
        raise ValueError(f"recipe {request.recipe} needs a class in colour and native Pixel Data")
    return plan


def _picture(plan: Plan) -> NDArray[Any]:
    return draw(plan.rows, plan.columns, plan.frames, plan.seed, (plan.sop_class.label, plan.recipe.replace("_", "-")))


def _assembled(plan: Plan, request: Request, photometric: str, value: bytes, further: Mapping[str, Any]) -> Instance:
    image: dict[str, Any] = {
        "PhotometricInterpretation": photometric,
        "Rows": plan.rows,
        "Columns": plan.columns,
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelRepresentation": 0,
        "LossyImageCompression": "00",
        "PixelData": value + b"\0" * (len(value) % 2),
    }
    return assemble(plan, {**image, **further, **request.changes}, None)


COLOUR_MODELS: Mapping[str, tuple[Callable[[Request], Instance], str]] = {
    "rgb_by_plane": (
        partial(_samples, photometric="RGB", by_plane=True),
        "RGB by plane: all red, then all green, then all blue samples.",
    ),
    "ybr_full": (partial(_samples, photometric="YBR_FULL", by_plane=False), "YBR_FULL by pixel."),
    "ybr_full_by_plane": (partial(_samples, photometric="YBR_FULL", by_plane=True), "YBR_FULL by plane."),
    "ybr_full_422": (
        partial(_samples, photometric="YBR_FULL_422", by_plane=False),
        "YBR_FULL_422, native: two pixels share CB and CR.",
    ),
    "palette_8": (partial(_looked_up, "palette_8"), "PALETTE COLOR of 256 entries of 8 bits, two in a word."),
    "palette_16": (
        partial(_looked_up, "palette_16"),
        "PALETTE COLOR of 180 entries of 16 bits, the first for 40: the image goes beyond both ends.",
    ),
    "palette_segmented": (
        partial(_looked_up, "palette_segmented"),
        "PALETTE COLOR in segments: discrete ones, lines, and a copy of earlier ones.",
    ),
}
"""Name -> what builds it, and what comes of it."""
