"""The printer's services without a network: which objects exist, what may be asked of them, and each status."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from print_scu import IMPLICIT, colour, film_box, gray, read

from dicom_simulators.association.responses import Response
from dicom_simulators.encoding.data_set_codec import Element, encoding_of, tag_of, write_elements
from dicom_simulators.encoding.data_set_text import encode_texts
from dicom_simulators.printer.abilities import Abilities
from dicom_simulators.printer.attributes import Attributes, made
from dicom_simulators.printer.films.film import PresentationLUT
from dicom_simulators.printer.replies import STATUSES
from dicom_simulators.printer.requests import JobRequest, PrintRequest
from dicom_simulators.printer.services import Printing
from dicom_simulators.printer.sop_classes import (
    ANNOTATION_BOX,
    COLOR_IMAGE_BOX,
    COLOR_META,
    FILM_BOX,
    FILM_SESSION,
    GRAYSCALE_IMAGE_BOX,
    GRAYSCALE_META,
    PRESENTATION_LUT,
    PRINT_JOB,
    PRINTER,
    PRINTER_INSTANCE,
    SERVICES,
)

EVERY_CLASS = frozenset({GRAYSCALE_META, COLOR_META, PRINT_JOB, PRESENTATION_LUT, ANNOTATION_BOX})
GENERAL = {0x0000, *range(0x0100, 0x0300)}
BIG_ENDIAN = "1.2.840.10008.1.2.2"


class Device:
    """A printer of a test: takes so many jobs."""

    def __init__(self, room: int = 100) -> None:
        self.room = room
        self.orders: list[JobRequest] = []

    def submit(self, order: JobRequest) -> str | None:
        if len(self.orders) == self.room:
            return None
        self.orders.append(order)
        return f"2.25.9{len(self.orders)}"

    def job(self, uid: str) -> Attributes | None:
        known = {f"2.25.9{number}" for number in range(1, len(self.orders) + 1)}
        return {0x21000020: made("ExecutionStatus", "PENDING")} if uid in known else None

    def state(self) -> Attributes:
        elements = (made("PrinterStatus", "NORMAL"), made("PrinterName", "P"))
        return {element.tag: element for element in elements}


class Bench:
    """A printer's side of one association; every status is held against the tables as it is answered."""

    def __init__(
        self, negotiated: frozenset[str] = EVERY_CLASS, room: int = 100, always: bool = False, **abilities: Any
    ) -> None:
        self.device = Device(room)
        numbers = itertools.count(1)
        self.printing = Printing(
            Abilities(**abilities), self.device, lambda kind: f"2.25.7{next(numbers)}", negotiated, always
        )

    def ask(
        self,
        service: str,
        sop_class: str,
        uid: str = "",
        data: Mapping[str, Any] | bytes | None = None,
        context: str = GRAYSCALE_META,
        **more: Any,
    ) -> Response:
        raw = encode_texts(data, IMPLICIT) if isinstance(data, Mapping) else data
        more.setdefault("transfer_syntax", IMPLICIT)
        asked = PrintRequest(service, context, more.pop("transfer_syntax"), sop_class, uid, raw, **more)
        [response] = list(self.printing.answer(asked))
        assert response.status in GENERAL | STATUSES.get((sop_class, service), frozenset())
        if response.status:
            comment = response.elements["ErrorComment"]
            assert isinstance(comment, str)
            assert 0 < len(comment) <= 64
        return response

    def create(
        self, sop_class: str, data: Mapping[str, Any] | bytes | None = None, uid: str = "", **more: Any
    ) -> Response:
        return self.ask("N-CREATE-RQ", sop_class, uid, data, **more)

    def session(self, uid: str = "2.25.1", **attributes: Any) -> str:
        assert self.create(FILM_SESSION, attributes, uid).status == 0
        return uid

    def film_box(self, uid: str = "2.25.2", layout: str = "STANDARD\\1,1", **attributes: Any) -> list[str]:
        """Create a film box, and a session if there is none; return the UIDs of its image boxes."""
        if self.printing.tree.session is None:
            self.session()
        context = attributes.pop("context", GRAYSCALE_META)
        reply = self.create(FILM_BOX, film_box("2.25.1", layout, **attributes), uid, context=context)
        assert reply.status == 0, reply
        return [str(item.ReferencedSOPInstanceUID) for item in read(reply.data_set).ReferencedImageBoxSequence]

    def image(self, uid: str, item: Mapping[str, Any] | None = None, position: int = 1, **attributes: Any) -> Response:
        sequence = [] if item == {} else [gray() if item is None else item]
        data = {"ImageBoxPosition": position, "BasicGrayscaleImageSequence": sequence, **attributes}
        return self.ask("N-SET-RQ", GRAYSCALE_IMAGE_BOX, uid, data)

    def print(self, sop_class: str = FILM_BOX, uid: str = "2.25.2", action: int | None = 1) -> Response:
        return self.ask("N-ACTION-RQ", sop_class, uid, action=action)

    def delete(self, sop_class: str, uid: str, context: str = GRAYSCALE_META) -> Response:
        return self.ask("N-DELETE-RQ", sop_class, uid, context=context)

    def get(self, sop_class: str, uid: str, *tags: int, context: str = GRAYSCALE_META) -> Response:
        return self.ask("N-GET-RQ", sop_class, uid, context=context, identifiers=tags)


