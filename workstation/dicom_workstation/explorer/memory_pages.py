"""The pages of what is in memory: loaded studies, the viewer, and what the viewer asks for.

Invariants: a picture is what the operation `render` gives, byte for byte in its grey values.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from io import BytesIO
from typing import Final
from urllib.parse import quote

from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dicom_workstation.explorer.holdings import HeldImage, HeldSeries, HeldStudy
from dicom_workstation.explorer.pages import FROM_WORKLIST, Explorer, date_text, name_text, page
from dicom_workstation.explorer.protocol_pages import choose_for
from dicom_workstation.operations import RENDER, STATES
from dicom_workstation.outcome import Picture, RenderOutcome, StatesOutcome
from dicom_workstation.viewing import FrameValuesError, frame_facts, frame_values

QUICK_COMPRESSION: Final = 1


class MemoryPages:
    """What is in memory, and how it looks."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer

    def loaded(self, request: Request) -> Response:
        """The studies in memory."""
        memory = self._explorer.workstation.memory
        return page(
            self._explorer,
            request,
            "loaded.html",
            studies=self._explorer.holdings.studies(),
            used_bytes=memory.used_bytes,
            budget_bytes=self._explorer.workstation.configuration.memory_budget_bytes,
            retrieved=self._explorer.jobs.retrieved(),
        )

    def viewer(self, request: Request) -> Response:
        """The viewer of a study; without script, one picture at a time."""
        study = self._explorer.holdings.study(request.path_params["study"])
        if study is None or not study.images:
            what = "No image of this study is in memory. Retrieve it first."
            return page(self._explorer, request, "missing.html", 404, what=what)
        shown, place = _shown(study, request.query_params.get("image", ""))
        return page(
            self._explorer,
            request,
            "viewer.html",
            study=study,
            shown=shown,
            before=study.images[place - 1] if place else None,
            after=study.images[place + 1] if place + 1 < len(study.images) else None,
            choice=choose_for(self._explorer, study.uid),
            worklist=_worklist(request, self._explorer),
        )

    def contents(self, request: Request) -> Response:
        """What the viewer's script shows a choice of: series, images, other studies in memory (JSON)."""
        study = self._explorer.holdings.study(request.path_params["study"])
        if study is None:
            return JSONResponse(None, 404)
        return JSONResponse(_contents(study, self._explorer.holdings.of_the_same_patient(study)))

    def facts(self, request: Request) -> Response:
        """What a display needs to know of a frame (JSON)."""
        try:
            found = frame_facts(self._explorer.workstation.memory, request.path_params["image"], _frame(request))
        except FrameValuesError as error:
            return JSONResponse({"problem": str(error)}, 404)
        return JSONResponse(asdict(found))

    def values(self, request: Request) -> Response:
        """The values of a frame in modality units, so that the window can follow the mouse."""
        try:
            found = frame_values(self._explorer.workstation.memory, request.path_params["image"], _frame(request))
        except FrameValuesError as error:
            return JSONResponse({"problem": str(error)}, 404)
        return Response(found.data, media_type="application/octet-stream", headers={"x-kind": found.kind})

    def states(self, request: Request) -> Response:
        """The presentation states in memory that are for an image (JSON)."""
        image = request.path_params["image"]
        outcome = STATES.ask(self._explorer.workstation, None, {"SOPInstanceUID": image})
        return JSONResponse([each.as_dict() for each in outcome.states] if isinstance(outcome, StatesOutcome) else [])

    def picture(self, request: Request) -> Response:
        """A frame as PNG, exactly as `render` gives it; what is doubtful stands in the header x-warnings."""
        asked: dict[str, object] = {"SOPInstanceUID": request.path_params["image"], "frame": _frame(request)}
        if state := request.query_params.get("state"):
            asked["state"] = state
        if window := request.query_params.get("window"):
            center, _, rest = window.partition(",")
            width, _, function = rest.partition(",")
            asked["window"] = {"center": center, "width": width, "function": function or "LINEAR"}
        outcome = RENDER.ask(self._explorer.workstation, None, asked)
        if not isinstance(outcome, RenderOutcome) or outcome.rendering is None:
            return PlainTextResponse(outcome.detail, 404)
        warnings = quote(json.dumps(outcome.warnings))[:6000]
        return Response(png(outcome.rendering), media_type="image/png", headers={"x-warnings": warnings})


def png(picture: Picture) -> bytes:
    """Encode a picture, quickly rather than small."""
    encoded = BytesIO()
    mode = "L" if picture.samples == 1 else "RGB"
    size = (picture.columns, picture.rows)
    Image.frombytes(mode, size, picture.data).save(encoded, format="PNG", compress_level=QUICK_COMPRESSION)
    return encoded.getvalue()


def _frame(request: Request) -> int:
    text = request.query_params.get("frame", "1")
    return int(text) if text.isdecimal() and 0 < len(text) < 9 else 1


def _shown(study: HeldStudy, uid: str) -> tuple[HeldImage, int]:
    """Return the image that is asked for, the first if it is not held, and its place in the study."""
    place = next((place for place, each in enumerate(study.images) if each.uid == uid), 0)
    return study.images[place], place


def _worklist(request: Request, explorer: Explorer) -> str:
    """Return the worklist from which the study was opened; empty if it was opened otherwise."""
    name = request.query_params.get(FROM_WORKLIST, "")
    return name if name in explorer.workstation.configuration.worklists else ""


def _contents(study: HeldStudy, others: Sequence[HeldStudy]) -> Mapping[str, object]:
    """Return the study and, after it, the other studies of the patient; each series says of whom and when it is."""
    return {
        "study": study.uid,
        "series": [_series(series, each) for each in (study, *others) for series in each.series],
    }


def _series(series: HeldSeries, study: HeldStudy) -> Mapping[str, object]:
    about = series.attributes
    return {
        "uid": series.uid,
        "study": study.uid,
        "patient": name_text(about.get("PatientName", "")),
        "patient_id": about.get("PatientID", ""),
        "birth_date": date_text(about.get("PatientBirthDate", "")),
        "sex": about.get("PatientSex", ""),
        "date": date_text(about.get("StudyDate", "")),
        "study_description": about.get("StudyDescription", ""),
        "number": about.get("SeriesNumber", ""),
        "modality": about.get("Modality", ""),
        "description": about.get("SeriesDescription", ""),
        "images": [
            {"uid": image.uid, "number": image.attributes.get("InstanceNumber", ""), "frames": image.frames}
            for image in series.images
        ],
    }
