"""Clients by servers: the file, what the wire says of a cell, and a small matrix of our own systems."""

from __future__ import annotations

import json

import pytest
from hand_written import CT, EXPLICIT, A, R, Talk, acceptance, request

from dicom_conformance.__main__ import main
from dicom_conformance.errors import DataError, HarnessError
from dicom_conformance.matrix import CELLS, play_matrix, read_matrix
from dicom_conformance.matrix.cells import judge
from dicom_conformance.trace import Trace
from dicom_wire.capture.sighting import Recorder

ECHO, STORE, QUERY, RETRIEVE, PRINT = CELLS
VERIFICATION = "1.2.840.10008.1.1"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"
GET = "1.2.840.10008.5.1.4.1.2.2.3"


def talk(*contexts: str, answers: tuple[tuple[int, str | None], ...] = ((0, EXPLICIT),)) -> tuple[Talk, Trace]:
    recorder = Recorder()
    written = Talk(recorder, "client", "server")
    written.pdu(R, request(*((uid, (EXPLICIT,)) for uid in contexts)))
    written.pdu(A, acceptance(*answers))
    return written, Trace(recorder)


class TestJudge:
    def test_what_is_answered_by_success_works(self):
        written, trace = talk(VERIFICATION)
        written.say(R, "C-ECHO-RQ", AffectedSOPClassUID=VERIFICATION, MessageID=1)
        written.say(A, "C-ECHO-RSP", MessageIDBeingRespondedTo=1, Status=0)
        judged = judge(ECHO, trace.conversations)
        assert (judged.verdict, judged.why) == ("works", "1 answered: 0000")

    @pytest.mark.parametrize(("status", "verdict"), [(0xB000, "works"), (0xA700, "fails"), (0x0122, "fails")])
    def test_a_warning_works_and_a_failure_fails(self, status, verdict):
        written, trace = talk(CT)
        written.say(A, "C-STORE-RSP", MessageIDBeingRespondedTo=1, Status=0)
        written.say(A, "C-STORE-RSP", MessageIDBeingRespondedTo=2, Status=status)
        assert judge(STORE, trace.conversations).verdict == verdict

    def test_a_query_without_matches_fails(self):
        written, trace = talk(FIND)
        written.say(A, "C-FIND-RSP", MessageIDBeingRespondedTo=1, Status=0)
        assert judge(QUERY, trace.conversations).why == "0 matches, 0000"
        assert judge(QUERY, trace.conversations).verdict == "fails"

    def test_a_query_with_a_match_works(self):
        written, trace = talk(FIND)
        written.say(A, "C-FIND-RSP", MessageIDBeingRespondedTo=1, Status=0xFF00)
        written.say(A, "C-FIND-RSP", MessageIDBeingRespondedTo=1, Status=0)
        assert judge(QUERY, trace.conversations).verdict == "works"

    def test_a_retrieval_of_which_nothing_arrived_fails(self):
        written, trace = talk(GET)
        written.say(A, "C-GET-RSP", MessageIDBeingRespondedTo=1, Status=0, NumberOfCompletedSuboperations=2)
        assert judge(RETRIEVE, trace.conversations).verdict == "fails"
        written.say(R, "C-STORE-RSP", MessageIDBeingRespondedTo=1, Status=0)
        assert judge(RETRIEVE, trace.conversations).verdict == "works"

    def test_a_service_that_is_not_accepted_is_not_offered(self):
        _, trace = talk(VERIFICATION, FIND, answers=((0, EXPLICIT), (3, EXPLICIT)))
        assert judge(QUERY, trace.conversations).verdict == "not offered"

    def test_a_service_that_is_accepted_and_not_used_fails(self):
        _, trace = talk(FIND)
        assert judge(QUERY, trace.conversations).verdict == "fails"

    def test_a_service_that_is_not_proposed_fails(self):
        _, trace = talk(VERIFICATION)
        assert judge(PRINT, trace.conversations).verdict == "fails"

    def test_nothing_on_the_wire_fails(self):
        assert judge(ECHO, []).why == "the client opened no connection"


def matrix(tmp_path, text: str):
    path = tmp_path / "matrix.yaml"
    path.write_text(text)
    return path


SUBJECT = "network_ae: {title: T, host: 127.0.0.1, port: 11112}\n"


