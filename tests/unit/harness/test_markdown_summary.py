"""The short page for a CI job's summary, and the file of today's failures."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_court import EXPECT, HEAD, STORE

from dicom_conformance.__main__ import main
from dicom_conformance.errors import DataError
from dicom_conformance.files.known_deviations import load, write
from dicom_conformance.results import ClaimCoverage, ClaimState, Finding, Level, Result, Run, Verdict
from dicom_conformance.run.markdown_summary import MOST_FAILURES, MOST_WARNINGS, append_to_step_summary, text

RUN = Run("2026", 1.5, 9, "directview-5.2", "acme", {"PASS": 1, "FAIL": 1}, 2, 1, command=("dicom-conformance", "run"))


def result(identifier: str, verdict: Verdict, *findings: Finding, reason: str = "", deviation: str = "") -> Result:
    named = {"clause": ("PS3.4 C.4.1.3.1",), "level": Level.SHALL, "title": "The title", "deviation": deviation}
    return Result(identifier, "a/b", "s", "acme", verdict=verdict, findings=findings, reason=reason, **named)


class TestSummary:
    def test_a_failure_says_requirement_clause_expected_and_actual(self):
        unmet = Finding("dimse", False, "PS3.7 9.1", None, "Status 0000", "Status A700", requirement="It is stored")
        note = Finding("dimse", False, "c", Level.NOTE, "a note", "seen")
        page = text([result("a/b[1]", Verdict.FAIL, unmet, note)], RUN)
        assert page.startswith("# dicom-conformance: failed\n")
        assert "| FAIL | 1 |" in page
        assert (
            "- `a/b[1]`\n  - It is stored (shall, PS3.7 9.1)\n    - expected: Status 0000\n    - actual: Status A700"
            in page
        )
        assert "a note" not in page
        assert "```sh\ndicom-conformance run\n```" in page

    def test_claims_are_counted(self):
        proved = ClaimCoverage("1", "3", "x", "shall", cases=2, state=ClaimState.PROVED)
        register = (proved, ClaimCoverage("2", "3", "x", "shall"))
        assert "a judged case reaches: 1 of 2 (proved 1, not judged 1)." in text([], replace(RUN, register=register))
        assert "The statement makes no claims." in text([], RUN)

    def test_what_was_withheld_is_counted_by_reason(self):
        page = text([], replace(RUN, withheld={"withheld: needs --allow-store": 3}))
        assert "## Withheld\n\n- 3 cases: needs --allow-store\n" in page

    def test_what_has_no_reliable_verdict_is_listed_by_reason(self):
        lost = [result(f"a/{n}", Verdict.INCONCLUSIVE, reason="nobody answers") for n in range(3)]
        page = text([*lost, result("a/9", Verdict.ERROR, reason="a mistake")], RUN)
        assert "- INCONCLUSIVE `a/0` and 2 more: nobody answers\n- ERROR `a/9`: a mistake" in page

    def test_known_deviations_are_no_failures(self):
        page = text([result("a/b", Verdict.FAIL, reason="r", deviation="later")], RUN)
        assert "| of which known deviations | 1 |" in page
        assert "## Failures" not in page

    def test_a_warning_says_which_recommendation_was_not_followed(self):
        unmet = Finding("dimse", False, "PS3.7 9.1", Level.SHOULD, "one", "two", requirement="One is enough")
        page = text([result("a/b", Verdict.WARN, unmet), result("a/c", Verdict.FAIL, reason="r")], RUN)
        warned = "- `a/b`\n  - One is enough (should, PS3.7 9.1)\n    - expected: one\n    - actual: two"
        assert (
            page.index("## Failures") < page.index("- `a/c`") < page.index("## Warnings: recommendations not followed")
        )
        assert warned in page.split("## Warnings")[1]

    def test_no_warning_no_section(self):
        assert "## Warnings" not in text([result("a/b", Verdict.PASS)], RUN)

    def test_warnings_stay_few(self):
        page = text([result(f"a/{n}", Verdict.WARN, reason="r") for n in range(MOST_WARNINGS + 2)], RUN)
        assert page.count("- `a/") == MOST_WARNINGS
        assert "And 2 more warnings; the report has them." in page

    def test_what_a_subject_sent_is_no_markup(self):
        unmet = Finding("dimse", False, expected="x", actual="<img src=x> **bold** `code`\n# title\x1b[0m")
        page = text([result("a/b", Verdict.FAIL, unmet)], RUN)
        assert "\\<img src=x\\> \\*\\*bold\\*\\* \\`code\\` \\# title" in page
        assert "\x1b" not in page

    def test_it_stays_short(self):
        unmet = Finding("dimse", False, expected="x" * 5000, actual="y")
        page = text([result(f"a/{n}", Verdict.FAIL, *(unmet,) * 9) for n in range(MOST_FAILURES + 1)], RUN)
        assert "  - and 6 more" in page
        assert "And 1 more failure; the report has them." in page
        assert len(page) < 100_000

    def test_it_is_appended_where_the_environment_names_a_file(self, tmp_path, monkeypatch):
        summary, job = tmp_path / "summary.md", tmp_path / "job.md"
        summary.write_text("# this\n")
        monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
        assert not append_to_step_summary(summary)
        job.write_text("before\n")
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(job))
        assert append_to_step_summary(summary)
        assert job.read_text() == "before\n# this\n\n"


def played(tmp_path, *more: str, expect: str = EXPECT) -> int:
    (tmp_path / "case.yaml").write_text(HEAD + STORE + expect)
    words = [str(tmp_path / "case.yaml"), "--subject", "test_court:Tiny", "--output", str(tmp_path / "out")]
    return main(["run", *words, *more])


def test_a_run_writes_it(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "job.md"))
    assert played(tmp_path) == 0
    page = (tmp_path / "out" / "summary.md").read_text()
    assert page.startswith("# dicom-conformance: passed\n")
    assert (tmp_path / "job.md").read_text() == f"{page}\n"


class TestKnownDeviations:
    FAILING = "  - expect:\n      - dimse: {sender: workstation, message: C-FIND-RQ, count: 3}\n"

    def test_failures_are_written_without_a_reason_and_refused_until_there_is_one(self, tmp_path, capsys):
        file = tmp_path / "known.yaml"
        assert played(tmp_path, "--write-known-deviations", str(file), expect=self.FAILING) == 1
        lines = file.read_text().splitlines()
        assert f"known deviations: {file} (1)" in capsys.readouterr().out
        assert lines[1:3] == ['format: "1"', "deviations:"]
        assert lines[4] == '    reason: ""'
        assert played(tmp_path, "--known-deviations", str(file), expect=self.FAILING) == 2
        assert f"{file}:5: deviations[0].reason: " in capsys.readouterr().err
        file.write_text(file.read_text().replace('""', "to be fixed in 5.3"))
        assert played(tmp_path, "--known-deviations", str(file), expect=self.FAILING) == 0

    def test_reasons_that_are_known_are_kept(self, tmp_path):
        file = tmp_path / "known.yaml"
        played(tmp_path, "--write-known-deviations", str(file), expect=self.FAILING)
        file.write_text(file.read_text().replace('""', '"it: is [so]"'))
        both = ("--known-deviations", str(file), "--write-known-deviations", str(file))
        assert played(tmp_path, *both, expect=self.FAILING) == 0
        assert list(load(file).reasons.values()) == ["it: is [so]"]

    def test_any_id_and_reason_comes_back(self, tmp_path):
        reasons = {'a/b[CT,"1.2"]': "näch: #1", "a/c[x: y]": "\\ 'quoted'"}
        write(tmp_path / "known.yaml", reasons)
        assert load(tmp_path / "known.yaml").reasons == reasons

    def test_a_run_without_failures_gives_an_empty_list(self, tmp_path):
        write(tmp_path / "known.yaml", {})
        assert load(tmp_path / "known.yaml").reasons == {}
        write(tmp_path / "one.yaml", {"a/b": ""})
        with pytest.raises(DataError) as caught:
            load(tmp_path / "one.yaml")
        assert (caught.value.line, caught.value.field) == (5, "deviations[0].reason")
