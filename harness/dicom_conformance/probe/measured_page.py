"""What a probe found as an HTML page, in the order of a conformance statement (PS3.2 Annex N)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dicom_conformance.pages import Cell, heading, paragraph, table
from dicom_conformance.pages import page as whole
from dicom_conformance.probe.asking import Target
from dicom_conformance.probe.findings import Findings, Offer, Value
from dicom_conformance.statement import registry

__all__ = ["page"]


def page(findings: Findings, target: Target, date: str) -> str:
    """Give the page; `date` is the day of the measurement."""
    return whole(f"What {target.title} offers, measured on {date}", _blocks(findings, target))


def _blocks(findings: Findings, target: Target) -> Iterator[str]:
    yield paragraph(f"Measured from outside at {target.host}:{target.port}; nothing was stored or changed.")
    yield heading("Network services offered as an SCP")
    yield table(
        ("service", "SOP Classes", "transfer syntaxes, in order of preference where there is one"),
        [(offer.service, _classes(offer), _syntaxes(offer)) for offer in findings.offers],
    )
    yield heading("Association policies")
    yield table(("value", "measured", "how"), [_row(name, one) for name, one in findings.entity.items()])
    for offer in findings.offers:
        rows = [_row(name, one) for name, one in offer.values.items() if name not in _IN_TABLE]
        if rows:
            yield heading(f"{offer.service[:1].upper()}{offer.service[1:]} as an SCP")
            yield table(("value", "measured", "how"), rows)
    for title, lines in (("Left out", findings.left_out), ("Also seen", findings.notes)):
        if lines:
            yield heading(title)
            yield table(("",), [(line,) for line in lines])


_IN_TABLE = ("sop_classes", "models", "meta", "optional", "transfer_syntaxes", "selection")


def _classes(offer: Offer) -> Cell:
    names = [
        registry.name_of(one) if key == "sop_classes" else str(one).replace("_", " ")
        for key in ("sop_classes", "models", "meta", "optional")
        if key in offer.values
        for one in offer.values[key].value
    ]
    return Cell(f"{len(names)} of them" if len(names) > 1 else "", details="\n".join(names))


def _syntaxes(offer: Offer) -> Cell:
    selection = offer.values.get("selection")
    listed = selection.value if selection is not None and isinstance(selection.value, list) else None
    names = [registry.short_name_of(uid) for uid in listed or offer.values["transfer_syntaxes"].value]
    first = selection is not None and selection.value == "requestor"
    rule = "the first that is proposed" if first else "in this order" if listed else "no order was found"
    return Cell(rule if len(names) > 1 else "", details="\n".join(names))


def _row(name: str, one: Value) -> tuple[str, str, str]:
    return name.replace("_", " "), _in_words(one.value), f"{one.how}; {one.times} times" if one.times > 1 else one.how


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{str(key).replace('_', ' ')}: {_in_words(one)}" for key, one in value.items())
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
