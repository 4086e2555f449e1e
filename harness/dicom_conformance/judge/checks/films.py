"""The check `films`: what came out of a printer, as files, against what was sent to it.

What was sent is read off the wire; what came out are the pictures or Stored Prints of the folder that the subject file
names (`films`). Films are compared in their order. A picture is judged by where its images lie, not by its dots: a
printer may choose size, margins, densities and interpolation. A Stored Print has the samples themselves.

References
----------
PS3.3 C.13.1 (Number of Copies), C.13.3 (Image Display Format, Magnification Type), C.13.5 (Polarity), C.13.5.1 (Image
Box Position); PS3.4 H.4.2.2.4, H.4.3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import numpy as np
from pydantic import Field, model_validator

from dicom_conformance.files import counted
from dicom_conformance.judge.checks.choice import finding, listed, not_judged
from dicom_conformance.judge.checks.film import Tolerance
from dicom_conformance.judge.checks.wanted import Wanted
from dicom_conformance.judge.films import (
    ALIKE,
    BETTER,
    TURNS,
    Place,
    PrintedFilm,
    PutOutFilm,
    films,
    grid,
    likeness,
    places,
    steps,
    turned,
)
from dicom_conformance.results import Finding
from dicom_conformance.trace import Trace

CHECK = "films"
AsSent: TypeAlias = Literal["as_sent"]
SURPLUS_S = 0.1
"""How long a film too many is waited for, in seconds."""
_MOST_COPIES = 99
_INTERPOLATED_FROM = 2.0
"""How much larger than sent an image must be printed for its interpolation to be seen."""


class FilmsWanted(Wanted):
    """What may be wanted of the films that the subject put out as files in the folder `films` of its subject file.

    A film whose print job is reported as FAILURE need not come out.

    `count`: one for each film box that was printed (each copy, too, where each copy is a file). `copies`: one for each
    copy. `images`: in each place the image that was set for its position, neither turned nor mirrored. `polarity`:
    bright and dark as sent. `pixels`: the means of a coarse grid over each image of a picture, or each sample of a
    Stored Print, compared with what was sent; not judged with a Presentation LUT or other densities. `magnification`:
    as Magnification Type asks: NONE has the size that was sent, REPLICATE repeats pixels, BILINEAR and CUBIC
    interpolate.
    """

    count: AsSent | None = Field(default=None, description="as many films as were printed")
    copies: AsSent | None = Field(default=None, description="as many films as were printed, times their copies")
    images: AsSent | None = Field(
        default=None, description="each image in the place of its position, neither turned nor mirrored"
    )
    polarity: AsSent | None = Field(default=None, description="bright and dark as they were sent")
    pixels: Tolerance = Field(default=None, description="greys as they were sent: `exact`, or `within N` of 255")
    magnification: AsSent | None = Field(default=None, description="magnified as Magnification Type asks")
    within_s: Annotated[float, Field(gt=0, le=600)] = Field(
        default=10.0, description="how long films are waited for, in seconds"
    )

    @model_validator(mode="after")
    def _something(self) -> FilmsWanted:
        if not {*type(self).model_fields} - {"within_s"} & self.model_fields_set:
            raise ValueError("one of count, copies, images, polarity, pixels, magnification is needed")
        return self


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is wrong with a place, or why it cannot be judged; neither where all is well."""

    wrong: str = ""
    unjudged: str = ""


Ask: TypeAlias = Callable[[Place], _Answer]


def judge(trace: Trace, wanted: FilmsWanted) -> list[Finding]:
    """Judge the films that came out: one finding for each thing that is wanted."""
    taken = [film for film in films(trace, acceptor=trace.subject) if film.printed]
    sent = [film for film in taken if film.execution_status != "FAILURE"]
    if taken and not sent:
        return [not_judged(CHECK, "a film that came out", "every print job was reported as FAILURE")]
    if not sent:
        return [finding(CHECK, False, "a film that the printer takes", "no film was printed")]
    copies = [_copies(film) for film in sent]
    came = _came(trace, wanted, sum(copies) if wanted.copies is not None else len(sent))
    if unreadable := [film.name for film in came if not film.is_readable]:
        reason = f"{counted(len(unreadable), 'file')} in the folder cannot be read: {listed(unreadable)}"
        return [not_judged(CHECK, f"{counted(len(sent), 'film')} came out", reason)]
    stored = any(film.picture is None for film in came)
    findings = list(_counts(wanted, sent, copies, came, stored))
    each_copy = len(came) == sum(copies) and not stored
    expected = [film for film, count in zip(sent, copies, strict=True) for _ in range(count if each_copy else 1)]
    questions = list(_questions(wanted))
    if questions and not came:
        return [*findings, finding(CHECK, False, "a film that came out", "none in the folder")]
    pairs = [place for film, one in zip(expected, came, strict=False) for place in places(film, one)]
    return findings + [_finding(expected, pairs, text, ask) for text, ask in questions]


