"""Any bytes in any attribute, of any value representation: a printer answers, and its films can be drawn."""

from __future__ import annotations

import itertools
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicom_simulators.association.responses import answer_to
from dicom_simulators.encoding import Element, encoding_of, read_elements, tag_of, write_elements
from dicom_simulators.printer import FilmError, render
from dicom_simulators.printer.abilities import Abilities
from dicom_simulators.printer.requests import JobRequest, PrintRequest
from dicom_simulators.printer.rules import (
    ANNOTATION_BOX,
    COLOR_IMAGE_BOX,
    FILM_BOX_CREATE,
    FILM_BOX_SET,
    FILM_SESSION,
    GRAYSCALE_IMAGE_BOX,
    PRESENTATION_LUT,
    Rule,
)
from dicom_simulators.printer.services import Printing
from dicom_simulators.printer.sop_classes import ANNOTATION_BOX as ANNOTATION_BOX_CLASS
from dicom_simulators.printer.sop_classes import COLOR_IMAGE_BOX as COLOR_IMAGE_BOX_CLASS
from dicom_simulators.printer.sop_classes import COLOR_META, GRAYSCALE_META, PRINT_JOB
from dicom_simulators.printer.sop_classes import FILM_BOX as FILM_BOX_CLASS
from dicom_simulators.printer.sop_classes import FILM_SESSION as FILM_SESSION_CLASS
from dicom_simulators.printer.sop_classes import GRAYSCALE_IMAGE_BOX as GRAYSCALE_IMAGE_BOX_CLASS
from dicom_simulators.printer.sop_classes import PRESENTATION_LUT as PRESENTATION_LUT_CLASS
from dicom_wire import command_set, encode_command

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
CLASSES = frozenset({GRAYSCALE_META, COLOR_META, PRINT_JOB, PRESENTATION_LUT_CLASS, ANNOTATION_BOX_CLASS})
VRS = ("AE", "AS", "AT", "CS", "DA", "DS", "FD", "FL", "IS", "LO", "LT", "OB", "OW", "PN", "SL", "SS", "UI", "UL", "US")
NASTY = (
    b"\x00",
    b"\xff\xff",
    b"-1",
    b"1e999",
    b"nan",
    b"inf",
    b"9" * 5000,
    b"\xd9\xa3",
    b"0",
    b"\\\\",
    b"STANDARD\\99999,99999",
    b"STANDARD\\0,0",
    b"ROW\\" + b"9," * 400 + b"9",
    b"CUSTOM\\\xff",
    b"\x1b$B\x1b",
    b"ISO 2022 IR 87",
    b"1\\0",
    b"NONE",
)
IMAGE = (
    *("SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns", "PixelAspectRatio", "BitsAllocated"),
    *("BitsStored", "HighBit", "PixelRepresentation", "PixelData", "PlanarConfiguration"),
)
LUT = ("LUTDescriptor", "LUTData", "LUTExplanation")
REFERENCE = ("ReferencedSOPClassUID", "ReferencedSOPInstanceUID")
WITHIN = {
    "BasicGrayscaleImageSequence": IMAGE,
    "BasicColorImageSequence": IMAGE,
    "PresentationLUTSequence": LUT,
    "ReferencedPresentationLUTSequence": REFERENCE,
    "ReferencedFilmSessionSequence": REFERENCE,
}

values = st.one_of(st.sampled_from(NASTY), st.binary(max_size=12))


class Queue:
    """A device whose queue takes everything."""

    def __init__(self) -> None:
        self.orders: list[JobRequest] = []

    def submit(self, order: JobRequest) -> str | None:
        self.orders.append(order)
        return "2.25.99"

    def job(self, uid: str) -> Any:
        return None

    def state(self) -> Any:
        return {}


class Conversation:
    """One association with a printer, with one film session, one film box with a Presentation LUT and annotations."""

    def __init__(self, colour: bool, syntax: str, **abilities: Any) -> None:
        self.queue = Queue()
        numbers = itertools.count(1)
        self.printing = Printing(
            Abilities(dots_per_mm=0.3, **abilities), self.queue, lambda kind: f"2.25.7{next(numbers)}", CLASSES
        )
        self.context = COLOR_META if colour else GRAYSCALE_META
        self.syntax = syntax
        assert self.ask("N-CREATE-RQ", FILM_SESSION_CLASS, "2.25.1", {}) == 0
        reference = item(ReferencedSOPClassUID=FILM_SESSION_CLASS.encode(), ReferencedSOPInstanceUID=b"2.25.1")
        box = {
            "ImageDisplayFormat": b"STANDARD\\1,1",
            "ReferencedFilmSessionSequence": (reference,),
            "AnnotationDisplayFormatID": b"BOTTOM",
        }
        assert self.ask("N-CREATE-RQ", FILM_BOX_CLASS, "2.25.2", box) == 0
        self.film_box = self.printing.tree.film_boxes[0]

    def ask(self, service: str, sop_class: str, uid: str, data: dict[str, Any], action: int | None = None) -> int:
        elements = {tag_of(keyword): element(keyword, value) for keyword, value in data.items()}
        raw = write_elements(elements, encoding_of(self.syntax)) if data else None
        context = sop_class if sop_class in (PRESENTATION_LUT_CLASS, ANNOTATION_BOX_CLASS) else self.context
        request = PrintRequest(service, context, self.syntax, sop_class, uid, raw, action)
        [response] = list(self.printing.answer(request))
        command = command_set(service, AffectedSOPClassUID=sop_class, AffectedSOPInstanceUID=uid, MessageID=1)
        encode_command(answer_to(command, response))
        if response.data_set:
            read_elements(response.data_set, self.syntax)
        return response.status

    def print(self) -> None:
        """Print the film box; what was taken can be drawn, or it is said why not."""
        self.ask("N-ACTION-RQ", FILM_BOX_CLASS, "2.25.2", {}, action=1)
        for order in self.queue.orders:
            for film in order.films:
                with suppress(FilmError):
                    render(film, 0.3)


