"""Gives the subject the fixtures that cases need: once a run, and only what it does not hold already.

Invariants: the processes of one run share a note in its output folder, written under a lock, so that one of them stores
and the others know what came of it. Nothing is ever deleted; what was stored is listed for cleanup.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dicom_conformance.files import lock
from dicom_conformance.play.limits import Limiter
from dicom_conformance.play.subjects import Address, Subject
from dicom_conformance.results import list_for_cleanup
from dicom_conformance.scenario import fixtures as fixture_files
from dicom_conformance.statement import Statement
from dicom_simulators.scu import Scu
from dicom_wire.capture import Recorder
from dicom_wire.statuses import StatusClass, status_class

NOTE: Final = "fixtures.json"
CALLING: Final = "CONFORMANCE"
_TAKEN: Final = (StatusClass.SUCCESS, StatusClass.WARNING)


@dataclass(slots=True)
class FixtureStore:
    """What the subject was given to hold in this run.

    Parameters
    ----------
    fixtures : fixtures.Fixtures
        What there is to store.
    folder : Path or None
        The output folder, where the note and `cleanup.txt` are kept; None keeps them in this process alone.
    calling : str
        AE title of the SCU that stores.
    limiter : Limiter
        The limits of the subject.
    may_query : bool
        Whether the subject offers to be asked what it holds.
    """

    fixtures: fixture_files.Fixtures
    folder: Path | None
    calling: str
    limiter: Limiter
    may_query: bool
    _note: dict[str, str] = field(default_factory=dict)

    def note_held(self, studies: Iterable[str]) -> None:
        """Note that the subject holds some studies, which are not stored then."""
        self._note |= dict.fromkeys(studies, "")

    def refusal(self, names: Sequence[str], subject: Address) -> str:
        """Store what some names stand for, unless that was done; say why it is not all there, empty if it is."""
        wanted = self.fixtures.studies(names)
        if not all(study in self._note for study in wanted):
            with self._shared():
                for study in self.fixtures.stored_for(names):
                    if study not in self._note:
                        self._note[study] = self._store(study, subject)
        reasons = [f"{study}: {self._note[study]}" for study in wanted if self._note[study]]
        return f"fixtures could not be stored: {'; '.join(reasons[:3])}" if reasons else ""

    @contextmanager
    def _shared(self) -> Iterator[None]:
        """Hold the lock of the run; what another process noted is known inside, and what is noted inside is kept."""
        if self.folder is None:
            yield
            return
        with (self.folder / NOTE).open("a+", encoding="utf-8") as file:
            lock(file.fileno(), wait=True)
            file.seek(0)
            self._note |= json.loads(file.read() or "{}")
            yield
            file.seek(0)
            file.truncate()
            file.write(json.dumps(self._note, indent=1, sort_keys=True) + "\n")

    def _store(self, study: str, subject: Address) -> str:
        """Store one study where it is not complete; say why it could not be stored."""
        instances = self.fixtures.instances([study])
        scu = Scu(
            "fixtures", self.calling, Recorder(), instances=instances, destinations={subject.ae_title: subject.endpoint}
        )
        scu.start()
        try:
            if self.may_query and self._is_complete(scu, study, len(instances), subject):
                return ""
            for _ in instances:
                self.limiter.request()
            stored = scu.perform("store", subject.endpoint, {"called_ae_title": subject.ae_title})
        finally:
            scu.stop()
        statuses = stored.get("statuses")
        given = statuses if isinstance(statuses, dict) else {}
        taken = [uid for uid, status in given.items() if status_class(_number(status)) in _TAKEN]
        if taken and self.folder is not None:
            names = [self.fixtures.value(f"{study}.{keyword}") for keyword in ("PatientID", "StudyInstanceUID")]
            list_for_cleanup(self.folder, [(names[0], names[1], "")], f"fixture {study}")
        if len(taken) == len(instances):
            return ""
        refused = sorted({f"{_number(status):04X}" for uid, status in given.items() if uid not in taken})
        return (
            f"{len(taken)} of {len(instances)} stored; {', '.join(refused) or stored.get('detail') or 'not accepted'}"
        )

    def _is_complete(self, scu: Scu, study: str, count: int, subject: Address) -> bool:
        """Ask, by Study and Series Instance UID, whether every instance is there (PS3.4 C.4.1.2.1)."""
        found = 0
        study_uid = self.fixtures.value(f"{study}.StudyInstanceUID")
        for series_uid in self.fixtures.known.keys([study], "SERIES"):
            self.limiter.request()
            keys = {"StudyInstanceUID": study_uid, "SeriesInstanceUID": series_uid, "SOPInstanceUID": ""}
            arguments = {"model": "study_root", "level": "IMAGE", "keys": keys, "called_ae_title": subject.ae_title}
            asked = scu.perform("find", subject.endpoint, arguments)
            matches = asked.get("matches")
            known = self.fixtures.known.all_keys("IMAGE")
            uids = {one.get("SOPInstanceUID") for one in matches} if isinstance(matches, list) else set()
            if not uids:
                return False
            found += len(uids & known.keys())
        return found == count


def fixture_store(statement: Statement, subject: Subject, folder: Path | None) -> FixtureStore:
    """Make the store of a run: it calls as the first peer that the subject knows."""
    calling = next((peer.ae_title for peer in subject.peers.values()), CALLING)
    may_query = bool(statement.capabilities(role="SCP", service="query"))
    return FixtureStore(fixture_files.standard(), folder, calling, subject.limiter, may_query)


def _number(status: object) -> int:
    return status if isinstance(status, int) else int(str(status), 16)
