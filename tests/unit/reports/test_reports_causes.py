"""What the report of another product says: its name, columns, and causes instead of single findings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dicom_reports
from dicom_conformance.judge.verdict import count
from dicom_conformance.results import Finding, Level, Result, Run, Verdict
from dicom_conformance.results.results import write_results, write_run
from dicom_conformance.statement.statement import unclaimed
from dicom_reports.assembly import ScriptError, joined
from dicom_reports.causes import Causes, Kind

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
NAMES = {CT: "CT Image Storage", MR: "MR Image Storage"}


def result(name: str, verdict: Verdict, *findings: Finding, reason: str = "", **more: tuple[str, ...]) -> Result:
    return Result(
        name, name, "acme", "acme", ("PS3.4 C.4",), Level.SHALL, verdict, "A title",
        findings=findings, reason=reason, **more,
    )  # fmt: skip


def unmet(actual: str, level: Level = Level.SHALL, clause: str = "PS3.7 9.1") -> Finding:
    return Finding("outcome", False, clause, level, "a status", actual, requirement="A request is answered")


def test_findings_that_differ_in_uids_and_counts_are_one_cause() -> None:
    causes = Causes(NAMES)
    causes.take(result("a", Verdict.FAIL, unmet(f"3 responses of {CT}"), unmet(f"1 responses of {MR}")))
    causes.take(result("b", Verdict.FAIL, unmet("12 responses of MR Image Storage")))
    causes.take(result("c", Verdict.FAIL, unmet("no response")))
    first, second = causes.of(Kind.STANDARD)
    assert (first.cases, first.findings, first.shown) == ({"a": 2, "b": 1}, 3, "a")
    assert first.actual == f"3 responses of CT Image Storage ({CT})"
    assert second.cases == {"c": 1}


def test_findings_after_different_operations_are_one_cause() -> None:
    causes = Causes(NAMES)
    after = "nothing [judged after operation {} of 3: scu find STUDY, PatientName={}]"
    causes.take(result("a", Verdict.FAIL, unmet(after.format(1, "doe^jane")), unmet(after.format(2, "DOE^JANE"))))
    (cause,) = causes.of(Kind.STANDARD)
    assert cause.cases == {"a": 2}
    assert cause.actual == after.format(1, "doe^jane")


def test_a_cause_stands_in_the_column_of_who_demands_it() -> None:
    causes = Causes(NAMES)
    levels = (Level.SHALL, Level.SHOULD, Level.CLAIM, Level.HOUSE, Level.NOTE)
    causes.take(result("a", Verdict.FAIL, *(unmet("none", level) for level in levels)))
    assert [len(causes.of(kind)) for kind in (Kind.STANDARD, Kind.CLAIM, Kind.HOUSE, Kind.NOTE)] == [2, 1, 1, 1]
    assert [cause.level for cause in causes.of(Kind.STANDARD)] == ["shall", "should"]


def test_a_case_that_could_not_be_judged_blames_nobody_and_says_why() -> None:
    causes = Causes(NAMES)
    causes.take(result("a", Verdict.INCONCLUSIVE, unmet("none"), reason="given: no answer"))
    causes.take(result("b", Verdict.NOT_JUDGED, reason="withheld: needs --allow-store"))
    causes.take(result("c", Verdict.PASS, Finding("outcome", False, judged=False, actual="not judged: unstated: ae.x")))
    causes.take(result("d", Verdict.PASS, unobserved=("a log",)))
    assert not causes.found
    assert {(each.why, each.reason): each.cases for each in causes.unjudged.values()} == {
        ("not conclusive", "given: no answer"): ["a"],
        ("withheld", "needs --allow-store"): ["b"],
        ("unstated", "unstated: ae.x"): ["c"],
        ("not observed", "a log"): ["d"],
    }


def test_the_page_bears_the_products_name_and_no_sentence_on_its_conformance(tmp_path: Path) -> None:
    results = [result("a", Verdict.FAIL, unmet("none")), result("b", Verdict.PASS, unobserved=("a log",))]
    write_results(tmp_path / "results.jsonl", results)
    run = Run("2026-01-01T00:00:00Z", 1.0, 1, "acme", "acme", count(results), 2, product="Acme PACS 4")
    write_run(tmp_path / "run.json", run)
    html = dicom_reports.render(tmp_path).read_text(encoding="utf-8").split('id="payload"')[0]
    assert "<h1>Acme PACS 4</h1>" in html
    for word in ("workstation", "Conforms", "Does not conform"):
        assert word not in html
    assert "Standard violated" in html
    assert "PASS, partly seen" in html


def shown(folder: Path, *results: Result) -> str:
    """Render the report of these results of a product; give the part that needs no script, tags left out."""
    write_results(folder / "results.jsonl", results)
    run = Run("2026-01-01T00:00:00Z", 1.0, 1, "acme", "acme", count(results), 2, product="Acme PACS 4")
    write_run(folder / "run.json", run)
    html = dicom_reports.render(folder).read_text(encoding="utf-8").split('id="payload"')[0]
    return " ".join(re.sub(r"<[^>]*>", " ", html.split("<main>")[1]).split())


def test_what_is_only_recommended_is_no_violation(tmp_path: Path) -> None:
    should = unmet("one more", Level.SHOULD)
    page = shown(tmp_path, result("a", Verdict.WARN, should), result("b", Verdict.FAIL, unmet("none"), should))
    assert "Standard violated 1 cause in 1 case What the standard demands" in page
    assert "Recommendations not followed 1 cause in 2 cases What the standard recommends" in page
    violated, recommended = page.split("Standard violated")[2].split("Recommendations not followed")
    assert ("none" in violated, "one more" in violated) == (True, False)
    assert "one more" in recommended.split("Differs from its own statement")[0]


def test_a_run_of_warnings_alone_violates_nothing(tmp_path: Path) -> None:
    page = shown(tmp_path, result("a", Verdict.WARN, unmet("one more", Level.SHOULD)))
    assert "Standard violated 0 causes in 0 cases" in page
    assert "Standard violated Nothing that was judged." in page


def test_the_tile_of_what_was_not_judged_says_which_of_its_cases_have_that_verdict(tmp_path: Path) -> None:
    page = shown(
        tmp_path,
        result("a", Verdict.INCONCLUSIVE, reason="given: no answer"),
        result("b", Verdict.NOT_JUDGED, reason="withheld: needs --allow-store"),
        result("c", Verdict.NOT_JUDGED, reason="withheld: needs --allow-print"),
        result("d", Verdict.PASS, unobserved=("a log", "a film")),
        result("e", Verdict.FAIL, unmet("none"), unobserved=("a log",)),
    )
    assert "Not judged 5 reasons in 5 cases" in page
    extent = "Cases not judged at all: 1 INCONCLUSIVE, 2 NOT_JUDGED. Cases judged in part: 2."
    assert page.count(extent) == 2


def test_a_page_on_which_all_was_judged_speaks_of_no_part(tmp_path: Path) -> None:
    assert "judged in part" not in shown(tmp_path, result("a", Verdict.PASS))


def test_the_page_of_a_product_without_a_statement_says_so(tmp_path: Path) -> None:
    claimed = unclaimed("acme").id
    run = Run("2026-01-01T00:00:00Z", 1.0, 1, claimed, "acme", count([]), 2, product="Acme PACS 4")
    write_run(tmp_path / "run.json", run)
    write_results(tmp_path / "results.jsonl", [])
    page = dicom_reports.render(tmp_path).read_text(encoding="utf-8").split('id="payload"')[0]
    assert "without a conformance statement: judged by the standard alone" in page
    assert "tested against" not in page


def test_the_script_is_put_together_without_imports() -> None:
    script = joined()
    assert "import {" not in script
    assert script.index("// page.js") < script.index("// list.js") < script.index("// main.js")


@pytest.mark.parametrize(
    ("main", "other", "said"),
    [
        ('import {b} from "./other.js";\nconst a = 1;\n', "export const b = 1;\nconst a = 2;\n", "both declare a"),
        ('import {b} from "./other.js";\n', 'import "./main.js";\nexport const b = 1;\n', "import each other"),
        ('import * as all from "./other.js";\n', "export const b = 1;\n", "cannot be put together"),
    ],
)
def test_modules_that_cannot_be_put_together_are_refused(tmp_path: Path, main: str, other: str, said: str) -> None:
    (tmp_path / "main.js").write_text(main)
    (tmp_path / "other.js").write_text(other)
    with pytest.raises(ScriptError, match=said):
        joined(tmp_path)
