from __future__ import annotations

from pathlib import Path

import pytest

from dicom_conformance.__main__ import main
from dicom_conformance.errors import DataError
from dicom_conformance.files.known_deviations import load

LONG = 'format: 1\ndeviations:\n  - {case: "a/b[CT,1.2]", reason: fixed later}\n  - id: a/c\n    reason: " never "\n'
BARE = "- {id: 'a/b[CT,1.2]', reason: fixed later}\n- {case: a/c, reason: never}\n"
SHORT = '"a/b[CT,1.2]": fixed later\na/c: never\n'


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "known.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", [LONG, BARE, SHORT])
def test_each_form_is_read(tmp_path: Path, text: str) -> None:
    known = load(_file(tmp_path, text))
    assert known.reasons == {"a/b[CT,1.2]": "fixed later", "a/c": "never"}
    known.check({"a/b[CT,1.2]", "a/c", "a/d"})


@pytest.mark.parametrize(("text", "line"), [(LONG, 4), (BARE, 2), (SHORT, 2)])
def test_an_id_that_no_case_has_is_wrong(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(DataError, match="no case has the id 'a/c'; did you mean a/cc") as caught:
        load(_file(tmp_path, text)).check(["a/b[CT,1.2]", "a/cc"])
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a/b: ''", 1, "a reason is missing"),
        ("a/b:", 1, "a reason is missing"),
        ("a/b: [x]", 1, "a reason is missing"),
        ("- {case: a/b}", 1, "reason: missing"),
        ("- {case: a/b, reason: x}\n- {case: a/b, reason: y}", 2, "listed twice (first on line 1)"),
        ("deviations:\n  - {case: a/b, reason: x, until: y}", 2, "until: unknown key"),
        ("- a/b", 1, "must be a mapping"),
        ("just text", 1, "must be a mapping"),
    ],
)
def test_a_wrong_file_is_one_clear_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(DataError) as caught:
        load(_file(tmp_path, text))
    assert message in str(caught.value)
    assert caught.value.line == line


def test_known_deviations_leave_the_other_options_as_they_are(tmp_path, monkeypatch):
    """`--at-most` and `--allow-store` were lost where a file of known deviations was given."""
    seen = []

    def run(request, *arguments, **more):
        seen.append(request.options)
        raise KeyboardInterrupt

    monkeypatch.setattr("dicom_conformance.run.runner.run", run)
    (tmp_path / "known.yaml").write_text("{}\n")
    words = ["run", "verification/", "--at-most", "7", "--allow-store", "--output", str(tmp_path / "out")]
    for further in ([], ["--known-deviations", str(tmp_path / "known.yaml")]):
        assert main([*words, *further]) == 2
    assert [(one.at_most, one.may_store) for one in seen] == [(7, True), (7, True)]
