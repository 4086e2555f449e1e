from __future__ import annotations

from pathlib import Path

import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.scenario import scenario as scenarios
from dicom_conformance.scenario import selection
from dicom_conformance.scenario.selection import FOLDER, cases, find, select
from dicom_conformance.statement import statement as statements
from dicom_conformance.statement.statement import Statement

TEXT = "id: ID\ntitle: t\nclause: c\nlevel: claim\nMORE\nsteps: [{expect: [{log: {contains: x}}]}]\n"


@pytest.fixture(scope="module")
def small() -> Statement:
    return statements.load(Path(__file__).parents[2] / "data" / "small-statement.yaml")


def _write(folder: Path, identifier: str, more: str = "") -> Path:
    path = folder / f"{identifier}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEXT.replace("ID", identifier).replace("MORE", more or "description: d"))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "scenarios"
    _write(root, "query/a", "depends_on: [storage/z]")
    _write(root, "query/b", 'for_each: {contexts: {table: "1"}}')
    _write(root, "storage/z")
    _write(root, "storage/y", "depends_on: [query/a]")
    _write(root, "selftest/hidden")
    _write(root, "statements/hidden")
    (root / "storage" / "note.txt").write_text("no scenario")
    return root


def _ids(selects: tuple[str, ...], folder: Path, small: Statement) -> list[str]:
    return [case.id for case in cases(select(selects, folder), small)]


def test_everything_is_played_after_what_it_depends_on(folder: Path, small: Statement) -> None:
    ids = _ids((), folder, small)
    assert [identifier for identifier in ids if "[" not in identifier] == ["storage/z", "query/a", "storage/y"]
    assert len(ids) == 3 + 6


def test_a_prefix_chooses_and_brings_what_is_needed(folder: Path, small: Statement) -> None:
    assert _ids(("storage/y",), folder, small) == ["storage/z", "query/a", "storage/y"]
    assert _ids(("storage/z",), folder, small) == ["storage/z"]
    assert len(_ids(("query/b",), folder, small)) == 6
    assert len(_ids(("query/b[CT",), folder, small)) == 3
    assert _ids(("query/b[CT,1.2.840.10008.1.2]",), folder, small) == ["query/b[CT,1.2.840.10008.1.2]"]
    assert len(_ids(("query/b[CT", "storage/z"), folder, small)) == 4
    assert _ids(("nothing",), folder, small) == []


def test_a_path_is_a_scenario_of_the_users_own(folder: Path, tmp_path: Path, small: Statement) -> None:
    own = _write(tmp_path / "mine", "own/x")
    assert _ids((str(own),), folder, small) == ["own/x"]
    assert _ids((str(own), "storage/z"), folder, small) == ["own/x", "storage/z"]
    _write(tmp_path / "mine", "own/y")
    assert _ids((str(tmp_path / "mine"),), folder, small) == ["own/x", "own/y"]


def test_a_path_that_is_not_there_is_one_line(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file or folder"):
        select((str(tmp_path / "absent.yaml"),), folder)
    with pytest.raises(DataError, match="no such scenario folder"):
        select((), tmp_path / "absent")


def test_statements_and_selftests_are_no_part_of_a_run(folder: Path) -> None:
    assert {path.stem for path in find(folder)} == {"a", "b", "y", "z"}


def test_an_unknown_dependency_is_told_with_its_line(folder: Path) -> None:
    _write(folder, "query/c", "depends_on: [storage/zz]")
    with pytest.raises(
        DataError, match=r"c.yaml:5: depends_on\[0\]: no scenario has the id 'storage/zz'; did you mean"
    ):
        select((), folder)


def test_a_circle_of_dependencies_is_told(folder: Path) -> None:
    _write(folder, "storage/z", "depends_on: [storage/y]")
    with pytest.raises(DataError, match="forms a cycle: query/a -> storage/z -> storage/y -> query/a"):
        select((), folder)


def test_a_scenario_that_depends_on_itself_is_told(folder: Path) -> None:
    _write(folder, "storage/z", "depends_on: [storage/z]")
    with pytest.raises(DataError, match="cycle"):
        select((), folder)


def test_an_id_used_twice_is_told_with_both_files(folder: Path) -> None:
    (folder / "storage" / "other.yaml").write_text((folder / "storage" / "z.yaml").read_text())
    with pytest.raises(DataError, match=r"z.yaml:1: id: .*other.yaml has the same id, storage/z"):
        select((), folder)


def test_the_shipped_scenarios_are_in_order_and_have_unique_cases() -> None:
    statement = statements.load("directview-5.2")
    found = cases(select((), FOLDER), statement)
    ids = [case.id for case in found]
    assert len(ids) == len(set(ids))
    places = {case.scenario.id: index for index, case in reversed(list(enumerate(found)))}
    for case in found:
        assert all(places[dependency] < places[case.scenario.id] for dependency in case.scenario.header.depends_on)


def test_a_scenario_of_the_project_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = select().scenarios
    monkeypatch.setattr(scenarios, "read", None)  # whatever reads a file again would fail
    again = select().scenarios
    assert len(again) == len(find(FOLDER))
    assert all(one is other for one, other in zip(first, again, strict=True))


def test_a_scenario_that_changes_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "FOLDER", folder)
    before = {one.id: one for one in select((), folder).scenarios}
    path = _write(folder, "query/b", "description: another one, which is longer")
    after = {one.id: one for one in select((), folder).scenarios}
    assert {name for name in before if before[name] is not after[name]} == {"query/b"}
    path.unlink()
    assert "query/b" not in {one.id for one in select((), folder).scenarios}
