"""The pixel pipeline beside programs that no one here wrote: DCMTK, GDCM, OpenJPEG.

Decoding: every real file that comes with pydicom and holds pixels decodes like at least one other decoder does, or is
refused where all of them fail too. Rendering: DCMTK's `dcmp2pgm`, within 2 of 255.

References
----------
PS3.4 Annex N.2.1; PS3.3 Section C.11.1, C.11.2, C.11.6
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.pixels import pixel_array
from pydicom.sequence import Sequence

from dicom_workstation.pixels import Image, PixelError, Transformation, apply
from sweep_of_real_images import readable

REAL = sorted((Path(pydicom.__file__).parent / "data" / "test_files").glob("*.dcm"))
EXPLICIT = "1.2.840.10008.1.2.1"
CR = "1.2.840.10008.5.1.4.1.1.1"
# The default of pydicom would ask our own plugin too.
PLUGINS = {"gdcm": "gdcm", "pylibjpeg": "openjpeg", "pydicom": "pydicom"}
UNDECODED = (RuntimeError, ValueError, AttributeError, NotImplementedError, TypeError, KeyError, InvalidDicomError)


def tool(name: str) -> str:
    """Path of a program of DCMTK; without it the test is skipped, or fails where CI promises it."""
    found = shutil.which(name)
    if found is None:
        missing = f"{name} is not installed (Debian: dcmtk)"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@contextmanager
def quiet() -> Iterator[None]:
    """pydicom warns about what is odd in these files; here that is what they are for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def through_dcmtk(path: Path, folder: Path) -> np.ndarray:
    """What DCMTK decodes, read as native pixels; ValueError if it cannot."""
    plain = folder / "plain.dcm"
    for name in ("dcmdjpeg", "dcmdrle", "dcmconv"):
        command = [tool(name), "+te", str(path), str(plain)]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        if done.returncode == 0:
            break
    else:
        raise ValueError(f"DCMTK: {done.stderr[-200:]!r}")
    with quiet():
        return pixel_array(plain, decoding_plugin="")


def independent(path: Path, folder: Path) -> dict[str, np.ndarray]:
    """What each other decoder makes of a file; those that cannot are left out."""
    found = {}
    for plugin, module in PLUGINS.items():
        if importlib.util.find_spec(module) is None:
            continue
        try:
            with quiet():
                found[plugin] = pydicom.dcmread(path, force=True)
                found[plugin].convert_pixel_data(plugin)
                found[plugin] = found[plugin].pixel_array
        except UNDECODED:
            found.pop(plugin, None)
    try:
        found["DCMTK"] = through_dcmtk(path, folder)
    except UNDECODED:
        found.pop("DCMTK", None)
    if not found:  # a Number of Frames that is no number is taken as 1
        try:
            with quiet():
                data_set = readable(path)
                found["pydicom"] = data_set.pixel_array.reshape(-1, data_set.Rows, data_set.Columns)[0]
        except UNDECODED:
            found.pop("pydicom", None)
    return found


def ours(path: Path) -> np.ndarray | str:
    """What we decode, or why not."""
    try:
        image = Image(path)
        frames = [image.stored(frame) for frame in range(1, image.frames + 1)]
    except PixelError as error:
        return str(error)
    return frames[0] if len(frames) == 1 else np.stack(frames)


def holds_pixels(path: Path) -> bool:
    with quiet():
        found = pydicom.dcmread(path, force=True)
    return "PixelData" in found


@pytest.mark.parametrize("path", [path for path in REAL if holds_pixels(path)], ids=lambda path: path.stem)
def test_real_files_decode_as_elsewhere_or_nowhere(path, tmp_path):
    others = independent(path, tmp_path)
    decoded = ours(path)
    if isinstance(decoded, str):
        assert decoded
        assert not others, f"refused ({decoded}), yet {sorted(others)} decode it"
    else:
        equal = [name for name, pixels in others.items() if np.array_equal(pixels, decoded)]
        assert equal, f"decoded, but unlike all of {sorted(others)}"


# --- rendering


def cr(stored: np.ndarray, bits: int = 12, photometric: str = "MONOCHROME2", signed: bool = False) -> Dataset:
    """A Computed Radiography image with these stored values."""
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = EXPLICIT
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID = CR
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID = "2.25.4711"
    image.StudyInstanceUID, image.SeriesInstanceUID = "2.25.4712", "2.25.4713"
    image.PatientName, image.PatientID, image.PatientBirthDate, image.PatientSex = "A^B", "1", "", ""
    image.StudyDate = image.StudyTime = image.AccessionNumber = image.StudyID = image.ReferringPhysicianName = ""
    image.Modality, image.SeriesNumber, image.InstanceNumber = "CR", "1", "1"
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, photometric
    image.Rows, image.Columns = stored.shape
    image.BitsAllocated = stored.dtype.itemsize * 8
    image.BitsStored, image.HighBit, image.PixelRepresentation = bits, bits - 1, int(signed)
    image.PixelData = stored.tobytes()
    image["PixelData"].VR = "OB" if image.BitsAllocated == 8 else "OW"
    return image


