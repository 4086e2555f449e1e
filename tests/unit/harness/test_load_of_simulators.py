"""A plain loop of users against our own simulators: what is performed, what is lost, and what the conclusion says.

The check asks the simulator by the wire; what it really holds is the second witness.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import plain_load
import pytest

from dicom_conformance.load import conclude
from dicom_conformance.load.conclusion import concluded
from dicom_conformance.load.conductor import GONE
from dicom_conformance.load.measured import Measured, write_measured
from dicom_conformance.load.names import Names
from dicom_conformance.play.certificates import of_this_run
from dicom_conformance.results import LoadRun, read_load_run
from dicom_simulators.archive import Archive
from dicom_simulators.association import TLS
from dicom_simulators.destination import Destination
from dicom_wire import Recorder

STORE = "{operation: store, sizes: 512, instances_per_study: 4}"
EVERYTHING = f"""\
mix:
  - {{operation: echo}}
  - {STORE}
  - {{operation: find, level: STUDY}}
  - {{operation: find, level: IMAGE}}
  - {{operation: get}}
  - {{operation: move, destination: DESTINATION}}
check: {{by: get, within_s: 0}}
"""


@pytest.fixture
def archive() -> Iterator[Archive]:
    recorder = Recorder()
    with Destination("destination", "DESTINATION", recorder) as destination:
        known = {"DESTINATION": destination.address}
        with Archive("archive", "ARCHIVE", recorder, destinations=known) as made:
            yield made


def held(archive: Archive) -> set[str]:
    return {instance.SOPInstanceUID for instance in archive.stored}


def sent(measured: Measured) -> list[str]:
    names = Names(measured.setting.run, 0)
    return [names.instance(entry.study, entry.instance) for entry in measured.ledger.entries]


def unmet(run: LoadRun) -> list[tuple[str, str, str]]:
    return [(one.check, one.expected, one.actual) for one in run.unmet]


def test_every_operation_is_performed_counted_and_checked(archive: Archive, tmp_path: Path) -> None:
    measured = plain_load.load(plain_load.plan(tmp_path, EVERYTHING), archive.address, 60, tmp_path)
    run = conclude(tmp_path)
    assert {one.operation for one in run.operations} == {
        *("A-ASSOCIATE", "A-RELEASE", "C-ECHO", "C-FIND", "C-GET", "C-MOVE", "C-STORE"),
    }
    assert sum(one.count for one in run.operations if one.operation.startswith("C-")) == 60
    assert (run.exit_status, run.not_judged, unmet(run)) == (0, (), [])
    assert set(sent(measured)) == held(archive)
    assert (run.stored.held, run.stored.lost) == (len(measured.ledger.entries), 0)
    assert read_load_run(tmp_path / "run.json") == run


def test_the_patient_root_model_finds_and_retrieves_what_was_stored(archive: Archive, tmp_path: Path) -> None:
    root = "model: patient_root"
    asked = ", ".join(f"{{operation: find, level: {level}, {root}}}" for level in ("PATIENT", "STUDY", "IMAGE"))
    planned = plain_load.plan(tmp_path, f"mix: [{STORE}, {asked}, {{operation: get, {root}}}]\n")
    plain_load.load(planned, archive.address, 40, tmp_path)
    run = conclude(tmp_path)
    assert {one.name for one in run.operations if one.operation == "C-FIND"} == {
        *("patient level", "study level", "image level"),
    }
    assert "C-GET" in {one.operation for one in run.operations}
    assert (run.exit_status, [one.failures for one in run.operations if one.failed]) == (0, [])


@pytest.mark.parametrize("by", ["query", "get"])
def test_a_target_without_study_root_is_asked_in_the_model_of_the_mix(
    archive: Archive, tmp_path: Path, by: str
) -> None:
    planned = plain_load.plan(
        tmp_path,
        f"mix: [{STORE}, {{operation: find, level: PATIENT, model: patient_root}}]\ncheck: {{by: {by}, within_s: 0}}\n",
    )
    for keyword in ("Find", "Get"):
        name = f"StudyRootQueryRetrieveInformationModel{keyword}"
        archive.fault("answer_contexts", abstract_syntax=name, result="3")
    plain_load.load(planned, archive.address, 20, tmp_path)
    run = conclude(tmp_path)
    assert (run.exit_status, run.not_judged, run.stored.lost) == (0, (), 0)
    assert run.stored.held == len(held(archive)) > 0


def test_a_load_over_tls_is_checked_over_tls(tmp_path: Path) -> None:
    certificates = of_this_run()
    files = certificates.files("trusted")
    ours = TLS(files.certificate, files.key, certificates.authority())
    section = f"tls: {{certificate: {files.certificate}, key: {files.key}, authorities: {certificates.authority()}}}\n"
    planned = plain_load.plan(tmp_path, f"{section}mix: [{STORE}]\n")
    with Archive("archive", "ARCHIVE", Recorder(), tls=ours) as archive:
        plain_load.load(planned, archive.address, 6, tmp_path)
        run = conclude(tmp_path)
        assert (run.exit_status, run.stored.held, run.stored.lost) == (0, 6, 0)
        plain_load.load(plain_load.plan(tmp_path, f"mix: [{STORE}]\n"), archive.address, 2, tmp_path)
        assert not archive.stored[6:]
    assert (conclude(tmp_path).exit_status, run.stored.answered) == (2, 6)


def test_two_runs_of_one_plan_store_different_instances(archive: Archive, tmp_path: Path) -> None:
    planned = plain_load.plan(tmp_path, f"mix: [{STORE}]\n")
    first, second = (plain_load.load(planned, archive.address, 5, tmp_path) for _ in range(2))
    assert len({*sent(first), *sent(second)}) == len(held(archive)) == 10


@pytest.mark.parametrize("by", ["query", "get"])
def test_each_instance_that_is_answered_and_not_kept_is_a_finding(archive: Archive, tmp_path: Path, by: str) -> None:
    planned = plain_load.plan(tmp_path, f"mix: [{STORE}]\ncheck: {{by: {by}, within_s: 0}}\n")
    for occurrence in (2, 5):
        archive.fault("respond", to="C-STORE-RQ", status="0000", occurrence=occurrence)
    measured = plain_load.load(planned, archive.address, 9, tmp_path)
    run = conclude(tmp_path)
    lost = [uid for uid in sent(measured) if uid not in held(archive)]
    assert len(lost) == 2
    assert unmet(run) == [("stored", f"{uid} is held, for it was answered 0000", "it is not held") for uid in lost]
    assert [one.clause for one in run.unmet] == ["PS3.4 B.2.2.1"] * 2
    assert (run.exit_status, run.stored.held, run.stored.lost) == (1, 7, 2)


def test_a_refused_instance_is_a_failure_by_its_status_and_no_loss(archive: Archive, tmp_path: Path) -> None:
    planned = plain_load.plan(tmp_path, f"mix: [{STORE}]\ncheck: {{within_s: 0}}\n")
    archive.fault("respond", to="C-STORE-RQ", status="A700", occurrence=3)
    plain_load.load(planned, archive.address, 10, tmp_path)
    run = conclude(tmp_path)
    assert unmet(run) == [("failures", "no C-STORE fails", "10 % of 10 failed: A700 (1)")]
    assert (run.stored.refused, run.stored.answered, run.stored.lost, run.exit_status) == (1, 9, 0, 1)


def test_the_plan_may_accept_failures_and_bound_times(archive: Archive, tmp_path: Path) -> None:
    limits = "limits: {failures_percent: 10, percentiles: [{operation: store, percentile: 50, at_most_ms: 0.001}]}\n"
    planned = plain_load.plan(tmp_path, f"mix: [{STORE}]\n{limits}")
    archive.fault("respond", to="C-STORE-RQ", status="A700", occurrence=3)
    plain_load.load(planned, archive.address, 10, tmp_path)
    run = conclude(tmp_path)
    assert [(check, expected) for check, expected, _ in unmet(run)] == [
        ("times", "50 of 100 C-STORE take at most 0.001 ms")
    ]


def test_an_altered_instance_is_a_finding_of_the_retrieval(archive: Archive, tmp_path: Path) -> None:
    planned = plain_load.plan(tmp_path, f"mix: [{STORE}]\ncheck: {{by: get, within_s: 0}}\n")
    plain_load.load(planned, archive.address, 3, tmp_path)
    archive.fault("change_data_set", of="C-STORE-RQ", set={"PatientName": "Somebody^Else"})
    run = conclude(tmp_path)
    assert {(one.check, one.actual, str(one.level)) for one in run.unmet} == {
        ("stored", "(0010,0010) has another value", "should")
    }
    assert (run.stored.held, run.stored.lost, run.stored.altered) == (3, 0, 3)


def test_another_instance_in_the_place_of_a_stored_one_is_a_loss(archive: Archive, tmp_path: Path) -> None:
    planned = plain_load.plan(tmp_path, f"mix: [{STORE}]\ncheck: {{by: get, within_s: 0}}\n")
    plain_load.load(planned, archive.address, 2, tmp_path)
    archive.fault("change_data_set", of="C-STORE-RQ", set={"SOPInstanceUID": "1.2.3"}, occurrence=2)
    run = conclude(tmp_path)
    assert [(one.actual, one.clause) for one in run.unmet] == [
        ("another instance is held under its UID", "PS3.4 B.2.2.1")
    ]
    assert (run.stored.held, run.stored.lost, run.stored.altered) == (1, 1, 0)


def test_a_retrieval_that_leaves_stored_instances_out_fails(archive: Archive, tmp_path: Path) -> None:
    planned = plain_load.plan(tmp_path, f"mix: [{STORE}, {{operation: get}}, {{operation: find}}]\n")
    archive.fault("respond", to="C-GET-RQ", status="0000")
    archive.fault("respond", to="C-FIND-RQ", status="0000")
    plain_load.load(planned, archive.address, 40, tmp_path)
    archive.clear()
    failures = {one.operation: set(one.failures) for one in conclude(tmp_path).operations}
    assert failures["C-GET"] == {"0000, but stored instances were left out"}
    assert failures["C-FIND"] == {"0000, but a stored study was not found"}


def test_a_target_that_aborts_is_told_by_how_the_association_ended(archive: Archive, tmp_path: Path) -> None:
    planned = plain_load.plan(tmp_path, "mix: [{operation: echo}]\ncheck: {by: none}\n")
    archive.fault("abort", on="C-ECHO-RQ", occurrence=2)
    plain_load.load(planned, archive.address, 5, tmp_path)
    run = conclude(tmp_path)
    (echo,) = (one for one in run.operations if one.operation == "C-ECHO")
    assert echo.count == 5
    assert [why.partition(" (")[0] for why in echo.failures] == ["aborted by the peer"]
    assert run.stored.held is None


def test_a_target_that_dies_ends_the_run_and_what_it_stored_is_not_judged(archive: Archive, tmp_path: Path) -> None:
    planned = plain_load.plan(tmp_path, f"mix: [{STORE}]\noperations_per_association: 1\ncheck: {{within_s: 0}}\n")
    plain_load.load(planned, archive.address, 3, tmp_path)
    archive.stop()
    measured = plain_load.load(planned, archive.address, 1000, tmp_path)
    run = concluded(measured)
    assert (run.ended_by, run.exit_status) == (GONE, 2)
    assert ("reachable", GONE) in [(check, actual) for check, _, actual in unmet(run)]
    assert run.not_judged[0].startswith("no operation was performed: A-ASSOCIATE: no TCP connection: ")


def test_holdings_that_cannot_be_asked_for_are_neither_lost_nor_fine(archive: Archive, tmp_path: Path) -> None:
    planned = plain_load.plan(tmp_path, f"mix: [{STORE}]\ncheck: {{within_s: 0}}\n")
    plain_load.load(planned, archive.address, 3, tmp_path)
    archive.fault("respond", to="C-FIND-RQ", status="A900")
    run = conclude(tmp_path)
    assert (run.exit_status, run.stored.held, run.unmet) == (2, None, ())
    assert [why.rpartition(": ")[2] for why in run.not_judged] == ["A900"]


def test_a_worker_that_is_lost_and_a_mistake_of_the_load_are_not_the_targets(archive: Archive, tmp_path: Path) -> None:
    planned = plain_load.plan(tmp_path, f"mix: [{STORE}]\n")
    measured = plain_load.load(planned, archive.address, 3, tmp_path)
    measured.parts[0].is_whole = False
    write_measured(tmp_path, measured)
    run = conclude(tmp_path)
    assert (run.exit_status, run.unmet) == (2, ())
    assert "did not report to its end" in run.not_judged[0]
    with_mistake = Measured(measured.setting, "", "", False, measured.parts, ("TypeError",))
    assert any("the load made a mistake: TypeError" in why for why in concluded(with_mistake).not_judged)


def test_what_a_user_was_sending_when_it_was_stopped_is_in_the_ledger(archive: Archive, tmp_path: Path) -> None:
    planned = plain_load.plan(tmp_path, f"mix: [{STORE}]\ncheck: {{within_s: 0}}\n")
    archive.fault("close", on="C-STORE-RQ", occurrence=2)
    plain_load.load(planned, archive.address, 3, tmp_path)
    run = conclude(tmp_path)
    assert (run.stored.sent, run.stored.answered, run.stored.unanswered, run.stored.lost) == (3, 2, 1, 0)
