"""`dicom-conformance check`: every mistake of a file with its line, and nothing played."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_conformance.__main__ import main
from dicom_conformance.run.file_check import is_met_by_nothing, lacks_positive_control
from dicom_conformance.scenario.matrix import expand
from dicom_conformance.scenario.selection import select
from dicom_conformance.statement import statement

SOUND = """id: query/mine
title: The subject asks
clause: [PS3.4 C.4.1]
level: shall
peers:
  archive: {simulator: archive}
steps:
  - do: {ae: workstation, operation: query, peer: archive}
  - expect: [{dimse: {sender: workstation, message: C-FIND-RQ, count: 1}}]
"""


@pytest.fixture
def checked(tmp_path, capsys):
    """Check a file with this text; give the exit status and what was written, file names left out."""

    def check(text, *options):
        path = tmp_path / "mine.yaml"
        path.write_text(text)
        status = main(["check", str(path), *options])
        told = capsys.readouterr()
        return status, told.out.replace(str(path), "FILE"), told.err.replace(str(path), "FILE")

    return check


def test_a_sound_scenario_is_said_to_be_sound(checked):
    assert checked(SOUND) == (0, "FILE: a valid scenario with 1 case\n", "")


def test_every_mistake_is_told_with_its_line(checked):
    text = SOUND.replace("simulator: archive", "simulator: archiv").replace("C-FIND-RQ", "C-FIND-RG")
    status, out, err = checked(text)
    assert (status, out) == (2, "")
    assert "FILE:6: peers.archive.simulator: unknown simulator; did you mean archive?" in err
    assert "FILE:9: " in err
    assert "did you mean C-FIND-RQ?" in err


def test_a_scenario_that_nothing_satisfies_is_warned_of(checked):
    status, _, err = checked(SOUND.replace("count: 1", "count: 0"))
    assert status == 0
    assert "warning: query/mine: every expectation is met if nothing happens" in err


def test_a_claim_that_there_is_not_and_a_need_that_is_not_claimed_are_warned_of(checked):
    needs = "level: shall\nneeds: {sop_class: ModalityWorklistInformationModelFind}"
    status, _, err = checked(SOUND.replace("PS3.4 C.4.1", "DCS 9.9.9").replace("level: shall", needs))
    assert status == 0
    assert "warning: query/mine: DCS 9.9.9 is not a claim of directview-5.2" in err
    assert "not claimed: the statement directview-5.2 does not claim SOP Class 1.2.840.10008.5.1.4.31" in err


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("network_ae: {title: T, port: 104}\n", "FILE: a valid subject file\n"),
        ("clients: {a: scu}\nservers: {b: archive, c: printer}\n", "FILE: a valid matrix of 1 client and 2 servers\n"),
        ("- {case: storage/x, reason: fixed in 5.3}\n", "FILE: a valid file of 1 known deviation\n"),
    ],
)
def test_other_files_are_checked_too(checked, text, out):
    assert checked(text) == (0, out, "")


@pytest.mark.parametrize("text", ["prot: 11112\n", "archvies: {}\n"])
def test_a_file_of_another_kind_is_not_called_sound(checked, text):
    status, out, err = checked(text)
    assert (status, out) == (2, "")
    assert "FILE: is not one of the files that are checked here: a scenario has `steps`" in err


ANY = "`simulate archive|destination|printer`"


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("port: 11117\njpeg_configuration: lossless\n", "FILE: a valid configuration of the workstation\n"),
        (
            "ae_title: PACS\nholds: [{recipe: smallest}]\n",
            "FILE: a valid configuration of `simulate archive`\n",
        ),
        (
            "settings: {keeps: true}\nseed: 5\n",
            f"FILE: a valid configuration of {ANY}\n",
        ),
        ("settings: {queue: 3}\n", "FILE: a valid configuration of `simulate printer`\n"),
        (
            "ae_title: PACS\nport: 11117\n",
            f"FILE: a valid configuration of the workstation, and of {ANY}\n",
        ),
        ('studies: [{study_instance_uid: "1.2.3"}]\n', "FILE: a valid data file of 1 study\n"),
    ],
)
def test_configurations_and_data_are_told_by_their_content(checked, text, out):
    assert checked(text) == (0, out, "")


@pytest.mark.parametrize(
    ("text", "err"),
    [
        ("jpeg_configuration: lossles\n", "FILE:1: jpeg_configuration: must be"),
        ("archives: {A: {}}\njpeg_configuration: lossless\n", "FILE:1: archives.A."),
        ("port: 5\nholds: []\nfautls: []\n", "FILE:3: fautls: unknown key; did you mean faults?"),
        ("holds: [{recipe: smalest}]\n", "FILE:1: holds[0].recipe: no data set can be built for the recipe"),
        ("settings: {queeu: 3}\n", "FILE:1: settings.queeu: "),
        ('faults: [{status: "A700"}]\n', "`respond` answers with a status of your choice"),
        ("faults: [{respnd: {to: C-FIND-RQ}}]\n", "unknown fault; did you mean respond? (docs/reference/faults.md"),
        ("studies: []\n", "FILE:1: studies: names no study"),
    ],
)
def test_a_mistake_of_a_configuration_is_told_with_its_line(checked, text, err):
    status, out, told = checked(text)
    assert (status, out) == (2, "")
    assert err in told


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("echoscu {host} {prot}", "{prot} is not a field; did you mean {port}?"),
        ("findscu {hots} {port}", "{hots} is not a field; did you mean {host}?"),
        ("findscu -k {StudyInstanceUId}", "no element has this keyword; did you mean StudyInstanceUID?"),
    ],
)
def test_a_misspelt_field_of_a_command_is_a_mistake(checked, command, message):
    status, _, err = checked(f'network_ae: {{title: T, port: 104}}\noperations: {{echo: {{command: "{command}"}}}}\n')
    assert status == 2
    assert "FILE:2: operations.echo: " in err
    assert message in err


def test_a_field_that_only_an_argument_can_fill_is_warned_of(checked):
    status, _, err = checked(
        'network_ae: {title: T, port: 104}\noperations: {echo: {manual: "Echo {urgency} {port}"}}\n'
    )
    assert status == 0
    assert "warning: FILE: {urgency} is filled only by a scenario whose operation has an argument urgency" in err
    assert err.count("warning") == 1


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            "{PatientNmae: A}",
            "FILE:8: steps[0].do.keys.PatientNmae: no element has the keyword",
        ),
        (
            "{ReferencedStudySequence: [{ReferencedSOPInstanceUUID: 1.2}]}",
            "keys.ReferencedStudySequence[0].ReferencedSOPInstanceUUID: no element",
        ),
    ],
)
def test_an_unknown_keyword_among_the_keys_is_a_mistake(checked, keys, message):
    asks = f"operation: query, level: STUDY, keys: {keys}, peer: archive"
    status, _, err = checked(SOUND.replace("operation: query, peer: archive", asks))
    assert status == 2
    assert message in err


def test_keys_by_keyword_and_by_tag_are_sound(checked):
    asks = 'operation: query, level: STUDY, keys: {PatientName: A, "(0009,1001)": B}, peer: archive'
    assert checked(SOUND.replace("operation: query, peer: archive", asks))[0] == 0


NEEDS = """format: "2"
id: scp/mine
title: It answers
needs: {role: SCP, service: verification}
level: shall
clause: PS3.4 A.3
peers: {scu: {simulator: scu}}
steps:
  - do: {ae: scu, operation: echo, peer: subject}
  - given: [{dimse: {sender: scu, message: C-ECHO-RQ, count: 1}}]
  - expect: [{dimse: {sender: subject, message: C-ECHO-RSP, count: 1}}]
