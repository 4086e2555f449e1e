"""What a product answers: C-ECHO, and with C-FIND which levels and optional keys it knows.

Nothing is stored or changed. One broad STUDY query is cancelled after `MOST_MATCHES`; every other query is narrowed by
a Study Instance UID that it found. An optional key is matched if a value that the study cannot have finds nothing.

References
----------
PS3.4 C.2.2.2 (matching), C.4.1.1.4 (statuses of C-FIND), C.6.1.1 and C.6.2.1 (attributes by level).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dicom_conformance.probe.asking import Asker, Opened
from dicom_conformance.probe.contexts import TIMES
from dicom_conformance.probe.findings import Findings, Study, Value
from dicom_simulators.encoding import DataSetError, decode_attributes, encode_attributes, tag_of, vr_of
from dicom_wire import Message

__all__ = ["echo_status", "query_values"]

MOST_MATCHES = 50
SUCCESS, CANCELLED = 0x0000, 0xFE00
_PENDING = (0xFF00, 0xFF01)
_VERIFICATION = "1.2.840.10008.1.1"
_LEVELS = ("STUDY", "SERIES", "IMAGE")
_UNIQUE = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID", "IMAGE": "SOPInstanceUID"}

#: Optional keys that are asked for, by level.
OPTIONAL_KEYS: Mapping[str, tuple[str, ...]] = {
    "STUDY": (
        *("StudyDescription", "ModalitiesInStudy", "SOPClassesInStudy", "ReferringPhysicianName", "PatientBirthDate"),
        *("PatientSex", "PatientAge", "NameOfPhysiciansReadingStudy", "AdmittingDiagnosesDescription"),
        *("InstitutionName", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"),
    ),
    "SERIES": (
        *("SeriesDescription", "SeriesDate", "SeriesTime", "BodyPartExamined", "ProtocolName", "Laterality"),
        *("Manufacturer", "StationName", "PerformingPhysicianName", "OperatorsName"),
        "NumberOfSeriesRelatedInstances",
    ),
    "IMAGE": (
        "SOPClassUID",
        "ContentDate",
        "ContentTime",
        "ImageType",
        "AcquisitionNumber",
        "Rows",
        "Columns",
        "NumberOfFrames",
    ),
}

#: A value that nothing has, by VR.
_NOWHERE = {
    **dict.fromkeys(("LO", "SH", "PN", "ST", "LT", "UT", "CS"), "ZZ NO SUCH VALUE"),
    "DA": "18010203",
    "TM": "235959.987654",
    "IS": "98765432",
    "DS": "98765432.5",
    "US": "64321",
    "AS": "998Y",
    "UI": "2.25.112233445566778899",
}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of a query: the final status (None: there was none) and the matches."""

    status: int | None
    matches: tuple[Mapping[str, object], ...] = ()

    @property
    def is_whole(self) -> bool:
        return self.status in (SUCCESS, CANCELLED)


@dataclass(slots=True)
class _Querying:
    """Queries on one association at a time with one information model."""

    asker: Asker
    sop_class: str
    syntaxes: Sequence[str]
    parents: dict[str, str] = field(default_factory=dict)

    def ask(self, opened: Opened, level: str, keys: Mapping[str, object]) -> _Answer:
        """Ask one question; cancel it after `MOST_MATCHES`."""
        self.asker.pace()
        context = opened.established.accepted[0]
        identifier = encode_attributes({"QueryRetrieveLevel": level, **keys}, context.transfer_syntax)
        command = opened.requestor.command("C-FIND-RQ", identifier, AffectedSOPClassUID=self.sop_class, Priority=0)
        message = Message(context.context_id, command, identifier)
        matches: list[Mapping[str, object]] = []
        status: int | None = None
        for response in opened.requestor.request(message):
            status = response.command.number("Status")
            if status in _PENDING and response.data_set is not None:
                try:
                    matches.append(decode_attributes(bytes(response.data_set), context.transfer_syntax))
                except DataSetError:
                    matches.append({})
                if len(matches) == MOST_MATCHES:
                    opened.requestor.cancel(message)
        return _Answer(None if status in _PENDING else status, tuple(matches))

    def keys(self, level: str, optional: Mapping[str, object]) -> dict[str, object]:
        """Narrow a query to the entity that is known above, and at the level where it is."""
        return {**self.parents, _UNIQUE[level]: self.parents.get(_UNIQUE[level], ""), **optional}


