"""What the memory holds, as lists: studies, their series, their images in order.

Invariants: an instance's attributes are read once; what has left the memory is forgotten. What cannot be read is
listed all the same, with what is known of it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from dicom_workstation.data_sets import DataSetError, show
from dicom_workstation.instances import Memory, StoredInstance
from dicom_workstation.tables import GRAYSCALE_SOFTCOPY_PRESENTATION_STATE

LAST_READ_TAG: Final = 0x00280011  # Columns
SHOWN: Final = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyDescription",
    "AccessionNumber",
    "Modality",
    "SeriesNumber",
    "SeriesDescription",
    "SeriesDate",
    "InstanceNumber",
    "NumberOfFrames",
    "Rows",
    "Columns",
)


@dataclass(frozen=True, slots=True)
class HeldImage:
    """An instance in memory."""

    instance: StoredInstance
    attributes: Mapping[str, str]

    @property
    def uid(self) -> str:
        """SOP Instance UID."""
        return self.instance.SOPInstanceUID

    @property
    def is_state(self) -> bool:
        """Whether it is a presentation state."""
        return self.instance.SOPClassUID == GRAYSCALE_SOFTCOPY_PRESENTATION_STATE

    @property
    def is_image(self) -> bool:
        """Whether it says that it has pixels."""
        return bool(self.attributes.get("Rows"))

    @property
    def frames(self) -> int:
        """Number of frames, at least 1."""
        return max(1, number(self.attributes.get("NumberOfFrames", "")) or 1)

    @property
    def bytes(self) -> int:
        """Size of the data set."""
        return len(self.instance.data_set)


@dataclass(frozen=True, slots=True)
class HeldSeries:
    """The images of one series in memory, in the order of their numbers; at least one."""

    uid: str
    images: tuple[HeldImage, ...]

    @property
    def attributes(self) -> Mapping[str, str]:
        """What its first image says."""
        return self.images[0].attributes


@dataclass(frozen=True, slots=True)
class HeldStudy:
    """A study in memory: the series that have images, and everything else."""

    uid: str
    series: tuple[HeldSeries, ...]
    others: tuple[HeldImage, ...]

    @property
    def attributes(self) -> Mapping[str, str]:
        """What its first instance says."""
        return self.images[0].attributes if self.series else self.others[0].attributes

    @property
    def images(self) -> tuple[HeldImage, ...]:
        """Its images, series after series."""
        return tuple(image for series in self.series for image in series.images)

    @property
    def states(self) -> tuple[HeldImage, ...]:
        """Its presentation states."""
        return tuple(each for each in self.others if each.is_state)

    @property
    def instances(self) -> tuple[HeldImage, ...]:
        """Everything that is held of it."""
        return (*self.images, *self.others)

    @property
    def modalities(self) -> str:
        """Its modalities, each once."""
        found = dict.fromkeys(each.attributes.get("Modality", "") for each in self.instances)
        return " ".join(filter(None, found))


class Holdings:
    """Reads a memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._lock = threading.Lock()
        self._read: dict[str, HeldImage] = {}

    def counts(self) -> Counter[str]:
        """Count instances by Study, Series and SOP Instance UID."""
        found: Counter[str] = Counter()
        for each in self._memory.instances():
            found.update((each.StudyInstanceUID, each.SeriesInstanceUID, each.SOPInstanceUID))
        return found

    def studies(self) -> tuple[HeldStudy, ...]:
        """Return the studies, the last to begin arriving first."""
        by_study: dict[str, list[HeldImage]] = {}
        held = self._memory.instances()
        for each in self._images(held):
            by_study.setdefault(each.instance.StudyInstanceUID, []).append(each)
        self._forget({each.SOPInstanceUID for each in held})
        return tuple(_study(uid, images) for uid, images in reversed(by_study.items()))

    def study(self, uid: str) -> HeldStudy | None:
        """Return a study, if anything of it is held."""
        images = list(self._images(self._memory.instances(uid)))
        return _study(uid, images) if images else None

    def images(self, uids: Collection[str]) -> Mapping[str, HeldImage]:
        """Return those of some instances that are held, by SOP Instance UID."""
        if not uids:
            return {}
        wanted = [each for each in self._memory.instances() if each.SOPInstanceUID in uids]
        return {each.uid: each for each in self._images(wanted)}

    def of_the_same_patient(self, study: HeldStudy) -> tuple[HeldStudy, ...]:
        """Return the other studies in memory that have images and the same Patient ID."""
        patient = study.attributes.get("PatientID", "")
        if not patient:
            return ()
        others = (each for each in self.studies() if each.uid != study.uid and each.images)
        return tuple(each for each in others if each.attributes.get("PatientID", "") == patient)

    def _images(self, instances: Iterable[StoredInstance]) -> Iterable[HeldImage]:
        for instance in instances:
            with self._lock:
                known = self._read.get(instance.SOPInstanceUID)
            if known is None or known.instance is not instance:
                known = HeldImage(instance, _attributes(instance))
                with self._lock:
                    self._read[instance.SOPInstanceUID] = known
            yield known

    def _forget(self, held: set[str]) -> None:
        with self._lock:
            for uid in self._read.keys() - held:
                del self._read[uid]


def _attributes(instance: StoredInstance) -> Mapping[str, str]:
    try:
        shown = show(instance.data_set, instance.TransferSyntaxUID, LAST_READ_TAG).values
    except DataSetError:
        return {}
    return {keyword: shown[keyword] for keyword in SHOWN if keyword in shown}


def _study(uid: str, images: list[HeldImage]) -> HeldStudy:
    series: dict[str, list[HeldImage]] = {}
    others = []
    for each in images:
        if each.is_image and not each.is_state:
            series.setdefault(each.instance.SeriesInstanceUID, []).append(each)
        else:
            others.append(each)
    found = [HeldSeries(name, tuple(sorted(these, key=_by("InstanceNumber")))) for name, these in series.items()]
    return HeldStudy(uid, tuple(sorted(found, key=_by("SeriesNumber"))), tuple(others))


def _by(keyword: str) -> Callable[[HeldImage | HeldSeries], tuple[bool, int]]:
    """Return what sorts by a number; what has none comes last, in the order of arrival."""

    def place(each: HeldImage | HeldSeries) -> tuple[bool, int]:
        found = number(each.attributes.get(keyword, ""))
        return (found is None, found or 0)

    return place


def number(text: str) -> int | None:
    """Read an Integer String; None where it is none."""
    try:
        return int(text.strip())
    except ValueError:
        return None
