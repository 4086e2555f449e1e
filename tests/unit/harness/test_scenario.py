"""Scenario files: the contract's example as it stands, and one wrong file for each way to be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.judge.checks.film import FilmWanted
from dicom_conformance.results import Level
from dicom_conformance.scenario import scenario
from dicom_conformance.scenario.steps import Clear, Do, Expect, Fault, Wait

CONTRACT = Path(__file__).parents[2] / "data" / "contract-scenario.yaml"
CT = "1.2.840.10008.5.1.4.1.1.2"
BOUND = {"sop_class": CT, "transfer_syntax": "1.2.840.10008.1.2.4.90", "configuration": "jpeg2000"}

EVERY_VERB = """
id: robustness/every-verb
title: Every verb is read
clause: PS3.8 9.3.4
level: shall
settings: {maximum_associations: 3}
peers:
  archive:
    simulator: archive
    ae_title: ARCHIVE
    destinations: {STORESCP: destination, LOADER: workstation}
    holds:
      - {study: {instances: 3}}
      - {recipe: smallest, sop_class: 1.2.840.10008.5.1.4.1.1.4, count: 2, changes: {PatientName: Doe^Jane}}
  destination: {simulator: destination, known: no}
  raw:
    simulator: scripted
    script:
      - send: {pdu: A-ASSOCIATE-RQ, protocol_version: 9}
      - receive: {pdu: A-ASSOCIATE-RJ, within_s: 2}
      - stall: {s: 1}
      - receive: closed
      - close
steps:
  - do: {ae: workstation, operation: retrieve, peer: archive, background: on, level: STUDY,
         keys: {StudyInstanceUID: 1.2}}
  - wait: {for: {dimse: C-MOVE-RSP, sender: archive}, within_s: 2.5}
  - clear: {ae: archive}
  - do: {ae: workstation, operation: cancel, peer: archive}
  - expect:
      - log: {contains: x}
        level: should
        clause: [PS3.4 C.4.2.1.5, DCS 3.2.2.2/1]
        requirement: It says so
      - film: {count: 1}
      - outcome: {operation: retrieve, result: success}
