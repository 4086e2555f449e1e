"""Mutants of decoding and converting: bits that are cut or not, elements that a conversion changes, known contents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dicom_workstation.data_sets import re_encoding
from dicom_workstation.instances import memory
from dicom_workstation.pixels.decoding import cells, codecs
from dicom_workstation.storage import decoding
from mutation import Catalogue, Patch

CONVERSIONS = Catalogue()

ABOVE = "storage/loader-ignores-what-is-above-bits-stored"
BEYOND = "storage/loader-leaves-a-lossy-codestream-as-it-is"
KEPT = "storage/store-client-keeps-every-element-that-it-converts"
DECODED = "storage/store-client-decodes-what-is-above-bits-stored"
KNOWN = "storage/loader-knows-an-instance-in-another-transfer-syntax"


# -- bits above Bits Stored


@CONVERSIONS.mutant(BEYOND, "rendering")
def masks_lossy_pixels(patch: Patch) -> None:
    """A lossy codestream that is deeper than Bits Stored is cut as if it were lossless."""

    def masked(decoded: Any, header: Any, pixel: Any) -> Any:
        return as_stored_values(decoded, replace(header, lossless=True), pixel)

    as_stored_values = patch.set(codecs, "_as_stored_values", masked)


def _keep_lossless_bits(patch: Patch) -> None:
    def whole(decoded: Any, header: Any, pixel: Any) -> Any:
        return as_stored_values(decoded, replace(header, lossless=False), pixel)

    as_stored_values = patch.set(codecs, "_as_stored_values", whole)


@CONVERSIONS.mutant(f"{ABOVE}[CR,1.2.840.10008.1.2.4.70]", "rendering")
def does_not_cut_cells_of_lossless_jpeg(patch: Patch) -> None:
    """Whole cells that JPEG held without loss are shown, bits above Bits Stored among them."""
    _keep_lossless_bits(patch)


@CONVERSIONS.mutant(f"{ABOVE}[MR,1.2.840.10008.1.2.4.90]", "rendering")
def does_not_cut_cells_of_lossless_jpeg_2000(patch: Patch) -> None:
    """Whole cells that JPEG 2000 held without loss are shown, bits above Bits Stored among them."""
    _keep_lossless_bits(patch)


@CONVERSIONS.mutant(f"{ABOVE}[CR,1.2.840.10008.1.2]", "rendering")
def does_not_cut_native_cells(patch: Patch) -> None:
    """Native cells are shown whole, bits above Bits Stored among them."""
    patch.set(cells, "values", lambda found, _: found)


@CONVERSIONS.mutant(DECODED, "store")
def lets_white_become_black_where_it_decodes(patch: Patch) -> None:
    """Bits Stored stays where decoded values need more, so that every reader cuts them."""
    patch.set(decoding, "_bits_of", lambda _: 0)


# -- elements of a conversion


def _change_values(patch: Patch, change: Any) -> None:
    def changed(element: Any, scope: Any, encoding: Any) -> Any:
        return written(change(element, scope), scope, encoding)

    written = patch.set(re_encoding, "_element", changed)


@CONVERSIONS.mutant(f"{KEPT}[1.2.840.10008.1.2]", "data_set")
def re_encodes_a_name_on_conversion(patch: Patch) -> None:
    """Patient's Name is read in the declared character set and written anew when an instance is converted."""

    def re_encoded(element: Any, scope: Any) -> Any:
        if element.tag != 0x00100010:
            return element
        text = bytes(element.value).decode("utf-8", "replace")
        return replace(element, value=memoryview(text.encode("utf-8")))

    _change_values(patch, re_encoded)


@CONVERSIONS.mutant(f"{KEPT}[1.2.840.10008.1.2.1]", "store")
def drops_private_elements_on_conversion(patch: Patch) -> None:
    """Private elements are left out of what is converted."""

    def without(item: Any, encoding: Any) -> bytes:
        public = tuple(each for each in item.elements if not (each.tag >> 16) % 2)
        return bytes(write_tree(replace(item, elements=public), encoding))

    write_tree = patch.set(decoding, "write_tree", without)


@CONVERSIONS.mutant(f"{KEPT}[1.2.840.10008.1.2]", "store")
def empties_private_sequences_on_conversion(patch: Patch) -> None:
    """A private sequence loses its items when an instance is converted."""

    def emptied(element: Any, scope: Any) -> Any:
        return replace(element, items=()) if element.items is not None and (element.tag >> 16) % 2 else element

    _change_values(patch, emptied)


@CONVERSIONS.mutant(f"{KEPT}[1.2.840.10008.1.2.2]", "store")
def forgets_to_swap_words(patch: Patch) -> None:
    """Words of VR OW keep the order of their bytes when an instance is converted to Big Endian."""
    patch.entry(re_encoding._WORD_BYTES, "OW", 1)


@CONVERSIONS.mutant(f"{KEPT}[1.2.840.10008.1.2.2]", "store")
def swaps_what_it_does_not_know(patch: Patch) -> None:
    """Bytes of VR UN are turned round as words when an instance is converted to Big Endian."""

    def of_two(element: Any, vr: str, scope: Any) -> int:
        return 2 if vr == "UN" else int(word_bytes(element, vr, scope))

    word_bytes = patch.set(re_encoding, "word_bytes", of_two)


# -- what is known already


@CONVERSIONS.mutant(KNOWN, "dimse")
def tells_of_another_content_across_encodings(patch: Patch) -> None:
    """An instance that comes again in another transfer syntax is answered B000."""

    def by_syntax(one: bytes, one_syntax: str, other: bytes, other_syntax: str) -> bool:
        return one_syntax == other_syntax and bool(has_same_content(one, one_syntax, other, other_syntax))

    has_same_content = patch.set(memory, "has_same_content", by_syntax)


@CONVERSIONS.mutant(KNOWN, "dimse")
def takes_every_other_encoding_for_the_same(patch: Patch) -> None:
    """Other content in another transfer syntax is answered 0000."""

    def by_syntax(one: bytes, one_syntax: str, other: bytes, other_syntax: str) -> bool:
        return one_syntax != other_syntax or bool(has_same_content(one, one_syntax, other, other_syntax))

    has_same_content = patch.set(memory, "has_same_content", by_syntax)
