"""What the command line takes as one word, made into the arguments of a request: windows, shutters, annotations, keys.

Invariants: a word that cannot be read is a RequestError that repeats it and says how it is written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dicom_workstation.request_models.request_model import RequestError


def numbers_of(given: str, name: str, count: int | None = None) -> list[float]:
    """Read numbers with commas between them."""
    try:
        found = [float(each) for each in given.split(",")]
    except ValueError as error:
        raise RequestError(f"{name} {given}: give numbers, separated by commas") from error
    if count is not None and len(found) != count:
        raise RequestError(f"{name} {given}: give {count} numbers")
    return found


def window_of(given: str) -> dict[str, object]:
    """Read `C,W` or `C,W,FUNCTION`."""
    numbers, function = given, "LINEAR"
    head, _, tail = given.rpartition(",")
    if tail.strip()[:1].isalpha():
        numbers, function = head, tail.strip().upper()
    center, width = numbers_of(numbers, "--window", 2)
    return {"center": center, "width": width, "function": function}


def viewport_of(given: str) -> dict[str, object]:
    """Read `ROWSxCOLUMNS`; whether these are numbers, the request says."""
    rows, _, columns = given.lower().partition("x")
    return {"rows": rows, "columns": columns}


def shutters_of(given: Sequence[str]) -> list[dict[str, object]]:
    """Read shapes of a shutter."""
    return [shutter_of(each) for each in given]


def shutter_of(given: str) -> dict[str, object]:
    """Read a shape of a shutter."""
    shape, _, rest = given.partition(":")
    match shape.upper():
        case "RECTANGULAR":
            edges = numbers_of(rest, "--shutter rectangular", 4)
            return {"shape": "RECTANGULAR", **dict(zip(("left", "right", "upper", "lower"), edges, strict=True))}
        case "CIRCULAR":
            row, column, radius = numbers_of(rest, "--shutter circular", 3)
            return {"shape": "CIRCULAR", "center": (row, column), "radius": radius}
        case "POLYGONAL":
            return {"shape": "POLYGONAL", "vertices": _pairs(numbers_of(rest, "--shutter polygonal"), given)}
    raise RequestError(f"--shutter {given}: give rectangular:..., circular:... or polygonal:...")


def annotations_of(given: Sequence[str]) -> list[dict[str, object]]:
    """Read graphics and texts."""
    return [annotation_of(each) for each in given]


def annotation_of(given: str) -> dict[str, object]:
    """Read a graphic, or a text in its box."""
    kind, _, rest = given.partition(":")
    if kind.upper() == "TEXT":
        corners, _, words = rest.partition(":")
        first, last = _pairs(numbers_of(corners, "--annotate text", 4), given)
        return {"text": words, "box": (first, last)}
    return {"type": kind.upper(), "points": _pairs(numbers_of(rest, f"--annotate {kind}"), given)}


def keys_of(given: Sequence[str]) -> dict[str, object]:
    """Read the keys of an Identifier, each `KEYWORD` or `KEYWORD=VALUE`."""
    keys: dict[str, object] = {}
    for text in given:
        keyword, _, value = text.partition("=")
        if not re.fullmatch(r"[A-Za-z]\w*", keyword):
            raise RequestError(f"--key {text}: is not KEYWORD=VALUE")
        keys[keyword] = value
    return keys


def _pairs(numbers: list[float], given: str) -> list[tuple[float, float]]:
    if len(numbers) % 2:
        raise RequestError(f"{given}: the numbers do not form pairs")
    return list(zip(numbers[::2], numbers[1::2], strict=True))
