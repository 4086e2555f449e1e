from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, ConfigDict

from dicom_conformance.__main__ import main
from dicom_conformance.files import strict_yaml
from dicom_conformance.files.known_names import suggestion
from dicom_conformance.files.strict_yaml import DataError, dotted, parse, read, validate


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    uid: str
    count: int = 0
    wanted: bool = False


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    parts: tuple[Inner, ...] = ()
    named: dict[str, Inner] = {}
    either: Inner | None = None


@pytest.mark.parametrize(
    "scalar", ["0012", "9.10", "ON", "yes", "~", "null", "2026-01-31", "0x1F", "1e3", ".inf", "12:30"]
)
def test_every_scalar_is_text(scalar: str) -> None:
    assert parse(f"a: {scalar}\nb: [{scalar}]").data == {"a": scalar, "b": [scalar]}


def test_quoted_and_block_scalars_are_text_too() -> None:
    assert parse("a: \"1\"\nb: 'x'\nc: |\n  two\n  lines\n").data == {"a": "1", "b": "x", "c": "two\nlines\n"}


def test_an_empty_scalar_is_empty_text() -> None:
    assert parse("a:\nb: ''").data == {"a": "", "b": ""}


def test_the_line_of_each_part_is_known() -> None:
    document = parse("a:\n  - x\n  - b: 1\n    c: 2\nd: 3\n")
    assert document.lines == {(): 1, ("a",): 1, ("a", 0): 2, ("a", 1): 3, ("a", 1, "b"): 3, ("a", 1, "c"): 4, ("d",): 5}
    assert document.line(("a", 1, "unknown", "deeper")) == 3


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("a: 1\na: 2", 2, "a: the key is repeated (first on line 1)"),
        ("x:\n  b: 1\n  c: 2\n  b: 3", 4, "x.b: the key is repeated (first on line 2)"),
        ("a: &one 1", 1, "anchor &one"),
        ("a: [1]\nb: *one", 2, "alias *one"),
        ("a: {<<: {b: 1}}", 1, "merge keys"),
        ("a: !!int 1", 1, "tag"),
        ("a: !own {b: 1}", 1, "tag !own"),
        ("a: 1\n---\nb: 2", 2, "second document"),
        ("a:\n\t- 1", 2, ""),
        ("? [a]\n: 1", 1, "a key must be text"),
        ("'': 1", 1, "a key must not be empty"),
        ("a: [1", 1, ""),
        ("a: b: c", 1, ""),
        ("a: \x07", 1, ""),
    ],
)
def test_what_yaml_adds_is_refused_with_its_line(text: str, line: int, part: str) -> None:
    with pytest.raises(DataError) as caught:
        parse(text, "f.yaml")
    assert caught.value.line in (line, line + 1) if not part else caught.value.line == line
    assert part in str(caught.value)
    assert str(caught.value).startswith("f.yaml:")


def test_a_quoted_merge_key_is_a_key() -> None:
    assert parse("'<<': 1").data == {"<<": "1"}


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_an_empty_file_is_wrong(text: str) -> None:
    with pytest.raises(DataError, match=r"f\.yaml:1: the file is empty"):
        parse(text, "f.yaml")


@pytest.mark.parametrize("loader", [yaml.CSafeLoader, yaml.SafeLoader])
@pytest.mark.parametrize("text", ['a: 1\nb: "\\U00110000"\n', "a: 1\nb: \ud800\n", "a: 1\nb: \x01\n", 'a: 1\nb: "\n'])
def test_a_character_that_is_none_is_refused_with_a_line(
    text: str, loader: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strict_yaml, "_LOADER", loader)
    with pytest.raises(DataError) as caught:
        parse(text, "f.yaml")
    assert caught.value.line in (2, 3)


def test_a_file_that_is_too_long_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f.yaml"
    with path.open("wb") as file:
        file.truncate(strict_yaml.LONGEST_BYTES + 1)
    monkeypatch.setattr(strict_yaml, "_LOADER", None)  # whatever parses would fail
    with pytest.raises(DataError, match=r"f\.yaml:1: is longer than 8,388,608 bytes"):
        read(path)


def longest(folder: Path) -> Path:
    path = folder / "f.yaml"
    with path.open("wb") as file:
        file.truncate(strict_yaml.LONGEST_BYTES + 1)
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--subject", "{}"),
        ("run", "--statement", "{}"),
        ("run", "--known-deviations", "{}"),
        ("list", "--statement", "{}"),
        ("simulate", "archive", "--config", "{}"),
        ("workstation", "serve", "--config", "{}"),
    ],
)
def test_every_command_refuses_a_file_that_is_too_long(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = longest(tmp_path)
    assert main([each.format(path) for each in arguments]) == 2
    told = capsys.readouterr().err
    assert f"{path}:1: is longer than 8,388,608 bytes" in told
    assert told.count("\n") == 1


def test_nesting_has_an_end() -> None:
    with pytest.raises(DataError, match="nested deeper"):
        parse("[" * 500 + "]" * 500)


def test_bytes_that_are_not_utf_8_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(DataError, match="UTF-8") as caught:
        read(path)
    assert caught.value.line == 2


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        read(tmp_path / "absent.yaml")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read(path).data == {"a": "1"}


def test_the_model_gives_the_types() -> None:
    found = validate(parse("id: 0012\nparts:\n  - {uid: 1.20, count: 007, wanted: ON}"), Outer)
    assert found == Outer(id="0012", parts=(Inner(uid="1.20", count=7, wanted=True),))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("id: x\nparst: []", 2, "parst: unknown key; did you mean parts?"),
        ("id: x\nparts:\n  - {uid: 1}\n  - {uidd: 2, uid: 1}", 4, "parts[1].uidd: unknown key; did you mean uid?"),
        ("id: x\nnamed:\n  one:\n    uid: 1\n    cuont: 2", 5, "named.one.cuont: unknown key; did you mean count?"),
        ("id: x\neither:\n  uid: 1\n  wantd: 2", 4, "either.wantd: unknown key; did you mean wanted?"),
        ("id: x\nparts:\n  - count: 1", 3, "parts[0].uid: missing"),
        ("parts: []", 1, "id: missing"),
        ("id: x\nparts:\n  - {uid: 1, count: many}", 3, "parts[0].count: must be a whole number, not 'many'"),
        ("id: x\nparts:\n  - {uid: 1, wanted: maybe}", 3, "parts[0].wanted: must be true or false, not 'maybe'"),
        ("id: [1]\n", 1, "id: must be text, not a list"),
        ("id: x\nparts: none", 2, "parts: must be a list, not 'none'"),
        ("id: x\nparts: [none]", 2, "parts[0]: must be a mapping, not 'none'"),
    ],
)
def test_a_fault_of_the_model_says_where(text: str, line: int, message: str) -> None:
    with pytest.raises(DataError) as caught:
        validate(parse(text, "f.yaml"), Outer)
    assert str(caught.value) == f"f.yaml:{line}: {message}"


def test_further_faults_of_a_file_are_told_along() -> None:
    with pytest.raises(DataError) as caught:
        validate(parse("id: x\nparts:\n  - {uid: 1, count: a}\n  - {uid: 1, count: b}"), Outer)
    assert [other.line for other in caught.value.others] == [4]


def test_locations_are_written_as_people_do() -> None:
    assert dotted(("steps", 1, "expect", 0, "dimse")) == "steps[1].expect[0].dimse"
    assert dotted(()) == ""


def test_far_from_every_key_all_are_named() -> None:
    assert suggestion("zzz", ["one", "two"]) == "; it must be one of one, two"
    assert suggestion("zzz", [str(number) for number in range(100)]) == ""
