"""The printer over real sockets: films, jobs, events, operations, TLS, threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from print_scu import EVERY_CLASS, IMPLICIT, PrintSCU, boxes, colour, film_box, gray, read
from pydicom.dataset import Dataset

from dicom_simulators.association.association import Aborted, AssociationEndedError, Closed, Released
from dicom_simulators.association.incoming import ReleaseIndication
from dicom_simulators.encoding.data_set_text import encode_texts
from dicom_simulators.faults import build
from dicom_simulators.link.link import Link
from dicom_simulators.printer.creation import MOST_OBJECTS
from dicom_simulators.printer.printer import Printer
from dicom_simulators.printer.sop_classes import (
    ANNOTATION_BOX,
    COLOR_IMAGE_BOX,
    COLOR_META,
    FILM_BOX,
    FILM_SESSION,
    GRAYSCALE_META,
    PRESENTATION_LUT,
    PRINT_JOB,
    PRINTER,
    PRINTER_INSTANCE,
)
from dicom_wire import Message, Recorder, command_set

Make = Callable[..., Printer]
Connect = Callable[..., PrintSCU]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def make(recorder: Recorder) -> Iterator[Make]:
    made: list[Printer] = []

    def start(**settings: Any) -> Printer:
        settings.setdefault("film_s", 0.001)
        one = Printer("printer", "PRINTER", recorder, callers={"*": "scu"}, **settings)
        made.append(one)
        one.start()
        return one

    yield start
    for one in made:
        one.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("printer ")]


@pytest.fixture
def connect(recorder: Recorder, make: Make) -> Iterator[Connect]:
    connected: list[PrintSCU] = []

    def associate(address: tuple[str, int], *arguments: Any, **named: Any) -> PrintSCU:
        connected.append(PrintSCU(address, recorder, *arguments, **named))
        return connected[-1]

    yield associate
    for scu in connected:
        scu.requestor.close()


def told(event: Message) -> tuple[Any, ...]:
    """Return class, event type and status info of an event."""
    data = read(event.data_set)
    info = data.get("ExecutionStatusInfo") or data.get("PrinterStatusInfo")
    return event.command["AffectedSOPClassUID"], event.command["EventTypeID"], info


def job_of(reply: Any) -> str:
    return str(reply.data[0x21000500].value[0].ReferencedSOPInstanceUID)


def test_a_film_is_printed_and_its_job_followed(make: Make, connect: Connect) -> None:
    printer = make()
    scu = connect(printer.address)
    session = scu.session(FilmSessionLabel="LABEL", PrintPriority="HIGH")
    box = scu.film_box(session, "STANDARD\\2,1", FilmOrientation="LANDSCAPE")
    assert box.status == 0
    assert [item.ReferencedSOPClassUID for item in box.data.ReferencedImageBoxSequence] == [
        "1.2.840.10008.5.1.1.4",
        "1.2.840.10008.5.1.1.4",
    ]
    for position, uid in enumerate(boxes(box), start=1):
        assert scu.image(uid, position, gray(position, 6, Rows=position), Polarity="REVERSE").status == 0
    printed = scu.print(FILM_BOX, box.uid)
    assert printed.status == 0
    job = job_of(printed)
    events = [scu.hear() for _ in range(3)]
    assert [told(one) for one in events] == [
        (PRINT_JOB, 1, "QUEUED"),
        (PRINT_JOB, 2, "NORMAL"),
        (PRINT_JOB, 3, "NORMAL"),
    ]
    assert {one.command["AffectedSOPInstanceUID"] for one in events} == {job}
    assert read(events[0].data_set).FilmSessionLabel == "LABEL"
    assert read(events[0].data_set).PrinterName == "PRINTER"
    assert [scu.delete(FILM_BOX, box.uid).status, scu.delete(FILM_SESSION, session).status] == [0, 0]
    assert scu.get(PRINT_JOB, job).status == 0x0112  # its end was confirmed: it is deleted
    assert isinstance(scu.requestor.release(), Released)
    [film] = printer.films
    assert (film.number, film.colour, film.session["FilmSessionLabel"]) == (1, False, "LABEL")
    assert film.box["FilmOrientation"] == "LANDSCAPE"
    assert [(image.position, image.pixels.shape) for image in film.images] == [(1, (1, 6)), (2, (2, 6))]
    assert film.images[1].pixels.ravel().tolist() == [index * 7 for index in range(12)]
    assert film.images[0].parameters["Polarity"] == "REVERSE"


def test_what_is_changed_after_the_print_changes_no_film(make: Make, connect: Connect) -> None:
    printer = make(film_s="never")
    scu = connect(printer.address, (GRAYSCALE_META,))
    session = scu.session()
    box = scu.film_box(session)
    [uid] = boxes(box)
    scu.image(uid, 1, gray(1, 1))
    assert scu.print(FILM_BOX, box.uid).status == 0
    scu.image(uid, 1, gray(2, 2))
    scu.delete(FILM_SESSION, session)
    assert printer.perform("finish", None, {})["result"] == "success"
    assert printer.films[0].images[0].pixels.shape == (1, 1)
    scu.requestor.release()


def test_copies_are_collated_and_each_is_a_film(make: Make, connect: Connect) -> None:
    printer = make()
    scu = connect(printer.address)
    session = scu.session(NumberOfCopies=2)
    for rows in (1, 2):
        box = scu.film_box(session)
        scu.image(boxes(box)[0], 1, gray(rows, 3))
    assert scu.print(FILM_SESSION, session).status == 0
    assert printer.wait_films(4, 5.0)
    assert [film.images[0].pixels.shape[0] for film in printer.films] == [1, 2, 1, 2]
    assert [film.number for film in printer.films] == [1, 2, 3, 4]
    assert [told(scu.hear())[1] for _ in range(3)] == [1, 2, 3]  # one job for the whole session
    scu.requestor.release()


@pytest.mark.parametrize("syntax", [IMPLICIT, "1.2.840.10008.1.2.1"])
def test_twelve_bits_arrive_as_sent_in_little_endian(make: Make, connect: Connect, syntax: str) -> None:
    printer = make()
    scu = connect(printer.address, (GRAYSCALE_META,), syntax)
    box = scu.film_box(scu.session())
    assert scu.image(boxes(box)[0], 1, gray(3, 200, bits=12)).status == 0
    scu.print(FILM_BOX, box.uid)
    assert printer.wait_films(1, 5.0)
    image = printer.films[0].images[0]
    assert image.bits_stored == 12
    assert image.pixels.dtype == np.uint16
    assert image.pixels.ravel().tolist() == [(index * 7) % 4096 for index in range(600)]
    scu.requestor.release()


def test_colour_arrives_as_sent_plane_by_plane(make: Make, connect: Connect) -> None:
    printer = make()
    scu = connect(printer.address)
    session = scu.create(FILM_SESSION, None, context=COLOR_META)
    box = scu.film_box(session.uid, context=COLOR_META)
    data = {"ImageBoxPosition": 1, "BasicColorImageSequence": [colour(2, 3, PlanarConfiguration=0)]}
    assert scu.set(COLOR_IMAGE_BOX, boxes(box)[0], data, COLOR_META).status == 0x0106
    data = {"ImageBoxPosition": 1, "BasicColorImageSequence": [colour(2, 3)]}
    assert scu.set(COLOR_IMAGE_BOX, boxes(box)[0], data, COLOR_META).status == 0
    assert scu.print(FILM_BOX, box.uid, context=COLOR_META).status == 0
    assert printer.wait_films(1, 5.0)
    [film] = printer.films
    sent = np.array([index * 5 for index in range(18)], np.uint8)
    wanted = sent.reshape(3, 2, 3).transpose(1, 2, 0)
    assert film.colour
    assert film.images[0].photometric_interpretation == "RGB"
    assert np.array_equal(film.images[0].pixels, wanted)
    scu.requestor.release()


def test_annotations_and_a_presentation_lut_are_on_the_film(make: Make, connect: Connect) -> None:
    printer = make()
    scu = connect(printer.address)
    lut = scu.create(PRESENTATION_LUT, {"PresentationLUTShape": "LIN OD"})
    session = scu.session()
    reference = [{"ReferencedSOPClassUID": PRESENTATION_LUT, "ReferencedSOPInstanceUID": lut.uid}]
    box = scu.film_box(session, AnnotationDisplayFormatID="COMBINED", ReferencedPresentationLUTSequence=reference)
    annotation_boxes = [one.ReferencedSOPInstanceUID for one in box.data.ReferencedBasicAnnotationBoxSequence]
    assert len(annotation_boxes) == 2
    said = {"AnnotationPosition": 2, "TextString": "Doe^John"}
    assert scu.set(ANNOTATION_BOX, annotation_boxes[1], said, ANNOTATION_BOX).status == 0
    assert scu.delete(PRESENTATION_LUT, lut.uid, PRESENTATION_LUT).status == 0  # what refers to it keeps it
    scu.print(FILM_BOX, box.uid)
    assert printer.wait_films(1, 5.0)
    [film] = printer.films
    assert [(one.position, one.text) for one in film.annotations] == [(2, "Doe^John")]
    assert film.presentation_lut is not None
    assert film.presentation_lut.shape == "LIN OD"
    scu.requestor.release()


def test_films_are_written_as_pictures_and_not_kept(make: Make, connect: Connect, tmp_path: Path) -> None:
    printer = make(output=tmp_path / "films", keeps=False, dots_per_mm=0.5)
    scu = connect(printer.address, (GRAYSCALE_META,))
    session = scu.session(NumberOfCopies=2)
    box = scu.film_box(session, FilmSizeID="8INX10IN")
    scu.image(boxes(box)[0])
    scu.print(FILM_BOX, box.uid)
    assert printer.wait_films(2, 10.0)
    scu.requestor.release()
    files = sorted((tmp_path / "films").iterdir())
    assert [one.name for one in files] == ["film-0001.png", "film-0002.png"]
    raw = files[0].read_bytes()
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(raw[16:20], "big"), int.from_bytes(raw[20:24], "big")) == (102, 127)
    assert (printer.films, printer.films_printed) == ([], 2)


def test_two_associations_have_objects_of_their_own_and_share_jobs(make: Make, connect: Connect) -> None:
    printer = make(reports=False, film_s="never")
    one, two = (connect(printer.address, title=title) for title in ("ONE", "TWO"))
    session = one.session(PrintPriority="HIGH")
    box = one.film_box(session)
    one.image(boxes(box)[0])
    assert two.print(FILM_BOX, box.uid).status == 0x0112
    assert two.session() != session
    job = job_of(one.print(FILM_BOX, box.uid))
    state = two.get(PRINT_JOB, job).data
    assert (state.Originator, state.PrintPriority) == ("ONE", "HIGH")
    one.requestor.release()
    assert printer.perform("finish", None, {"status": "DONE"})["result"] == "success"
    state = two.get(PRINT_JOB, job).data  # nobody has confirmed its end
    assert (state.ExecutionStatus, state.ExecutionStatusInfo) == ("DONE", "NORMAL")
    assert isinstance(two.requestor.release(), Released)


def test_a_change_of_condition_is_told_to_every_idle_association_at_once(make: Make, connect: Connect) -> None:
    printer = make()
    scus = [
        connect(printer.address, (GRAYSCALE_META,)),
        connect(printer.address, (PRINTER,), "1.2.840.10008.1.2.1"),
        connect(printer.address, (PRINT_JOB,)),
    ]
    for scu, sop_class in zip(scus[:2], (GRAYSCALE_META, PRINTER), strict=True):
        scu.get(PRINTER, PRINTER_INSTANCE, context=sop_class)
    done: list[Any] = []
    arguments = {"status": "WARNING", "info": "SUPPLY LOW"}
    thread = threading.Thread(target=lambda: done.append(printer.perform("condition", None, arguments)))
    thread.start()
    heard = scus[0].hear()
    assert told(heard) == (PRINTER, 2, "SUPPLY LOW")
    assert heard.command["AffectedSOPInstanceUID"] == PRINTER_INSTANCE
    assert read(heard.data_set).FilmDestination == "PROCESSOR"
    explicit = scus[1].hear(status=0x0113)
    assert read(explicit.data_set, "1.2.840.10008.1.2.1").PrinterStatusInfo == "SUPPLY LOW"
    thread.join(5.0)
    assert (done[0]["told"], sorted(done[0]["answers"])) == (2, ["0000", "0113"])
    state = scus[0].printer()
    assert (state.data.PrinterStatus, state.data.PrinterStatusInfo) == ("WARNING", "SUPPLY LOW")
    for scu in scus:
        assert isinstance(scu.requestor.release(), Released)


def report(printer: Printer, operation: str = "report", **arguments: object) -> threading.Thread:
    """Perform an operation in the background, as it waits for answers."""
    thread = threading.Thread(target=lambda: printer.perform(operation, None, arguments))
    thread.start()
    return thread


def test_a_report_changes_nothing_and_normal_says_nothing_more(make: Make, connect: Connect) -> None:
    printer = make()
    scu = connect(printer.address)
    scu.printer()
    thread = report(printer, status="FAILURE", info="COVER OPEN")
    assert told(scu.hear()) == (PRINTER, 3, "COVER OPEN")
    thread.join()
    assert scu.printer().data.PrinterStatus == "NORMAL"
    thread = report(printer, status="NORMAL")
    normal = scu.hear()
    thread.join()
    assert (normal.command["EventTypeID"], normal.data_set) == (1, None)
    thread = report(printer, status="NORMAL", event_type="9")
    assert scu.hear().command["EventTypeID"] == 9
    thread.join()
    scu.requestor.release()


def test_wrong_answers_are_noted_and_hold_nothing_up(make: Make, connect: Connect) -> None:
    printer = make()
    scu = connect(printer.address)
    scu.printer()
    thread = report(printer, status="WARNING", info="CALIBRATING")
    event = scu.hear(answers=False)
    scu.answer(event, MessageIDBeingRespondedTo=4711)
    scu.requestor.upper_layer.send(
        Message(
            event.context_id,
            command_set("N-SET-RSP", MessageIDBeingRespondedTo=event.command["MessageID"], Status=0),
        )
    )
    assert scu.printer().status == 0  # a request between event and answer is served
    scu.answer(event)
    thread.join()
    scu.answer(event)
    assert scu.printer().status == 0
    lines = "\n".join(printer.log)
    assert f"N-EVENT-REPORT-RSP to Message ID 4711, but {event.command['MessageID']} is outstanding" in lines
    assert "N-SET-RSP instead of N-EVENT-REPORT-RSP" in lines
    assert "nothing is outstanding" in lines
    assert isinstance(scu.requestor.release(), Released)


def test_a_failed_job_says_why_and_makes_no_film(make: Make, connect: Connect) -> None:
    printer = make(job_ends="FAILURE", job_info="FILM JAM")
    scu = connect(printer.address)
    box = scu.film_box(scu.session())
    job = job_of(scu.print(FILM_BOX, box.uid))
    assert [told(scu.hear())[1:] for _ in range(3)] == [(1, "QUEUED"), (2, "NORMAL"), (4, "FILM JAM")]
    assert scu.get(PRINT_JOB, job).status == 0x0112  # deleted: its end was confirmed
    assert printer.films == []
    scu.requestor.release()


def test_a_printer_in_failure_holds_its_jobs(make: Make, connect: Connect) -> None:
    printer = make(condition="FAILURE", condition_info="SUPPLY EMPTY")
    scu = connect(printer.address, (GRAYSCALE_META, PRINT_JOB))
    box = scu.film_box(scu.session())
    job = job_of(scu.print(FILM_BOX, box.uid))
    assert told(scu.hear()) == (PRINT_JOB, 1, "SUPPLY EMPTY")
    assert scu.get(PRINT_JOB, job).data.ExecutionStatus == "PENDING"
    thread = report(printer, "condition", status="NORMAL")
    seen = {told(scu.hear())[:2] for _ in range(3)}
    thread.join()
    assert seen == {(PRINTER, 1), (PRINT_JOB, 2), (PRINT_JOB, 3)}
    scu.requestor.release()


def test_a_job_is_finished_by_hand_and_reported_by_hand(make: Make, connect: Connect) -> None:
    printer = make(film_s="never", reports=False)
    assert printer.perform("finish", None, {})["result"] == "failure"
    assert printer.perform("report_job", None, {})["result"] == "failure"
    scu = connect(printer.address)
    box = scu.film_box(scu.session())
    scu.print(FILM_BOX, box.uid)
    thread = report(printer, "report_job", status="PRINTING", info="NORMAL")
    assert told(scu.hear()) == (PRINT_JOB, 2, "NORMAL")
    thread.join()
    finished = printer.perform("finish", None, {"status": "FAILURE", "info": "ELEC DOWN"})
    assert finished["result"] == "success"
    assert scu.get(PRINT_JOB, str(finished["detail"])).data.ExecutionStatusInfo == "ELEC DOWN"
    assert printer.films == []
    scu.requestor.release()


def heard_end(scu: PrintSCU) -> object:
    """Wait for the association to end; answer a release."""
    try:
        indication = scu.requestor.upper_layer.receive(5.0, "the end")
    except AssociationEndedError as error:
        return error.end
    assert isinstance(indication, ReleaseIndication)
    return scu.requestor.upper_layer.respond_release()


@pytest.mark.parametrize(
    ("how", "end"),
    [
        ("release", Released(by_us=False)),
        ("abort", Aborted(0, 0)),
        ("close", Closed(reset=False)),
        ("reset", Closed(reset=True)),
    ],
)
def test_a_printer_ends_its_associations(make: Make, connect: Connect, how: str, end: object) -> None:
    printer = make()
    scu = connect(printer.address)
    scu.printer()
    outcomes: list[Any] = []
    thread = threading.Thread(target=lambda: outcomes.append(printer.perform("end", None, {"how": how})))
    thread.start()
    ended = heard_end(scu)
    thread.join()
    assert ended == end
    assert (outcomes[0]["result"], outcomes[0]["ended"]) == ("success", 1)


def test_operations_and_settings_that_are_none_are_refused(make: Make) -> None:
    printer = make()
    with pytest.raises(ValueError, match="has no operation 'dance'; its operations are condition"):
        printer.perform("dance", None, {})
    with pytest.raises(ValueError, match="status: expected one of NORMAL"):
        printer.perform("condition", None, {"status": "FINE"})
    with pytest.raises(ValueError, match="how: expected one of"):
        printer.perform("end", None, {"how": "gently"})


def test_optional_classes_are_accepted_only_where_they_are_there(make: Make, connect: Connect) -> None:
    printer = make(colour=False, print_job=False, presentation_lut=False, annotation_box=False)
    scu = connect(printer.address, EVERY_CLASS)
    assert [one.abstract_syntax for one in scu.established.accepted] == [GRAYSCALE_META]
    assert {one.result for one in scu.established.contexts} == {0, 3}
    box = scu.film_box(scu.session())
    reply = scu.print(FILM_BOX, box.uid)
    assert (reply.status, reply.data) == (0xB603, Dataset())
    scu.requestor.release()


def test_faults_are_addressed_to_one_sop_class(make: Make, connect: Connect) -> None:
    fault = build("respond", {"to": "N-CREATE-RQ", "status": "C616", "sop_class": "BasicFilmBox"})
    printer = make(faults=[fault])
    scu = connect(printer.address)
    session = scu.session()
    refused = scu.film_box(session)
    assert (refused.status, len(refused.data)) == (0xC616, 0)
    printer.clear()
    assert scu.film_box(session).status == 0
    scu.requestor.release()


def test_a_warning_goes_on_with_what_the_service_says(make: Make, connect: Connect) -> None:
    parameters = {"to": "N-CREATE-RQ", "status": "0107", "goes_on": "true", "AttributeIdentifierList": "20100060"}
    printer = make(faults=[build("respond", {**parameters, "sop_class": FILM_BOX})])
    scu = connect(printer.address)
    box = scu.film_box(scu.session())
    assert box.status == 0x0107
    assert box.command["AttributeIdentifierList"] == (0x20100060,)
    assert scu.image(boxes(box)[0]).status == 0
    printer.fault(
        build("respond", {"to": "N-ACTION-RQ", "status": "B604", "data_set": {"PrinterName": "X"}, "goes_on": True})
    )
    assert scu.print(FILM_BOX, box.uid).data.PrinterName == "X"
    assert printer.wait_films(1, 5.0)
    scu.requestor.release()


@pytest.mark.parametrize(
    ("fault", "parameters"),
    [
        ("abort", {"on": "before N-EVENT-REPORT-RQ"}),
        ("close", {"on": "after N-EVENT-REPORT-RQ", "sop_class": "PrintJob"}),
        ("reset", {"on": "N-EVENT-REPORT-RSP"}),
    ],
)
def test_faults_meet_events_and_their_answers(
    make: Make, connect: Connect, fault: str, parameters: dict[str, object]
) -> None:
    printer = make(faults=[build(fault, parameters)])
    scu = connect(printer.address)
    box = scu.film_box(scu.session())
    scu.print(FILM_BOX, box.uid)
    assert scu.hear_to_the_end() <= 2
    assert printer.wait_films(1, 5.0)  # a job outlives the association that asked for it


def test_a_fault_changes_an_event(make: Make, connect: Connect) -> None:
    printer = make(faults=[build("drop_element", {"of": "N-EVENT-REPORT-RQ", "element": "EventTypeID"})])
    scu = connect(printer.address)
    scu.printer()
    thread = report(printer, status="WARNING")
    event = scu.hear(answers=False)
    assert "EventTypeID" not in event.command
    scu.requestor.abort()
    thread.join()


def test_two_hundred_films_leave_nothing_behind(make: Make, connect: Connect) -> None:
    printer = make(film_s=0, keeps=False)
    scu = connect(printer.address, (GRAYSCALE_META,))
    session = scu.session()
    for _ in range(200):
        box = scu.create(FILM_BOX, film_box(session))
        assert scu.print(FILM_BOX, box.uid).status == 0xB603
        assert scu.delete(FILM_BOX, box.uid).status == 0
    assert printer.wait_films(200, 10.0)
    assert printer.films == []
    assert scu.delete(FILM_SESSION, session).status == 0
    scu.requestor.release()


def test_a_link_is_addressed_by_sop_class_too(make: Make, connect: Connect, recorder: Recorder) -> None:
    printer = make()
    link = Link("link", "scu", "printer", printer.address, recorder)
    link.start()
    try:
        link.fault(build("reset", {"on": "N-CREATE-RQ", "sop_class": "BasicFilmBox"}))
        scu = connect(link.address)
        session = scu.session()
        data = encode_texts(film_box(session), IMPLICIT)
        command = scu.requestor.command("N-CREATE-RQ", data, AffectedSOPClassUID=FILM_BOX)
        assert list(scu.requestor.request(Message(1, command, data))) == []
        assert scu.requestor.ended == Closed(reset=True)
    finally:
        link.stop()


def test_films_are_numbered_on_after_those_that_are_there(make: Make, connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "film-0041.png").write_bytes(b"printed before")
    (tmp_path / "film-9999x.png").write_bytes(b"something else")
    printer = make(film_s=0, output=tmp_path)
    scu = connect(printer.address, (GRAYSCALE_META,))
    box = scu.create(FILM_BOX, film_box(scu.session()))
    assert scu.print(FILM_BOX, box.uid).status == 0xB603
    assert printer.wait_films(1, 10.0)
    assert [film.number for film in printer.films] == [42]
    assert (tmp_path / "film-0042.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "film-0041.png").read_bytes() == b"printed before"
    scu.requestor.release()


def test_objects_without_end_meet_a_bound(make: Make, connect: Connect) -> None:
    printer = make()
    scu = connect(printer.address)
    identity = {"PresentationLUTShape": "IDENTITY"}
    statuses = [scu.create(PRESENTATION_LUT, identity).status for _ in range(MOST_OBJECTS + 1)]
    assert set(statuses[:-1]) == {0}
    assert statuses[-1] == 0x0213
    scu.requestor.release()
