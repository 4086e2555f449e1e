"""The print client against pynetdicom's own SCP: films, statuses, and what is deleted."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np
import pytest
from print_bench import samples_of
from pynetdicom_printer import ANNOTATION_BOX, LUT, PRINT_CLASSES

from dicom_workstation.tables import (
    BASIC_COLOR_PRINT,
    BASIC_GRAYSCALE_PRINT,
    EXPLICIT_VR_BIG_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    JPEG_2000,
    PRINT_JOB,
    TABLE_5,
)

ONE_FILM = ["create session", "create film", "set image", "print film", "delete film", "delete session"]


def test_table_5_has_nine_rows_of_its_own():
    assert len(TABLE_5) == len(set(TABLE_5)) == 9
    assert [abstract for abstract, _ in TABLE_5[::3]] == [BASIC_GRAYSCALE_PRINT, BASIC_COLOR_PRINT, PRINT_JOB]


def test_exactly_the_contexts_of_table_5_are_proposed(station, printer):
    workstation = station()
    assert workstation.select_printer("laser").result == "success"
    assert printer.proposed == [[(abstract, (syntax,)) for abstract, syntax in TABLE_5]]
    requestor = printer.associations[0].requestor
    assert requestor.maximum_length == 32768
    assert requestor.asynchronous_operations == (1, 1)
    assert str(requestor.implementation_class_uid) == "1.2.840.113704.7.0.2"


def test_extensions_are_proposed_when_configured(station, printer):
    printer.accepted = (*PRINT_CLASSES, LUT)
    workstation = station(extensions=["presentation_lut", "annotation_box"])
    workstation.select_printer("laser")
    assert [abstract for abstract, _ in printer.proposed[0][9::3]] == [LUT, ANNOTATION_BOX]
    assert len(printer.proposed[0]) == 15


def test_one_film_is_printed_followed_and_deleted(station, printer, images):
    workstation = station()
    [uid] = images(workstation)
    outcome = workstation.print("laser", images=[uid], copies=2, film_size="8INX10IN", label="x")
    assert (outcome.result, outcome.status, outcome.detail) == ("success", "0000", "")
    assert [step for step in printer.steps() if not step.startswith("get")] == ONE_FILM
    film = outcome.films[0]
    assert (film.status, film.boxes, film.execution_status) == ("0000", 1, "DONE")
    assert (outcome.films_printed, outcome.films_failed, outcome.not_deleted) == (1, 0, ())
    session, box, image = (each.attributes for each in printer.asked[:3])
    assert (session.NumberOfCopies, session.FilmSessionLabel) == (2, "x")
    assert (box.FilmSizeID, box.ImageDisplayFormat) == ("8INX10IN", "STANDARD\\1,1")
    assert box.ReferencedFilmSessionSequence[0].ReferencedSOPInstanceUID == printer.asked[0].instance
    assert image.ImageBoxPosition == 1
    np.testing.assert_array_equal(samples_of(image)[1], np.full((4, 6), samples_of(image)[1][0, 0]))


def test_images_fill_the_boxes_that_the_printer_gives(station, printer, images):
    printer.boxes = 2
    workstation = station()
    uids = images(workstation, 5)
    outcome = workstation.print("laser", images=uids, layout="1x2")
    assert outcome.result == "success"
    assert [film.boxes for film in outcome.films] == [2, 2, 2]
    positions = [each.attributes.ImageBoxPosition for each in printer.asked if each.step == "set image"]
    assert positions == [1, 2, 1, 2, 1]
    assert printer.steps().count("delete film") == 3
    assert printer.steps().index("delete session") > printer.steps().index("delete film")


def test_a_session_is_printed_as_a_whole(station, printer, images):
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation, 2), per="session")
    steps = [step for step in printer.steps() if not step.startswith("get")]
    assert steps == [
        "create session",
        *["create film", "set image"] * 2,
        "print session",
        *["delete film"] * 2,
        "delete session",
    ]
    assert (outcome.result, outcome.films_printed) == ("success", 2)
    assert outcome.films[0].print_job == outcome.films[1].print_job is not None
    created, deleted = (
        [each.instance for each in printer.asked if each.step == f"{verb} film"] for verb in ("create", "delete")
    )
    assert deleted == created[::-1]


@pytest.mark.parametrize("syntax", [IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN])
def test_the_transfer_syntax_that_was_accepted_is_spoken(station, printer, images, syntax):
    printer.transfer_syntaxes = (syntax,)
    workstation = station()
    [uid] = images(workstation, bits=12)
    outcome = workstation.print("laser", images=[{"SOPInstanceUID": uid, "window": {"center": 2048, "width": 4096}}])
    assert outcome.result == "success", outcome.detail
    image = next(each.attributes for each in printer.asked if each.step == "set image")
    item, pixels = samples_of(image, ">" if syntax == EXPLICIT_VR_BIG_ENDIAN else "<")
    assert item.BitsStored == 12
    assert pixels.max() <= 2


@pytest.mark.parametrize(
    ("accepted", "colour_image", "asked", "expected"),
    [
        (PRINT_CLASSES, True, None, BASIC_COLOR_PRINT),
        (PRINT_CLASSES, False, None, BASIC_GRAYSCALE_PRINT),
        (PRINT_CLASSES, True, False, BASIC_GRAYSCALE_PRINT),
        ((BASIC_GRAYSCALE_PRINT, PRINT_JOB), True, None, BASIC_GRAYSCALE_PRINT),
        ((BASIC_COLOR_PRINT, PRINT_JOB), False, None, BASIC_COLOR_PRINT),
        ((BASIC_COLOR_PRINT, PRINT_JOB), False, False, None),
        ((BASIC_GRAYSCALE_PRINT, PRINT_JOB), False, True, None),
        ((PRINT_JOB,), False, None, None),
    ],
)
def test_colour_goes_where_it_is_taken(station, printer, images, accepted, colour_image, asked, expected):
    printer.accepted = accepted
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation, 1, colour_image), colour=asked)
    if expected is None:
        assert outcome.result == "not_accepted"
        assert "did not accept" in outcome.detail or "neither" in outcome.detail
        assert "create session" not in printer.steps()
        return
    assert outcome.result == "success", outcome.detail
    image = next(each.attributes for each in printer.asked if each.step == "set image")
    assert ("BasicColorImageSequence" in image) == (expected == BASIC_COLOR_PRINT)
    told_of_grey = any("does not print colour" in text for text in outcome.warnings)
    assert told_of_grey == (colour_image and asked is None and expected == BASIC_GRAYSCALE_PRINT)


def test_bits_are_those_that_the_printer_takes(station, printer, images):
    address = {"ae_title": "PRINTER", "host": "127.0.0.1", "port": printer.port, "bits": "8", "film_size": "A4"}
    workstation = station(printers={"eight": address})
    uids = images(workstation, bits=12)
    assert workstation.print("eight", images=uids).result == "success"
    box, image = (next(e.attributes for e in printer.asked if e.step == step) for step in ("create film", "set image"))
    assert (samples_of(image)[0].BitsStored, box.FilmSizeID) == (8, "A4")
    refused = workstation.print("eight", images=uids, bits=12)
    assert refused.result == "refused"
    assert "bits" in refused.detail


@pytest.mark.parametrize(
    ("step", "status", "goes_on", "words"),
    [
        ("create session", 0xB600, True, "memory allocation"),
        ("create session", 0x0107, True, "attribute list error"),
        ("create film", 0xB605, True, "density"),
        ("create film", 0x0116, True, "out of range"),
        ("set image", 0xB604, True, "film 1, image 1: B604: the image is larger than its place on the film"),
        ("set image", 0xB609, True, "cropped"),
        ("print film", 0xB603, True, "empty"),
        ("print film", 0xB60A, True, "decimated"),
        ("print film", 0xB123, True, "not defined for printing the film box (N-ACTION), treated as a warning"),
        ("create session", 0xB603, True, "not defined for creating the film session"),
        ("create session", 0x0106, False, "invalid attribute value"),
        ("create session", 0x0213, False, "resource limitation"),
        ("create film", 0xC616, False, "earlier film box"),
        ("set image", 0xC603, False, "film 1, image 1: C603: the image is too large for its place on the film"),
        ("set image", 0xC605, False, "too little memory"),
        ("set image", 0xC613, False, "combined"),
        ("print film", 0xC602, False, "queue is full"),
        ("print film", 0xC600, False, "not defined for printing the film box"),
        ("print film", 0x1234, False, "not defined for printing the film box (N-ACTION), treated as a failure"),
        ("print film", 0xFE00, False, "a cancel"),
    ],
)
def test_each_class_of_status_is_told_and_cleaned_up(station, printer, images, step, status, goes_on, words):
    printer.statuses[step] = deque([status])
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation))
    assert outcome.result == ("warning" if goes_on else "cancelled" if status == 0xFE00 else "failure")
    assert outcome.status == f"{status:04X}"
    assert words in outcome.detail
    assert (outcome.films_printed == 1) == goes_on
    assert ("print film" in printer.steps()) == (goes_on or step == "print film")
    assert outcome.not_deleted == ()
    created, deleted = (sum(each.startswith(verb) for each in printer.steps()) for verb in ("create", "delete"))
    assert created - deleted == (0 if goes_on or not step.startswith("create") else 1)


@pytest.mark.parametrize("step", ["create film", "set image", "print film"])
def test_a_second_film_that_fails_leaves_the_others(station, printer, images, step):
    printer.statuses[step] = deque([0x0000, 0xC613, 0x0000])
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation, 3))
    assert (outcome.result, outcome.films_printed, outcome.films_failed) == ("partial", 2, 1)
    assert [film.status for film in outcome.films] == ["0000", "C613", "0000"]
    assert printer.steps().count("delete film") == (2 if step == "create film" else 3)
    assert "film 2" in outcome.detail


def test_a_failure_of_the_service_ends_all(station, printer, images):
    printer.statuses["create film"] = deque([0x0000, 0x0124])
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation, 4))
    assert (outcome.result, outcome.films_printed, outcome.films_failed) == ("partial", 1, 3)
    assert printer.steps().count("create film") == 2
    assert printer.steps()[-1] == "delete session" or "get job" in printer.steps()[-2:]


def test_a_failed_film_is_taken_out_of_the_session(station, printer, images):
    printer.statuses["set image"] = deque([0xC603])
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation, 2), per="session")
    assert (outcome.result, outcome.films_printed) == ("partial", 1)
    steps = printer.steps()
    assert steps.index("delete film") < steps.index("print session")


def test_a_session_with_a_film_that_cannot_be_deleted_is_not_printed(station, printer, images):
    printer.statuses["set image"] = deque([0xC603])
    printer.statuses["delete film"] = deque([0x0110])
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation, 2), per="session")
    assert outcome.result == "failure"
    assert "print session" not in printer.steps()
    assert outcome.films_failed == 2
    assert len(outcome.not_deleted) == 1


@pytest.mark.parametrize("step", ["delete film", "delete session"])
def test_what_is_not_deleted_is_told_and_is_no_failure_of_the_film(station, printer, images, step):
    printer.statuses[step] = deque([0x0110])
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation))
    assert (outcome.result, outcome.status, outcome.films_printed) == ("warning", "0110", 1)
    created = next(each.instance for each in printer.asked if each.step == step.replace("delete", "create"))
    assert outcome.not_deleted == (created,)
    assert printer.steps().count("delete session") == 1


def test_nothing_is_deleted_where_that_is_not_wanted(station, printer, images):
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation), delete=False)
    assert outcome.result == "success"
    assert len(outcome.not_deleted) == 2
    assert not any(step.startswith("delete") for step in printer.steps())


@pytest.mark.parametrize("asked", [True, False])
def test_the_uids_of_the_printer_are_used(station, printer, images, asked):
    if not asked:
        printer.assigned = "1.2.3"
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation), printer_assigns_uids=asked)
    assert outcome.result == "success", outcome.detail
    created = [each.instance for each in printer.asked if each.step.startswith("create")]
    assert all(uid is None for uid in created) == asked
    used = {each.step: each.instance for each in printer.asked}
    assert used["print film"] == used["delete film"] == outcome.films[0].film_box
    if not asked:
        assert used["print film"] == "1.2.3.2"
        assert used["delete session"] == "1.2.3.1"


def test_a_printer_without_print_job_is_not_followed(station, printer, images):
    printer.accepted = (BASIC_GRAYSCALE_PRINT,)
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation))
    assert outcome.result == "success"
    assert any("did not accept Print Job" in text for text in outcome.warnings)
    assert "get job" not in printer.steps()


def test_a_film_without_image_boxes_fails(station, printer, images):
    printer.boxes = 0
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation))
    assert outcome.result == "failure"
    assert "without image boxes" in outcome.detail
    assert "delete film" in printer.steps()


def test_annotations_and_lut_need_the_extension_and_the_printer(station, printer, images):
    workstation = station()
    uids = images(workstation)
    assert workstation.print("laser", images=uids, annotations=["a"]).result == "refused"
    assert workstation.print("laser", images=uids, presentation_lut="IDENTITY").result == "refused"
    assert "create session" not in printer.steps()
    workstation.leave_printer()
    workstation.reconfigure(extensions=("presentation_lut", "annotation_box"))
    assert workstation.print("laser", images=uids, annotations=["a"]).result == "not_accepted"
    workstation.leave_printer()
    printer.accepted = (*PRINT_CLASSES, LUT, ANNOTATION_BOX)
    printer.annotation_boxes = 1
    outcome = workstation.print("laser", images=uids, annotations=["left", "right"], presentation_lut="IDENTITY")
    assert outcome.result == "warning", outcome.detail
    assert any("no box for 1 annotation" in text for text in outcome.warnings)
    asked = {each.step: each for each in printer.asked}
    assert asked["set annotation"].attributes.TextString == "left"
    assert asked["create lut"].attributes.PresentationLUTShape == "IDENTITY"
    referenced = asked["create film"].attributes.ReferencedPresentationLUTSequence[0]
    assert referenced.ReferencedSOPInstanceUID == asked["create lut"].instance == asked["delete lut"].instance


def test_what_cannot_be_printed_is_refused_before_anything_opens(station, printer):
    workstation = station()
    assert workstation.print("laser", images=["1.2.3"]).result == "refused"
    assert workstation.print("laser", images=[]).result == "refused"
    assert workstation.print("laser", images=["1"], sparkle=True).result == "refused"
    assert workstation.print("nobody", images=["1.2.3"]).result == "refused"
    assert workstation.print(images=["1.2.3"]).detail == "no printer is named, and none is chosen"
    assert printer.proposed == []


@pytest.mark.parametrize("uid", ["", "1." * 40 + "1"])
def test_an_image_box_that_cannot_be_named_ends_its_film(station, printer, images, uid):
    printer.box_uids = deque([uid])
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation, 2))
    assert (outcome.result, outcome.films_printed) == ("partial", 1)
    assert "film 1: the printer made an image box without a usable UID" in outcome.detail


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")  # of the printer, which is pynetdicom in this process
def test_uids_that_are_none_are_used_as_they_are(station, printer, images):
    printer.box_uids = deque(["01.a"])
    printer.assigned = "02.b"
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation))
    assert outcome.result == "success", outcome.detail
    assert [each.instance for each in printer.asked if each.step == "set image"] == ["01.a"]


def test_an_image_that_cannot_be_decoded_ends_its_film(station, printer, images):
    workstation = station()
    good, bad = images(workstation, 2)
    found = workstation.memory.get(bad)
    broken = replace(found, SOPInstanceUID="1.2.9", TransferSyntaxUID=JPEG_2000, data_set=_encapsulated(found.data_set))
    workstation.memory.keep(broken)
    outcome = workstation.print("laser", images=["1.2.9", good])
    assert (outcome.result, outcome.films_printed, outcome.not_deleted) == ("partial", 1, ())
    assert outcome.detail.startswith("film 1, image 1: 1.2.9: ")
    assert printer.steps().count("delete film") == 2


def _encapsulated(data_set: bytes) -> bytes:
    """Put an empty codestream in the place of the pixels."""
    at = data_set.rindex(b"\xe0\x7f\x10\x00")
    fragments = b"\xfe\xff\x00\xe0\0\0\0\0" + b"\xfe\xff\x00\xe0\x04\0\0\0" + b"\xff\x4f\xff\xd9"
    return data_set[:at] + b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff" + fragments + b"\xfe\xff\xdd\xe0\0\0\0\0"


def test_many_failures_are_told_in_few_words(station, printer, images):
    printer.statuses["create film"] = deque([0xC616] * 20)
    workstation = station()
    outcome = workstation.print("laser", images=images(workstation, 20))
    assert (outcome.result, outcome.films_failed, len(outcome.films)) == ("failure", 20, 20)
    assert outcome.detail.endswith("and 8 more")
