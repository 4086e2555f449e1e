"""The DICOM files of a folder, as real folders are: with other files among them, and files that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dicom_simulators.data_sets.instance import Instance, read_file

if TYPE_CHECKING:  # it brings pydicom, which costs a program that reads nothing a fifth of a second
    from dicom_simulators.encoding import Element

MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"
_DEMANDED = ("SOPClassUID", "SOPInstanceUID")


def files_below(folder: Path, skipped: Callable[[str], object]) -> Iterator[Path]:
    """Yield the files below a folder, by name; what is no folder or file, or may not be looked at, is skipped."""
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        skipped(why_skipped(folder, error))
        return
    for path in found:
        if path.is_dir() and not path.is_symlink():
            yield from files_below(path, skipped)
        elif path.is_file():
            yield path
        else:
            skipped(f"{path}: skipped: no file")


def read_folder(folder: Path, skipped: Callable[[str], object]) -> Iterator[Instance]:
    """Yield the SOP Instances in the DICOM files below a folder.

    Parameters
    ----------
    skipped : callable
        Called with a text for each file that cannot be read: its path, and why.
    """
    from dicom_simulators.encoding import read_elements, tag_of  # see above

    for path in files_below(folder, skipped):
        try:
            instance = read_file(path)
            if instance.SOPClassUID == MEDIA_STORAGE_DIRECTORY:
                raise ValueError("a directory of other files (DICOMDIR)")
            header = read_elements(instance.data_set, instance.transfer_syntax)
            missing = [one for one in _DEMANDED if not _values(header.get(tag_of(one)))]
            if missing:
                raise ValueError(f"without {' and '.join(missing)}")
        except (OSError, ValueError) as error:
            skipped(why_skipped(path, error))
        else:
            yield instance


def _values(element: Element | None) -> tuple[str, ...]:
    from dicom_simulators.encoding import values  # see above

    return () if element is None or element.vr == "SQ" else values(element)


def why_skipped(path: Path, error: Exception) -> str:
    """Say which file is skipped, and why."""
    reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return f"{path}: skipped: {reason.removeprefix(f'{path}: ')}"
