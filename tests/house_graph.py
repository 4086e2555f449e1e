"""The structure of the project as its imports draw it: rooms, sub-rooms, and who imports whom.

`python tests/house_graph.py` writes `docs/house.md`; `tests/test_house.py` checks that it is current, and that no
import goes where it must not. Every import counts: at the top of a module, inside a function, under `TYPE_CHECKING`.
"""

from __future__ import annotations

import ast
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {
    "wire": "dicom_wire",
    "workstation": "dicom_workstation",
    "simulators": "dicom_simulators",
    "harness": "dicom_conformance",
    "reports": "dicom_reports",
}
"""The folder of each room, and the package in it."""

COMMAND_LINE = "dicom_conformance.__main__"
"""The one module that may import everything."""

HOUSE = ROOT / "docs" / "house.md"


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement's target.

    Parameters
    ----------
    importer, target : str
        Dotted names of modules; a target outside the project stays as it is written.
    name : str
        What is imported from the target; empty for `import target`.
    line : int
        Where it stands.
    """

    importer: str
    target: str
    name: str
    line: int

    def __str__(self) -> str:
        return f"{path_of(self.importer).relative_to(ROOT)}:{self.line}: {self.importer} imports {self.target}"


@cache
def modules() -> dict[str, Path]:
    """Return every module of the rooms by its dotted name."""
    found = {}
    for folder, package in ROOMS.items():
        for path in sorted((ROOT / folder / package).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def path_of(module: str) -> Path:
    """Return the file of a module."""
    return modules()[module]


def is_package(module: str) -> bool:
    """Whether a module is a package."""
    return path_of(module).name == "__init__.py"


def nearest(name: str) -> str | None:
    """Return the module that a dotted name is, or is defined in; None if it is not ours."""
    while name and name not in modules():
        name = name.rpartition(".")[0]
    return name or None


@cache
def imports_of(module: str) -> tuple[Import, ...]:
    """Return what a module imports, wherever the statement stands."""
    return tuple(_imports(module))


def _imports(module: str) -> Iterator[Import]:
    package = module if is_package(module) else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path_of(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, nearest(alias.name) or alias.name, "", node.lineno)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                full = f"{base}.{alias.name}"
                target = full if full in modules() else nearest(base) or base
                yield Import(module, target, "" if target == full else alias.name, node.lineno)


def room_of(module: str) -> str:
    """Return the package of a room."""
    return module.split(".")[0]


def sub_room_of(module: str) -> str:
    """Return the sub-room that a module is in, or the module's own name where it stands at the top of its room."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def packages_around(module: str) -> list[str]:
    """Return the sub-rooms that a module is in, the outermost first, itself included if it is one."""
    parts = module.split(".")
    names = [".".join(parts[:count]) for count in range(2, len(parts) + 1)]
    return [name for name in names if name in modules() and is_package(name)]


def past_a_door(found: Import) -> str | None:
    """Return the sub-room past whose door an import goes; None if it goes past none."""
    if room_of(found.target) not in ROOMS.values():
        return None
    importer = found.importer if is_package(found.importer) else found.importer.rpartition(".")[0]
    for package in packages_around(found.target):
        if not (importer == package or importer.startswith(f"{package}.")):
            return None if package == found.target or is_public(package, found) else package
    return None


def is_public(package: str, found: Import) -> bool:
    """Whether an import names a module that the package's `__all__` lists."""
    name = found.target.removeprefix(f"{package}.")
    return not found.name and "." not in name and name in public_names(package)


@cache
def public_names(package: str) -> frozenset[str]:
    """Return what a package lists in `__all__`."""
    for node in ast.parse(path_of(package).read_text(encoding="utf-8")).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            value = getattr(node, "value", None)
            return frozenset(ast.literal_eval(value)) if value is not None else frozenset()
    return frozenset()


def sub_room_edges(room: str) -> dict[str, set[str]]:
    """Return which sub-rooms (and modules at the top) of a room import which others of it."""
    edges: dict[str, set[str]] = defaultdict(set)
    for module in modules():
        if room_of(module) != room or module in (room, COMMAND_LINE):
            continue
        edges[sub_room_of(module)] |= {
            sub_room_of(found.target)
            for found in imports_of(module)
            if room_of(found.target) == room and found.target != room
        } - {sub_room_of(module)}
    return dict(edges)


def room_edges() -> dict[str, set[str]]:
    """Return which rooms import which."""
    edges: dict[str, set[str]] = defaultdict(set)
    for module in modules():
        if module != COMMAND_LINE:
            targets = {room_of(found.target) for found in imports_of(module)}
            edges[room_of(module)] |= targets & set(ROOMS.values()) - {room_of(module)}
    return dict(edges)


def module_edges() -> dict[str, set[str]]:
    """Return which modules import which; a package does not count as importing its own parts' package."""
    return {
        module: {
            found.target
            for found in imports_of(module)
            if room_of(found.target) in ROOMS.values() and not f"{module}.".startswith(f"{found.target}.")
        }
        for module in modules()
    }


def cycle(edges: dict[str, set[str]]) -> list[str]:
    """Return one cycle; empty if there is none."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for target in sorted(edges.get(name, ())):
            if found := walk(target, [*path, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(edges) if (found := walk(name, []))), [])


def reduced(edges: dict[str, set[str]]) -> dict[str, set[str]]:
    """Leave out each edge that a longer way says as well, so that a drawing can be read."""

    def beyond(name: str) -> set[str]:
        return set().union(*({target} | beyond(target) for target in edges.get(name, ())), set())

    return {
        name: {one for one in targets if not any(one in beyond(other) for other in targets if other != one)}
        for name, targets in edges.items()
    }


def page() -> str:
    """Return `docs/house.md`."""
    lines = [
        "# The house",
        "",
        "Drawn from the imports by `python tests/house_graph.py`; a test keeps it current. An arrow points from who",
        "imports to what is imported. Arrows that follow from others are left out.",
        "",
        "## Rooms",
        "",
        *_mermaid(reduced(room_edges())),
        "The command line (`dicom_conformance/__main__.py`) alone may import every room. The harness reaches the",
        "workstation through the entry points `dicom_conformance.subjects` only.",
        "",
    ]
    for folder, package in ROOMS.items():
        edges = sub_room_edges(package)
        lines += [f"## {folder}/{package}", ""]
        lines += _mermaid(reduced(edges)) if any(edges.values()) else []
        lines += _guides(package)
    return "\n".join(lines).rstrip() + "\n"


def _mermaid(edges: dict[str, set[str]]) -> list[str]:
    arrows = [f"    {name} --> {target}" for name in sorted(edges) for target in sorted(edges[name])]
    alone = [f"    {name}" for name in sorted(edges) if not edges[name]]
    return ["```mermaid", "graph TD", *alone, *arrows, "```", ""]


def _guides(package: str) -> list[str]:
    sub_rooms = [name for name in modules() if name.count(".") == 1 and room_of(name) == package and is_package(name)]
    rows = [
        textwrap.fill(f"- `{sub_room_of(name)}`: {first_line(name)}", 119, subsequent_indent="  ") for name in sub_rooms
    ]
    return [*rows, ""] if rows else []


def first_line(module: str) -> str:
    """Return the first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path_of(module).read_text(encoding="utf-8"))) or "").splitlines()[0]


if __name__ == "__main__":
    HOUSE.write_text(page(), encoding="utf-8")
