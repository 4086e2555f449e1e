"""Reading the `run.json` of a run, a load run or a judged capture."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from dicom_conformance.errors import DataError

T = TypeVar("T")


def read_run_file(path: Path, from_json: Callable[[Any], T], what: str) -> T:
    """Read a file of JSON.

    Parameters
    ----------
    from_json : callable
        Reads the plain data; ValueError, KeyError, TypeError or AttributeError where it is something else.
    what : str
        What the file is to be, such as ``a run``.

    Raises
    ------
    DataError
        The file cannot be read, or is something else.
    """
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise DataError(path, None, "", error.strerror or "cannot be read") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(path, None, "", f"is not {what}: {error}") from error
