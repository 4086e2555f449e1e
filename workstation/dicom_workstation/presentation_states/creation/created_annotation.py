"""Graphic Annotation, Graphic Layer and Overlay Activation Modules of a created state.

References
----------
PS3.3 C.10.5, C.10.7, C.11.7
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from dicom_workstation.pixels import Remarks, usable_overlays
from dicom_workstation.presentation_states.graphic_annotation import CLOSED
from dicom_workstation.presentation_states.image_selection import SelectedImage
from dicom_workstation.presentation_states.overlay_plane import ACTIVATION_LAYER, GROUPS, has_overlay
from dicom_workstation.presentation_states.presentation import Annotation, LayerSettings, Presentation

OVERLAY_LAYER: Final = "OVERLAYS"


def annotation_modules(displayed: Sequence[SelectedImage], presentation: Presentation) -> Dataset:
    """Return the modules; each layer that is used is defined, those without settings above the others."""
    module = Dataset()
    groups = _overlay_groups(displayed) if presentation.overlays else ()
    for group in GROUPS:  # type 2C: each group that an image has is named, without a layer where it is not shown
        if any(has_overlay(each.image, group) for each in displayed):
            layer = OVERLAY_LAYER if group in groups else None
            module.add(DataElement(Tag(group, ACTIVATION_LAYER), "CS", layer))
    used = [*([OVERLAY_LAYER] if groups else []), *(each.layer for each in presentation.annotations)]
    given = {each.name: each for each in presentation.layers}
    names = list(dict.fromkeys([*given, *used]))
    if names:
        module.GraphicLayerSequence = [
            _layer(given.get(name, LayerSettings(name=name)), order) for order, name in enumerate(names, 1)
        ]
    by_layer: dict[str, list[Annotation]] = {}
    for each in presentation.annotations:
        by_layer.setdefault(each.layer, []).append(each)
    if by_layer:
        module.GraphicAnnotationSequence = [
            _item(displayed, layer, annotations) for layer, annotations in by_layer.items()
        ]
    return module


def _overlay_groups(displayed: Sequence[SelectedImage]) -> tuple[int, ...]:
    """Return the overlays that can be drawn in every image: what a state activates, each of its images must have."""
    usable = [{plane.group for plane in usable_overlays(each.source, Remarks())} for each in displayed]
    return tuple(group for group in GROUPS if all(group in groups for groups in usable))


def _layer(settings: LayerSettings, order: int) -> Dataset:
    item = Dataset()
    item.GraphicLayer, item.GraphicLayerOrder = settings.name, order
    item.GraphicLayerRecommendedDisplayGrayscaleValue = settings.p_value
    if settings.description:
        item.GraphicLayerDescription = settings.description
    return item


def _item(displayed: Sequence[SelectedImage], layer: str, annotations: Sequence[Annotation]) -> Dataset:
    item = Dataset()
    item.ReferencedImageSequence = [each.reference() for each in displayed]
    item.GraphicLayer = layer
    graphics = [_graphic(each) for each in annotations if each.type is not None]
    texts = [_text(each) for each in annotations if each.text is not None]
    if graphics:
        item.GraphicObjectSequence = graphics
    if texts:
        item.TextObjectSequence = texts
    return item


def _graphic(annotation: Annotation) -> Dataset:
    item = Dataset()
    item.GraphicAnnotationUnits, item.GraphicDimensions = annotation.units, 2
    points = annotation.points
    if annotation.filled and annotation.type not in CLOSED and points[0] != points[-1]:
        points = (*points, points[0])  # only what is closed can be filled (PS3.3 C.10.5)
    item.NumberOfGraphicPoints = len(points)
    item.GraphicData = [value for point in points for value in point]
    item.GraphicType = annotation.type
    if annotation.type in CLOSED or points[0] == points[-1]:
        item.GraphicFilled = "Y" if annotation.filled else "N"
    return item


def _text(annotation: Annotation) -> Dataset:
    item = Dataset()
    item.UnformattedTextValue = annotation.text
    if annotation.box is not None:
        item.BoundingBoxAnnotationUnits = annotation.units
        item.BoundingBoxTopLeftHandCorner, item.BoundingBoxBottomRightHandCorner = map(list, annotation.box)
        item.BoundingBoxTextHorizontalJustification = annotation.justification
    if annotation.anchor is not None:
        item.AnchorPointAnnotationUnits = annotation.anchor_units
        item.AnchorPoint = list(annotation.anchor)
        item.AnchorPointVisibility = "Y" if annotation.anchor_visible else "N"
    return item
