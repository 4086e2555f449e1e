"""Figures as text, in the format that Prometheus reads.

References
----------
Prometheus: text-based exposition format, version 0.0.4
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from dicom_workstation.osm.metrics.figures import Figure, Sample

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def exposition(figures: Iterable[Figure]) -> str:
    """Write figures, each with its help and its type."""
    return "".join(f"{line}\n" for each in figures for line in _lines(each))


def _lines(figure: Figure) -> Iterator[str]:
    summary = figure.summary.replace("\\", "\\\\").replace("\n", "\\n")
    yield f"# HELP {figure.name} {summary}"
    yield f"# TYPE {figure.name} {figure.kind}"
    for sample in figure.samples():
        yield f"{figure.name}{sample.suffix}{_labels(sample)} {_number(sample.value)}"


def _labels(sample: Sample) -> str:
    if not sample.labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
