"""What a user does with images in memory: look at them, with or without a presentation state, and keep what is seen.

Invariants: nothing is shown, created or kept that is not what was asked for without a word about it: what cannot
be done is refused with the reason, what is doubtful is a warning. Nothing here talks to the network.

References
----------
Conformance statement, 3.2.5, 2.2.2.3, 3.2.3, 3.2.2.1.3.2.3
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from dicom_workstation.data_sets import DataSetError, read, show
from dicom_workstation.instances import KeepResult, Memory, StoredInstance, stored_instance
from dicom_workstation.outcome import (
    CreationOutcome,
    DecodeOutcome,
    Picture,
    RenderOutcome,
    Result,
    ShowOutcome,
    StatesOutcome,
    StateSummary,
    StoredPixels,
)
from dicom_workstation.pixels import Image, PixelError, Pixels
from dicom_workstation.presentation_states import (
    Display,
    PresentationState,
    Rendering,
    SelectedImage,
    StateError,
    check,
    create_state,
    reading,
    render,
)
from dicom_workstation.requests import FrameRequest, PresentRequest, RenderRequest, SaveRequest
from dicom_workstation.tables import EXPLICIT_VR_BIG_ENDIAN, GRAYSCALE_SOFTCOPY_PRESENTATION_STATE
from dicom_workstation.viewing.secondary_capture import derived_image

LAST_SHOWN_TAG: Final = 0x7FE00000  # before Pixel Data
REFUSALS: Final = (StateError, PixelError, DataSetError)


class Viewer:
    """Shows images of a memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def decode(self, asked: FrameRequest) -> DecodeOutcome:
        """Decode the stored values of one frame."""
        try:
            image = self._image(asked.SOPInstanceUID)
            if asked.frame > image.frames:
                raise StateError(f"the image has {image.frames} frames, no frame {asked.frame}")
            return DecodeOutcome(result=Result.SUCCESS, pixels=_stored_pixels(image.stored(asked.frame)))
        except REFUSALS as error:
            return DecodeOutcome.refused(None, str(error))

    def render(self, asked: RenderRequest) -> RenderOutcome:
        """Render one frame, with or without a state."""
        try:
            _, rendering = self._render(asked)
        except REFUSALS as error:
            return RenderOutcome.refused(None, str(error))
        warnings = rendering.warnings
        return RenderOutcome(
            result=Result.WARNING if warnings else Result.SUCCESS,
            detail="; ".join(warnings),
            rendering=picture_of(rendering.pixels),
            texts=rendering.texts,
            warnings=warnings,
        )

    def show(self, SOPInstanceUID: str) -> ShowOutcome:
        """Show the attributes of an instance without its pixels, what is wrong with it, and why it is not displayed."""
        held = self._memory.get(SOPInstanceUID)
        if held is None:
            return ShowOutcome.refused(None, "the instance is not in memory")
        try:
            shown = show(held.data_set, held.TransferSyntaxUID, LAST_SHOWN_TAG)
        except DataSetError as fault:
            return ShowOutcome.refused(None, f"the instance {fault}")
        warnings = self.warnings(SOPInstanceUID)
        return ShowOutcome(
            result=Result.SUCCESS,
            attributes=shown.values,
            doubtful=shown.doubts,
            warnings=warnings,
            detail="; ".join((*shown.doubts, *warnings)),
        )

    def warnings(self, SOPInstanceUID: str) -> tuple[str, ...]:
        """Say what is wrong with an instance, although it is held, and why it cannot be displayed if that is so.

        Its pixels are not decoded: what only a decoder notices is said when it is rendered.
        """
        instance = self._instance(SOPInstanceUID)
        if instance.SOPClassUID == GRAYSCALE_SOFTCOPY_PRESENTATION_STATE:
            return instance.warnings
        try:
            image = self._image(SOPInstanceUID)
            found = check(image).warnings
            image.check()
        except REFUSALS as error:
            return (*instance.warnings, f"it cannot be displayed: {error}")
        return tuple(dict.fromkeys((*instance.warnings, *image.remarks.texts, *found)))

    def states(self, SOPInstanceUID: str) -> StatesOutcome:
        """List the states in memory that are for an image, and which of their images are missing."""
        found = []
        for instance in self._memory.instances():
            if instance.SOPClassUID != GRAYSCALE_SOFTCOPY_PRESENTATION_STATE:
                continue
            try:
                state = self._state(instance.SOPInstanceUID)
                identification = state.identification()
            except REFUSALS:  # it is told when it is chosen; here it is for no image
                continue
            if state.refers_to(SOPInstanceUID):
                found.append(
                    StateSummary(state.uid, **identification, missing=self._missing(state), doubtful=state.doubts)
                )
        return StatesOutcome(result=Result.SUCCESS, states=tuple(found))

    def present(self, asked: PresentRequest) -> CreationOutcome:
        """Create a presentation state from what is displayed, and hold it in memory."""
        try:
            displayed = [SelectedImage(self._image(one.SOPInstanceUID), one.frames, one.window) for one in asked.images]
            with reading("an image"):  # the images' values are taken over as they are
                made, doubts = create_state(displayed, asked)
                state = stored_instance(made)
            warnings = (*doubts, *_left_out(displayed, asked), *self._look(state, displayed))
            return self._keep(state, tuple(dict.fromkeys(warnings)))
        except REFUSALS as error:
            return CreationOutcome.refused(None, str(error))

    def save(self, asked: SaveRequest) -> CreationOutcome:
        """Create a Secondary Capture image from what is displayed, and hold it in memory."""
        try:
            image, rendering = self._render(asked)
            description = asked.description or _description(asked)
            with reading("the image"):
                made, doubts = derived_image(image.data_set, asked.frame, image.frames, rendering, description)
                saved = stored_instance(made)
            return self._keep(saved, (*doubts, *rendering.warnings))
        except REFUSALS as error:
            return CreationOutcome.refused(None, str(error))

    def _look(self, state: StoredInstance, displayed: list[SelectedImage]) -> tuple[str, ...]:
        """Apply a new state to each of its images once, so that none is created that could not be applied."""
        made = PresentationState.read(read(state.data_set, state.TransferSyntaxUID))
        warnings: list[str] = []
        for each in displayed:
            warnings += render(each.source, each.frames[0] if each.frames else 1, made).warnings
        return tuple(dict.fromkeys(warnings))

    def _keep(self, instance: StoredInstance, warnings: tuple[str, ...]) -> CreationOutcome:
        if self._memory.keep(instance) is not KeepResult.KEPT:
            return CreationOutcome.refused(None, "the memory budget does not allow it")
        return CreationOutcome(
            result=Result.WARNING if warnings else Result.SUCCESS,
            detail="; ".join(warnings),
            warnings=warnings,
            SOPInstanceUID=instance.SOPInstanceUID,
        )

    def _render(self, asked: RenderRequest) -> tuple[Image, Rendering]:
        image = self._image(asked.SOPInstanceUID)
        state = None if asked.state is None else self._state(asked.state)
        rendering = render(image, asked.frame, state, asked.window, _display(asked))
        missing = () if state is None else self._missing(state)
        if missing:
            text = f"the state refers to {len(missing)} images that are not loaded: {', '.join(missing)}"
            rendering = replace(rendering, warnings=(*rendering.warnings, text))
        own = self._instance(asked.SOPInstanceUID).warnings
        return image, replace(rendering, warnings=tuple(dict.fromkeys((*own, *rendering.warnings))))

    def _missing(self, state: PresentationState) -> tuple[str, ...]:
        uids = dict.fromkeys(each.SOPInstanceUID for each in state.references)
        return tuple(uid for uid in uids if self._memory.get(uid) is None)

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


