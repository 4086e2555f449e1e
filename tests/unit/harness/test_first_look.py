from __future__ import annotations

from pathlib import Path

import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.files import first_look
from dicom_conformance.scenario import selection

BODY = """
title: An echo is answered
clause: [PS3.7 9.1.5]
level: shall
needs: {{ae: loader_server, role: SCP}}
peers: {{modality: {{simulator: modality}}}}
{further}
steps:
  - do: {{ae: modality, operation: echo, peer: workstation}}
  - expect: [{{dimse: {{sender: workstation, message: C-ECHO-RSP, status: "0000"}}}}]
"""


def written(folder: Path, name: str, identifier: str, further: str = "", head: str = 'format: "1"') -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(f"{head}\nid: {identifier}{BODY.format(further=further)}", encoding="utf-8")
    return path


def names(folder: Path, *selects: str) -> list[str]:
    return [each.id for each in selection.select(selects, folder).scenarios]


def test_only_what_may_be_named_is_read(tmp_path: Path) -> None:
    written(tmp_path, "a", "one/a")
    (tmp_path / "b.yaml").write_text('format: "1"\nid: two/b\nsteps: [', encoding="utf-8")
    assert names(tmp_path, "one/") == ["one/a"]
    with pytest.raises(DataError, match=r"b\.yaml"):
        names(tmp_path, "two/")
    with pytest.raises(DataError, match=r"b\.yaml"):
        names(tmp_path)


def test_what_is_depended_on_is_read_too(tmp_path: Path) -> None:
    written(tmp_path, "a", "one/a", "depends_on: [two/b]")
    written(tmp_path, "b", "two/b", "depends_on: [three/c]")
    written(tmp_path, "c", "three/c")
    written(tmp_path, "d", "four/d")
    assert names(tmp_path, "one/a[") == ["three/c", "two/b", "one/a"]


def test_an_unknown_dependency_is_told_with_what_was_meant(tmp_path: Path) -> None:
    written(tmp_path, "a", "one/a", "depends_on: [two/bb]")
    written(tmp_path, "b", "two/b")
    with pytest.raises(DataError, match=r"no scenario has the id 'two/bb'.*two/b"):
        names(tmp_path, "one/")


def test_an_id_that_two_files_have_is_told(tmp_path: Path) -> None:
    written(tmp_path, "a", "one/a")
    written(tmp_path, "b", "one/a")
    with pytest.raises(DataError, match="has the same id, one/a"):
        names(tmp_path, "one/")


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("id: one/a\n", ("one/a",)),
        ("id: one/a\r\nformerly: [two/b, three/c]\r\nlevel: shall\r\n", ("one/a", "two/b", "three/c")),
        ("id: one/a\nformerly:\n  - two/b\n  - three/c\nlevel: shall\n", ("one/a", "two/b", "three/c")),
        ("id: one/a\nformerly:\n- two/b\nlevel: shall\n", ("one/a", "two/b")),
        ('id: "one/a"\n', None),
        ("{id: one/a, level: shall}\n", None),
        ("id: one/a\nid: one/b\n", None),
        ("steps: []\n", None),
    ],
)
def test_the_ids_of_a_file(tmp_path: Path, text: str, ids: tuple[str, ...] | None) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(text.encode())
    assert first_look.ids_of(path) == ids


def test_a_file_that_cannot_be_read_may_have_any_id(tmp_path: Path) -> None:
    assert first_look.ids_of(tmp_path / "none.yaml") is None
    (tmp_path / "latin.yaml").write_bytes(b"id: one/a # \xff\n")
    assert first_look.ids_of(tmp_path / "latin.yaml") is None
    assert first_look.may_be_named(None, ("one/",))


def test_every_shipped_scenario_is_told_by_its_first_look() -> None:
    everything = selection.select().scenarios
    assert {first_look.ids_of(each.path) for each in everything} == {
        (each.id, *each.header.formerly) for each in everything
    }