def listed(response: Response) -> set[int]:
    """Return the attributes that a response names."""
    for keyword in ("AttributeIdentifierList", "OffendingElement"):
        tags = response.elements.get(keyword)
        if isinstance(tags, tuple):
            return {int(tag) for tag in tags}
    return set()


# -- film session ---------------------------------------------------------------------------------------------------


def test_a_film_session_gets_every_default() -> None:
    reply = Bench().create(FILM_SESSION, {}, "2.25.1")
    data = read(reply.data_set)
    told = {element.keyword: str(element.value) for element in data}
    assert reply.status == 0
    assert told == {
        "NumberOfCopies": "1",
        "PrintPriority": "MED",
        "MediumType": "CLEAR FILM",
        "FilmDestination": "PROCESSOR",
    }


def test_a_film_session_without_any_attribute_list_is_one() -> None:
    bench = Bench()
    reply = bench.create(FILM_SESSION, None)
    assert (reply.status, reply.elements["AffectedSOPInstanceUID"]) == (0, "2.25.71")


@pytest.mark.parametrize(("always", "uid"), [(False, "2.25.1"), (True, "2.25.71")])
def test_a_proposed_uid_is_taken_or_not(always: bool, uid: str) -> None:
    bench = Bench(always=always)
    reply = bench.create(FILM_SESSION, {}, "2.25.1")
    assert reply.elements.get("AffectedSOPInstanceUID", "2.25.1") == uid
    assert bench.delete(FILM_SESSION, uid).status == 0


def test_one_film_session_at_a_time() -> None:
    bench = Bench()
    bench.session()
    assert bench.create(FILM_SESSION, {}, "2.25.1").status == 0x0111
    assert bench.create(FILM_SESSION, {}, "2.25.5").status == 0x0111
    assert bench.create(FILM_SESSION, {}).status == 0x0111
    assert bench.delete(FILM_SESSION, "2.25.1").status == 0
    assert bench.delete(FILM_SESSION, "2.25.1").status == 0x0112
    assert bench.create(FILM_SESSION, {}, "2.25.1").status == 0


@pytest.mark.parametrize(
    ("attributes", "status", "keyword"),
    [
        ({"PrintPriority": "URGENT"}, 0x0106, "PrintPriority"),
        ({"NumberOfCopies": "0"}, 0x0106, "NumberOfCopies"),
        ({"NumberOfCopies": "100"}, 0x0106, "NumberOfCopies"),
        ({"MediumType": "PAPYRUS"}, 0x0106, "MediumType"),
        ({"FilmDestination": "BIN_9"}, 0x0106, "FilmDestination"),
        ({"MemoryAllocation": "300000"}, 0x0106, "MemoryAllocation"),
        ({"PatientID": "1"}, 0x0105, "PatientID"),
    ],
)
def test_what_a_film_session_cannot_have(attributes: dict[str, str], status: int, keyword: str) -> None:
    bench = Bench()
    reply = bench.create(FILM_SESSION, attributes, "2.25.1")
    assert (reply.status, listed(reply)) == (status, {tag_of(keyword)})
    assert bench.delete(FILM_SESSION, "2.25.1").status == 0x0112  # nothing was created
    bench.session()
    assert bench.ask("N-SET-RQ", FILM_SESSION, "2.25.1", attributes).status == status


def test_all_of_the_memory_may_be_allocated() -> None:
    bench = Bench(memory_bytes=2048)
    assert bench.create(FILM_SESSION, {"MemoryAllocation": "3"}, "2.25.1").status == 0x0106
    assert bench.create(FILM_SESSION, {"MemoryAllocation": "2"}, "2.25.1").status == 0


def test_an_annotation_is_read_in_the_character_set_of_its_session() -> None:
    bench = Bench()
    bench.session(SpecificCharacterSet="ISO_IR 192")
    reply = read(bench.create(FILM_BOX, film_box("2.25.1", AnnotationDisplayFormatID="1"), "2.25.2").data_set)
    [uid] = [one.ReferencedSOPInstanceUID for one in reply.ReferencedBasicAnnotationBoxSequence]
    text = "Ä1".encode()
    data = encode_texts({"AnnotationPosition": 1}, IMPLICIT) + b"\x30\x20\x20\x00\x04\0\0\0" + text + b" "
    assert bench.ask("N-SET-RQ", ANNOTATION_BOX, uid, data, ANNOTATION_BOX).status == 0
    bench.print()
    assert [one.text for one in bench.device.orders[0].films[0].annotations] == ["Ä1"]


