"""The display protocol of a loaded study: which one was chosen, why, and which window shows what.

Invariants: what is in memory decides, and no archive is asked. A choice that does not succeed is shown with its reason.

References
----------
Conformance statement, 2.2.2.1.3
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from dicom_workstation.data_sets import counted
from dicom_workstation.explorer.holdings import HeldImage
from dicom_workstation.explorer.pages import Explorer, date_text, page
from dicom_workstation.operations import CHOOSE_PROTOCOL
from dicom_workstation.protocols import BoxEntry, ChoiceOutcome, ReasonEntry


@dataclass(frozen=True, slots=True)
class ShownBox:
    """An image box of the chosen protocol in words.

    Attributes
    ----------
    where : str
        Its place on the screen, such as `left half`.
    what : str
        The series that it shows; empty if it shows none.
    image : str
        SOP Instance UID of its first image; empty if it shows none.
    """

    group: int
    display_set: int
    box: int
    where: str
    what: str
    image: str
    detail: str


@dataclass(frozen=True, slots=True)
class ShownChoice:
    """The choice of a display protocol as the pages show it.

    Attributes
    ----------
    why : str
        What decided; where nothing could be chosen, the reason.
    panes : tuple of str
        SOP Instance UID of the first image of each filled box in the first presentation group, in reading order.
    """

    outcome: ChoiceOutcome
    why: str
    boxes: tuple[ShownBox, ...]
    panes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The protocol that was chosen, or `none`."""
        return self.outcome.protocol or "none"

    @property
    def others(self) -> Iterator[tuple[str, str]]:
        """The protocols that were not chosen, and why not."""
        for each in self.outcome.protocols[0 if self.outcome.protocol is None else 1 :]:
            yield each.name, each.why

    @property
    def rules(self) -> Iterator[tuple[str, tuple[ReasonEntry, ...]]]:
        """Each protocol with all its rules and what came of them, in the order of the choice."""
        for each in self.outcome.protocols:
            yield each.name, tuple(one for one in self.outcome.reasons if one.protocol == each.name)


class ProtocolPages:
    """The page of a study's display protocol."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer

    def study(self, request: Request) -> Response:
        """Show every rule of every protocol for a study, and what came of it."""
        uid = request.path_params["study"]
        study = self._explorer.holdings.study(uid)
        if study is None:
            what = "Nothing of this study is in memory. Retrieve it first."
            return page(self._explorer, request, "missing.html", 404, what=what)
        choice = choose_for(self._explorer, uid)
        return page(self._explorer, request, "protocol.html", study=uid, about=study.attributes, choice=choice)


def choose_for(explorer: Explorer, study: str) -> ShownChoice | None:
    """Choose the display protocol of a study by what is in memory; None if no protocol is configured."""
    configuration = explorer.workstation.configuration
    if not (configuration.display_protocols or configuration.display_protocol_files):
        return None
    outcome = CHOOSE_PROTOCOL.ask(explorer.workstation, None, {"StudyInstanceUID": study})
    if not isinstance(outcome, ChoiceOutcome):
        outcome = ChoiceOutcome(peer=None, result=outcome.result, detail=outcome.detail)
    boxes = tuple(_boxes(explorer, study, outcome))
    first = min((each.group for each in outcome.boxes), default=0)
    shown = sorted((each for each in outcome.boxes if each.group == first and each.images), key=_reading_order)
    return ShownChoice(outcome, outcome.why or outcome.detail, boxes, tuple(each.images[0] for each in shown))


def _boxes(explorer: Explorer, study: str, outcome: ChoiceOutcome) -> Iterator[ShownBox]:
    held = explorer.holdings.images({each.images[0] for each in outcome.boxes if each.images})
    for each in outcome.boxes:
        image = each.images[0] if each.images else ""
        what = "" if not image else _words(held[image], study, each.of) if image in held else "an image not in memory"
        where = place_in_words(each.position)
        yield ShownBox(each.group, each.display_set, each.box, where, what, image if image in held else "", each.detail)


def _words(image: HeldImage, study: str, count: int) -> str:
    """Name the series of an image, and its date if it is of another study."""
    about = image.attributes
    series = " ".join(filter(None, (about.get(key, "") for key in ("Modality", "SeriesNumber", "SeriesDescription"))))
    is_other = image.instance.StudyInstanceUID != study
    other = f" of {date_text(about.get('StudyDate', '')) or 'another study'}" if is_other else ""
    return f"{series or 'a series'}{other}, {counted(count, 'image')}"


def place_in_words(position: str) -> str:
    """Return a position on the display in words: `left half`, `upper right`; its numbers where there are no words.

    Parameters
    ----------
    position : str
        Left, upper, right and lower edge in fractions of the display, separated by backslashes; y grows upwards
        (Display Environment Spatial Position, PS3.3 Table C.23.3-1).
    """
    edges = _edges(position)
    if edges is None:
        return position
    left, upper, right, lower = edges
    across = _WORDS.get((left, right))
    down = _WORDS.get((1 - upper, 1 - lower))
    if across is None or down is None:
        return f"{left:.0%} to {right:.0%} across, {1 - upper:.0%} to {1 - lower:.0%} down"
    if across == down == "":
        return "the whole screen"
    side, height = {"first": "left", "last": "right"}.get(across, ""), {"first": "upper", "last": "lower"}.get(down, "")
    return f"{height} {side}" if side and height else f"{side or height} half"


_WORDS = {(0.0, 1.0): "", (0.0, 0.5): "first", (0.5, 1.0): "last"}


def _edges(position: str) -> tuple[float, float, float, float] | None:
    try:
        left, upper, right, lower = map(float, position.split("\\"))
    except ValueError:
        return None
    return left, upper, right, lower


def _reading_order(box: BoxEntry) -> tuple[float, float, int, int]:
    """From top to bottom, then from left to right."""
    left, upper, _, _ = _edges(box.position) or (0.0, 1.0, 1.0, 0.0)
    return (-upper, left, box.display_set, box.box)
