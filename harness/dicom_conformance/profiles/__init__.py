"""Profiles: peers that behave like a family of systems reported in the field, as data.

May import: `errors`, `files`, `scenario`.
Begin with `profile`.
"""

from dicom_conformance.profiles.against import against
from dicom_conformance.profiles.profile import (
    Profile,
    ProfileFile,
    every_profile,
    profile_of,
    profiles_of,
    read_profile,
)

__all__ = ["Profile", "ProfileFile", "against", "every_profile", "profile_of", "profiles_of", "read_profile"]