def test_a_pixel_aspect_ratio_is_kept_and_one_that_is_no_number_counts_as_one() -> None:
    bench = Bench()
    [box] = bench.film_box()
    assert bench.image(box, gray(1, 10, PixelAspectRatio=["2", "3"])).status == 0
    bench.print()
    [image] = bench.device.orders[0].films[0].images
    assert image.pixel_aspect_ratio == (2, 3)


def test_a_lenient_printer_replaces_and_leaves_out_with_a_warning() -> None:
    bench = Bench(replaces=True)
    reply = bench.create(FILM_SESSION, {"MediumType": "PAPYRUS"}, "2.25.1")
    assert (reply.status, read(reply.data_set).MediumType) == (0x0116, "CLEAR FILM")
    bench.delete(FILM_SESSION, "2.25.1")
    reply = bench.create(FILM_SESSION, {"PatientID": "1"}, "2.25.1")
    assert (reply.status, reply.elements["AttributeIdentifierList"]) == (0x0107, (tag_of("PatientID"),))
    assert "PatientID" not in read(reply.data_set)


def test_memory_that_is_not_allocated_is_told() -> None:
    bench = Bench(allocates_memory=False)
    reply = bench.create(FILM_SESSION, {"MemoryAllocation": "100"}, "2.25.1")
    assert (reply.status, "MemoryAllocation" in read(reply.data_set)) == (0xB600, False)
    assert bench.ask("N-SET-RQ", FILM_SESSION, "2.25.1", {"MemoryAllocation": "5"}).status == 0xB600
    assert Bench().create(FILM_SESSION, {"MemoryAllocation": "100"}).status == 0


def test_a_film_session_is_set() -> None:
    bench = Bench()
    bench.film_box()
    assert bench.ask("N-SET-RQ", FILM_SESSION, "2.25.1", {"NumberOfCopies": "3"}).status == 0
    bench.print()
    assert bench.device.orders[0].copies == 3


# -- film box -------------------------------------------------------------------------------------------------------


def test_a_film_box_gets_every_default_and_its_image_boxes() -> None:
    bench = Bench()
    bench.session()
    reply = bench.create(FILM_BOX, film_box("2.25.1", "STANDARD\\2,3"), "2.25.2")
    data = read(reply.data_set)
    assert reply.status == 0
    assert len(data.ReferencedImageBoxSequence) == 6
    assert {item.ReferencedSOPClassUID for item in data.ReferencedImageBoxSequence} == {GRAYSCALE_IMAGE_BOX}
    told = {element.keyword: str(element.value) for element in data if element.VR != "SQ"}
    assert told == {
        "ImageDisplayFormat": "STANDARD\\2,3",
        "FilmOrientation": "PORTRAIT",
        "FilmSizeID": "14INX17IN",
        "MagnificationType": "CUBIC",
        "BorderDensity": "BLACK",
        "EmptyImageDensity": "BLACK",
        "MinDensity": "20",
        "MaxDensity": "300",
        "Trim": "NO",
        "Illumination": "2000",
        "ReflectedAmbientLight": "10",
        "RequestedResolutionID": "STANDARD",
    }


@pytest.mark.parametrize(
    ("layout", "count"),
    [("STANDARD\\1,1", 1), ("ROW\\1,2,3", 6), ("COL\\4,1", 5), ("CUSTOM\\1", 4), ("SLIDE", 48), ("SUPERSLIDE", 48)],
)
def test_the_image_display_format_makes_the_image_boxes(layout: str, count: int) -> None:
    assert len(Bench().film_box(layout=layout)) == count


@pytest.mark.parametrize(
    ("attributes", "status", "keyword"),
    [
        ({"ImageDisplayFormat": None}, 0x0120, "ImageDisplayFormat"),
        ({"ReferencedFilmSessionSequence": None}, 0x0120, "ReferencedFilmSessionSequence"),
        ({"ImageDisplayFormat": ""}, 0x0121, "ImageDisplayFormat"),
        ({"ReferencedFilmSessionSequence": []}, 0x0121, "ReferencedFilmSessionSequence"),
        ({"ReferencedFilmSessionSequence": [{}]}, 0x0120, "ReferencedSOPClassUID"),
        ({"ImageDisplayFormat": "STANDARD\\0,1"}, 0x0106, "ImageDisplayFormat"),
        ({"ImageDisplayFormat": "CIRCLE\\2"}, 0x0106, "ImageDisplayFormat"),
        ({"ImageDisplayFormat": "CUSTOM\\77"}, 0x0106, "ImageDisplayFormat"),
        ({"FilmOrientation": "DIAGONAL"}, 0x0106, "FilmOrientation"),
        ({"FilmSizeID": "1INX1IN"}, 0x0106, "FilmSizeID"),
        ({"MagnificationType": "HUGE"}, 0x0106, "MagnificationType"),
        ({"BorderDensity": "PINK"}, 0x0106, "BorderDensity"),
        ({"EmptyImageDensity": "GREY"}, 0x0106, "EmptyImageDensity"),
        ({"Trim": "MAYBE"}, 0x0106, "Trim"),
        ({"RequestedResolutionID": "LOW"}, 0x0106, "RequestedResolutionID"),
        ({"AnnotationDisplayFormatID": "NOWHERE"}, 0x0106, "AnnotationDisplayFormatID"),
        ({"Polarity": "NORMAL"}, 0x0105, "Polarity"),
    ],
)
def test_what_a_film_box_cannot_have(attributes: dict[str, Any], status: int, keyword: str) -> None:
    bench = Bench()
    bench.session()
    data = {key: one for key, one in {**film_box("2.25.1"), **attributes}.items() if one is not None}
    reply = bench.create(FILM_BOX, data, "2.25.2")
    assert (reply.status, listed(reply)) == (status, {tag_of(keyword)})
    assert bench.delete(FILM_BOX, "2.25.2").status == 0x0112


