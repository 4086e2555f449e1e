from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.results import (
    KEYS,
    ClaimCoverage,
    Erratum,
    Finding,
    Level,
    Result,
    Run,
    Verdict,
    list_for_cleanup,
    split_parameters,
)
from dicom_conformance.results.results import ResultsWriter, read_results, read_run, write_results, write_run

SYNTAXES = [f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 57, 70, 90, 91)]


def _result(*findings: Finding, verdict: Verdict = Verdict.PASS, cells: int = 1) -> Result:
    return Result(
        id="storage/a[CT,1.2]",
        scenario="storage/a",
        statement="small",
        subject="embedded",
        clause=("DCS 1/1", "PS3.7 D.3.2"),
        level=Level.CLAIM,
        verdict=verdict,
        title="Is it so?",
        parameters={"sop_class": "1.2.840.10008.5.1.4.1.1.2", "role": "SCP"},
        findings=findings,
        cells=cells,
        elapsed_s=0.0123456789,
        evidence="evidence/x",
    )


def test_a_result_has_the_keys_of_the_contract() -> None:
    plain = _result(Finding("dimse", True, expected="one", actual="one")).to_json()
    keys = ["id", "scenario", "statement", "subject", "clause", "level", "verdict", "parameters", "findings", "cells"]
    assert set(keys) | {"elapsed_s", "evidence", "title"} == set(plain)
    assert plain["findings"] == [{"check": "dimse", "met": True, "expected": "one", "actual": "one"}]
    assert (plain["verdict"], plain["level"], plain["elapsed_s"]) == ("PASS", "claim", 0.012346)


def test_an_unmet_finding_is_written_whole_whatever_the_number_of_cells() -> None:
    parameters = {"sop_class": "1.2.3", "proposed": "1.2"}
    met = Finding("context", True, expected="a", actual="a", parameters=parameters, evidence=("link/1/2",))
    unmet = Finding(
        "context", False, "PS3.8 9.3.3.2", Level.SHALL, "a", "b", parameters, evidence=("link/1/2",), requirement="must"
    )
    first, second = _result(met, unmet, verdict=Verdict.FAIL, cells=2).to_json()["findings"]
    assert first == {"check": "context", "met": True, "parameters": parameters}
    assert second == {
        "check": "context",
        "met": False,
        "clause": "PS3.8 9.3.3.2",
        "level": "shall",
        "expected": "a",
        "actual": "b",
        "parameters": parameters,
        "evidence": ["link/1/2"],
        "requirement": "must",
    }


def test_the_clause_of_a_met_finding_is_kept_for_coverage() -> None:
    finding = Finding("context", True, "DCS 1/2", Level.HOUSE, "a", "a")
    plain = _result(finding, finding, cells=2).to_json()["findings"][0]
    assert plain == {"check": "context", "met": True, "clause": "DCS 1/2", "level": "house"}


def test_results_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    unmet = Finding("dimse", False, "c", Level.SHOULD, "é\u2028", "\x00\n", {"status": "A700"}, ("link/1/1",), "r")
    results = [
        _result(Finding("dimse", True, expected="x", actual="x")),
        Result(**{**_fields(_result(unmet, verdict=Verdict.WARN)), "reason": "why", "deviation": "known"}),
    ]
    write_results(path, results)
    assert list(read_results(path)) == [
        Result(**{**_fields(results[0]), "elapsed_s": 0.012346}),
        Result(**{**_fields(results[1]), "elapsed_s": 0.012346}),
    ]
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2


def _fields(result: Result) -> dict[str, object]:
    return {name: getattr(result, name) for name in result.__dataclass_fields__}


