"""Unique identifiers that follow from a seed.

Invariants: every UID is ``2.25.`` followed by a version 5 UUID, as an integer, of a name under the
namespace of this project. The same name gives the same UID on every machine and in every run; nothing is drawn at
random.

References
----------
PS3.5 B.2 (UUID derived UIDs).
"""

from __future__ import annotations

import uuid

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:dicom-conformance:synthetic-data-sets")
"""The namespace of all UIDs that the data sets bear."""


def uid(*parts: object) -> str:
    """Return the UID for the name made of `parts`.

    Parameters
    ----------
    *parts
        What distinguishes this object from others; its text is what counts.
    """
    name = "/".join(str(part) for part in parts)
    return f"2.25.{uuid.uuid5(NAMESPACE, name).int}"


IMPLEMENTATION_CLASS_UID = uid("implementation")
"""File Meta (0002,0012) of the files that the simulators write (PS3.10 7.1)."""

IMPLEMENTATION_VERSION_NAME = "DICOM_CONF_1"
"""File Meta (0002,0013) of the files that the simulators write (PS3.10 7.1)."""
