"""Load plans: what is read, and what each mistake is told as, with file, line and field."""

from __future__ import annotations

from pathlib import Path

import plain_load
import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.load import read_plan
from dicom_conformance.load.plan_file import Get, Store
from dicom_conformance.run.file_check import check

STORE = "  - {operation: store}\n"


@pytest.mark.parametrize(
    ("lines", "line", "field", "message"),
    [
        ("mix:\n  - {operation: stor}\n", 7, "mix[0]", "no operation is named 'stor'; did you mean store?"),
        ("mixed: 1\nmix:\n" + STORE, 6, "mixed", "unknown key; did you mean mix?"),
        ("mix:\n  - {operation: echo, wait: 1}\n", 7, "mix[0].wait", "unknown key"),
        ("mix: []\n", 6, "mix", "must be 1 to 40 entries"),
        ("mix:\n  - {operation: store, sizes: [8, x]}\n", 7, "mix[0].sizes[1]", "must be a whole number, not 'x'"),
        ("mix:\n  - {operation: store, sizes: []}\n", 7, "mix[0].sizes", "must be 1 to 20 sizes"),
        (
            "mix:\n  - {operation: store, sop_class: CTImageStorag}\n",
            7,
            "mix[0].sop_class",
            "did you mean CTImageStorage?",
        ),
        ("mix:\n  - {operation: store, sop_class: images}\n", 7, "mix[0].sop_class", "images is a group"),
        (
            "mix:\n  - {operation: store, sop_class: BasicTextSRStorage}\n",
            7,
            "mix[0].sop_class",
            "no images of BasicTextSRStorage can be made",
        ),
        (
            "mix:\n  - {operation: store, transfer_syntax: DeflatedExplicitVRLittleEndian}\n",
            7,
            "mix[0].transfer_syntax",
            "no images can be made",
        ),
        ("mix:\n  - {operation: find}\n", 7, "mix[0]", "nothing in the mix stores"),
        ("mix:\n  - {operation: find, of: keys, keys: {PatientNam: x}}\n", 7, "mix[0].keys.PatientNam", "PatientName?"),
        ("mix:\n  - {operation: find, of: keys}\n", 7, "mix[0].of", "needs `keys`"),
        ("mix:\n  - {operation: move, of: keys, destination: A}\n", 7, "mix[0].keys", "move needs StudyInstanceUID"),
        ("mix:\n  - {operation: move}\n", 7, "mix[0].destination", "missing"),
        (
            "mix:\n  - {operation: get, of: keys, keys: {StudyInstanceUID: 1.2}}\n",
            7,
            "mix[0]",
            "needs `sop_classes`",
        ),
        ("check: {by: folder}\nmix:\n" + STORE, 6, "check", "needs `folder`"),
        ("tls: {certificate: none.pem}\nmix:\n" + STORE, 6, "tls", "none.pem cannot be used: No such file"),
        ("tls: {certificat: none.pem}\nmix:\n" + STORE, 6, "tls.certificat", "did you mean certificate?"),
        ("tls: {profile: bcp}\nmix:\n" + STORE, 6, "tls.profile", "bcp195"),
        ("check: {by: none, model: study_root}\nmix:\n" + STORE, 6, "check.model", "is of no use to `by: none`"),
        ("check: {folder: here}\nmix:\n" + STORE, 6, "check.folder", "is of no use to `by: query`"),
        (
            "limits: {percentiles: [{operation: echo, percentile: 95, at_most_ms: 9}]}\nmix:\n" + STORE,
            6,
            "limits.percentiles[0].operation",
            "the mix has no echo",
        ),
    ],
)
def test_a_mistake_has_its_line_and_field(tmp_path: Path, lines: str, line: int, field: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        plain_load.plan(tmp_path, lines)
    assert (caught.value.line, caught.value.field) == (line, field)
    assert message in caught.value.message


def test_all_mistakes_of_a_plan_are_told_by_check(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("title: x\nusers: 0\nduration_s: x\nat_most: {operations: 1, rate_per_s: 1}\nmix:\n" + STORE)
    found = check(path, "directview-5.2", "embedded")
    assert [one.partition(": ")[0] for one in found.mistakes] == [f"{path}:2", f"{path}:3"]


def test_names_become_uids_and_sizes_are_numbers_or_mappings(tmp_path: Path) -> None:
    read = plain_load.plan(
        tmp_path,
        "mix:\n  - {operation: store, sop_class: MR Image Storage, sizes: [64, {bytes: 128, weight: 3}]}\n"
        "  - {operation: store, sizes: 256}\n  - {operation: get, sop_classes: CTImageStorage}\n",
    )
    first, second, get = read.file.mix
    assert isinstance(first, Store)
    assert isinstance(second, Store)
    assert isinstance(get, Get)
    assert (first.sop_class, first.transfer_syntax) == ("1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.1.2.1")
    assert [(size.bytes, size.weight) for size in first.sizes] == [(64, 1.0), (128, 3.0)]
    assert [size.bytes for size in second.sizes] == [256]
    assert get.sop_classes == ("1.2.840.10008.5.1.4.1.1.2",)
    assert check(read.path, "directview-5.2", "embedded").summary == "a valid load plan of 3 entries"


def test_the_example_in_the_documents_is_a_plan() -> None:
    path = Path(__file__).parents[3] / "docs" / "load" / "ward.yaml"
    assert check(path, "directview-5.2", "embedded").mistakes == ()


def test_a_ramp_says_how_many_users_act_at_a_moment(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(
        "title: A ramp\nusers: 8\nduration_s: 60\nat_most: {operations: 10, rate_per_s: 1}\nmix: [{operation: echo}]\n"
        "ramp: [{after_s: 0, users: 2}, {after_s: 10, users: 8}, {after_s: 50, users: 1}]\n"
    )
    planned = read_plan(path)
    assert [planned.users_at(at) for at in (0.0, 9.9, 10.0, 49.0, 59.0)] == [2, 2, 8, 8, 1]


@pytest.mark.parametrize(
    ("ramp", "field", "message"),
    [
        ("[{after_s: 1, users: 2}]", "ramp.0.after_s", "must be 0"),
        ("[{after_s: 0, users: 9}]", "ramp.0.users", "at most 8"),
        ("[{after_s: 0, users: 1}, {after_s: 0, users: 2}]", "ramp.1.after_s", "later than the step before"),
        ("[{after_s: 0, users: 1}, {after_s: 60, users: 2}]", "ramp.1.after_s", "not reached"),
    ],
)
def test_a_ramp_that_cannot_be_kept_is_refused(tmp_path: Path, ramp: str, field: str, message: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(
        "title: A ramp\nusers: 8\nduration_s: 60\nat_most: {operations: 10, rate_per_s: 1}\nmix: [{operation: echo}]\n"
        f"ramp: {ramp}\n"
    )
    with pytest.raises(DataError, match=message) as caught:
        read_plan(path)
    assert caught.value.field.replace("[", ".").replace("]", "") == field


@pytest.mark.parametrize(
    ("lines", "model"),
    [
        ("mix:\n" + STORE, "study_root"),
        (f"mix:\n{STORE}  - {{operation: get, model: patient_root}}\n", "patient_root"),
        (f"mix:\n{STORE}  - {{operation: get, model: patient_root}}\n  - {{operation: find}}\n", "study_root"),
        (f"check: {{model: patient_root}}\nmix:\n{STORE}", "patient_root"),
    ],
)
def test_the_check_asks_in_the_model_of_the_mix(tmp_path: Path, lines: str, model: str) -> None:
    assert plain_load.plan(tmp_path, lines).check_model == model


def test_the_patient_level_belongs_to_the_patient_root(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(
        "title: x\nusers: 1\nduration_s: 6\nat_most: {operations: 10, rate_per_s: 1}\n"
        "mix: [{operation: find, of: keys, keys: {PatientID: A}, level: PATIENT}]\n"
    )
    with pytest.raises(DataError, match="model: patient_root"):
        read_plan(path)