def test_a_film_box_needs_its_session() -> None:
    bench = Bench()
    assert bench.create(FILM_BOX, film_box("2.25.1"), "2.25.2").status == 0x0106
    bench.session()
    assert bench.create(FILM_BOX, film_box("2.25.404"), "2.25.2").status == 0x0106
    bench.delete(FILM_SESSION, "2.25.1")
    assert bench.create(FILM_BOX, film_box("2.25.1"), "2.25.2").status == 0x0106


def test_layouts_and_sizes_are_those_that_the_printer_has() -> None:
    bench = Bench(layouts=("STANDARD\\",), film_sizes=("8INX10IN", "A4"))
    bench.session()
    assert bench.create(FILM_BOX, film_box("2.25.1", "ROW\\1")).status == 0x0106
    assert bench.create(FILM_BOX, film_box("2.25.1", FilmSizeID="14INX17IN")).status == 0x0106
    reply = bench.create(FILM_BOX, film_box("2.25.1"))
    assert read(reply.data_set).FilmSizeID == "8INX10IN"


def test_densities_beyond_the_range_are_bounded_with_a_warning() -> None:
    bench = Bench(densities=(10, 250))
    bench.session()
    reply = bench.create(FILM_BOX, film_box("2.25.1", MaxDensity=300, MinDensity=5), "2.25.2")
    data = read(reply.data_set)
    assert (reply.status, data.MaxDensity, data.MinDensity) == (0xB605, 250, 10)
    assert listed(reply) == {tag_of("MaxDensity"), tag_of("MinDensity")}
    assert bench.ask("N-SET-RQ", FILM_BOX, "2.25.2", {"MaxDensity": 251}).status == 0xB605
    assert bench.ask("N-SET-RQ", FILM_BOX, "2.25.2", {"MaxDensity": 250}).status == 0


def test_a_printer_that_does_not_collate_has_one_unprinted_film_box() -> None:
    bench = Bench(collates=False)
    bench.film_box()
    assert bench.create(FILM_BOX, film_box("2.25.1"), "2.25.3").status == 0xC616
    assert bench.print().status == 0xB603
    assert bench.create(FILM_BOX, film_box("2.25.1"), "2.25.3").status == 0


def test_only_some_attributes_of_a_film_box_are_set() -> None:
    bench = Bench()
    bench.film_box()
    assert bench.ask("N-SET-RQ", FILM_BOX, "2.25.2", {"Trim": "YES", "BorderDensity": "WHITE"}).status == 0
    reply = bench.ask("N-SET-RQ", FILM_BOX, "2.25.2", {"ImageDisplayFormat": "STANDARD\\2,2"})
    assert (reply.status, listed(reply)) == (0x0105, {tag_of("ImageDisplayFormat")})
    bench.print()
    assert bench.device.orders[0].films[0].box["Trim"] == "YES"


def test_only_the_film_box_created_last_is_set_printed_and_deleted() -> None:
    bench = Bench()
    [first] = bench.film_box("2.25.2")
    bench.film_box("2.25.3")
    assert bench.ask("N-SET-RQ", FILM_BOX, "2.25.2", {"Trim": "YES"}).status == 0x0110
    assert bench.image(first).status == 0x0110
    assert bench.print(uid="2.25.2").status == 0x0110
    assert bench.delete(FILM_BOX, "2.25.2").status == 0x0110
    assert [bench.delete(FILM_BOX, uid).status for uid in ("2.25.3", "2.25.2")] == [0, 0]
    bench = Bench(last_only=False)
    [first] = bench.film_box("2.25.2")
    bench.film_box("2.25.3")
    assert bench.image(first).status == 0
    assert bench.delete(FILM_BOX, "2.25.2").status == 0


def test_deletion_reaches_what_hangs_below() -> None:
    bench = Bench()
    [box] = bench.film_box()
    assert bench.delete(FILM_BOX, "2.25.2").status == 0
    assert bench.image(box).status == 0x0112
    assert bench.print(FILM_SESSION, "2.25.1").status == 0xC600
    [box] = bench.film_box()
    assert bench.delete(FILM_SESSION, "2.25.1").status == 0
    assert bench.image(box).status == 0x0112
    assert bench.print().status == 0x0112