"""


@pytest.mark.parametrize(
    ("need", "message"),
    [
        ("fixture: daets", "FILE:4: needs.fixture: there is no fixture 'daets'; did you mean dates?"),
        ("fixture: [dates, tmes]", "FILE:4: needs.fixture[1]: there is no fixture 'tmes'; did you mean times?"),
        ("model: study_rot", "FILE:4: needs.model: there is no model 'study_rot'; did you mean study_root?"),
        ("sop_class: CTImageStorag", "FILE:4: needs.sop_class: 'CTImageStorag' is neither a UID nor"),
        ("may_stor: true", "FILE:4: needs.may_stor: unknown key; did you mean may_store?"),
        ("promise: identiy", "FILE:4: needs.promise: must be"),
    ],
)
def test_an_unknown_name_in_needs_is_a_mistake(checked, need, message):
    status, _, err = checked(NEEDS.replace("service: verification", f"service: verification, {need}"))
    assert status == 2
    assert message in err


def test_an_operation_that_the_subject_has_not_is_warned_of(checked):
    text = SOUND.replace("level: shall", "level: shall\nneeds: {operation: qury}")
    status, _, err = checked(text)
    assert status == 0
    assert "warning: query/mine: the subject embedded offers no operation qury" in err


def test_the_statement_of_the_workstation_is_sound(capsys):
    path = Path(__file__).parents[3] / "scenarios" / "statements" / "directview-5.2.yaml"
    assert main(["check", str(path)]) == 0
    assert "a valid statement with 181 claims" in capsys.readouterr().out


def test_no_shipped_scenario_is_met_where_nothing_happens():
    promised = statement.load("directview-5.2")
    firsts = [next((one for one in expand(each, promised) if not one.reason), None) for each in select().scenarios]
    assert [one.id for one in firsts if one is not None and is_met_by_nothing(one.setup())] == []


REFUSAL = """id: scp/mine
title: The subject refuses
clause: [PS3.8 9.3.4]
level: shall
peers:
  modality: {simulator: modality}
  other: {simulator: modality}
