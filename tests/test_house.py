"""The rules of the house that a program can keep: who may import whom, how large a room is, what no file may hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import house_graph as house
import pytest

ROOT = house.ROOT
PACKAGES = tuple(house.ROOMS.values())

ROOM_DOORS = {
    "dicom_wire": set(),
    "dicom_workstation": set(),
    "dicom_simulators": {"dicom_wire"},
    "dicom_conformance": {"dicom_wire", "dicom_simulators"},
    "dicom_reports": {"dicom_conformance"},
}
"""Which rooms a room may import."""

SUB_ROOM_DOORS: dict[str, dict[str, set[str]]] = {
    "dicom_wire": {
        "codec": {"pdu", "pdu_reader", "stream", "violations"},
        "command": {"command_elements", "command_values", "messages", "statuses", "violations"},
        "command_values": {"command_elements", "uid", "violations"},
        "dimse": {"command", "pdu", "violations"},
        "item_reader": {"items", "uid", "violations"},
        "items": {"uid"},
        "pdu": {"items"},
        "pdu_reader": {"item_reader", "items", "pdu", "violations"},
        "state": {"pdu"},
        "stream": {"pdu", "pdu_reader", "violations"},
        "uid": {"violations"},
    },
    "dicom_workstation": {
        "application": {
            "configuration",
            "instances",
            "loader",
            "network",
            "operation_register",
            "osm",
            "outcome",
            "printing",
            "protocols",
            "query",
            "query_keys",
            "request_models",
            "requests",
            "storage",
            "viewing",
            "worklist",
        },
        "cli": {
            "application",
            "configuration",
            "control",
            "data_sets",
            "explorer",
            "instances",
            "operations",
            "osm",
            "outcome",
            "printing",
            "protocols",
            "request_models",
            "worklist",
        },
        "configuration": {"data_sets", "protocols", "tables"},
        "control": {"application", "configuration", "instances", "operations", "outcome"},
        "data_sets": {"tables"},
        "explorer": {
            "application",
            "configuration",
            "control",
            "data_sets",
            "instances",
            "operations",
            "outcome",
            "protocols",
            "request_models",
            "tables",
            "viewing",
            "worklist",
        },
        "instances": {"data_sets", "pixels", "tables"},
        "loader": {
            "configuration",
            "data_sets",
            "instances",
            "network",
            "operation_register",
            "outcome",
            "query_keys",
            "storage",
            "tables",
        },
        "network": {"configuration", "data_sets", "instances", "operation_register", "outcome", "tables"},
        "operation": {"application", "outcome", "request_models"},
        "operations": {"application", "operation", "outcome", "protocols", "requests", "worklist"},
        "osm": {"configuration", "data_sets", "instances", "network", "outcome", "storage", "tables"},
        "pixels": {"data_sets", "tables"},
        "presentation_states": {"data_sets", "pixels", "request_models", "tables"},
        "printing": {
            "configuration",
            "data_sets",
            "instances",
            "network",
            "operation_register",
            "outcome",
            "pixels",
            "presentation_states",
            "request_models",
            "tables",
        },
        "protocols": {"data_sets", "outcome"},
        "query": {"configuration", "data_sets", "network", "operation_register", "outcome", "query_keys", "tables"},
        "query_keys": {"data_sets", "request_models", "requests"},
        "requests": {"presentation_states", "printing", "request_models"},
        "storage": {
            "configuration",
            "data_sets",
            "instances",
            "network",
            "operation_register",
            "outcome",
            "pixels",
            "tables",
        },
        "subjects": {"application", "configuration", "control", "explorer", "operations", "outcome", "tables"},
        "viewing": {"data_sets", "instances", "outcome", "pixels", "presentation_states", "requests", "tables"},
        "worklist": {"configuration", "operation_register", "outcome", "request_models"},
    },
    "dicom_simulators": {
        "archive": {"association", "data_sets", "encoding"},
        "association": {"encoding", "faults", "journal", "listening", "readiness"},
        "catalogue": {"archive", "association", "destination", "printer", "scripted", "scu"},
        "data_sets": {"encoding"},
        "destination": {"association", "data_sets", "encoding", "faults", "listening"},
        "faults": {"encoding"},
        "journal": {"encoding"},
        "link": {"association", "encoding", "faults", "listening", "readiness"},
        "printer": {"association", "data_sets", "encoding", "journal"},
        "scripted": {"association", "encoding"},
        "scu": {"association", "data_sets", "encoding", "faults"},
        "standalone": {"association", "faults", "journal", "listening", "readiness"},
    },
    "dicom_conformance": {
        "browser": {"errors", "files", "trace"},
        "capture": {"errors", "files", "relay", "results", "trace"},
        "commands": {
            "capture",
            "compare",
            "errors",
            "files",
            "interruption",
            "judge",
            "load",
            "matrix",
            "probe",
            "profiles",
            "relay",
            "replay",
            "results",
            "run",
            "scenario",
            "statement",
            "trace",
        },
        "compare": {"errors", "pages", "results", "statement"},
        "field_bugs": {"errors", "files", "play", "profiles", "results", "scenario", "statement"},
        "files": {"errors"},
        "iod_checks": {"files", "results", "trace"},
        "judge": {"errors", "files", "interruption", "results", "trace"},
        "load": {
            "errors",
            "files",
            "interruption",
            "loopback",
            "play",
            "probe",
            "results",
            "statement",
            "trace",
        },
        "matrix": {"errors", "files", "pages", "play", "statement", "trace"},
        "play": {
            "browser",
            "errors",
            "files",
            "interruption",
            "iod_checks",
            "judge",
            "loopback",
            "results",
            "scenario",
            "statement",
            "trace",
        },
        "pytest_plugin": {"errors", "play", "pytest_fixtures", "results", "run", "scenario", "statement"},
        "probe": {"errors", "pages", "statement"},
        "profiles": {"errors", "files", "scenario"},
        "reference": {
            "browser",
            "files",
            "judge",
            "load",
            "matrix",
            "play",
            "profiles",
            "results",
            "run",
            "scenario",
            "statement",
        },
        "relay": {"errors", "files", "judge", "results", "scenario", "trace"},
        "replay": {"capture", "errors", "files", "judge", "loopback", "results", "trace"},
        "results": {"errors", "files"},
        "run": {
            "errors",
            "files",
            "interruption",
            "iod_checks",
            "judge",
            "load",
            "matrix",
            "play",
            "profiles",
            "results",
            "scenario",
            "statement",
            "trace",
            "upper_layer",
            "worker_processes",
        },
        "scenario": {"browser", "errors", "files", "judge", "results", "statement", "trace", "upper_layer"},
        "statement": {"errors", "files", "results"},
        "trace": {"errors", "files"},
    },
    "dicom_reports": {
        "capture_page": {"assembly"},
        "load_page": {"assembly"},
        "page": {"assembly", "causes", "payload", "state_table", "under_profile"},
    },
}
"""Which sub-rooms, and modules at the top, a sub-room may import. What is not listed may import nothing of its room."""

MOST_AT_THE_TOP = 8
MOST_SIDE_BY_SIDE = 20
MOST_LINES = 400
CATALOGUES = {
    "dicom_simulators.faults",
    "dicom_simulators.data_sets.recipes",
    "dicom_simulators.data_sets.iods",
    "dicom_conformance.judge.checks",
}
"""Folders of one small file for each fault, recipe, IOD or check."""
TABLES: set[str] = set()
"""Modules that are tables of the standard, whatever their length."""
STEMS_NO_MODULE_BEARS = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}


def trespasses(package: str) -> list[str]:
    """List the imports of a room that go through a door that is not theirs."""
    found = []
    for module in house.modules():
        if house.room_of(module) != package or module == house.COMMAND_LINE:
            continue
        for each in house.imports_of(module):
            top = house.room_of(each.target)
            stranger = top in PACKAGES and top != package and top not in ROOM_DOORS[package]
            heavy = package == "dicom_wire" and top != package and top not in sys.stdlib_module_names
            witness = top == "pynetdicom" and package != "dicom_workstation"
            reports = package == "dicom_reports" and top == "dicom_conformance"
            wrong_door = reports and house.sub_room_of(each.target) != "results"
            if stranger or heavy or witness or wrong_door:
                found.append(str(each))
    return found


def inner_trespasses(package: str, doors: dict[str, dict[str, set[str]]]) -> list[str]:
    """List what sub-rooms of a room import though they may not."""
    return [
        f"{package}: {name} imports {target}"
        for name, targets in house.sub_room_edges(package).items()
        for target in sorted(targets - doors.get(package, {}).get(name, set()))
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_each_room_imports_only_through_its_doors(package: str) -> None:
    assert [module for module in house.modules() if house.room_of(module) == package], f"{package}: nothing was read"
    assert trespasses(package) == []


def test_a_trespass_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ROOM_DOORS, "dicom_simulators", set())
    assert trespasses("dicom_simulators"), "simulators import wire: without that door it must be told"


@pytest.mark.parametrize("package", PACKAGES)
def test_each_sub_room_imports_only_what_it_may(package: str) -> None:
    assert inner_trespasses(package, SUB_ROOM_DOORS) == []


def test_a_trespass_between_sub_rooms_is_seen() -> None:
    assert "dicom_workstation: network imports configuration" in inner_trespasses("dicom_workstation", {})


def test_no_door_stands_open_that_nobody_uses() -> None:
    unused = [
        f"{package}: {name} need not import {target}"
        for package, doors in SUB_ROOM_DOORS.items()
        for name, targets in doors.items()
        for target in sorted(targets - house.sub_room_edges(package).get(name, set()))
    ]
    assert unused == []


def test_nobody_imports_past_the_door_of_a_sub_room() -> None:
    found = [each for module in house.modules() for each in house.imports_of(module) if house.past_a_door(each)]
    assert [str(each) for each in found] == []


def test_an_import_past_a_door_is_seen() -> None:
    past = house.Import("dicom_workstation.loader.loader_server", "dicom_workstation.network.listener", "Listener", 1)
    own = house.Import("dicom_workstation.network.requestor", "dicom_workstation.network.listener", "Listener", 1)
    assert house.past_a_door(past) == "dicom_workstation.network"
    assert house.past_a_door(own) is None


@pytest.mark.parametrize("package", PACKAGES)
def test_no_circle_of_sub_rooms(package: str) -> None:
    assert house.cycle(house.sub_room_edges(package)) == []


def test_no_circle_of_modules_wherever_the_import_stands() -> None:
    assert house.cycle(house.module_edges()) == []


def test_a_circle_is_seen() -> None:
    assert house.cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]


def test_the_drawing_of_the_house_is_current() -> None:
    assert house.HOUSE.read_text(encoding="utf-8") == house.page(), "python tests/house_graph.py"


def folders() -> dict[str, list[str]]:
    """Return the modules of each package, side by side."""
    found: dict[str, list[str]] = {}
    for module, path in house.modules().items():
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        found.setdefault(package, []).append(path.stem)
    return found


def test_no_room_is_crowded() -> None:
    crowded = {
        package: len(stems)
        for package, stems in folders().items()
        if len(stems)
        > (
            MOST_AT_THE_TOP
            if package in ("dicom_workstation", "dicom_simulators", "dicom_conformance")
            else MOST_SIDE_BY_SIDE
        )
        and package not in CATALOGUES
    }
    assert crowded == {}


def test_no_module_is_long_but_tables() -> None:
    lengths = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in house.modules().items()}
    assert {module: lines for module, lines in lengths.items() if lines > MOST_LINES and module not in TABLES} == {}


def test_each_sub_room_opens_with_a_guide() -> None:
    sub_rooms = [name for name in house.modules() if name.count(".") == 1 and house.is_package(name)]
    assert len(sub_rooms) > 20
    guides = {
        name: ast.get_docstring(ast.parse(house.path_of(name).read_text(encoding="utf-8"))) or "" for name in sub_rooms
    }
    without = [name for name, text in guides.items() if "May import:" not in text or "Begin with" not in text]
    assert without == []


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_says_that_it_is_typed(package: str) -> None:
    assert (house.path_of(package).parent / "py.typed").is_file()


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_has_a_name_that_says_nothing(package: str) -> None:
    paths = [path for module, path in house.modules().items() if house.room_of(module) == package]
    assert [path for path in paths if path.stem in STEMS_NO_MODULE_BEARS] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_each_module_has_a_docstring(package: str) -> None:
    paths = [path for module, path in house.modules().items() if house.room_of(module) == package]
    assert [path for path in paths if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))] == []


def test_scenarios_are_data_only() -> None:
    assert sorted((ROOT / "scenarios").rglob("*.py")) == []


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    names = listing.split("\0") if listing else []
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_no_path_of_one_machine_stands_in_the_project() -> None:
    pattern = re.compile(r"/(?:home|Users|roo[t]|wor[k])/[a-z]")
    files = tracked()
    if not files:
        pytest.skip("not a git checkout: nothing to look at")
    texts = ((path, path.read_bytes().decode("utf-8", "replace")) for path in files)
    assert [str(path.relative_to(ROOT)) for path, text in texts if pattern.search(text)] == []
