"""A misspelt word of a scenario is a mistake of its file, with its line and the word that was meant; never a FAIL."""

from __future__ import annotations

import dataclasses

import pytest

from dicom_conformance.__main__ import main
from dicom_conformance.errors import DataError
from dicom_conformance.play.subjects import Product
from dicom_conformance.play.subjects.product import find_product
from dicom_conformance.scenario import scenario, selection, uid_names, vocabulary
from dicom_conformance.scenario.matrix import expand
from dicom_conformance.statement import statement
from dicom_simulators import SIMULATORS
from dicom_wire import Recorder
from dicom_workstation.outcome import FilmResult, PrinterDetails, PrinterEvent, PrinterState, Result, StateSummary

SOUND = """id: query/words
title: The subject asks
clause: [PS3.4 C.4.1]
level: shall
settings: {query_pdu_length_bytes: 16384}
peers:
  archive: {simulator: archive, holds: [{recipe: smallest, sop_class: CTImageStorage}]}
  modality: {simulator: modality}
for_each: {values: {result: [success, failure]}}
steps:
  - do: {ae: workstation, operation: query, peer: archive, level: STUDY, keys: {PatientID: "1"}}
  - do: {ae: modality, operation: associate, contexts: [{sop_class: Verification, transfer_syntaxes: []}]}
  - expect:
      - outcome: {operation: query, result: $result, match: [{PatientName: DOE}]}
      - pdu: {sender: workstation, type: A-ASSOCIATE-RQ, fields: {called_ae_title: ARCHIVE}}
      - context: {acceptor: archive, sop_class: ModalityWorklistInformationModelFind, result: 0}
      - outcome: {operation: print, event: [{of: PRINTER}], film: [{number: "1"}], printer: {status: NORMAL}}
"""


def load(tmp_path, text):
    """Read a scenario as a run does, before its first case."""
    path = tmp_path / "words.yaml"
    path.write_text(text)
    read = scenario.read(path)
    cases = expand(read, statement.load("directview-5.2"))
    factory = find_product("embedded")
    assert factory is not None
    subject = Product("embedded", factory)
    read.check_subject_words(subject.argument_names, subject.setting_names())
    return cases


def test_a_sound_file_has_no_mistake_and_its_keywords_become_uids(tmp_path):
    setup = load(tmp_path, SOUND)[0].setup()
    assert setup.peers["archive"].holds[0].sop_class == "1.2.840.10008.5.1.4.1.1.2"
    assert setup.steps[1].arguments["contexts"][0]["sop_class"] == "1.2.840.10008.1.1"
    wanted = setup.steps[2].expectations[2].wanted
    assert wanted.sop_class == "1.2.840.10008.5.1.4.31"


@pytest.mark.parametrize(
    ("right", "wrong", "line", "told"),
    [
        ("query_pdu_length_bytes", "query_pdu_lenght_bytes", 5, "did you mean query_pdu_length_bytes?"),
        ("CTImageStorage", "CTImageStorrage", 7, "did you mean CTImageStorage?"),
        ("keys: {", "key: {", 11, "query has no argument 'key'; did you mean keys?"),
        ("level: STUDY, keys", "levle: STUDY, keys", 11, "did you mean level?"),
        ("operation: associate", "operation: asociate", 12, "no operation 'asociate'; did you mean associate?"),
        ("contexts: [", "context: [", 12, "associate has no argument 'context'; did you mean contexts?"),
        ("sop_class: Verification,", "sop_class: Verifikation,", 12, "did you mean Verification?"),
        ("[success, failure]", "[success, failiure]", 14, "did you mean failure?"),
        ("result: $result", "result: sucess", 14, "did you mean success?"),
        ("PatientName: DOE", "PatientNam: DOE", 14, "did you mean PatientName?"),
        ("called_ae_title", "caled_ae_title", 15, "did you mean called_ae_title?"),
        ("InformationModelFind", "InformationModelFnid", 16, "InformationModelFind?"),
        ("of: PRINTER", "off: PRINTER", 17, "did you mean of?"),
        ("number: ", "numbr: ", 17, "did you mean number?"),
        ("{status: NORMAL}", "{statos: NORMAL}", 17, "did you mean status?"),
    ],
)
def test_a_misspelt_word_is_a_mistake_of_the_file(tmp_path, right, wrong, line, told):
    assert right in SOUND
    with pytest.raises(DataError) as caught:
        load(tmp_path, SOUND.replace(right, wrong, 1))
    assert caught.value.line == line
    assert told in str(caught.value)


def test_a_run_ends_with_it_before_the_first_case(tmp_path, capsys):
    path = tmp_path / "words.yaml"
    path.write_text(SOUND.replace("keys: {", "key: {"))
    assert main(["run", str(path), "--output", str(tmp_path / "out")]) == 2
    told = capsys.readouterr()
    assert "words.yaml:11: steps[0].do.key: query has no argument 'key'; did you mean keys?" in told.err
    assert not told.out


def test_a_folder_may_be_written_without_a_dot(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "words.yaml").write_text(SOUND)
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "mine/", "./mine"):
        assert [each.id for each in selection.select([name]).scenarios] == ["query/words"]
    (tmp_path / "query").mkdir()
    assert selection.select(["query"]).prefixes == ("query",)


def test_a_script_may_send_any_name(tmp_path):
    text = """id: robustness/words
title: The subject answers
clause: [PS3.8 9.3.2]
level: shall
peers:
  modality:
    simulator: scripted
    script:
      - send: {pdu: A-ASSOCIATE-RQ, contexts: [{sop_class: NoSuchClass, transfer_syntaxes: [ImplicitVRLittleEndian]}]}
steps:
  - do: {ae: modality, operation: play, peer: workstation}
  - expect: [{association: {requestor: modality}}]
"""
    sent = load(tmp_path, text)[0].setup().peers["modality"].script[0]["send"]["contexts"][0]
    assert sent == {"sop_class": "NoSuchClass", "transfer_syntaxes": ["1.2.840.10008.1.2"]}


def test_the_words_are_those_of_the_workstation():
    assert set(vocabulary.RESULTS) == {each.value for each in Result}
    of_records = {"state": StateSummary, "film": FilmResult, "event": PrinterEvent}
    for field, record in of_records.items():
        own = {one.name for one in dataclasses.fields(record) if one.name.islower()}
        assert set(vocabulary.OUTCOME_KEYS[field]) == own
    shown = {*dataclasses.fields(PrinterState), *dataclasses.fields(PrinterDetails)}
    assert set(vocabulary.PRINTER_KEYS) == {one.name for one in shown} - {"details"}


@pytest.mark.parametrize("simulator", sorted(SIMULATORS))
def test_a_simulator_declares_every_operation_that_it_has(simulator):
    one = SIMULATORS[simulator]("one", "ONE", Recorder())
    assert set(one.ARGUMENTS) == {*one.operations(), *one.own_operations()}


def test_every_keyword_has_one_uid():
    assert uid_names.uids()["CTImageStorage"] == "1.2.840.10008.5.1.4.1.1.2"
    assert len(uid_names.uids()) > 400