"""


def _read(text: str) -> scenario.Scenario:
    return scenario.from_document(parse(text, "f.yaml"))


def test_the_example_of_the_contract_is_read_as_it_stands() -> None:
    found = scenario.read(CONTRACT)
    assert found.id == "storage/loader-accepts-every-context-of-table-3"
    assert found.header.level is Level.CLAIM
    assert found.header.clause == ("DCS 3.2.2.1.3.2.2", "PS3.7 D.3.2")
    assert found.header.for_each.order == ("contexts",)
    assert found.variables == {"sop_class", "transfer_syntax", "configuration"}


def test_its_stage_is_typed_once_the_variables_are_bound() -> None:
    setup = scenario.read(CONTRACT).setup(BOUND)
    assert setup.peers["modality"].holds[0].transfer_syntax == "1.2.840.10008.1.2.4.90"
    do, expect = setup.steps
    assert isinstance(do, Do)
    assert (do.ae, do.operation, do.peer, do.background, dict(do.arguments)) == (
        "modality",
        "store",
        "workstation",
        False,
        {},
    )
    assert isinstance(expect, Expect)
    assert [expectation.check for expectation in expect.expectations] == ["context", "dimse", "store", "association"]
    assert {expectation.level for expectation in expect.expectations} == {Level.CLAIM}
    assert expect.expectations[0].clause == ("DCS 3.2.2.1.3.2.2", "PS3.7 D.3.2")
    assert expect.expectations[0].requirement.startswith("The loader accepts")


def test_an_unbound_variable_is_told_with_its_line() -> None:
    bound = {name: value for name, value in BOUND.items() if name != "sop_class"}
    with pytest.raises(DataError) as caught:
        scenario.read(CONTRACT).setup(bound)
    assert (caught.value.line, caught.value.field) == (9, "peers.modality.holds[0].sop_class")
    assert "$sop_class is not bound" in caught.value.message


def test_a_value_that_does_not_fit_where_a_variable_stood_is_told_with_its_line() -> None:
    text = CONTRACT.read_text().replace("status: 0000", "status: $configuration")
    with pytest.raises(DataError) as caught:
        _read(text).setup(BOUND)
    assert (caught.value.line, caught.value.field) == (14, "steps[1].expect[1].dimse.status")


def test_every_verb_and_peer_is_read() -> None:
    found = _read(EVERY_VERB)
    assert found.operations == ("retrieve", "cancel")
    setup = found.setup({})
    assert [type(step) for step in setup.steps] == [Do, Wait, Clear, Do, Expect]
    do, wait, _, _, expect = setup.steps
    assert isinstance(do, Do)
    assert do.background
    assert do.arguments == {"level": "STUDY", "keys": {"StudyInstanceUID": "1.2"}}
    assert isinstance(wait, Wait)
    assert (wait.event.dimse, wait.within_s) == ("C-MOVE-RSP", 2.5)
    assert isinstance(expect, Expect)
    log, film, outcome = expect.expectations
    assert (log.level, log.clause[1], log.requirement) == (Level.SHOULD, "DCS 3.2.2.2/1", "It says so")
    assert isinstance(film.wanted, FilmWanted)
    assert (str(film.wanted.count), film.level) == ("1", Level.SHALL)
    assert outcome.requirement == "Every verb is read"
    assert setup.peers["archive"].destinations == {"STORESCP": "destination", "LOADER": "workstation"}
    assert not setup.peers["destination"].known
    assert len(setup.peers["raw"].script) == 5


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (
            "acceptor: workstation",
            "aceptor: workstation",
            13,
            "steps[1].expect[0].context.aceptor: unknown key; did you mean acceptor?",
        ),
        (
            "ae: modality",
            "ae: modalty",
            11,
            "steps[0].do.ae: no peer of this scenario is named 'modalty'; did you mean modality?",
        ),
        (
            "peer: workstation",
            "peer: pacs",
            11,
            "steps[0].do.peer: no peer of this scenario is named 'pacs'; it must be one of modality, osm, workstation",
        ),
        ("- do:", "- dou:", 11, "steps[0].dou: unknown verb; did you mean do?"),
        ("context:", "contexts:", 13, "steps[1].expect[0].contexts: unknown noun; did you mean context?"),
        ("operation: store, ", "", 11, "steps[0].do.operation: missing"),
        (
            "level: claim",
            "level: clame",
            4,
            "level: must be 'shall', 'should', 'claim', 'house' or 'note', not 'clame'",
        ),
        ("title:", "titel:", 2, "titel: unknown key; did you mean title?"),
        ('table: "3"', 'tabel: "3"', 6, "for_each.contexts.tabel: unknown key; did you mean table?"),
        ("contexts:", "context:", 6, "for_each.context: unknown key; did you mean contexts?"),
        ("simulator: modality", "simulator: modality, colour: red", 9, "peers.modality.colour: unknown key"),
        ("recipe: smallest", "count: some", 9, "peers.modality.holds[0].count: must be a whole number, not 'some'"),
        ("instances: 1", "instances: one", 15, "steps[1].expect[2].store.instances: a count is a number"),
        ("[DCS 3.2.2.1.3.2.2, PS3.7 D.3.2]", "[]", 3, "clause: "),
        ("id: storage/loader", "id: storage[loader]", 1, "id: "),
        ("needs: {ae", "format: 3\nneeds: {ae", 5, "format: must be '1' or '2', not '3'"),
        (
            "peers:\n  modality:",
            "peers:\n  workstation:",
            9,
            "peers.workstation: workstation is the name of the subject; give the peer another name",
        ),
    ],
)
def test_a_wrong_file_is_one_clear_line(old: str, new: str, line: int, message: str) -> None:
    text = CONTRACT.read_text()
    assert old in text
    with pytest.raises(DataError) as caught:
        _read(text.replace(old, new, 1))
    assert str(caught.value).startswith(f"f.yaml:{line}: {message}")


def test_a_scenario_that_expects_nothing_is_wrong() -> None:
    text = "\n".join(CONTRACT.read_text().splitlines()[:11])
    with pytest.raises(DataError, match="no expectation"):
        _read(text)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("- clear: {ae: archive}", "- clear: {ae: workstation}", "no peer of this scenario is named 'workstation'"),
        ("sender: archive}, within", "sender: archiv}, within", "did you mean archive?"),
        ("LOADER: workstation", "LOADER: nobody", "'nobody' is neither a peer nor workstation"),
        ("- close\n", "- shut\n", "expected one of send, receive, close, reset, stall"),
        ("within_s: 2.5", "within_s: 0", "greater than 0"),
        ("- clear: {ae: archive}", "- clear: {ae: archive}\n    do: {ae: archive, operation: x}", "one verb"),
        ("- film: {count: 1}", "- film: {anything: goes}\n        log: {contains: x}", "one noun"),
        ("- film: {count: 1}", "- film: all", "must be a mapping"),
        ("level: should", "level: must", "must be 'shall', 'should', 'claim', 'house' or 'note'"),
    ],
)
def test_a_wrong_stage_is_one_clear_line(old: str, new: str, message: str) -> None:
    assert old in EVERY_VERB
    with pytest.raises(DataError) as caught:
        _read(EVERY_VERB.replace(old, new, 1))
    assert message in str(caught.value)
    assert caught.value.line is not None


def test_several_faults_are_told_at_once() -> None:
    text = EVERY_VERB.replace("within_s: 2.5", "within_s: soon").replace(
        "- clear: {ae: archive}", "- clear: {ae: pacs}"
    )
    with pytest.raises(DataError) as caught:
        _read(text)
    assert [error.field for error in (caught.value, *caught.value.others)] == [
        "steps[1].wait.within_s",
        "steps[2].clear.ae",
    ]


def test_a_fault_step_names_its_faults_in_order() -> None:
    fault = Fault.model_validate({"ae": "archive", "respond": {"status": "A700"}, "silence": "", "at": "link"})
    assert [(call.name, dict(call.parameters)) for call in fault.calls] == [
        ("respond", {"status": "A700"}),
        ("silence", {}),
    ]


def test_a_peer_with_a_variable_where_a_number_is_meant_is_known_by_its_name() -> None:
    text = CONTRACT.read_text().replace("holds: [{", "holds: [{count: $many, ", 1)
    assert "$many" in text
    setup = _read(text).setup({**BOUND, "many": "3"})
    assert setup.peers["modality"].holds[0].count == 3
