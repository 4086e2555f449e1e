"""Every file that ships with pydicom, kept as the loader would keep it, and displayed as independent decoders have it.

`python tests/interop/sweep_of_real_images.py` writes the figures into `docs/reading-images.md`, between its markers.

A picture is compared with one that the harness renders, of values that GDCM, OpenJPEG, pydicom or DCMTK decoded. Of
an image with many frames the first, the middle and the last one are compared.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.pixels import pixel_array

from dicom_conformance.judge.rendering import compare
from dicom_conformance.judge.rendering import render as render_independently
from dicom_workstation.instances import read_part10
from dicom_workstation.pixels import Image, PixelError
from dicom_workstation.presentation_states import StateError, render

DATA = Path(pydicom.__file__).parent / "data"
DOCUMENT = Path(__file__).parents[2] / "docs" / "reading-images.md"
BEGIN, END = "<!-- sweep: begin -->", "<!-- sweep: end -->"
WITHIN = 1
PLUGINS = ("gdcm", "pylibjpeg", "pydicom", "")
UNDECODED = (RuntimeError, ValueError, AttributeError, NotImplementedError, TypeError, KeyError, OSError)


@dataclass(frozen=True, slots=True)
class Swept:
    """What became of one file.

    Parameters
    ----------
    kept : str
        Why the loader refuses it; empty if it keeps it.
    warned : tuple of str
        What it warns of.
    shown : str
        Why it is not displayed; empty if it is.
    apart : int or None
        By how much, of 255, the picture differs at most from an independent one; None where there is no picture, or
        where no other decoder has one.
    """

    name: str
    kept: str = ""
    warned: tuple[str, ...] = ()
    shown: str = ""
    apart: int | None = None


def files() -> list[Path]:
    """List every file that pydicom ships as data, in the order of their names."""
    return sorted(path for path in DATA.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc"))


@contextmanager
def quiet() -> Iterator[None]:
    """Ignore that pydicom warns about these files: that is what they are for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def swept(path: Path) -> Swept:
    """Keep and display a file."""
    name = path.relative_to(DATA).as_posix()
    kept, warned = "", ()
    try:
        instance = read_part10(path)
        warned = instance.warnings
    except ValueError as error:
        kept = str(error).removeprefix(f"{path}: ")
    try:
        image = Image(path)
        pictures = {number: render(image, number) for number in _frames(image)}
    except (PixelError, StateError) as error:
        return Swept(name, kept, warned, str(error))
    noted = dict.fromkeys(text for picture in pictures.values() for text in picture.warnings)
    apart = _apart(path, {number: picture.pixels for number, picture in pictures.items()})
    return Swept(name, kept, (*warned, *noted), "", apart)


def _frames(image: Image) -> list[int]:
    return sorted({1, (image.frames + 1) // 2, image.frames})


def _apart(path: Path, pictures: dict[int, np.ndarray]) -> int | None:
    """Return the difference from the independent picture that is nearest, if there is one."""
    data_set = readable(path)
    found = []
    for values in decoded_elsewhere(path):
        frames = values.reshape(-1, *values.shape[-3 if data_set.SamplesPerPixel == 3 else -2 :])
        with quiet():
            found.append(max(_difference(frames, data_set, number, picture) for number, picture in pictures.items()))
    return min(found, default=None)


def _difference(frames: np.ndarray, data_set: Dataset, number: int, picture: np.ndarray) -> int:
    model = "RGB" if frames.ndim == 4 else ""
    expected = render_independently(
        frames[number - 1], data_set, None, number, shape=picture.shape[:2], frames=frames, model=model
    )
    found = compare(expected, picture, WITHIN)
    return 255 if found.complaints else int(np.ceil(found.most))


def readable(path: Path) -> Dataset:
    """Read a file, and leave out what keeps pydicom from decoding it: a Number of Frames that is no number."""
    with quiet():
        found = pydicom.dcmread(path, force=True)
        frames = found.get_item("NumberOfFrames")
        if frames is not None and isinstance(frames.value, bytes) and not frames.value.strip().isdigit():
            del found.NumberOfFrames
    return found


def decoded_elsewhere(path: Path) -> Iterator[np.ndarray]:
    """Yield the values that other decoders find, colour as RGB."""
    for plugin in PLUGINS:
        try:
            with quiet():
                yield pixel_array(path, decoding_plugin=plugin)
        except UNDECODED:
            continue
    try:
        with quiet():
            yield readable(path).pixel_array
    except UNDECODED:
        pass
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.dcm"
        for program in ("dcmdjpeg", "dcmdrle", "dcmdjpls", "dcmconv"):
            found = shutil.which(program)
            command = [found or "", "+te", str(path), str(plain)]
            if found and subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0:
                break
        try:
            with quiet():
                yield pixel_array(plain, decoding_plugin="")
        except UNDECODED:
            return


def figures(found: list[Swept]) -> str:
    """Write the figures as Markdown."""
    images = [each for each in found if not each.shown]
    kept = [each for each in found if not each.kept]
    loader = Counter(_kind(each.kept) for each in found if each.kept)
    display = Counter(_kind(each.shown) for each in found if each.shown)
    lines = [
        f"Of {len(found)} files that ship with pydicom {pydicom.__version__}:",
        "",
        f"- {len(kept)} are kept, {sum(bool(each.warned) for each in kept)} of them with a warning; "
        f"{len(found) - len(kept)} are refused.",
        f"- {len(images)} are displayed, {sum(each.apart is not None for each in images)} of them compared with an "
        f"independent decoder: the largest difference is {max(each.apart or 0 for each in images)} of 255.",
        f"- {len(found) - len(images)} are not displayed.",
        "",
        "| not kept, because the file or its data set | files |",
        "|---|---|",
        *(f"| {reason} | {count} |" for reason, count in sorted(loader.items())),
        "",
        "| not displayed, because | files |",
        "|---|---|",
        *(f"| {reason} | {count} |" for reason, count in sorted(display.items())),
    ]
    return "\n".join(lines)


def _kind(reason: str) -> str:
    return reason.partition(":")[0].replace("|", "/")


def main() -> None:
    """Write the figures into the document."""
    text = figures([swept(path) for path in files()])
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
