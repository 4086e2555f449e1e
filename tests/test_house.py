"""The rules of the house that a program can keep: who may import whom, and what no file may hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("wire", "workstation", "simulators", "harness", "reports")
OURS = (*ROOMS, "scenarios", "tests", "benchmarks")
ALLOWED = {
    "wire": set(),
    "workstation": set(),
    "simulators": {"wire"},
    "harness": {"wire", "simulators"},
    "reports": {"harness"},
}
STEMS_NO_MODULE_BEARS = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imports(path: Path) -> list[tuple[int, str]]:
    """Line and full dotted name of everything that `path` imports, relative imports resolved."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            name = ".".join(part for part in (base, node.module or "") if part)
            found += [(node.lineno, f"{name}.{alias.name}") for alias in node.names]
    return found


def trespasses(room: str) -> list[str]:
    """Imports of `room` that go through a door that is not theirs."""
    found = []
    for path in modules(room):
        if path == ROOT / "harness" / "__main__.py":
            continue
        for line, name in imports(path):
            top = name.split(".")[0]
            where = f"{path.relative_to(ROOT)}:{line}: {name}"
            if top in OURS and top != room and top not in ALLOWED[room]:
                found.append(where)
            if room == "wire" and top != "wire" and top not in sys.stdlib_module_names and top != "__future__":
                found.append(where)
            if top == "pynetdicom" and room != "workstation":
                found.append(where)
            if (
                room == "reports"
                and top == "harness"
                and not name.startswith(("dicom_conformance.results.findings", "dicom_conformance.results.results"))
            ):
                found.append(where)
    return found


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    names = listing.split("\0") if listing else []
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_imports_only_through_its_doors(room: str) -> None:
    assert modules(room), f"{room} has no module: nothing was looked at"
    assert trespasses(room) == []


def test_a_trespass_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ALLOWED, "simulators", set())
    assert trespasses("simulators"), "simulators import wire: without that door it must be told"


@pytest.mark.parametrize("room", ROOMS)
def test_no_module_has_a_name_that_says_nothing(room: str) -> None:
    assert [path for path in modules(room) if path.stem in STEMS_NO_MODULE_BEARS] == []


@pytest.mark.parametrize("room", ROOMS)
def test_each_module_has_a_docstring(room: str) -> None:
    assert [path for path in modules(room) if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_scenarios_are_data_only() -> None:
    assert sorted((ROOT / "scenarios").rglob("*.py")) == []


def test_no_import_cycle_between_modules() -> None:
    graph: dict[str, set[str]] = {}
    for room in ROOMS:
        for path in modules(room):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            graph[name] = top_level_imports(path)
    known = set(graph)
    edges = {
        name: {target for target in (nearest(full, known) for full in full_names) if target and target != name}
        for name, full_names in graph.items()
    }
    assert cycle(edges) == []


def top_level_imports(path: Path) -> set[str]:
    """What `path` imports when it is loaded: not inside functions, not for type checking alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lines = {node.lineno for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}
    return {name for line, name in imports(path) if line in lines}


def nearest(name: str, known: set[str]) -> str | None:
    """The module that `name` (a module, or something in one) stands for."""
    if name in known:
        return name
    parent = name.rpartition(".")[0]
    return parent if parent in known else None


def cycle(edges: dict[str, set[str]]) -> list[str]:
    """One import cycle among modules that are not a package importing its own parts; empty if there is none."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for target in sorted(edges.get(name, ())):
            if name.startswith(target + "."):
                continue
            found = walk(target, [*path, name])
            if found:
                return found
        done.add(name)
        return []

    return next((found for name in sorted(edges) if (found := walk(name, []))), [])


def test_no_path_of_one_machine_stands_in_the_project() -> None:
    pattern = re.compile(r"/(?:home|Users|roo[t]|wor[k])/[a-z]")
    files = tracked()
    if not files:
        pytest.skip("not a git checkout: nothing to look at")
    texts = ((path, path.read_bytes().decode("utf-8", "replace")) for path in files)
    assert [str(path.relative_to(ROOT)) for path, text in texts if pattern.search(text)] == []
