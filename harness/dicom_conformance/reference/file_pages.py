"""The pages of the reference that describe simulators, and the files beside scenarios."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

import dicom_simulators
from dicom_conformance.files import DeviationsFile
from dicom_conformance.load import PlanFile
from dicom_conformance.matrix import OWN_CLIENTS, OWN_SERVERS, MatrixFile
from dicom_conformance.play import OPERATIONS, SubjectFile
from dicom_conformance.profiles import ProfileFile
from dicom_conformance.reference import docstrings, markdown
from dicom_conformance.reference.json_types import of_schema
from dicom_conformance.reference.models import described, links
from dicom_conformance.reference.simulator_settings_schema import settings_schema
from dicom_conformance.run import SIMULATORS, StandaloneFile
from dicom_conformance.scenario import fixtures
from dicom_conformance.statement import FormatTwo, StatementModel
from dicom_simulators.association import Simulator
from dicom_simulators.scripted import OPERATION_FIELDS


def simulators_page() -> str:
    """Describe every setting of each simulator."""
    page = "simulators.md"
    definitions: dict[str, Any] = {}
    common = settings_schema("scripted")[0]["properties"]
    blocks = [
        markdown.wrapped(
            "`settings:` of a peer in a scenario, and of the file that `simulate --config` reads. In a scenario "
            "certificates go by [names](scenario.md#settings-tls-), in a file of `simulate` by paths. The operations "
            "are what `do: {ae: NAME, operation: ...}` may have the simulator do."
        ),
        markdown.heading("Settings of every simulator"),
    ]
    sections: list[str] = []
    for name, kind in dicom_simulators.SIMULATORS.items():
        settings, parts = settings_schema(name)
        definitions |= parts
        own = {key: each for key, each in settings["properties"].items() if key not in common}
        described_own = of_schema(name, {"properties": own}, links(definitions, page))
        sections += [
            markdown.heading(f"`{name}`"),
            markdown.wrapped(docstrings.summary(kind.__doc__)),
            markdown.keys(described_own.rows),
            *_operations(name),
        ]
    link = links(definitions, page)
    blocks.append(markdown.keys(of_schema(Simulator.__name__, {"properties": common}, link).rows))
    parts_of_settings = [
        markdown.section(of_schema(name, each, link)) for name, each in definitions.items() if "properties" in each
    ]
    return markdown.page("Simulators", *blocks, *sections, *parts_of_settings)


def _operations(simulator: str) -> list[str]:
    rows = [
        (f"`{name}`", operation.meaning, ", ".join(f"`{field.name}` ({field.meaning})" for field in operation.fields))
        for name, operation in OPERATION_FIELDS.get(simulator, {}).items()
    ]
    return [markdown.table(("operation", "does", "arguments"), rows)]


def workstation_page(configuration: type[BaseModel]) -> str:
    """Describe every field of the workstation's configuration."""
    models = described((configuration,), "workstation.md")
    whole = models.pop(configuration.__name__)
    blocks = [
        markdown.wrapped(
            "The file of `workstation ... --config`, and by the same names the `settings:` of a scenario. A key that "
            "ends in `_s` is in seconds, one that ends in `_bytes` in bytes. An unknown key is refused with its line."
        ),
        markdown.keys(whole.rows),
        *(markdown.section(found) for found in models.values()),
    ]
    return markdown.page("Configuration of the workstation", *blocks)


def subject_page() -> str:
    """Describe a subject file."""
    models = described((SubjectFile,), "subject-file.md")
    whole = models.pop("SubjectFile")
    blocks = [
        markdown.wrapped(
            "`run --subject FILE`: a system that is judged from outside. [Judging another system]"
            "(../foreign-subjects.md) explains how, and what the words in braces are."
        ),
        markdown.keys(whole.rows),
        markdown.wrapped("Operations: " + ", ".join(f"`{name}`" for name in OPERATIONS) + "."),
        *(markdown.section(found) for found in models.values()),
    ]
    return markdown.page("Subject file", *blocks)


def matrix_page() -> str:
    """Describe the file of a matrix."""
    models = described((MatrixFile,), "matrix.md")
    blocks = [
        markdown.wrapped(
            "`matrix FILE`: which clients meet which servers. A side is a name of ours (clients: "
            + ", ".join(f"`{name}`" for name in OWN_CLIENTS)
            + "; servers: "
            + ", ".join(f"`{name}`" for name in OWN_SERVERS)
            + "), the path of a [subject file](subject-file.md), or a mapping with the keys of a side. In `command` "
            "and `files`, `$port`, `$title` and `$folder` stand for the server's port, title and folder; of a client "
            "that receives, `$<client>_port` and `$<client>_title` for where it does."
        ),
        markdown.keys(models.pop("MatrixFile").rows),
        *(markdown.section(found) for found in models.values()),
    ]
    return markdown.page("Matrix", *blocks)


