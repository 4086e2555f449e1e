"""Presentation states, one recipe for each transformation: how the smallest image of the same seed is to be shown.

Invariants: a state is a row of `STATES`; it refers to the `smallest` instance (or that of the recipe that it
says) of its image's SOP Class in Explicit VR Little Endian with the same seed, so that who holds both has image and
state. What a row does not say is as in `_base`: the whole image, a wide window, IDENTITY. A hostile one breaks one
thing, and says which.

References
----------
PS3.3 A.33.1 and the clauses in `state_elements`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dicom_simulators.data_sets.assembly import Request, change
from dicom_simulators.data_sets.data_set import encode_data_set
from dicom_simulators.data_sets.identity import uid
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.data_sets.iods import IODS
from dicom_simulators.data_sets.pixel_format import PixelFormat
from dicom_simulators.data_sets.plan import CT_IMAGE_STORAGE, GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE, Plan, plan
from dicom_simulators.data_sets.recipes.overlay_elements import Overlay, encoded
from dicom_simulators.data_sets.recipes.state_elements import Elements, area, window
from dicom_simulators.data_sets.sop_classes import sop_class
from dicom_simulators.data_sets.transfer_syntaxes import transfer_syntax

BYTE_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.7.2"
CR_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.1"
_REFERRED_SYNTAX = "1.2.840.10008.1.2.1"
_PER_IMAGE = ("SoftcopyVOILUTSequence", "DisplayedAreaSelectionSequence", "GraphicAnnotationSequence")


@dataclass(frozen=True, slots=True)
class Subject:
    """What the elements of a state may look at: the images that it refers to, and the byte order of its words."""

    images: tuple[Plan, ...]
    big_endian: bool

    def reference(self, number: int = 1, frames: str = "") -> Elements:
        """Give an item of Referenced Image Sequence for an image (PS3.3 Table 10-3)."""
        image = self.images[number - 1]
        found = {"ReferencedSOPClassUID": image.sop_class.uid, "ReferencedSOPInstanceUID": image.SOPInstanceUID}
        return {**found, "ReferencedFrameNumber": frames} if frames else found


Make = Callable[[Subject], Elements]


@dataclass(frozen=True, slots=True)
class State:
    """One presentation state.

    Parameters
    ----------
    tells : str
        What it does, in one sentence.
    make : callable
        Gives the elements that are not as in the base.
    image : str
        SOP Class of the image that it is for.
    images : int
        How many images of the series it is for: Instance Numbers 1, 2...
    overlay : callable or None
        Gives the elements of overlay groups by tag.
    recipe : str
        Of the image that it is for.
    """

    tells: str
    make: Make
    image: str = CT_IMAGE_STORAGE
    images: int = 1
    overlay: Callable[[Subject], Overlay] | None = field(default=None)
    recipe: str = "smallest"


def build_state(name: str, state: State, request: Request) -> Instance:
    """Build a presentation state.

    Raises
    ------
    ValueError
        If it is asked for as an instance of another SOP Class, or a keyword is unknown.
    """
    if request.sop_class not in (GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE, CT_IMAGE_STORAGE):
        raise ValueError(f"recipe {name} builds presentation states, not {request.sop_class!r}")
    syntax = transfer_syntax(request.transfer_syntax)
    subject = Subject(_images(state, request.seed), syntax.big_endian)
    first = subject.images[0]
    own_uid = uid("instance", name, request.seed, syntax.uid)
    given = {"StudyInstanceUID": first.StudyInstanceUID, "SOPInstanceUID": own_uid, **request.changes}
    own = plan("smallest", sop_class(GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE), syntax, request.seed, given=given)
    attributes: Elements = {}
    for module in IODS[own.sop_class.uid]:
        attributes.update(module(own))
    _base(attributes, subject)
    attributes.update(state.make(subject))
    _refer(attributes, subject)
    change(attributes, request.changes)
    attributes = {keyword: value for keyword, value in attributes.items() if value is not None}
    form = PixelFormat(16, signed=first.form.signed)
    data_set = encode_data_set(attributes, form, syntax)
    overlay = {} if state.overlay is None else state.overlay(subject)
    return Instance(own.sop_class.uid, own.SOPInstanceUID, syntax.uid, data_set + encoded(overlay, syntax))


def _images(state: State, seed: int) -> tuple[Plan, ...]:
    """Plan the images as `build` does."""
    wanted, syntax = sop_class(state.image), transfer_syntax(_REFERRED_SYNTAX)
    return tuple(
        plan(state.recipe, wanted, syntax, seed, given={"InstanceNumber": str(number)})
        for number in range(1, state.images + 1)
    )


def _base(attributes: Elements, subject: Subject) -> None:
    """Set the defaults of a presentation state."""
    for keyword in ("RescaleIntercept", "RescaleSlope", "RescaleType", "GraphicAnnotationSequence"):
        attributes.pop(keyword, None)
    attributes.pop("GraphicLayerSequence", None)
    form = subject.images[0].form
    wide = (
        window("1024", "4096") if form.signed else window(str(1 << (form.bits_stored - 1)), str(1 << form.bits_stored))
    )
    attributes["SoftcopyVOILUTSequence"] = [wide]
    attributes["DisplayedAreaSelectionSequence"] = [area()]
    attributes["PresentationLUTShape"] = "IDENTITY"
    references = [subject.reference(number) for number in range(1, len(subject.images) + 1)]
    attributes["ReferencedSeriesSequence"] = [
        {"SeriesInstanceUID": subject.images[0].SeriesInstanceUID, "ReferencedImageSequence": references}
    ]


def _refer(attributes: Elements, subject: Subject) -> None:
    """Have each item that may be for one image only name the images that it is for, unless it does."""
    references = [subject.reference(number) for number in range(1, len(subject.images) + 1)]
    for keyword in _PER_IMAGE:
        if attributes.get(keyword):
            attributes[keyword] = [{"ReferencedImageSequence": references, **item} for item in attributes[keyword]]
