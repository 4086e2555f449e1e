"""What a subject holds already, as it says itself: the truth for cases that may store nothing.

A study is chosen among those of the data file, else among those that one broad query finds, which is cancelled after
some matches. Every other query is narrowed by its Study Instance UID or Patient ID, and asks for values by zero-length
keys alone. What comes back is what the subject is held to: its answers must agree with each other.

References
----------
PS3.4 C.2.2.2.3 (universal matching), C.4.1.3.1 (C-FIND-CANCEL), C.6.2.1 (keys of the Study Root model).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from dicom_conformance.files import counted
from dicom_conformance.play.limits import Limiter
from dicom_conformance.play.subjects import Address
from dicom_conformance.scenario import fixtures
from dicom_conformance.trace import UNIQUE_KEYS, DataSet, Known, KnownInstance, Trace, read_attributes
from dicom_simulators.scu import Scu
from dicom_wire.capture import Recorder

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "STUDY": ("PatientID", "PatientName", "StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "StudyID"),
    "SERIES": ("SeriesInstanceUID", "Modality", "SeriesNumber"),
    "IMAGE": ("SOPInstanceUID", "InstanceNumber"),
}
"""Unique and required keys by level, which every SCP supports."""
MOST_LOOKED_AT: Final = 10
"""Studies of a data file, or fixtures, that are looked at before one is chosen."""
_WHOLE: Final = (0x0000, 0xFE00)
_TELLING: Final = ("PatientID", "StudyDate", "AccessionNumber")
_DATE_LENGTH: Final = 8


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What was found; `reason` says why nothing is known, and `empty` that the subject holds no study."""

    known: Known | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    empty: bool = False


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of a query; `ending` is its final status as reports print it."""

    matches: tuple[DataSet, ...]
    is_whole: bool
    ending: str


@dataclass(slots=True)
class Survey:
    """Asks one subject what it holds.

    Parameters
    ----------
    subject : Address
        Where it accepts associations.
    calling : str
        AE title of the SCU that asks.
    limiter : Limiter
        The limits of the subject.
    at_most : int
        Matches after which a query is cancelled.
    """

    subject: Address
    calling: str
    limiter: Limiter
    at_most: int

    def look(self, named: Sequence[fixtures.StudyThere]) -> Surveyed:
        """Find a study and what lies below it; `named` are studies to choose from, none for the broad query."""
        if named:
            studies = [found for one in named[:MOST_LOOKED_AT] for found in self._study(one.study_instance_uid)]
            if not studies:
                looked = counted(len(named[:MOST_LOOKED_AT]), "study")
                return Surveyed(reason=f"the subject was asked for {looked} by Study Instance UID, and finds none")
        else:
            broad = self._ask("STUDY", {})
            if not broad.is_whole:
                return Surveyed(reason=f"the query for the studies of the subject ended with {broad.ending}")
            studies = _distinct(broad.matches)
            if broad.matches and not studies:
                nameless = f"{counted(len(broad.matches), 'match')} without a Study Instance UID"
                return Surveyed(reason=f"the query for the studies of the subject found {nameless}")
            if not studies:
                return Surveyed(empty=True, reason="the subject holds no study")
        chosen = max(studies, key=_worth)
        return self._around(chosen, [one for one in studies if one is not chosen])

    def _study(self, uid: str) -> list[DataSet]:
        answer = self._ask("STUDY", {"StudyInstanceUID": uid})
        return [one for one in answer.matches if one.text("StudyInstanceUID") == uid][:1]

    def _around(self, chosen: DataSet, others: list[DataSet]) -> Surveyed:
        """Find what else belongs to the patient, and what lies below the study."""
        uid, patient = chosen.text("StudyInstanceUID") or "", _plain(chosen, "PatientID")
        if patient:
            seen = {uid, *(one.text("StudyInstanceUID") for one in others)}
            found = _distinct(self._ask("STUDY", {"PatientID": patient}).matches)
            same = [one for one in found if one.text("PatientID") == patient]
            others += [one for one in same if one.text("StudyInstanceUID") not in seen]
        others.sort(key=lambda one: one.text("PatientID") == patient)  # a stranger first
        series = self._ask("SERIES", {"StudyInstanceUID": uid})
        rows = [one for one in _distinct(series.matches, "SERIES") if one.text("StudyInstanceUID") in (None, uid)]
        first = rows[0].text("SeriesInstanceUID") or "" if rows else ""
        images: list[DataSet] = []
        if first:
            images = _distinct(
                self._ask("IMAGE", {"StudyInstanceUID": uid, "SeriesInstanceUID": first}).matches, "IMAGE"
            )
        known = Known([*_below(chosen, rows, images), *_strangers(others, patient)])
        return Surveyed(known, _values(chosen, others, rows, images))

    def _ask(self, level: str, narrowed: Mapping[str, str]) -> _Answer:
        """Ask for every unique and required key of a level."""
        self.limiter.request()
        recorder = Recorder()
        scu = Scu("survey", self.calling, recorder)
        keys = {**dict.fromkeys(KEYS[level], ""), **narrowed}
        arguments = {"level": level, "keys": keys, "called_ae_title": self.subject.ae_title}
        scu.start()
        try:
            done = scu.perform("find", self.subject.endpoint, {**arguments, "cancel": {"after": str(self.at_most)}})
        finally:
            scu.stop()
        matches, status = [], None
        for _, message in Trace(recorder).messages():
            if message.name == "C-FIND-RSP":
                status = message.status if message.is_final_response else status
                if not message.is_final_response and message.data_set is not None and message.transfer_syntax:
                    matches.append(read_attributes(message.data_set, message.transfer_syntax))
        ending = f"status {status:04X}" if status is not None else f"no final response: {done.get('result')}"
        return _Answer(tuple(matches), status in _WHOLE, ending)


def _worth(study: DataSet) -> int:
    """Count the keys by which a study can be asked for."""
    return sum(bool(_plain(study, keyword)) for keyword in _TELLING)


def _plain(found: DataSet, keyword: str) -> str:
    """Give a value that can be a key as it stands: one value, ASCII, without wild cards; else nothing."""
    attribute = found.get(keyword)
    if attribute is None or len(attribute.values) != 1:
        return ""
    text = attribute.values[0]
    return text if text.isascii() and text.isprintable() and not set(text) & set("*?\\") else ""


def _distinct(matches: Sequence[DataSet], level: str = "STUDY") -> list[DataSet]:
    """Leave out what has no unique key, and what came twice."""
    return [*{key: one for one in reversed(matches) if (key := one.text(UNIQUE_KEYS[level]))}.values()][::-1]


def _below(study: DataSet, series: Sequence[DataSet], images: Sequence[DataSet]) -> list[KnownInstance]:
    """Name a study `study`, its series `study.series`, `study.series_2` ..., the images of the first likewise."""
    above = _keys(study, "PATIENT", "STUDY")
    found = []
    for number, one in enumerate(series, start=1):
        name, keys = f"study.{_named('series', number)}", {**above, **_keys(one, "SERIES")}
        whole = _merged(study, one)
        if number == 1 and images:
            found += [
                _known(f"{name}.{_named('image', place)}", {**keys, **_keys(each, "IMAGE")}, _merged(whole, each))
                for place, each in enumerate(images, start=1)
            ]
        else:
            found.append(_known(name, keys, whole))
    return found or [_known("study", above, study)]


def _strangers(others: Sequence[DataSet], patient: str) -> list[KnownInstance]:
    """Name the other studies `other`, `other_2` ...; those of the same patient belong to `patient`, too."""
    return [
        KnownInstance(
            _named("other", number),
            "patient" if patient and one.text("PatientID") == patient else f"patient_of_{_named('other', number)}",
            _keys(one, "PATIENT", "STUDY"),
            lambda one=one: one,  # type: ignore[misc]
        )
        for number, one in enumerate(others, start=1)
    ]


def _known(name: str, keys: Mapping[str, str], attributes: DataSet) -> KnownInstance:
    return KnownInstance(name, "patient", keys, lambda: attributes)


def _keys(found: DataSet, *levels: str) -> dict[str, str]:
    return {level: text for level in levels if (text := found.text(UNIQUE_KEYS[level]))}


def _named(noun: str, number: int) -> str:
    return noun if number == 1 else f"{noun}_{number}"


def _merged(above: DataSet, below: DataSet) -> DataSet:
    return DataSet({**above.attributes, **below.attributes}, below.character_set or above.character_set)


def _values(
    study: DataSet, others: Sequence[DataSet], series: Sequence[DataSet], images: Sequence[DataSet]
) -> dict[str, str]:
    """Give the value of each path of `$data`; one that is not there has none."""
    found = {f"data.study.{keyword}": _plain(study, keyword) for keyword in ("StudyInstanceUID", *_TELLING)}
    patient = found["data.study.PatientID"]
    if len(patient) > 1:
        found["data.study.patient_id_with_asterisk"] = f"{patient[:-1]}*"
        found["data.study.patient_id_with_question_mark"] = f"?{patient[1:]}"
    day = _date(found["data.study.StudyDate"])
    if day is not None:
        before, after = (f"{day + timedelta(days=days):%Y%m%d}" for days in (-1, 1))
        found |= {"data.study.around": f"{before}-{after}"}
        found |= {"data.study.later": f"{after}-", "data.study.earlier": f"-{before}"}
    for name, rows, keywords in (
        ("other", others, ("StudyInstanceUID",)),
        ("series", series, ("SeriesInstanceUID", "Modality")),
        ("image", images, ("SOPInstanceUID",)),
    ):
        found |= {f"data.{name}.{keyword}": _plain(rows[0], keyword) for keyword in keywords if rows}
    return {path: text for path, text in found.items() if text}


def _date(text: str) -> date | None:
    """Read a date with a day before it and a day after it; None where it is none."""
    if len(text) != _DATE_LENGTH or not text.isdecimal():
        return None
    try:
        found = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
    return found if date.min < found < date.max else None