# -- which class, which operation, which instance -------------------------------------------------------------------


def test_operations_that_a_class_has_not_are_not_recognized() -> None:
    bench = Bench()
    [box] = bench.film_box()
    uids = {FILM_SESSION: "2.25.1", FILM_BOX: "2.25.2", GRAYSCALE_IMAGE_BOX: box, PRINTER: PRINTER_INSTANCE}
    asked = 0
    for sop_class, uid in uids.items():
        for service in ("N-CREATE-RQ", "N-SET-RQ", "N-GET-RQ", "N-ACTION-RQ", "N-DELETE-RQ"):
            if service not in SERVICES[sop_class]:
                assert bench.ask(service, sop_class, uid, {}).status == 0x0211
                asked += 1
    assert asked == 10


def test_classes_that_a_context_has_not_are_no_such_class() -> None:
    bench = Bench()
    assert bench.create(FILM_SESSION, {}, context=PRINT_JOB).status == 0x0118
    assert bench.create("1.2.840.10008.5.1.4.1.1.2", {}).status == 0x0118
    assert bench.ask("N-SET-RQ", COLOR_IMAGE_BOX, "2.25.1", {}).status == 0x0118
    assert bench.get(PRINT_JOB, "2.25.1").status == 0x0118


def test_instances_of_another_class_are_a_conflict() -> None:
    bench = Bench()
    [box] = bench.film_box()
    assert bench.ask("N-SET-RQ", FILM_BOX, "2.25.1", {}).status == 0x0119
    assert bench.ask("N-SET-RQ", GRAYSCALE_IMAGE_BOX, "2.25.2", {}).status == 0x0119
    assert bench.delete(FILM_SESSION, box).status == 0x0119
    assert bench.print(FILM_BOX, "2.25.1").status == 0x0119
    assert bench.print(FILM_BOX, PRINTER_INSTANCE).status == 0x0119
    assert bench.get(PRINTER, "2.25.1").status == 0x0119
    assert bench.create(FILM_BOX, film_box("2.25.1"), box).status == 0x0111


def test_a_data_set_that_is_none_is_a_processing_failure() -> None:
    assert Bench().create(FILM_SESSION, b"\x00\x20\x10\x00\xff\x00\x00\x00").status == 0x0110


# -- image boxes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "status", "keyword"),
    [
        ({"Rows": None}, 0x0120, "Rows"),
        ({"PixelData": None}, 0x0120, "PixelData"),
        ({"PixelData": ""}, 0x0121, "PixelData"),
        ({"PhotometricInterpretation": ""}, 0x0121, "PhotometricInterpretation"),
        ({"PhotometricInterpretation": "RGB"}, 0x0106, "PhotometricInterpretation"),
        ({"SamplesPerPixel": 3}, 0x0106, "SamplesPerPixel"),
        ({"Rows": 5}, 0x0106, "PixelData"),
        ({"Columns": 0}, 0x0106, "Columns"),
        ({"BitsAllocated": 16}, 0x0106, "BitsAllocated"),
        ({"HighBit": 6}, 0x0106, "HighBit"),
        ({"PixelRepresentation": 1}, 0x0106, "PixelRepresentation"),
        ({"PixelAspectRatio": ["1", "0"]}, 0x0106, "PixelAspectRatio"),
    ],
)
def test_images_that_cannot_be_printed(change: dict[str, Any], status: int, keyword: str) -> None:
    bench = Bench()
    [box] = bench.film_box()
    reply = bench.image(box, gray(**change))
    assert (reply.status, listed(reply)) == (status, {tag_of(keyword)})
    assert bench.print().status == 0xB603


@pytest.mark.parametrize(
    ("attributes", "status", "keyword"),
    [
        ({"ImageBoxPosition": 2}, 0x0106, "ImageBoxPosition"),
        ({"Polarity": "NEGATIVE"}, 0x0106, "Polarity"),
        ({"RequestedImageSize": "0"}, 0x0106, "RequestedImageSize"),
        ({"RequestedImageSize": "-5"}, 0x0106, "RequestedImageSize"),
        ({"RequestedDecimateCropBehavior": "TEAR"}, 0x0106, "RequestedDecimateCropBehavior"),
        ({"Trim": "YES"}, 0x0105, "Trim"),
        ({"MaxDensity": 900}, 0xB605, "MaxDensity"),
    ],
)
def test_what_an_image_box_cannot_have(attributes: dict[str, Any], status: int, keyword: str) -> None:
    bench = Bench()
    [box] = bench.film_box()
    reply = bench.image(box, None, **attributes)
    assert (reply.status, listed(reply)) == (status, {tag_of(keyword)})


