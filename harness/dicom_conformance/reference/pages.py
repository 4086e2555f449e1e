"""Every page of the reference by the name of its file, and the page that lists them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from dicom_conformance.files import write_whole
from dicom_conformance.judge import RESULTS, STATUS_CLASSES
from dicom_conformance.reference import data_page, file_pages, markdown, operations, run_pages, scenario_page
from dicom_conformance.reference.operations import Operation


@dataclass(frozen=True, slots=True)
class Sources:
    """What the harness cannot import: the parts of the reference that are the workstation's or the command line's.

    Parameters
    ----------
    configuration : type of pydantic.BaseModel
        The model of the workstation's configuration.
    operations : tuple of Operation
        What the workstation can be asked to do.
    parsers : mapping
        Whole command lines, by the words that call them.
    """

    configuration: type[BaseModel]
    operations: tuple[Operation, ...]
    parsers: Mapping[str, argparse.ArgumentParser]


def pages(sources: Sources) -> dict[str, str]:
    """Give every page by the name of its file."""
    found = {
        "scenario.md": scenario_page.scenario_page(),
        "checks.md": scenario_page.checks_page(),
        "faults.md": scenario_page.faults_page(),
        "script.md": scenario_page.script_page(),
        "simulators.md": file_pages.simulators_page(),
        "simulate.md": file_pages.simulate_page(),
        operations.PAGE: operations.operations_page(sources.operations),
        "workstation.md": file_pages.workstation_page(sources.configuration),
        "subject-file.md": file_pages.subject_page(),
        "load-plan.md": file_pages.load_plan_page(),
        "matrix.md": file_pages.matrix_page(),
        "known-deviations.md": file_pages.known_deviations_page(),
        "statement.md": file_pages.statement_page(),
        "data.md": data_page.data_page(),
        "fixtures.md": file_pages.fixtures_page(),
        "profile.md": file_pages.profile_page(),
        "results.md": run_pages.results_page(),
        "command-line.md": run_pages.command_line_page(sources.parsers),
    }
    return {"README.md": _index(found), **found}


def write(folder: Path, sources: Sources) -> tuple[Path, ...]:
    """Write every page into a folder; give the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in pages(sources).items():
        path = folder / name
        write_whole(path, text)
        written.append(path)
    return tuple(written)


def _index(found: Mapping[str, str]) -> str:
    titles = {name: text.partition("\n# ")[2].partition("\n")[0] for name, text in found.items()}
    results = ", ".join(f"`{number}` or `{name}`" for name, number in RESULTS.items())
    return markdown.page(
        "Reference",
        markdown.wrapped(
            "Every key of every file, made from the code by `dicom-conformance reference --output docs/reference`. "
            "[../schema/](../schema/) holds the same as JSON Schema, for editors. To begin, read the "
            "[tutorial](../tutorial.md)."
        ),
        "\n".join(f"- [{title}]({name})" for name, title in titles.items()),
        markdown.heading("Values"),
        markdown.wrapped(
            "Every scalar of a file is text, quoted or not; the key gives the type. `required` in the column of "
            "defaults marks a key that must be given, `-` one without a default."
        ),
        markdown.heading("Counts", 3),
        markdown.wrapped("`3`, `at least 1`, `at most 4` or `2 to 5`."),
        markdown.heading("Statuses", 3),
        markdown.wrapped("Four hex digits (`A700`), or a class: " + ", ".join(f"`{n}`" for n in STATUS_CLASSES) + "."),
        markdown.heading("Results of a context", 3),
        markdown.wrapped(f"The result of a presentation context: {results}; or `not_accepted`, any but acceptance."),
        markdown.heading("Positions", 3),
        markdown.wrapped("`first`, `last`, `each`, or a number counted from 1."),
    )
