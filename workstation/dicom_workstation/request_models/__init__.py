"""What every request model is made of: its base, and texts of options.

May import: third-party libraries only.
Begin with `request_model`.
"""

from dicom_workstation.request_models.option_text import (
    annotations_of,
    keys_of,
    numbers_of,
    shutters_of,
    viewport_of,
    window_of,
)
from dicom_workstation.request_models.request_model import Listed, Number, Option, RequestError, Value, build_validators

__all__ = [
    "Listed",
    "Number",
    "Option",
    "RequestError",
    "Value",
    "annotations_of",
    "build_validators",
    "keys_of",
    "numbers_of",
    "shutters_of",
    "viewport_of",
    "window_of",
]