def test_an_image_box_without_its_mandatory_attributes() -> None:
    bench = Bench()
    [box] = bench.film_box()
    reply = bench.ask("N-SET-RQ", GRAYSCALE_IMAGE_BOX, box, {"Polarity": "NORMAL"})
    assert (reply.status, listed(reply)) == (
        0x0120,
        {tag_of("ImageBoxPosition"), tag_of("BasicGrayscaleImageSequence")},
    )
    twice = {"ImageBoxPosition": 1, "BasicGrayscaleImageSequence": [gray(), gray()]}
    assert bench.ask("N-SET-RQ", GRAYSCALE_IMAGE_BOX, box, twice).status == 0x0106


def test_bits_are_those_that_the_printer_takes() -> None:
    bench = Bench(bits=(8,))
    [box] = bench.film_box()
    assert bench.image(box, gray(bits=12)).status == 0x0106
    assert bench.image(box, gray(bits=8)).status == 0


def test_an_image_is_replaced_and_erased() -> None:
    bench = Bench()
    [box] = bench.film_box()
    assert bench.image(box, gray(1, 1)).status == 0
    assert bench.image(box, gray(2, 3)).status == 0
    assert bench.print().status == 0
    assert bench.image(box, {}).status == 0
    assert bench.print().status == 0xB603
    first, second = (order.films[0] for order in bench.device.orders)
    assert [image.pixels.shape for image in first.images] == [(2, 3)]
    assert second.images == ()


def test_twelve_bits_in_big_endian_are_read_word_by_word() -> None:
    bench = Bench()
    [box] = bench.film_box()
    item = gray(1, 3, bits=12)
    raw = bytes.fromhex(item.pop("PixelData"))
    encoding = encoding_of(BIG_ENDIAN)
    elements = {tag_of(k): made(k, str(v)) for k, v in item.items()}
    elements[tag_of("PixelData")] = Element(tag_of("PixelData"), "OW", raw)
    sequence = Element(tag_of("BasicGrayscaleImageSequence"), "SQ", items=(elements,))
    position = made("ImageBoxPosition", "1")
    data = write_elements({one.tag: one for one in (position, sequence)}, encoding)
    assert bench.ask("N-SET-RQ", GRAYSCALE_IMAGE_BOX, box, data, transfer_syntax=BIG_ENDIAN).status == 0
    bench.print()
    assert bench.device.orders[0].films[0].images[0].pixels.tolist() == [[0, 7, 14]]


def test_bits_above_those_stored_are_dropped() -> None:
    bench = Bench()
    [box] = bench.film_box()
    assert bench.image(box, gray(1, 1, bits=12, PixelData="ffff")).status == 0
    bench.print()
    assert bench.device.orders[0].films[0].images[0].pixels.tolist() == [[0x0FFF]]


def test_memory_is_finite_and_freed() -> None:
    bench = Bench(memory_bytes=30)
    first, second = bench.film_box(layout="STANDARD\\2,1")
    assert bench.image(first, gray(4, 6)).status == 0
    assert bench.image(second, gray(4, 6), 2).status == 0xC605
    assert bench.image(second, gray(1, 6), 2).status == 0
    assert bench.image(first, gray(4, 6)).status == 0  # it takes its own place again
    assert bench.image(first, {}).status == 0
    assert bench.image(second, gray(4, 6), 2).status == 0


TOO_WIDE = {"RequestedImageSize": "500"}


@pytest.mark.parametrize(
    ("attributes", "status"),
    [
        ({"RequestedImageSize": "100"}, 0x0000),
        (TOO_WIDE, 0xB604),
        ({**TOO_WIDE, "RequestedDecimateCropBehavior": "DECIMATE"}, 0xB60A),
        ({**TOO_WIDE, "RequestedDecimateCropBehavior": "CROP"}, 0xB609),
        ({**TOO_WIDE, "RequestedDecimateCropBehavior": "FAIL"}, 0xC603),
        ({"RequestedDecimateCropBehavior": "FAIL"}, 0x0000),
        ({"MagnificationType": "NONE"}, 0xB609),
        ({"MagnificationType": "NONE", "RequestedDecimateCropBehavior": "CROP"}, 0xB609),
        ({"MagnificationType": "NONE", "RequestedDecimateCropBehavior": "FAIL"}, 0xC603),
    ],
)
def test_images_larger_than_their_box(attributes: dict[str, str], status: int) -> None:
    at_set, at_print = Bench(), Bench(judges_sizes_at="print")
    item = gray(1, 1000, PixelAspectRatio=["1", "1"])
    [box] = at_set.film_box()
    assert at_set.image(box, item, **attributes).status == status
    assert at_set.print().status == (0xB603 if status == 0xC603 else 0)
    [box] = at_print.film_box()
    assert at_print.image(box, item, **attributes).status == 0
    assert at_print.print().status == status
    assert len(at_print.device.orders) == (status != 0xC603)
    assert at_print.print(FILM_SESSION, "2.25.1").status == status


