"""Files of `run --samples DIR`: found in a folder, given to the peers that need them, and asked for again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from test_runs_of_foreign_subjects import archive

from dicom_conformance.__main__ import main
from dicom_conformance.errors import HarnessError
from dicom_conformance.play.instances import held_by, lacking, made
from dicom_conformance.results import CLEANUP
from dicom_conformance.scenario import Do, Holding, Peer, fixtures
from dicom_simulators.archive import services
from dicom_simulators.association import Response
from dicom_simulators.data_sets import Instance, build, write_file
from dicom_simulators.encoding import encode_attributes

CT, RAW_DATA, WAVEFORM = (f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("2", "66", "9.1.1"))
EXPLICIT, IMPLICIT, VIDEO = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.4.102"
ROUND_TRIP = "scp/storage/round-trip-of-samples"


def instance(sop_class: str, syntax: str = EXPLICIT, number: int = 1, **changes: str) -> Instance:
    elements = {
        "SOPClassUID": sop_class,
        "SOPInstanceUID": f"2.25.4711{number}",
        "StudyInstanceUID": "2.25.4711",
        "SeriesInstanceUID": "2.25.47110",
        "PatientID": "CONFSAMPLE",
        "Modality": "OT",
        **changes,
    }
    return Instance(sop_class, f"2.25.4711{number}", syntax, encode_attributes(elements, syntax))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Give a folder of samples, of images that can be built, and of files that cannot be played."""
    path = tmp_path_factory.mktemp("samples")
    (path / "deeper").mkdir()
    for name, one in {
        "a": instance(RAW_DATA),
        "b": instance(RAW_DATA, IMPLICIT, 2),
        "c": instance(RAW_DATA, IMPLICIT, 3),
        "deeper/d": instance(WAVEFORM, EXPLICIT, 4),
        "image": build("smallest"),
        "video": replace(build("smallest"), transfer_syntax=VIDEO),
        "without-study": instance(WAVEFORM, EXPLICIT, 5, StudyInstanceUID=""),
    }.items():
        write_file(one, path / f"{name}.dcm")
    (path / "notes.txt").write_text("no DICOM")
    return path


def test_one_file_of_each_class_and_transfer_syntax_that_cannot_be_built_is_a_sample(folder):
    skipped: list[str] = []
    found = fixtures.find_samples(folder, skipped.append)
    names = sorted(one.path.relative_to(folder).as_posix() for one in found)
    assert names == ["a.dcm", "b.dcm", "deeper/d.dcm", "video.dcm"]
    assert {(one.sop_class, one.transfer_syntax) for one in found} >= {(RAW_DATA, IMPLICIT), (CT, VIDEO)}
    assert sorted(text.split(": ", 1)[0] for text in skipped) == [
        str(folder / "notes.txt"),
        str(folder / "without-study.dcm"),
    ]
    assert any("without StudyInstanceUID" in text for text in skipped)


def test_a_folder_that_is_missing_or_has_no_sample_is_an_error(tmp_path):
    with pytest.raises(HarnessError, match="there is no such folder of samples"):
        fixtures.find_samples(tmp_path / "none", pytest.fail)
    write_file(build("smallest"), tmp_path / "image.dcm")
    with pytest.raises(HarnessError, match="no file has a SOP Class of which samples are needed"):
        fixtures.find_samples(tmp_path, pytest.fail)


def test_a_peer_holds_the_sample_that_it_names_and_all_of_them_where_it_stores_in_each_context(folder):
    samples = fixtures.find_samples(folder, lambda text: None)
    each = [Do(ae="scu", operation="store_in_each_context", peer="subject"), Do(ae="other", operation="store")]
    assert len(held_by("scu", Peer(simulator="scu"), each, samples)) == len(samples)
    assert held_by("other", Peer(simulator="scu"), each, samples) == ()
    one = Peer(simulator="scu", holds=(Holding(sample=RAW_DATA),))
    assert [holding.file for holding in held_by("other", one, each, samples)] == [str(folder / "a.dcm")]
    assert lacking([one], samples) == ""
    assert lacking([one], ()) == fixtures.NO_INSTANCE


def test_of_several_files_of_a_class_an_uncompressed_one_is_taken(tmp_path):
    samples = [fixtures.Sample(RAW_DATA, syntax, tmp_path / syntax) for syntax in (VIDEO, IMPLICIT)]
    assert fixtures.sample_of(RAW_DATA, samples) == samples[1]
    assert fixtures.sample_of(RAW_DATA, samples[:1]) == samples[0]
    assert fixtures.sample_of(CT, samples) is None


def test_only_a_peer_of_a_run_can_hold_a_sample(tmp_path):
    with pytest.raises(HarnessError, match="only the peers of a run can hold a `sample`"):
        made([Holding(sample=RAW_DATA)], tmp_path)


Play = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def subject(tmp_path_factory):
    """Give the subject file of our archive while it runs."""
    with archive(tmp_path_factory.mktemp("archive"), "1") as (_, file):
        yield file


@pytest.fixture
def play(subject, tmp_path) -> Play:
    """Judge the archive, and give the results by the SOP Class of the case."""

    def run(*words: str, status: int = 0) -> dict[str, dict[str, Any]]:
        further = ("--subject", str(subject), "--allow-store", "-n", "1", "--output", str(tmp_path / "out"))
        assert main(["run", *words, *further]) == status
        lines = (tmp_path / "out" / "results.jsonl").read_text(encoding="utf-8").splitlines()
        return {one["id"].removeprefix(f"{ROUND_TRIP}[").split(",")[0]: one for one in map(json.loads, lines)}

    return run


def test_a_class_with_a_file_is_judged_the_others_are_not_and_the_study_is_listed(play, folder, tmp_path):
    found = play(ROUND_TRIP, "--samples", str(folder))
    passed = {name for name, one in found.items() if one["verdict"] == "PASS"}
    assert passed == {"RawDataStorage", "TwelveLeadECGWaveformStorage"}
    left = [one for one in found.values() if one["verdict"] != "PASS"]
    assert {(one["verdict"], one["reason"]) for one in left} == {("NOT_JUDGED", fixtures.NO_INSTANCE)}
    assert "CTImageStorage" not in found
    (line,) = (tmp_path / "out" / CLEANUP).read_text(encoding="utf-8").splitlines()
    assert line.startswith(f"PatientID CONFSAMPLE  StudyInstanceUID 2.25.4711  ({ROUND_TRIP}[")


def test_an_archive_that_loses_a_sample_fails(play, tmp_path, monkeypatch):
    monkeypatch.setattr(services, "store", lambda *arguments: Response(0x0000))
    write_file(instance(RAW_DATA, EXPLICIT, 9, StudyInstanceUID="2.25.4712"), tmp_path / "raw.dcm")
    found = play(f"{ROUND_TRIP}[RawDataStorage", "--samples", str(tmp_path), status=1)
    assert found["RawDataStorage"]["verdict"] == "FAIL"


def test_classes_that_are_not_used_for_want_of_an_instance_are_named(play, folder):
    (found,) = play("scp/association/serves-what-it-claims", "--statement", "dicom-conformance-archive").values()
    assert found["verdict"] == "PASS"
    (unobserved,) = found["unobserved"]
    assert "no instance can be built" in unobserved
    (with_two_of_them,) = play(
        "scp/association/serves-what-it-claims", "--statement", "dicom-conformance-archive", "--samples", str(folder)
    ).values()
    assert _number(with_two_of_them["unobserved"][0]) == _number(unobserved) - 2


def _number(text: str) -> int:
    return next(int(word) for word in text.split() if word.isdigit())
