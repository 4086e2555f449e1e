"""Bugs that people reported of real products, the scenarios that reproduce them, and what our workstation does there.

May import: `errors`, `files`, `play`, `profiles`, `results`, `scenario`, `statement`.
Begin with `bugs`; `page` makes `docs/interop-bugs.md`.
"""

from dicom_conformance.field_bugs.bugs import Bug, every_bug

__all__ = ["Bug", "every_bug"]
