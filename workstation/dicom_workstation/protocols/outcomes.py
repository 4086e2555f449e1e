"""What the user sees of a choice: the protocol, why it was chosen, what stands where, and why not the others."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_workstation.outcome import Outcome, QueryOutcome, Record


@dataclass(frozen=True, slots=True)
class ImageSetEntry(Record):
    """An image set of the chosen protocol: its studies, and how many images of it are known."""

    number: int
    label: str
    images: int
    studies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BoxEntry(Record):
    """An image box: its display set and presentation group, where it stands, and what it shows first.

    `position` is its upper left and lower right corner in fractions of the display, as DICOM writes them. `images` are
    SOP Instance UIDs; `of` is how many the display set has in all. `detail` says why the box is empty.
    """

    display_set: int
    group: int
    box: int
    image_set: int
    layout: str
    position: str
    images: tuple[str, ...] = ()
    of: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ReasonEntry(Record):
    """A rule of a protocol, and what came of it: met, failed, or not known."""

    protocol: str
    rule: str
    result: str
    on: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ProtocolEntry(Record):
    """A protocol in the order of the choice: whether it fits, and what the ones before it have over it."""

    name: str
    level: str
    fits: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceOutcome(Outcome):
    """The display protocol of a study, and why.

    `protocol` is none if no protocol fits; `why` is what decided. `protocols` are all, the chosen one first. `to_load`
    are series that it shows and of which images are not in memory. `series_queries` and `image_queries` are how many
    questions the archive was asked, `unanswered` why it was not asked further.
    """

    protocol: str | None = None
    why: str = ""
    image_sets: tuple[ImageSetEntry, ...] = ()
    boxes: tuple[BoxEntry, ...] = ()
    to_load: tuple[str, ...] = ()
    protocols: tuple[ProtocolEntry, ...] = ()
    reasons: tuple[ReasonEntry, ...] = ()
    series_queries: int = 0
    image_queries: int = 0
    unanswered: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorsOutcome(QueryOutcome):
    """The other studies of a patient: `priors` are those made before the study, the latest first."""

    priors: tuple[str, ...] = ()