def table(entries: np.ndarray, first: int = 0, bits: int = 16, vr: str = "US") -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", vr, [len(entries) & 0xFFFF, first, bits])
    item.LUTExplanation = "table"
    item.add_new("LUTData", "OW", entries.astype("<u2").tobytes())
    return item


RAMP = np.arange(4096, dtype="<u2").reshape(64, 64)
SIGNED_RAMP = (np.arange(4096) - 2048).astype("<i2").reshape(64, 64)


def windowed(center: float, width: float, stored: np.ndarray = RAMP, **changes: object) -> Dataset:
    image = cr(stored, **changes)
    image.WindowCenter, image.WindowWidth = str(center), str(width)
    return image


def rescaled(slope: float, intercept: float, **changes: object) -> Dataset:
    image = windowed(40, 400, **changes)
    image.RescaleSlope, image.RescaleIntercept, image.RescaleType = str(slope), str(intercept), "US"
    return image


def with_function(name: str) -> Dataset:
    image = windowed(1500, 900)
    image.VOILUTFunction = name
    return image


def with_voi_table() -> Dataset:
    image = cr(RAMP)
    curve = np.rint(4095 * np.sqrt(np.linspace(0, 1, 2000)))
    image.VOILUTSequence = Sequence([table(curve, first=1000, bits=12)])
    return image


def with_modality_table() -> Dataset:
    image = windowed(2000, 3000)
    image.ModalityLUTSequence = Sequence([table(np.linspace(4000, 100, 4096), bits=16)])
    image.ModalityLUTSequence[0].ModalityLUTType = "US"
    return image


def with_overlay() -> Dataset:
    image = windowed(2048, 4096)
    plane = np.zeros((64, 64), np.uint8)
    plane[10:20, 30:50] = 1
    for element, vr, value in (
        (0x0010, "US", 64),
        (0x0011, "US", 64),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x3000, "OW", np.packbits(plane, bitorder="little").tobytes()),
    ):
        image.add_new((0x6000, element), vr, value)
    return image


CASES = {
    "window": lambda: windowed(1500, 900),
    "window-of-width-1": lambda: windowed(2000, 1),
    "window-of-width-2": lambda: windowed(2000, 2),
    "window-between-values": lambda: windowed(1000.5, 333.3),
    "window-beyond-values": lambda: windowed(5000, 9000),
    "no-window": lambda: cr(RAMP),
    "no-window-8-bits": lambda: cr(np.arange(4096).astype("u1").reshape(64, 64), bits=8),
    "monochrome1": lambda: windowed(1500, 900, photometric="MONOCHROME1"),
    "monochrome1-no-window": lambda: cr(RAMP, photometric="MONOCHROME1"),
    "signed": lambda: windowed(-100, 700, SIGNED_RAMP, signed=True),
    "rescale": lambda: rescaled(1, -1024),
    "rescale-fraction": lambda: rescaled(0.25, -300.5),
    "rescale-signed": lambda: rescaled(2, -10, stored=SIGNED_RAMP, signed=True),
    "voi-lut-sequence": with_voi_table,
    "modality-lut-sequence": with_modality_table,
}


def through_dcmp2pgm(image: Dataset, folder: Path) -> np.ndarray:
    """What DCMTK renders, 8 bits."""
    path, picture = folder / "image.dcm", folder / "picture.pgm"
    image.save_as(path, enforce_file_format=True)
    subprocess.run([tool("dcmp2pgm"), str(path), str(picture)], capture_output=True, timeout=60, check=True)
    return read_pgm(picture)


# What dcmp2pgm's presentation state knows nothing of; dcm2pnm is the same library's other way to a picture.
BEYOND_DCMP2PGM = {
    "sigmoid": (lambda: with_function("SIGMOID"), ["+Wi", "1", "+Wfs"]),
    "linear": (lambda: with_function("LINEAR"), ["+Wi", "1"]),
    "overlay": (with_overlay, ["+Wi", "1", "+Omr"]),
}


@pytest.mark.parametrize("name", BEYOND_DCMP2PGM)
def test_what_dcmp2pgm_does_not_know_renders_as_in_dcm2pnm(name, tmp_path):
    make, options = BEYOND_DCMP2PGM[name]
    path, picture = tmp_path / "image.dcm", tmp_path / "picture.pgm"
    make().save_as(path, enforce_file_format=True)
    subprocess.run([tool("dcm2pnm"), *options, "+op", str(path), str(picture)], timeout=60, check=True)
    image = Image(path)
    rendered = apply(image, 1, Transformation.of_image(image)).astype(int)
    assert np.abs(rendered - read_pgm(picture)).max() <= 2


def read_pgm(path: Path) -> np.ndarray:
    raw = path.read_bytes()
    columns, rows = (int(number) for number in re.sub(rb"#[^\n]*", b"", raw[:200]).split()[1:3])
    return np.frombuffer(raw[-rows * columns :], np.uint8).reshape(rows, columns)


@pytest.mark.parametrize("name", CASES)
def test_what_the_image_says_renders_as_in_dcmtk(name, tmp_path):
    image_data = CASES[name]()
    expected = through_dcmp2pgm(image_data, tmp_path).astype(int)
    image = Image(image_data)
    rendered = apply(image, 1, Transformation.of_image(image)).astype(int)
    assert rendered.shape == expected.shape
    assert np.abs(rendered - expected).max() <= 2
