"""The statements and templates that come with the project, and what the documentation shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dicom_conformance.__main__ import main
from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.statement import load, registry
from dicom_conformance.statement.statement import check, names
from dicom_conformance.statement.template import KINDS, template
from dicom_conformance.statement.uid_names import SOP_CLASS_GROUPS, TRANSFER_SYNTAX_GROUPS
from dicom_simulators.archive.archive import storage_sop_classes
from dicom_simulators.association import IMPLEMENTATION_VERSION_NAME
from dicom_simulators.printer.abilities import Abilities

DOCS = Path(__file__).parents[3] / "docs"
GENERIC = [name for name in names() if name.startswith("generic-")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_is_a_sound_statement_and_each_key_in_its_comments_exists(kind: str) -> None:
    assert check(parse(template(kind), f"{kind}.yaml")).id == f"my-{kind}"
    for line in re.findall(r"^( +)# ((?:- \{|[a-z_]+: ).*)$", template(kind), re.MULTILINE):
        spaces, text = line
        check(parse(template(kind).replace(f"{spaces}# {text}", f"{spaces}{text}"), f"{kind}.yaml"))


def test_the_template_of_an_archive_is_short() -> None:
    written = [line for line in template("archive").splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert len(written) <= 24


def test_a_template_is_written_and_never_over_another_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    assert main(["statement", "new", "printer", "--output", str(file)]) == 0
    assert f"dicom-conformance check {file}" in capsys.readouterr().out
    assert main(["check", str(file)]) == 0
    assert "a valid statement" in capsys.readouterr().out
    assert main(["statement", "new", "archive", "--output", str(file)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == template("printer")
    assert main(["statement", "new", "archive"]) == 0
    assert capsys.readouterr().out == template("archive")


def test_services_that_are_not_judged_yet_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(template("modality"), encoding="utf-8")
    assert main(["check", str(file)]) == 0
    told = capsys.readouterr()
    assert "worklist is read, and not judged yet" in told.err
    assert "mpps is read, and not judged yet" in told.err


def test_claims_of_a_statement_without_a_register_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--claims", "--statement", "dcmtk-storescp", "verification/"]) == 0
    assert "receiver/maximum_length  Maximum length of PDUs in bytes: 16384" in capsys.readouterr().out


@pytest.mark.parametrize("name", names())
def test_each_statement_of_the_project_can_be_read(name: str) -> None:
    statement = load(name)
    assert statement.id == name
    assert statement.capabilities()


@pytest.mark.parametrize("name", GENERIC)
def test_a_generic_statement_states_roles_and_services_only(name: str) -> None:
    statement = load(name)
    assert {claim.promise for claim in statement.claims} == {"contexts"}
    assert all(not each.values for each in statement.capabilities())


def test_the_statement_of_our_archive_is_what_the_archive_is() -> None:
    statement = load("dicom-conformance-archive")
    (storage,) = statement.capabilities(role="SCP", service="storage")
    assert set(storage.sop_classes) <= set(storage_sop_classes())
    name = statement.stated("ae.identity.implementation_version_name", "archive")
    assert name == IMPLEMENTATION_VERSION_NAME


def test_the_statement_of_our_printer_is_what_the_printer_is() -> None:
    statement = load("dicom-conformance-printer")
    (printing,) = statement.capabilities(service="print")
    able = Abilities()
    assert tuple(printing.values["film_sizes"]) == able.film_sizes
    assert tuple(printing.values["media"]) == able.media
    assert tuple(printing.values["destinations"]) == able.destinations_of_film
    assert tuple(printing.values["bits"]) == able.bits
    assert printing.values["densities"] == {"minimum": able.densities[0], "maximum": able.densities[1]}
    assert printing.values["annotation_formats"] == dict(able.annotation_formats)
    assert printing.values["prints_sessions"] is able.collates
    assert all(each.startswith(able.layouts) for each in printing.values["layouts"])


def test_the_statement_of_the_documentation_is_sound() -> None:
    page = (DOCS / "statements.md").read_text(encoding="utf-8")
    whole, *_ = re.findall(r"```yaml\n(format.*?)```", page, re.DOTALL)
    statement = check(parse(whole, "statements.md"))
    assert statement.promise_claims("maximum_length", "archive") == ("acme-pacs-4#archive/maximum_length",)
    for group in (*SOP_CLASS_GROUPS, *TRANSFER_SYNTAX_GROUPS):
        assert group in page


def test_groups_hold_what_their_names_say() -> None:
    assert {"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.77.1.4"} <= set(SOP_CLASS_GROUPS["images"])
    assert "1.2.840.10008.5.1.4.1.1.88.59" in SOP_CLASS_GROUPS["structured_reports"]
    assert "1.2.840.10008.5.1.4.1.1.481.5" in SOP_CLASS_GROUPS["radiotherapy"]
    assert "1.2.840.10008.5.1.4.1.1.104.1" in SOP_CLASS_GROUPS["encapsulated_documents"]
    assert "1.2.840.10008.5.1.4.1.1.9.1.1" in SOP_CLASS_GROUPS["waveforms"]
    everything = set(SOP_CLASS_GROUPS["all_storage"])
    assert all(set(group) <= everything for group in SOP_CLASS_GROUPS.values())
    assert not {"1.2.840.10008.1.3.10", "1.2.840.10008.1.20.1"} & everything
    assert not [uid for uid in everything if registry.is_retired(uid)]
    assert all(TRANSFER_SYNTAX_GROUPS.values())
