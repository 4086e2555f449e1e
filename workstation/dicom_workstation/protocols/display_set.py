"""A display set: which images of a set are shown, in which order, in which boxes of the display.

Invariants: positions are fractions of the whole display, the upper left corner before the lower right one, y grows
upwards.

References
----------
PS3.3 Table C.23.3-1
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt, model_validator

from dicom_workstation.protocols.fields import OrNothing, Part, YesNo
from dicom_workstation.protocols.selector import FilterOperation, SortingOperation

LayoutType = Literal["TILED", "STACK", "CINE", "PROCESSED", "SINGLE"]
ScrollType = Annotated[Literal["PAGE", "ROW_COLUMN", "IMAGE", "FRACTION_PAGE"] | None, OrNothing]
Flag = Annotated[Literal["YES", "NO"] | None, YesNo]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


def _corners(given: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = given
    if not (left < right and bottom < top):
        raise ValueError(
            "write [left, top, right, bottom], where y grows upwards: [0.0, 1.0, 0.5, 0.0] is the left half"
        )
    return given


Position = Annotated[tuple[Fraction, Fraction, Fraction, Fraction], AfterValidator(_corners)]
Orientation = Annotated[tuple[str, ...], Field(min_length=2, max_length=2)]


class ImageBox(Part):
    """A rectangle of the display, and how images are shown in it."""

    ImageBoxNumber: PositiveInt = Field(description="its number; the images flow through the boxes in this order")
    DisplayEnvironmentSpatialPosition: Position = Field(
        description="upper left and lower right corner, as fractions of the display; y grows upwards"
    )
    ImageBoxLayoutType: LayoutType = Field(description="how its images are shown; PROCESSED is not supported")
    ImageBoxTileHorizontalDimension: PositiveInt | None = Field(default=None, description="tiles in a row, if TILED")
    ImageBoxTileVerticalDimension: PositiveInt | None = Field(default=None, description="rows of tiles, if TILED")
    ImageBoxScrollDirection: Annotated[Literal["VERTICAL", "HORIZONTAL"] | None, OrNothing] = Field(
        default=None, description="which way it scrolls, if TILED"
    )
    ImageBoxSmallScrollType: ScrollType = Field(default=None, description="by what it scrolls a little")
    ImageBoxSmallScrollAmount: PositiveInt | None = Field(default=None, description="and by how many")
    ImageBoxLargeScrollType: ScrollType = Field(default=None, description="by what it scrolls much")
    ImageBoxLargeScrollAmount: PositiveInt | None = Field(default=None, description="and by how many")
    ImageBoxOverlapPriority: Annotated[PositiveInt, Field(le=100)] | None = Field(
        default=None, description="which of two boxes that overlap is above: the one with the lower number"
    )
    PreferredPlaybackSequencing: Annotated[int, Field(ge=0, le=1)] | None = Field(
        default=None, description="how a CINE plays: 0 begins anew, 1 goes back and forth"
    )
    RecommendedDisplayFrameRate: PositiveInt | None = Field(default=None, description="frames a second of a CINE")
    CineRelativeToRealTime: PositiveFloat | None = Field(
        default=None, description="how fast a CINE plays, 1 being the speed at which it was acquired"
    )

    @model_validator(mode="after")
    def _has_its_tiles(self) -> Self:
        tiles = (self.ImageBoxTileHorizontalDimension, self.ImageBoxTileVerticalDimension)
        if self.ImageBoxLayoutType == "TILED" and None in tiles:
            raise ValueError("TILED needs ImageBoxTileHorizontalDimension and ImageBoxTileVerticalDimension")
        if self.ImageBoxLayoutType != "TILED" and tiles != (None, None):
            raise ValueError("only a TILED box has tiles")
        return self

    @property
    def tiles(self) -> int:
        """How many images it shows at once; 0: any number, one after another."""
        if self.ImageBoxLayoutType == "TILED":
            return (self.ImageBoxTileHorizontalDimension or 1) * (self.ImageBoxTileVerticalDimension or 1)
        return 1 if self.ImageBoxLayoutType == "SINGLE" else 0


Reformatting = Annotated[Literal["MPR", "3D_RENDERING", "SLAB"] | None, OrNothing]
View = Annotated[Literal["SAGITTAL", "TRANSVERSE", "CORONAL", "OBLIQUE"] | None, OrNothing]


class DisplaySet(Part):
    """Images of one image set, filtered and sorted, and the boxes that show them."""

    DisplaySetNumber: PositiveInt = Field(description="its number")
    DisplaySetLabel: str = Field(default="", max_length=64, description="what it shows, in words")
    DisplaySetPresentationGroup: PositiveInt = Field(
        description="display sets with the same number are shown together; 1 first"
    )
    DisplaySetPresentationGroupDescription: str = Field(default="", max_length=64, description="the group, in words")
    ImageSetNumber: PositiveInt = Field(description="the image set that it shows")
    ImageBoxes: tuple[ImageBox, ...] = Field(min_length=1, description="where; several boxes only if they are TILED")
    FilterOperations: tuple[FilterOperation, ...] = Field(
        default=(), description="conditions, all of which the images that are shown meet"
    )
    SortingOperations: tuple[SortingOperation, ...] = Field(
        default=(), description="by what they are sorted; by Series Number and Instance Number in the end"
    )
    BlendingOperationType: Annotated[Literal["COLOR"] | None, OrNothing] = Field(
        default=None, description="blending with another display set; not supported"
    )
    ReformattingOperationType: Reformatting = Field(default=None, description="reformatting; not supported")
    ReformattingThickness: PositiveFloat | None = Field(default=None, description="slice thickness, in mm")
    ReformattingInterval: PositiveFloat | None = Field(default=None, description="distance of slices, in mm")
    ReformattingOperationInitialViewDirection: View = Field(default=None, description="from where it is seen first")
    ThreeDRenderingType: tuple[str, ...] = Field(default=(), description="how volumes are rendered")
    DisplaySetPatientOrientation: Orientation | None = Field(
        default=None, description="what is right and what is below in the picture, as [L, F]"
    )
    DisplaySetHorizontalJustification: Annotated[Literal["LEFT", "CENTER", "RIGHT"] | None, OrNothing] = Field(
        default=None, description="at which side of its box the picture stands"
    )
    DisplaySetVerticalJustification: Annotated[Literal["TOP", "CENTER", "BOTTOM"] | None, OrNothing] = Field(
        default=None, description="at which end of its box the picture stands"
    )
    VOIType: str = Field(default="", max_length=16, description="window that is shown first: LUNG, BONE, BRAIN ...")
    PseudoColorType: str = Field(default="", max_length=16, description="colours that grey is shown in")
    ShowGrayscaleInverted: Flag = Field(default=None, description="whether grey is inverted")
    ShowImageTrueSizeFlag: Flag = Field(default=None, description="whether pictures have the size of what they show")
    ShowGraphicAnnotationFlag: Flag = Field(default=None, description="whether graphics are shown")
    ShowPatientDemographicsFlag: Flag = Field(default=None, description="whether the patient is named")
    ShowAcquisitionTechniquesFlag: Flag = Field(default=None, description="whether acquisition is described")

    @model_validator(mode="after")
    def _has_its_boxes(self) -> Self:
        if len(self.ImageBoxes) > 1 and any(each.ImageBoxLayoutType != "TILED" for each in self.ImageBoxes):
            raise ValueError("only TILED images flow through several boxes")
        numbers = sorted(each.ImageBoxNumber for each in self.ImageBoxes)
        if numbers != list(range(1, len(numbers) + 1)):
            raise ValueError("ImageBoxNumber must be 1, 2, 3 ... each once")
        return self

    @property
    def unsupported(self) -> str:
        """What it needs that this workstation cannot show; empty if nothing."""
        if self.ReformattingOperationType is not None:
            return f"{self.ReformattingOperationType} is not supported"
        if self.BlendingOperationType is not None:
            return "blending is not supported"
        return "PROCESSED is not supported" if self.has_processed_box else ""

    @property
    def has_processed_box(self) -> bool:
        """Whether what it shows is to be processed first."""
        return any(each.ImageBoxLayoutType == PROCESSED for each in self.ImageBoxes)


PROCESSED: Final = "PROCESSED"
