"""Ask the same of the OSM, the archive of the simulators, dcmqrscp and Orthanc: docs/osm-differences.md.

Each archive is given the instances of docs/interop/queries.yaml and asked each of its queries; the page shows where an
answer is another one than the OSM's, and explains it by the clause. A difference that nobody explained, and an
explanation of a difference that is gone, is printed, and the command exits with 1.

Run: ``python benchmarks/archive_answers.py [ARCHIVE ...] [--page-only]``, in the root of the checkout, in its
environment. Archives that are not named, or not installed, keep the answers of the last run
(docs/interop/answers.json).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import interop
from interop_page import FOLDER, ROOT, read_products
from pydantic import Field, StringConstraints

from dicom_conformance.files import Part, read, validate, write_whole
from dicom_simulators.archive import Archive
from dicom_simulators.data_sets import Instance, build
from dicom_simulators.scu import Scu
from dicom_wire import Recorder
from dicom_workstation.configuration import Configuration
from dicom_workstation.osm import OSMServer

QUERIES, ANSWERS = FOLDER / "queries.yaml", FOLDER / "answers.json"
PAGE = ROOT / "docs" / "osm-differences.md"
OURS = ("osm", "archive")
TITLES = {"osm": "OSM", "archive": "our archive simulator", "dcmqrscp": "DCMTK dcmqrscp", "orthanc": "Orthanc"}
CALLED = {"osm": "OSM", "archive": "ARCHIVE", "dcmqrscp": "QRSCP", "orthanc": "ORTHANC"}
CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
UNIQUE_KEYS = {
    "PATIENT": "PatientID",
    "STUDY": "StudyInstanceUID",
    "SERIES": "SeriesInstanceUID",
    "IMAGE": "SOPInstanceUID",
}
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Address = tuple[str, int]
Answers = Mapping[str, Mapping[str, str]]
"""Archive -> name of the query -> answer."""


class Query(Part):
    """One request that each archive is sent."""

    name: Text
    operation: Literal["find", "move"] = "find"
    model: Literal["study_root", "patient_root"] = "study_root"
    level: str
    keys: dict[str, str | list[str]]
    character_set: str = ""
    destination: str = ""
    clause: Text
    differs: dict[str, str] = Field(default={}, description="archive -> what explains that its answer is not the OSM's")

    def arguments(self) -> dict[str, Any]:
        """Give what the SCU is asked to do."""
        given: dict[str, Any] = {"model": self.model, "keys": self.keys}
        optional = {"level": self.level, "character_set": self.character_set, "destination": self.destination}
        return given | {name: value for name, value in optional.items() if value}


class Explanation(Part):
    """Why archives answer some queries otherwise than the OSM."""

    title: Text
    clause: Text
    why: Text


class Corpus(Part):
    """The file of queries."""

    instances: dict[str, dict[str, str]] = Field(min_length=1)
    explanations: dict[str, Explanation]
    queries: tuple[Query, ...] = Field(min_length=1)

    def built(self) -> list[Instance]:
        """Make the instances."""
        return [
            build("smallest", CT, EXPLICIT, seed=number, SOPInstanceUID=f"2.25.71{number}", **keywords)
            for number, keywords in enumerate(self.instances.values(), start=900)
        ]

    def names(self, instances: list[Instance]) -> dict[tuple[str, str], str]:
        """Give the name of each entity, by its level and the value of its unique key."""
        found: dict[tuple[str, str], str] = {}
        for name, instance in zip(self.instances, instances, strict=True):
            data_set = instance.read()
            for level, keyword in UNIQUE_KEYS.items():
                found.setdefault((level, str(data_set[keyword].value)), name)
        return found


def read_corpus() -> Corpus:
    """Read queries.yaml; raises DataError, also for two queries of one name."""
    document = read(QUERIES)
    corpus = validate(document, Corpus)
    names = [query.name for query in corpus.queries]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise document.error(("queries", number, "name"), f"{name!r} stands there twice")
    for number, query in enumerate(corpus.queries):
        for archive, explanation in query.differs.items():
            if archive not in TITLES or explanation not in corpus.explanations:
                raise document.error(("queries", number, "differs", archive), "no such archive or explanation")
    return corpus


def ask(corpus: Corpus, address: Address, called: str) -> dict[str, str]:
    """Store the instances at an archive and ask each query; give the answers by the names of the queries."""
    instances = corpus.built()
    names = corpus.names(instances)
    with Scu("scu", "CONFSCU", Recorder(), instances=instances) as scu:
        stored = scu.perform("store", address, {"called_ae_title": called})
        if stored["result"] != "success":
            raise RuntimeError(f"{called}: cannot be given the instances: {stored}")
        return {
            query.name: answer(query, scu.perform(query.operation, address, asked), names)
            for query in corpus.queries
            for asked in [{**query.arguments(), "called_ae_title": called}]
        }


def answer(query: Query, outcome: Mapping[str, Any], names: Mapping[tuple[str, str], str]) -> str:
    """Word an answer: the final status, whether keys were not supported, and what was found."""
    status = str(outcome.get("status") or outcome["result"])
    found = sorted(_name(query.level, match, names) for match in outcome.get("matches", ()))
    if query.operation == "move":
        return f"{status}, {outcome.get('completed') or 0} sent" if status[:1] in "0B" else status
    unsupported = " (FF01)" if "FF01" in outcome.get("statuses", ()) else ""
    return f"{status}{unsupported}: {', '.join(found) or 'nothing'}" if status == "0000" else status


def _name(level: str, match: Mapping[str, Any], names: Mapping[tuple[str, str], str]) -> str:
    value = str(match.get(UNIQUE_KEYS.get(level, ""), "")).strip()
    return names.get((level, value), f"something else ({value})")


@contextmanager
def served(name: str, folder: Path) -> Iterator[Address]:
    """Run an archive while the block lasts; give where it listens."""
    destination = {"ae_title": "CONFDEST", "host": "127.0.0.1", "port": 9}
    if name == "osm":
        section = {"folder": str(folder / "osm"), "keep_free_bytes": 0}
        with OSMServer(Configuration.from_keywords(archives={"destination": destination}, osm=section)) as osm:
            assert osm.address is not None
            yield osm.address
    elif name == "archive":
        with Archive(name, CALLED[name], Recorder(), destinations={"CONFDEST": ("127.0.0.1", 9)}) as archive:
            yield archive.address
    else:
        with interop.started(read_products()[name], folder) as subject:
            assert subject is not None
            yield "127.0.0.1", interop.network_port(subject)


def differences(corpus: Corpus, answers: Answers) -> Iterator[tuple[Query, str]]:
    """Give each query and archive where the answer is not the OSM's."""
    for query in corpus.queries:
        for name in TITLES:
            given = answers.get(name, {}).get(query.name)
            if given is not None and given != answers["osm"][query.name]:
                yield query, name


