"""What a probe found, as a statement of format 2 with `origin: measured`, and as a file of studies that are there."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from dicom_conformance.probe.asking import Target
from dicom_conformance.probe.findings import Findings, Value
from dicom_conformance.statement import registry

__all__ = ["AE", "data_text", "statement_text"]

AE = "product"
_LONGEST_LINE = 118
_UIDS = ("sop_classes", "transfer_syntaxes", "selection")


def statement_text(findings: Findings, target: Target, date: str) -> str:
    """Write the statement.

    Parameters
    ----------
    date : str
        Day of the measurement, as ``2026-01-31``.
    """
    return "\n".join((*_head(findings, target, date), *_entity(findings, target), *_offers(findings))) + "\n"


def _head(findings: Findings, target: Target, date: str) -> Iterator[str]:
    yield f"# Measured by dicom-conformance probe {_line(target.title)}@{target.host}:{target.port} on {date}."
    yield "# Each value says how it was measured and how often. What varied, or could not be measured, is left out:"
    yield from (f"#   {_line(text)}" for text in findings.left_out or ["nothing"])
    if findings.notes:
        yield "# Also seen:"
        yield from (f"#   {_line(text)}" for text in findings.notes)
    name = findings.entity.get("identity")
    version = str((name.value if name is not None else {}).get("implementation_version_name", ""))
    yield 'format: "2"'
    yield f"id: {identifier(target.title)}-measured"
    yield "origin: measured"
    yield f"device: {{manufacturer: unknown, model: {json.dumps(version or target.title)}, date: {json.dumps(date)}}}"


def _entity(findings: Findings, target: Target) -> Iterator[str]:
    yield "application_entities:"
    yield f"  {AE}:"
    yield f"    title: {json.dumps(target.title)}"
    for name, one in findings.entity.items():
        yield from _wrapped(f"    {name}: {_flow(name, one.value)}")
    yield from _measured(findings.entity, "    ")


def _offers(findings: Findings) -> Iterator[str]:
    yield "    scp:" if findings.offers else "    scp: []"
    for offer in findings.offers:
        yield f"      - service: {offer.service}"
        for name, one in offer.values.items():
            yield from _wrapped(f"        {name}: {_flow(name, one.value)}")
        yield from _measured(offer.values, "        ")


def _measured(values: Mapping[str, Value], indent: str) -> Iterator[str]:
    if values:
        yield f"{indent}measured:"
    for name, one in values.items():
        yield f"{indent}  {name}: {{how: {json.dumps(one.how)}, times: {one.times}}}"


def _flow(name: str, value: Any) -> str:
    """Write a value in one line of YAML; UIDs by their keyword, where the standard has one."""
    if name in _UIDS and isinstance(value, list):
        return f"[{', '.join(registry.keyword_of(uid) for uid in value)}]"
    return json.dumps(value, ensure_ascii=False)


def _wrapped(line: str) -> list[str]:
    """Break a long list after commas; every further line is indented deeper than its key."""
    if len(line) <= _LONGEST_LINE or not line.endswith("]"):
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(line, _LONGEST_LINE, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def data_text(findings: Findings) -> str:
    """Write the studies that are there."""
    lines = ["# Studies that the product holds, found by a query that was cancelled after some matches.", 'format: "1"']
    lines.append("studies:" if findings.studies else "studies: []")
    for study in findings.studies:
        given = {
            "study_instance_uid": study.study_instance_uid,
            "patient_id": study.patient_id,
            "study_date": study.study_date,
            "accession_number": study.accession_number,
        }
        stated = ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in given.items() if value)
        lines.append(f"  - {{{stated}}}")
    return "\n".join(lines) + "\n"


def identifier(title: str) -> str:
    """Make a name of an AE title."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "product"


def _line(text: str) -> str:
    return " ".join(part for part in "".join(c if c.isprintable() else " " for c in text).split())
