"""A start-up check: the pynetdicom that is installed is the one that `upper_layer` was written against.

Invariants: another version is refused before any socket opens, and so is a copy of the right version in which a
function that `upper_layer` replaces or relies on was changed. Where pynetdicom is installed without its sources, the
functions are compared by their parameters instead.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import inspect
from collections.abc import Mapping
from typing import Any, Final

import pynetdicom

from dicom_workstation.configuration import ConfigurationError
from dicom_workstation.network.upper_layer import PYNETDICOM_VERSION, REPLACED, Replaced

_HASH_DIGITS: Final = 16


@functools.cache
def check_pynetdicom() -> None:
    """Refuse a pynetdicom that is not the one this workstation was written against.

    Raises
    ------
    ConfigurationError
        With the version that is needed, or the names of the functions that differ.
    """
    installed = str(pynetdicom.__version__)
    remedy = f"install pynetdicom=={PYNETDICOM_VERSION}"
    if installed.partition("+")[0] != PYNETDICOM_VERSION:
        raise ConfigurationError(f"pynetdicom {installed} is not supported: {remedy}")
    if differing := differences(REPLACED):
        names = ", ".join(differing)
        raise ConfigurationError(f"pynetdicom {installed} was changed after its release ({names}): {remedy}")


def differences(replaced: Mapping[str, Replaced]) -> list[str]:
    """Return the names of the functions that are absent or are not the ones that are listed."""
    return [name for name, listed in replaced.items() if not _is_as_listed(_find(name), listed)]


def _find(name: str) -> Any:
    module, _, path = name.partition(".")
    found: Any = importlib.import_module(f"pynetdicom.{module}")
    for part in path.split("."):
        found = getattr(found, part, None)
    return found


def _is_as_listed(found: Any, listed: Replaced) -> bool:
    if not callable(found):
        return False
    try:
        source = inspect.getsource(found)
    except (OSError, TypeError):  # no sources are installed
        return " ".join(inspect.signature(found).parameters) == listed.parameters
    return hashlib.sha256(source.encode()).hexdigest()[:_HASH_DIGITS] == listed.sha256