@pytest.mark.parametrize("judged_at", ["set", "print"])
def test_what_is_to_be_decimated_and_not_magnified_fails_when_it_is_set(judged_at: str) -> None:
    bench = Bench(judges_sizes_at=judged_at)
    [box] = bench.film_box()
    attributes = {"MagnificationType": "NONE", "RequestedDecimateCropBehavior": "DECIMATE"}
    assert bench.image(box, gray(1, 1000), **attributes).status == 0xC603
    assert bench.image(box, gray(1, 100), **attributes).status == 0


def test_a_colour_film_box_has_colour_image_boxes() -> None:
    bench = Bench()
    assert bench.create(FILM_SESSION, {}, "2.25.1", context=COLOR_META).status == 0
    [box] = bench.film_box(context=COLOR_META)
    assert bench.image(box).status == 0x0119
    data = {"ImageBoxPosition": 1, "BasicColorImageSequence": [colour()]}
    assert bench.ask("N-SET-RQ", COLOR_IMAGE_BOX, box, data, COLOR_META).status == 0
    gone = {"ImageBoxPosition": 1, "BasicColorImageSequence": [colour(PlanarConfiguration=None)]}
    reply = bench.ask("N-SET-RQ", COLOR_IMAGE_BOX, box, gone, COLOR_META)
    assert (reply.status, listed(reply)) == (0x0120, {tag_of("PlanarConfiguration")})
    wrong = {"ImageBoxPosition": 1, "BasicGrayscaleImageSequence": [gray()]}
    assert bench.ask("N-SET-RQ", COLOR_IMAGE_BOX, box, wrong, COLOR_META).status == 0x0105
    assert bench.ask("N-SET-RQ", COLOR_IMAGE_BOX, box, {**data, "MaxDensity": 3}, COLOR_META).status == 0x0105


# -- annotation boxes and presentation LUTs -------------------------------------------------------------------------


def test_annotation_boxes_exist_where_they_were_negotiated() -> None:
    without = Bench(frozenset({GRAYSCALE_META}))
    without.session()
    data = film_box("2.25.1", AnnotationDisplayFormatID="3")
    assert "ReferencedBasicAnnotationBoxSequence" not in read(without.create(FILM_BOX, data).data_set)
    bench = Bench()
    bench.session()
    reply = read(bench.create(FILM_BOX, data, "2.25.2").data_set)
    uids = [one.ReferencedSOPInstanceUID for one in reply.ReferencedBasicAnnotationBoxSequence]
    assert len(uids) == 3
    said = {"AnnotationPosition": 3, "TextString": "words"}
    set_text = ("N-SET-RQ", ANNOTATION_BOX, uids[2])
    assert bench.ask(*set_text, said, ANNOTATION_BOX).status == 0
    assert bench.ask(*set_text, {**said, "AnnotationPosition": 2}, ANNOTATION_BOX).status == 0x0106
    assert bench.ask(*set_text, {"TextString": "words"}, ANNOTATION_BOX).status == 0x0120
    bench.print()
    assert bench.ask(*set_text, {**said, "TextString": ""}, ANNOTATION_BOX).status == 0
    bench.print()
    assert [len(order.films[0].annotations) for order in bench.device.orders] == [1, 0]


def table(entries: int = 256, first: int = 0, bits: int = 12, data: int | None = None) -> dict[str, Any]:
    values = [1 + index % 4000 for index in range(entries if data is None else data)]
    return {"PresentationLUTSequence": [{"LUTDescriptor": [entries, first, bits], "LUTData": values}]}


@pytest.mark.parametrize(
    ("attributes", "status"),
    [
        ({"PresentationLUTShape": "IDENTITY"}, 0),
        ({"PresentationLUTShape": "LIN OD"}, 0),
        (table(), 0),
        (table(4096, 0, 16), 0),
        ({}, 0x0120),
        ({"PresentationLUTShape": "CURVED"}, 0x0106),
        ({**table(), "PresentationLUTShape": "IDENTITY"}, 0x0106),
        (table(255), 0x0106),
        (table(256, 1), 0x0106),
        (table(256, 0, 9), 0x0106),
        (table(256, 0, 10), 0),
        (table(256, 0, 17), 0x0106),
        (table(256, 0, 12, data=255), 0x0106),
        ({"PresentationLUTSequence": [{"LUTDescriptor": [256, 0, 12]}]}, 0x0120),
    ],
)
def test_presentation_luts(attributes: dict[str, Any], status: int) -> None:
    bench = Bench()
    assert bench.create(PRESENTATION_LUT, attributes, "2.25.5", context=PRESENTATION_LUT).status == status
    expected = 0 if status == 0 else 0x0112
    assert bench.delete(PRESENTATION_LUT, "2.25.5", PRESENTATION_LUT).status == expected


