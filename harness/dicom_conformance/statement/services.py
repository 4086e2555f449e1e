"""The services of DICOM that a statement can name, and which SOP Classes belong to each.

References
----------
PS3.4 Annexes A, B, C, F, H, J, K; the UIDs are those of PS3.6 Table A-1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from dicom_conformance.statement.registry import KEYWORDS, STANDARD_SOP_CLASSES

__all__ = [
    "CLASSES",
    "META",
    "MODELS",
    "NOT_JUDGED",
    "OPTIONAL",
    "RETRIEVE",
    "SERVICES",
    "STORAGE",
    "Service",
    "model_of",
    "service_of",
]

Service = Literal["verification", "storage", "query", "move", "get", "commitment", "print", "worklist", "mpps"]
SERVICES: tuple[Service, ...] = get_args(Service)

#: A statement may name them; no scenario looks at them yet.
NOT_JUDGED: tuple[Service, ...] = ("worklist", "mpps")

#: What a scenario may need instead of a service: one of these.
RETRIEVE: tuple[Service, ...] = ("move", "get")

_QUERY_RETRIEVE = "1.2.840.10008.5.1.4.1.2"
#: Model to the SOP Class of each service of Query/Retrieve (PS3.4 C.6).
MODELS: Mapping[str, Mapping[str, str]] = {
    model: {service: f"{_QUERY_RETRIEVE}.{root}.{last}" for last, service in enumerate(("query", "move", "get"), 1)}
    for root, model in enumerate(("patient_root", "study_root", "patient_study_only"), 1)
}

#: Meta SOP Classes of printing (PS3.4 H.3.2).
META: Mapping[str, str] = {"grayscale": "1.2.840.10008.5.1.1.9", "color": "1.2.840.10008.5.1.1.18"}
#: Optional SOP Classes of printing (PS3.4 H.3.3).
OPTIONAL: Mapping[str, str] = {
    "PrintJob": "1.2.840.10008.5.1.1.14",
    "AnnotationBox": "1.2.840.10008.5.1.1.15",
    "PresentationLUT": "1.2.840.10008.5.1.1.23",
    "PrinterConfiguration": "1.2.840.10008.5.1.1.16.376",
}
_PARTS_OF_META = tuple(f"1.2.840.10008.5.1.1.{last}" for last in ("1", "2", "4", "4.1", "16"))

_STORAGE_OF_PRINTING = ("1.2.840.10008.5.1.1.27", "1.2.840.10008.5.1.1.29", "1.2.840.10008.5.1.1.30")
#: Storage SOP Classes, retired ones too: what C-STORE of the Storage Service Class can carry (PS3.4 B.5).
STORAGE = tuple(
    uid
    for uid in STANDARD_SOP_CLASSES
    if "Storage" in KEYWORDS.get(uid, "")
    and (uid.startswith(("1.2.840.10008.5.1.4.1.1.", "1.2.840.10008.5.1.4.34.")) or uid in _STORAGE_OF_PRINTING)
)

#: Service to its SOP Classes.
CLASSES: Mapping[Service, tuple[str, ...]] = {
    "verification": ("1.2.840.10008.1.1",),
    "storage": STORAGE,
    **{service: tuple(model[service] for model in MODELS.values()) for service in ("query", "move", "get")},
    "commitment": ("1.2.840.10008.1.20.1",),
    "print": (*META.values(), *OPTIONAL.values(), *_PARTS_OF_META),
    "worklist": ("1.2.840.10008.5.1.4.31",),
    "mpps": ("1.2.840.10008.3.1.2.3.3",),
}
_SERVICE_OF: Mapping[str, Service] = {uid: service for service, uids in CLASSES.items() for uid in uids}
_MODEL_OF: Mapping[str, str] = {uid: model for model, uids in MODELS.items() for uid in uids.values()}


def service_of(sop_class: str) -> Service | None:
    """Give the service that a SOP Class belongs to; None for what is none of ours, a private class included."""
    return _SERVICE_OF.get(sop_class)


def model_of(sop_class: str) -> str | None:
    """Give the information model of a SOP Class of Query/Retrieve, such as ``study_root``."""
    return _MODEL_OF.get(sop_class)
