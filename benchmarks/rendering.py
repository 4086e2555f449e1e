"""How fast and how lean the workstation renders, beside DCMTK's dcmp2pgm, in one run.

Three promises, each measured:

- a computed radiograph of 2,048 x 2,500 pixels with a presentation state (a window, a rotation), from the files to a
  PGM file: in this process at least as fast as dcmp2pgm as a process. Both pictures are within 2 of 255;
- CT frames of 512 x 512, each under a window of its own, so that no lookup table serves twice: 60 a second;
- 500 frames of 8 MiB read from a file, one after the other: peak traced memory below three of them.

The median of several rounds is printed, side by side; the exit status is 1 if a promise is not kept.

    python benchmarks/rendering.py [--rounds 7] [--output FILE.json]
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import struct
import subprocess
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from machine import machine, with_aim
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset

from dicom_simulators.data_sets import build, write_file
from dicom_workstation.pixels import Image, Transformation, Window, apply
from dicom_workstation.presentation_states import Presentation, PresentationState, create_state, render
from dicom_workstation.presentation_states import Window as StateWindow
from dicom_workstation.presentation_states.image_selection import SelectedImage

CR = "1.2.840.10008.5.1.4.1.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
AIM = 1.0  # as fast as DCMTK
FRAMES_PER_SECOND = 60
LONG_FRAMES, LONG_SIDE = 500, 2048


def radiograph(folder: Path) -> tuple[Path, Path]:
    """A computed radiograph and a presentation state for it."""
    image, state = folder / "cr.dcm", folder / "state.dcm"
    write_file(build("smallest", CR, EXPLICIT_VR_LITTLE_ENDIAN, rows=2500, columns=2048), image)
    presentation = Presentation(window=StateWindow(center=2000, width=3000), rotate=90)
    created, _ = create_state((SelectedImage(Image(image)),), presentation)
    created.file_meta = FileMetaDataset()
    created.file_meta.TransferSyntaxUID = EXPLICIT_VR_LITTLE_ENDIAN
    created.file_meta.MediaStorageSOPClassUID = created.SOPClassUID
    created.file_meta.MediaStorageSOPInstanceUID = created.SOPInstanceUID
    created.save_as(state, enforce_file_format=True)
    return image, state


def ours(image: Path, state: Path | None, picture: Path) -> None:
    """From the files to a PGM file."""
    found = PresentationState.read(dcmread(state)) if state is not None else None
    pixels = render(Image(image), 1, found).pixels
    picture.write_bytes(b"P5\n%d %d\n255\n" % (pixels.shape[1], pixels.shape[0]) + pixels.tobytes())


def theirs(image: Path, state: Path | None, picture: Path) -> None:
    """The same by dcmp2pgm, a process."""
    options = ["-p", str(state)] if state is not None else []
    subprocess.run(["dcmp2pgm", *options, str(image), str(picture)], check=True, capture_output=True, timeout=60)


def read_pgm(path: Path) -> np.ndarray:
    raw = path.read_bytes()
    columns, rows = (int(number) for number in re.sub(rb"#[^\n]*", b"", raw[:200]).split()[1:3])
    return np.frombuffer(raw[-rows * columns :], np.uint8).reshape(rows, columns)


def seconds(action: Callable[[], Any], rounds: int) -> float:
    """Median of several rounds in seconds, after one that does not count."""
    action()
    taken = []
    for _ in range(rounds):
        begin = time.perf_counter()
        action()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def measure_radiograph(folder: Path, rounds: int) -> dict[str, Any]:
    image, state = radiograph(folder)
    found: dict[str, Any] = {}
    mine, other = folder / "ours.pgm", folder / "theirs.pgm"
    for name, used in (("without a state", None), ("with a state", state)):
        found[name] = {
            "workstation_ms": round(1000 * seconds(partial(ours, image, used, mine), rounds), 1),
            "dcmp2pgm_ms": round(1000 * seconds(partial(theirs, image, used, other), rounds), 1),
        }
        ratio = found[name]["dcmp2pgm_ms"] / found[name]["workstation_ms"]
        found[name]["as fast as dcmp2pgm"] = with_aim(ratio, AIM)
        difference = int(np.abs(read_pgm(mine).astype(int) - read_pgm(other)).max())
        found[name]["largest difference"] = difference
        found[name]["kept"] = difference <= 2 and found[name]["workstation_ms"] <= found[name]["dcmp2pgm_ms"]
    return found


def measure_frames(rounds: int) -> dict[str, Any]:
    """512 x 512 CT: opened once, each frame under another window; and opened anew for each frame."""
    instance = build("ct_512", CT, EXPLICIT_VR_LITTLE_ENDIAN)
    image = Image((instance.data_set, EXPLICIT_VR_LITTLE_ENDIAN))
    count = 100

    def other_windows() -> None:
        for center in range(count):
            window = Window(center + time.perf_counter_ns() % 1000 / 1000, 400)
            apply(image, 1, Transformation.of_image(image, 1, window))

    def opened_anew() -> None:
        for _ in range(count):
            found = Image((instance.data_set, EXPLICIT_VR_LITTLE_ENDIAN))
            apply(found, 1, Transformation.of_image(found))

    windows, opened = (round(count / seconds(action, rounds)) for action in (other_windows, opened_anew))
    return {
        "each under another window, frames/s": windows,
        "each opened anew, frames/s": opened,
        "kept": min(windows, opened) >= FRAMES_PER_SECOND,
    }


def long_object(path: Path) -> int:
    """A file of 500 frames of 2,048 x 2,048 x 16 bits, sparse; the size of a frame."""
    data_set = Dataset()
    data_set.SOPClassUID, data_set.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7.3", "2.25.1"
    data_set.SamplesPerPixel, data_set.PhotometricInterpretation = 1, "MONOCHROME2"
    data_set.NumberOfFrames, data_set.Rows, data_set.Columns = str(LONG_FRAMES), LONG_SIDE, LONG_SIDE
    data_set.BitsAllocated, data_set.BitsStored, data_set.HighBit, data_set.PixelRepresentation = 16, 12, 11, 0
    data_set.file_meta = FileMetaDataset()
    data_set.file_meta.TransferSyntaxUID = EXPLICIT_VR_LITTLE_ENDIAN
    data_set.file_meta.MediaStorageSOPClassUID = data_set.SOPClassUID
    data_set.file_meta.MediaStorageSOPInstanceUID = data_set.SOPInstanceUID
    data_set.save_as(path, enforce_file_format=True)
    frame_bytes = LONG_SIDE * LONG_SIDE * 2
    with path.open("ab") as stream:
        stream.write(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, LONG_FRAMES * frame_bytes))
        stream.truncate(stream.tell() + LONG_FRAMES * frame_bytes)
    return frame_bytes


def measure_memory(folder: Path) -> dict[str, Any]:
    path = folder / "long.dcm"
    frame_bytes = long_object(path)
    tracemalloc.start()
    image = Image(path)
    for frame in range(1, image.frames + 1):
        stored = image.stored(frame)  # the frame before is held while this one is decoded
        assert stored.nbytes == frame_bytes
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {"frames": LONG_FRAMES, "peak in frames": round(peak / frame_bytes, 2), "kept": peak < 3 * frame_bytes}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found: dict[str, Any] = {
            "machine": machine(),
            "CR 2,048 x 2,500, file to PGM": measure_radiograph(folder, arguments.rounds),
            "CT 512 x 512": measure_frames(arguments.rounds),
            "500 frames of 8 MiB": measure_memory(folder),
        }
    text = json.dumps(found, indent=2)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n", encoding="utf-8")
    return 0 if '"kept": false' not in text else 1


if __name__ == "__main__":
    raise SystemExit(main())