steps:
  - do: {ae: modality, operation: echo, peer: workstation}
"""
HINT = "every expectation wants a refusal, an absence or silence"


@pytest.mark.parametrize(
    "expectation",
    [
        "pdu: {sender: workstation, type: A-ASSOCIATE-RJ}",
        "pdu: {sender: workstation, type: [A-ASSOCIATE-RJ, A-ABORT]}",
        "pdu: {sender: workstation, type: P-DATA-TF, count: 0}",
        "dimse: {sender: workstation, message: C-ECHO-RSP, count: at most 0}",
        "dimse: {sender: workstation, message: C-ECHO-RSP, status: [0122, failure]}",
        "association: {requestor: modality, acceptor: workstation, ends: [rejected, aborted]}",
        "association: {requestor: modality, acceptor: workstation, established: false}",
        "association: {requestor: modality, acceptor: workstation, rejection: {result: 1}}",
        "context: {requestor: modality, acceptor: workstation, result: abstract_syntax_not_supported}",
        "outcome: {ae: modality, operation: echo, result: [rejected, aborted]}",
    ],
)
def test_a_scenario_of_refusals_alone_needs_a_positive_control(checked, expectation):
    text = REFUSAL + f"  - expect: [{{{expectation}}}, {{pdu: {{sender: workstation, violations: none}}}}]\n"
    status, _, err = checked(text)
    assert status == 0
    assert HINT in err
    served = "  - given: [{dimse: {sender: workstation, requestor: PEER, message: C-ECHO-RSP, status: success}}]\n"
    assert HINT not in checked(text + served.replace("PEER", "modality"))[2]
    assert HINT not in checked(text + served.replace("requestor: PEER, ", ""))[2]
    if "modality" in expectation:  # another peer's service says nothing about this one
        assert HINT in checked(text + served.replace("PEER", "other"))[2]
    assert HINT in checked(text + "  - given: [{pdu: {sender: modality, violations: none}}]\n")[2]


@pytest.mark.parametrize(
    "expectation",
    [
        "dimse: {sender: workstation, message: C-ECHO-RSP, status: 0000}",
        "dimse: {sender: workstation, message: C-ECHO-RSP, count: 1}",
        "association: {requestor: modality, acceptor: workstation, ends: released}",
        "context: {requestor: modality, acceptor: workstation, result: acceptance}",
        "outcome: {ae: modality, operation: echo, result: success}",
    ],
)
def test_a_scenario_that_wants_a_service_needs_none(checked, expectation):
    refusal = "{pdu: {sender: workstation, type: A-ABORT, count: 0}}"
    assert HINT not in checked(REFUSAL + f"  - expect: [{{{expectation}}}, {refusal}]\n")[2]


ASKING = """id: retrieve/mine
title: The subject tells that it was refused
clause: [PS3.4 C.4.2]
level: shall
peers:
  archive: {simulator: archive}