def _copies(film: PrintedFilm) -> int:
    """Give the Number of Copies in effect, 1 where there is none (PS3.3 C.13.1)."""
    text = film.session.get("NumberOfCopies", "").strip()
    return min(int(text), _MOST_COPIES) if text.isascii() and text.isdigit() and int(text) > 0 else 1


def _came(trace: Trace, wanted: FilmsWanted, awaited: int) -> tuple[PutOutFilm, ...]:
    """Give the films that came out; where they are counted, a moment is left for one too many."""
    if trace.films is None:
        return ()
    came = trace.films(awaited, wanted.within_s)
    is_counted = wanted.count is not None or wanted.copies is not None
    return trace.films(awaited + 1, SURPLUS_S) if is_counted and len(came) == awaited else came


def _counts(
    wanted: FilmsWanted, sent: list[PrintedFilm], copies: list[int], came: tuple[PutOutFilm, ...], stored: bool
) -> Iterator[Finding]:
    actual = counted(len(came), "film")
    names = f"{actual}: {listed(film.name for film in came)}" if came else actual
    if wanted.count is not None:
        yield finding(CHECK, len(came) in (len(sent), sum(copies)), f"{counted(len(sent), 'film')} came out", names)
    if wanted.copies is not None:
        expected = f"{counted(sum(copies), 'film')} came out, with the copies"
        if stored or (len(came) == len(sent) and sum(copies) != len(sent)):
            yield not_judged(CHECK, expected, f"one file for each film, which does not say how many copies: {names}")
        else:
            yield finding(CHECK, len(came) == sum(copies), expected, names)


def _questions(wanted: FilmsWanted) -> Iterator[tuple[str, Ask]]:
    if wanted.images is not None:
        yield "each image in the place of its position, neither turned nor mirrored", _image
    if wanted.polarity is not None:
        yield "bright and dark as sent", _polarity
    if "pixels" in wanted.model_fields_set:
        bound = wanted.pixels
        yield (
            f"greys as sent, {'exactly' if bound is None else f'within {bound:g} of 255'}",
            lambda place: _pixels(bound, place),
        )
    if wanted.magnification is not None:
        yield "images magnified as Magnification Type asks", _magnification


def _finding(expected: list[PrintedFilm], pairs: list[Place], text: str, ask: Ask) -> Finding:
    answers = [(place, ask(place)) for place in pairs]
    wrong = [f"{place.name}: {answer.wrong}" for place, answer in answers if answer.wrong]
    if wrong:
        return finding(CHECK, False, text, listed(wrong, most=4))
    judged = sum(1 for _, answer in answers if not answer.unjudged)
    if not judged:
        reasons = (f"{place.name}: {answer.unjudged}" for place, answer in answers)
        return not_judged(CHECK, text, listed(reasons, most=3, none="no image was sent"))
    return finding(CHECK, True, text, f"{counted(judged, 'image')} on {counted(len(expected), 'film')}")


# -- one place -------------------------------------------------------------------------------------------------------


def _image(place: Place) -> _Answer:
    if place.unjudged:
        return _Answer(unjudged=place.unjudged)
    if place.stored is not None:
        return _Answer(_stored_image(place))
    if place.printed is None:
        return _Answer("nothing is printed there")
    own = likeness(grid(place.greys), grid(place.printed))
    others = {position: likeness(grid(greys), grid(place.printed)) for position, greys in place.others.items()}
    nearest = max(others, key=lambda position: others[position].strength, default=None)
    if nearest is not None and others[nearest].strength > max(own.strength, ALIKE) + BETTER:
        return _Answer(f"shows the image of position {nearest}")
    if own.strength < ALIKE:
        return _Answer(f"shows no image that was sent (correlation {own.strength:.2f})")
    return _Answer(f"the image is {own.turn}" if own.turn else "")


