"""A slip in a name is told with its place, when the file is read; it is never judged as the subject's fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.scenario import scenario
from dicom_conformance.scenario.scenario import Scenario
from dicom_conformance.scenario.vocabulary import holding_mistakes

TEXT = """id: robustness/names
title: Every name is one that something bears
clause: PS3.8 9.3
level: shall
peers:
  modality: {simulator: modality, holds: [{recipe: smallest, sop_class: 1.2.840.10008.5.1.4.1.1.2}]}
  raw: {simulator: scripted, script: [{send: {pdu: A-ABORT, source: 1}}, {receive: closed}]}
steps:
  - do: {ae: modality, operation: store, peer: workstation}
  - wait: {for: {pdu: A-RELEASE-RP, sender: workstation}}
  - expect:
      - association: {requestor: modality, ends: released}
      - pdu: {sender: workstation, type: P-DATA-TF}
      - dimse: {sender: workstation, message: [C-STORE-RSP, unknown 0x8888], fields: {Status: 0000}}
      - data_set: {sender: modality, message: C-STORE-RQ, present: ["ReferencedImageSequence[2].SOPInstanceUID"]}
      - store: {ae: workstation, instances: 1}
      - elapsed: {from: {dimse: C-STORE-RQ}, to: {dimse: C-STORE-RSP}, at_most_s: 5}
      - film: {acceptor: modality, session: {PrintPriority: LOW}, box: {Trim: "YES"}, image: {Polarity: REVERSE}}
"""


def _read(text: str) -> Scenario:
    return scenario.from_document(parse(text, "f.yaml"))


def test_names_that_something_bears_are_taken() -> None:
    assert _read(TEXT).id == "robustness/names"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("PrintPriority: LOW", "Prioriti: LOW", "f.yaml:18: steps[2].expect[6].film.session.Prioriti: no element has"),
        ("Trim: ", "Trimm: ", "f.yaml:18: steps[2].expect[6].film.box.Trimm: no element has the keyword 'Trimm'"),
        ("recipe: smallest", "recipe: smalest", "f.yaml:6: peers.modality.holds[0].recipe: no data set can be built"),
        ("1.2.840.10008.5.1.4.1.1.2}", "1.2.3}", "f.yaml:6: peers.modality.holds[0].sop_class: no data set"),
        ("recipe: smallest", "file: none.dcm", "f.yaml:6: peers.modality.holds[0].file: there is no such file"),
        ("pdu: A-ABORT", "pdu: A-ABRT", "f.yaml:7: peers.raw.script[0]: send.pdu: unknown name 'A-ABRT'"),
        ("source: 1", "sauce: 1", "f.yaml:7: peers.raw.script[0]: send.sauce: unknown"),
        ("pdu: A-RELEASE-RP", "pdu: A-RELEAS-RP", "f.yaml:10: steps[1].wait.for.pdu: no PDU is named 'A-RELEAS-RP'"),
        ("RP, sender: workstation", "RP, sender: wks", "f.yaml:10: steps[1].wait.for.sender: no peer of this scenario"),
        ("requestor: modality", "requestor: modalite", "f.yaml:12: steps[2].expect[0].association.requestor: no peer"),
        ("type: P-DATA-TF", "type: P-DATTA", "f.yaml:13: steps[2].expect[1].pdu.type: no PDU is named 'P-DATTA'"),
        ("[C-STORE-RSP", "[C-STOR-RSP", "f.yaml:14: steps[2].expect[2].dimse.message[0]: no DIMSE message is named"),
        (
            "fields: {Status",
            "fields: {Statuss",
            "f.yaml:14: steps[2].expect[2].dimse.fields.Statuss: no command element",
        ),
        ("].SOPInstanceUID", "].SOPInstanceUUID", "no element has the keyword 'SOPInstanceUUID'"),
        ("store: {ae: workstation", "store: {ae: workstatio", "f.yaml:16: steps[2].expect[4].store.ae: no peer of"),
        (
            "to: {dimse: C-STORE-RSP",
            "to: {dimse: C-STOR-RSP",
            "f.yaml:17: steps[2].expect[5].elapsed.to.dimse: no DIMSE",
        ),
    ],
)
def test_a_name_that_nothing_bears_is_told_with_its_place(old: str, new: str, told: str) -> None:
    assert old in TEXT
    with pytest.raises(DataError) as caught:
        _read(TEXT.replace(old, new, 1))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "store: {ae: workstation, instances: 1}",
            "rendering: {told: refused}",
            "f.yaml:16: steps[2].expect[4].rendering.told: unknown key; it is called reports now",
        ),
        (
            "peer: workstation}",
            "peer: workstation, SOPInstanceUID: {told_by: present}}",
            "f.yaml:9: steps[0].do.SOPInstanceUID.told_by: unknown key; it is called reported_by now",
        ),
        (
            "wait: {for: {pdu: A-RELEASE-RP, sender: workstation}}",
            "fault: {ae: modality, multi_valued_character_set: {of: C-STORE-RQ, beside: GB18030}}",
            "multi_valued_character_set.beside: unknown key; it is called added now",
        ),
        (
            "store: {ae: workstation, instances: 1}",
            "response: {to: N-CREATE-RQ, instance: told}",
            "f.yaml:16: steps[2].expect[4].response.instance: must be 'returned' or 'kept', not 'told'",
        ),
    ],
)
def test_a_key_that_was_renamed_is_reported_with_its_new_name(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(DataError) as caught:
        _read(TEXT.replace(old, new, 1))
    assert message in "\n".join([str(caught.value), *map(str, caught.value.others)])


def test_a_folder_beside_the_scenario_is_found(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    assert not list(holding_mistakes({"folder": "images"}, tmp_path))
    assert [where for where, _ in holding_mistakes({"file": "images"}, tmp_path)] == [("file",)]
