"""Profiles of peers: what they may say, which there are, and what they do to the cases of a scenario."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dicom_conformance.__main__ import main
from dicom_conformance.errors import DataError, HarnessError
from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.play import CaseRunner, RunOptions, open_subject
from dicom_conformance.profiles import Profile, against, every_profile, profile_of, profiles_of, read_profile
from dicom_conformance.results import Verdict
from dicom_conformance.run.standalone import make_simulator
from dicom_conformance.scenario import expand, selection
from dicom_conformance.scenario.scenario import from_document
from dicom_conformance.statement import load
from dicom_simulators.faults import written

LEAST = 15
SCENARIO = """
id: query/under-a-profile
title: A query is answered
clause: PS3.4 C.4.1
level: shall
peers:
  archive: {simulator: archive, holds: [{recipe: smallest}]}
steps:
  - do: {ae: workstation, operation: query, peer: archive, level: STUDY, keys: {StudyInstanceUID: ""}}
  - expect: [{outcome: {ae: workstation, operation: query, result: success}}]
"""


@pytest.mark.parametrize("profile", every_profile(), ids=lambda profile: profile.name)
def test_each_profile_names_the_thread_that_reports_it(profile: Profile) -> None:
    assert profile.reported
    for address in profile.reported:
        assert re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+/(issues|pull)/\d+", address)
    assert profile.about


def test_there_are_enough_of_them() -> None:
    assert len(every_profile()) >= LEAST


@pytest.mark.parametrize("profile", every_profile(), ids=lambda profile: profile.name)
def test_a_simulator_can_have_each_profile(profile: Profile) -> None:
    for simulator in set(profile.simulators) & {"archive", "destination", "printer"}:
        made = make_simulator(simulator, None, port=0, profile=profile)
        assert next(iter(written(made.faults.active()[0].fault))) in profile.faults[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: t\nreported: x\n", "neither faults nor settings"),
        ("title: t\nreported: x\nfaults: [{abrt: {on: connection}}]\n", "did you mean abort"),
        ("title: t\nreported: x\nfaults: [{refuse: , optional: true}]\n", "allowed in a scenario only"),
        ("title: t\nreported: x\nsimulators: archve\nfaults: [{refuse: }]\n", "did you mean archive"),
        ("title: t\nreported: x\nsettings: {strct: true}\n", "did you mean strict"),
        ("title: t\nfaults: [{refuse: }]\n", "reported"),
        ("title: t\nreported: x\nfaults: [{refuse: }]\ntimers: {dimse_timout_s: 1}\n", "did you mean dimse_timeout_s"),
    ],
)
def test_a_mistake_in_a_profile_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_profile(file)


def test_a_profile_can_be_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("title: t\nreported: here\nfaults: [{abort: {on: C-ECHO-RQ}}]\n", encoding="utf-8")
    assert main(["check", str(file)]) == 0
    assert "a valid profile with 1 fault" in capsys.readouterr().out
    file.write_text("title: t\nreported: here\nfaults: [{abort: {}}]\n", encoding="utf-8")
    assert main(["check", str(file)]) == 2
    assert "on is missing" in capsys.readouterr().err


def test_an_unknown_profile_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(HarnessError, match="did you mean letters-in-uids"):
        profiles_of("no-answer,letters-in-uid")
    assert profiles_of("all") == every_profile()


def test_a_profile_for_other_simulators_is_refused() -> None:
    with pytest.raises(HarnessError, match="is for archive, not for printer"):
        make_simulator("printer", None, port=0, profile=profile_of("letters-in-uids"))


def test_a_file_of_ones_own_is_a_profile(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("title: t\nreported: here\nfaults: [{abort: {on: C-ECHO-RQ}}]\n", encoding="utf-8")
    assert profile_of(str(file)).name == "own"


def test_each_case_is_played_under_each_profile_that_fits() -> None:
    cases = expand(from_document(parse(SCENARIO)), load("directview-5.2"))
    found = against(cases, [profile_of("no-answer"), profile_of("local-limit")])
    assert [case.id for case in found] == [f"{cases[0].id}[profile={name}]" for name in ("no-answer", "local-limit")]
    setup = found[0].setup()
    assert [call.name for call in setup.peers["archive"].fault_calls] == ["silence"] * 3
    assert all(call.optional for call in setup.peers["archive"].fault_calls)
    assert cases[0].setup().peers["archive"].fault_calls == ()


def test_a_quick_run_plays_one_case_of_each_family_under_each_profile() -> None:
    promised = load("directview-5.2")
    another = SCENARIO.replace("under-a-profile", "of-the-same-family")
    cases = [case for text in (SCENARIO, another) for case in expand(from_document(parse(text)), promised)]
    assert len(selection.quick(cases)) == 1
    found = selection.quick(against(cases, [profile_of("no-answer"), profile_of("local-limit")]))
    assert [case.id for case in found] == [f"{cases[0].id}[profile={name}]" for name in ("no-answer", "local-limit")]


def test_timers_are_for_our_own_workstation_and_give_way_to_those_of_the_case() -> None:
    own = SCENARIO.replace("peers:", 'settings: {network_timeout_s: "7"}\npeers:')
    (case,) = against(expand(from_document(parse(own)), load("directview-5.2")), [profile_of("no-answer")])
    setup = case.setup()
    assert setup.settings_of_subject(is_foreign=False, is_slow=False) == {
        "dimse_timeout_s": "1.0",
        "arrival_timeout_s": "0.5",
        "network_timeout_s": "7",
    }
    assert setup.settings_of_subject(is_foreign=True, is_slow=False) == {"network_timeout_s": "7"}
    assert setup.settings_of_subject(is_foreign=True, is_slow=True) == {}


def test_a_case_without_such_a_peer_is_left_out() -> None:
    text = SCENARIO.replace("simulator: archive, holds: [{recipe: smallest}]", "simulator: printer")
    cases = expand(from_document(parse(text)), load("directview-5.2"))
    assert against(cases, [profile_of("letters-in-uids")]) == []


@pytest.mark.parametrize(
    ("name", "strict", "verdict", "reported"),
    [
        ("no-final-status", False, Verdict.WARN, "invalid_response"),
        ("no-final-status", True, Verdict.FAIL, "invalid_response"),
        ("odd-fragments", False, Verdict.PASS, "success"),
        ("closes-after-release-request", False, Verdict.NOT_JUDGED, "success"),
    ],
)
def test_under_a_profile_what_is_expected_is_recommended_only(
    name: str, strict: bool, verdict: Verdict, reported: str
) -> None:
    (case,) = against(expand(from_document(parse(SCENARIO)), load("directview-5.2")), [profile_of(name)])
    runner = CaseRunner(load("directview-5.2"), open_subject("embedded"), RunOptions(strict=strict))
    try:
        result = runner.play(case)
    finally:
        runner.close()
    assert result.verdict is verdict
    assert result.values["profile"] == name
    assert result.values["reported"].startswith(reported)


def test_what_cannot_be_judged_because_the_peer_took_nothing_is_no_error_of_ours() -> None:
    promised, name = load("directview-5.2"), "presentation_state/what-is-displayed-is-saved"
    (case,) = against(selection.cases(selection.select([name]), promised), [profile_of("accepts-nothing-and-aborts")])
    runner = CaseRunner(promised, open_subject("embedded"), RunOptions())
    try:
        result = runner.play(case)
    finally:
        runner.close()
    assert result.verdict is Verdict.NOT_JUDGED
    assert "accepts-nothing-and-aborts changed what the case needs: no instance 2.25." in result.reason


def test_faults_and_profiles_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--faults"]) == 0
    assert "  answer_contexts: " in capsys.readouterr().out
    assert main(["list", "--profiles"]) == 0
    listed = capsys.readouterr().out
    assert all(profile.name in listed and profile.reported[0] in listed for profile in every_profile())
    assert main(["list", "query/study-root-study-level", "--against-profiles", "letters-in-uids"]) == 0
    assert "query/study-root-study-level[profile=letters-in-uids]" in capsys.readouterr().out
