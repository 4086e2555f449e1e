"""A Grayscale Softcopy Presentation State as it was received: what it is for, and what it says of one frame.

Invariants: everything a picture needs is read and checked before a pixel is touched; what a state does not say is
not applied, whatever the image says (PS3.4 N.2).

References
----------
PS3.3 A.33.1; PS3.4 N.2, N.3; conformance statement, 3.2.5
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset

from dicom_workstation.data_sets import decode_texts
from dicom_workstation.pixels import Image
from dicom_workstation.presentation_states.attributes import items, text, values
from dicom_workstation.presentation_states.displayed_area import DisplayedArea
from dicom_workstation.presentation_states.drawing import Drawing
from dicom_workstation.presentation_states.errors import StateError, reading
from dicom_workstation.presentation_states.graphic_annotation import read_annotations, undrawn
from dicom_workstation.presentation_states.graphic_layer import read_layers, with_undefined
from dicom_workstation.presentation_states.overlay_plane import active_overlays, fitted, read_planes
from dicom_workstation.presentation_states.pixel_size import pixel_size
from dicom_workstation.presentation_states.references import (
    ImageReference,
    check_reference,
    read_relationship,
    single_applying_item,
)
from dicom_workstation.presentation_states.shutter import BITMAP, Shutter, beyond, overlay_group, read_shutter
from dicom_workstation.presentation_states.spatial_transformation import SpatialTransformation
from dicom_workstation.tables import GRAYSCALE_SOFTCOPY_PRESENTATION_STATE

IDENTIFYING: Final = ("ContentLabel", "ContentDescription", "ContentCreatorName")
ANNOTATION_TEXT: Final = "UnformattedTextValue"


@dataclass(frozen=True, slots=True)
class Spatial:
    """What a state says of one frame beyond its grey values."""

    shutter: Shutter | None
    turned: SpatialTransformation
    area: DisplayedArea
    drawing: Drawing
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class PresentationState:
    """A state; `references` is what it is for, `doubts` what is doubtful in its text."""

    data_set: Dataset
    references: tuple[ImageReference, ...]
    is_little_endian: bool = True
    doubts: tuple[str, ...] = ()

    @classmethod
    def read(cls, data_set: Dataset, is_little_endian: bool = True) -> PresentationState:
        """Read what a state is for; StateError if it is not a state, or refers to nothing."""
        with reading("the presentation state"):
            if data_set.get("SOPClassUID") != GRAYSCALE_SOFTCOPY_PRESENTATION_STATE:
                raise StateError(f"{data_set.get('SOPClassUID', 'it')} is not a Grayscale Softcopy Presentation State")
            doubts = decode_texts(data_set)
            return cls(data_set, read_relationship(data_set), is_little_endian, doubts)

    @property
    def uid(self) -> str:
        """Its SOP Instance UID."""
        return str(self.data_set.SOPInstanceUID)

    def identification(self) -> dict[str, str]:
        """Return what the user chooses by (PS3.3 C.11.10), and how the layers are described (C.10.7)."""
        with reading("the presentation state"):
            named = {keyword: text(self.data_set, keyword, "") for keyword in IDENTIFYING}
            layers = items(self.data_set, "GraphicLayerSequence")
            described = (text(layer, "GraphicLayerDescription", "") for layer in layers)
            return {**named, "GraphicLayerDescription": "\\".join(filter(None, described))}

    def refers_to(self, SOPInstanceUID: str) -> bool:
        """Whether an image is among those that it is for."""
        return any(each.SOPInstanceUID == SOPInstanceUID for each in self.references)

    def check(self, image: Image, frame: int) -> None:
        """Raise StateError unless the state is for this frame of this image."""
        check_reference(self.references, image.data_set, frame, image.frames)

    def spatial(self, image: Image, frame: int) -> Spatial:
        """Read what the state says of a frame beyond its grey values; StateError if it cannot be followed."""
        rows, columns = image.pixel.rows, image.pixel.columns
        turned = SpatialTransformation.read(self.data_set)
        warnings: list[str] = []
        planes = read_planes(self.data_set, self.is_little_endian)
        group = overlay_group(self.data_set) if BITMAP in values(self.data_set, "ShutterShape") else None
        bitmap = None
        if group is not None:
            if group not in planes:
                raise StateError(f"the overlay {group:04X} of the bitmap shutter is missing")
            bitmap = fitted(planes[group], image, frame)
        shutter = read_shutter(self.data_set, bitmap)
        if shutter is not None:
            warnings += beyond(shutter, rows, columns)
        area = self._area(image, frame, turned, warnings)
        overlays = tuple(active_overlays(self.data_set, planes, image, frame, group))
        uid = str(image.data_set.SOPInstanceUID)
        annotations = read_annotations(self.data_set, uid, frame)
        warnings += undrawn(self.data_set, uid, frame)
        warnings += [doubt for doubt in self.doubts if annotations and doubt.startswith(ANNOTATION_TEXT)]
        used = (each.layer for each in (*overlays, *annotations))
        layers, missing = with_undefined(read_layers(self.data_set), used)
        return Spatial(shutter, turned, area, Drawing(layers, annotations, overlays), (*warnings, *missing))

    def _area(self, image: Image, frame: int, turned: SpatialTransformation, warnings: list[str]) -> DisplayedArea:
        keyword = "DisplayedAreaSelectionSequence"
        item = single_applying_item(items(self.data_set, keyword), str(image.data_set.SOPInstanceUID), frame, keyword)
        if item is not None:
            return DisplayedArea.read(item)
        size, notes = pixel_size(image, frame)
        warnings += [f"{keyword} does not cover this frame: the whole frame is shown", *notes]
        return DisplayedArea.whole(image.pixel.rows, image.pixel.columns, turned, size)
