"""Mutants of what is kept, and shown, although something is wrong with it (docs/reading-images.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydicom.filereader import read_dataset

from dicom_workstation.data_sets import data_set_encoding, inspection, structure
from dicom_workstation.instances import memory
from dicom_workstation.network import configured_acceptor
from dicom_workstation.outcome import Result
from dicom_workstation.pixels import modality_lut, overlay, remarks, voi_lut
from dicom_workstation.viewing.viewer import Viewer
from mutation import Catalogue, Patch

READING = Catalogue()

KEEPS, FIRST = "storage/loader-keeps-what-others-can-read", "storage/loader-takes-the-first-of-two-elements"
UNKNOWN, UNSHOWN = "storage/loader-keeps-unknown-sequences", "storage/loader-keeps-what-cannot-be-displayed"
OVERLAY = "presentation_state/image-with-an-overlay-that-cannot-be-drawn"
UNUSABLE = "presentation_state/image-with-a-display-that-cannot-be-used"
LIES = "robustness/loader-keeps-group-length-lies"


# -- what is kept


@READING.mutant(f"{KEEPS}[damaged_uid,", "dimse")
def refuses_a_leading_zero(patch: Patch) -> None:
    """A UID of which a component begins with 0 is refused."""
    patch.set(inspection, "_UID_WITH_LEADING_ZEROS", inspection._UID)


@READING.mutant(LIES, "dimse")
def refuses_group_lengths_beyond_the_end(patch: Patch) -> None:
    """An instance is refused for a Group Length left over from before a compression."""

    def strict(data_set: bytes, transfer_syntax: str) -> Any:
        return structure.Structure(structure.walk(data_set, transfer_syntax))

    patch.set(inspection, "follow", strict)


@READING.mutant(f"{KEEPS}[damaged_end,", "store")
def cuts_the_zeros_off(patch: Patch) -> None:
    """Zero bytes after the last element are not kept: the data set is not as it was received."""

    def trimming(self: Any, instance: Any) -> Any:
        return keep(self, replace(instance, data_set=instance.data_set.rstrip(b"\0")))

    keep = patch.set(memory.Memory, "keep", trimming)


@READING.mutant(FIRST, "outcome")
def takes_the_second_of_two_elements(patch: Patch) -> None:
    """Of an element that comes twice the second is shown."""

    def second(stream: Any, is_implicit: bool, is_little: bool) -> Any:
        return read_dataset(stream, is_implicit, is_little), None

    patch.set(data_set_encoding, "read_elements", second)


@READING.mutant(f"{UNKNOWN}[1.2.840.10008.1.2.2]", "dimse")
def reads_unknown_sequences_in_big_endian(patch: Patch) -> None:
    """The items of a sequence of VR UN are taken to be in the byte order of the data set."""
    patch.set(
        structure._Walker,
        "_unknown_items",
        lambda self, tag, offset, end, depth: self._items(offset, end, depth, True, False, False),
    )


@READING.mutant(f"{UNSHOWN}[colours of no model,", "store")
def loses_what_it_cannot_display(patch: Patch) -> None:
    """A stored image that cannot be displayed is removed when somebody tries."""

    def losing(self: Any, asked: Any) -> Any:
        outcome = render(self, asked)
        if outcome.result is Result.REFUSED:
            self._memory.remove(asked.SOPInstanceUID)
        return outcome

    render = patch.set(Viewer, "render", losing)


# -- who learns of it


@READING.mutant(f"{KEEPS}[damaged_repetition,", "log")
def logs_no_warning(patch: Patch) -> None:
    """What is wrong with an instance that is kept does not stand in the log."""

    def silent(self: Any, text: str) -> None:
        if "warning" not in text:
            note(self, text)

    note = patch.set(configured_acceptor.ConfiguredAcceptor, "note", silent)


@READING.mutant(f"{KEEPS}[damaged_padding,", "outcome")
def keeps_the_warning_from_the_user(patch: Patch) -> None:
    """What is wrong with an instance stands in the log alone: nobody who shows it learns of it."""

    def silent(self: Any, instance: Any) -> Any:
        return keep(self, replace(instance, warnings=()))

    keep = patch.set(memory.Memory, "keep", silent)


@READING.mutant(f"{UNSHOWN}[more bits stored", "outcome")
def gives_no_reason(patch: Patch) -> None:
    """An image that cannot be displayed is shown without the reason."""
    patch.set(Viewer, "warnings", lambda self, uid: ())


@READING.mutant(f"{UNUSABLE}[rescale slope 0,", "outcome")
def leaves_out_without_a_word(patch: Patch) -> None:
    """What cannot be used of an image's display is left out, and nothing is said about it."""
    patch.set(remarks.Remarks, "add", lambda self, text: None)


# -- what is displayed


@READING.mutant(f"{OVERLAY}[overlay_short]", "outcome")
def drops_an_image_for_its_overlay(patch: Patch) -> None:
    """An image is not displayed because its overlay cannot be drawn."""
    patch.set(
        overlay, "usable_overlays", lambda image, _: overlay.read_overlays(image.data_set, image.is_little_endian)
    )


@READING.mutant(f"{UNUSABLE}[window of width 0,", "rendering")
def drops_an_image_for_its_window(patch: Patch) -> None:
    """An image is not displayed because its window cannot be used."""
    patch.set(voi_lut, "read_usable", lambda data_set, _, **further: voi_lut.read(data_set, **further))


@READING.mutant(f"{UNUSABLE}[window narrower than 1,", "rendering")
def widens_a_window(patch: Patch) -> None:
    """A window that is too narrow is taken for one of width 1, not left out."""

    def widened(data_set: Any) -> Any:
        return tuple((center, max(1.0, width)) for center, width in pairs(data_set))

    pairs = patch.set(voi_lut, "_pairs", widened)


@READING.mutant(f"{UNUSABLE}[first window of width 0,", "rendering")
def leaves_out_all_windows_for_one(patch: Patch) -> None:
    """Where one of several windows cannot be used, none is."""

    def none(data_set: Any, noted: Any, **further: Any) -> Any:
        found = read_usable(data_set, noted, **further)
        return () if noted.texts else found

    read_usable = patch.set(voi_lut, "read_usable", none)


@READING.mutant(f"{UNUSABLE}[rescale slope 0,", "rendering")
def rescales_by_zero(patch: Patch) -> None:
    """A Rescale Slope of 0 is applied: every pixel is of the same grey."""

    def even(data_set: Any, *_: Any, **__: Any) -> Any:
        if data_set.get("RescaleSlope") == 0:
            return modality_lut.Rescale(0.0, 0.0)
        return modality_lut.read(data_set, is_signed=True)

    patch.set(modality_lut, "read_usable", even)
