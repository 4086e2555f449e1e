from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

import psutil
import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.play.subjects import Address, Foreign, UnsupportedError
from dicom_conformance.play.subjects.commands import Commands

EXAMPLES = Path(__file__).parents[3] / "docs" / "subjects"
EXAMPLE = EXAMPLES / "dcmtk.yaml"
HEAD = "network_ae: {title: TARGET, port: 11112}\n"
KEYS = {"PatientName": "DOE^JANE X", "StudyInstanceUID": ["1.2", "1.3"], "StudyDate": ""}


@pytest.fixture
def said(tmp_path):
    """Give the words that a command becomes."""

    def say(template, arguments):
        (tmp_path / "print.py").write_text("import json, sys\njson.dump(sys.argv[2:], open(sys.argv[1], 'w'))\n")
        command = f"{sys.executable} {tmp_path / 'print.py'} {tmp_path / 'words'} {template}"
        (tmp_path / "subject.yaml").write_text(HEAD + f"operations:\n  find: {{command: {json.dumps(command)}}}\n")
        subject = Foreign.from_file(tmp_path / "subject.yaml")
        subject.prepare("none", {"archive": Address("PACS", "127.0.0.1", 104)}, {})
        assert subject.perform("query", "archive", arguments) is None
        return json.loads((tmp_path / "words").read_text())

    return say


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{calling} {called}@{host}:{port}", ["TARGET", "PACS@127.0.0.1:104"]),
        ("{keys}", ["PatientName=DOE^JANE X", "StudyInstanceUID=1.2\\1.3", "StudyDate="]),
        ("{keys:-k}", ["-k", "PatientName=DOE^JANE X", "-k", "StudyInstanceUID=1.2\\1.3", "-k", "StudyDate="]),
        ("{StudyInstanceUID} uid={StudyInstanceUID}", ["1.2", "1.3", "uid=1.2\\1.3"]),
        ("--{root} {level} {model}", ["--patient", "STUDY", "patient_root"]),
        ("'{PatientName}' \"a {level}\"", ["DOE^JANE X", "a STUDY"]),
    ],
)
def test_a_command_is_filled_word_by_word(said, template, words):
    assert said(template, {"model": "patient_root", "level": "STUDY", "keys": KEYS}) == words


def test_the_study_root_is_meant_where_none_is_named(said):
    assert said("{root}", {"level": "STUDY", "keys": KEYS}) == ["study"]


def test_the_arguments_are_words_of_their_own(said):
    arguments = {"layout": "2x3", "copies": 2, "annotations": ["a b", "c"], "files": ["x.dcm"], "keys": KEYS}
    words = ["layout=2x3", "copies=2", "annotations=a b\\c"]
    assert said("{arguments} -- {files}", arguments) == [*words, "--", "x.dcm"]
    assert said("{arguments} -- {files}", {"files": ["x.dcm"]}) == ["--", "x.dcm"]
    assert said("{arguments}", {"presentation_lut": {"first": 0}}) == ['presentation_lut={"first": 0}']


@pytest.mark.parametrize("template", ["{files}", "x{files}", "{keys:-k}"])
def test_what_a_case_does_not_have_is_unsupported(said, template):
    with pytest.raises(UnsupportedError, match=r"needs \{(files|keys)\}"):
        said(template, {"level": "STUDY", "files": []})


@pytest.mark.parametrize(
    "way",
    [
        "command: 'echoscu {}'",
        "command: 'echoscu {0}'",
        "command: 'echoscu {called'",
        "command: 'echoscu called}'",
        "command: 'echoscu {called.upper}'",
        "command: 'echoscu \"{called}'",
        "command: ' '",
        "manual: 'Call {}'",
        "command: x, manual: x",
        "within_s: 5",
    ],
)
def test_a_wrong_operation_is_found_when_the_file_is_read(tmp_path, way):
    (tmp_path / "subject.yaml").write_text(HEAD + f"operations:\n  echo: {{{way}}}\n")
    with pytest.raises(DataError) as raised:
        Foreign.from_file(tmp_path / "subject.yaml")
    assert raised.value.line == 3


def test_the_example_is_read():
    subject = Foreign.from_file(EXAMPLE)
    assert subject.name == "dcmtk"
    assert [
        operation for operation in ("echo", "query", "retrieve", "store") if subject.offers(operation, "none")
    ] == []
    assert "cancel" in subject.offers("cancel", "none")
    assert "lossy" in subject.offers("", "lossy")


def test_an_operation_has_the_models_that_its_command_can_be_told():
    subject = Foreign.from_file(EXAMPLE)
    both = ("study_root", "patient_root")
    assert subject.models_of_operations == {"echo": (), "query": both, "retrieve": both, "get": both, "store": ()}


def test_the_example_that_prints_is_read():
    subject = Foreign.from_file(EXAMPLES / "dcmtk-print.yaml")
    assert subject.offers("print", "none") == ""
    assert "select_printer" in subject.offers("select_printer", "none")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        *(
            (HEAD + f"operations:\n  echo: {{command: x, within_s: {number}}}\n", r"subject\.yaml:3: .*\.within_s: ")
            for number in ("inf", "1e300", "nan", "0")
        ),
        ('network_ae: {title: "A\\tB", port: 1}\n', r"subject\.yaml:1: network_ae\.title: an AE title has no"),
        (HEAD + 'peers: {a: {title: "\\x7f", port: 1}}\n', r"subject\.yaml:2: peers\.a\.title: an AE title has no"),
    ],
)
def test_a_time_or_a_title_that_nobody_can_use_is_refused(tmp_path, text, words):
    (tmp_path / "subject.yaml").write_text(text)
    with pytest.raises(DataError, match=words):
        Foreign.from_file(tmp_path / "subject.yaml")


class TestPrograms:
    def test_none_is_left_when_the_subject_is_given_up(self, tmp_path):
        pids, ended = Pids(tmp_path / "pids"), []
        running = Commands()
        thread = threading.Thread(target=lambda: ended.append(running.run(pids.command, 600)))
        thread.start()
        program, child = pids.read()
        running.settle()
        thread.join(30)
        assert not thread.is_alive()
        assert not psutil.pid_exists(program)
        assert not is_alive(child)

    def test_one_that_takes_too_long_is_ended_with_what_it_started(self, tmp_path):
        pids = Pids(tmp_path / "pids")
        thread = threading.Thread(target=lambda: Commands().run(pids.command, 1))
        thread.start()
        _, child = pids.read()
        thread.join(30)
        assert not thread.is_alive()
        assert not is_alive(child)

    def test_one_that_does_not_exist_is_unsupported(self, tmp_path):
        with pytest.raises(UnsupportedError, match="no-such-program: No such file"):
            Commands().run([str(tmp_path / "no-such-program")], 1)


class Pids:
    """A program that starts another, writes both their numbers into a pipe, and goes on until it is ended."""

    def __init__(self, path):
        os.mkfifo(path)
        self.path = path
        self.command = ["/bin/sh", "-c", f"sleep 600 & echo $$ $! > {path}; wait"]

    def read(self):
        return [int(word) for word in self.path.read_text().split()]


def is_alive(pid):
    try:
        process = psutil.Process(pid)
        process.wait(10)
    except psutil.NoSuchProcess:
        return False
    except psutil.TimeoutExpired:
        return process.status() != psutil.STATUS_ZOMBIE
    return False