def test_a_result_is_on_disk_as_soon_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with ResultsWriter(path) as writer:
        writer.write(_result())
        assert [result.id for result in read_results(path)] == ["storage/a[CT,1.2]"]


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"id": 1}', "null", '{"verdict": "MAYBE"}'])
def test_a_wrong_line_is_told_with_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text(json.dumps(_result().to_json()) + "\n\n" + line + "\n")
    with pytest.raises(DataError, match="is not a result") as caught:
        list(read_results(path))
    assert caught.value.line == 3


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        list(read_results(tmp_path / "absent"))
    with pytest.raises(DataError, match="No such file"):
        read_run(tmp_path / "absent")


def test_the_priority_matrix_stays_below_fifty_megabytes() -> None:
    findings = [
        Finding(
            "context",
            True,
            expected="0 (acceptance), JPEG 2000 Image Compression",
            actual="0 (acceptance), JPEG 2000 Image Compression",
            parameters={
                "sop_class": "1.2.840.10008.5.1.4.1.1.77.1.3",
                "proposed": ",".join(SYNTAXES[:5]),
                "transfer_syntax": SYNTAXES[0],
                "configuration": "jpeg2000",
            },
            evidence=("link/1/2",),
        )
        for _ in range(128)
    ]
    line = json.dumps(_result(*findings, cells=128).to_json(), separators=(",", ":"))
    assert len(line) * 133_716 / 128 < 45_000_000


def test_a_run_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    run = Run(
        start="2026-01-31T12:00:00Z",
        elapsed_s=1.5,
        seed=7,
        statement="small",
        subject="embedded",
        counts={verdict.value: 0 for verdict in Verdict} | {"PASS": 3},
        cells=5,
        exit_status=1,
        strict=True,
        versions={"python": "3.11"},
        command=("dicom-conformance", "run"),
        register=(
            ClaimCoverage("1/1", "1", "it accepts", "claim", cases=3),
            ClaimCoverage("2", "2", "it asks", "claim", untested="a kernel limit"),
        ),
        errata=(Erratum("e", "1", "printed", "read", "why"),),
        stale_deviations=("storage/a[CT,1.2]",),
    )
    write_run(tmp_path / "run.json", run)
    assert read_run(tmp_path / "run.json") == run
    plain = json.loads((tmp_path / "run.json").read_text())
    assert (plain["claims"]["reached"], plain["claims"]["all"], plain["counts"]["PASS"]) == (1, 2, 3)


def test_a_wrong_run_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("{}")
    with pytest.raises(DataError, match="is not a run"):
        read_run(path)


def test_a_result_travels_between_processes() -> None:
    result = _result(Finding("dimse", True))
    assert pickle.loads(pickle.dumps(result)) == result
    assert pickle.loads(pickle.dumps(Result("a", "a", "s", "e", (), Level.CLAIM, Verdict.ERROR))).parameters == {}


def test_parameters_bear_the_keys_on_which_others_rely_and_values_the_rest() -> None:
    parameters, values = split_parameters({"status": "C603", "layout": "ROW\\1,2", "message": "N-SET-RSP"})
    assert (parameters, values) == ({"status": "C603", "message": "N-SET-RSP"}, {"layout": "ROW\\1,2"})
    one = Result("a", "a", "s", "e", (), Level.CLAIM, Verdict.PASS, parameters=parameters, values=values)
    plain = one.to_json()
    assert set(plain["parameters"]) <= KEYS
    assert Result.from_json(plain) == one
    assert "values" not in Result("a", "a", "s", "e", (), Level.CLAIM, Verdict.PASS).to_json()


def test_what_is_left_to_clean_up_is_one_line_a_study_whatever_its_names_hold(tmp_path: Path) -> None:
    stored = [("A\nB", "1.2", "1.2.1"), ("A\nB", "1.2", "1.2.2"), ("", "", "1.3.1")]
    list_for_cleanup(tmp_path, stored, "scp/storage/case")
    list_for_cleanup(tmp_path, stored[:1], "scp/storage/another")
    assert (tmp_path / "cleanup.txt").read_text().splitlines() == [
        r"PatientID A\x0aB  StudyInstanceUID 1.2  (scp/storage/case)",
        "SOPInstanceUID 1.3.1  (scp/storage/case)",
    ]