steps:
  - do: {ae: workstation, operation: retrieve, peer: archive, level: STUDY, keys: {StudyInstanceUID: 2.25.52}}
"""


@pytest.mark.parametrize(
    "expectation",
    [
        "dimse: {sender: archive, message: C-MOVE-RSP, position: last, status: A801}",
        "pdu: {sender: archive, type: A-ASSOCIATE-RJ}",
        "association: {requestor: workstation, acceptor: archive, ends: rejected}",
        "association: {requestor: workstation, acceptor: archive, rejection: {result: 1}}",
    ],
)
def test_a_refusal_of_our_own_peer_is_an_answer_to_a_client_that_asked(checked, expectation):
    told = "outcome: {operation: retrieve, result: [failure, rejected], arrived: 0}"
    assert HINT not in checked(ASKING + f"  - expect: [{{{expectation}}}, {{{told}}}]\n")[2]


@pytest.mark.parametrize(
    "expectation",
    [
        "dimse: {sender: archive, message: C-MOVE-RSP, count: 0}",
        "dimse: {sender: workstation, message: C-MOVE-RQ, count: 0}",
        "pdu: {sender: archive, type: A-ABORT}",
        "association: {requestor: workstation, acceptor: archive, ends: [rejected, aborted]}",
        "outcome: {operation: retrieve, result: refused}",
    ],
)
def test_a_client_that_no_peer_serves_is_named_as_such(checked, expectation):
    told = checked(ASKING + f"  - expect: [{{{expectation}}}]\n")[2]
    assert HINT in told
    assert "met by a client that no peer ever serves; add a `given` in which the same peer serves the subject" in told


def test_the_example_of_the_readme_is_sound(checked):
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    example = readme.split("```yaml\n")[1].split("```")[0]
    assert checked(example) == (0, "FILE: a valid scenario with 1 case\n", "")


def test_each_scenario_has_its_positive_control():
    promised = [statement.load(name) for name in statement.names()]
    lacking = []
    for scenario in select().scenarios:
        cases = (one for each in promised for one in expand(scenario, each) if not one.reason)
        case = next(cases, None)
        if case is not None and lacks_positive_control(case.setup()):
            lacking.append(scenario.id)
    assert lacking == []


FAULT = "faults: [{respond: {to: C-MOVE-RQ, status: A701}}]"


@pytest.mark.parametrize(
    ("archive", "hinted"),
    [
        ("{simulator: archive}", True),
        (f"{{simulator: archive, {FAULT}}}", False),
        (f"{{simulator: archive, {FAULT[:-2]}, optional: true}}]}}", True),
        (f"{{simulator: archive, {FAULT[:-2]}, tripwire: true}}]}}", True),
        ("{simulator: scripted, script: [{receive: {pdu: A-ASSOCIATE-RQ}}, {send: {pdu: A-ASSOCIATE-RJ}}]}", False),
        ("{simulator: scripted, script: [{stall: {s: 1}}]}", True),
    ],
)
def test_a_peer_that_must_misbehave_has_been_asked(checked, archive, hinted):
    text = ASKING.replace("{simulator: archive}", archive)
    told = checked(text + "  - expect: [{outcome: {operation: retrieve, result: [failure, aborted]}}]\n")
    assert told[0] == 0
    assert (HINT in told[2]) is hinted


def test_a_fault_that_a_step_sets_counts_and_one_of_a_peer_that_nobody_asks_does_not(checked):
    expected = "  - expect: [{outcome: {operation: retrieve, result: failure}}]\n"
    fault = "  - fault: {ae: archive, respond: {to: C-MOVE-RQ, status: A701}}\n"
    assert HINT not in checked(ASKING.replace("steps:\n", "steps:\n" + fault) + expected)[2]
    other = ASKING.replace("peers:\n", f"peers:\n  other: {{simulator: archive, {FAULT}}}\n")
    assert HINT in checked(other + expected)[2]


@pytest.mark.parametrize(
    ("expectation", "hinted"),
    [
        ("outcome: {operation: retrieve, result: failure, status: A801}", False),
        ("outcome: {operation: retrieve, result: refused, detail: no such study}", False),
        ("outcome: {operation: retrieve, result: failure, failed: 2}", False),
        ("outcome: {operation: retrieve, result: failure, failed: 0}", True),
        ("outcome: {operation: retrieve, result: failure, status: none}", True),
        ("outcome: {ae: archive, operation: retrieve, result: failure, status: A801}", True),
    ],
)
def test_a_client_that_tells_its_answer_or_its_reason_is_not_one_that_nobody_serves(checked, expectation, hinted):
    silent = "dimse: {sender: archive, message: C-STORE-RQ, count: 0}"
    assert (HINT in checked(ASKING + f"  - expect: [{{{expectation}}}, {{{silent}}}]\n")[2]) is hinted


@pytest.mark.parametrize(
    ("expectation", "hinted"),
    [
        ("log: {contains: [not on the list]}", False),
        ("log: {ae: modality, contains: [rejected]}", True),
        ("log: {absent: [accepted]}", True),
        ("association: {requestor: modality, acceptor: workstation, maximum_length: 32768}", False),
        ("association: {requestor: modality, acceptor: workstation, sender: modality, maximum_length: 32768}", True),
    ],
)
def test_what_a_subject_logs_or_announces_is_no_refusal(checked, expectation, hinted):
    silent = "dimse: {sender: workstation, message: C-ECHO-RSP, count: 0}"
    assert (HINT in checked(REFUSAL + f"  - expect: [{{{expectation}}}, {{{silent}}}]\n")[2]) is hinted


@pytest.mark.parametrize("refused", ["script", "settings"])
def test_another_peer_that_is_served_is_enough_where_the_refused_one_never_can_be(checked, refused):
    text = REFUSAL
    if refused == "settings":
        text = text.replace("peers:\n", "settings: {allowed_callers: [OTHER]}\npeers:\n")
    else:
        script = "script: [{send: {pdu: A-ASSOCIATE-RQ}}, {receive: {pdu: A-ASSOCIATE-RJ}}]"
        text = text.replace("modality: {simulator: modality}", f"modality: {{simulator: scripted, {script}}}")
        text = text.replace("operation: echo", "operation: play")
    text += "  - expect: [{association: {requestor: modality, acceptor: workstation, ends: rejected}}]\n"
    assert HINT in checked(text)[2]
    served = "  - given: [{dimse: {sender: workstation, requestor: other, message: C-ECHO-RSP, status: success}}]\n"
    assert HINT not in checked(text + served)[2]


def test_a_scenario_of_which_no_case_is_claimed_lacks_no_configuration(checked):
    path = next(each.path for each in select().scenarios if each.id == "scu/get/cancel")
    status, _, err = checked(path.read_text())
    assert status == 0
    assert "scu/get/cancel: the subject embedded offers no operation get" in err
    assert "does not claim an AE as SCU with service get" in err
    assert "configuration" not in err
