"""A misspelt key is refused at each level of each file, by the schema as by the reader; what is right is admitted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from dicom_conformance.errors import DataError
from dicom_conformance.play.subjects import Foreign
from dicom_conformance.run.standalone import make_simulator
from dicom_conformance.scenario.scenario import read
from dicom_workstation.configuration.configuration import Configuration

ROOT = Path(__file__).parents[3]

SCENARIO = """
format: 1
id: mine/every-level
title: A key at every level
clause: PS3.7 D.3.2
level: shall
needs: {ae: loader_server, role: SCP}
for_each: {contexts: {table: "3", batch: 2}, values: {size: [1, 2]}}
where: {size: {not: [1]}}
parameters: {role: SCU}
settings: {ae_title: READING, acse_timeout_s: 0.5, host: "::1", tls: {certificate: trusted, profile: bcp195},
           archives: {archive: {tls: no}}, printers: {printer: {bits: 8}}}
peers:
  archive:
    simulator: archive
    holds:
      - {recipe: smallest, count: 2, changes: {PatientID: X, rows: 8}}
      - {study: {modalities: [CT, MR], instances: 2, PatientName: Doe}, seed: 4}
    faults: [{delay: {on: C-FIND-RQ, s: 0.5}}, {respond: {to: C-FIND-RQ, status: 0122}}]
    settings: {order: requestor, deadlines: {dimse_s: 3}, tls: {certificate: none, version: 1.2, link: terminated}}
    destinations: [workstation]
  odd:
    simulator: scripted
    script:
      - receive: {pdu: A-ASSOCIATE-RQ, within_s: 5}
      - send: {pdu: A-ASSOCIATE-AC, contexts: [{context_id: 1, result: 3}], roles: [{sop_class: 1.2, scu: 1}]}
      - send: {pdu: P-DATA-TF, pdvs: [{context_id: 1, is_command: true, data: 01 02}]}
      - send: {pdu: "0x2A", data: 01}
      - send: {dimse: C-FIND-RSP, Status: FF00, data_set: {PatientID: X}}
      - send: {bytes: 09 00}
      - stall: {s: 1}
      - receive: closed
      - close
steps:
  - do: {ae: workstation, operation: query, peer: archive, level: STUDY}
  - wait: {for: {dimse: C-FIND-RSP, sender: archive}, within_s: 2}
  - fault: {ae: archive, at: link, close: {on: "after C-FIND-RSP"}, reject: }
  - clear: {ae: archive}
  - expect:
      - association: {requestor: workstation, roles: [{sop_class: 1.2, scu: true, scp: false}], rejection: {result: 1}}
      - context: {acceptor: workstation, contexts: [{sop_class: 1.2, proposed: 1.2, result: 0}]}
      - pdu: {sender: archive, type: A-ABORT}
      - dimse: {sender: archive, message: C-FIND-RSP, status: 0000}
      - data_set: {sender: archive, message: C-FIND-RSP, contains: {PatientID: X}}
      - store: {ae: archive, instances: 1}
      - outcome: {operation: query, abort: {source: 0}}
      - log: {contains: a}
      - elapsed: {from: {pdu: A-ABORT}, to: {association: ended}, at_most_s: 1}
      - film: {requestor: workstation, events: [{of: printer, status: DONE}]}
      - rendering: {reports: warned}
        level: should
"""
#: Mappings whose keys are names or keywords of the writer's own.
FREE = {"values", "changes", "study", "contains", "data_set", "peers", "archives", "printers", "where"}

SUBJECT = """
network_ae: {title: TARGET, port: 11112}
peers: {archive: {title: ARCHIVE, port: 11113}}
operations: {echo: {command: "echoscu {host} {port}", within_s: 5}}
"""
WORKSTATION = """
ae_title: READING
archives: {main: {ae_title: PACS, host: pacs, port: 104}}
printers: {laser: {ae_title: LASER, host: laser, port: 104, bits: 12}}
dimse_timeout_s: 20
"""
SIMULATE = """
ae_title: PACS
port: 11112
holds: [{recipe: smallest, count: 2}]
faults: [{silence: {on: C-FIND-RQ}}]
destinations: {DIRECTVIEW: {port: 4006}}
settings: {order: requestor, deadlines: {idle_s: 60}}
"""


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((ROOT / "docs" / "schema" / name).read_text(encoding="utf-8")))


def mappings(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the mappings stand whose keys a schema must know."""
    if isinstance(data, dict):
        if not path or path[-1] not in FREE:
            yield path
        for key, value in data.items():
            yield from mappings(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from mappings(value, (*path, index))


def misspelt(text: str, path: tuple[Any, ...]) -> Any:
    """The file with a key more, in the mapping at `path`."""
    data = yaml.safe_load(text)
    node = data
    for part in path:
        node = node[part]
    node["misspelt"] = "x"
    return data


def places(text: str) -> list[tuple[Any, ...]]:
    return list(mappings(yaml.safe_load(text)))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("scenario", SCENARIO),
        ("subject", SUBJECT),
        ("workstation", WORKSTATION),
        ("simulate-archive", SIMULATE),
    ],
)
def test_the_whole_file_is_valid(name: str, text: str) -> None:
    errors = [
        f"{list(error.path)}: {error.message}"
        for error in validator(f"{name}.schema.json").iter_errors(yaml.safe_load(text))
    ]
    assert errors == []


@pytest.mark.parametrize("path", places(SCENARIO), ids=lambda path: ".".join(map(str, path)) or "root")
def test_a_misspelt_key_of_a_scenario_is_refused(path: tuple[Any, ...]) -> None:
    assert list(validator("scenario.schema.json").iter_errors(misspelt(SCENARIO, path)))


@pytest.mark.parametrize(
    ("name", "text", "path"),
    [
        (name, text, path)
        for name, text in (("subject", SUBJECT), ("workstation", WORKSTATION), ("simulate-archive", SIMULATE))
        for path in places(text)
        if path not in [("peers",), ("destinations",)]
    ],
    ids=lambda value: value if isinstance(value, str) and "\n" not in value else "",
)
def test_a_misspelt_key_of_another_file_is_refused(name: str, text: str, path: tuple[Any, ...]) -> None:
    assert list(validator(f"{name}.schema.json").iter_errors(misspelt(text, path)))


def test_the_reader_admits_and_refuses_the_same(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    read(scenario)
    subject = tmp_path / "subject.yaml"
    subject.write_text(SUBJECT, encoding="utf-8")
    Foreign.from_file(subject)
    workstation = tmp_path / "workstation.yaml"
    workstation.write_text(WORKSTATION, encoding="utf-8")
    Configuration.from_file(workstation)
    archive = tmp_path / "archive.yaml"
    archive.write_text(SIMULATE, encoding="utf-8")
    make_simulator("archive", archive)
    archive.write_text(SIMULATE.replace("idle_s", "idel_s"), encoding="utf-8")
    with pytest.raises(DataError, match=r"settings\.deadlines\.idel_s: unknown key"):
        make_simulator("archive", archive)
