"""Graphic Layer Module: in which order layers are drawn, and in which grey.

References
----------
PS3.3 C.10.7 (Graphic Layer Order: the lowest is drawn first; Recommended Display Grayscale Value in P-Values)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.dataset import Dataset

from dicom_workstation.presentation_states.attributes import items, number, text, values
from dicom_workstation.presentation_states.errors import StateError
from dicom_workstation.presentation_states.shutter import P_VALUE_MAXIMUM


@dataclass(frozen=True, slots=True)
class GraphicLayer:
    """A layer; `p_value` is the grey recommended for it, white where none is."""

    name: str
    order: int
    p_value: int = P_VALUE_MAXIMUM


def read_layers(state: Dataset) -> tuple[GraphicLayer, ...]:
    """Read Graphic Layer Sequence, lowest first."""
    layers = [_read_layer(item) for item in items(state, "GraphicLayerSequence")]
    names = [layer.name for layer in layers]
    if len(set(names)) != len(names):
        raise StateError(f"GraphicLayerSequence names a layer twice: {names}")
    return tuple(sorted(layers, key=lambda layer: layer.order))


def _read_layer(item: Dataset) -> GraphicLayer:
    keyword = "GraphicLayerRecommendedDisplayGrayscaleValue"
    p_value = number(item, keyword) if values(item, keyword) else P_VALUE_MAXIMUM
    if not 0 <= p_value <= P_VALUE_MAXIMUM:
        raise StateError(f"{keyword} {p_value:g} is not a P-Value")
    return GraphicLayer(text(item, "GraphicLayer"), int(number(item, "GraphicLayerOrder")), int(p_value))


def with_undefined(
    layers: tuple[GraphicLayer, ...], used: Iterable[str]
) -> tuple[tuple[GraphicLayer, ...], tuple[str, ...]]:
    """Return the layers and, above them, those that are used without being defined; a warning for each of these."""
    known = {layer.name for layer in layers}
    missing = sorted(set(used) - known)
    top = max((layer.order for layer in layers), default=0)
    added = tuple(GraphicLayer(name, top + 1) for name in missing)
    return layers + added, tuple(f"layer {name!r} is not defined: it is drawn above the others" for name in missing)