def _stored_image(place: Place) -> str:
    assert place.stored is not None
    pixels, own = place.stored.pixels, place.sent.pixels
    if own is not None and np.array_equal(pixels, own):
        return ""
    for position, other in place.other_pixels.items():
        if np.array_equal(pixels, other):
            return f"holds the image of position {position}"
    for mirrored, quarters in TURNS[1:]:
        if own is not None and np.array_equal(pixels, turned(own, mirrored, quarters)):
            return f"the image is {'mirrored' if mirrored else f'turned by {90 * quarters} degrees'}"
    return "" if own is not None and pixels.shape == own.shape else f"holds an image of shape {pixels.shape}"


def _polarity(place: Place) -> _Answer:
    if place.unjudged:
        return _Answer(unjudged=place.unjudged)
    if place.stored is not None:
        told = (place.stored.photometric_interpretation, place.stored.parameters.get("Polarity", "NORMAL"))
        sent = (place.sent.photometric_interpretation, place.sent.parameters.get("Polarity", "").strip() or "NORMAL")
        return _Answer("" if told == sent else f"{' '.join(told)}, where {' '.join(sent)} was sent")
    if place.has_lut:
        return _Answer(unjudged="a Presentation LUT may exchange bright and dark")
    if place.printed is None:
        return _Answer(unjudged="nothing is printed there")
    own = likeness(grid(place.greys), grid(place.printed))
    if own.strength < ALIKE:
        return _Answer(unjudged="the image is not recognized")
    return _Answer("bright and dark are exchanged" if own.correlation < 0 else "")


def _pixels(bound: float | None, place: Place) -> _Answer:
    if place.unjudged:
        return _Answer(unjudged=place.unjudged)
    if place.stored is not None:
        return _stored_pixels(bound, place)
    if place.has_lut or place.has_densities:
        return _Answer(unjudged="a Presentation LUT or densities change the greys")
    if place.printed is None:
        return _Answer(unjudged="nothing is printed there")
    if bound is None:
        return _Answer(unjudged="a picture has no samples to compare exactly")
    sent, printed = grid(place.greys), grid(place.printed)
    if sent.ndim != printed.ndim:
        sent, printed = (one.mean(axis=2) if one.ndim == 3 else one for one in (sent, printed))
    most = float(np.abs(sent - printed).max())
    return _Answer("" if most <= bound else f"differs by up to {most:.0f} of 255")


def _stored_pixels(bound: float | None, place: Place) -> _Answer:
    assert place.stored is not None
    pixels, own = place.stored.pixels, place.sent.pixels
    if own is None:
        return _Answer(unjudged=place.sent.complaint)
    if pixels.shape != own.shape or place.stored.bits != place.sent.bits:
        return _Answer(f"{pixels.shape} of {place.stored.bits} bits, where {own.shape} of {place.sent.bits} was sent")
    scale = 255.0 / ((1 << place.stored.bits) - 1)
    most = float(np.abs(pixels.astype(np.int64) - own.astype(np.int64)).max(initial=0)) * scale
    return _Answer("" if most <= (bound or 0.0) else f"samples differ by up to {most:.1f} of 255")


def _magnification(place: Place) -> _Answer:
    asked = place.magnification_asked
    if place.unjudged or not asked:
        return _Answer(unjudged=place.unjudged or "no Magnification Type was sent")
    if place.stored is not None:
        told = place.stored.parameters.get("MagnificationType", "") or place.magnification_told
        return _Answer("" if told == asked else f"{told or 'no Magnification Type'}, where {asked} was sent")
    if place.printed is None:
        return _Answer(unjudged="nothing is printed there")
    rows, columns = place.greys.shape[:2]
    size = place.printed.shape[:2]
    if asked == "NONE":
        same = all(abs(there - sent) <= 1 for there, sent in zip(size, (rows, columns), strict=True))
        return _Answer("" if same else f"{size[0]} x {size[1]} dots, where {rows} x {columns} were sent")
    if size[0] < rows * _INTERPOLATED_FROM or size[1] < columns * _INTERPOLATED_FROM:
        return _Answer(unjudged=f"{size[0]} x {size[1]} dots show no interpolation of {rows} x {columns} pixels")
    sent, there = steps(place.greys), steps(place.printed)
    repeated = there[0] <= sent[0] and there[1] <= sent[1]
    if asked == "REPLICATE" and not repeated:
        return _Answer("pixels are interpolated, where REPLICATE was sent")
    return _Answer(f"pixels are repeated, where {asked} was sent" if asked != "REPLICATE" and repeated else "")