class TestFile:
    @pytest.mark.parametrize(
        ("text", "line", "message"),
        [
            (
                "clients: {a: scv}\nservers: {b: archive}\n",
                1,
                "'scv' is neither .* nor a file; did you mean scu",
            ),
            ("clients: {a: scu}\nservers: {b: {subject: archive, command: x}}\n", 2, "archive is ours"),
            ("clients: {a: {subject: s.yaml, command: x}}\nservers: {b: archive}\n", 1, "a client is not started"),
            ("clients: {a: scu}\nservers: {}\n", 2, "at least 1 item"),
            ("clients: {A-b: scu}\nservers: {b: archive}\n", 1, "must match pattern"),
            ("clients: {a: printer}\nservers: {b: archive}\n", 1, "'printer' is neither one of ours"),
        ],
    )
    def test_what_is_wrong_is_said_at_its_line(self, tmp_path, text, line, message):
        (tmp_path / "s.yaml").write_text(SUBJECT)
        with pytest.raises(DataError, match=message) as caught:
            read_matrix(matrix(tmp_path, text))
        assert caught.value.line == line

    def test_subject_files_lie_beside_it(self, tmp_path):
        (tmp_path / "s.yaml").write_text(SUBJECT)
        read = read_matrix(matrix(tmp_path, "clients: {a: s.yaml}\nservers: {b: {subject: s.yaml, command: x}}\n"))
        assert read.clients["a"].subject == str(tmp_path / "s.yaml")
        assert read.servers["b"].command == "x"

    @pytest.mark.parametrize(
        ("command", "message"),
        [
            ("no-such-program-here $port", "the server b cannot be started"),
            ("python -c $prt", r"the server b uses \$prt, which does not exist; there is \$port, \$title, \$folder"),
            ("python -c 'raise SystemExit(3)'", "the server b ended with exit status 3"),
        ],
    )
    def test_a_server_that_does_not_start(self, tmp_path, command, message):
        (tmp_path / "s.yaml").write_text(SUBJECT)
        text = f"clients: {{a: scu}}\nservers:\n  b:\n    subject: s.yaml\n    command: {json.dumps(command)}\n"
        with pytest.raises(HarnessError, match=message):
            play_matrix(read_matrix(matrix(tmp_path, text)), "2026-01-31")


def test_our_own_systems_work_with_each_other(tmp_path, capsys):
    path = matrix(
        tmp_path, "clients: {scu: scu, workstation: workstation}\nservers: {archive: archive, printer: printer}\n"
    )
    assert main(["matrix", str(path), "--output", str(tmp_path / "out")]) == 0
    told = json.loads((tmp_path / "out" / "matrix.json").read_text())
    found = {(one["client"], one["server"], one["cell"]): one for one in told["cells"]}
    assert len(found) == 2 * 2 * 5
    for client in ("scu", "workstation"):
        for server, working in (("archive", ("echo", "store", "query")), ("printer", ("echo", "print"))):
            assert {cell: found[client, server, cell]["verdict"] for cell in working} == dict.fromkeys(working, "works")
    retrieved = found["workstation", "archive", "retrieve"]
    assert (retrieved["verdict"], retrieved["why"]) == ("works", "2 completed, 2 C-STORE-RSP 0000 seen, 0000")
    assert any("C-MOVE-RSP  status 0000" in line for line in retrieved["evidence"])
    assert found["scu", "printer", "store"]["verdict"] == "not offered"
    page = (tmp_path / "out" / "index.html").read_text()
    assert "C-STORE-RSP  status 0000" in page
    assert "2 clients with 2 servers: works: 12, fails: 0, not offered: 8." in page
    assert '<td class="good">works: echo, print<br><small>not offered: store, query, retrieve</small></td>' in page
    assert "works: " in capsys.readouterr().out


def test_a_server_that_is_away_fails(tmp_path):
    (tmp_path / "s.yaml").write_text(SUBJECT.replace("11112", "1"))
    outcome = play_matrix(read_matrix(matrix(tmp_path, "clients: {a: scu}\nservers: {b: s.yaml}\n")), "2026-01-31")
    assert outcome.of("a", "b")["echo"].verdict == "fails"
    assert outcome.exit_status == 1
