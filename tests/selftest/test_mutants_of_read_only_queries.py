"""Archives that deviate, judged by what they hold already: each is caught by the case that asks for the rule.

Our archive is a foreign subject here; it deviates in one thing, and is never stored on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dicom_conformance.play import CaseRunner, Foreign, RunOptions
from dicom_conformance.results import Result, Verdict
from dicom_conformance.scenario import Case, fixtures, selection
from dicom_conformance.statement import Statement, load
from dicom_simulators import Archive
from dicom_simulators.archive import find, holdings, matching, services
from dicom_simulators.archive.information_model import Level
from dicom_simulators.data_sets import Instance, build_study
from dicom_simulators.encoding import tag_of
from dicom_wire import Recorder
from mutation import Catalogue, Mutant, Patch
from proof import Proof

HERE = "scp/query/read_only/"
UID = "2.25.20010203"
DEVIATING = Catalogue()


def held() -> tuple[Instance, ...]:
    """Build three studies of two patients whose IDs are near to each other, on days that follow each other."""
    first = {"PatientID": "PAT1", "PatientName": "Doe^Jane"}
    return tuple(
        instance
        for number, (who, day, modalities) in enumerate(
            (
                (first, "20010203", ("CT", "MR")),
                (first, "20010207", ("CR",)),
                ({"PatientID": "PAT12", "PatientName": "Roe^Richard"}, "20010203", ("CT",)),
            )
        )
        for instance in build_study(
            modalities=modalities,
            seed=number,
            StudyDate=day,
            StudyInstanceUID=f"{UID}.{number}",
            AccessionNumber=f"ACC{number}",
            StudyID=f"{number}",
            **who,
        )
    )


@contextmanager
def archive(patch: Patch, mutant: Mutant | None, instances: tuple[Instance, ...]) -> Iterator[Archive]:
    """Run an archive that deviates."""
    if mutant is not None:
        mutant.mutate(patch)
    simulator = Archive("archive", "ARCHIVE", Recorder(), instances=instances)
    simulator.start()
    try:
        yield simulator
    finally:
        simulator.stop()


def promised() -> Statement:
    """Give the statement that our archive is held to."""
    return load("dicom-conformance-archive")


def case_of(name: str) -> Case:
    """Give the case of a scenario for our archive."""
    return selection.cases(selection.select((name,)), promised())[0]


def subject_of(simulator: Archive, folder: Path) -> Foreign:
    """Write the subject file of an archive, and read it."""
    host, port = simulator.address
    file = folder / "archive.yaml"
    file.write_text(f"network_ae: {{title: ARCHIVE, host: {host}, port: {port}}}\n")
    return Foreign.from_file(file)


def play(case: str, folder: Path, mutant: Mutant | None = None, **options: Any) -> Result:
    """Play a case against an archive of three studies."""
    with Patch() as patch, archive(patch, mutant, options.pop("instances", held())) as simulator:
        runner = CaseRunner(promised(), subject_of(simulator, folder), RunOptions(**options))
        try:
            result = runner.play(case_of(case))
        finally:
            runner.close()
        assert len(simulator.stored) == 0
    return result


# -- mutants


@DEVIATING.mutant(HERE + "study-by-uid", "matches")
def finds_every_study_whatever_its_uid(patch: Patch) -> None:
    """Study Instance UID is not matched."""
    _ignores_unique(patch, lambda wanted: frozenset())
    _ignores(patch, "StudyInstanceUID")


@DEVIATING.mutant(HERE + "study-list", "matches")
def finds_the_first_of_a_list(patch: Patch) -> None:
    """Of a list of UIDs only one is found."""
    _ignores_unique(patch, lambda wanted: frozenset(sorted(wanted)[:1]))


@DEVIATING.mutant(HERE + "nothing-found", "matches")
def fails_where_nothing_is_found(patch: Patch) -> None:
    """A query that finds nothing ends with a failure."""

    def failing(*given: Any) -> Iterator[Any]:
        responses = list(before(*given))
        yield from responses if len(responses) > 1 else [replace(responses[-1], status=0xA700)]

    before = patch.set(services, "find", failing)


@DEVIATING.mutant(HERE + "patient-id", "matches")
def finds_patients_by_the_beginning_of_their_id(patch: Patch) -> None:
    """A Patient ID that begins like the one asked for matches."""

    def beginning(vr: str, given: str, agreed: Any) -> Any:
        return (lambda value, _: value.startswith(given)) if vr == "LO" else before(vr, given, agreed)

    before = patch.set(matching, "_value_test", beginning)


@DEVIATING.mutant(HERE + "patient", "matches")
def finds_a_patient_once_for_each_study(patch: Patch) -> None:
    """A patient with two studies comes back twice."""

    def repeated(kept: Any, request: Any, title: str) -> Iterator[Any]:
        for entity in before(kept, request, title):
            yield from [entity] * (2 if request.level is Level.PATIENT else 1)

    before = patch.set(services, "find_matches", repeated)


@DEVIATING.mutant(HERE + "range-of-dates", "matches")
def ignores_the_end_of_a_range(patch: Patch) -> None:
    """A range of dates has no end."""

    def endless(vr: str, wanted: Any) -> Any:
        return lambda value, candidate: wanted.first <= matching.parse_range(vr, value, 0).first  # type: ignore[union-attr]

    patch.set(matching, "_moment_test", endless)


@DEVIATING.mutant(HERE + "range-of-dates", "matches")
def leaves_out_the_beginning_of_a_range(patch: Patch) -> None:
    """Whatever is asked for as a range of dates is not found."""

    def nothing(vr: str, wanted: Any) -> Any:
        return lambda value, candidate: False

    patch.set(matching, "_moment_test", nothing)


@DEVIATING.mutant(HERE + "keys-together", "matches")
def ignores_the_accession_number(patch: Patch) -> None:
    """Accession Number is not matched beside a unique key."""
    _ignores(patch, "AccessionNumber")


@DEVIATING.mutant(HERE + "wild-cards", "matches")
def takes_a_question_mark_as_it_stands(patch: Patch) -> None:
    """A question mark stands for itself."""
    before = patch.set(matching, "wildcard_match", lambda wanted, text: before(wanted.replace("?", "\0"), text))


@DEVIATING.mutant(HERE + "wild-cards", "matches")
def takes_an_asterisk_for_everything(patch: Patch) -> None:
    """What stands before an asterisk is not matched."""
    before = patch.set(
        matching, "wildcard_match", lambda wanted, text: before("*" if wanted.endswith("*") else wanted, text)
    )


@DEVIATING.mutant(HERE + "series-of-study", "query_responses")
def leaves_the_study_out_of_its_series(patch: Patch) -> None:
    """A response at the level SERIES has no Study Instance UID."""
    _leaves_out(patch, "StudyInstanceUID", Level.SERIES)


@DEVIATING.mutant(HERE + "series-of-study", "matches")
def finds_the_series_of_a_study_twice(patch: Patch) -> None:
    """Series come back twice."""
    _twice(patch, Level.SERIES)


@DEVIATING.mutant(HERE + "modality", "matches")
def ignores_the_modality(patch: Patch) -> None:
    """Modality is not matched."""
    _ignores(patch, "Modality")


@DEVIATING.mutant(HERE + "images-of-series", "matches")
def finds_every_instance_of_the_series(patch: Patch) -> None:
    """SOP Instance UID is not matched."""
    _ignores_unique(patch, lambda wanted: frozenset() if len(wanted) == 1 else wanted, Level.IMAGE)
    _ignores(patch, "SOPInstanceUID")


@DEVIATING.mutant(HERE + "values-returned", "query_responses")
def does_not_return_the_study_time(patch: Patch) -> None:
    """Study Time, which was asked for, does not come back."""
    _leaves_out(patch, "StudyTime")


@DEVIATING.mutant(HERE + "values-returned", "matches")
def does_not_find_a_study_by_its_own_date(patch: Patch) -> None:
    """A date that came back does not match."""
    patch.set(matching, "_moment_test", lambda vr, wanted: lambda value, candidate: False)


@DEVIATING.mutant(HERE + "responses", "query_responses")
def ends_with_an_identifier(patch: Patch) -> None:
    """The final response has an Identifier."""

    def ended(*given: Any) -> Iterator[Any]:
        responses = list(before(*given))
        if len(responses) > 1:
            responses[-1] = replace(responses[-1], data_set=responses[0].data_set)
        yield from responses

    before = patch.set(services, "find", ended)


@DEVIATING.mutant(HERE + "responses", "query_responses")
def answers_at_another_level(patch: Patch) -> None:
    """A response does not bear the level of its request."""
    _leaves_out(patch, "QueryRetrieveLevel")


def _ignores(patch: Patch, keyword: str) -> None:
    """Match a key as if it had no value."""
    tag = tag_of(keyword)

    def without(key: Any, *given: Any) -> Any:
        return None if key.tag == tag else before(key, *given)

    before = patch.set(find, "compile_key", without)


def _ignores_unique(patch: Patch, change: Any, level: Level = Level.STUDY) -> None:
    """Change the values of the unique key by which entities of a level are found."""

    def entities(self: Any, asked: Level, above: Any, unique: frozenset[str]) -> Any:
        return before(self, asked, above, change(unique) if asked is level else unique)

    before = patch.set(holdings.Holdings, "entities", entities)


def _twice(patch: Patch, level: Level) -> None:
    def repeated(kept: Any, request: Any, title: str) -> Iterator[Any]:
        for entity in before(kept, request, title):
            yield from [entity] * (2 if request.level is level else 1)

    before = patch.set(services, "find_matches", repeated)


def _leaves_out(patch: Patch, keyword: str, level: Level = Level.STUDY) -> None:
    """Leave an element out of every Identifier that is answered at a level."""
    tag = tag_of(keyword)

    def made(self: Any, request: Any, *given: Any) -> None:
        before(self, request, *given)
        self._tags = [each for each in self._tags if each != tag or request.level is not level]

    before = patch.set(find.Responder, "__init__", made)


# -- proofs


@pytest.mark.parametrize("mutant", DEVIATING.mutants, ids=[mutant.name for mutant in DEVIATING.mutants])
def test_an_archive_that_deviates_is_caught(mutant: Mutant, tmp_path: Path, proof: Proof) -> None:
    proof.caught(mutant, [play(mutant.case, tmp_path, mutant)], {Verdict.FAIL})


SCENARIOS = sorted(path.stem for path in (selection.FOLDER / HERE).glob("*.yaml"))


@pytest.mark.parametrize("name", SCENARIOS)
def test_our_archive_passes_with_what_it_holds(name: str, tmp_path: Path, proof: Proof) -> None:
    proof.silent([play(HERE + name, tmp_path)])


def test_every_scenario_has_a_mutant() -> None:
    assert {mutant.case.removeprefix(HERE) for mutant in DEVIATING.mutants} == set(SCENARIOS)


def test_an_archive_that_holds_nothing_is_not_judged(tmp_path: Path) -> None:
    result = play(HERE + "study-by-uid", tmp_path, instances=())
    assert (result.verdict, result.reason) == (Verdict.NOT_JUDGED, "the subject holds no study")


def test_studies_that_have_no_uid_are_not_taken_for_none(tmp_path: Path) -> None:
    nameless = Mutant("nameless", "", "", "", lambda patch: _leaves_out(patch, "StudyInstanceUID"))
    result = play(HERE + "study-by-uid", tmp_path, nameless)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reason == "the query for the studies of the subject found 3 matches without a Study Instance UID"


def test_studies_of_the_data_file_are_asked_for(tmp_path: Path) -> None:
    last = fixtures.StudyThere(study_instance_uid=f"{UID}.2")
    result = play(HERE + "study-by-uid", tmp_path, data=(last,), output=tmp_path)
    assert result.verdict is Verdict.PASS
    seen = b"".join(file.read_bytes() for file in (tmp_path / "evidence").rglob("*.pcap"))
    assert f"{UID}.2".encode() in seen
    assert f"{UID}.0".encode() not in seen


def test_studies_of_the_data_file_that_are_not_there_are_inconclusive(tmp_path: Path) -> None:
    absent = fixtures.StudyThere(study_instance_uid="2.25.404")
    result = play(HERE + "study-by-uid", tmp_path, data=(absent,))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "asked for 1 study by Study Instance UID, and finds none" in result.reason


def test_a_value_that_no_study_has_leaves_a_case_unjudged(tmp_path: Path) -> None:
    bare = build_study(modalities=("CT",), PatientID="PAT1", StudyDate="", AccessionNumber="")
    result = play(HERE + "range-of-dates", tmp_path, instances=tuple(bare))
    assert result.verdict is Verdict.NOT_JUDGED
    assert result.reason == "unstated: data.study.around: the studies of the subject have no such value"
