"""Samples: files of SOP Classes that cannot be built, found in a folder and given to the peers that need them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dicom_conformance.errors import HarnessError
from dicom_conformance.play.instances import find_samples, samples_for
from dicom_conformance.scenario import Do
from dicom_simulators.data_sets import build, write_file

RAW_DATA, WAVEFORM = "1.2.840.10008.5.1.4.1.1.66", "1.2.840.10008.5.1.4.1.1.9.1.1"
EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Give a folder of four samples of two SOP Classes, an image that can be built, and a file that is no DICOM."""
    path = tmp_path_factory.mktemp("samples")
    image = build("smallest")
    (path / "deeper").mkdir()
    files = {
        "a": (RAW_DATA, EXPLICIT),
        "b": (RAW_DATA, IMPLICIT),
        "c": (RAW_DATA, IMPLICIT),
        "deeper/d": (WAVEFORM, EXPLICIT),
    }
    for name, (sop_class, transfer_syntax) in files.items():
        made = build("smallest", transfer_syntax=transfer_syntax)
        write_file(replace(made, SOPClassUID=sop_class), path / f"{name}.dcm")
    write_file(image, path / "image.dcm")
    (path / "notes.txt").write_text("no DICOM")
    return path


def test_one_file_of_each_class_and_transfer_syntax_is_a_sample(folder):
    skipped = []
    found = find_samples(folder, skipped.append)
    assert sorted(path.relative_to(folder).as_posix() for path in found) == ["a.dcm", "b.dcm", "deeper/d.dcm"]
    assert [text.split(": ", 1)[0] for text in skipped] == [str(folder / "notes.txt")]


def test_a_folder_that_is_missing_or_has_no_sample_is_an_error(folder, tmp_path):
    with pytest.raises(HarnessError, match="there is no such folder of samples"):
        find_samples(tmp_path / "none", pytest.fail)
    write_file(build("smallest"), tmp_path / "image.dcm")
    with pytest.raises(HarnessError, match="no file has a SOP Class of which samples are needed"):
        find_samples(tmp_path, pytest.fail)


def test_only_a_peer_that_stores_in_each_context_holds_the_samples(folder):
    steps = [Do(ae="scu", operation="store_in_each_context", peer="subject"), Do(ae="other", operation="store")]
    assert [one.file for one in samples_for("scu", steps, [folder / "a.dcm"])] == [str(folder / "a.dcm")]
    assert samples_for("other", steps, [folder / "a.dcm"]) == ()
