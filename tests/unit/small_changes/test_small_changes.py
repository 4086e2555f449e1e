"""The measure of the unit tests: which changes it makes, which tests it finds for them, and what it leaves out."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tests" / "small_changes"))

import blocks  # noqa: E402
import equivalents  # noqa: E402
from changes import KINDS, Change, changes_of  # noqa: E402
from reach import Reach  # noqa: E402
from sample import ROOMS, draw  # noqa: E402

SOURCE = '''"""A module."""
from __future__ import annotations

LIMIT = 7
WAIT_S = 30.0
TABLE = {"one": 1, "two words": 2}


class Thing:
    """A class."""

    size: int = 3

    def fits(self, other: int, least: int = 1) -> bool:
        """Say whether it fits."""
        if other < least and not self.size:
            raise ValueError(f"no {other}")
        return other in (LIMIT, self.size)


def waits(flag):
    return run(help="a text", deadline_s=5) if flag else None
'''


def found() -> list[Change]:
    return list(changes_of(SOURCE.encode(), "room/module.py"))


def texts(kind: str) -> set[tuple[str, str]]:
    return {(one.was, one.becomes) for one in found() if one.kind == kind}


def test_each_kind_of_change_is_found() -> None:
    assert texts("comparison") == {
        ("other < least", "(other <= least)"),
        ("other < least", "(other >= least)"),
        ("other in (LIMIT, self.size)", "(other not in (LIMIT, self.size))"),
    }
    assert texts("raise") == {('raise ValueError(f"no {other}")', "pass")}
    assert ("not self.size", "(not not self.size)") not in texts("branch")
    assert texts("branch") == {
        ("other < least and not self.size", "(other < least or not self.size)"),
        ("other < least and not self.size", "(not (other < least and (not self.size)))"),
        ("flag", "(not (flag))"),
    }
    assert {becomes for _, becomes in texts("return")} == {"return not (other in (LIMIT, self.size))", "return None"}
    assert set(KINDS) == {one.kind for one in found()}


def test_constants_are_those_that_a_test_can_see() -> None:
    assert texts("constant") == {("7", "8"), ('"one"', "'onex'"), ("1", "2"), ("2", "3"), ("3", "4")}


@pytest.mark.parametrize("change", found(), ids=str)
def test_a_changed_module_is_python_and_differs_in_one_place(change: Change) -> None:
    source = SOURCE.encode()
    changed = change.applied(source)
    ast.parse(changed)
    assert changed != source
    assert changed.startswith(source[: change.start])
    assert changed.endswith(source[change.end :])


def test_a_key_outlives_a_move_of_lines_and_tells_equal_changes_apart() -> None:
    moved = changes_of(b"# one more line\n" + SOURCE.encode(), "room/module.py")
    assert {one.key for one in moved} == {one.key for one in found()}
    twice = changes_of(b"def f(a):\n    return a < 1 or a < 1\n", "f.py")
    same = [one.occurrence for one in twice if (one.was, one.becomes) == ("a < 1", "(a <= 1)")]
    assert same == [1, 2]


def test_a_sample_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    room = ROOMS["wire"]
    first = draw(room, ROOT, 7, 25)
    assert first == draw(room, ROOT, 7, 25)
    assert first != draw(room, ROOT, 8, 25)
    assert [sum(one.kind == kind for one in first) for kind in KINDS] == [5] * len(KINDS)
    assert len({one.key for one in first}) == 25


def test_the_rooms_are_where_they_are_said_to_be() -> None:
    for room in ROOMS.values():
        assert room.files(ROOT), room.name
        assert room.test_modules(ROOT), room.name
    pixels = {*ROOMS["pixels"].files(ROOT)}
    assert not pixels & {*ROOMS["workstation"].files(ROOT)}


def test_a_noting_module_notes_the_blocks_that_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[blocks.Block] = []
    noting = blocks.noting(SOURCE.encode(), "room/module.py", held)
    recorder = tmp_path / "reached_blocks.py"
    recorder.write_text(blocks.RECORDER)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("REACHED_BLOCKS", raising=False)
    names: dict[str, object] = {"run": lambda **_: 1, "__name__": "noted"}
    exec(compile(noting, "noted", "exec"), names)
    import reached_blocks

    monkeypatch.delitem(sys.modules, "reached_blocks")
    assert reached_blocks.reached == set()
    thing = names["Thing"]
    assert thing().fits(7) is True  # type: ignore[operator]
    lines = {held[number].first for number in reached_blocks.reached}
    assert lines == {14}
    with pytest.raises(ValueError, match="no 0"):
        type("Small", (thing,), {"size": 0})().fits(0)  # type: ignore[misc]
    assert {held[number].first for number in reached_blocks.reached} == {14, 17}


def test_a_change_is_seen_by_the_tests_that_reach_its_block(tmp_path: Path) -> None:
    reach = Reach()
    reach.read(SOURCE.encode(), "room/module.py")
    reach.read(b"from room.module import LIMIT\n\ndef uses():\n    return LIMIT\n", "room/user.py")
    number = {(one.file, one.first): one.number for one in reach.blocks}
    record = tmp_path / "record.json"
    record.write_text(
        json.dumps(
            {
                "reached": {
                    "t.py::a": [number["room/module.py", 14]],
                    "t.py::b": [number["room/module.py", 14], number["room/module.py", 17]],
                    "u.py::c": [number["room/user.py", 3]],
                    "t.py::fails": [number["room/module.py", 17]],
                },
                "duration_s": {"t.py::a": 1.0, "t.py::b": 1.0, "u.py::c": 0.1, "t.py::fails": 1.0},
                "failed": ["t.py::fails"],
            }
        )
    )
    reach.add(record)
    by_kind = {one.kind: one for one in found()}
    assert reach.tests(by_kind["raise"]) == ["t.py::b"]
    assert reach.tests(by_kind["comparison"]) == ["t.py::a", "t.py::b"]
    (limit,) = [one for one in found() if one.was == "7"]
    assert reach.tests(limit) == ["u.py::c", "t.py::a", "t.py::b"]


def test_each_equivalent_change_still_exists_and_has_a_reason() -> None:
    known = {one.key: one.reason for one in equivalents.read()}
    for file in {key[0] for key in known}:
        there = {one.key for one in changes_of((ROOT / file).read_bytes(), file)}
        assert {key for key in known if key[0] == file} <= there, file


def test_an_equivalent_change_without_a_reason_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "equivalents.yaml"
    file.write_text("- {file: a.py, was: '1', becomes: '2'}\n")
    with pytest.raises(ValueError, match="has no reason"):
        equivalents.read(file)
