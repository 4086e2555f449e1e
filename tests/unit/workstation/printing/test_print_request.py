"""Arguments of printing: what is read, and what is refused with the name of the argument."""

from __future__ import annotations

from typing import Any

import pytest

from dicom_workstation.printing.attributes import FILM, SESSION
from dicom_workstation.printing.request import PrintImage, PrintRequest
from dicom_workstation.request_models.request_model import RequestError

ONE = {"images": ["1.2"]}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "images: nothing"),
        ({"images": []}, "images: nothing"),
        ({**ONE, "colur": True}, "colur: this key is unknown"),
        ({"images": [{"frame": 1}]}, "images.0: an image is a SOPInstanceUID or a file"),
        ({"images": [{"SOPInstanceUID": "1.2", "file": "a"}]}, "images.0: an image is"),
        ({"images": ["1.2", {"SOPInstanceUID": "1.2", "zoom": 1}]}, "images.1.zoom: this key is unknown"),
        ({"images": [{"SOPInstanceUID": "1.2", "frame": 0}]}, "images.0.frame: "),
        ({"images": [{"SOPInstanceUID": "1.2", "size": "big"}]}, "images.0.size: "),
        ({"images": [{"SOPInstanceUID": "1.2", "size": -1}]}, "images.0.size: "),
        ({"images": [{"SOPInstanceUID": "1.2", "crop": "CUT"}]}, "images.0.crop: "),
        ({"images": [{"SOPInstanceUID": "1.2", "polarity": "INVERSE"}]}, "images.0.polarity: "),
        ({"images": [{"SOPInstanceUID": "1.2", "window": {"center": 1}}]}, "images.0.window.width: is missing"),
        ({**ONE, "layout": "3"}, "layout: '3' is not one of"),
        ({**ONE, "layout": "0x2"}, "layout: '0x2': its numbers start at 1"),
        ({**ONE, "layout": "ROW\\"}, "layout: "),
        ({**ONE, "layout": "999x999"}, "layout: .*boxes"),
        ({**ONE, "orientation": "UPRIGHT"}, "orientation: "),
        ({**ONE, "film_size": "8inx10in"}, "film_size: '8inx10in' does not have the required form"),
        ({**ONE, "magnification": "LANCZOS"}, "magnification: "),
        ({**ONE, "border_density": "GREY"}, "border_density: "),
        ({**ONE, "min_density": 70000}, "min_density: "),
        ({**ONE, "min_density": 300, "max_density": 20}, "min_density: is above max_density"),
        ({**ONE, "trim": "maybe"}, "trim: "),
        ({**ONE, "resolution": "LOW"}, "resolution: "),
        ({**ONE, "copies": 0}, "copies: "),
        ({**ONE, "priority": "MEDIUM"}, "priority: "),
        ({**ONE, "destination": "BIN_01"}, "destination: a bin"),
        ({**ONE, "label": "one\\two"}, "label: "),
        ({**ONE, "owner": "x" * 17}, "owner: "),
        ({**ONE, "configuration_information": "Größe"}, "configuration_information: "),
        ({**ONE, "polarity": "INVERSE"}, "polarity: "),
        ({**ONE, "annotations": ["x" * 65]}, "annotations.0: "),
        ({**ONE, "bits": 10}, "bits: "),
        ({**ONE, "bits": 12, "colour": True}, "bits: an image in colour"),
        ({**ONE, "per": "page"}, "per: "),
        ({**ONE, "presentation_lut": "INVERSE"}, "presentation_lut: "),
        ({**ONE, "presentation_lut": {"bits": 12, "data": [0, 1]}}, "presentation_lut: has 256 entries"),
        ({**ONE, "presentation_lut": {"bits": 8, "data": [0] * 256}}, "presentation_lut: its entries"),
        ({**ONE, "presentation_lut": {"bits": 12, "data": [0] * 256, "first": 1}}, "presentation_lut: its first"),
    ],
)
def test_what_is_wrong_is_named(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(RequestError, match=f"^{told}".replace("\\", "\\\\")):
        PrintRequest.read(arguments)


@pytest.mark.parametrize(
    ("given", "text", "boxes"),
    [
        ("2x3", "STANDARD\\3,2", 6),
        ("1X4", "STANDARD\\4,1", 4),
        ("STANDARD\\3,2", "STANDARD\\3,2", 6),
        ("ROW\\1,2", "ROW\\1,2", 3),
        ("COL\\2,1,4", "COL\\2,1,4", 7),
        ("SLIDE", "SLIDE", None),
        ("SUPERSLIDE", "SUPERSLIDE", None),
        ("CUSTOM\\12", "CUSTOM\\12", None),
    ],
)
def test_layouts_are_written_as_the_standard_does(given: str, text: str, boxes: int | None) -> None:
    request = PrintRequest.read({**ONE, "layout": given})
    assert request.layout == text
    assert request.film_format.box_count == boxes


def test_texts_become_values() -> None:
    request = PrintRequest.read(
        {
            "images": [{"SOPInstanceUID": "1.2", "frame": "2", "size": "120.5"}, "1.3"],
            "files": "a.dcm",
            "copies": "3",
            "bits": "12",
            "delete": "false",
            "border_density": 150,
            "max_density": "310",
            "destination": "BIN_2",
        }
    )
    assert request.images[0] == PrintImage(SOPInstanceUID="1.2", frame=2, size=120.5)
    assert [each.SOPInstanceUID or each.file for each in request.pictures] == ["1.2", "1.3", "a.dcm"]
    assert (request.copies, request.bits, request.delete, request.border_density) == (3, 12, False, "150")
    assert (request.max_density, request.destination) == (310, "BIN_2")


def test_what_is_said_of_all_images_is_said_of_each_that_says_nothing_else() -> None:
    window = {"center": 40, "width": 400}
    request = PrintRequest.read(
        {
            "images": ["1.2", {"SOPInstanceUID": "1.3", "polarity": "NORMAL", "size": "fit"}],
            "files": ["a.dcm"],
            "window": window,
            "polarity": "REVERSE",
            "size": "true",
            "crop": "CROP",
        }
    )
    found = request.pictures
    assert [each.polarity for each in found] == ["REVERSE", "NORMAL", "REVERSE"]
    assert [each.size for each in found] == ["true", "fit", "true"]
    assert [each.crop for each in found] == ["CROP"] * 3
    assert [each.window.center for each in found if each.window is not None] == [40, 40, 40]


def test_the_film_of_the_printer_is_taken_where_none_is_named() -> None:
    assert PrintRequest.read(ONE).on_film("A4").film_size == "A4"
    assert PrintRequest.read({**ONE, "film_size": "A3"}).on_film("A4").film_size == "A3"
    assert PrintRequest.read(ONE).on_film(None).film_size is None


def test_every_argument_of_a_film_is_sent_as_an_attribute() -> None:
    sent = {*SESSION.values(), *FILM.values()}
    ours = {"images", "files", "state", "annotations", "presentation_lut", "colour", "bits", "per"}
    ours |= {"window", "polarity", "size", "crop"}  # of each image
    ours |= {"printer_assigns_uids", "delete", "follow", "film_s"}
    assert sent | ours == set(PrintRequest.model_fields)
    assert not sent & ours


@pytest.mark.parametrize("size", ["huge", -3, "-3", 0])
def test_what_is_no_size_is_told_with_all_that_is_one(size: object) -> None:
    with pytest.raises(RequestError, match=r"size: .* is not fit, true or a width in mm"):
        PrintRequest.read({"images": [{"file": "a.dcm", "size": size}]})
