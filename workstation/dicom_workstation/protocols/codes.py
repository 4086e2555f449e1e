"""Coded values, and when two of them name the same thing.

Invariants: pure. Two codes are the same if value and scheme are, or if one is the SNOMED RT code (SRT) that PS3.16
retired for the SNOMED CT code (SCT) of the other. The meaning and the version never decide. A region of the body may be
given by a code or by a defined term of Body Part Examined.

References
----------
PS3.3 Section 8 (code sequence macro); PS3.16 Annex L (Body Part Examined)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_SNOMED_RT: Final = frozenset(("SRT", "SNM3", "99SDM"))
"""Coding scheme designators of SNOMED RT, the last two of which are older ones (PS3.16 Section 8)."""

REGIONS: Final = {
    "ABDOMEN": "818981001",
    "ANKLE": "70258002",
    "AORTA": "15825003",
    "ARM": "40983000",
    "BACK": "77568009",
    "BLADDER": "89837001",
    "BRAIN": "12738006",
    "BREAST": "76752008",
    "CALCANEUS": "80144004",
    "CHEST": "51185008",
    "CLAVICLE": "51299004",
    "COCCYX": "64688005",
    "COLON": "71854001",
    "CSPINE": "122494005",
    "ELBOW": "16953009",
    "ESOPHAGUS": "32849002",
    "EXTREMITY": "66019005",
    "EYE": "81745001",
    "FACE": "89545001",
    "FEMUR": "71341001",
    "FINGER": "7569003",
    "FOOT": "56459004",
    "GALLBLADDER": "28231008",
    "HAND": "85562004",
    "HEAD": "69536005",
    "HEART": "80891009",
    "HIP": "24136001",
    "HUMERUS": "85050009",
    "JAW": "661005",
    "KIDNEY": "64033007",
    "KNEE": "72696002",
    "LEG": "30021000",
    "LIVER": "10200004",
    "LSPINE": "122496007",
    "LUNG": "39607008",
    "MANDIBLE": "91609006",
    "MAXILLA": "70925003",
    "MEDIASTINUM": "72410000",
    "NECK": "45048000",
    "NOSE": "45206002",
    "ORBIT": "363654007",
    "PANCREAS": "15776009",
    "PATELLA": "64234005",
    "PELVIS": "12921003",
    "PROSTATE": "41216001",
    "RIB": "113197003",
    "SCAPULA": "79601000",
    "SHOULDER": "16982005",
    "SKULL": "89546000",
    "SPINE": "421060004",
    "SPLEEN": "78961009",
    "SSPINE": "54735007",
    "STERNUM": "56873002",
    "STOMACH": "69695003",
    "THIGH": "68367000",
    "THUMB": "76505004",
    "THYROID": "69748006",
    "TOE": "29707007",
    "TSPINE": "122495006",
    "UTERUS": "35039007",
    "WHOLEBODY": "38266002",
    "WRIST": "8205005",
}
"""Defined terms of Body Part Examined (0018,0015), and the SNOMED CT code of the same region."""


@dataclass(frozen=True, slots=True, order=True)
class CodedValue:
    """An item of a code sequence; `version` is empty where none is given."""

    value: str
    scheme: str
    meaning: str = ""
    version: str = ""

    def __str__(self) -> str:
        return f"{self.meaning or self.value} ({self.value}, {self.scheme})"

    def is_same(self, other: CodedValue) -> bool:
        """Whether both name the same thing."""
        return _is_same(self.value.strip(), self.scheme.strip(), other.value.strip(), other.scheme.strip())


@lru_cache(maxsize=4096)
def _is_same(value: str, scheme: str, other: str, other_scheme: str) -> bool:
    scheme, other_scheme = ("SRT" if each in _SNOMED_RT else each for each in (scheme, other_scheme))
    if (value, scheme) == (other, other_scheme):
        return True
    if "SRT" not in (scheme, other_scheme):
        return False
    from pydicom.sr.coding import Code  # takes half a second, and is hardly ever needed

    return bool(Code(value, scheme, "") == Code(other, other_scheme, ""))


def region(term: str) -> CodedValue | None:
    """Return the code of a defined term of Body Part Examined; None if it is no defined term with a code."""
    code = REGIONS.get(term.strip().upper())
    return None if code is None else CodedValue(code, "SCT", term.strip().lower())
