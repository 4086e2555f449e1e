"""The check `film`: what was printed, read off the wire.

A film is what an N-ACTION-RQ asked for, one for each film box of it. What is judged is what the requestor sent:
parameters as in its N-CREATE- and N-SET-RQs, images as their bytes. Pixels are compared with the harness's
own rendering of what the operation `print` was asked for (`judge.films.expectation`), at the bits that they have.
Image Pixel attributes that PS3.3 C.13.5 does not allow are unlawful whatever is wanted of an image.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, PlainValidator, WithJsonSchema

from dicom_conformance.files import Part, Texts, counted
from dicom_conformance.judge.checks.choice import between, finding, listed, pick, pointer
from dicom_conformance.judge.checks.film_images import (
    bits_text,
    differing_pixels,
    filled_boxes,
    images_text,
    other_bits,
    out_of_order,
    unlawful,
)
from dicom_conformance.judge.checks.film_preview import unlike_preview
from dicom_conformance.judge.checks.wanted import Count, Position, Statuses, Wanted, status_admitted
from dicom_conformance.judge.films import PrintedFilm, films
from dicom_conformance.results import EMPTY, Finding
from dicom_conformance.trace import Trace

CHECK = "film"
NOT_SENT = "not sent"
_WITHIN = re.compile(r"within (?P<bound>\d+(\.\d+)?)\Z")

FindProblems: TypeAlias = Callable[[PrintedFilm], Sequence[str]]
Describe: TypeAlias = Callable[[PrintedFilm], str]


def _tolerance(value: Any) -> float | None:
    """Read `exact` (None) or `within N`."""
    text = str(value).strip()
    found = _WITHIN.match(text)
    if text != "exact" and found is None:
        raise ValueError("pixels are exact, or within N (of 255)")
    return None if found is None else float(found["bound"])


Tolerance = Annotated[
    float | None,
    PlainValidator(_tolerance),
    WithJsonSchema({"type": "string", "format": "tolerance"}),
]
"""By how much of 255 a sample may differ; `exact` admits rounding to its own bits."""


class EventWanted(Part):
    """An N-EVENT-REPORT that has to have come, and to have been answered with 0000."""

    of: Literal["printer", "print_job"] = Field(
        default="print_job", description="what reports: the printer, or a print job"
    )
    status: str = Field(description="Event Type (`WARNING`, `PENDING`, `DONE` ...)")
    info: str | None = Field(default=None, description="Printer Status Info or Execution Status Info")


_LOOKS = frozenset({"pixels", "preview", "images", "image", "box"})
"""Fields of `FilmWanted` that judge how a film looks."""


class FilmWanted(Wanted):
    """What may be wanted of the films that `requestor` had printed by `acceptor`.

    `position` chooses among them (each, unless given), `count` is their number. `session`, `box` and `image` (of each
    image box) say what was sent: one text or several that are admitted, or `not sent`. `images` are, in order of
    position, numbers (from 1) or SOP Instance UIDs of the images that `print` was asked for; `pixels` judges every
    sample, `preview` the picture that the last `preview` showed against the film as a printer draws it. `printed`
    wants (or, false, does not want) an answer with success or a warning, `status` a particular one. `deleted` wants
    N-DELETE of film box and film session. `job` is the execution status that was reported last, by event or N-GET;
    `lut` is IDENTITY, LIN OD, table or none.
    """

    requestor: str | None = Field(default=None, description="AE that prints")
    acceptor: str | None = Field(default=None, description="AE that is printed on")
    position: Position = Field(default="each", description="judge this one of the films")
    count: Count | None = Field(default=None, description="how many films there are")
    colour: bool | None = Field(default=None, description="whether the film is printed in colour")
    bits: int | None = Field(default=None, description="bits stored of the images: 8 or 12")
    session: dict[str, Texts] = Field(
        default_factory=dict,
        description="attributes of the film session by keyword: texts that are admitted, or `not sent`",
    )
    box: dict[str, Texts] = Field(default_factory=dict, description="attributes of the film box, likewise")
    image: dict[str, Texts] = Field(default_factory=dict, description="attributes of each image box, likewise")
    boxes: Count | None = Field(default=None, description="number of image boxes")
    filled: Count | None = Field(default=None, description="number of image boxes that hold an image")
    images: Texts = Field(
        default=(),
        description=(
            "images in order of position: their numbers, from 1, in what `print` was asked for, or SOP Instance UIDs"
        ),
    )
    pixels: Tolerance = Field(
        default=None,
        description="every sample, compared with the harness's own rendering: `exact`, or `within N` of 255",
    )
    preview: Tolerance = Field(
        default=None,
        description=(
            "the picture that the last `preview` showed, compared with the film: `exact`, or `within N` of 255"
        ),
    )
    annotations: Texts = Field(default=(), description="texts of the annotation boxes")
    lut: Literal["IDENTITY", "LIN OD", "table", "none"] | None = Field(default=None, description="Presentation LUT")
    printed: bool | None = Field(default=None, description="whether the film was answered with success or a warning")
    status: Statuses = Field(default=(), description="statuses of the N-ACTION-RSP that are admitted")
    deleted: bool | None = Field(default=None, description="whether N-DELETE was sent for film box and film session")
    job: Texts = Field(default=(), description="execution statuses that the print job may end with")
    events: tuple[EventWanted, ...] = Field(
        default=(), description="N-EVENT-REPORTs that came and were answered with 0000"
    )

    @property
    def looks_at_film(self) -> bool:
        """Whether it judges how a film looks, not only what became of it."""
        return bool(_LOOKS & self.model_fields_set)


def judge(trace: Trace, wanted: FilmWanted) -> list[Finding]:
    """Judge what was printed: one finding for each thing that is wanted."""
    found = films(trace, wanted.requestor, wanted.acceptor)
    where = between(wanted.requestor, wanted.acceptor)
    findings = []
    if wanted.count is not None:
        actual = counted(len(found), "film")
        findings.append(
            finding(CHECK, wanted.count.admit(len(found)), f"{counted(wanted.count, 'film')} {where}", actual)
        )
    questions = list(_questions(trace, wanted))
    chosen = pick(found, wanted.position)
    may_be_none = wanted.count is not None and wanted.count.admit(0) and not found
    if not chosen and not may_be_none and (questions or wanted.count is None):
        return [*findings, finding(CHECK, False, f"a film {where} ({wanted.position})", counted(len(found), "film"))]
    return findings + [
        _finding(chosen, expected, find_problems, describe) for expected, find_problems, describe in questions
    ]


def _finding(chosen: list[PrintedFilm], expected: str, find_problems: FindProblems, describe: Describe) -> Finding:
    complaints = [(film, problem) for film in chosen for problem in find_problems(film)]
    if not complaints:
        return finding(CHECK, True, expected, listed((describe(film) for film in chosen), most=3))
    actual = listed((f"film {film.number}: {problem}" for film, problem in complaints), most=4)
    evidence = dict.fromkeys(pointer(film.conversation) for film, _ in complaints)
    return finding(CHECK, False, expected, actual, EMPTY, tuple(evidence))


def _questions(trace: Trace, wanted: FilmWanted) -> Iterator[tuple[str, FindProblems, Describe]]:
    """Turn what is wanted into words, a function that complains of a film, and one that tells of it."""
    if wanted.printed is not None:
        words = "printed: answered with success or a warning" if wanted.printed else "not printed"
        yield words, partial(_printed, wanted.printed), _status_text
    if wanted.status:
        yield f"N-ACTION-RSP {' or '.join(wanted.status)}", partial(_status, wanted.status), _status_text
    if wanted.colour is not None:
        words = f"printed by Basic {'Color' if wanted.colour else 'Grayscale'} Print Management"
        yield words, partial(_colour, wanted.colour), lambda film: "colour" if film.colour else "grayscale"
    for name, texts in (("session", wanted.session), ("box", wanted.box)):
        for keyword, admitted in texts.items():
            words = f"{keyword} {' or '.join(admitted)} of the film {name}"
            yield words, partial(_parameter, name, keyword, admitted), partial(_parameter_text, name, keyword)
    if wanted.boxes is not None:
        yield counted(wanted.boxes, "image box"), partial(_boxes, wanted.boxes), _boxes_text
    if wanted.filled is not None:
        yield f"{counted(wanted.filled, 'image box')} with an image", partial(_filled, wanted.filled), _filled_text
    for keyword, admitted in wanted.image.items():
        words = f"{keyword} {' or '.join(admitted)} of each image box"
        yield words, partial(_of_images, keyword, admitted), partial(_image_parameter_text, keyword)
    yield from _of_pixels(trace, wanted)
    if "preview" in wanted.model_fields_set:
        bound = wanted.preview or 0.0
        words = f"the picture that the preview showed, within {bound:g} of 255"
        yield words, partial(unlike_preview, trace, bound), lambda film: "the same picture"
    if wanted.annotations:
        words = f"annotations {listed(map(repr, wanted.annotations))}"
        yield words, partial(_annotations, tuple(wanted.annotations)), _annotation_text
    if wanted.lut is not None:
        yield f"Presentation LUT {wanted.lut}", partial(_lut, wanted.lut), _lut_text
    yield from _of_the_end(wanted)


def _of_pixels(trace: Trace, wanted: FilmWanted) -> Iterator[tuple[str, FindProblems, Describe]]:
    judged = {"bits", "image", "images", "pixels"} & wanted.model_fields_set
    if judged:
        yield "images as PS3.3 C.13.5 requires", unlawful, images_text
    if wanted.bits is not None:
        words = f"samples of {wanted.bits} bits"
        yield words, partial(other_bits, wanted.bits), bits_text
    if wanted.images:
        words = f"image boxes filled with {listed(wanted.images)} in this order"
        yield words, partial(out_of_order, trace, tuple(wanted.images)), images_text
    if "pixels" in wanted.model_fields_set:
        bound = "exactly" if wanted.pixels is None else f"within {wanted.pixels:g} of 255"
        words = f"the harness's own rendering of the requested images, {bound}"
        yield words, partial(differing_pixels, trace, tuple(wanted.images), wanted.pixels), images_text


def _of_the_end(wanted: FilmWanted) -> Iterator[tuple[str, FindProblems, Describe]]:
    if wanted.deleted is not None:
        words = "film box and film session deleted" if wanted.deleted else "film box or film session not deleted"
        yield words, partial(_deleted, wanted.deleted), _deleted_text
    if wanted.job:
        yield f"print job reported as {' or '.join(wanted.job)}", partial(_job, tuple(wanted.job)), _job_text
    for event in wanted.events:
        words = f"N-EVENT-REPORT {event.status} of the {event.of.replace('_', ' ')}"
        words += f" ({event.info})" if event.info is not None else ""
        yield f"{words}, answered with 0000", partial(_event, event), _event_text


# -- what came of it ----------------------------------------------------------------------------------------------


def _status_text(film: PrintedFilm) -> str:
    return "no N-ACTION-RSP" if film.status is None else f"N-ACTION-RSP {film.status:04X}"


def _printed(wanted: bool, film: PrintedFilm) -> list[str]:
    return [] if film.printed is wanted else [_status_text(film)]


def _status(admitted: tuple[str, ...], film: PrintedFilm) -> list[str]:
    return [] if status_admitted(film.status, admitted) else [_status_text(film)]


def _colour(wanted: bool, film: PrintedFilm) -> list[str]:
    return [] if film.colour is wanted else ["colour" if film.colour else "grayscale"]


def _deleted_text(film: PrintedFilm) -> str:
    return f"no N-DELETE-RQ for the {' and the '.join(film.not_deleted)}" if film.not_deleted else "both deleted"


def _deleted(wanted: bool, film: PrintedFilm) -> list[str]:
    return [] if bool(film.not_deleted) is not wanted else [_deleted_text(film)]


def _job_text(film: PrintedFilm) -> str:
    if film.print_job is None:
        return "no print job"
    info = f" ({film.execution_status_info})" if film.execution_status_info else ""
    return f"{film.execution_status or 'no status reported for the print job'}{info}"


def _job(wanted: tuple[str, ...], film: PrintedFilm) -> list[str]:
    return [] if film.print_job is not None and film.execution_status in wanted else [_job_text(film)]


def _event_text(film: PrintedFilm) -> str:
    answered = ("unanswered" if one.answered is None else f"{one.answered:04X}" for one in film.events)
    texts = [f"{one.of} {one.status} ({answer})" for one, answer in zip(film.events, answered, strict=True)]
    return listed(texts, none="no event")


def _event(wanted: EventWanted, film: PrintedFilm) -> list[str]:
    matching = [
        one
        for one in film.events
        if one.of == wanted.of and one.status == wanted.status and wanted.info in (None, one.info)
    ]
    return [] if any(one.answered == 0 for one in matching) else [_event_text(film)]


# -- parameters ---------------------------------------------------------------------------------------------------


def _sent(film: PrintedFilm, name: str) -> Mapping[str, str]:
    return film.requested_session if name == "session" else film.requested_box


def _parameter_text(name: str, keyword: str, film: PrintedFilm) -> str:
    return f"{keyword} {_sent(film, name).get(keyword, NOT_SENT)}"


def _parameter(name: str, keyword: str, admitted: tuple[str, ...], film: PrintedFilm) -> list[str]:
    return [] if _sent(film, name).get(keyword, NOT_SENT) in admitted else [_parameter_text(name, keyword, film)]


def _boxes_text(film: PrintedFilm) -> str:
    return counted(film.boxes, "image box")


def _boxes(wanted: Count, film: PrintedFilm) -> list[str]:
    return [] if wanted.admit(film.boxes) else [_boxes_text(film)]


def _filled_text(film: PrintedFilm) -> str:
    return f"{len(filled_boxes(film))} of {counted(film.boxes, 'image box')} with an image"


def _filled(wanted: Count, film: PrintedFilm) -> list[str]:
    return [] if wanted.admit(len(filled_boxes(film))) else [_filled_text(film)]


def _image_parameter_text(keyword: str, film: PrintedFilm) -> str:
    return listed(f"{keyword} {one.parameters.get(keyword, NOT_SENT)}" for one in filled_boxes(film))


def _of_images(keyword: str, admitted: tuple[str, ...], film: PrintedFilm) -> list[str]:
    sent = [(one.position, one.parameters.get(keyword, NOT_SENT)) for one in filled_boxes(film)]
    if not sent:
        return ["no image was set"]
    return [f"position {position}: {keyword} {text}" for position, text in sent if text not in admitted]


def _annotation_text(film: PrintedFilm) -> str:
    return listed((repr(one.text) for one in film.annotations), none="no annotation")


def _annotations(wanted: tuple[str, ...], film: PrintedFilm) -> list[str]:
    texts = tuple(one.text for one in sorted(film.annotations, key=lambda one: one.position) if one.text)
    return [] if texts == wanted else [_annotation_text(film)]


def _lut_text(film: PrintedFilm) -> str:
    lut = film.presentation_lut
    return "none" if lut is None else lut.shape or f"table of {counted(len(lut.table), 'entry')}"


def _lut(wanted: str, film: PrintedFilm) -> list[str]:
    return [] if _lut_text(film).startswith(wanted) else [f"Presentation LUT {_lut_text(film)}"]
