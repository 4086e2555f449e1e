"""The table of phantom studies: who, what, and how many images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["chest", "lung", "scout", "head", "film", "heart"]


@dataclass(frozen=True, slots=True)
class PhantomSeries:
    """A series: what it shows, and how many images (of `heart`: frames) it has, of which size."""

    kind: Kind
    description: str
    images: int
    size: int


@dataclass(frozen=True, slots=True)
class PhantomStudy:
    """A study: names of the patient and of the study, and its series; `days_ago` from the day on which it is made."""

    patient_name: str
    patient_id: str
    birth_date: str
    sex: str
    accession: str
    description: str
    days_ago: int
    modality: str
    series: tuple[PhantomSeries, ...]


STUDIES: Final = (
    PhantomStudy(
        *("DOE^JANE", "PH0001", "19610204", "F", "A1001", "CT thorax", 1, "CT"),
        (
            PhantomSeries("scout", "Scout", 1, 512),
            PhantomSeries("chest", "Thorax 5 mm", 24, 512),
            PhantomSeries("lung", "Lung 5 mm", 24, 512),
        ),
    ),
    PhantomStudy(
        *("ROE^RICHARD", "PH0002", "19480712", "M", "A1002", "CR thorax PA", 0, "CR"),
        (PhantomSeries("film", "Thorax PA", 1, 1024),),
    ),
    PhantomStudy(
        *("MÜLLER^ÄNNE", "PH0003", "19730901", "F", "A1003", "MR head", 2, "MR"),
        (PhantomSeries("head", "T1 axial", 16, 256), PhantomSeries("head", "T2 axial", 16, 256)),
    ),
    PhantomStudy(
        *("POE^EDGAR", "PH0004", "19550119", "M", "A1004", "Echocardiography", 3, "US"),
        (PhantomSeries("heart", "Four chambers", 30, 320),),
    ),
    PhantomStudy(
        *("DOE^JANE", "PH0001", "19610204", "F", "A0790", "CT thorax, before", 370, "CT"),
        (PhantomSeries("chest", "Thorax 5 mm", 12, 512),),
    ),
)
