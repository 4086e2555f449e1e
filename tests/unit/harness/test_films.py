"""Films read off the wire."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hand_written import EXPLICIT, IMPLICIT, A, R, trace_of
from hypothesis import given, settings
from hypothesis import strategies as st
from printed_by_hand import (
    ANNOTATION_BOX,
    BIG,
    JOB,
    LUT,
    SESSION,
    PrintTalk,
    attributes,
    content,
    encoded,
    one_film,
    ramp,
    references,
)

from dicom_conformance.judge.films import events, films
from dicom_conformance.judge.films.attributes import read
from dicom_conformance.judge.films.printed import PrintedFilm
from dicom_wire.capture.sighting import Recorder


def only(talk: object) -> PrintedFilm:
    found = films(trace_of(talk))  # type: ignore[arg-type]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG])
def test_a_film_is_what_was_asked_for_in_any_transfer_syntax(syntax: str) -> None:
    film = only(lambda recorder: one_film(recorder, syntax, FilmSizeID="8INX10IN", BorderDensity="150"))
    assert (film.number, film.status, film.printed, film.colour, film.boxes) == (1, 0, True, False, 2)
    assert film.requested_session == {"NumberOfCopies": "2", "PrintPriority": "HIGH"}
    assert film.requested_box["ImageDisplayFormat"] == "STANDARD\\2,1"
    assert film.requested_box["FilmSizeID"] == "8INX10IN"
    assert [one.position for one in film.images] == [1, 2]
    assert film.images[0].parameters["Polarity"] == "NORMAL"
    assert [one.complaint for one in film.images] == ["", ""]
    pixels = film.images[1].pixels
    assert pixels is not None
    assert (pixels == ramp()[::-1]).all()
    assert film.print_job == "2.25.77"
    assert film.not_deleted == ()


@pytest.mark.parametrize("syntax", [IMPLICIT, BIG])
def test_twelve_bits_are_read_in_both_byte_orders(syntax: str) -> None:
    def talk(recorder: Recorder) -> None:
        printing = PrintTalk(recorder, syntax)
        box = printing.box(printing.session())
        printing.image(box, 1, ramp(bits=12), bits=12)
        printing.action(box)

    (image,) = only(talk).images
    assert (image.bits, image.complaint) == (12, "")
    assert (np.asarray(image.pixels) == ramp(bits=12)).all()


def test_colour_is_told_by_the_presentation_context_and_read_plane_by_plane() -> None:
    rgb = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)

    def talk(recorder: Recorder) -> None:
        printing = PrintTalk(recorder, colour=True)
        box = printing.box(printing.session())
        printing.image(box, 1, rgb)
        printing.action(box)

    film = only(talk)
    assert film.colour
    assert film.images[0].complaint == ""
    assert (np.asarray(film.images[0].pixels) == rgb).all()


def test_uids_may_be_proposed() -> None:
    def talk(recorder: Recorder) -> None:
        printing = PrintTalk(recorder, proposed=True)
        box = printing.box(printing.session())
        printing.image(box, 1, ramp())
        printing.action(box)

    film = only(talk)
    assert film.film_session
    assert film.images[0].pixels is not None
    assert film.not_deleted == ("film box", "film session")


def test_what_the_printer_put_in_its_place_is_in_effect_and_what_was_asked_is_kept() -> None:
    def talk(recorder: Recorder) -> None:
        printing = PrintTalk(recorder)
        box = printing.box(printing.session(), told={"MagnificationType": "CUBIC"}, MagnificationType="BILINEAR")
        printing.action(box)

    film = only(talk)
    assert film.requested_box["MagnificationType"] == "BILINEAR"
    assert film.box["MagnificationType"] == "CUBIC"


@pytest.mark.parametrize(("status", "filled"), [(0, True), (0xB604, True), (0xC603, False), (None, False)])
def test_an_image_counts_once_the_printer_took_it(status: int | None, filled: bool) -> None:
    def talk(recorder: Recorder) -> None:
        printing = PrintTalk(recorder)
        box = printing.box(printing.session())
        printing.image(box, 1, ramp(), status=status)
        printing.action(box)

    assert bool(only(talk).images) is filled


@pytest.mark.parametrize(
    ("status", "printed"), [(0, True), (0xB603, True), (0x0107, True), (0xC602, False), (0x0110, False), (None, False)]
)
def test_a_film_is_printed_with_success_or_a_warning(status: int | None, printed: bool) -> None:
    def talk(recorder: Recorder) -> None:
        printing = PrintTalk(recorder)
        printing.action(printing.box(printing.session()), status=status)

    film = only(talk)
    assert film.status == status
    assert film.printed is printed


def test_a_film_session_is_printed_film_box_by_film_box_but_not_those_deleted_before() -> None:
    def talk(recorder: Recorder) -> None:
        printing = PrintTalk(recorder)
        session = printing.session()
        first, second, third = (printing.box(session, boxes) for boxes in (1, 2, 3))
        printing.delete(second)
        printing.action(session, SESSION, job="2.25.5")
        assert first != third

    found = films(trace_of(talk))
    assert [(one.number, one.boxes, one.print_job) for one in found] == [(1, 1, "2.25.5"), (2, 3, "2.25.5")]


def test_an_image_box_keeps_what_was_set_last_and_its_position_is_the_one_it_was_given() -> None:
    def talk(recorder: Recorder) -> None:
        printing = PrintTalk(recorder)
        box = printing.box(printing.session(), 2)
        printing.image(box, 1, ramp())
        printing.image(box, 2, ramp()[:, ::-1], place=1)
        printing.action(box)

    (image,) = only(talk).images
    assert (image.place, image.position) == (1, 2)
    assert (np.asarray(image.pixels) == ramp()[:, ::-1]).all()


@pytest.mark.parametrize(
    ("terms", "raw", "text"),
    [
        ("ISO_IR 100", "Überblick".encode("latin-1"), "Überblick"),
        ("ISO_IR 192", "株式".encode(), "株式"),
        ("\\ISO 2022 IR 87", b"A \x1b$B;3ED\x1b(B", "A 山田"),
        ("\\ISO 2022 IR 58", b"\x1b$)A\xb5\xda", "第"),
        ("", b"\xff", "\ufffd"),
    ],
)
def test_annotations_are_decoded_by_their_character_set(terms: str, raw: bytes, text: str) -> None:
    def element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
        value += b" " * (len(value) % 2)
        return struct.pack("<HH2sH", group, number, vr, len(value)) + value

    def talk(recorder: Recorder) -> None:
        printing = PrintTalk(recorder, EXPLICIT)
        box = printing.box(
            printing.session(), told={"ReferencedBasicAnnotationBoxSequence": references(ANNOTATION_BOX, "2.25.8")}
        )
        said = element(8, 5, b"CS", terms.encode()) + element(0x2030, 0x10, b"US", b"\1\0")
        said += element(0x2030, 0x20, b"LO", raw)
        names = {"RequestedSOPClassUID": ANNOTATION_BOX, "RequestedSOPInstanceUID": "2.25.8"}
        printing.talk.say(R, "N-SET-RQ", said, MessageID=70, **names)
        printing.talk.say(A, "N-SET-RSP", MessageIDBeingRespondedTo=70, Status=0)
        printing.action(box)

    assert [(one.position, one.text) for one in only(talk).annotations] == [(1, text)]


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG])
def test_a_presentation_lut_is_a_shape_or_a_table(syntax: str) -> None:
    def talk(recorder: Recorder) -> None:
        printing = PrintTalk(recorder, syntax)
        table = attributes(LUTDescriptor=[4, 0, 12], LUTData=[0, 256, 1024, 4095])
        table["LUTDescriptor"].VR = table["LUTData"].VR = "US"
        printing.ask("N-CREATE", LUT, "2.25.61", attributes(PresentationLUTShape="LIN OD"))
        printing.ask("N-CREATE", LUT, "2.25.62", attributes(PresentationLUTSequence=[table]))
        session = printing.session()
        for uid in ("2.25.61", "2.25.62"):
            printing.action(printing.box(session, ReferencedPresentationLUTSequence=references(LUT, uid)))

    first, second = films(trace_of(talk))
    assert first.presentation_lut is not None
    assert first.presentation_lut.shape == "LIN OD"
    assert second.presentation_lut is not None
    assert (second.presentation_lut.table, second.presentation_lut.bits) == ((0, 256, 1024, 4095), 12)


def test_events_belong_to_the_job_of_the_film_and_the_last_word_counts() -> None:
    def talk(recorder: Recorder) -> None:
        printing = PrintTalk(recorder)
        printing.event(2, PrinterStatusInfo="SUPPLY LOW")
        printing.action(printing.box(printing.session()), job="2.25.77")
        printing.event(2, "2.25.77", JOB, ExecutionStatusInfo="NORMAL")
        printing.event(4, "2.25.77", JOB, answer=None, ExecutionStatusInfo="FILM JAM")
        printing.event(3, "2.25.78", JOB)

    trace = trace_of(talk)
    (film,) = films(trace)
    assert (film.execution_status, film.execution_status_info) == ("FAILURE", "FILM JAM")
    assert [(one.of, one.status, one.answered) for one in film.events] == [
        ("printer", "WARNING", 0),
        ("print_job", "PRINTING", 0),
        ("print_job", "FAILURE", None),
    ]
    assert len(events(trace)) == 4


def test_an_n_get_of_the_job_counts_as_well() -> None:
    def talk(recorder: Recorder) -> None:
        printing = PrintTalk(recorder)
        printing.action(printing.box(printing.session()), job="2.25.77")
        printing.ask("N-GET", JOB, "2.25.77", told=attributes(ExecutionStatus="DONE"), context_id=3)

    assert only(talk).execution_status == "DONE"


@pytest.mark.parametrize(
    ("bits", "changes", "said"),
    [
        (8, {"SamplesPerPixel": 3}, "SamplesPerPixel 3"),
        (8, {"PhotometricInterpretation": "RGB"}, "PhotometricInterpretation RGB"),
        (12, {"BitsAllocated": 12}, "BitsAllocated 12"),
        (12, {"HighBit": 15}, "HighBit 15"),
        (8, {"PixelRepresentation": 1}, "PixelRepresentation 1"),
        (10, {}, "BitsStored 10"),
        (8, {"Rows": 5}, "Pixel Data of 24 bytes"),
        (8, {"PixelData": None}, "no Pixel Data"),
        (8, {"HighBit": None}, "HighBit absent"),
    ],
)
def test_what_no_preformatted_image_may_have_is_said(bits: int, changes: dict[str, object], said: str) -> None:
    def talk(recorder: Recorder) -> None:
        printing = PrintTalk(recorder)
        box = printing.box(printing.session())
        printing.image(box, 1, ramp(bits=bits), bits=bits, **changes)
        printing.action(box)

    (image,) = only(talk).images
    assert said in image.complaint


def test_a_sample_beyond_its_bits_is_said() -> None:
    def talk(recorder: Recorder) -> None:
        printing = PrintTalk(recorder)
        box = printing.box(printing.session())
        printing.image(box, 1, np.full((2, 2), 4096), bits=12)
        printing.action(box)

    assert "a sample value of 4096" in only(talk).images[0].complaint


def test_sequences_of_defined_and_undefined_length_are_the_same() -> None:
    data_set = attributes(BasicGrayscaleImageSequence=[content(ramp())], ImageBoxPosition=1)
    defined = read(encoded(data_set, EXPLICIT), EXPLICIT)
    data_set["BasicGrayscaleImageSequence"].is_undefined_length = True
    data_set.BasicGrayscaleImageSequence[0].is_undefined_length_sequence_item = True
    undefined = read(encoded(data_set, EXPLICIT), EXPLICIT)
    assert undefined.fault == "" == defined.fault
    one, other = (side.items("BasicGrayscaleImageSequence")[0] for side in (defined, undefined))
    assert one.texts == other.texts
    assert bytes(one.data["PixelData"]) == bytes(other.data["PixelData"])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_reading_never_raises(data: st.DataObject) -> None:
    syntax = data.draw(st.sampled_from([IMPLICIT, EXPLICIT, BIG]))
    whole = bytearray(
        encoded(
            attributes(
                SpecificCharacterSet=["ISO 2022 IR 6", "ISO 2022 IR 87"],
                BasicGrayscaleImageSequence=[content(ramp(2, 2))],
                ImageBoxPosition=1,
                TextString="x",
            ),
            syntax,
        )
    )
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    raw = bytes(whole[: data.draw(st.integers(0, len(whole)))])

    def talk(recorder: Recorder) -> None:
        printing = PrintTalk(recorder, syntax)
        box = printing.box(printing.session())
        printing.talk.say(R, "N-SET-RQ", raw, MessageID=50, RequestedSOPInstanceUID=f"{box}.1")
        printing.talk.say(A, "N-SET-RSP", MessageIDBeingRespondedTo=50, Status=0)
        printing.talk.say(R, "N-CREATE-RQ", raw, MessageID=51, AffectedSOPClassUID=LUT)
        printing.talk.say(A, "N-CREATE-RSP", raw, MessageIDBeingRespondedTo=51, Status=0)
        printing.talk.say(A, "N-EVENT-REPORT-RQ", raw, MessageID=51)
        printing.action(box)

    for film in films(trace_of(talk)):
        assert film.film().number == 1
        assert all(isinstance(one.complaint, str) for one in film.images)