def _display(asked: RenderRequest) -> Display:
    """Return where the picture is to go."""
    if asked.viewport is None:
        return Display(spacing_mm=asked.display_spacing_mm)
    return Display(asked.viewport.rows, asked.viewport.columns, asked.display_spacing_mm)


def _left_out(displayed: list[SelectedImage], asked: PresentRequest) -> tuple[str, ...]:
    """Say what of the images' own display a state cannot take over, because it cannot be used."""
    found: list[str] = []
    for each in displayed:
        frame = each.frames[0] if each.frames else 1
        found += check(each.source, frame, window=each.window or asked.window).warnings
    return tuple(found)


def picture_of(pixels: Pixels) -> Picture:
    """Return pixels in eight bits as a picture; shape (rows, columns) or (rows, columns, 3)."""
    samples = 1 if pixels.ndim == 2 else int(pixels.shape[2])
    return Picture(int(pixels.shape[0]), int(pixels.shape[1]), samples, pixels.tobytes())


def _stored_pixels(values: Pixels) -> StoredPixels:
    """Return stored values as plain data (little endian, C order)."""
    return StoredPixels(
        rows=int(values.shape[0]),
        columns=int(values.shape[1]),
        samples=1 if values.ndim == 2 else int(values.shape[2]),
        bits=values.dtype.itemsize * 8,
        signed=values.dtype.kind == "i",
        data=np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"), copy=False).tobytes(),
    )


def _description(asked: RenderRequest) -> str:
    if asked.state is not None:
        return f"Displayed with the presentation state {asked.state}"
    if asked.window is not None:
        return f"Displayed with window center {asked.window.center:g}, width {asked.window.width:g}"
    return "Displayed as stored"
