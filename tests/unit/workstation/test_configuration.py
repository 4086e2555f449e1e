"""The configuration: what it takes, and that what is wrong is said with file, line and field."""

from __future__ import annotations

import pytest
import yaml

from dicom_workstation.configuration import yaml_file
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.configuration.yaml_file import ConfigurationError

WHOLE = """\
ae_title: MYSELF
host: 127.0.0.1
port: 11112
jpeg_configuration: jpeg2000
query_pdu_length_bytes: 65536
allowed_callers: [CT1, 10.0.0.7, MR1@10.0.0.8]
parallel_retrieves: 2
memory_budget_bytes: 1000000
keep_s: 3600
dimse_timeout_s: 1.5
archives:
  main:
    ae_title: PACS
    host: pacs.example
    port: 104
"""


@pytest.fixture
def read(tmp_path):
    def begin(text: str) -> Configuration:
        (tmp_path / "workstation.yaml").write_text(text)
        return Configuration.from_file(tmp_path / "workstation.yaml")

    return begin


def test_a_whole_file(read):
    configuration = read(WHOLE)
    assert (configuration.ae_title, configuration.port, configuration.jpeg_configuration) == (
        "MYSELF",
        11112,
        "jpeg2000",
    )
    assert configuration.archives["main"].port == 104
    assert configuration.allowed_callers == ("CT1", "10.0.0.7", "MR1@10.0.0.8")
    assert (configuration.keep_s, configuration.dimse_timeout_s) == (3600.0, 1.5)


def test_a_file_and_keywords_are_the_same(read):
    assert read("ae_title: MYSELF\nparallel_retrieves: 3\n") == Configuration.from_keywords(
        ae_title="MYSELF", parallel_retrieves=3
    )


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("ae_title: A\nae_titel: B\n", 2, "ae_titel: this key is unknown"),
        ("ae_title: A\nae_title: B\n", 2, "ae_title: this key occurs twice"),
        ("archives:\n  main:\n    ae_title: A\n    host: h\n", 2, "archives.main.port: is missing"),
        ("archives:\n  main:\n    ae_title: A\n    host: h\n    port: x\n", 5, "archives.main.port: "),
        ("archives:\n  main:\n    ae_title: A\n    host: h\n    port: 70000\n", 5, "archives.main.port: "),
        ("query_pdu_length_bytes: 32767\n", 1, "query_pdu_length_bytes: "),
        ("jpeg_configuration: best\n", 1, "jpeg_configuration: "),
        ("ae_title: ABCDEFGHIJKLMNOPQ\n", 1, "ae_title: an AE title has 1 to 16 characters"),
        ("ae_title: 'A\\B'\n", 1, "ae_title: an AE title has no backslash"),
        ("allowed_callers:\n  - CT1\n  - CT1@nowhere\n", 3, "allowed_callers.1: "),
        ("dimse_timeout_s: 0\n", 1, "dimse_timeout_s: "),
        ("parallel_retrieves: 0\n", 1, "parallel_retrieves: "),
        ("port: [1\n", 2, "is not YAML"),
        ("- a\n- b\n", 1, "must hold `key: value` lines"),
        ("", 1, "the file is empty"),
        ("# nothing\n", 1, "the file is empty"),
        ("? [a]\n: b\n", 1, "a key must be text"),
        ('ae_title: A\nhost: "\\U00110000"\n', 2, "is not YAML"),
        ('ae_title: A\nhost: "\\ud800"\n', 2, "is not YAML"),
        ("ae_title: A\nhost: \x01\n", 2, "is not YAML: it has a control character"),
        ("ae_title: A\n---\nae_title: B\n", 2, "is not YAML"),
        ("ae_title: A\ntls:\n  certificate: a.pem\n  authorities: b.pem\n", 3, "tls.certificate: a.pem cannot be read"),
        ('ae_title: "A\\tB"\n', 1, "ae_title: an AE title has no backslash, control"),
        ('archives:\n  main:\n    ae_title: "A\\0"\n    host: h\n    port: 1\n', 3, "archives.main.ae_title: "),
    ],
)
def test_what_is_wrong_is_said_with_file_line_and_field(read, text, line, words):
    with pytest.raises(ConfigurationError) as raised:
        read(text)
    assert raised.value.line == line
    assert words in str(raised.value)
    assert str(raised.value).count("\n") == 0
    assert "workstation.yaml" in str(raised.value)


TIMES = [name for name in Configuration.model_fields if name.endswith("_s") and not name.startswith("maximum_")]


@pytest.mark.parametrize("number", ["inf", ".inf", "-inf", "nan", ".nan", "1e300", "-1", "0"])
@pytest.mark.parametrize("field", TIMES)
def test_a_time_is_a_number_that_can_be_waited_for(read, field, number):
    with pytest.raises(ConfigurationError) as raised:
        read(f"ae_title: A\n{field}: {number}\n")
    assert (raised.value.line, raised.value.field) == (2, field)


def test_a_file_that_is_not_utf_8_is_refused_with_its_line(tmp_path):
    path = tmp_path / "workstation.yaml"
    path.write_bytes(b"ae_title: A\nhost: \xff\n")
    with pytest.raises(ConfigurationError, match=r"workstation\.yaml:2: is not UTF-8"):
        Configuration.from_file(path)


@pytest.mark.parametrize("beginning", [b"", b"a: [", b'a: "'])
def test_a_file_that_is_too_long_is_not_parsed(tmp_path, monkeypatch, beginning):
    path = tmp_path / "workstation.yaml"
    with path.open("wb") as file:
        file.write(beginning)
        file.truncate(yaml_file.LONGEST_BYTES + 1)
    monkeypatch.setattr(yaml_file, "_LOADER", None)  # whatever parses would fail
    with pytest.raises(ConfigurationError, match=r"workstation\.yaml:1: is longer than 8,388,608 bytes"):
        Configuration.from_file(path)


def test_without_libyaml_the_same_is_refused(read, monkeypatch):
    monkeypatch.setattr(yaml_file, "_LOADER", yaml.SafeLoader)
    assert read(WHOLE).port == 11112
    with pytest.raises(ConfigurationError, match=r"workstation\.yaml:2: is not YAML"):
        read('ae_title: A\nhost: "\\U00110000"\n')


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Configuration.from_file(tmp_path / "absent.yaml")


def test_text_is_never_guessed_to_be_something_else(read):
    assert read("ae_title: 0012\n").ae_title == "0012"
    assert read("ae_title: ON\n").ae_title == "ON"


def test_a_change_is_checked_as_a_whole():
    configuration = Configuration.from_keywords(ae_title="A")
    assert configuration.changed(port=104).port == 104
    with pytest.raises(ConfigurationError, match="nonsense: this key is unknown"):
        configuration.changed(nonsense=1)
    assert configuration.port == 0


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("", "1 to 16"),
        (" " * 16, "1 to 16"),
        ("A" * 17, "1 to 16"),
        ("CT\\1", "backslash"),
        ("CT1\n", "control"),
        ("CT\x1b", "control"),
        ("CTü", "non-ASCII"),
    ],
)
def test_a_title_that_is_none_is_refused_wherever_it_stands(title, words):
    archive = {"ae_title": title, "host": "h", "port": 104}
    for wrong in ({"ae_title": title}, {"archives": {"main": archive}}, {"allowed_callers": [f"{title}@10.0.0.1"]}):
        with pytest.raises(ConfigurationError, match=words):
            Configuration.from_keywords(**wrong)


def test_spaces_around_a_title_are_padding():
    assert Configuration.from_keywords(ae_title="  READING ROOM  ").ae_title == "READING ROOM"
