"""What a user does with images in memory: look at them, with or without a presentation state, and keep what is seen.

Invariants: nothing is shown, created or kept that is not what was asked for without a word about it: what cannot
be done is refused with the reason, what is doubtful is a warning. Nothing here talks to the network.

References
----------
Conformance statement, 3.2.5, 2.2.2.3, 3.2.3, 3.2.2.1.3.2.3
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal

import numpy as np
from pydantic import Field, PositiveFloat, PositiveInt

from workstation.data_set_encoding import read
from workstation.elements import DataSetError
from workstation.memory import Admission, Memory, StoredInstance
from workstation.new_instance import stored_instance
from workstation.outcome import CreationOutcome, DecodeOutcome, RenderOutcome, Result, StatesOutcome
from workstation.pixels import Image, PixelError
from workstation.presentation_states import (
    Display,
    Displayed,
    ImageFrames,
    Presentation,
    PresentationState,
    Rendering,
    StateError,
    Window,
    checked,
    create_state,
    render,
)
from workstation.presentation_states.errors import reading
from workstation.presentation_states.presentation import Value
from workstation.saving import derived_image
from workstation.tables import EXPLICIT_VR_BIG_ENDIAN, GRAYSCALE_SOFTCOPY_PRESENTATION_STATE

REFUSALS: Final = (StateError, PixelError, DataSetError)


class Viewport(Value):
    """A window of the display, in its pixels."""

    rows: PositiveInt
    columns: PositiveInt


class View(Value):
    """How an image is looked at."""

    SOPInstanceUID: str
    frame: PositiveInt = 1
    state: str | None = None
    window: Window | None = None
    viewport: Viewport | None = None
    display_spacing_mm: PositiveFloat | None = None

    @property
    def display(self) -> Display:
        """Where the picture is to go."""
        if self.viewport is None:
            return Display(spacing_mm=self.display_spacing_mm)
        return Display(self.viewport.rows, self.viewport.columns, self.display_spacing_mm)


class Save(View):
    """What is looked at, to be saved as an image."""

    description: str = Field("", max_length=1024)


class Frame(Value):
    """One frame of an image."""

    SOPInstanceUID: str
    frame: PositiveInt = 1


class Viewer:
    """Shows images of a memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def decode(self, arguments: Mapping[str, Any]) -> DecodeOutcome:
        """Decode the stored values of one frame."""
        try:
            asked = checked(Frame, arguments)
            image = self._image(asked.SOPInstanceUID)
            if asked.frame > image.frames:
                raise StateError(f"the image has {image.frames} frames, no frame {asked.frame}")
            return DecodeOutcome(
                operation="decode", peer=None, result=Result.SUCCESS, pixels=_described(image.stored(asked.frame))
            )
        except REFUSALS as error:
            return DecodeOutcome(operation="decode", peer=None, result=Result.REFUSED, detail=str(error))

    def render(self, arguments: Mapping[str, Any]) -> RenderOutcome:
        """Render one frame, with or without a state."""
        try:
            _, rendering = self._render(checked(View, arguments))
        except REFUSALS as error:
            return RenderOutcome(operation="render", peer=None, result=Result.REFUSED, detail=str(error))
        pixels, warnings = rendering.pixels, rendering.warnings
        picture = {
            "rows": int(pixels.shape[0]),
            "columns": int(pixels.shape[1]),
            "samples": 1 if pixels.ndim == 2 else int(pixels.shape[2]),
            "data": pixels.tobytes(),
        }
        result = Result.WARNING if warnings else Result.SUCCESS
        return RenderOutcome(
            operation="render",
            peer=None,
            result=result,
            detail="; ".join(warnings),
            rendering=picture,
            texts=rendering.texts,
            warnings=warnings,
        )

    def states(self, SOPInstanceUID: str) -> StatesOutcome:
        """List the states in memory that are for an image, and which of their images are missing."""
        found = []
        for instance in self._memory.instances():
            if instance.SOPClassUID != GRAYSCALE_SOFTCOPY_PRESENTATION_STATE:
                continue
            try:
                state = self._state(instance.SOPInstanceUID)
                told = state.told()
            except REFUSALS:  # it is told when it is chosen; here it is for no image
                continue
            if state.refers_to(SOPInstanceUID):
                found.append(
                    {
                        "SOPInstanceUID": state.uid,
                        **told,
                        "missing": self._missing(state),
                        "doubtful": list(state.doubts),
                    }
                )
        return StatesOutcome(operation="states", peer=None, result=Result.SUCCESS, states=tuple(found))

    def present(self, arguments: Mapping[str, Any]) -> CreationOutcome:
        """Create a presentation state from what is displayed, and hold it in memory."""
        given = dict(arguments)
        try:
            named = _named(given.pop("images", ()))
            displayed = [Displayed(self._image(each.SOPInstanceUID), each.frames, each.window) for each in named]
            with reading("an image"):  # the images' values are taken over as they are
                made, doubts = create_state(displayed, checked(Presentation, given))
                state = stored_instance(made)
            return self._keep("present", state, (*doubts, *self._look(state, displayed)))
        except REFUSALS as error:
            return CreationOutcome(operation="present", peer=None, result=Result.REFUSED, detail=str(error))

    def save(self, arguments: Mapping[str, Any]) -> CreationOutcome:
        """Create a Secondary Capture image from what is displayed, and hold it in memory."""
        try:
            asked = checked(Save, arguments)
            image, rendering = self._render(asked)
            description = asked.description or _description(asked)
            with reading("the image"):
                made, doubts = derived_image(image.data_set, asked.frame, image.frames, rendering, description)
                saved = stored_instance(made)
            return self._keep("save", saved, (*doubts, *rendering.warnings))
        except REFUSALS as error:
            return CreationOutcome(operation="save", peer=None, result=Result.REFUSED, detail=str(error))

    def _look(self, state: StoredInstance, displayed: list[Displayed]) -> tuple[str, ...]:
        """Apply a new state to each of its images once, so that none is created that could not be applied."""
        made = PresentationState.read(read(state.data_set, state.TransferSyntaxUID))
        warnings: list[str] = []
        for each in displayed:
            warnings += render(each.source, each.frames[0] if each.frames else 1, made).warnings
        return tuple(dict.fromkeys(warnings))

    def _keep(
        self, operation: Literal["present", "save"], instance: StoredInstance, warnings: tuple[str, ...]
    ) -> CreationOutcome:
        if self._memory.keep(instance) is not Admission.KEPT:
            return CreationOutcome(
                operation=operation, peer=None, result=Result.REFUSED, detail="the memory budget does not allow it"
            )
        result = Result.WARNING if warnings else Result.SUCCESS
        return CreationOutcome(
            operation=operation,
            peer=None,
            result=result,
            detail="; ".join(warnings),
            warnings=warnings,
            SOPInstanceUID=instance.SOPInstanceUID,
        )

    def _render(self, asked: View) -> tuple[Image, Rendering]:
        image = self._image(asked.SOPInstanceUID)
        state = None if asked.state is None else self._state(asked.state)
        rendering = render(image, asked.frame, state, asked.window, asked.display)
        missing = () if state is None else tuple(self._missing(state))
        if missing:
            told = f"the state refers to {len(missing)} images that are not loaded: {', '.join(missing)}"
            rendering = replace(rendering, warnings=(*rendering.warnings, told))
        return image, rendering

    def _missing(self, state: PresentationState) -> list[str]:
        uids = dict.fromkeys(each.SOPInstanceUID for each in state.references)
        return [uid for uid in uids if self._memory.get(uid) is None]

    def _instance(self, SOPInstanceUID: str) -> StoredInstance:
        found = self._memory.get(SOPInstanceUID)
        if found is None:
            raise StateError(f"{SOPInstanceUID} is not in memory")
        return found

    def _image(self, SOPInstanceUID: str) -> Image:
        instance = self._instance(SOPInstanceUID)
        if instance.SOPClassUID == GRAYSCALE_SOFTCOPY_PRESENTATION_STATE:
            raise StateError(f"{SOPInstanceUID} is a presentation state, not an image")
        return Image((instance.data_set, instance.TransferSyntaxUID))

    def _state(self, SOPInstanceUID: str) -> PresentationState:
        instance = self._instance(SOPInstanceUID)
        data_set = read(instance.data_set, instance.TransferSyntaxUID)
        return PresentationState.read(data_set, instance.TransferSyntaxUID != EXPLICIT_VR_BIG_ENDIAN)


def _named(images: Any) -> list[ImageFrames]:
    """Read what a state is for: a UID, a UID with frames, or a list of these."""
    listed = list(images) if isinstance(images, list | tuple) else [images]
    return [checked(ImageFrames, {"SOPInstanceUID": each} if isinstance(each, str) else each) for each in listed]


def _described(values: Any) -> dict[str, Any]:
    """Return stored values as plain data (little endian, C order)."""
    return {
        "rows": int(values.shape[0]),
        "columns": int(values.shape[1]),
        "samples": 1 if values.ndim == 2 else int(values.shape[2]),
        "bits": values.dtype.itemsize * 8,
        "signed": values.dtype.kind == "i",
        "data": np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"), copy=False).tobytes(),
    }


def _description(asked: View) -> str:
    if asked.state is not None:
        return f"Displayed with the presentation state {asked.state}"
    if asked.window is not None:
        return f"Displayed with window center {asked.window.center:g}, width {asked.window.width:g}"
    return "Displayed as stored"
