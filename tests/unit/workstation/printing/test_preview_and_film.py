"""The preview is the picture that the printer simulator makes of what arrived: two implementations of one rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from print_bench import PrintBench, samples_of
from pydicom.dataset import Dataset

from dicom_simulators.printer import Annotation, Film, FilmImage, PresentationLUT, render
from dicom_workstation.printing.films.preparation import Prepared
from dicom_workstation.printing.films.preview import draw

LAYOUTS = ["1x1", "2x3", "3x2", "5x4", "ROW\\1,2", "ROW\\3,1,2", "COL\\2,1", "SLIDE", "SUPERSLIDE", "CUSTOM\\1"]
OF_THE_BOX = ("Polarity", "MagnificationType", "SmoothingType", "RequestedImageSize", "RequestedDecimateCropBehavior")
SIZES = [(crop, size) for crop in (None, "DECIMATE", "CROP") for size in (10, 33.3, 250)] + [
    ("FAIL", 10),
    ("FAIL", 33.3),
]
SMALL = {"film_size": "8INX10IN"}


@pytest.fixture
def pixels() -> np.ndarray:
    made = np.random.default_rng(7).integers(0, 4096, (23, 31)).astype(np.uint16)
    made[:8, :8], made[:8, 8:16], made[12] = 0, 4095, 2048
    return made


def film_of(prepared: Prepared, first: int = 0, count: int | None = None) -> Film:
    """Return the film that a printer would have after all this was sent to it."""
    images = prepared.images[first:] if count is None else prepared.images[first : first + count]
    return Film(
        number=1,
        colour=prepared.colour,
        session={each.keyword: str(each.value) for each in prepared.session},
        box={each.keyword: str(each.value) for each in prepared.film},
        images=tuple(_film_image(each.content(place)) for place, each in enumerate(images, start=1)),
        annotations=tuple(Annotation(place, text) for place, text in enumerate(prepared.annotations, start=1)),
        presentation_lut=_lut(prepared.presentation_lut),
    )


def _film_image(content: Dataset) -> FilmImage:
    item, pixels = samples_of(content)
    vertical, horizontal = (int(term) for term in item.get("PixelAspectRatio", (1, 1)))
    return FilmImage(
        content.ImageBoxPosition,
        pixels,
        item.BitsStored,
        item.PhotometricInterpretation,
        (vertical, horizontal),
        {keyword: str(content[keyword].value) for keyword in OF_THE_BOX if keyword in content},
    )


def _lut(made: Dataset | None) -> PresentationLUT | None:
    if made is None:
        return None
    if "PresentationLUTShape" in made:
        return PresentationLUT(made.PresentationLUTShape)
    item = made.PresentationLUTSequence[0]
    return PresentationLUT(None, tuple(item.LUTData), item.LUTDescriptor[1], item.LUTDescriptor[2])


def compare(bench: PrintBench, colour: bool = False, bits: int = 8, dots: float = 2.0, **arguments: Any) -> np.ndarray:
    """Hold the preview of a single film against the film; returns the preview."""
    prepared = bench.prepared(colour, bits, **{**SMALL, **arguments})
    (preview,) = draw(prepared, dots)
    film = render(film_of(prepared), dots)
    assert preview.shape == film.shape
    assert preview.dtype == film.dtype == np.uint8
    difference = np.abs(preview.astype(int) - film.astype(int))
    if prepared.annotations:
        difference = difference[: -round((5 + 8) * dots) - 1]
    assert difference.max() <= 1, f"{(difference > 1).sum()} pixels differ, by up to {difference.max()}"
    assert len(np.unique(preview)) > 2, "nothing was drawn"
    return np.asarray(preview)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("more", [{}, {"trim": "YES", "orientation": "LANDSCAPE", "border_density": "WHITE"}])
def test_layouts(bench: PrintBench, pixels: np.ndarray, layout: str, more: dict[str, str]) -> None:
    uid = bench.image(pixels, 12, PixelSpacing=[0.5, 0.7])
    images = [uid] if layout == "1x1" else [uid, {"SOPInstanceUID": uid, "polarity": "REVERSE"}]
    compare(bench, images=images, layout=layout, empty_image_density="120", **more)


@pytest.mark.parametrize("method", ["REPLICATE", "BILINEAR", "CUBIC", "NONE"])
@pytest.mark.parametrize("aspect", [None, [4, 3], [1, 2]])
@pytest.mark.parametrize("bits", [8, 12])
def test_magnification(bench: PrintBench, pixels: np.ndarray, method: str, aspect: list[int] | None, bits: int) -> None:
    uid = bench.image(pixels, 12, **({"PixelAspectRatio": aspect} if aspect else {}))
    compare(bench, bits=bits, images=[uid], magnification=method)
    compare(bench, bits=bits, images=[{"SOPInstanceUID": uid, "magnification": method}], magnification="CUBIC")


@pytest.mark.parametrize("method", ["REPLICATE", "BILINEAR", "CUBIC", "NONE"])
@pytest.mark.parametrize(("crop", "size"), SIZES)
def test_requested_sizes(bench: PrintBench, pixels: np.ndarray, method: str, crop: str | None, size: float) -> None:
    uid = bench.image(pixels, 12, PixelSpacing=[0.3, 0.4])
    asked = {"SOPInstanceUID": uid, "size": size, "magnification": method}
    compare(bench, images=[{**asked, "crop": crop} if crop else asked], layout="ROW\\1,2")


def test_large_pictures_without_magnification_are_cut(bench: PrintBench) -> None:
    large = np.arange(701 * 903, dtype=np.uint32).reshape(701, 903).astype(np.uint8)
    compare(bench, images=[bench.image(large)], magnification="NONE", trim="YES")


@pytest.mark.parametrize("method", ["REPLICATE", "BILINEAR", "CUBIC"])
def test_large_pictures_become_small(bench: PrintBench, method: str) -> None:
    large = np.random.default_rng(3).integers(0, 256, (701, 903)).astype(np.uint8)
    compare(bench, images=[bench.image(large)] * 6, magnification=method, layout="3x2")


@pytest.mark.parametrize(
    "densities",
    [
        {"border_density": "150"},
        {"border_density": "WHITE", "trim": "YES", "empty_image_density": "BLACK"},
        {"border_density": "150", "min_density": 0, "max_density": 200, "trim": "YES"},
        {"border_density": "10", "empty_image_density": "500", "trim": "YES"},
        {"border_density": "161", "empty_image_density": "WHITE", "trim": "YES"},
    ],
)
def test_densities(bench: PrintBench, pixels: np.ndarray, densities: dict[str, Any]) -> None:
    compare(bench, images=[bench.image(pixels, 12)], layout="2x2", **densities)


@pytest.mark.parametrize("polarity", ["NORMAL", "REVERSE"])
@pytest.mark.parametrize("lut", ["IDENTITY", "LIN OD", "table"])
def test_presentation_luts(bench: PrintBench, pixels: np.ndarray, polarity: str, lut: str) -> None:
    curve = np.floor(65535 * (np.arange(4096) / 4095) ** 2).astype(int).tolist()
    asked = {"bits": 16, "data": curve} if lut == "table" else lut
    image = {"SOPInstanceUID": bench.image(pixels, 12), "polarity": polarity}
    compare(bench, bits=12, images=[image], presentation_lut=asked)


@pytest.mark.parametrize("size", ["14INX17IN", "8_5INX11IN", "24CMX30CM", "A4", "A3", "11INX14IN"])
@pytest.mark.parametrize("dots", [1.0, 1.7])
def test_film_sizes(bench: PrintBench, pixels: np.ndarray, size: str, dots: float) -> None:
    compare(bench, images=[bench.image(pixels, 12)], film_size=size, dots=dots, layout="COL\\1,3")


def test_annotations(bench: PrintBench, pixels: np.ndarray) -> None:
    with_text = compare(bench, images=[bench.image(pixels, 12)], annotations=["One", "Two"], annotation_format="LABEL")
    strip = with_text[-26:-10]
    assert strip[:, :200].max() > 100
    assert strip[:, 203:].max() > 100


@pytest.mark.parametrize("layout", ["2x2", "SLIDE"])
def test_colour(bench: PrintBench, pixels: np.ndarray, layout: str) -> None:
    rgb = np.random.default_rng(5).integers(0, 256, (23, 31, 3)).astype(np.uint8)
    uid = bench.image(rgb)
    images = [uid, bench.image(pixels, 12), {"SOPInstanceUID": uid, "polarity": "REVERSE"}]
    preview = compare(bench, colour=True, images=images, layout=layout, border_density="150", trim="YES")
    assert preview.shape[2] == 3
