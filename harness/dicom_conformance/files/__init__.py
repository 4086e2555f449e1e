"""Files that people write: read strictly, with file, line and field in each error.

May import: `errors`.
Begin with `strict_yaml`.
"""

from dicom_conformance.files import first_look, known_deviations
from dicom_conformance.files.binding import ROOTS, Unstated, bind, has_variable, paths, unstated, variables
from dicom_conformance.files.file_lock import lock
from dicom_conformance.files.folders import checkout, default_output, scenarios_folder
from dicom_conformance.files.known_deviations import DeviationsFile, KnownDeviations, load
from dicom_conformance.files.known_names import suggestion
from dicom_conformance.files.output_file import write_whole, writing
from dicom_conformance.files.output_folder import OutputFolder
from dicom_conformance.files.scalars import LONGEST_WAIT_S, AETitle, Numbers, Part, Seconds, Texts, listed
from dicom_conformance.files.strict_yaml import (
    DataError,
    Document,
    Location,
    Plain,
    parse,
    read,
    translate,
    validate,
)
from dicom_conformance.files.wording import counted

__all__ = [
    "LONGEST_WAIT_S",
    "ROOTS",
    "AETitle",
    "DataError",
    "DeviationsFile",
    "Document",
    "KnownDeviations",
    "Location",
    "Numbers",
    "OutputFolder",
    "Part",
    "Plain",
    "Seconds",
    "Texts",
    "Unstated",
    "bind",
    "checkout",
    "counted",
    "default_output",
    "first_look",
    "has_variable",
    "known_deviations",
    "listed",
    "load",
    "lock",
    "parse",
    "paths",
    "read",
    "scenarios_folder",
    "suggestion",
    "translate",
    "unstated",
    "validate",
    "variables",
    "write_whole",
    "writing",
]
