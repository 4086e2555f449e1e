"""What a printer may answer, and what is made of it: objects that were not made, events, jobs, pictures and folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hand_written import A, judged, met
from printed_by_hand import (
    ANNOTATION_BOX,
    BOX,
    GRAY_BOX,
    JOB,
    LUT,
    PRINTER,
    SESSION,
    PrintTalk,
    attributes,
    ramp,
    references,
    trace_with,
)
from pydicom import Dataset

from dicom_conformance.judge.case_pictures import MOST, _alike, _stretched, pictures
from dicom_conformance.judge.checks import film as film_check
from dicom_conformance.judge.checks.film import EventWanted, FilmWanted
from dicom_conformance.judge.checks.film_images import _by_position, filled_boxes, images_text, other_bits, unlawful
from dicom_conformance.judge.checks.film_preview import unlike_preview
from dicom_conformance.judge.checks.films import SURPLUS_S, FilmsWanted, _copies, _stored_image
from dicom_conformance.judge.checks.wanted import Bounds
from dicom_conformance.judge.films import events, films
from dicom_conformance.judge.films.attributes import Attributes
from dicom_conformance.judge.films.expectation import RequestedImage, of_film
from dicom_conformance.judge.films.likeness import TURNS, turned
from dicom_conformance.judge.films.printed import Event, PrintedFilm, PrintedImage
from dicom_conformance.judge.films.put_out import (
    PutOutFilm,
    StoredImage,
    _begins_as_png,
    _images_of,
    _is_hardcopy,
    _read,
    _stored_print,
)
from dicom_conformance.judge.films.tree import _entries, _lut
from dicom_conformance.judge.rendering import png
from dicom_conformance.trace import Operation, Trace
from dicom_simulators.printer import PresentationLUT, lay_out, render


def only(talk: Callable[[PrintTalk], object]) -> PrintedFilm:
    (film,) = films(traced(talk))
    return film


def traced(*talks: Callable[[PrintTalk], object]) -> Trace:
    return trace_with(*[lambda recorder, talk=talk: talk(PrintTalk(recorder)) for talk in talks])


# -- objects ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("layout", "before"), [("STANDARD\\2,3", 6), ("NO LAYOUT", 0)])
def test_a_film_box_that_was_not_made_takes_its_images_with_it(layout: str, before: int) -> None:
    def talk(one: PrintTalk) -> None:
        session = one.session()
        data_set = attributes(ImageDisplayFormat=layout, ReferencedFilmSessionSequence=references(SESSION, session))
        one.ask("N-CREATE", BOX, None, data_set, status=0x0106)
        one.ask("N-CREATE", SESSION, None, attributes(), status=0x0106)
        one.action(one.box(session))

    film = only(talk)
    assert (film.place, film.boxes_before, film.boxes, film.number) == (2, before, 1, 1)


def test_film_boxes_of_another_session_come_before_none() -> None:
    def talk(one: PrintTalk) -> None:
        first, second = one.session(), one.session()
        one.box(first, 4)
        box = one.box(second, 2)
        one.box(second, 3)
        one.action(box)

    film = only(talk)
    assert (film.place, film.boxes_before, film.boxes) == (1, 0, 2)


def test_what_names_no_instance_changes_none() -> None:
    def talk(one: PrintTalk) -> None:
        box = one.box(one.session())
        one.image(box, 1, ramp())
        one.ask("N-SET", GRAY_BOX, None, attributes(Polarity="REVERSE"))
        one.ask("N-SET", GRAY_BOX, f"{box}.1", attributes(Polarity="REVERSE"), status=0x0106)
        one.ask("N-ACTION", PRINTER, f"{PRINTER}.17", ActionTypeID=1)
        one.ask("N-DELETE", BOX, "9.9")
        one.talk.say(A, "N-SET-RSP", MessageIDBeingRespondedTo=77, Status=0)
        one.action(box)

    film = only(talk)
    assert [dict(image.parameters) for image in film.images] == [{"ImageBoxPosition": "1"}]
    assert film.not_deleted == ("film box", "film session")


def test_what_a_printer_changed_is_in_effect() -> None:
    def talk(one: PrintTalk) -> None:
        box = one.box(one.session(NumberOfCopies="1"), told={"FilmSizeID": "A4"}, FilmSizeID="A3")
        one.ask("N-SET", BOX, box, attributes(Trim="YES"), attributes(Trim="NO"))
        one.action(box)

    film = only(talk)
    assert (film.box["FilmSizeID"], film.requested_box["FilmSizeID"]) == ("A4", "A3")
    assert (film.box["Trim"], film.requested_box["Trim"]) == ("NO", "YES")
    assert film.requested_session == {"NumberOfCopies": "1"}


def test_a_session_prints_each_film_box_of_its_own_that_is_left() -> None:
    def talk(one: PrintTalk) -> None:
        session, other = one.session(), one.session()
        gone = one.box(session)
        one.box(other)
        first, second = one.box(session, 2), one.box(session, 3)
        one.delete(gone)
        one.action(session, SESSION, job="2.25.7")
        one.action(first, status=0xB604)
        assert first != second

    first, second, again = films(traced(talk))
    assert [(one.number, one.boxes, one.place, one.boxes_before) for one in (first, second, again)] == [
        (1, 2, 2, 1),
        (2, 3, 3, 3),
        (3, 2, 2, 1),
    ]
    assert [(one.print_job, one.status) for one in (first, second, again)] == [
        ("2.25.7", 0),
        ("2.25.7", 0),
        (None, 0xB604),
    ]
    assert first.film_session == second.film_session == again.film_session != ""


def test_films_of_two_associations_are_numbered_on() -> None:
    def talk(one: PrintTalk) -> None:
        one.action(one.box(one.session()))

    assert [one.number for one in films(traced(talk, talk))] == [1, 2]


def test_what_a_printer_reports_belongs_to_its_job() -> None:
    def talk(one: PrintTalk) -> None:
        one.action(one.box(one.session()), job="2.25.7")
        one.event(1, PrinterStatusInfo="NORMAL")
        one.event(3, PrinterStatusInfo="JAM", answer=0x0110)
        one.event(1, "2.25.7", JOB, ExecutionStatusInfo="NORMAL", PrinterStatusInfo="X")
        one.event(9, "2.25.7", JOB, answer=None)
        one.ask("N-GET", PRINTER, f"{PRINTER}.17", told=attributes(ExecutionStatus="DONE"))
        one.ask("N-GET", JOB, "2.25.7", told=attributes(PrintPriority="LOW"), context_id=3)
        one.ask("N-GET", JOB, "2.25.7", told=attributes(ExecutionStatus="DONE"), context_id=3, status=0x0110)

    trace = traced(talk)
    (film,) = films(trace)
    assert (film.execution_status, film.execution_status_info) == ("event 9", "")
    assert [(one.of, one.status, one.info, one.answered) for one in events(trace)] == [
        ("printer", "NORMAL", "NORMAL", 0),
        ("printer", "FAILURE", "JAM", 0x0110),
        ("print_job", "PENDING", "NORMAL", 0),
        ("print_job", "event 9", "", None),
    ]
    assert len(film.events) == 4


def test_annotations_have_the_position_that_they_were_given() -> None:
    def talk(one: PrintTalk) -> None:
        box = one.box(
            one.session(),
            told={"ReferencedBasicAnnotationBoxSequence": references(ANNOTATION_BOX, "2.1", "2.2", "2.3")},
        )
        one.ask("N-SET", ANNOTATION_BOX, "2.1", attributes(AnnotationPosition=7, TextString="seventh"))
        one.ask("N-SET", ANNOTATION_BOX, "2.2", attributes(TextString="second"))
        one.action(box)

    film = only(talk)
    assert [(one.position, one.text) for one in film.annotations] == [(7, "seventh"), (2, "second"), (3, "")]
    assert film_check._annotations(("second", "seventh"), film) == []
    assert film_check._annotations(("seventh", "second"), film) == ["'seventh', 'second', ''"]


def test_an_image_box_refers_to_a_presentation_lut_of_its_own() -> None:
    def talk(one: PrintTalk) -> None:
        one.ask("N-CREATE", LUT, "2.25.61", attributes(PresentationLUTShape="LIN OD"))
        box = one.box(one.session(), 2)
        item = attributes(ReferencedPresentationLUTSequence=references(LUT, "2.25.61"), ImageBoxPosition=1)
        one.ask("N-SET", GRAY_BOX, f"{box}.1", item)
        one.image(box, 2, ramp())
        one.action(box)

    film = only(talk)
    assert [None if one.presentation_lut is None else one.presentation_lut.shape for one in film.images] == [
        "LIN OD",
        None,
    ]
    assert film.presentation_lut is None
    assert [(one.content is None, one.complaint) for one in film.images] == [(True, "no image was set"), (False, "")]
    assert [one.position for one in filled_boxes(film)] == [2]


@pytest.mark.parametrize(
    ("texts", "table"),
    [
        ({"LUTDescriptor": "3\\1\\12", "LUTData": "1\\2\\3"}, ((1, 2, 3), 1, 12)),
        ({"LUTDescriptor": "3\\1\\8", "LUTData": "1\\2\\3"}, ((1, 2, 3), 1, 8)),
        ({"LUTDescriptor": "3\\1\\16", "LUTData": "1\\2\\3"}, ((1, 2, 3), 1, 16)),
        ({"LUTDescriptor": "3\\1\\7", "LUTData": "1\\2\\3"}, None),
        ({"LUTDescriptor": "3\\1\\17", "LUTData": "1\\2\\3"}, None),
        ({"LUTDescriptor": "3\\1", "LUTData": "1\\2\\3"}, None),
        ({"LUTDescriptor": "3\\1\\12"}, None),
    ],
)
def test_a_table_of_a_presentation_lut(texts: dict[str, str], table: tuple[Any, int, int] | None) -> None:
    found = _lut(Attributes(sequences={"PresentationLUTSequence": (Attributes(texts),)}))
    assert found == (None if table is None else PresentationLUT(None, *table))
    assert _lut(Attributes()) is None
    assert _lut(Attributes({"PresentationLUTShape": "IDENTITY"})) == PresentationLUT("IDENTITY")


def test_entries_of_a_table_are_words_in_the_order_of_the_data_set() -> None:
    data = {"LUTData": memoryview(b"\1\2\3\4\5")}
    assert _entries(Attributes(data=data)) == (0x0201, 0x0403)
    assert _entries(Attributes(data=data, big_endian=True)) == (0x0102, 0x0304)
    assert _entries(Attributes({"LUTData": "7\\x\\9"})) == (7, 9)


# -- what is asked of a film ------------------------------------------------------------------------------------------


def test_events_are_told_with_their_answers() -> None:
    film: Any = SimpleNamespace(
        events=(
            Event(0, "print_job", "1", "DONE", "NORMAL", 0),
            Event(1, "printer", "2", "WARNING", "LOW", None),
            Event(1, "print_job", "1", "FAILURE", "JAM", 0x0110),
        )
    )
    text = film_check._event_text(film)
    assert text == "print_job DONE (0000), printer WARNING (unanswered), print_job FAILURE (0110)"
    for wanted, is_met in (
        ({"status": "DONE"}, True),
        ({"status": "DONE", "info": "NORMAL"}, True),
        ({"status": "DONE", "info": "JAM"}, False),
        ({"status": "DONE", "of": "printer"}, False),
        ({"status": "WARNING", "of": "printer"}, False),
        ({"status": "FAILURE"}, False),
        ({"status": "PENDING"}, False),
    ):
        assert film_check._event(EventWanted(**wanted), film) == ([] if is_met else [text])
    assert film_check._event_text(SimpleNamespace(events=())) == "no event"


def test_jobs_statuses_and_deletes_are_told() -> None:
    def film(**given: Any) -> Any:
        return SimpleNamespace(**given)

    done = film(print_job="1", execution_status="DONE", execution_status_info="NORMAL")
    assert film_check._job(("DONE",), done) == []
    assert film_check._job(("PENDING",), done) == ["DONE (NORMAL)"]
    nothing = film(print_job="1", execution_status="", execution_status_info="")
    assert film_check._job(("DONE",), nothing) == ["no status reported for the print job"]
    assert film_check._job(("",), film(print_job=None, execution_status="")) == ["no print job"]
    left = film(not_deleted=("film box", "film session"))
    assert film_check._deleted(True, left) == ["no N-DELETE-RQ for the film box and the film session"]
    assert film_check._deleted(False, left) == []
    assert film_check._deleted(True, film(not_deleted=())) == []
    assert film_check._deleted(False, film(not_deleted=())) == ["both deleted"]
    assert film_check._printed(True, film(printed=False, status=None)) == ["no N-ACTION-RSP"]
    assert film_check._printed(False, film(printed=True, status=0xB604)) == ["N-ACTION-RSP B604"]
    assert film_check._status(("success",), film(status=0)) == []
    assert film_check._colour(True, film(colour=False)) == ["grayscale"]
    assert film_check._colour(False, film(colour=True)) == ["colour"]
    assert film_check._colour(True, film(colour=True)) == film_check._colour(False, film(colour=False)) == []


def test_presentation_luts_are_told() -> None:
    def film(lut: PresentationLUT | None) -> Any:
        return SimpleNamespace(presentation_lut=lut)

    table = film(PresentationLUT(None, (1, 2), 0, 8))
    for wanted, right in (
        ("none", film(None)),
        ("table", table),
        ("LIN OD", film(PresentationLUT("LIN OD"))),
        ("IDENTITY", film(PresentationLUT("IDENTITY"))),
    ):
        assert film_check._lut(wanted, right) == []
    assert film_check._lut("none", table) == ["Presentation LUT table of 2 entries"]
    assert film_check._lut("table", film(None)) == ["Presentation LUT none"]


def box(position: int, content: Attributes | None = None, **parameters: str) -> PrintedImage:
    return PrintedImage("1", position, position, parameters, content, False)


def test_image_boxes_are_told_in_order_of_position() -> None:
    some = Attributes({"Rows": "2", "Columns": "3", "BitsStored": "8", "PhotometricInterpretation": "MONOCHROME2"})
    twelve = Attributes({**some.texts, "BitsStored": "12"})
    film: Any = SimpleNamespace(images=(box(2, twelve, Polarity="REVERSE"), box(3), box(1, some)), boxes=3)
    assert [one.position for one in filled_boxes(film)] == [1, 2]
    assert images_text(film) == "MONOCHROME2 of 8 bits, 2 x 3, MONOCHROME2 of 12 bits, 2 x 3"
    assert other_bits(8, film) == ["position 2: Bits Stored 12"]
    assert film_check._of_images("Polarity", ("REVERSE",), film) == ["position 1: Polarity not sent"]
    assert film_check._image_parameter_text("Polarity", film) == "Polarity not sent, Polarity REVERSE"
    assert film_check._filled(Bounds(2, 2), film) == []
    assert film_check._filled(Bounds(3, 3), film) == ["2 of 3 image boxes with an image"]
    assert film_check._boxes(Bounds(3, 3), film) == []
    assert film_check._boxes(Bounds(2, 2), film) == ["3 image boxes"]
    twice: Any = SimpleNamespace(images=(box(1, some), box(1, some), box(2, some)))
    assert unlawful(twice)[-1] == "2 images at position 1"
    assert len([one for one in unlawful(twice) if one.startswith("position")]) == 3
    complaints = _by_position(film, ["a"], "surplus", lambda one, image: [f"{one} {image.position}"])
    assert complaints == ["position 2: surplus", "position 1: a 1"]
    assert _by_position(film, "abc", "surplus", lambda one, image: []) == ["position 3: no image"]


def test_of_many_films_three_are_told_and_of_complaints_four() -> None:
    def talk(one: PrintTalk) -> None:
        session = one.session()
        for number in range(1, 7):
            one.action(one.box(session, Trim="YES", BorderDensity=str(number)))

    trace = traced(talk)
    (right,) = judged(trace, "film", box={"BorderDensity": ["1", "2", "3", "4", "5", "6"]})
    assert right.actual == "BorderDensity 1, BorderDensity 2, BorderDensity 3, and 3 more"
    (wrong,) = judged(trace, "film", box={"BorderDensity": "9"})
    assert wrong.actual.endswith("film 4: BorderDensity 4, and 2 more")
    assert list(wrong.evidence) == ["link/0"]
    (missing,) = judged(trace, "film", position=9, printed=True)
    assert (missing.met, missing.expected, missing.actual) == (False, "a film of any AE (9)", "6 films")
    assert [one.met for one in judged(trace, "film", position=9, count="6")] == [True]  # nothing is asked of it
    assert [one.met for one in judged(trace, "film", position=9, count="6", printed=True)] == [True, False]
    assert judged(trace, "film", count="6")[0].expected == "6 films of any AE"
    assert FilmWanted().position == "each"


def previewed(change: Callable[[Any], Any], bound: float = 0.0, finished: int | None = 1, **box: object) -> list[str]:
    def talk(one: PrintTalk) -> None:
        annotation = {"ReferencedBasicAnnotationBoxSequence": references(ANNOTATION_BOX, "2.1")}
        film = one.box(one.session(), told=annotation, FilmSizeID="8INX10IN", **box)
        one.ask("N-SET", ANNOTATION_BOX, "2.1", attributes(AnnotationPosition=1, TextString="text"))
        one.image(film, 1, ramp())
        one.action(film)

    trace = traced(talk)
    (film,) = films(trace)
    shown = np.zeros((2, 2)) if "ImageDisplayFormat" in box else change(render(film.film(), 2.0))
    told = {"rows": shown.shape[0], "columns": shown.shape[1], "data": shown.astype(np.uint8).tobytes()}
    outcome = {"films": [told]}
    for name, ae in (("preview", "workstation"), ("query", "workstation"), ("preview", "other")):
        given = outcome if (name, ae) == ("preview", "workstation") else {}
        trace.operations.append(Operation(ae, name, "printer", {}, 0, finished, given))
    return unlike_preview(trace, bound, film)


def spoiled(by: int, *places: tuple[int, int]) -> Callable[[Any], Any]:
    def change(shown: Any) -> Any:
        found = shown.astype(np.int64).copy()
        for row, column in places:
            found[row, column] += by if found[row, column] < 128 else -by
        return found

    return change


def test_a_preview_is_compared_with_the_film_as_it_is_drawn() -> None:
    assert previewed(lambda shown: shown) == []
    assert previewed(spoiled(3, (10, 20)), 3) == []
    assert previewed(spoiled(3, (10, 20), (11, 20)), 2) == [
        "2 samples of the preview differ, by up to 3, as at row 11, column 21"
    ]
    assert previewed(lambda shown: shown, finished=None) == ["no preview of it was shown"]
    assert previewed(lambda shown: shown[1:])[0].startswith("a preview of shape (507, 406), where the film has (508")
    assert previewed(lambda shown: shown, ImageDisplayFormat="NO LAYOUT")[0].startswith("the film cannot be drawn: ")


def test_letters_of_annotations_are_not_compared() -> None:
    def talk(one: PrintTalk) -> None:
        annotation = {"ReferencedBasicAnnotationBoxSequence": references(ANNOTATION_BOX, "2.1")}
        film = one.box(one.session(), told=annotation, FilmSizeID="8INX10IN")
        one.action(film)

    (film,) = films(traced(talk))
    (strip,) = [one.area(2.0) for one in lay_out(film.box, 1).shares]
    inside = ((strip.top, strip.left), (strip.bottom - 1, strip.right - 1))
    assert previewed(spoiled(90, *inside)) == []
    assert len(previewed(spoiled(90, (strip.top - 1, strip.left)))) == 1


# -- what came out ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "copies"),
    [("", 1), ("1", 1), ("3", 3), (" 3 ", 3), ("0", 1), ("-2", 1), ("x", 1), ("99", 99), ("100", 99), ("٣", 1)],
)
def test_copies_are_those_in_effect(text: str, copies: int) -> None:
    assert _copies(SimpleNamespace(session={"NumberOfCopies": text})) == copies
    assert _copies(SimpleNamespace(session={})) == 1


def awaited(wanted: dict[str, Any], came: int, copies: str = "2", films_: int = 1) -> tuple[list[Any], list[Any]]:
    def talk(one: PrintTalk) -> None:
        session = one.session(NumberOfCopies=copies)
        for _ in range(films_):
            one.action(one.box(session))

    trace = traced(talk)
    trace.subject = "printer"
    calls: list[Any] = []

    def source(count: int, within_s: float) -> tuple[PutOutFilm, ...]:
        calls.append((count, within_s))
        return tuple(PutOutFilm(f"{number}.png", np.zeros((4, 4), np.uint8)) for number in range(came))

    trace.films = source
    return calls, judged(trace, "films", within_s=5, **wanted)


def test_films_are_awaited_as_many_as_were_sent() -> None:
    calls, found = awaited({"count": "as_sent"}, 1)
    assert calls == [(1, 5.0), (2, SURPLUS_S)]
    assert (found[0].met, found[0].expected, found[0].actual) == (True, "1 film came out", "1 film: 0.png")
    calls, found = awaited({"copies": "as_sent"}, 2)
    assert calls == [(2, 5.0), (3, SURPLUS_S)]
    assert (found[0].met, found[0].expected) == (True, "2 films came out, with the copies")
    calls, found = awaited({"count": "as_sent"}, 0)
    assert calls == [(1, 5.0)]
    assert (found[0].met, found[0].actual) == (False, "0 films")
    assert awaited({"count": "as_sent"}, 2)[1][0].met
    assert not awaited({"count": "as_sent"}, 3)[1][0].met
    assert not awaited({"copies": "as_sent"}, 1)[1][0].judged
    assert not awaited({"copies": "as_sent"}, 3)[1][0].met
    one = awaited({"copies": "as_sent"}, 1, "1")[1][0]
    assert (one.met, one.judged) == (True, True)


def test_without_a_folder_no_film_came_out() -> None:
    def talk(one: PrintTalk) -> None:
        one.action(one.box(one.session()))

    trace = traced(talk)
    trace.subject = "printer"
    found = judged(trace, "films", count="as_sent", images="as_sent")
    assert [(one.met, one.expected, one.actual) for one in found] == [
        (False, "1 film came out", "0 films"),
        (False, "a film that came out", "none in the folder"),
    ]
    with pytest.raises(ValueError, match="one of count, copies, images"):
        FilmsWanted()


def test_what_a_stored_print_holds_is_told() -> None:
    own = np.arange(6).reshape(2, 3)

    def told(pixels: Any, sent: Any = own, **others: Any) -> str:
        stored = StoredImage(pixels, 8, "MONOCHROME2", {})
        place: Any = SimpleNamespace(
            stored=stored, sent=SimpleNamespace(pixels=sent), other_pixels={7: np.ones((2, 3))}, **others
        )
        return _stored_image(place)

    assert told(own) == ""
    assert told(np.ones((2, 3))) == "holds the image of position 7"
    for mirrored, quarters in TURNS[1:]:
        expected = "mirrored" if mirrored else f"turned by {90 * quarters} degrees"
        assert told(turned(own, mirrored, quarters)) == f"the image is {expected}"
    assert told(own + 1) == ""
    assert told(np.zeros((4, 4))) == "holds an image of shape (4, 4)"
    assert told(own, None) == "holds an image of shape (2, 3)"


def hardcopy(**changes: Any) -> Dataset:
    found = Dataset()
    given = {"SOPClassUID": "1.2.840.10008.5.1.1.29", "SOPInstanceUID": "1.5", **changes}
    for keyword, value in given.items():
        if value is not None:
            setattr(found, keyword, value)
    return found


@pytest.mark.parametrize(
    ("changes", "is_one"),
    [
        ({}, True),
        ({"SOPClassUID": "1.2.840.10008.5.1.1.30"}, True),
        ({"SOPClassUID": "1.2.840.10008.5.1.1.27"}, False),
        ({"SOPInstanceUID": None}, False),
    ],
)
def test_a_hardcopy_image_is_known_by_its_class(changes: dict[str, Any], is_one: bool) -> None:
    assert _is_hardcopy(hardcopy(**changes)) is is_one


def test_a_stored_print_holds_the_images_that_it_refers_to() -> None:
    class Readable(Dataset):
        pixel_array = np.zeros((2, 2), np.uint8)

    image = Readable()
    image.PhotometricInterpretation = "MONOCHROME2"
    boxes = [
        attributes(ImageBoxPosition=2, Polarity="REVERSE", ReferencedImageSequence=references("1.2", "1.5")),
        attributes(ReferencedImageSequence=references("1.2", "1.6")),  # no position
        attributes(ImageBoxPosition=3),  # no image
    ]
    film = attributes(
        SOPClassUID="1.2.840.10008.5.1.1.27",
        ImageBoxContentSequence=boxes,
        FilmBoxContentSequence=[attributes(MagnificationType="CUBIC"), attributes(MagnificationType="NONE")],
    )
    assert _images_of(film) == {"1.5", "1.6"}
    found = _stored_print("film", film, {"1.5": image})
    assert found is not None
    assert (found.name, found.picture, found.magnification, found.is_readable) == ("film", None, "CUBIC", True)
    assert list(found.images) == [2]
    one = found.images[2]
    assert (one.bits, one.photometric_interpretation, one.parameters) == (8, "MONOCHROME2", {"Polarity": "REVERSE"})
    assert _stored_print("film", film, {}) is None
    assert _stored_print("film", film, {"1.5": hardcopy()}) is None
    del film.FilmBoxContentSequence
    assert _stored_print("film", film, {"1.5": image}).magnification == ""
    film.SOPClassUID = "1.2.840.10008.5.1.1.29"
    assert _stored_print("film", film, {"1.5": image}) is None


def test_files_are_read_by_how_they_begin(tmp_path: Path) -> None:
    picture, text, gone = tmp_path / "a.png", tmp_path / "a.txt", tmp_path / "gone"
    picture.write_bytes(png(np.full((2, 3), 7, np.uint8)))
    text.write_bytes(bytes(128) + b"DICX")
    found = _read(picture, 100)
    assert isinstance(found, PutOutFilm)
    assert found.picture is not None
    assert (found.name, found.picture.tolist()) == ("a.png", [[7] * 3] * 2)
    assert [_read(picture, 1 << 28) is None, _read(picture, (1 << 28) + 1) is None] == [False, True]
    assert [_read(text, 1), _read(gone, 1)] == [None, None]
    assert [_begins_as_png(each) for each in (picture, text, gone)] == [True, False, False]
    text.write_bytes(picture.read_bytes()[:20])
    assert _read(text, 20) is None
    assert _begins_as_png(text)


# -- what belongs on a film -------------------------------------------------------------------------------------------


def test_images_of_earlier_sessions_come_before() -> None:
    def talk(one: PrintTalk) -> None:
        session = one.session()
        one.action(one.box(session, 2))
        one.action(one.box(session, 1))

    trace = traced(talk, talk, talk)
    asked = {"images": [f"1.{number}" for number in range(1, 12)]}
    trace.operations.append(Operation("workstation", "print", "printer", asked, 0, 1 << 62, {}))
    found = [[one.uid for one in of_film(trace, film)] for film in films(trace)]
    assert found == [["1.1", "1.2"], ["1.3"], ["1.4", "1.5"], ["1.6"], ["1.7", "1.8"], ["1.9"]]


def test_what_was_asked_for_of_an_image_has_defaults() -> None:
    one = RequestedImage()
    assert (one.uid, one.file, one.frame, one.state, one.window, one.reverse) == ("", "", 1, "", None, False)
    image = PrintedImage("1", 1, 1, {}, None, False)
    assert (image.presentation_lut, image.bits, image.photometric_interpretation) == (None, None, "")
    assert (image.aspect_ratio, image.pixels) == ((1, 1), None)
    plain = Attributes()
    assert (plain.big_endian, plain.fault, plain.text("Rows"), plain.number("Rows")) == (False, "", "", None)
    assert (plain.items("x"), plain.references("x")) == ((), ())


# -- evidence ---------------------------------------------------------------------------------------------------------


def test_films_are_left_out_of_the_evidence_or_small() -> None:
    def talk(one: PrintTalk) -> None:
        one.action(one.box(one.session(), FilmSizeID="8INX10IN"))

    trace = traced(talk)
    assert list(pictures(trace)) == ["film-1.png"]
    assert pictures(trace, with_films=False) == {}
    large, small = pictures(trace)["film-1.png"], pictures(trace, small_films=True)["film-1.png"]
    assert (large[16:24], small[16:24]) == (b"\0\0\1\x96\0\0\1\xfc", b"\0\0\0\xcb\0\0\0\xfe")
    assert MOST == 6


def test_a_decode_is_alike_within_its_bound() -> None:
    low, high = np.array([[1, 5]]), np.array([[2, 5]])
    assert _alike(low, high, np.array([[2, 5]]), 0)
    assert not _alike(low, high, np.array([[3, 5]]), 0)
    assert _alike(low, high, np.array([[0, 6]]), 1)
    assert not _alike(low, high, np.array([[0, 7]]), 1)
    assert _stretched(np.array([[10, 20, 30]])).tolist() == [[0, 128, 255]]
    assert _stretched(np.array([[5, 6]])).tolist() == [[0, 255]]


def test_a_printer_is_named_by_who_is_judged() -> None:
    def talk(one: PrintTalk) -> None:
        one.action(one.box(one.session()))

    assert met(traced(talk), "film", requestor="workstation", acceptor="printer", count="1")
    assert met(traced(talk), "film", requestor="printer", count="0")


@pytest.mark.parametrize("colour", [True, False])
def test_how_a_film_was_printed_is_told(colour: bool) -> None:
    def talk(recorder: Any) -> None:
        one = PrintTalk(recorder, colour=colour)
        one.action(one.box(one.session()))

    for wanted in (True, False):
        (found,) = judged(trace_with(talk), "film", colour=wanted)
        assert (found.met, found.expected) == (
            wanted is colour,
            f"printed by Basic {'Color' if wanted else 'Grayscale'} Print Management",
        )
        assert found.actual.endswith("colour" if colour else "grayscale")


def test_pixels_without_samples_or_bits_are_bytes_of_one() -> None:
    data = {"PixelData": memoryview(b"\1\2\3\4\5\6")}
    assert box(1, Attributes({"Rows": "2", "Columns": "3"}, data=data)).pixels.tolist() == [[1, 2, 3], [4, 5, 6]]
    three = {"Rows": "1", "Columns": "2", "SamplesPerPixel": "3"}
    assert box(1, Attributes(three, data=data)).pixels.tolist() == [[[1, 2, 3], [4, 5, 6]]]
    planes = {**three, "PlanarConfiguration": "1"}
    assert box(1, Attributes(planes, data=data)).pixels.tolist() == [[[1, 3, 5], [2, 4, 6]]]
    assert box(1, Attributes({**three, "SamplesPerPixel": "2"}, data=data)).pixels is None
