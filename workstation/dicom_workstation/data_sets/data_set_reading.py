"""Reading with pydicom what others wrote, by the rules that `structure` follows.

Invariants: of an element that comes twice at top level the first counts; zero bytes that end a data set are no
elements; a sequence of VR UN is read in Implicit VR Little Endian also where the data set is in Big Endian.

References
----------
PS3.5 Section 6.2.2, 7.1
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Final

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset, read_sequence
from pydicom.tag import BaseTag

from dicom_workstation.data_sets.structure import UNDEFINED_LENGTH

_SHORTEST_HEADER_BYTES: Final = 8
_HEADER_OF_UN_BYTES: Final = 12
_NOTHING: Final = BaseTag(0)


def read_elements(
    stream: BinaryIO, is_implicit: bool, is_little: bool, is_after: Callable[[BaseTag], bool] | None = None
) -> tuple[Dataset, int | None]:
    """Read the elements of a data set from where the stream stands.

    Parameters
    ----------
    is_after : callable or None
        Whether an element is the first that is no longer to be read; the stream then stands at its header.

    Returns
    -------
    Dataset
        What was read; values are interpreted when they are asked for.
    int or None
        Where the value of the last element ends by its length (pydicom takes a shorter one); None if that is undefined.
    """
    found: Dataset | None = None
    end = _End(stream)
    while True:
        start = stream.tell()
        watch = _Watch(stream, end, is_little, is_after)
        part = read_dataset(stream, is_implicit, is_little, stop_when=watch.stops)
        if found is None:
            found = part
        else:
            for tag in tuple(part.keys()):
                if tag not in found:
                    found[tag] = part.get_item(tag)
        last = next(reversed(tuple(part.values())), None)
        if watch.unknown is not None:
            stream.seek(_HEADER_OF_UN_BYTES, 1)
            items = read_sequence(stream, True, True, UNDEFINED_LENGTH, "iso8859")
            if watch.unknown not in found:
                found[watch.unknown] = DataElement(watch.unknown, "SQ", items, is_undefined_length=True)
        elif not watch.is_repeated or stream.tell() <= start:
            if not isinstance(last, RawDataElement) or last.length == UNDEFINED_LENGTH:
                return found, None
            return found, last.value_tell + last.length


class _End:
    """Knows from where on there are only zero bytes; looks for that place once."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._zeros_from: int | None = None

    def is_zero_from(self, offset: int) -> bool:
        """Whether only zero bytes are left from an offset on; offsets that are asked for grow."""
        if self._zeros_from is None:
            here = self._stream.tell()
            self._stream.seek(offset)
            self._zeros_from = offset + len(self._stream.read().rstrip(b"\0"))
            self._stream.seek(here)
        return offset >= self._zeros_from


class _Watch:
    """Stops pydicom where it would read otherwise than it should."""

    def __init__(
        self, stream: BinaryIO, end: _End, is_little: bool, is_after: Callable[[BaseTag], bool] | None
    ) -> None:
        self._stream = stream
        self._end = end
        self._first_value = stream.tell() + _SHORTEST_HEADER_BYTES
        self._is_little = is_little
        self._is_after = is_after
        self._seen: set[BaseTag] = set()
        self.is_repeated = False
        self.unknown: BaseTag | None = None

    def stops(self, tag: BaseTag, vr: str | None, length: int) -> bool:
        """Whether the element is not to be read; told of each element at top level before its value."""
        if self._is_after is not None and self._is_after(tag):
            return True
        if tag == _NOTHING and self._end.is_zero_from(self._stream.tell() - _SHORTEST_HEADER_BYTES):
            return True
        if self._stream.tell() < self._first_value:  # pydicom looks at the first element to know whether it has a VR
            return False
        if vr == "UN" and length == UNDEFINED_LENGTH and not self._is_little:
            self.unknown = tag
        elif tag in self._seen:
            self.is_repeated = True
        self._seen.add(tag)
        return self.is_repeated or self.unknown is not None
