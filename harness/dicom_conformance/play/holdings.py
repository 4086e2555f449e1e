"""What the subject holds for a case: fixtures that are stored, or studies that are there already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dicom_conformance.play.fixture_store import CALLING, FixtureStore, fixture_store
from dicom_conformance.play.run_options import RunOptions
from dicom_conformance.play.subjects import Address, Subject
from dicom_conformance.play.survey import Survey, Surveyed
from dicom_conformance.results import Verdict
from dicom_conformance.scenario import Case, fixtures
from dicom_conformance.statement import Statement
from dicom_conformance.trace import Known


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known for a case; where `reason` is not empty the case is not played, and `verdict` is its verdict."""

    known: Known | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    verdict: Verdict = Verdict.INCONCLUSIVE


class Holdings:
    """What one subject holds; it is given fixtures, and asked what is there, once."""

    def __init__(self, statement: Statement, subject: Subject, options: RunOptions) -> None:
        self._statement = statement
        self._subject = subject
        self._options = options
        self._store: FixtureStore | None = None
        self._surveyed: Surveyed | None = None

    def truth(self, case: Case, address: Address) -> Truth:
        """Give what is known for a case, after what it needs was stored or asked for."""
        needs = case.scenario.header.needs
        if needs.fixture:
            reason = self._fixtures.refusal(needs.fixture, address)
            return Truth(reason=reason) if reason else Truth(fixtures.standard().truth(needs.fixture))
        if not needs.data:
            return Truth()
        found = self._surveyed = self._surveyed or self._survey(address)
        if found.reason:
            return Truth(reason=found.reason, verdict=Verdict.NOT_JUDGED if found.empty else Verdict.INCONCLUSIVE)
        absent = [path for path in sorted(case.scenario.paths) if path.startswith("data.") and path not in found.values]
        if absent:
            reason = f"unstated: {absent[0]}: the studies of the subject have no such value"
            return Truth(reason=reason, verdict=Verdict.NOT_JUDGED)
        return Truth(found.known, found.values)

    def note_held(self, studies: Iterable[str]) -> None:
        """Note that the subject holds the fixtures of some studies."""
        self._fixtures.note_held(studies)

    @property
    def _fixtures(self) -> FixtureStore:
        self._store = self._store or fixture_store(self._statement, self._subject, self._options.output)
        return self._store

    def _survey(self, address: Address) -> Surveyed:
        """Ask for the studies of the data file, else for fixtures where they may be stored, else for what is there."""
        options = self._options
        calling = next((peer.ae_title for peer in self._subject.peers.values()), CALLING)
        survey = Survey(address, calling, self._subject.limiter, options.at_most)
        named = options.data
        if not named and options.may_store:
            standard = fixtures.standard()
            reason = self._fixtures.refusal(standard.shared[:1], address)
            if reason:
                return Surveyed(reason=reason)
            uids = (standard.value(f"{study}.StudyInstanceUID") for study in standard.shared)
            named = tuple(fixtures.StudyThere(study_instance_uid=uid) for uid in uids)
        return survey.look(named)
