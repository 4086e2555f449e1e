"""What each operation can be told: one request model an operation, checked before anything is opened.

Invariants: what is not given has the default that stands here; an unknown argument is refused; numbers may be
given as text. The fields that bear an `Option` are the options of the command line. Nothing heavy is imported here.

References
----------
Conformance statement, 3.2.1 (query), 3.2.2 (retrieve), 3.2.3 (store), 3.2.4 (print), 3.2.5 (presentation states)
"""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt

from dicom_workstation.presentation_states import WINDOW_HELP, ImageFrames, Presentation, Window
from dicom_workstation.printing import PrintRequest
from dicom_workstation.request_models import Listed, Option, RequestError, Value, keys_of, viewport_of, window_of

__all__ = [
    "AdvanceRequest",
    "ConfigureRequest",
    "EmptyRequest",
    "FrameRequest",
    "InstanceRequest",
    "PresentRequest",
    "PrintRequest",
    "QueryRequest",
    "RenderRequest",
    "RequestError",
    "RetrieveRequest",
    "SaveRequest",
    "SkipRequest",
    "StoreRequest",
    "StudyRequest",
    "Viewport",
    "WorklistRequest",
]


class EmptyRequest(Value):
    """An operation that is told nothing but the peer, if that."""


class ConfigureRequest(Value):
    """Any fields of the configuration, with their new values; the other fields stay as they are."""

    model_config = ConfigDict(extra="allow")

    @property
    def changes(self) -> dict[str, object]:
        """The fields to change, by name, and their new values."""
        return dict(self.model_extra or {})


class QueryRequest(Value):
    """What an archive is asked for: keyword -> text, or a list of texts, or a list of items of a sequence."""

    model: Annotated[
        Literal["study_root", "patient_root"],
        Option("the information model", choices=("study_root", "patient_root")),
    ] = "study_root"
    level: Annotated[
        Literal["PATIENT", "STUDY", "SERIES", "IMAGE"],
        Option("what is asked for", choices=("PATIENT", "STUDY", "SERIES", "IMAGE")),
    ] = "STUDY"
    keys: Annotated[
        dict[str, object],
        Option("a key to match, or to be returned; repeatable", "KEYWORD[=VALUE]", ("--key", "-k"), read_all=keys_of),
    ] = Field(default_factory=dict)


class RetrieveRequest(Value):
    """What an archive is to send here: the unique keys, one UID each, at the level itself also a list of UIDs."""

    model: Literal["study_root"] = Field(default="study_root", description="the information model")
    level: Annotated[
        Literal["STUDY", "SERIES", "IMAGE"],
        Option("what is retrieved", choices=("STUDY", "SERIES", "IMAGE")),
    ] = "STUDY"
    keys: Annotated[
        dict[str, object],
        Option("StudyInstanceUID=..., and below; repeatable", "KEYWORD=VALUE", ("--key", "-k"), read_all=keys_of),
    ] = Field(default_factory=dict)


def _paths(given: object) -> object:
    """Take a single path for a list of one, and paths for text."""
    if isinstance(given, str | PathLike):
        return [str(given)]
    return [str(each) for each in given] if isinstance(given, Iterable) else given


class StoreRequest(Value):
    """What is sent to an archive: Part 10 files, or instances in memory by SOP Instance UID."""

    files: Annotated[tuple[str, ...], BeforeValidator(_paths)] = Field(default=(), description="DICOM files")
    instances: Annotated[tuple[str, ...], Listed] = Field(
        default=(), description="SOP Instance UIDs of instances in memory"
    )


class WorklistRequest(Value):
    """A worklist, by its name in the configuration; not needed where there is one alone."""

    name: str | None = Field(default=None, description="the worklist, by its name; not needed if there is one alone")


class SkipRequest(WorklistRequest):
    """A study of a worklist."""

    StudyInstanceUID: Annotated[
        str | None, Option("the study; the one that is open if not given", "UID", ("--study",))
    ] = None


class AdvanceRequest(Value):
    """A time by which the manual clock is moved."""

    s: NonNegativeFloat = Field(default=0.0, description="seconds")


class StudyRequest(Value):
    """A study of which images are in memory."""

    StudyInstanceUID: str = Field(min_length=1, description="Study Instance UID of a study in memory")


class InstanceRequest(Value):
    """An instance in memory."""

    SOPInstanceUID: str = Field(description="SOP Instance UID of an image in memory")


class FrameRequest(InstanceRequest):
    """One frame of an image in memory."""

    frame: Annotated[PositiveInt, Option("the frame, from 1", "N")] = 1


class Viewport(Value):
    """A window of the display, in its pixels."""

    rows: PositiveInt = Field(description="number of rows, in pixels")
    columns: PositiveInt = Field(description="number of columns, in pixels")


class RenderRequest(FrameRequest):
    """How an image is looked at; `state` is a presentation state in memory."""

    state: str | None = Field(
        default=None, description="SOP Instance UID of a presentation state in memory; without it the image as it is"
    )
    window: Annotated[Window | None, Option(WINDOW_HELP, "C,W", read=window_of)] = None
    viewport: Annotated[
        Viewport | None, Option("the window that SCALE TO FIT fills", "ROWSxCOLUMNS", read=viewport_of)
    ] = None
    display_spacing_mm: Annotated[
        PositiveFloat | None,
        Option("pitch of the display's pixels, for TRUE SIZE", "MM", ("--display-spacing",)),
    ] = None


class SaveRequest(RenderRequest):
    """What is looked at, to be saved as an image."""

    description: Annotated[str, Field(max_length=1024), Option("Derivation Description")] = ""


def _selection(given: object) -> object:
    return {"SOPInstanceUID": given} if isinstance(given, str) else given


class PresentRequest(Presentation):
    """What is displayed, to be recorded as a presentation state: the images, and how they are displayed."""

    images: Annotated[tuple[Annotated[ImageFrames, BeforeValidator(_selection)], ...], Listed] = Field(
        default=(), description="the images that the state is for"
    )