def faults(corpus: Corpus, answers: Answers) -> list[str]:
    """Say which differences are not explained, and which explanations explain nothing."""
    found = {(query.name, name) for query, name in differences(corpus, answers)}
    explained = {(query.name, name) for query in corpus.queries for name in query.differs if name in answers}
    return [
        *(f"{query}: {name}: not explained yet" for query, name in sorted(found - explained)),
        *(f"{query}: {name}: there is no difference to explain" for query, name in sorted(explained - found)),
    ]


def page(corpus: Corpus, answers: Answers) -> str:
    """Write the page."""
    found = list(differences(corpus, answers))
    counts = {name: sum(other == name for _, other in found) for name in TITLES if name != "osm"}
    rows = [f"| {TITLES[name]} | {len(answers.get(name, {})) or '-'} | {counts[name]} |" for name in counts]
    table = "\n".join(["| archive | queries | other answers |", "|---|---|---|", *rows])
    sections = [_section(name, corpus, answers) for name in corpus.explanations]
    return "\n\n".join([INTRODUCTION.strip(), table, READING.strip(), *sections]) + "\n"


def _section(name: str, corpus: Corpus, answers: Answers) -> str:
    """Write what one explanation explains."""
    explanation = corpus.explanations[name]
    explained = [query for query in corpus.queries if name in query.differs.values()]
    others = [archive for archive in TITLES if any(query.differs.get(archive) == name for query in explained)]
    head = ["what is asked", "OSM", *(TITLES[archive] for archive in others)]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for query in explained:
        given = [answers.get(archive, {}).get(query.name, "-") for archive in ("osm", *others)]
        lines.append(f"| {' | '.join([_asked(query), *given])} |")
    text = textwrap.fill(f"{explanation.why} ({explanation.clause})", 120, break_on_hyphens=False)
    return f"## {explanation.title}\n\n{text}\n\n" + "\n".join(lines)


def _asked(query: Query) -> str:
    keys = ", ".join(f"{name} `{_shown(value)}`" for name, value in query.keys.items() if value)
    level = query.level or "no level"
    model = "" if query.model == "study_root" else " of the Patient Root"
    where = f" to `{query.destination}`" if query.destination else ""
    return f"C-{query.operation.upper()}{where}, {level}{model}{': ' if keys else ''}{keys}"


def _shown(value: str | list[str]) -> str:
    return "\\".join(value) if isinstance(value, list) else value


def read_answers() -> dict[str, dict[str, str]]:
    """Read the answers of the last run of each archive."""
    found: dict[str, dict[str, str]] = json.loads(ANSWERS.read_text(encoding="utf-8")) if ANSWERS.is_file() else {}
    return found


def main(arguments: list[str] | None = None) -> int:
    """Ask the archives, write their answers and the page; 1 where a difference and its explanation do not agree."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("archive", nargs="*", choices=[[], *TITLES], help="which archives; default: all")
    parser.add_argument("--page-only", action="store_true", help="write the page from the last answers, ask nothing")
    given = parser.parse_args(arguments)
    corpus, answers = read_corpus(), read_answers()
    for name in [] if given.page_only else given.archive or TITLES:
        if name not in OURS and (missing := interop.missing_program(read_products()[name])) is not None:
            print(f"{name}: {missing} is not installed; its last answers are kept", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory(prefix="answers-") as made, served(name, Path(made)) as address:
            answers[name] = ask(corpus, address, CALLED[name])
        print(f"{name}: {len(answers[name])} answers")
    write_whole(ANSWERS, (json.dumps(answers, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode())
    found = faults(corpus, answers)
    for line in found:
        print(line, file=sys.stderr)
    if not found:
        PAGE.write_text(page(corpus, answers), encoding="utf-8")
    return 1 if found else 0


INTRODUCTION = """# Where archives answer otherwise than the OSM

`python benchmarks/archive_answers.py` gives five instances to the OSM, our archive simulator, DCMTK's dcmqrscp and
Orthanc, asks each the same, and writes this page; do not edit it. [`interop/queries.yaml`](interop/queries.yaml) holds
the instances, the queries, and what a person found out about each difference;
[`interop/answers.json`](interop/answers.json) holds every answer. A difference that nobody has explained makes the
command exit with 1.
"""
READING = """An answer is the final status and the names of what was found: of a patient, study or series the first
instance of it. FF01 says that a key is not supported. A row shows the answers of the archives that the section is
about.
"""


if __name__ == "__main__":
    sys.exit(main())