def item(**elements: Any) -> dict[int, Element]:
    return {tag_of(keyword): element(keyword, value) for keyword, value in elements.items()}


def element(keyword: str, value: Any) -> Element:
    """Make an element: of the VR that is given with the value, else of that of the dictionary."""
    vr = ""
    if isinstance(value, tuple) and value and isinstance(value[0], str):
        vr, value = value
    if isinstance(value, tuple):
        return Element(tag_of(keyword), "SQ", items=value)
    return Element(tag_of(keyword), vr or "LO", value)


@st.composite
def attributes(draw: st.DrawFn, rules: tuple[Rule, ...]) -> dict[str, Any]:
    """Draw attributes of a service, most of them with a value that no printer expects."""
    drawn: dict[str, Any] = {}
    for rule in rules:
        if not (rule.mandatory or draw(st.booleans())):
            continue
        inner = WITHIN.get(rule.keyword)
        if inner is None or draw(st.integers(0, 5)) == 0:
            drawn[rule.keyword] = (draw(st.sampled_from(VRS)), draw(values))
        else:
            chosen = draw(st.lists(st.sampled_from(inner), unique=True))
            drawn[rule.keyword] = (item(**{one: (draw(st.sampled_from(VRS)), draw(values)) for one in chosen}),)
    return drawn


SYNTAXES = st.sampled_from((IMPLICIT, EXPLICIT))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), syntax=SYNTAXES, replaces=st.booleans())
@pytest.mark.parametrize(
    ("service", "sop_class", "rules"),
    [
        ("N-SET-RQ", FILM_SESSION_CLASS, FILM_SESSION),
        ("N-SET-RQ", FILM_BOX_CLASS, FILM_BOX_SET),
        ("N-SET-RQ", GRAYSCALE_IMAGE_BOX_CLASS, GRAYSCALE_IMAGE_BOX),
        ("N-SET-RQ", COLOR_IMAGE_BOX_CLASS, COLOR_IMAGE_BOX),
        ("N-SET-RQ", ANNOTATION_BOX_CLASS, ANNOTATION_BOX),
        ("N-CREATE-RQ", FILM_BOX_CLASS, FILM_BOX_CREATE),
        ("N-CREATE-RQ", PRESENTATION_LUT_CLASS, PRESENTATION_LUT),
    ],
    ids=["session", "film box", "gray image", "colour image", "annotation", "new film box", "new LUT"],
)
def test_any_bytes_in_any_attribute_are_answered(
    service: str, sop_class: str, rules: tuple[Rule, ...], data: st.DataObject, syntax: str, replaces: bool
) -> None:
    conversation = Conversation(sop_class == COLOR_IMAGE_BOX_CLASS, syntax, replaces=replaces, last_only=False)
    box = conversation.film_box
    uids = {
        FILM_SESSION_CLASS: "2.25.1",
        FILM_BOX_CLASS: "2.25.2" if service == "N-SET-RQ" else "2.25.3",
        PRESENTATION_LUT_CLASS: "2.25.4",
        ANNOTATION_BOX_CLASS: box.annotation_boxes[0].uid if box.annotation_boxes else "2.25.5",
    }
    conversation.ask(service, sop_class, uids.get(sop_class, box.image_boxes[0].uid), data.draw(attributes(rules)))
    conversation.print()


@settings(max_examples=150, deadline=None)
@given(raw=st.binary(max_size=120), syntax=SYNTAXES)
def test_any_bytes_as_a_data_set_are_answered(raw: bytes, syntax: str) -> None:
    conversation = Conversation(False, syntax)
    for service, sop_class, uid in (
        ("N-SET-RQ", FILM_SESSION_CLASS, "2.25.1"),
        ("N-SET-RQ", FILM_BOX_CLASS, "2.25.2"),
        ("N-CREATE-RQ", PRESENTATION_LUT_CLASS, "2.25.4"),
    ):
        context = sop_class if sop_class == PRESENTATION_LUT_CLASS else GRAYSCALE_META
        answers = list(conversation.printing.answer(PrintRequest(service, context, syntax, sop_class, uid, raw)))
        assert len(answers) == 1, "each request has one response"
        answered = command_set(service, AffectedSOPClassUID=sop_class, AffectedSOPInstanceUID=uid, MessageID=1)
        encode_command(answer_to(answered, answers[0]))
