"""The print page: images, how they go on films, the films as they will be, and the button that prints them.

Invariants: the films that are shown are those of `preview` for the very arguments that `print` gets.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from dicom_workstation.explorer.actions import UID, refuse_paths
from dicom_workstation.explorer.memory_pages import png
from dicom_workstation.explorer.pages import Explorer, page
from dicom_workstation.operations import PREVIEW
from dicom_workstation.outcome import PreviewOutcome
from dicom_workstation.request_models import RequestError

KEPT: Final = 4
MOST_IMAGES: Final = 200
LAYOUTS: Final = ("1x1", "1x2", "2x1", "2x2", "2x3", "3x2", "3x3", "3x4", "4x3", "4x4", "4x5")
CHOICES: Final = (
    ("orientation", "Orientation", ("", "PORTRAIT", "LANDSCAPE")),
    ("film_size", "Film size", ("", "8INX10IN", "10INX12IN", "10INX14IN", "11INX14IN", "14INX14IN", "14INX17IN", "A4")),
    ("medium", "Medium", ("", "PAPER", "CLEAR FILM", "BLUE FILM")),
    ("magnification", "Magnification", ("", "REPLICATE", "BILINEAR", "CUBIC", "NONE")),
    ("border_density", "Border", ("", "BLACK", "WHITE")),
    ("trim", "Trim", ("", "YES", "NO")),
    ("polarity", "Polarity", ("", "NORMAL", "REVERSE")),
    ("size", "Size", ("", "fit", "true")),
    ("priority", "Priority", ("", "HIGH", "MED", "LOW")),
)


@dataclass(frozen=True, slots=True)
class Preview:
    """Films as they will be: PNG files, and what is not as asked for."""

    films: tuple[bytes, ...]
    warnings: tuple[str, ...]
    problem: str


class PrintPages:
    """The print page and its pictures."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._lock = threading.Lock()
        self._previews: OrderedDict[str, Preview] = OrderedDict()

    def _images(self, request: Request) -> list[str]:
        return images_to_print(request.query_params, self._held)

    def _held(self, study: str) -> Sequence[tuple[str, str]] | None:
        """Return Series and SOP Instance UID of the images of a study in memory; None if nothing of it is there."""
        found = self._explorer.holdings.study(study)
        return None if found is None else [(each.instance.SeriesInstanceUID, each.uid) for each in found.images]

    def form(self, request: Request) -> Response:
        """The form, and below it the films."""
        query = request.query_params
        printer = query.get("printer", "") or next(iter(self._explorer.printers()), "")
        arguments, problem = self._arguments(request)
        preview = self._preview(request, printer, arguments) if arguments and query.get("preview") else None
        return page(
            self._explorer,
            request,
            "print.html",
            printer=printer,
            printers=self._explorer.printers(),
            layouts=LAYOUTS,
            choices=CHOICES,
            query=dict(query),
            count=len(self._images(request)),
            arguments=arguments,
            preview=preview,
            problem=problem or ("" if preview is None else preview.problem),
        )

    def film(self, request: Request) -> Response:
        """One film of a preview that was drawn just now."""
        with self._lock:
            preview = self._previews.get(_key(request))
        number = int(request.path_params["number"])
        if preview is None or not 1 <= number <= len(preview.films):
            return PlainTextResponse("the preview is no longer kept: draw it again\n", 404)
        return Response(preview.films[number - 1], media_type="image/png")

    def _arguments(self, request: Request) -> tuple[dict[str, object], str]:
        """Return the arguments of `print`, and what is wrong with them."""
        query, images = request.query_params, self._images(request)
        if not images:
            return {}, "No image is named. Choose Print at a study, a series or in the viewer."
        if len(images) > MOST_IMAGES:
            return {}, f"{len(images)} images are too many for one print job; {MOST_IMAGES} is the most."
        pictures: list[dict[str, object]] = []
        for uid in images:
            picture: dict[str, object] = {"SOPInstanceUID": uid}
            if query.get("frame") and len(images) == 1:
                picture["frame"] = query["frame"] if query["frame"] == "all" else int(query["frame"])
            pictures.append(picture)
        found: dict[str, object] = {"images": pictures, "layout": query.get("layout") or "1x1"}
        for name in (*(name for name, _, _ in CHOICES), "copies", "label", "state"):
            if text := query.get(name, "").strip():
                found[name] = text
        if window := query.get("window"):
            center, _, width = window.partition(",")
            found["window"] = {"center": center, "width": width.partition(",")[0]}
        try:
            refuse_paths(found)
        except RequestError as error:
            return {}, str(error)
        return found, ""

    def _preview(self, request: Request, printer: str, arguments: dict[str, object]) -> Preview:
        outcome = PREVIEW.ask(self._explorer.workstation, printer or None, arguments)
        if isinstance(outcome, PreviewOutcome) and outcome.films:
            found = Preview(tuple(map(png, outcome.films)), outcome.warnings, "")
        else:
            found = Preview((), (), f"{outcome.result}: {outcome.detail}")
        with self._lock:
            self._previews[_key(request)] = found
            while len(self._previews) > KEPT:
                self._previews.popitem(last=False)
        return found


def images_to_print(query: QueryParams, held: Callable[[str], Sequence[tuple[str, str]] | None]) -> list[str]:
    """Return the SOP Instance UIDs of the images to print: those named, or of a study or a series in memory.

    Parameters
    ----------
    query : QueryParams
        `images`; or `study`, and with it perhaps `series`, `first`, `last` and `every`, which count from 1.
    held : callable
        Gives Series and SOP Instance UID of each image of a study in memory.
    """
    given = [uid for uid in ",".join(query.getlist("images")).split(",") if UID.fullmatch(uid)]
    images = held(query.get("study", ""))
    if given or images is None:
        return given
    wanted = query.get("series", "")
    found = [uid for series, uid in images if wanted in ("", series)]
    first, last = _number(query.get("first", ""), 1), _number(query.get("last", ""), len(found))
    return found[first - 1 : last : _number(query.get("every", ""), 1)]


def _number(text: str, usual: int) -> int:
    """Return a number of a form that is at least 1; what is none is as usual."""
    return max(1, int(text)) if text.isdecimal() and len(text) < 7 else usual


def _key(request: Request) -> str:
    return f"{request.state.session.key} {request.url.query}"
