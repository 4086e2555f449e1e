"""Several coherent instances: whole studies to query, retrieve and store.

Invariants: instances of one series share its attributes, series of one study its attributes, studies of one
patient the patient's; every UID follows from the seed, so that the same study can be asked for again.

References
----------
PS3.3 A.1.2 (patient, study, series, image); PS3.4 C.6.1.1 and C.6.2.1 (keys of the query levels).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from dicom_simulators.data_sets.building import build
from dicom_simulators.data_sets.identity import uid
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.data_sets.sop_classes import SOP_CLASSES

NAMES = (
    "Ampel^Anna", "Birke^Bruno", "Castro^Carla", "Dubois^Denis", "Eriksen^Elin", "Ferrari^Fabio", "Garcia^Gloria",
    "Horvat^Hana", "Ivanova^Irina", "Jansen^Joris", "Keller^Klara", "Lindqvist^Lars", "Moreau^Manon", "Novak^Nikola",
    "Olsen^Ole", "Petit^Paul",
)  # fmt: skip
"""Names of patients, taken in turn."""

_EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
_FIRST_DAY = date(2024, 1, 15)


def build_study(
    *,
    modalities: tuple[str, ...] = ("CT", "MR"),
    series: int | None = None,
    instances: int = 2,
    transfer_syntax: str = _EXPLICIT_LITTLE_ENDIAN,
    recipe: str = "smallest",
    seed: int = 0,
    **changes: Any,
) -> tuple[Instance, ...]:
    """Build one patient's one study.

    Parameters
    ----------
    modalities : tuple of str
        For each series in turn a Modality (0008,0060), which selects the first SOP Class of Table 3 that has it,
        or the UID of a SOP Class; taken again from the beginning if there are more series.
    series : int, optional
        Number of series; as many as there are modalities, if not given.
    instances : int
        Number of instances in each series.
    transfer_syntax : str
        UID of the transfer syntax of every instance.
    recipe : str
        Recipe of every instance.
    seed : int
        Distinguishes this study from others; sets the patient, dates and numbers that `changes` does not.
    **changes
        Passed to `build` for every instance: ``PatientName=``, ``StudyDate=``, ``AccessionNumber=``...

    Returns
    -------
    tuple of Instance
        Series by series, in the order of Series Number and Instance Number.

    Raises
    ------
    ValueError
        If a modality, SOP Class, transfer syntax, recipe or keyword is unknown.
    """
    day = _FIRST_DAY + timedelta(days=seed % 366)
    common = {
        "PatientName": NAMES[seed % len(NAMES)],
        "PatientID": f"PAT{seed:05d}",
        "PatientBirthDate": f"{1930 + seed % 80}{1 + seed % 12:02d}{1 + seed % 28:02d}",
        "PatientSex": "FMO"[seed % 3],
        "StudyInstanceUID": uid("build_study", seed),
        "StudyDate": f"{day:%Y%m%d}",
        "StudyTime": f"{8 + seed % 10:02d}{seed * 7 % 60:02d}00",
        "AccessionNumber": f"ACC{seed:05d}",
        "StudyID": f"ST{seed:05d}",
        "StudyDescription": f"Study {seed}",
        **changes,
    }
    built = []
    for place in range(len(modalities) if series is None else series):
        own = {"SeriesNumber": place + 1, "SeriesInstanceUID": uid(common["StudyInstanceUID"], place + 1)}
        sop_class = _sop_class_of(modalities[place % len(modalities)])
        for number in range(1, instances + 1):
            single = {"InstanceNumber": number, "SOPInstanceUID": uid(own["SeriesInstanceUID"], number)}
            built.append(build(recipe, sop_class, transfer_syntax, seed + number, **{**own, **single, **common}))
    return tuple(built)


def build_studies(*, patients: int = 2, studies: int = 2, seed: int = 0, **arguments: Any) -> tuple[Instance, ...]:
    """Build several patients with several studies each.

    Parameters
    ----------
    patients, studies : int
        Number of patients, and of studies of each.
    seed : int
        Distinguishes this collection from others of the same size; no two of them share a patient or a study.
    **arguments
        Passed to `build_study` for every study.

    Returns
    -------
    tuple of Instance
        Patient by patient, study by study.
    """
    built: list[Instance] = []
    for patient in range(patients):
        person = seed * patients + patient
        who = {
            "PatientName": NAMES[person % len(NAMES)],
            "PatientID": f"PAT{person:05d}",
            "PatientBirthDate": f"{1930 + person % 80}{1 + person % 12:02d}{1 + person % 28:02d}",
            "PatientSex": "FMO"[person % 3],
        }
        for study in range(studies):
            built.extend(build_study(seed=person * studies + study, **{**who, **arguments}))
    return tuple(built)


def _sop_class_of(modality: str) -> str:
    """Return the UID for a Modality or a UID."""
    for sop_class in SOP_CLASSES:
        if modality == sop_class.uid or (modality == sop_class.Modality and not sop_class.retired):
            if sop_class.native is None:  # it refers to an image of the study that `build` gives it
                raise ValueError(f"{sop_class.name} is built by itself, not as part of a study")
            return sop_class.uid
    raise ValueError(f"no SOP Class of Table 3 has the Modality {modality!r}")
