"""The page about real products: it is current, explains each FAIL, and is made of files that are read strictly.

Nothing is played here but the command's own programs that are not there.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path

import pytest

from dicom_conformance.errors import DataError

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "benchmarks"))
interop, interop_page = (importlib.import_module(name) for name in ("interop", "interop_page"))
sys.path.remove(str(ROOT / "benchmarks"))

FOLDER = ROOT / "docs" / "interop"
UNKNOWN = {"case": "scp/query/none", "verdict": "FAIL", "title": "T", "clause": ["PS3.4 C.1"], "seen": ["expected a"]}
PLAYED = {"version": "1", "seconds": 1, "complete": True, "counts": {"FAIL": 1}}


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs" / "interop.md").read_text(encoding="utf-8")


def played(**changes):
    return {"orthanc": interop_page.Played.model_validate({**PLAYED, "unmet": [{**UNKNOWN, **changes}]})}


def test_the_page_is_current(page: str) -> None:
    made = interop_page.render(interop_page.read_products(), interop_page.read_played(), interop_page.read_findings())
    assert page == made, "write it anew: python benchmarks/interop.py --page-only"


def test_each_fail_of_the_page_has_an_explanation(page: str) -> None:
    groups = [group for group in re.split(r"\n\n", page) if group.startswith("- **FAIL**")]
    assert groups
    assert [group for group in groups if "\n  - Why: " not in group or "\n  - Wire: " not in group] == []
    failed = sum(one.counts.get("FAIL", 0) for one in interop_page.read_played().values())
    assert page.count("**FAIL** `") == failed


def test_all_products_were_played_to_their_end_and_nothing_is_left_to_explain() -> None:
    results = interop_page.read_played()
    assert set(results) == set(interop_page.read_products())
    assert [name for name, one in results.items() if not one.complete] == []
    assert interop_page.unexplained(results, interop_page.read_findings()) == []


def test_each_explanation_still_explains_something() -> None:
    unmet = [(name, one) for name, each in interop_page.read_played().items() for one in each.unmet]
    known = interop_page.read_findings()
    stale = [
        (one.cases, name)
        for one in known
        for name in one.product
        if not (one.timing or any(product == name and one.explains(name, case) for product, case in unmet))
    ]
    assert stale == []


def test_what_depends_on_timing_stands_on_the_page_where_a_run_did_not_show_it() -> None:
    products, known = interop_page.read_products(), interop_page.read_findings()
    made = interop_page.render(products, played(), known)
    assert "- Not in this run: `scp/get/cancel`\n  - Clause: PS3.4 C.4.3.3.1\n" in made
    made = interop_page.render(products, played(case="scp/get/cancel"), known)
    assert "Not in this run" not in made
    assert "\n  - Timing: Only where " in made


@pytest.mark.parametrize(("verdict", "status"), [("FAIL", 1), ("ERROR", 1), ("WARN", 0)])
def test_what_nobody_explained_is_printed_as_such(
    verdict: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(interop, "PAGE", tmp_path / "interop.md")
    monkeypatch.setattr(interop, "read_played", lambda: played(verdict=verdict))
    assert interop.main(["--page-only"]) == status
    text = (tmp_path / "interop.md").read_text(encoding="utf-8")
    assert f"- **{verdict}** `scp/query/none`: T\n  - not explained yet\n" in text
    assert "orthanc: scp/query/none: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("product", "case", "verdict", "explained"),
    [
        ("orthanc", "scp/get/cancel", "FAIL", True),
        ("orthanc", "scp/get/cancel", "WARN", False),
        ("dcmqrscp", "scp/get/cancel", "FAIL", False),
        ("orthanc", "scp/get/cancelled", "FAIL", False),
        ("orthanc", "scp/move/counts-agree[one failed]", "FAIL", True),
        ("pynetdicom", "scu/move/length-kept[63]", "FAIL", True),
    ],
)
def test_an_explanation_is_for_a_product_a_case_and_a_verdict(
    product: str, case: str, verdict: str, explained: bool
) -> None:
    unmet = interop_page.Unmet.model_validate({**UNKNOWN, "case": case, "verdict": verdict})
    assert any(one.explains(product, unmet) for one in interop_page.read_findings()) is explained


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("    why: ", "    because: ", "because"),
        ("level: shall", "level: must", "level"),
        ("product: orthanc", "product: orthank", "orthank"),
    ],
)
def test_a_slip_in_the_findings_is_an_error(
    old: str, new: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "findings.yaml"
    wrong.write_text((FOLDER / "findings.yaml").read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(interop_page, "FINDINGS", wrong)
    with pytest.raises(DataError, match=says):
        interop_page.read_findings()


def test_the_files_of_each_product_are_there() -> None:
    named = [
        file
        for product in interop_page.read_products().values()
        for file in (*product.files, *((product.subject,) if product.subject else ()))
    ]
    assert [file for file in named if not (ROOT / "docs" / "subjects" / file).is_file()] == []


def test_ports_are_replaced_in_the_subject_file_and_in_what_the_server_reads() -> None:
    ports = interop.Ports({"4242": "50001", "11121": "50002"})
    assert ports.replaced('"DicomPort": 4242, ["CONFSCU", "127.0.0.1", 11121]') == (
        '"DicomPort": 50001, ["CONFSCU", "127.0.0.1", 50002]'
    )
    assert ports.replaced("2.25.4242 42420 1.4242") == "2.25.4242 42420 1.4242"
    chosen = interop.Ports.of("network_ae: {port: 4242}\npeers: {scu: {title: A, port: 11121}}").free
    assert set(chosen) == {"4242", "11121"}
    assert len(set(chosen.values())) == 2


def test_a_product_that_is_not_installed_is_named() -> None:
    product = interop_page.read_products()["orthanc"]
    assert interop.missing_program(product.model_copy(update={"server": "no-such-program-1 x"})) == "no-such-program-1"


@pytest.mark.parametrize("name", ["../interop.md", "for-maintainers.md", "findings.yaml", "results.json"])
def test_no_path_of_a_machine_is_in_it(name: str) -> None:
    assert re.findall(r"(?<![\w.])/(?:tmp|home|root|usr|work|var|opt)/\S*", (FOLDER / name).read_text()) == []


def test_the_results_are_those_of_the_model() -> None:
    plain = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
    for one in plain.values():
        counted = [unmet["verdict"] for unmet in one["unmet"]]
        assert {verdict: counted.count(verdict) for verdict in ("FAIL", "WARN", "ERROR")} == {
            verdict: one["counts"].get(verdict, 0) for verdict in ("FAIL", "WARN", "ERROR")
        }


def test_the_reproductions_are_scenarios() -> None:
    text = (FOLDER / "for-maintainers.md").read_text(encoding="utf-8")
    named = set(re.findall(r"docs/interop/[\w-]+\.yaml", text)) | set(re.findall(r"scenarios/[\w/-]+\.yaml", text))
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []
    cases = {case.partition("[")[0] for case in re.findall(r"\bsc[pu]/[\w-]+/[\w-]+", text)}
    assert [case for case in cases if not (ROOT / "scenarios" / f"{case}.yaml").is_file()] == []
