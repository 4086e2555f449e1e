"""What tells a scenario of format 2 from one of format 1, and what is wrong with the header of either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dicom_conformance.files import Location, has_variable, suggestion
from dicom_conformance.scenario import named_values
from dicom_conformance.scenario.demand import Demand, chosen
from dicom_conformance.scenario.fixtures import data_needs, standard
from dicom_conformance.scenario.steps import SUBJECT

HEADER = ("formerly", "see", "promise")
"""Keys of the header that format 1 does not have."""
NEEDS = ("service", "also", "model", "promise", "fixture", "data", "may_store", "may_print", "hostile", "slow")
"""Keys of `needs` that format 1 does not have."""

MODELS = ("study_root", "patient_root", "patient_study_only")
"""Information models of Query/Retrieve, as `needs` and statements name them."""

Mistakes = Iterator[tuple[Location, str]]


def mistakes(data: Mapping[str, Any], version: str, demand: Demand) -> Mistakes:
    """Yield what is wrong with a header for its format: where, and why.

    Parameters
    ----------
    data : Mapping
        The whole file.
    version : str
        Its `format`.
    demand : Demand
        Of its header.
    """
    needs = data.get("needs")
    wanted: Mapping[str, Any] = needs if isinstance(needs, dict) else {}
    yield from (_of_format_2(data, wanted, demand) if version == "2" else _of_format_1(data, wanted))


def _of_format_1(data: Mapping[str, Any], needs: Mapping[str, Any]) -> Mistakes:
    for key in HEADER:
        if key in data:
            yield (key,), f'`{key}` needs `format: "2"`'
    for key in NEEDS:
        if key in needs:
            yield ("needs", key), f'`{key}` needs `format: "2"`'
    if not data.get("clause"):
        yield ("clause",), "is missing: what demands the scenario"


def _of_format_2(data: Mapping[str, Any], needs: Mapping[str, Any], demand: Demand) -> Mistakes:
    if "ae" in needs:
        yield ("needs", "ae"), "a scenario of format 2 is chosen by role and service, not by the key of an AE"
    if "role" not in needs:
        yield ("needs",), "role is missing: `SCU` or `SCP`"
    if not data.get("clause") and "promise" not in data:
        yield (), "a clause or a promise is missing: what demands the scenario"
    elif not has_variable(demand.clause):
        key, message = chosen(demand.level, None, demand).mistake
        if message:
            yield (key,), message
    yield from _unknown(needs)
    yield from named_values.mistakes(dict(data))
    yield from data_needs.mistakes(data, needs, SUBJECT)


def _unknown(needs: Mapping[str, Any]) -> Mistakes:
    """Yield the names of fixtures and models that there are not."""
    known = {"fixture": tuple(standard().names), "model": MODELS}
    for key, names in known.items():
        given = needs.get(key)
        for index, name in enumerate(given if isinstance(given, list) else [given]):
            if isinstance(name, str) and not has_variable(name) and name not in names:
                at: Location = ("needs", key, index) if isinstance(given, list) else ("needs", key)
                yield at, f"there is no {key} {name!r}{suggestion(name, names)}"
