"""Images that break a rule of the encoding and can be read all the same: archives hold many of each kind.

Invariants: each begins as the valid instance of `smallest` and breaks one thing; what it says and shows is that of
`smallest`.

References
----------
PS3.5 6.2.2 (sequences of VR UN), 7.1 (order, padding, once), 7.2 (Group Length), 9.1 (UIDs).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import replace

from dicom_simulators.data_sets.assembly import Request, assemble, drawn, planned
from dicom_simulators.data_sets.instance import Instance

STALE_GROUP_LENGTH = 0x80000
"""What Group Length of Pixel Data's group says, as it was before some compression."""

TRAILING_ZEROS = 68
"""How many zero bytes come after the last element."""

SECOND_PATIENT_ID = b"THE SECOND"
"""Patient ID where it comes for the second time."""

_PATIENT_ID = 0x00100020
_GROUP_LENGTH_OF_PIXEL_DATA = 0x7FE00000
_PRIVATE_CREATOR, _PRIVATE_SEQUENCE = 0x00290010, 0x00291001
_UNDEFINED = 0xFFFFFFFF


def _whole(request: Request, **changes: str) -> Instance:
    plan = planned(request)
    pixels = None if plan.sop_class.native is None else drawn(plan)
    return assemble(plan, {**request.changes, **changes}, pixels)


def _rewritten(request: Request, after: Mapping[int, bytes]) -> Instance:
    """Insert bytes after elements of these tags; 0 stands for the last element before Pixel Data."""
    from dicom_simulators.encoding import (
        encoding_of,
        read_head,
        write_element,
    )  # here for a quick start

    instance = _whole(request)
    encoding = encoding_of(instance.transfer_syntax)
    elements, pixels = read_head(instance.data_set, instance.transfer_syntax)
    head = b"".join(write_element(elements[tag], encoding) + after.get(tag, b"") for tag in sorted(elements))
    return replace(instance, data_set=head + after.get(0, b"") + pixels)


def _group_length(request: Request) -> Instance:
    from dicom_simulators.encoding import (
        Element,
        encoding_of,
        write_element,
    )  # here for a quick start

    stale = Element(_GROUP_LENGTH_OF_PIXEL_DATA, "UL", struct.pack("<I", STALE_GROUP_LENGTH))
    return _rewritten(request, {0: write_element(stale, encoding_of(request.transfer_syntax))})


def _uid_with_leading_zero(request: Request) -> Instance:
    uid = f"{planned(request).SOPInstanceUID[:60]}.01"
    return replace(_whole(request, SOPInstanceUID=uid), SOPInstanceUID=uid)


def _study_uid_with_leading_zero(request: Request) -> Instance:
    return _whole(request, StudyInstanceUID="1.2.072495.0449")


def _trailing_zeros(request: Request) -> Instance:
    instance = _whole(request)
    return replace(instance, data_set=instance.data_set + bytes(TRAILING_ZEROS))


def _element_twice(request: Request) -> Instance:
    from dicom_simulators.encoding import (
        Element,
        encoding_of,
        write_element,
    )  # here for a quick start

    second = write_element(Element(_PATIENT_ID, "LO", SECOND_PATIENT_ID), encoding_of(request.transfer_syntax))
    return _rewritten(request, {_PATIENT_ID: second})


def _unknown_sequence(request: Request) -> Instance:
    """Build one with a private sequence whose VR a converter did not know: its items are in Implicit VR Little Endian.

    In Implicit VR it is a private sequence like any other.
    """
    from dicom_simulators.encoding import (
        Element,
        encoding_of,
        read_head,
        write_elements,
    )  # here for a quick start

    instance = _whole(request)
    encoding = encoding_of(instance.transfer_syntax)
    order = "<" if encoding.little_endian else ">"
    elements, pixels = read_head(instance.data_set, instance.transfer_syntax)
    before = {tag: one for tag, one in elements.items() if tag >> 16 < 0x29}
    before[_PRIVATE_CREATOR] = Element(_PRIVATE_CREATOR, "LO", b"DAMAGED")
    after = {tag: one for tag, one in elements.items() if tag >> 16 >= 0x29}
    tag = struct.pack(order + "HH", _PRIVATE_SEQUENCE >> 16, _PRIVATE_SEQUENCE & 0xFFFF)
    header = tag if encoding.implicit else tag + b"UN\0\0"
    item = struct.pack("<HHI", 0x0008, 0x0100, 2) + b"7 "
    items = struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    sequence = header + struct.pack(order + "I", _UNDEFINED) + items
    head = write_elements(before, encoding) + sequence + write_elements(after, encoding)
    return replace(instance, data_set=head + pixels)


def _odd_length(request: Request) -> Instance:
    """Build one whose Patient ID has one byte, and no padding."""
    from dicom_simulators.encoding import (
        encoding_of,
        read_head,
        write_elements,
    )  # here for a quick start

    instance = _whole(request)
    encoding = encoding_of(instance.transfer_syntax)
    elements, pixels = read_head(instance.data_set, instance.transfer_syntax)
    order = "<" if encoding.little_endian else ">"
    tag = struct.pack(order + "HH", _PATIENT_ID >> 16, _PATIENT_ID & 0xFFFF)
    length = struct.pack(order + "I", 1) if encoding.implicit else b"LO" + struct.pack(order + "H", 1)
    before = {tag: one for tag, one in elements.items() if tag < _PATIENT_ID}
    after = {tag: one for tag, one in elements.items() if tag > _PATIENT_ID}
    head = write_elements(before, encoding) + tag + length + b"7" + write_elements(after, encoding)
    return replace(instance, data_set=head + pixels)


DAMAGED: Mapping[str, tuple[Callable[[Request], Instance], str]] = {
    "damaged_group_length": (
        _group_length,
        "Group Length of Pixel Data's group is left over from before a compression, beyond the end of the data set.",
    ),
    "damaged_uid": (_uid_with_leading_zero, "The last component of the SOP Instance UID begins with 0."),
    "damaged_study_uid": (
        _study_uid_with_leading_zero,
        "Components of the Study Instance UID begin with 0.",
    ),
    "damaged_end": (_trailing_zeros, "68 zero bytes follow the last element."),
    "damaged_repetition": (_element_twice, "Patient ID comes twice, and says THE SECOND the second time."),
    "damaged_sequence": (
        _unknown_sequence,
        "A private sequence is of VR UN and of undefined length, its items in Implicit VR Little Endian.",
    ),
    "damaged_padding": (_odd_length, "Patient ID has one byte, and no padding."),
}
"""Name -> what builds it, and what comes of it."""
