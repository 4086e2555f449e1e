"""A display protocol: for which studies it is, which images it wants, and where on the screens they are shown.

Invariants: the fields are the attributes of the Hanging Protocol IOD by their keywords, a sequence without the word
`Sequence`; whatever the tables of PS3.3 C.23 do not allow is refused when the protocol is read.

References
----------
PS3.3 Sections A.44, C.23.1 (Table C.23.1-1), C.23.2 (Table C.23.2-1), C.23.3 (Table C.23.3-1)
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, NonNegativeInt, PositiveInt, model_validator

from dicom_workstation.protocols.display_set import DisplaySet, Position
from dicom_workstation.protocols.fields import Codes, OrNothing, Part
from dicom_workstation.protocols.selector import ImageCondition

Level = Literal["SINGLE_USER", "USER_GROUP", "SITE", "MANUFACTURER"]
Units = Literal["SECONDS", "MINUTES", "HOURS", "DAYS", "WEEKS", "MONTHS", "YEARS"]


class Definition(Part):
    """One kind of study that a protocol is for; what is left empty does not restrict it."""

    Modality: Annotated[str | None, OrNothing] = Field(default=None, description="Modality of its images")
    AnatomicRegion: Codes = Field(default=(), description="regions of the body, any of which its images show")
    Laterality: Annotated[Literal["R", "L", "U", "B"] | None, OrNothing] = Field(
        default=None, description="Laterality of the region; any if it is not given"
    )
    ProcedureCode: Codes = Field(default=(), description="procedures, any of which was performed")
    ReasonForRequestedProcedureCode: Codes = Field(default=(), description="reasons, any of which it was requested for")

    @model_validator(mode="after")
    def _restricts(self) -> Self:
        if self.Modality is None and not self.AnatomicRegion:
            raise ValueError("a definition has a Modality, an AnatomicRegion, or both")
        return self


def _span(given: tuple[int, int]) -> tuple[int, int]:
    if given[0] > given[1]:
        raise ValueError("the first number is not greater than the second")
    return given


def _priors(given: tuple[int, int]) -> tuple[int, int]:
    first, last = given
    allowed = (first == last == -1) or (first >= 1 and (last == -1 or last >= first))
    if not allowed:
        raise ValueError("write [1, 1] for the latest prior, [-1, -1] for the oldest, [1, -1] for all, or [2, 3]")
    return given


class TimeBasedImageSet(Part):
    """An image set: the images of some studies, chosen by their time."""

    ImageSetNumber: PositiveInt = Field(description="its number, by which display sets name it")
    ImageSetSelectorCategory: Literal["RELATIVE_TIME", "ABSTRACT_PRIOR"] = Field(
        description="whether its studies are chosen by how old they are, or by their place among the priors"
    )
    RelativeTime: Annotated[tuple[NonNegativeInt, NonNegativeInt], AfterValidator(_span)] | None = Field(
        default=None, description="from how long to how long before the current study; [0, 0] is the current study"
    )
    RelativeTimeUnits: Units | None = Field(default=None, description="the unit of RelativeTime")
    AbstractPriorValue: Annotated[tuple[int, int], AfterValidator(_priors)] | None = Field(
        default=None, description="from which to which prior: 1 is the latest, -1 the oldest; [1, -1] are all"
    )
    AbstractPriorCode: Codes = Field(default=(), description="the priors that a code describes; not shown")
    ImageSetLabel: str = Field(default="", max_length=64, description="what it is, in words")

    @model_validator(mode="after")
    def _has_its_time(self) -> Self:
        if self.ImageSetSelectorCategory == "RELATIVE_TIME":
            if self.RelativeTime is None or self.RelativeTimeUnits is None:
                raise ValueError("RELATIVE_TIME needs RelativeTime and RelativeTimeUnits")
        elif (self.AbstractPriorValue is None) == (not self.AbstractPriorCode):
            raise ValueError("ABSTRACT_PRIOR needs either AbstractPriorValue or AbstractPriorCode")
        return self

    @property
    def is_current(self) -> bool:
        """Whether the current study belongs to it."""
        return self.RelativeTime is not None and self.RelativeTime[0] == 0


class ImageSet(Part):
    """Which images are wanted, and of which times."""

    ImageSetSelector: tuple[ImageCondition, ...] = Field(
        min_length=1, description="conditions, all of which an image meets"
    )
    TimeBasedImageSets: tuple[TimeBasedImageSet, ...] = Field(min_length=1, description="the image sets, by their time")


class Screen(Part):
    """A screen: its size in pixels, and which part of the display it is."""

    NumberOfVerticalPixels: PositiveInt = Field(description="its height in pixels")
    NumberOfHorizontalPixels: PositiveInt = Field(description="its width in pixels")
    DisplayEnvironmentSpatialPosition: Position = Field(
        default=(0.0, 1.0, 1.0, 0.0),
        description="upper left and lower right corner, as fractions of the display; y grows upwards",
    )
    ScreenMinimumGrayscaleBitDepth: PositiveInt | None = Field(default=None, description="bits per grey pixel")
    ScreenMinimumColorBitDepth: PositiveInt | None = Field(default=None, description="bits per sample in colour")
    ApplicationMaximumRepaintTime: PositiveInt | None = Field(
        default=None, description="how long repainting may take, in milliseconds"
    )


class ScrollingGroup(Part):
    """Display sets that are scrolled together."""

    DisplaySetScrollingGroup: tuple[PositiveInt, ...] = Field(min_length=2, description="their numbers")


class Navigation(Part):
    """Display sets on which another one shows where it is."""

    NavigationDisplaySet: PositiveInt | None = Field(default=None, description="the display set to navigate in")
    ReferenceDisplaySets: tuple[PositiveInt, ...] = Field(min_length=1, description="those that refer to it")


class DisplayProtocol(Part):
    """A display protocol: which images of which studies are shown where."""

    HangingProtocolName: str = Field(min_length=1, max_length=16, description="its name")
    HangingProtocolDescription: str = Field(default="", max_length=64, description="what it is for, in words")
    HangingProtocolLevel: Level = Field(description="whose it is; that of a user goes before that of the site")
    HangingProtocolCreator: str = Field(default="", max_length=64, description="who made it")
    HangingProtocolCreationDateTime: str = Field(
        default="", pattern=r"^(\d{4,14}(\.\d{1,6})?([+-]\d{4})?)?$", description="when, as DICOM writes it (VR DT)"
    )
    HangingProtocolDefinition: tuple[Definition, ...] = Field(
        min_length=1, description="the kinds of study that it is for, any of which"
    )
    NumberOfPriorsReferenced: NonNegativeInt = Field(default=0, description="how many priors it shows")
    ImageSets: tuple[ImageSet, ...] = Field(min_length=1, description="the images that it wants")
    HangingProtocolUserIdentificationCode: Codes = Field(
        default=(), description="whose it is, if its level is SINGLE_USER"
    )
    HangingProtocolUserGroupName: str = Field(
        default="", max_length=64, description="the group whose it is, if its level is USER_GROUP"
    )
    NumberOfScreens: NonNegativeInt | None = Field(default=None, description="how many screens it is made for")
    NominalScreenDefinition: tuple[Screen, ...] = Field(default=(), description="the screens that it is made for")
    DisplaySets: tuple[DisplaySet, ...] = Field(min_length=1, description="what is shown, and where")
    PartialDataDisplayHandling: Annotated[Literal["MAINTAIN_LAYOUT", "ADAPT_LAYOUT"] | None, OrNothing] = Field(
        default=None, description="whether boxes without images stay; they do if it is not given"
    )
    SynchronizedScrolling: tuple[ScrollingGroup, ...] = Field(default=(), description="what is scrolled together")
    NavigationIndicator: tuple[Navigation, ...] = Field(default=(), description="where it is shown where one is")
    SOPInstanceUID: str = Field(default="", max_length=64, description="its UID, if it came as an instance")

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        sets = [one.ImageSetNumber for each in self.ImageSets for one in each.TimeBasedImageSets]
        _check_numbers(sets, "ImageSetNumber")
        _check_numbers([each.DisplaySetNumber for each in self.DisplaySets], "DisplaySetNumber")
        shown = {each.DisplaySetNumber for each in self.DisplaySets}
        for each in self.DisplaySets:
            if each.ImageSetNumber not in sets:
                text = f"display set {each.DisplaySetNumber} shows image set {each.ImageSetNumber}"
                raise ValueError(f"{text}, which is not among the ImageSets")
        for group in self.SynchronizedScrolling:
            if unknown := set(group.DisplaySetScrollingGroup) - shown:
                raise ValueError(f"DisplaySetScrollingGroup names display set {min(unknown)}, which there is not")
        if self.NominalScreenDefinition and self.NumberOfScreens not in (None, len(self.NominalScreenDefinition)):
            raise ValueError("NumberOfScreens is not the number of screens in NominalScreenDefinition")
        return self

    @property
    def time_based_sets(self) -> tuple[tuple[ImageSet, TimeBasedImageSet], ...]:
        """Each image set by its number, and the conditions that its images meet."""
        pairs = [(one, each) for one in self.ImageSets for each in one.TimeBasedImageSets]
        return tuple(sorted(pairs, key=lambda pair: pair[1].ImageSetNumber))


def _check_numbers(numbers: list[int], name: str) -> None:
    """Raise ValueError unless the numbers are 1, 2, 3 ..., in any order."""
    if sorted(numbers) != list(range(1, len(numbers) + 1)):
        raise ValueError(f"{name} must be 1, 2, 3 ... each once, not {', '.join(map(str, numbers))}")
