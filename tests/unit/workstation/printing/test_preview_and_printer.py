"""Over the wire: the preview that the user was shown is the film that came out of the simulated printer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from print_bench import image_data_set

from dicom_simulators.printer import render
from dicom_simulators.printer.printer import Printer
from dicom_wire.capture.sighting import Recorder
from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.instances.encode_instance import stored_instance

DEADLINE_S = 60.0
STRIP = (5 + 8) * 2 + 1  # annotations are lettered differently


@pytest.fixture
def printed() -> Iterator[Callable[..., list[tuple[np.ndarray, np.ndarray]]]]:
    """Preview and print on a new printer; gives each film as it was previewed and as it came out."""
    begun: list[Any] = []

    def preview_and_print(images: list[np.ndarray], colour: bool = False, **arguments: Any) -> Any:
        printer = Printer("printer", "PRINTER", Recorder(), colour=colour, film_s=0.01)
        printer.start()
        begun.append(printer)
        host, port = printer.address
        known = {"laser": {"ae_title": "PRINTER", "host": host, "port": port}}
        extensions = ["presentation_lut", "annotation_box"]
        workstation = Workstation(Configuration.from_keywords(printers=known, extensions=extensions))
        begun.append(workstation)
        uids = []
        for pixels in images:
            made = image_data_set(pixels, 12 if pixels.dtype == np.uint16 else 8, PixelSpacing=[0.4, 0.3])
            workstation.memory.keep(stored_instance(made))
            uids.append(str(made.SOPInstanceUID))
        asked = arguments.pop("image", {})
        named = [{"SOPInstanceUID": uid, **asked} for uid in uids]
        shown = workstation.preview("laser", images=named, **arguments)
        assert shown.films, shown.detail
        outcome = workstation.print("laser", images=named, **arguments)
        assert str(outcome.result) == "success", outcome.detail
        assert printer.wait_films(len(shown.films), DEADLINE_S)
        return [(picture_of(told), render(film)) for told, film in zip(shown.films, printer.films, strict=True)]

    yield preview_and_print
    for each in reversed(begun):
        each.stop()


def picture_of(film: dict[str, Any]) -> np.ndarray:
    """Return a film of an outcome as an array."""
    shape = (film.rows, film.columns) if film.samples == 1 else (film.rows, film.columns, 3)
    return np.frombuffer(film.data, np.uint8).reshape(shape)


def assert_same(films: list[tuple[np.ndarray, np.ndarray]], count: int, rows: slice = slice(None)) -> None:
    assert len(films) == count
    for preview, film in films:
        assert preview.shape == film.shape
        assert np.abs(preview[rows].astype(int) - film[rows].astype(int)).max() <= 1
        assert len(np.unique(preview)) > 2


NOISE = [np.random.default_rng(seed).integers(0, 4096, (30, 40)).astype(np.uint16) for seed in range(8)]


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ({"layout": "2x3"}, 2),
        ({"layout": "ROW\\2,3", "trim": "YES", "border_density": "WHITE", "orientation": "LANDSCAPE"}, 2),
        ({"layout": "COL\\1,1", "magnification": "BILINEAR", "film_size": "8INX10IN", "empty_image_density": "150"}, 4),
        ({"layout": "3x3", "image": {"size": "true", "polarity": "REVERSE"}, "bits": 12}, 1),
        ({"layout": "3x3", "image": {"size": 90, "crop": "CROP"}, "bits": 8, "per": "session"}, 1),
        ({"layout": "4x2", "presentation_lut": "LIN OD", "magnification": "REPLICATE"}, 1),
    ],
)
def test_the_preview_is_the_film(printed: Callable[..., Any], arguments: dict[str, Any], count: int) -> None:
    assert_same(printed(NOISE, **arguments), count)


def test_the_preview_has_the_annotations_that_the_film_has(printed: Callable[..., Any]) -> None:
    films = printed(NOISE, layout="3x3", annotation_format="COMBINED", annotations=["a", "b"])
    assert_same(films, 1, slice(0, -STRIP))


@pytest.mark.parametrize("lut", ["LIN OD", {"data": [16 * (255 - v) for v in range(256)], "first": 0, "bits": 12}])
def test_images_in_colour_go_through_no_presentation_lut(printed: Callable[..., Any], lut: Any) -> None:
    colours = [np.random.default_rng(7).integers(0, 256, (20, 30, 3)).astype(np.uint8)]
    films = printed(colours, colour=True, presentation_lut=lut)
    assert_same(films, 1)


def test_the_preview_in_colour_is_the_film(printed: Callable[..., Any]) -> None:
    colours = [np.random.default_rng(seed).integers(0, 256, (20, 30, 3)).astype(np.uint8) for seed in range(3)]
    films = printed([*colours, NOISE[0]], colour=True, layout="2x2", border_density="WHITE")
    assert_same(films, 1)
    assert films[0][0].ndim == 3
    assert (films[0][0][..., 0] != films[0][0][..., 2]).any()
