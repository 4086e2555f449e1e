"""Two runs, and two statements, side by side."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from test_shards_and_merge import result, run

from dicom_conformance.__main__ import main
from dicom_conformance.compare import compare_runs, compare_statements
from dicom_conformance.errors import DataError, HarnessError
from dicom_conformance.results import Finding, Verdict
from dicom_conformance.statement import load

STATEMENT = """
format: "2"
id: {id}
device: {{manufacturer: Acme, model: PACS}}
origin: {origin}
application_entities:
  {ae}:
{values}
    scp:
{scp}
"""


def states(comparison) -> dict[str, str]:
    return {row.about: row.state for row in comparison.rows}


class TestRuns:
    @pytest.mark.parametrize(
        ("before", "after", "state"),
        [
            (Verdict.PASS, Verdict.FAIL, "new failure"),
            (Verdict.NOT_CLAIMED, Verdict.FAIL, "new failure"),
            (Verdict.FAIL, Verdict.PASS, "fixed"),
            (Verdict.FAIL, Verdict.WARN, "fixed"),
            (Verdict.FAIL, Verdict.FAIL, "still failing"),
            (Verdict.PASS, Verdict.FLAKY, "flaky"),
            (Verdict.PASS, Verdict.INCONCLUSIVE, "no longer judged"),
            (Verdict.FAIL, Verdict.NOT_CLAIMED, "no longer judged"),
            (Verdict.WARN, Verdict.NOT_JUDGED, "no longer judged"),
            (Verdict.PASS, Verdict.ERROR, "no longer judged"),
            (Verdict.ERROR, Verdict.ERROR, "unchanged"),
            (Verdict.PASS, Verdict.WARN, "changed"),
            (Verdict.PASS, Verdict.PASS, "unchanged"),
        ],
    )
    def test_what_became_of_a_case(self, tmp_path, before, after, state):
        one = run(tmp_path / "1", result("a/x", before))
        two = run(tmp_path / "2", result("a/x", after))
        comparison = compare_runs(one, two)
        assert states(comparison) == {"a/x": state}
        assert comparison.exit_status == (state in ("new failure", "flaky", "no longer judged"))

    def test_cases_that_are_in_one_run_alone(self, tmp_path):
        one = run(tmp_path / "1", result("a/gone"), result("a/never", Verdict.NOT_CLAIMED))
        two = run(tmp_path / "2", result("a/new"), result("a/broken", Verdict.FAIL))
        assert states(compare_runs(one, two)) == {
            "a/new": "added",
            "a/broken": "new failure",
            "a/gone": "no longer judged",
            "a/never": "unchanged",
        }

    @pytest.mark.parametrize(
        ("before_s", "after_s", "state"), [(1.0, 3.0, "slower"), (0.1, 0.5, "unchanged"), (9.0, 11.0, "unchanged")]
    )
    def test_what_is_much_slower(self, tmp_path, before_s, after_s, state):
        one = run(tmp_path / "1", result("a/x", elapsed_s=before_s))
        two = run(tmp_path / "2", result("a/x", elapsed_s=after_s))
        assert states(compare_runs(one, two)) == {"a/x": state}

    def test_a_case_is_found_by_the_id_that_it_had(self, tmp_path):
        one = run(tmp_path / "1", result("old/x[CT]", Verdict.FAIL), result("old/y", Verdict.FAIL))
        two = run(tmp_path / "2", result("scp/x[CT]"), result("scp/y[archive]"))
        comparison = compare_runs(one, two, {"scp/x": ("old/z", "old/x"), "scp/y": ("old/y",)})
        assert states(comparison) == {"scp/x[CT]": "fixed", "scp/y[archive]": "fixed"}
        assert comparison.rows[0].details.startswith("formerly old/x[CT]")

    def test_what_the_runs_differ_in_is_said(self, tmp_path):
        one = run(tmp_path / "1", result("a/x"))
        two = run(tmp_path / "2", result("a/x"), subject="q", left_out=3)
        assert compare_runs(one, two).notes == (
            "The subject is p in the first run and q in the second.",
            "The second run does not cover every case.",
        )

    def test_a_case_twice_is_refused(self, tmp_path):
        one = run(tmp_path / "1", result("a/x"), result("a/x"))
        with pytest.raises(DataError, match="appears twice"):
            compare_runs(one, one)


def statement(tmp_path, name: str, values: str, scp: str, ae: str = "archive", origin: str = "claimed"):
    path = tmp_path / f"{name}.yaml"
    path.write_text(STATEMENT.format(id=name, ae=ae, values=values, scp=scp, origin=origin))
    return load(path)


CLAIMED = """    identity: {implementation_class_uid: "1.2.3", implementation_version_name: A}
    maximum_length: 32768
    character_sets: [ISO_IR 100, ISO_IR 192]"""
SCP = """      - service: storage
        sop_classes: [CTImageStorage, MRImageStorage]
        transfer_syntaxes: [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
        selection: [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
      - {service: query, models: [study_root], keys: {STUDY: [StudyDescription]}}
      - {service: get, models: [none]}"""


class TestStatements:
    def test_a_statement_is_as_itself(self, tmp_path):
        claimed = statement(tmp_path, "claimed", CLAIMED, SCP)
        comparison = compare_statements(claimed, claimed)
        assert {row.state for row in comparison.rows} == {"as claimed"}
        assert comparison.exit_status == 0
        directview = load("directview-5.2")
        for configuration in directview.configurations:
            found = compare_statements(directview, directview, configuration=configuration)
            assert {row.state for row in found.rows} >= {"as claimed"}

    def test_each_state(self, tmp_path):
        claimed = statement(tmp_path, "claimed", CLAIMED, SCP)
        measured = statement(
            tmp_path,
            "measured",
            """    identity: {implementation_class_uid: "1.2.3"}
    maximum_length: 16384
    associations: {accepted: 3}
    character_sets: [ISO_IR 100]""",
            """      - service: storage
        sop_classes: [CTImageStorage, SecondaryCaptureImageStorage]
        transfer_syntaxes: [ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLosslessSV1]
        selection: [ImplicitVRLittleEndian, JPEGLosslessSV1, ExplicitVRLittleEndian]
      - {service: verification}
      - {service: get, models: [study_root]}
      - {service: query, models: [study_root], keys: {STUDY: [StudyDescription, Modality]}}""",
            origin="measured",
        )
        comparison = compare_statements(claimed, measured)
        found = states(comparison)
        assert found["identity.implementation class uid"] == "as claimed"
        assert found["identity.implementation version name"] == "not measured"
        assert found["maximum length"] == "different"
        assert found["associations.accepted"] == "unstated"
        assert found["character sets"] == "absent"
        assert found["storage as an SCP: CT Image Storage"] == "seen besides"
        assert found["storage as an SCP: MR Image Storage"] == "absent"
        assert found["storage as an SCP: Secondary Capture Image Storage"] == "seen besides"
        assert found["storage as an SCP: which transfer syntax is chosen for CT Image Storage"] == "different"
        assert found["verification as an SCP"] == "seen besides"
        assert found["query as an SCP: keys.STUDY"] == "seen besides"
        assert found["get as an SCP"] == "different"
        assert comparison.exit_status == 1

    def test_what_is_claimed_as_all_there_is_may_not_be_more(self, tmp_path):
        claimed = statement(
            tmp_path, "claimed", CLAIMED, SCP.replace("- service: storage", "- service: storage\n        only: true")
        )
        more = statement(
            tmp_path, "more", CLAIMED, SCP.replace("[CTImageStorage,", "[CTImageStorage, NuclearMedicineImageStorage,")
        )
        found = states(compare_statements(claimed, more))
        assert found["storage as an SCP: Nuclear Medicine Image Storage"] == "different"

    def test_aes_of_other_keys_are_paired(self, tmp_path):
        claimed = statement(tmp_path, "claimed", CLAIMED, SCP)
        other = statement(tmp_path, "other", CLAIMED, SCP, ae="product")
        assert {row.state for row in compare_statements(claimed, other).rows} == {"as claimed"}
        with pytest.raises(HarnessError, match=r"no AE has the same key .* as --ae FIRST=SECOND"):
            compare_statements(load("directview-5.2"), replace_ae(tmp_path))
        with pytest.raises(HarnessError, match="claimed has no AE 'x': archive"):
            compare_statements(claimed, other, [("x", "product")])
        with pytest.raises(HarnessError, match="has no configuration 'x'"):
            compare_statements(claimed, other, configuration="x")


def replace_ae(tmp_path):
    two = STATEMENT.format(id="two", ae="one", values=CLAIMED, scp=SCP, origin="claimed")
    path = tmp_path / "two.yaml"
    path.write_text(f"{two}  another:\n    scp:\n{SCP}\n")
    return load(path)


class TestCommand:
    def test_runs_as_table_json_and_page(self, tmp_path, capsys):
        unmet = Finding("dimse", False, expected="Status 0000", actual="<b>A700</b>")
        one = run(tmp_path / "1", result("a/x"), result("a/y"))
        two = run(tmp_path / "2", result("a/x", Verdict.FAIL, findings=(unmet,)), result("a/y"))
        page = tmp_path / "page.html"
        assert main(["compare", str(one), str(two), "--output", str(page)]) == 1
        told = capsys.readouterr().out
        assert "new failure" in told
        assert "a/y" not in told
        assert "unchanged: 1" in told
        text = page.read_text()
        assert "expected Status 0000; actual &lt;b&gt;A700&lt;/b&gt;" in text
        assert "a/y" in text
        assert main(["compare", str(one), str(one), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["exit_status"], told["counts"]["unchanged"], len(told["rows"])) == (0, 2, 2)

    def test_statements(self, tmp_path, capsys):
        statement(tmp_path, "claimed", CLAIMED, SCP)
        statement(tmp_path, "other", CLAIMED.replace("32768", "16384"), SCP)
        files = [str(tmp_path / "claimed.yaml"), str(tmp_path / "other.yaml")]
        assert main(["compare", *files]) == 1
        assert "maximum length" in capsys.readouterr().out
        assert main(["compare", files[0], files[0], "--ae", "archive=archive"]) == 0

    def test_what_cannot_be_compared_is_status_2(self, tmp_path, capsys):
        one = run(tmp_path / "1", result("a/x"))
        assert main(["compare", str(one), "directview-5.2"]) == 2
        assert "one is a folder and the other is not" in capsys.readouterr().err
        assert main(["compare", str(one), str(one), "--ae", "a=b"]) == 2
        assert main(["compare", str(tmp_path), str(one)]) == 2
        with pytest.raises(SystemExit):
            main(["compare", str(one), str(one), "--ae", "a"])


def test_the_state_of_a_row_is_one_that_is_counted(tmp_path):
    comparison = compare_runs(run(tmp_path / "1", result("a/x")), run(tmp_path / "2", result("a/x")))
    assert sum(comparison.counts.values()) == len(comparison.rows)
    wrong = replace(comparison, rows=(replace(comparison.rows[0], state="flaky"),))
    assert (wrong.exit_status, len(wrong.shown())) == (1, 1)