def load_plan_page() -> str:
    """Describe a load plan."""
    models = described((PlanFile,), "load-plan.md")
    blocks = [
        markdown.wrapped(
            "`load FILE --target AET@HOST:PORT`: which operations how many users perform, within which bounds, and "
            "what is accepted. [Load](../load.md) explains how. Each entry of `mix` is one of echo, store, find, move "
            "and get, as its `operation` says."
        ),
        markdown.keys(models.pop("PlanFile").rows),
        *(markdown.section(found) for found in models.values()),
    ]
    return markdown.page("Load plan", *blocks)


def known_deviations_page() -> str:
    """Describe a known-deviations file."""
    models = described((DeviationsFile,), "known-deviations.md")
    blocks = [
        markdown.wrapped(
            "`run --known-deviations FILE`: cases that may fail, each with a reason. A case of the file that no longer "
            "fails turns the run red; an id that no scenario gives is an error. The file is a mapping with these keys, "
            "or the list of `deviations` alone, or a plain mapping of case ids to reasons."
        ),
        markdown.keys(models["DeviationsFile"].rows),
        markdown.section(models["Deviation"]),
    ]
    return markdown.page("Known deviations", *blocks)


def simulate_page() -> str:
    """Describe the file of `simulate --config`."""
    models = described((StandaloneFile,), "simulate.md")
    blocks = [
        markdown.wrapped(
            "`simulate " + "|".join(SIMULATORS) + " --config FILE`: a simulator that stands alone. Its settings are "
            "those of [simulators](simulators.md), its faults those of [faults](faults.md). Paths are relative to the "
            "file."
        ),
        markdown.keys(models.pop("StandaloneFile").rows),
        *(markdown.section(found) for found in models.values()),
    ]
    return markdown.page("Simulators that stand alone", *blocks)


def statement_page() -> str:
    """Describe a conformance statement."""
    models = described((FormatTwo, StatementModel), "statement.md")
    blocks = [
        markdown.wrapped(
            "`run --statement FILE`: the conformance statement that the subject is held to. Format 2 lists what each "
            "AE offers, by role and service; [statements.md](../statements.md) shows how to write one. Format 1 has "
            "the tables of a printed statement and is read as before. The files in `scenarios/statements/` are "
            "the pattern."
        ),
        markdown.heading("Format 2"),
        markdown.keys(models.pop("FormatTwo").rows),
        markdown.heading("Format 1"),
        markdown.keys(models.pop("StatementModel").rows),
        *(markdown.section(found) for found in models.values()),
    ]
    return markdown.page("Conformance statement", *blocks)


def profile_page() -> str:
    """Describe a profile of a peer."""
    models = described((ProfileFile,), "profile.md")
    blocks = [
        markdown.wrapped(
            "`simulate NAME --profile`, `run --against-profiles`: how a simulator behaves like systems that somebody "
            "reported. The profiles of the project are in `scenarios/profiles/`, and `list --profiles` shows them; a "
            "path that ends in `.yaml` is a profile of your own. The faults are those of [faults](faults.md), the "
            "settings those of [simulators](simulators.md)."
        ),
        *(markdown.section(found) for found in models.values()),
    ]
    return markdown.page("Profile of a peer", *blocks)


def fixtures_page() -> str:
    """Describe a file of fixtures."""
    models = described((fixtures.FixturesFile,), "fixtures.md")
    blocks = [
        markdown.wrapped(
            "`scenarios/fixtures/archive.yaml`: what an archive is given to hold before it is asked. `needs: {fixture: "
            "NAME}` of a scenario names studies or groups of it, `$fixture.<study>[.<series>[.<instance>]].<Keyword>` "
            "stands for a value, and the checks `matches`, `retrieved` and `committed` name what they expect by "
            "`study`, `study.series` and `study.series.instance`. Elements are named by keyword; a private one by tag "
            "and VR, `(0009,1001) LO`. A value is a text, a list of texts, or for a sequence a list of items. UIDs "
            "follow from the content, so that a second run finds its fixtures in the archive and stores nothing."
        ),
        markdown.keys(models.pop("FixturesFile").rows),
        *(markdown.section(found) for found in models.values()),
    ]
    return markdown.page("Fixtures", *blocks)
