"""Modality LUT, Softcopy VOI LUT and Softcopy Presentation LUT Modules of a created state.

Invariants: what the user did not change is taken from the image as far as it can be used, for a state has to be
right where its image may be wrong; an image without a VOI LUT gets no item.

References
----------
PS3.3 C.11.1 (Modality LUT), C.11.8 (Softcopy VOI LUT), C.11.6 (Softcopy Presentation LUT)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from dicom_workstation.pixels import LookUpTable, Remarks, modality_lut, voi_lut
from dicom_workstation.presentation_states.attributes import items, values
from dicom_workstation.presentation_states.errors import StateError
from dicom_workstation.presentation_states.image_selection import SelectedImage
from dicom_workstation.presentation_states.presentation import Presentation, Table, Window

RESCALE: Final = ("RescaleIntercept", "RescaleSlope", "RescaleType")
WINDOW: Final = ("WindowCenter", "WindowWidth", "WindowCenterWidthExplanation", "VOILUTFunction")


def grayscale_modules(displayed: Sequence[SelectedImage], presentation: Presentation) -> Dataset:
    """Return the three modules; StateError if the images differ in what one state can say but once."""
    module = Dataset()
    module.update(_modality(displayed, presentation))
    module.update(_voi(displayed, presentation, _may_be_negative(displayed, module)))
    module.update(_presentation(displayed, presentation))
    return module


def _modality(displayed: Sequence[SelectedImage], presentation: Presentation) -> Dataset:
    module = Dataset()
    if presentation.modality_lut is not None:
        item = table_item(presentation.modality_lut, is_signed=displayed[0].source.pixel.signed)
        item.ModalityLUTType = presentation.modality_lut.type
        module.ModalityLUTSequence = [item]
    elif presentation.rescale is not None:
        given = presentation.rescale
        module.RescaleIntercept, module.RescaleSlope = decimal(given.intercept), decimal(given.slope)
        module.RescaleType = given.type
    else:
        module = _images_modality(displayed[0])
        if any(_images_modality(each) != module for each in displayed[1:]):
            raise StateError("the images differ in their Modality LUT: one state cannot apply to all of them")
    return module


def _images_modality(each: SelectedImage) -> Dataset:
    """Return an image's own Modality LUT; its type is required here, in an image's rescale often absent."""
    image, module = each.image, Dataset()
    is_signed, is_little = each.source.pixel.signed, each.source.is_little_endian
    usable = modality_lut.read_usable(image, Remarks(), is_signed=is_signed, is_little_endian=is_little)
    if isinstance(usable, LookUpTable):
        module.ModalityLUTSequence = [_copied_table(items(image, "ModalityLUTSequence")[0], usable, is_signed)]
    elif usable is not None and "RescaleSlope" in image and "RescaleIntercept" in image:
        for keyword in RESCALE:
            if keyword in image:
                module[keyword] = image[keyword]
        if not values(module, "RescaleType"):
            module.RescaleType = "HU" if image.get("Modality") == "CT" else "US"
    return module


def _may_be_negative(displayed: Sequence[SelectedImage], module: Dataset) -> bool:
    """Whether the output of the Modality LUT can be: the input of a VOI LUT is SS then (PS3.3 C.11.2.1.1)."""
    for each in displayed:
        pixel = each.source.pixel
        lut = modality_lut.read(module, is_signed=pixel.signed)
        if modality_lut.extent(lut, pixel.minimum, pixel.maximum)[0] < 0:
            return True
    return False


def _voi(displayed: Sequence[SelectedImage], presentation: Presentation, is_signed: bool) -> Dataset:
    """Return the Softcopy VOI LUT: one item for what shares a VOI LUT, one each for what has its own."""
    module = Dataset()
    found: list[Dataset] = []
    common: list[Dataset] = []
    is_given = presentation.window is not None or presentation.voi_lut is not None
    for each in displayed:
        if each.window is None and is_given:
            common.append(each.reference())
            continue
        own = _window_item(each.window) if each.window is not None else _images_voi(each, is_signed)
        if len(own):
            own.ReferencedImageSequence = [each.reference()]
            found.append(own)
    if common:
        item = _given_voi(presentation, is_signed)
        item.ReferencedImageSequence = common
        found.append(item)
    if found:
        module.SoftcopyVOILUTSequence = found
    return module


def _given_voi(presentation: Presentation, is_signed: bool) -> Dataset:
    if presentation.window is not None:
        return _window_item(presentation.window)
    item = Dataset()
    if presentation.voi_lut is not None:
        item.VOILUTSequence = [table_item(presentation.voi_lut, is_signed=is_signed)]
    return item


def _window_item(window: Window) -> Dataset:
    item = Dataset()
    item.WindowCenter, item.WindowWidth = decimal(window.center), decimal(window.width)
    if window.explanation:
        item.WindowCenterWidthExplanation = window.explanation
    if window.function != "LINEAR":
        item.VOILUTFunction = window.function
    return item


def _images_voi(each: SelectedImage, is_signed: bool) -> Dataset:
    """Return the VOI LUT that an image is displayed with: its first window, else its first table."""
    image, item = each.image, Dataset()
    is_little = each.source.is_little_endian
    usable = voi_lut.read_usable(image, Remarks(), is_signed=is_signed, is_little_endian=is_little)
    if not usable:
        return item
    first = usable[0]
    if isinstance(first, LookUpTable):
        item.VOILUTSequence = [_copied_table(_holder(image, first, is_signed, is_little), first, is_signed)]
        return item
    pairs = zip(values(image, "WindowCenter"), values(image, "WindowWidth"), strict=False)
    number = [(float(center), float(width)) for center, width in pairs].index((first.center, first.width))
    for keyword in WINDOW:
        found = values(image, keyword)
        if found:
            setattr(item, keyword, found[0 if keyword == "VOILUTFunction" else min(number, len(found) - 1)])
    return item


def _holder(image: Dataset, table: LookUpTable, is_signed: bool, is_little: bool) -> Dataset:
    """Return the item of VOI LUT Sequence that a table was read from."""
    for item in items(image, "VOILUTSequence"):
        holder = Dataset()
        holder.VOILUTSequence = [item]
        if voi_lut.read_usable(holder, Remarks(), is_signed=is_signed, is_little_endian=is_little) == (table,):
            return item
    return Dataset()


def _presentation(displayed: Sequence[SelectedImage], presentation: Presentation) -> Dataset:
    module, given = Dataset(), presentation.presentation_lut
    is_reversed = presentation.polarity == "REVERSE"
    if isinstance(given, Table):
        top = (1 << given.bits) - 1
        data = tuple(top - each for each in given.data) if is_reversed else given.data
        module.PresentationLUTSequence = [table_item(given.model_copy(update={"data": data}), is_signed=False)]
        return module
    inverse = {given == "INVERSE"} if given else {is_inverse(each.image) for each in displayed}
    if len(inverse) > 1:
        raise StateError("the images differ in their polarity: one state cannot apply to all of them")
    module.PresentationLUTShape = "INVERSE" if inverse.pop() != is_reversed else "IDENTITY"
    return module


def is_inverse(image: Dataset) -> bool:
    """Whether the least value of an image is shown white: its Presentation LUT Shape, else MONOCHROME1."""
    shape = image.get("PresentationLUTShape")
    if shape in ("INVERSE", "IDENTITY"):
        return bool(shape == "INVERSE")
    return bool(image.get("PhotometricInterpretation") == "MONOCHROME1")


def table_item(table: Table, is_signed: bool) -> Dataset:
    """Return an item of a LUT sequence (PS3.3 C.11.1.1): entries in 16-bit words, 65536 of them counted as 0."""
    lowest, highest = (-0x8000, 0x7FFF) if is_signed else (0, 0xFFFF)
    if not lowest <= table.first <= highest:
        raise StateError(f"the first value of a table is {table.first}, its input is {lowest} to {highest}")
    item = Dataset()
    first_vr = "SS" if is_signed else "US"
    count = len(table.data) % 65536
    item.add(DataElement(Tag("LUTDescriptor"), first_vr, [_wrapped(count, is_signed), table.first, table.bits]))
    item.add(DataElement(Tag("LUTData"), "OW", np.array(table.data, "<u2").tobytes()))
    if table.explanation:
        item.LUTExplanation = table.explanation
    return item


def _wrapped(count: int, is_signed: bool) -> int:
    """Return a count as the number whose 16 bits it has; the descriptor has one VR for all three values."""
    return count - 65536 if is_signed and count > 32767 else count


def _copied_table(item: Dataset, table: LookUpTable, is_signed: bool) -> Dataset:
    """Return a table of an image in Little Endian words, with what its item says of it."""
    made = table_item(
        Table(first=table.first, bits=table.bits, data=tuple(int(entry) for entry in table.values)), is_signed
    )
    for keyword in ("ModalityLUTType", "LUTExplanation"):
        if values(item, keyword):
            setattr(made, keyword, item.get(keyword))
    return made


def decimal(value: float) -> str:
    """Return a number as a Decimal String of at most 16 characters (PS3.5 Table 6.2-1)."""
    for digits in range(16, 0, -1):
        text = f"{value:.{digits}g}"
        if len(text) <= 16:
            return text
    raise StateError(f"{value} cannot be written as a Decimal String")
