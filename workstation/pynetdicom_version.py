"""A start-up check: the functions of pynetdicom that `upper_layer` replaces are those that it was written against.

Invariants: a pynetdicom whose replaced functions differ is refused with their names, before any socket opens; it
is the source that counts, not the number of the version.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import inspect
from collections.abc import Mapping
from typing import Any, Final

import pynetdicom

from workstation.upper_layer import REPLACED, Replaced
from workstation.yaml_file import ConfigurationError

_HASH_DIGITS: Final = 16


@functools.cache
def check_pynetdicom() -> None:
    """Refuse a pynetdicom that is not the one this workstation was written against.

    Raises
    ------
    ConfigurationError
        With the names of the functions that differ.
    """
    differing = differences(REPLACED)
    if differing:
        version, names = pynetdicom.__version__, ", ".join(differing)
        raise ConfigurationError(f"pynetdicom {version} is not the one that upper_layer was written for: {names}")


def differences(replaced: Mapping[str, Replaced]) -> list[str]:
    """Return the names of the functions whose source is not the one that is listed."""
    return [name for name, listed in replaced.items() if _hash(name) != listed.sha256]


def _hash(name: str) -> str | None:
    module, _, path = name.partition(".")
    found: Any = importlib.import_module(f"pynetdicom.{module}")
    for part in path.split("."):
        found = getattr(found, part, None)
    try:
        source = inspect.getsource(found)
    except (OSError, TypeError):
        return None
    return hashlib.sha256(source.encode()).hexdigest()[:_HASH_DIGITS]