def echo_status(asker: Asker, syntaxes: Sequence[str]) -> int | None:
    """Verify; give the status, None where there was none."""
    with asker.association([(_VERIFICATION, syntaxes)]) as opened:
        asker.pace()
        command = opened.requestor.command("C-ECHO-RQ", AffectedSOPClassUID=_VERIFICATION)
        context = opened.established.accepted[0].context_id if opened.established.accepted else 1
        responses = list(opened.requestor.request(Message(context, command)))
    return responses[-1].command.number("Status") if responses else None


def query_values(findings: Findings, asker: Asker, sop_class: str, syntaxes: Sequence[str]) -> dict[str, Value]:
    """Find levels and optional keys of the Study Root model; studies that are there are noted in `findings`."""
    querying = _Querying(asker, sop_class, syntaxes)
    with asker.association([(sop_class, syntaxes)]) as opened:
        broad = {"StudyInstanceUID": "", "PatientID": "", "StudyDate": "", "AccessionNumber": ""}
        found = querying.ask(opened, "STUDY", broad)
    if not found.is_whole or not found.matches:
        status = "no final status" if found.status is None else f"status {found.status:04X}"
        findings.left_out.append(f"query: levels and keys: a STUDY query gave {len(found.matches)} matches, {status}")
        return {}
    findings.studies = [_study(one) for one in found.matches if one.get("StudyInstanceUID")]
    querying.parents["StudyInstanceUID"] = findings.studies[0].study_instance_uid if findings.studies else ""
    if not querying.parents["StudyInstanceUID"]:
        return {}
    return _by_level(findings, querying)


def _study(match: Mapping[str, object]) -> Study:
    names = ("StudyInstanceUID", "PatientID", "StudyDate", "AccessionNumber")
    return Study(*(str(match.get(name, "")) for name in names))


def _by_level(findings: Findings, querying: _Querying) -> dict[str, Value]:
    levels: list[str] = []
    matched: dict[str, list[str]] = {}
    returned: dict[str, list[str]] = {}
    for level in _LEVELS:
        with querying.asker.association([(querying.sop_class, querying.syntaxes)]) as opened:
            first = querying.ask(opened, level, querying.keys(level, dict.fromkeys(OPTIONAL_KEYS[level], "")))
            if not first.is_whole or not first.matches:
                findings.left_out.append(f"query: level {level}: no match, status {first.status}")
                break
            levels.append(level)
            querying.parents[_UNIQUE[level]] = str(first.matches[0].get(_UNIQUE[level], ""))
            for keyword in OPTIONAL_KEYS[level]:
                seen = [_is_matched(querying, opened, level, keyword) for _ in range(TIMES)]
                answer = findings.settle(f"query: {level} key {keyword}", seen, "")
                if answer is not None and isinstance(answer.value, str):
                    findings.left_out.append(f"query: {level} key {keyword}: {answer.value}")
                elif answer is not None and answer.value:
                    matched.setdefault(level, []).append(keyword)
                elif answer is not None and any(keyword in one for one in first.matches):
                    returned.setdefault(level, []).append(keyword)
        if not querying.parents[_UNIQUE[level]]:
            break
    values = {
        "levels": Value(levels, "a query at each level below a study that is there", 1),
        "keys": Value(matched, "a query for that entity with a value that nothing has found nothing", TIMES),
        "returns": Value(returned, "the value came back, and was not matched", TIMES),
    }
    return {name: one for name, one in values.items() if one.value}


def _is_matched(querying: _Querying, opened: Opened, level: str, keyword: str) -> bool | str:
    nowhere = _NOWHERE[vr_of(tag_of(keyword))]
    answer = querying.ask(opened, level, querying.keys(level, {keyword: nowhere}))
    if not answer.is_whole:
        return "no final status" if answer.status is None else f"status {answer.status:04X}"
    return not answer.matches
