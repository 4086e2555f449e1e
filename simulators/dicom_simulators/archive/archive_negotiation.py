"""SOP Class Extended Negotiation of the Query/Retrieve SOP Classes: what is asked, what is granted, what it changes.

Invariants: a field is granted if and only if it was asked for and the archive offers it; the answer has as
many bytes as the question. Without a sub-item the baseline holds.

References
----------
PS3.4 C.5 (Service-class-application-information of C-FIND, C-MOVE and C-GET); PS3.7 D.3.3.5.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import replace

from dicom_simulators.archive.information_model import SOP_CLASSES, Behaviour, Service


class Extension(enum.Enum):
    """A field that an archive may offer."""

    RELATIONAL = "relational"
    DATE_TIME = "date_time"
    EMPTY_VALUE = "empty_value"
    MULTIPLE_VALUE = "multiple_value"


FIND_FIELDS: tuple[Extension | None, ...] = (
    Extension.RELATIONAL,
    Extension.DATE_TIME,
    None,  # fuzzy semantic matching of person names
    None,  # timezone query adjustment
    None,  # enhanced multi-frame image conversion
    Extension.EMPTY_VALUE,
    Extension.MULTIPLE_VALUE,
)
"""The bytes of the field for C-FIND; None where this archive has nothing to offer."""
RETRIEVE_FIELDS: tuple[Extension | None, ...] = (Extension.RELATIONAL, None)
"""The bytes of the field for C-MOVE and C-GET: relational-retrieval, enhanced multi-frame image conversion."""


def _fields(sop_class: str) -> tuple[Extension | None, ...]:
    return FIND_FIELDS if SOP_CLASSES[sop_class][1] is Service.FIND else RETRIEVE_FIELDS


def answer(sop_class: str, requested: bytes, offered: frozenset[Extension]) -> bytes | None:
    """Give the Service-class-application-information of the A-ASSOCIATE-AC; None for no sub-item.

    Parameters
    ----------
    sop_class : str
        UID that the sub-item of the A-ASSOCIATE-RQ names.
    requested : bytes
        Its Service-class-application-information.
    offered : frozenset of Extension
        By this archive.
    """
    if sop_class not in SOP_CLASSES or not offered or not requested:
        return None
    fields = _fields(sop_class)
    return bytes(
        int(one == 1 and at < len(fields) and fields[at] is not None and fields[at] in offered)
        for at, one in enumerate(requested)
    )


def granted(sop_class: str, answered: bytes) -> frozenset[Extension]:
    """Give what an answer grants."""
    if sop_class not in SOP_CLASSES:
        return frozenset()
    pairs = zip(_fields(sop_class), answered, strict=False)
    return frozenset(extension for extension, given in pairs if extension is not None and given == 1)


def behave(base: Behaviour, extensions: Iterable[Extension]) -> Behaviour:
    """Give the behaviour under what was granted."""
    agreed = frozenset(extensions)
    matching = replace(
        base.matching,
        date_time=Extension.DATE_TIME in agreed,
        empty_value=Extension.EMPTY_VALUE in agreed,
        multiple_value=Extension.MULTIPLE_VALUE in agreed,
    )
    return replace(base, relational=Extension.RELATIONAL in agreed, matching=matching)
