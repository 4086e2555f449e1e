"""A key that would have no effect is a mistake of the file, told with its place; it is never ignored in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.play.subjects import Foreign
from dicom_conformance.run.standalone import make_simulator
from dicom_conformance.scenario import scenario
from dicom_conformance.scenario.scenario import Scenario

FRAME = """id: storage/keys
title: Every key has an effect
clause: PS3.8 9.3
level: shall
peers:
  peer: {PEER}
steps:
  - do: {DO}
  - expect: [{association: {requestor: peer, ends: released}}]
"""
MODALITY = "simulator: modality, holds: [{HOLDING}]"
DO = "ae: peer, operation: store, peer: workstation"


def _read(holding: str = "recipe: smallest", peer: str = MODALITY, do: str = DO) -> Scenario:
    text = FRAME.replace("PEER", peer).replace("HOLDING", holding).replace("DO", do)
    return scenario.from_document(parse(text, "f.yaml"))


@pytest.mark.parametrize(
    "holding",
    [
        "changes: {size_bytes: 70000}, recipe: large",
        "changes: {rows: 8, columns: 8}",
        "changes: {size_bytes: 70000}, recipe: $recipe",
        "recipe: large, count: 2, seed: 3, sop_class: CTImageStorage, transfer_syntax: ImplicitVRLittleEndian",
        "study: {modalities: [CT], recipe: large, size_bytes: 70000}, seed: 3, transfer_syntax: ImplicitVRLittleEndian",
        "study: {modalities: [CT], rows: 8}, changes: {PatientID: X}",
    ],
)
def test_keys_that_go_together_are_taken(holding: str) -> None:
    assert _read(holding).id == "storage/keys"


@pytest.mark.parametrize(
    ("holding", "key", "told"),
    [
        ("changes: {size_bytes: 70000}", ".changes.size_bytes", "recipe smallest: only the recipe large takes it"),
        ("recipe: ct_512, changes: {size_bytes: 9}", ".changes.size_bytes", "recipe ct_512"),
        ("recipe: large, changes: {rows: 8}", ".changes.rows", "size_bytes alone says how large it is"),
        ("recipe: large, changes: {frames: 8}", ".changes.frames", "size_bytes alone says how large it is"),
        ("study: {size_bytes: 9}", ".study.size_bytes", "only the recipe large takes it"),
        ("study: {recipe: large, columns: 9}", ".study.columns", "size_bytes alone says how large it is"),
        ("study: {}, changes: {size_bytes: 9}", ".changes.size_bytes", "only the recipe large takes it"),
        ("study: {}, count: 2", ".count", "has no effect on a study"),
        ("study: {}, sop_class: CTImageStorage", ".sop_class", "has no effect on a study"),
        ("study: {}, recipe: large", ".study", "recipe and study exclude each other"),
        ("study: {PatientID: A}, changes: {PatientID: B}", ".changes.PatientID", "PatientID is already in study"),
        ("study: {seed: 4}, seed: 5", ".seed", "seed is already in study"),
        ("folder: ., changes: {PatientID: B}", ".changes", "has no effect on a folder"),
        ("folder: ., count: 2", ".count", "has no effect on a folder"),
        ("file: pydicom:CT_small.dcm, seed: 2", ".seed", "has no effect on a file"),
        ("file: pydicom:CT_small.dcm, transfer_syntax: ImplicitVRLittleEndian", ".transfer_syntax", "on a file"),
        ("file: pydicom:CT_small.dcm, folder: .", "", "exclude each other"),
    ],
)
def test_a_key_of_a_holding_without_effect(holding: str, key: str, told: str) -> None:
    with pytest.raises(DataError) as caught:
        _read(holding)
    assert f"f.yaml:6: peers.peer.holds[0]{key}" in str(caught.value)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("peer", "told"),
    [
        (
            "simulator: printer, holds: [{recipe: smallest}]",
            "f.yaml:6: peers.peer.holds: has no effect on the simulator printer",
        ),
        (
            "simulator: destination, holds: [{recipe: smallest}]",
            "peers.peer.holds: has no effect on the simulator destination",
        ),
        ("simulator: printer, destinations: [peer]", "peers.peer.destinations: has no effect on the simulator printer"),
        (
            "simulator: archive, script: [{receive: closed}]",
            "peers.peer.script: has no effect on the simulator archive",
        ),
    ],
)
def test_a_key_of_a_peer_without_effect(peer: str, told: str) -> None:
    with pytest.raises(DataError) as caught:
        _read(peer=peer, do="ae: workstation, operation: echo, peer: peer")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("do", "told"),
    [
        ("instances: [{changes: {size_bytes: 9}}]", "f.yaml:8: steps[0].do.instances[0].changes.size_bytes: has no"),
        ("instances: [{recipe: smalest}]", "steps[0].do.instances[0].recipe: no data set can be built"),
        ("instances: [{recipee: smallest}]", "steps[0].do.instances[0].recipee: unknown key"),
        ("held: ['1.2'], instances: [{recipe: large}]", "steps[0].do.instances: held and instances exclude"),
        ("held: ['1.2'], files: [a.dcm]", "steps[0].do.files: held and files exclude each other"),
    ],
)
def test_what_the_subject_is_given(do: str, told: str) -> None:
    with pytest.raises(DataError) as caught:
        _read(do=f"ae: workstation, operation: store, peer: peer, {do}")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("holds: [{changes: {size_bytes: 9}}]", "simulate.yaml:1: holds[0].changes.size_bytes: has no effect"),
        ("holds: [{recipe: smallest}]", "simulate.yaml:1: holds: has no effect on the simulator printer"),
    ],
)
def test_a_configuration_of_simulate(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "simulate.yaml"
    file.write_text(text)
    with pytest.raises(DataError) as caught:
        make_simulator("printer", file)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("operations", "told"),
    [
        ("{find: {command: a}, query: {command: b}}", "find and query are names of one operation"),
        ("{echo: {manual: press, within_s: 5}}", "within_s has no effect on manual"),
    ],
)
def test_a_subject_file(tmp_path: Path, operations: str, told: str) -> None:
    file = tmp_path / "subject.yaml"
    file.write_text(f"network_ae: {{title: A, port: 104}}\noperations: {operations}\n")
    with pytest.raises(DataError) as caught:
        Foreign.from_file(file)
    assert "subject.yaml:2: operations" in str(caught.value)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("event", "key"),
    [
        ("pdu: A-ABORT, status: '0000'", "status"),
        ("dimse: C-STORE-RSP, ae: peer", "ae"),
        ("dimse: C-STORE-RSP, state: started", "state"),
        ("association: ended, sender: peer", "sender"),
        ("operation: store, requestor: peer", "requestor"),
    ],
)
def test_a_key_of_an_event_without_effect(event: str, key: str) -> None:
    text = FRAME.replace("PEER", MODALITY).replace("HOLDING", "recipe: smallest").replace("DO", DO)
    text = text.replace("  - expect", f"  - wait: {{for: {{{event}}}}}\n  - expect")
    with pytest.raises(DataError) as caught:
        scenario.from_document(parse(text, "f.yaml"))
    assert "f.yaml:9: steps[1].wait.for" in str(caught.value)
    assert f"{key} has no effect on an event" in str(caught.value)


@pytest.mark.parametrize(
    "event",
    [
        "pdu: A-ABORT, sender: peer, position: last",
        "dimse: C-STORE-RSP, acceptor: workstation, status: '0000', position: 2",
        "association: ended, requestor: peer",
        "operation: store, ae: peer, state: started",
    ],
)
def test_keys_of_an_event_that_choose_among_its_kind(event: str) -> None:
    text = FRAME.replace("PEER", MODALITY).replace("HOLDING", "recipe: smallest").replace("DO", DO)
    scenario.from_document(parse(text.replace("  - expect", f"  - wait: {{for: {{{event}}}}}\n  - expect"), "f.yaml"))
