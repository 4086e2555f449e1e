"""Where the images and presentation states of a request come from: the memory, or files.

Invariants: only attributes are read until a picture is asked for; a state is read once, however many images are
printed with it, and an image once for all of its frames that follow one another. Whatever cannot be read is a
PrintError that names what was asked for.

References
----------
Conformance statement, 2.2.2.4, 3.2.5
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dicom_workstation.data_sets import DataSetError, read
from dicom_workstation.instances import Memory, StoredInstance, read_part10
from dicom_workstation.pixels import Image, PixelError
from dicom_workstation.presentation_states import PresentationState, StateError, reading
from dicom_workstation.printing.errors import PrintError
from dicom_workstation.tables import EXPLICIT_VR_BIG_ENDIAN, GRAYSCALE_SOFTCOPY_PRESENTATION_STATE


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Turn what is wrong with an image or a state into a PrintError that says which it is."""
    try:
        yield
    except (StateError, PixelError, DataSetError, OSError, ValueError) as error:
        raise PrintError(f"{name}: {str(error).removeprefix(f'{name}: ')}") from error


class Sources:
    """Opens images and states by SOP Instance UID or path."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._states: dict[str, PresentationState] = {}
        self._last: tuple[tuple[str | None, str | None], Image] | None = None

    def image(self, SOPInstanceUID: str | None, file: str | None) -> Image:
        """Open an image, or return it if it is the one opened last; its pixels are not read."""
        asked = SOPInstanceUID, file
        if self._last is None or self._last[0] != asked:
            self._last = None
            self._last = asked, self._opened(SOPInstanceUID, file)
        return self._last[1]

    def _opened(self, SOPInstanceUID: str | None, file: str | None) -> Image:
        if file is not None:
            with naming(file):
                if not Path(file).is_file():
                    raise PrintError(f"{file}: there is no such file")
                return Image(file)
        uid = SOPInstanceUID or ""
        with naming(uid):
            instance = self._instance(uid)
            if instance.SOPClassUID == GRAYSCALE_SOFTCOPY_PRESENTATION_STATE:
                raise StateError("is a presentation state, not an image")
            return Image((instance.data_set, instance.TransferSyntaxUID))

    def state(self, given: str) -> PresentationState:
        """Read a presentation state, of the memory or, where the memory has none of this name, of a file."""
        if given not in self._states:
            with naming(given):
                found = self._memory.get(given)
                instance = found if found is not None else self._file(given)
                with reading("the presentation state"):
                    data_set = read(instance.data_set, instance.TransferSyntaxUID)
                    self._states[given] = PresentationState.read(
                        data_set, instance.TransferSyntaxUID != EXPLICIT_VR_BIG_ENDIAN
                    )
        return self._states[given]

    def _instance(self, SOPInstanceUID: str) -> StoredInstance:
        found = self._memory.get(SOPInstanceUID)
        if found is None:
            raise StateError("is not in memory")
        return found

    def _file(self, given: str) -> StoredInstance:
        if not Path(given).is_file():
            raise StateError("is neither in memory nor a file")
        return read_part10(Path(given))
