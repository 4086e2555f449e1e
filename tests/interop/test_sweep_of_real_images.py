"""Every file that ships with pydicom is displayed as independent decoders have it, or refused for a known reason."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pydicom
import pytest

from sweep_of_real_images import BEGIN, DATA, DOCUMENT, END, WITHIN, Swept, figures, files, quiet, swept

NO_PIXELS = "there is no Pixel Data"
NO_FILE = ("is not a DICOM file", "is not a DICOM file: it has no DICM prefix")
REFUSED = {
    "test_files/JPEG2000-embedded-sequence-delimiter.dcm": "a frame's codestream declares 1024 x 3722445056 x 1",
    "test_files/MR_truncated.dcm": "Pixel Data ends at 8130 bytes, 8192 are needed",
    "test_files/meta_missing_tsyntax.dcm": "BitsAllocated is missing",
    "test_files/nested_priv_SQ.dcm": "BitsAllocated is missing",
}
"""Images that are not displayed, each with its reason."""

SWEPT: dict[str, Swept] = {}

pytestmark = pytest.mark.skipif(importlib.util.find_spec("gdcm") is None, reason="GDCM is not installed")


def of(path: Path) -> Swept:
    name = path.relative_to(DATA).as_posix()
    if name not in SWEPT:
        SWEPT[name] = swept(path)
    return SWEPT[name]


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(DATA).as_posix())
def test_a_real_file_is_displayed_as_elsewhere_or_refused_for_a_reason(path: Path) -> None:
    found = of(path)
    if not found.shown:
        assert found.apart is not None, "no other decoder has a picture of it"
        assert found.apart <= WITHIN
    elif found.name in REFUSED:
        assert found.shown.startswith(REFUSED[found.name])
    else:
        assert found.shown in (NO_PIXELS, *NO_FILE)
        assert not holds_pixels(path)


def holds_pixels(path: Path) -> bool:
    with quiet():
        try:
            return "PixelData" in pydicom.dcmread(path, force=True)
        except (ValueError, OSError, KeyError, TypeError):
            return False


def test_every_refusal_on_the_list_is_still_one() -> None:
    names = {path.relative_to(DATA).as_posix() for path in files()}
    assert names >= set(REFUSED)


def test_the_figures_of_the_document_are_those_of_the_sweep() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    if f"pydicom {pydicom.__version__}:" not in text:
        pytest.skip(f"the figures are of another pydicom than {pydicom.__version__}, which ships other files")
    written = text.partition(BEGIN)[2].partition(END)[0].strip()
    assert written == figures([of(path) for path in files()])
