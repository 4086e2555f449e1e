"""Films as pictures: in the evidence of a case, and against what the film previewer showed."""

from __future__ import annotations

import io
from functools import partial

import numpy as np
import pytest
from hand_written import judged, met, trace_of
from PIL import Image
from printed_by_hand import JOB, PrintTalk, one_film, ramp

from dicom_conformance.judge.case_pictures import MOST, pictures
from dicom_conformance.judge.films import films
from dicom_conformance.trace.trace import Operation, Trace
from dicom_simulators.printer import render
from dicom_wire.capture.sighting import Recorder


def test_each_film_is_a_picture_of_its_case() -> None:
    trace = trace_of(partial(one_film, FilmSizeID="8INX10IN"))
    files = pictures(trace)
    assert set(files) == {"film-1.png"}
    seen = np.asarray(Image.open(io.BytesIO(files["film-1.png"])))
    assert seen.shape == (508, 406)
    assert len(np.unique(seen)) > 20


def test_a_film_that_did_not_come_out_of_the_printer_says_so_by_its_name() -> None:
    def several(recorder: Recorder) -> None:
        talk = PrintTalk(recorder)
        box = talk.box(talk.session(), FilmSizeID="8INX10IN")
        talk.action(box, job="2.25.77")
        talk.action(box, status=0xC602)
        talk.action(box, status=0xB604)
        talk.action(box, status=None)
        talk.event(4, "2.25.77", JOB, ExecutionStatusInfo="FILM JAM")

    assert set(pictures(trace_of(several))) == {
        "film-1-job-failed.png",
        "film-2-not-printed-C602.png",
        "film-3.png",
        "film-4-not-answered.png",
    }


def test_a_film_that_nobody_can_lay_out_has_no_picture() -> None:
    assert pictures(trace_of(partial(one_film, ImageDisplayFormat="STANDARD\\0,0"))) == {}


def test_only_the_first_films_are_shown() -> None:
    def many(recorder: Recorder) -> None:
        talk = PrintTalk(recorder)
        box = talk.box(talk.session(), FilmSizeID="8INX10IN")
        for _ in range(MOST + 2):
            talk.action(box)

    assert len(pictures(trace_of(many))) == MOST


def previewed(change: int = 0, rows: int = 508, films_shown: int = 1) -> Trace:
    """Give a trace in which a preview told the film that was printed then, with one sample changed."""
    trace = Trace(Recorder())
    talk = PrintTalk(trace.recorder)
    box = talk.box(talk.session(), FilmSizeID="8INX10IN", BorderDensity="150")
    talk.image(box, 1, ramp())
    talk.action(box)
    (film,) = films(trace)
    shown = render(film.film()).astype(np.int64)
    shown[100, 50] += change
    told = {"rows": rows, "columns": 406, "samples": 1, "data": shown.astype(np.uint8).tobytes()[: rows * 406]}
    outcome = {"result": "success", "films": [{"number": 1, **told}][:films_shown]}
    trace.operations.append(Operation("workstation", "preview", "printer", {}, 0, 1, outcome))
    trace.operations.append(Operation("workstation", "print", "printer", {}, 2, 1 << 62, {}))
    return trace


@pytest.mark.parametrize(("change", "bound", "good"), [(0, "exact", True), (1, "exact", False), (1, "within 1", True)])
def test_a_preview_is_the_film_that_came_out(change: int, bound: str, good: bool) -> None:
    assert met(previewed(change), "film", preview=bound) is good


def test_what_is_unlike_the_preview_is_said() -> None:
    (finding,) = judged(previewed(9), "film", preview="within 1")
    assert finding.actual == "film 1: 1 samples of the preview differ, by up to 9, as at row 101, column 51"
    (finding,) = judged(previewed(films_shown=0), "film", preview="within 1")
    assert finding.actual == "film 1: no preview of it was shown"
    (finding,) = judged(previewed(rows=500), "film", preview="within 1")
    assert "a preview of shape (500, 406)" in finding.actual
