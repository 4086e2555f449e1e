"""Named values: paths such as `$ae.maximum_length`, which a scenario of format 2 writes in the place of a value.

The first word says where the value comes from: `ae` and `capability` from the statement, `subject` and `run` from the
run, `fixture` from the studies that the subject is given, `data` from those that it holds already. The paths are a
closed list, so that a misspelt one is a mistake of the file and never "unstated".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from dicom_conformance.files import ROOTS, Location, Plain, Unstated, paths, suggestion
from dicom_conformance.scenario.fit import Fit
from dicom_conformance.scenario.fixtures import DATA_PATHS, standard
from dicom_conformance.statement import UNSTATED, Statement, wrong_path

AT_PLAY: Mapping[str, str] = MappingProxyType({"subject.title": "SUBJECT", "run.id": "0", **DATA_PATHS})
"""Paths whose values are known only when a case is played, and what stands for them until then."""


def mistakes(data: Plain) -> Iterator[tuple[Location, str]]:
    """Yield each path that is none: where, and why."""
    for path, location in paths(data):
        message = _mistake(path)
        if message:
            yield location, message


def values(used: frozenset[str], fit: Fit, statement: Statement) -> dict[str, Any]:
    """Give the value of each path that a scenario uses; an `Unstated` where the statement does not give it.

    Parameters
    ----------
    used : frozenset of str
        Paths, without their `$`.
    fit : Fit
        The AE for which the case is played, and its capability.
    """
    return {path: AT_PLAY[path] if path in AT_PLAY else _value(path, fit, statement) for path in sorted(used)}


def _value(path: str, fit: Fit, statement: Statement) -> Any:
    root, _, rest = path.partition(".")
    if root == "fixture":
        return standard().value(rest)
    asked = f"ae.{rest}" if root == "capability" and fit.capability is None and rest == "proposal" else path
    value = statement.stated(asked, fit.ae, fit.capability)
    return Unstated(path) if value is UNSTATED else value


def _mistake(path: str) -> str:
    root = path.partition(".")[0]
    if root not in ROOTS:
        return f"a named value begins with {', '.join(f'${each}' for each in ROOTS)}{suggestion(root, ROOTS)}"
    if root in ("ae", "capability"):
        return wrong_path(path)
    if root == "fixture":
        try:
            standard().value(path)
        except LookupError as error:
            return str(error.args[0])
        return ""
    if path in AT_PLAY:
        return ""
    known = [each for each in AT_PLAY if (each in DATA_PATHS) == (root == "data")]
    return f"there is no value ${path}{suggestion(path, known)}"
