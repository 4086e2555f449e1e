"""The commands of the OSM: what they say, and with which exit status."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from osm_instances import CT, EXPLICIT, encoded

from dicom_workstation.cli.command_line import main
from dicom_workstation.instances import file_head
from dicom_workstation.osm import DiskStore

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Run a command on one folder; gives exit status, standard output and standard error."""

    def run(name: str, *arguments: object) -> tuple[int, str, str]:
        status = main(["osm", name, "--folder", str(tmp_path / "store"), *map(str, arguments)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Two instances, one file that is none, and another content of the first instance."""
    folder = tmp_path / "files"
    folder.mkdir()
    for name, uid, comment in (("a", "1.2.3.1", "x"), ("b", "1.2.3.2", "x"), ("d", "1.2.3.1", "another")):
        raw = encoded(uid=uid, ImageComments=comment)
        (folder / f"{name}.dcm").write_bytes(file_head(CT, uid, EXPLICIT) + raw)
    (folder / "c.txt").write_text("no DICOM")
    return folder


def test_an_import_says_what_became_of_each_file_and_can_be_repeated(command: Command, files: Path) -> None:
    status, said, _ = command("import", files / "a.dcm", files / "b.dcm", "--json")
    assert (status, json.loads(said)["counts"]) == (0, {"kept": 2})
    status, said, _ = command("import", files, "--json")
    assert status == 1
    found = json.loads(said)
    assert found["counts"] == {"already kept": 2, "refused": 1, "other content": 1}
    assert [(Path(each["path"]).name, each["result"]) for each in found["not_held"]] == [
        ("c.txt", "refused"),
        ("d.dcm", "other content"),
    ]


def test_status_counts_what_is_held(command: Command, files: Path) -> None:
    command("import", files)
    status, said, _ = command("status", "--json")
    found = json.loads(said)
    assert status == 0
    assert [found[name] for name in ("patients", "studies", "series", "instances")] == [1, 1, 1, 2]
    assert "instances: 2" in command("status")[1]


def test_what_was_kept_with_a_warning_is_counted_and_named(command: Command, files: Path) -> None:
    """Its sender was told B000; an operator finds it by `osm verify`, also after a rebuild. It is no fault."""
    raw = encoded(uid="1.2.3.3", Rows=9)
    (files / "e.dcm").write_bytes(file_head(CT, "1.2.3.3", EXPLICIT) + raw)
    command("import", files / "a.dcm", files / "e.dcm")
    for _ in range(2):
        assert json.loads(command("status", "--json")[1])["deficient"] == 1
        assert "deficient: 1\n" in command("status")[1]
        status, said, _ = command("verify", "--json")
        (uid,) = json.loads(said)["deficient"]
        assert (status, uid) == (0, "1.2.3.3")
        first, last = command("verify")[1].splitlines()
        assert first.startswith("kept with a warning: 1.2.3.3: ")
        assert last == "verify: 2 instances, kept with a warning 1, faults 0"
        command("rebuild")


@pytest.mark.parametrize("how", ["damaged", "cut", "gone", "unknown"])
def test_verify_finds_each_fault_and_a_repair_removes_nothing(
    command: Command, files: Path, tmp_path: Path, how: str
) -> None:
    command("import", files / "a.dcm")
    assert command("verify")[0] == 0
    (held,) = (tmp_path / "store" / "objects" / "1").iterdir()
    raw = held.read_bytes()
    if how == "damaged":
        held.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    elif how == "cut":
        held.write_bytes(raw[:-1])
    elif how == "gone":
        held.unlink()
    else:
        held.with_name("f" * 16).write_bytes(raw)
    status, said, _ = command("verify", "--json")
    kinds = [each["kind"] for each in json.loads(said)["faults"]]
    assert (status, kinds) == {
        "damaged": (1, ["damaged"]),
        "cut": (1, ["lost"]),
        "gone": (1, ["lost"]),
        "unknown": (1, ["file without a row"]),
    }[how]
    assert command("verify", "--repair")[0] == (0 if how == "unknown" else 1)
    with DiskStore(tmp_path / "store") as store:
        assert store.get("1.2.3.1") is not None


def test_wrong_counts_are_found_and_repaired(command: Command, files: Path, tmp_path: Path) -> None:
    from sqlalchemy import text

    command("import", files)
    with DiskStore(tmp_path / "store") as store:
        for wrong in ("UPDATE study SET instances = 7", "DELETE FROM study_modality", "UPDATE patient SET studies = 0"):
            store.parts.writer.do(lambda connection, wrong=wrong: connection.execute(text(wrong)).rowcount)
    status, said, _ = command("verify")
    assert (status, said.count("wrong count")) == (1, 3)
    status, said, _ = command("verify", "--repair", "--json")
    assert (status, json.loads(said)["mended"]) == (0, 3)


def test_an_index_is_rebuilt_from_the_files_alone(command: Command, files: Path, tmp_path: Path) -> None:
    command("import", files)
    before = command("status", "--json")[1]
    index = tmp_path / "store" / "index.sqlite"
    index.write_bytes(b"no database")
    status, _, said = command("verify")
    assert status == 2
    assert "index.sqlite" in said
    assert command("rebuild") == (0, "rebuild: 2 instances, rejected 0\n", "")
    assert json.loads(command("status", "--json")[1]) | {"free_bytes": 0} == json.loads(before) | {"free_bytes": 0}
    assert command("verify")[0] == 0
    assert command("import", files / "a.dcm")[0] == 0


def test_a_rebuild_leaves_out_what_is_not_whole(command: Command, files: Path, tmp_path: Path) -> None:
    command("import", files / "a.dcm")
    (held,) = (tmp_path / "store" / "objects" / "1").iterdir()
    held.with_name("0123456789abcdef.part").write_bytes(held.read_bytes()[:-9])
    status, said, _ = command("rebuild")
    assert (status, said.splitlines()[-1]) == (1, "rebuild: 1 instances, rejected 1")
    assert [path.name for path in (tmp_path / "store" / "rejected").iterdir()] == ["1-0123456789abcdef.part"]


def test_a_rebuild_takes_a_whole_file_whose_name_a_power_cut_took(
    command: Command, files: Path, tmp_path: Path
) -> None:
    command("import", files / "a.dcm")
    (held,) = (tmp_path / "store" / "objects" / "1").iterdir()
    held.rename(held.with_name(f"{held.name}.part"))
    held.with_name("0123456789abcdef.part").touch()  # made, and not used
    assert command("rebuild") == (0, "rebuild: 1 instances, rejected 0\n", "")
    assert [path.name for path in held.parent.iterdir()] == [held.name]
    assert command("verify")[0] == 0


def test_what_is_removed_is_gone(command: Command, files: Path) -> None:
    command("import", files)
    assert command("remove", "--instance", "1.2.3.1") == (0, "remove: 1 instances\n", "")
    assert command("remove", "--study", "1.2.3") == (0, "remove: 1 instances\n", "")
    assert command("remove", "--study", "1.2.3") == (1, "remove: 0 instances\n", "")
    assert json.loads(command("status", "--json")[1])["patients"] == 0
    assert command("remove")[0] == 2


def test_a_folder_that_is_in_use_or_not_there_is_said(command: Command, files: Path, tmp_path: Path) -> None:
    status, _, said = command("verify")
    assert (status, "there is no such folder" in said) == (2, True)
    status, _, said = command("status")
    assert (status, "there is no OSM in this folder" in said) == (2, True)
    with DiskStore(tmp_path / "store"):
        for name, *arguments in (["verify"], ["rebuild"], ["import", files], ["remove", "--study", "1.2.3"]):
            status, _, said = command(name, *arguments)
            assert (status, "is in use by another process" in said) == (2, True), name
        assert command("status")[0] == 0
