"""The SOP Classes that a query, a move or a get may be of, and what can be asked for by extended negotiation.

References
----------
PS3.4 C.6 (Query/Retrieve information models), K.6.1 (Modality Worklist), C.5 (Service-class-application-information);
PS3.6 Annex A
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from dicom_simulators.encoding import uid_of

MODELS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "find": MappingProxyType(
            {
                "study_root": "1.2.840.10008.5.1.4.1.2.2.1",
                "patient_root": "1.2.840.10008.5.1.4.1.2.1.1",
                "patient_study_only": "1.2.840.10008.5.1.4.1.2.3.1",
                "worklist": "1.2.840.10008.5.1.4.31",
            }
        ),
        "move": MappingProxyType(
            {
                "study_root": "1.2.840.10008.5.1.4.1.2.2.2",
                "patient_root": "1.2.840.10008.5.1.4.1.2.1.2",
                "patient_study_only": "1.2.840.10008.5.1.4.1.2.3.2",
            }
        ),
        "get": MappingProxyType(
            {
                "study_root": "1.2.840.10008.5.1.4.1.2.2.3",
                "patient_root": "1.2.840.10008.5.1.4.1.2.1.3",
                "patient_study_only": "1.2.840.10008.5.1.4.1.2.3.3",
            }
        ),
    }
)
"""Operation to model to SOP Class; the first model is the default."""

FIND_EXTENSIONS: Final = (
    "relational",
    "date_time",
    "fuzzy",
    "time_zone",
    "multi_frame",
    "empty_value",
    "multiple_value",
)
RETRIEVE_EXTENSIONS: Final = ("relational", "multi_frame")
"""The bytes of the Service-class-application-information, in their order."""


def model_uid(operation: str, model: str) -> str:
    """Give the SOP Class of a model, which may also be named by UID or keyword.

    Raises
    ------
    ValueError
        There is no such model.
    """
    known = MODELS[operation]
    if model in known:
        return known[model]
    try:
        return uid_of(model)
    except ValueError:
        raise ValueError(f"model: expected one of {', '.join(known)} or a UID, not {model!r}") from None


def extension_bytes(operation: str, names: Sequence[str]) -> bytes:
    """Give the Service-class-application-information that asks for these extensions, no longer than it must be.

    Raises
    ------
    ValueError
        The operation has no such extension.
    """
    fields = _fields(operation)
    for name in names:
        if name not in fields:
            raise ValueError(f"extended: expected some of {', '.join(fields)}, not {name!r}")
    length = max((fields.index(name) + 1 for name in names), default=0)
    return bytes(int(field in names) for field in fields[:length])


def granted(operation: str, information: bytes) -> list[str]:
    """Name the extensions that an answer grants."""
    return [name for name, given in zip(_fields(operation), information, strict=False) if given]


def _fields(operation: str) -> tuple[str, ...]:
    return FIND_EXTENSIONS if operation == "find" else RETRIEVE_EXTENSIONS