def test_a_presentation_lut_is_referred_to_while_it_exists() -> None:
    bench = Bench()
    bench.session()
    reference = [{"ReferencedSOPClassUID": PRESENTATION_LUT, "ReferencedSOPInstanceUID": "2.25.5"}]
    data = film_box("2.25.1", ReferencedPresentationLUTSequence=reference)
    assert bench.create(FILM_BOX, data, "2.25.2").status == 0x0106
    bench.create(PRESENTATION_LUT, table(), "2.25.5", context=PRESENTATION_LUT)
    assert bench.create(FILM_BOX, data, "2.25.2").status == 0
    bench.print()
    lut = bench.device.orders[0].films[0].presentation_lut
    assert lut is not None
    assert (lut.shape, len(lut.table), lut.bits, lut.table[:2]) == (None, 256, 12, (1, 2))
    without = Bench(frozenset({GRAYSCALE_META}))
    without.session()
    assert without.create(FILM_BOX, data).status == 0x0105


def test_the_lut_of_an_image_box_overrides_that_of_its_film_box() -> None:
    bench = Bench()
    luts = {"2.25.5": "LIN OD", "2.25.6": "IDENTITY"}
    for uid, shape in luts.items():
        bench.create(PRESENTATION_LUT, {"PresentationLUTShape": shape}, uid, context=PRESENTATION_LUT)
    of_film, of_image = ([{"ReferencedSOPClassUID": PRESENTATION_LUT, "ReferencedSOPInstanceUID": uid}] for uid in luts)
    [box, other] = bench.film_box(layout="STANDARD\\2,1", ReferencedPresentationLUTSequence=of_film)
    assert bench.image(box, None, ReferencedPresentationLUTSequence=of_image).status == 0
    assert bench.image(other, None, 2).status == 0
    bench.print()
    [film] = bench.device.orders[0].films
    assert film.presentation_lut == PresentationLUT("LIN OD")
    assert [one.presentation_lut for one in film.images] == [PresentationLUT("IDENTITY"), None]


# -- printing -------------------------------------------------------------------------------------------------------


def test_printing_answers_with_the_print_job_where_it_was_negotiated() -> None:
    bench = Bench()
    [box] = bench.film_box()
    bench.image(box)
    reply = bench.print()
    [item] = read(reply.data_set)[0x21000500].value
    assert (reply.status, item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID) == (0, PRINT_JOB, "2.25.91")
    assert bench.get(PRINT_JOB, "2.25.91", context=PRINT_JOB).status == 0
    without = Bench(frozenset({GRAYSCALE_META}))
    without.film_box()
    assert without.print().data_set is None


def test_what_cannot_be_printed() -> None:
    bench = Bench()
    bench.session()
    assert bench.print(FILM_SESSION, "2.25.1").status == 0xC600
    bench.film_box()
    assert bench.print(action=2).status == 0x0123
    assert bench.print(action=None).status == 0x0123
    assert bench.print(FILM_SESSION, "2.25.1").status == 0xB602
    assert bench.print(uid="2.25.404").status == 0x0112
    full = Bench(room=0)
    full.film_box()
    assert full.print().status == 0xC602
    assert full.print(FILM_SESSION, "2.25.1").status == 0xC601


def test_a_session_that_is_not_collated_is_printed_with_a_warning() -> None:
    bench = Bench(collates=False)
    [box] = bench.film_box()
    bench.image(box)
    assert bench.print(FILM_SESSION, "2.25.1").status == 0xB601
    assert len(bench.device.orders) == 1


def test_a_session_is_one_order_of_all_its_films() -> None:
    bench = Bench()
    bench.session(NumberOfCopies="2", FilmSessionLabel="L")
    for number in (2, 3):
        [box] = bench.film_box(f"2.25.{number}")
        bench.image(box, gray(number, 1))
    assert bench.print(FILM_SESSION, "2.25.1").status == 0
    [order] = bench.device.orders
    assert (order.copies, order.session["FilmSessionLabel"]) == (2, "L")
    assert [film.images[0].pixels.shape for film in order.films] == [(2, 1), (3, 1)]
    assert all(np.shares_memory(film.images[0].pixels, film.images[0].pixels) for film in order.films)


# -- N-GET ----------------------------------------------------------------------------------------------------------


def test_attributes_are_got_by_their_list() -> None:
    bench = Bench()
    every = read(bench.get(PRINTER, PRINTER_INSTANCE).data_set)
    assert {element.keyword for element in every} == {"PrinterStatus", "PrinterName"}
    one = bench.get(PRINTER, PRINTER_INSTANCE, tag_of("PrinterName"))
    assert (one.status, [element.keyword for element in read(one.data_set)]) == (0, ["PrinterName"])
    some = bench.get(PRINTER, PRINTER_INSTANCE, tag_of("PrinterName"), tag_of("PatientID"))
    assert (some.status, listed(some)) == (0x0107, {tag_of("PatientID")})
    assert [element.keyword for element in read(some.data_set)] == ["PrinterName"]


def test_only_the_printer_and_jobs_that_exist_are_got() -> None:
    bench = Bench()
    assert bench.get(PRINTER, "2.25.404").status == 0x0112
    assert bench.get(PRINT_JOB, "2.25.404", context=PRINT_JOB).status == 0x0112
    assert bench.get(PRINT_JOB, PRINTER_INSTANCE, context=PRINT_JOB).status == 0x0119
