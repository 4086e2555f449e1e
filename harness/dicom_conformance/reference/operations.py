"""The operations of the workstation, which the harness does not import: their names, arguments and request models."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from dicom_conformance.browser import BROWSE, Journey
from dicom_conformance.reference import markdown
from dicom_conformance.reference.json_types import Described, Row
from dicom_conformance.reference.models import described

PAGE = "operations.md"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the workstation.

    Parameters
    ----------
    peer : str
        With whom it is performed; "none" for nobody.
    request : type of pydantic.BaseModel
        The model of its arguments.
    """

    name: str
    summary: str
    peer: str
    request: type[BaseModel]


def operations_page(operations: tuple[Operation, ...]) -> str:
    """Describe what `do: {ae: workstation, operation: ...}` may ask of the workstation."""
    models = described(tuple(dict.fromkeys(each.request for each in operations)), PAGE)
    requests = {each.request.__name__ for each in operations}
    parts = [found for name, found in models.items() if name not in requests]
    return markdown.page(
        "Operations of the workstation",
        markdown.wrapped(
            "What `do: {ae: workstation, operation: NAME, peer: PEER, ...}` may ask for, and with which arguments. In "
            "a scenario `store`, `print` and `preview` take `files`; or `instances`, as [`holds:`]"
            "(scenario.md#holding) has them; or `held`, SOP Instance UIDs of what is in memory. `through: "
            "control_interface` has the workstation asked over its control interface."
        ),
        markdown.table(
            ("operation", "does", "peer"), [(f"`{each.name}`", each.summary, each.peer) for each in operations]
        ),
        *_sections(operations, models),
        *_of_pages(),
        markdown.heading("Parts of arguments") if parts else "",
        *(markdown.section(found, 3) for found in parts),
    )


def _of_pages() -> Iterator[str]:
    """Describe the operation `browse`, which the harness performs itself, on the pages of the workstation."""
    models = described((Journey,), PAGE)
    yield markdown.heading(f"`{BROWSE}`")
    yield markdown.wrapped(
        "A browser without a screen comes by the link that the workstation gives out and takes the steps of a user. "
        "The checks [`page`](checks.md#page) and [`axe`](checks.md#axe) judge the page on which they end; "
        "its picture is among the evidence. It needs the extra `browser` and Chromium; where there is none, the case "
        "is NOT_CLAIMED, with the "
        "reason. All steps together have 25 s."
    )
    yield markdown.keys(models[Journey.__name__].rows)
    yield from (markdown.section(found, 3) for name, found in models.items() if name != Journey.__name__)


def _sections(operations: tuple[Operation, ...], models: Mapping[str, Described]) -> Iterator[str]:
    for request in dict.fromkeys(each.request for each in operations):
        rows = models[request.__name__].rows if request.__name__ in models else ()
        if rows or takes_any_argument(request):
            names = [f"`{each.name}`" for each in operations if each.request is request]
            yield markdown.heading(", ".join(names))
        if takes_any_argument(request):
            yield markdown.wrapped(inspect.getdoc(request) or "")
        if rows:
            yield markdown.keys(_explained(rows, request))


def takes_any_argument(request: type[BaseModel]) -> bool:
    """Tell whether a request takes more arguments than its model names."""
    return request.model_config.get("extra") == "allow"


def _explained(rows: tuple[Row, ...], request: type[BaseModel]) -> Iterator[Row]:
    """Take the help of the command line's option where a field has no description of its own."""
    for row in rows:
        field = request.model_fields.get(row.key)
        helps = [str(each.help) for each in (field.metadata if field is not None else ()) if hasattr(each, "help")]
        yield Row(row.key, row.kind, row.default, row.meaning or "".join(helps[:1]))
