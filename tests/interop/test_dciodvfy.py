"""Every instance that we build, under the eyes of dicom3tools' dciodvfy; and 12 bit JPEG, decoded by DCMTK.

References
----------
DCS Table 3; PS3.3 Annex A; PS3.5 8.2.1.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.datadict import dictionary_description

from dicom_conformance.iod_checks import Dciodvfy
from dicom_simulators.data_sets import (
    EXCLUSIONS,
    SOP_CLASSES,
    TRANSFER_SYNTAXES,
    SOPClass,
    TransferSyntax,
    build,
    exclusion,
    write_file,
)
from foreign_programs import path_of

# dciodvfy has no IOD for these: what it says of their encoding and attributes counts, what it says of the IOD cannot.
UNKNOWN_IOD = {sop_class.uid for sop_class in SOP_CLASSES if sop_class.retired}
UNKNOWN_COMPLAINT = "Error - Information Object Not found"
# What is retired says so: attributes that only the retired IODs had.
RETIRED_COMPLAINTS = re.compile(r"Warning - (Retired attribute - \((0x0018,0x101|0x0028,0x0012|0x0028,0x5000)"
                                r"|Dicom dataset contains retired attributes)")  # fmt: skip
# A line without "Error" or "Warning" is the name of the IOD that was recognised.
COMPLAINT = re.compile(r"error|warning", re.IGNORECASE)

PAIRS = [
    pytest.param(sop_class, syntax, id=f"{sop_class.label}-{syntax.uid.removeprefix('1.2.840.10008.')}")
    for sop_class in SOP_CLASSES
    for syntax in TRANSFER_SYNTAXES
]
EXTENDED = "1.2.840.10008.1.2.4.51"
TWELVE_BITS = [
    pytest.param(sop_class, id=sop_class.label)
    for sop_class in SOP_CLASSES
    if sop_class.native is not None and sop_class.extended_bits == 12
]


@pytest.fixture(scope="module")
def dciodvfy() -> str:
    return path_of("dciodvfy", "dicom3tools")


@pytest.fixture(scope="module")
def dcmdjpeg() -> str:
    return path_of("dcmdjpeg", "dcmtk")


def _complaints(dciodvfy: str, path: Path) -> list[str]:
    """Return what dciodvfy has against a file; its exit status is 0 whatever it finds."""
    ran = subprocess.run([dciodvfy, str(path)], capture_output=True, text=True, check=False, timeout=120)
    lines = [line.strip() for line in (ran.stderr + ran.stdout).splitlines()]
    assert any(lines), "dciodvfy names at least the IOD"
    return [line for line in lines if COMPLAINT.search(line)]


def _foreseen(complaint: str, sop_class: SOPClass, syntax: TransferSyntax) -> bool:
    """Whether a complaint follows from an exclusion, or from the class being retired."""
    if sop_class.uid in UNKNOWN_IOD and (complaint == UNKNOWN_COMPLAINT or RETIRED_COMPLAINTS.match(complaint)):
        return True
    pair = exclusion(sop_class.uid, syntax.uid)
    return pair is not None and any(f"<{dictionary_description(word)}>" in complaint for word in pair.attributes)


@pytest.mark.peer("dciodvfy")
@pytest.mark.parametrize(("sop_class", "syntax"), PAIRS)
def test_dciodvfy_finds_nothing_that_is_not_foreseen(
    dciodvfy: str, tmp_path: Path, sop_class: SOPClass, syntax: TransferSyntax
) -> None:
    path = write_file(build("smallest", sop_class.uid, syntax.uid), tmp_path / "instance.dcm")
    complaints = _complaints(dciodvfy, path)
    assert [line for line in complaints if not _foreseen(line, sop_class, syntax)] == []


@pytest.mark.peer("dciodvfy")
def test_the_checks_of_a_run_read_what_dciodvfy_says(dciodvfy: str, tmp_path: Path) -> None:
    valid = write_file(build("smallest", remove="Laterality"), tmp_path / "valid.dcm")
    changed = build("smallest", SliceThickness="Doe", remove="StudyInstanceUID")
    program = Dciodvfy(dciodvfy)
    assert re.fullmatch(r"the standard of dicom3tools \d{4}-\d\d-\d\d", program.edition)
    said = program.check([valid, write_file(changed, tmp_path / "changed.dcm")])
    assert said is not None
    assert said[0] == ()
    assert ("General Study", "Study Instance UID (0020,000d) - Missing attribute for Type 1 Required") in [
        (one.module, one.text) for one in said[1]
    ]
    assert not any("Doe" in one.text for one in said[1])


@pytest.mark.peer("dciodvfy")
@pytest.mark.parametrize(
    "pair",
    [
        pytest.param(pair, id=f"{pair.sop_class}-{pair.transfer_syntax}")
        for pair in EXCLUSIONS
        if pair.sop_class not in UNKNOWN_IOD
    ],
)
def test_every_exclusion_is_what_dciodvfy_complains_of(dciodvfy: str, tmp_path: Path, pair: object) -> None:
    assert isinstance(pair, type(EXCLUSIONS[0]))
    path = write_file(build("smallest", pair.sop_class, pair.transfer_syntax), tmp_path / "instance.dcm")
    complaints = "\n".join(_complaints(dciodvfy, path))
    for keyword in pair.attributes:
        assert f"<{dictionary_description(keyword)}>" in complaints


@pytest.mark.peer("dciodvfy")
@pytest.mark.parametrize("sop_class", [pytest.param(row, id=row.label) for row in SOP_CLASSES if row.retired])
def test_dciodvfy_still_does_not_know_the_retired_classes(dciodvfy: str, tmp_path: Path, sop_class: SOPClass) -> None:
    path = write_file(build("smallest", sop_class.uid), tmp_path / "instance.dcm")
    assert UNKNOWN_COMPLAINT in _complaints(dciodvfy, path)


@pytest.mark.peer("dciodvfy")
@pytest.mark.parametrize("keyword", ["Modality", "RescaleSlope", "ImagePositionPatient", "PixelRepresentation"])
def test_dciodvfy_would_have_noticed(dciodvfy: str, tmp_path: Path, keyword: str) -> None:
    path = write_file(build(remove=(keyword,)), tmp_path / "instance.dcm")
    assert any("Error" in line for line in _complaints(dciodvfy, path))


@pytest.mark.peer("dcmdjpeg")
@pytest.mark.parametrize("sop_class", TWELVE_BITS)
def test_dcmdjpeg_decodes_12_bits_within_the_bound(dcmdjpeg: str, tmp_path: Path, sop_class: SOPClass) -> None:
    instance = build("smallest", sop_class.uid, EXTENDED)
    coded, decoded = write_file(instance, tmp_path / "coded.dcm"), tmp_path / "decoded.dcm"
    subprocess.run([dcmdjpeg, str(coded), str(decoded)], check=True, capture_output=True, timeout=120)
    data_set = dcmread(decoded)
    assert data_set.BitsStored == 12
    assert instance.pixels is not None
    pixels = data_set.pixel_array.reshape(instance.pixels.shape).astype(np.int64)
    assert 0 < int(np.abs(pixels - instance.pixels).max()) <= instance.max_error


@pytest.mark.peer("dcmdjpeg")
def test_dcmdjpeg_decodes_512_lines_of_12_bits_within_the_bound(dcmdjpeg: str, tmp_path: Path) -> None:
    instance = build("ct_512", transfer_syntax=EXTENDED)
    coded, decoded = write_file(instance, tmp_path / "coded.dcm"), tmp_path / "decoded.dcm"
    subprocess.run([dcmdjpeg, str(coded), str(decoded)], check=True, capture_output=True, timeout=120)
    assert instance.pixels is not None
    pixels = dcmread(decoded).pixel_array.reshape(instance.pixels.shape).astype(np.int64)
    assert 0 < int(np.abs(pixels - instance.pixels).max()) <= instance.max_error
