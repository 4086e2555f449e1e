"""Which modules make which IOD.

The law of this file: one line for each SOP Class, UID -> modules in the order in which they speak; a later one
overrules an earlier one.

References
----------
PS3.3 Annex A.
"""

from __future__ import annotations

from ..plan import Module
from .composite import COMPOSITE, frame_of_reference
from .cross_sectional import ct_image, image_plane, mr_image
from .secondary_capture import sc_equipment

_ROOT = "1.2.840.10008.5.1.4.1.1."

IODS: dict[str, tuple[Module, ...]] = {
    _ROOT + "2": (*COMPOSITE, frame_of_reference, image_plane, ct_image),
    _ROOT + "4": (*COMPOSITE, frame_of_reference, image_plane, mr_image),
    _ROOT + "7": (*COMPOSITE, sc_equipment),
}
