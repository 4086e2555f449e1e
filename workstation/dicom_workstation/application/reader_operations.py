"""What a reader asks for: worklists, the priors of a patient, and the display protocol of a study.

Invariants: the operations are those of `Workstation`, which this is a part of. A display protocol is chosen by what is
in memory whenever a study is loaded or opened; an archive is asked only by `choose_protocol`, and studies by `priors`.
"""

from __future__ import annotations

from dataclasses import replace

from dicom_workstation.application.operation_method import as_operation
from dicom_workstation.application.protocol_choosing import ProtocolChoosing
from dicom_workstation.application.workstation_log import WorkstationLog
from dicom_workstation.configuration import Archive, ConfigurationError
from dicom_workstation.outcome import Outcome, Result, RetrieveOutcome
from dicom_workstation.protocols import ChoiceOutcome, PriorsOutcome
from dicom_workstation.requests import AdvanceRequest, SkipRequest, StudyRequest, WorklistRequest
from dicom_workstation.worklist import WorklistOutcome, Worklists


class ReaderOperations(WorkstationLog):
    """The operations of a reader."""

    _worklists: Worklists
    _choosing: ProtocolChoosing

    def _archive(self, peer: str | None) -> tuple[str, Archive]:
        """Return an archive by its name; RequestError if there is none."""
        raise NotImplementedError

    def worklist(
        self, peer: str | None = None, request: WorklistRequest | None = None, **fields: object
    ) -> WorklistOutcome:
        """Tell how a worklist stands; the network is not asked."""
        return self._of_the_open_study(self._worklists.show((request or WorklistRequest.read(fields)).name))

    def next_study(
        self, peer: str | None = None, request: WorklistRequest | None = None, **fields: object
    ) -> WorklistOutcome:
        """Close the study that is open in a worklist, and open the next one."""
        return self._of_the_open_study(self._worklists.next((request or WorklistRequest.read(fields)).name))

    def skip_study(
        self, peer: str | None = None, request: SkipRequest | None = None, **fields: object
    ) -> WorklistOutcome:
        """Leave a study out of a worklist."""
        asked = request or SkipRequest.read(fields)
        return self._worklists.skip(asked.name, asked.StudyInstanceUID)

    def advance(self, peer: str | None = None, request: AdvanceRequest | None = None, **fields: object) -> Outcome:
        """Move the manual clock, and wait until the worklists have done what is due."""
        return self._worklists.advance((request or AdvanceRequest.read(fields)).s)

    def priors(self, peer: str | None = None, request: StudyRequest | None = None, **fields: object) -> PriorsOutcome:
        """Ask an archive for the other studies of a patient; they are remembered for the choice of protocols."""
        known, asked = self._archive(peer), request or StudyRequest.read(fields)
        try:
            return self._choosing.priors(*known, asked.StudyInstanceUID)
        except ConfigurationError as error:
            return PriorsOutcome.refused(peer, str(error))

    def choose_protocol(
        self, peer: str | None = None, request: StudyRequest | None = None, **fields: object
    ) -> ChoiceOutcome:
        """Choose the display protocol of a study; an archive, if one is named, is asked for what may change it."""
        asked = request or StudyRequest.read(fields)
        known = () if peer is None else self._archive(peer)
        try:
            return self._choosing.choose(asked.StudyInstanceUID, *known)
        except ConfigurationError as error:
            return ChoiceOutcome.refused(peer, str(error))

    def _with_protocol(self, found: RetrieveOutcome, level: str, study: object) -> RetrieveOutcome:
        """Tell the display protocol of a study that was loaded as a whole."""
        is_whole = found.result in (Result.SUCCESS, Result.WARNING) and found.missing == 0
        if not is_whole or level != "STUDY" or not isinstance(study, str) or not self._choosing.has_protocols:
            return found
        self._choosing.complete(study)
        name, why = self._chosen(study)
        return replace(found, display_protocol=name, display_protocol_why=why)

    def _of_the_open_study(self, found: WorklistOutcome) -> WorklistOutcome:
        """Tell the display protocol of the study that is open in a worklist."""
        entry = next((each for each in found.studies if each.StudyInstanceUID == found.opened), None)
        if entry is None or not self._choosing.has_protocols:
            return found
        if entry.instances is not None and entry.loaded >= entry.instances:
            self._choosing.complete(entry.StudyInstanceUID)
        name, why = self._chosen(entry.StudyInstanceUID)
        return replace(found, display_protocol=name, display_protocol_why=why)

    def _chosen(self, study: str) -> tuple[str, str]:
        """Choose by what is known, and write the choice into the log; returns the name, or none, and why."""
        try:
            choice = self._choosing.choose(study)
        except ConfigurationError as error:
            choice = ChoiceOutcome.refused(None, str(error))
        name, why = choice.protocol or "none", choice.why or choice.detail
        self.note(f"display protocol of study {study}: {name}: {why}")
        return name, why


for _method, _kind in (
    (ReaderOperations.worklist, WorklistOutcome),
    (ReaderOperations.next_study, WorklistOutcome),
    (ReaderOperations.skip_study, WorklistOutcome),
    (ReaderOperations.advance, Outcome),
    (ReaderOperations.priors, PriorsOutcome),
    (ReaderOperations.choose_protocol, ChoiceOutcome),
):
    setattr(ReaderOperations, _method.__name__, as_operation(_method, _kind))
