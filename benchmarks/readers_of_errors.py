"""What DCMTK, GDCM and pydicom do with images that have one error each: the columns of docs/reading-images.md.

Each image is 8 x 8 x 12 bits and right but for its one error; `none` has no error.

    python benchmarks/readers_of_errors.py [--only NAME]

Needs DCMTK's `dcmdump` and `dcmj2pnm` on the path, and python-gdcm.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import gdcm
import numpy as np
import openjpeg
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_modality_lut, apply_voi_lut
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit

PIXEL_DATA = b"\xe0\x7f\x10\x00OW"
PATIENT_ID = b"\x10\x00\x20\x00LO\x02\x001 "
GROUP_0000 = b"\x00\x00\x00\x00UL\x04\x00\x00\x00\x00\x00"
EXPLICIT_ITEM = (
    b"\x40\x00\x75\x02UN\x00\x00\xff\xff\xff\xff"
    b"\xfe\xff\x00\xe0\x0c\x00\x00\x00\x40\x00\x07\x00LO\x04\x00step\xfe\xff\xdd\xe0\x00\x00\x00\x00"
)


def image(transfer_syntax: str = ExplicitVRLittleEndian, frames: int = 0, **values: object) -> Dataset:
    """Return an image without an error, of which `values` takes the place of some attributes."""
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.1"
    made.StudyInstanceUID, made.SeriesInstanceUID = "2.25.2", "2.25.3"
    made.PatientName, made.PatientID, made.Modality = "A^B", "1", "OT"
    made.Rows = made.Columns = 8
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PixelRepresentation = 1, "MONOCHROME2", 0
    made.BitsAllocated, made.BitsStored, made.HighBit = 16, 12, 11
    if frames:
        made.NumberOfFrames = frames
    made.add_new("PixelData", "OW", (np.arange(64 * (frames or 1), dtype="<u2") * 8 % 4096).tobytes())
    for keyword, value in values.items():
        setattr(made, keyword, value)
    made.file_meta = FileMetaDataset()
    made.file_meta.MediaStorageSOPClassUID, made.file_meta.MediaStorageSOPInstanceUID = (
        "1.2.840.10008.5.1.4.1.1.7",
        "2.25.1",
    )
    made.file_meta.TransferSyntaxUID = transfer_syntax
    return made


def encapsulated(transfer_syntax: str, codestream: bytes, **values: object) -> Dataset:
    """Return an image of 8 x 8 pixels by its attributes, whose codestream may say otherwise."""
    made = image(transfer_syntax, **values)
    made.add_new("PixelData", "OB", encapsulate([codestream + b"\0" * (len(codestream) % 2)]))
    made["PixelData"].is_undefined_length = True
    return made


def table(keyword: str, entries: int) -> Dataset:
    """Return an image with a lookup table that declares 256 entries and has `entries`."""
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [256, 0, 12])
    item.add_new("LUTData", "OW", np.linspace(0, 4095, entries).astype("<u2").tobytes() if entries else b"")
    if keyword == "ModalityLUTSequence":
        item.ModalityLUTType = "US"
    return image(**{keyword: [item]})


def masked(operation: str, frame: int) -> Dataset:
    """Return an image of three frames that are to be subtracted."""
    item = Dataset()
    item.MaskOperation, item.MaskFrameNumbers, item.ApplicableFrameRange = operation, frame, [2, 3]
    return image(frames=3, MaskSubtractionSequence=[item])


def overlay_of_type(kind: str) -> Dataset:
    """Return an image with an overlay of 8 x 8."""
    made = image()
    for element, vr, value in (
        (0x0010, "US", 8), (0x0011, "US", 8), (0x0040, "CS", kind), (0x0050, "SS", [1, 1]),
        (0x0100, "US", 1), (0x0102, "US", 0), (0x3000, "OW", b"\x0f\xf0" * 4),
    ):  # fmt: skip
        made.add_new((0x6000, element), vr, value)
    return made


def written(made: Dataset, change: Callable[[bytes], bytes] = bytes) -> bytes:
    """Return the bytes of the file, changed."""
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, made, enforce_file_format=True)
    return change(buffer.getvalue())


def before_pixels(data: bytes, inserted: bytes) -> bytes:
    """Insert an element before Pixel Data."""
    at = data.rindex(PIXEL_DATA)
    return data[:at] + inserted + data[at:]


def files() -> Iterator[tuple[str, bytes]]:
    """Yield each image with its error's name."""
    cells = np.arange(64 * 64, dtype="u2").reshape(64, 64)
    jpeg = io.BytesIO()
    Image.fromarray((cells // 16).astype("u1")).save(jpeg, "JPEG")
    j2k = bytes(openjpeg.encode(cells, bits_stored=12, photometric_interpretation=2, codec_format=0))
    short = image()
    short.PixelData = short.PixelData[:64]
    frames = image(frames=3)
    frames.PixelData = frames.PixelData[:300]
    none = image()
    del none.PixelData
    yield "none", written(image())
    yield "group 0000 at the end", written(image(), lambda data: data + GROUP_0000)
    yield "not ascending", written(image(), lambda data: before_pixels(data.replace(PATIENT_ID, b""), PATIENT_ID))
    yield "UN sequence with explicit items", written(image(), lambda data: before_pixels(data, EXPLICIT_ITEM))
    yield "no pixel data", written(none)
    yield "half the pixel data", written(short)
    yield "pixel data ends within frame 3", written(frames)
    yield (
        "JPEG 64 x 64",
        written(encapsulated(JPEGBaseline8Bit, jpeg.getvalue(), BitsAllocated=8, BitsStored=8, HighBit=7)),
    )
    yield "JPEG 2000 64 x 64", written(encapsulated(JPEG2000Lossless, j2k))
    for keyword in ("VOILUTSequence", "ModalityLUTSequence"):
        for entries in (260, 200, 0):
            yield f"{keyword} of {entries} entries", written(table(keyword, entries))
    yield "overlay of type X", written(overlay_of_type("X"))
    yield "shutter of an unknown shape", written(image(ShutterShape="TRIANGULAR"))
    yield "rectangular shutter without edges", written(image(ShutterShape="RECTANGULAR"))
    yield "mask frame 9 of 3", written(masked("AVG_SUB", 9))
    yield "unknown mask operation", written(masked("NONSENSE", 1))
    yield "US of 3 bytes", written(image(), lambda data: before_pixels(data, b"\x28\x00\x06\x00US\x03\x00\x01\x00\x02"))


def dcmtk(*command: str) -> str:
    """Run a program; return its exit status and the first of its messages."""
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    said = [line for line in (ended.stderr + ended.stdout).splitlines() if line[:2] in {"W:", "E:", "F:"}]
    return f"exit status {ended.returncode}" + "".join(f"; {line[:90]}" for line in said[:2])


def by_gdcm(path: str) -> str:
    """Read a file and its pixels by GDCM."""
    reader = gdcm.ImageReader()
    reader.SetFileName(path)
    if not reader.Read():
        data_set = gdcm.Reader()
        data_set.SetFileName(path)
        return "reads the data set alone" if data_set.Read() else "does not read it"
    read = reader.GetImage()
    size = [read.GetDimension(axis) for axis in range(read.GetNumberOfDimensions())]
    pixels = read.GetBuffer()
    return f"{size}, {'no pixels' if pixels is None else f'{len(pixels)} bytes'}"


def by_pydicom(path: str) -> str:
    """Read a file, its pixels and their tables by pydicom."""
    done: list[str] = []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        data_set = pydicom.dcmread(path)
        try:
            cells = data_set.pixel_array
            done.append(f"pixels {cells.shape}")
            for apply in (apply_modality_lut, apply_voi_lut):
                shown = apply(cells, data_set)
                done.append(f"{apply.__name__} {int(shown.min())} to {int(shown.max())}")
            if (0x6000, 0x3000) in data_set:
                done.append(f"overlay {data_set.overlay_array(0x6000).shape}")
        except Exception as error:  # whatever it raises is the answer
            done.append(f"{type(error).__name__}: {str(error)[:90]}")
    return "; ".join(done + [f"warns: {str(one.message)[:90]}" for one in warned[:1]])


def main() -> int:
    """Print what each reader does with each file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="part of an error's name")
    only = parser.parse_args().only
    with tempfile.TemporaryDirectory() as folder:
        path, picture = str(Path(folder) / "image.dcm"), str(Path(folder) / "image.pgm")
        for name, data in files():
            if only in name:
                Path(path).write_bytes(data)
                view = ["+Wl", "1"] if name.startswith("VOILUT") else ["+Wm"]
                last = ["+F", "3"] if "frame" in name else []
                print(f"{name}\n  dcmdump   {dcmtk('dcmdump', path)}")
                print(f"  dcmj2pnm  {dcmtk('dcmj2pnm', *view, *last, path, picture)}")
                print(f"  GDCM      {by_gdcm(path)}\n  pydicom   {by_pydicom(path)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
