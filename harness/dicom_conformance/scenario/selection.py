"""Which scenarios exist, which are selected, and in what order they are played.

A SELECT of the command line is the beginning of a case's id (``storage``, ``storage/loader-``, a whole id with its
brackets), or the path of a scenario file or folder of the user's own; a folder may be written without ``./``.
`scenarios/statements/` and `scenarios/selftest/` hold no scenarios of a run. A scenario comes after those that it
depends on.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from dicom_conformance.errors import DataError
from dicom_conformance.files import first_look, scenarios_folder, suggestion
from dicom_conformance.scenario import scenario as scenarios
from dicom_conformance.scenario.matrix import Case, expand
from dicom_conformance.scenario.scenario import Scenario
from dicom_conformance.statement import Statement

#: Where the scenarios that come with the project lie, in a checkout and installed alike.
FOLDER = scenarios_folder()
#: Folders below it that are never part of a run.
APART = ("bugs", "statements", "fixtures", "profiles", "selftest", "schema")
_PAIR = 2
_MOST_KEPT = 4096
"""How many scenarios of the project one process keeps: more than there are."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a command line means: the scenarios read, and the beginnings of ids that choose among their cases.

    Parameters
    ----------
    scenarios : tuple of Scenario
        In the order to be played.
    prefixes : tuple of str
        None: every case.
    """

    scenarios: tuple[Scenario, ...]
    prefixes: tuple[str, ...]

    def chooses(self, case: Case) -> bool:
        """Tell whether a case is selected itself (not only as a dependency)."""
        return not self.prefixes or case.id.startswith(self.prefixes) or self._chose_formerly(case)

    def _chose_formerly(self, case: Case) -> bool:
        """Tell whether an earlier id of a case is named, in full or by its beginning within a folder."""
        return any(
            old.startswith(prefix) and "/" in prefix and not prefix.endswith("/")
            for old in case.former_ids
            for prefix in self.prefixes
        )


def select(selects: Sequence[str] = (), folder: Path = FOLDER) -> Selection:
    """Read what a command line names.

    Raises
    ------
    DataError
        A file is wrong, an id is used twice, a dependency is unknown or forms a cycle, a path does not exist.
    """
    paths = [select for select in selects if _is_path(select)]
    prefixes = tuple(select for select in selects if not _is_path(select))
    files: list[Path] = []
    for path in paths:
        files.extend(_files(Path(path)))
    if not paths or prefixes:
        files.extend(_named(find(folder), prefixes) if prefixes else find(folder))
    return Selection(ordered(read_all(dict.fromkeys(files))), _with_own(prefixes, paths))


def _named(files: Sequence[Path], prefixes: tuple[str, ...]) -> list[Path]:
    """Choose the files that may have a selected case, and those that they depend on; all where that cannot be told."""
    looked_at = {path: first_look.ids_of(path) for path in files}
    with_id = first_look.files_by_id(looked_at)
    chosen = {path for path, ids in looked_at.items() if first_look.may_be_named(ids, prefixes)}
    waiting = list(chosen)
    while waiting:
        for name in _read(waiting.pop()).header.depends_on:
            if name not in with_id:
                return list(files)  # the mistake is told with what was meant
            waiting.extend(path for path in with_id[name] if path not in chosen)
            chosen.update(with_id[name])
    return [path for path in files if path in chosen]


def cases(selection: Selection, statement: Statement, seed: int = 0) -> list[Case]:
    """Expand what is selected, and whatever it depends on, in the order to be played.

    Raises
    ------
    DataError
        A scenario does not fit the statement, or two cases have one id.
    """
    expanded = {scenario.id: expand(scenario, statement, seed) for scenario in _candidates(selection)}
    selected = {identifier: [case for case in own if selection.chooses(case)] for identifier, own in expanded.items()}
    needed = _needed(selection.scenarios, {identifier for identifier, own in selected.items() if own})
    return [
        case
        for scenario in selection.scenarios
        if scenario.id in needed
        for case in (selected.get(scenario.id) or expanded.get(scenario.id) or expand(scenario, statement, seed))
    ]


def quick(found: Sequence[Case]) -> list[Case]:
    """Choose one case of each family: of the scenarios of one folder that test the same clauses.

    It is the first of them that the statement claims, so that every claim is reached that all the cases reach. Every
    scenario is chosen that varies what a requestor proposes. Of it, every case of the same SOP Class is chosen that
    proposes a single transfer syntax or a pair of them: these show the order of priorities, larger subsets repeat it.

    Cases whose peers have a profile are chosen so among the cases under that profile.
    """
    by_amendment: dict[str, list[Case]] = {}
    for case in found:
        by_amendment.setdefault(case.amendment.name if case.amendment else "", []).append(case)
    chosen = {case.id for under_one in by_amendment.values() for case in _quick(under_one)}
    return [case for case in found if case.id in chosen]


def _quick(found: Sequence[Case]) -> list[Case]:
    scenarios = [list(group) for _, group in itertools.groupby(found, lambda case: case.scenario.id)]
    firsts = [next((case for case in own if not case.reason), own[0]) for own in scenarios]
    families: dict[tuple[str, ...], Case] = {}
    for first in firsts:
        family = _family(first)
        if family not in families or (families[family].reason and not first.reason):
            families[family] = first
    chosen: list[Case] = []
    for own, first in zip(scenarios, firsts, strict=True):
        varies_proposals = first.scenario.header.for_each.proposals is not None
        if varies_proposals or families[_family(first)] is first:
            chosen.append(first)
        if varies_proposals:
            chosen.extend(case for case in own if case is not first and _is_pair_like(case, first))
    return chosen


def _family(case: Case) -> tuple[str, ...]:
    """Give the folder of a case's scenario and the clauses that it tests."""
    return (case.scenario.id.rpartition("/")[0], *case.clause)


def _is_pair_like(case: Case, first: Case) -> bool:
    """Tell whether a case has the parameters of the first and proposes at most two transfer syntaxes somewhere."""
    if case.parameters != first.parameters:
        return False
    return any(len(each["transfer_syntaxes"]) <= _PAIR for each in case.bindings["proposed"])


def find(folder: Path) -> list[Path]:
    """List the scenario files of a folder, by name, without what is no scenario.

    Raises
    ------
    DataError
        There is no such folder.
    """
    if not folder.is_dir():
        raise DataError(folder, None, "", "no such scenario folder")
    found = sorted(path for path in folder.rglob("*.y*ml") if path.suffix in (".yaml", ".yml"))
    return [path for path in found if not any(part in APART for part in path.relative_to(folder).parts[:-1])]


def read_all(paths: Iterable[Path]) -> list[Scenario]:
    """Read scenario files, and refuse an id that two of them have."""
    found: dict[str, Scenario] = {}
    for path in paths:
        scenario = _read(path)
        if scenario.id in found:
            raise scenario.document.error(("id",), f"{found[scenario.id].path} has the same id, {scenario.id}")
        found[scenario.id] = scenario
    return list(found.values())


def _read(path: Path) -> Scenario:
    """Read a scenario; one that comes with the project is read once by each process, unless its file changes."""
    if not path.is_relative_to(FOLDER):
        return scenarios.read(path)
    try:
        state = path.stat()
    except OSError:
        return scenarios.read(path)
    return _read_once(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=_MOST_KEPT)
def _read_once(path: Path, changed_ns: int, size_bytes: int) -> Scenario:
    return scenarios.read(path)


def ordered(found: Sequence[Scenario]) -> tuple[Scenario, ...]:
    """Put scenarios after those that they depend on, else in the order of their ids.

    Raises
    ------
    DataError
        A dependency is unknown or forms a cycle.
    """
    known = {scenario.id: scenario for scenario in sorted(found, key=lambda each: each.id)}
    placed: dict[str, Scenario] = {}
    for scenario in known.values():
        _place(scenario, known, placed, ())
    return tuple(placed.values())


def _place(scenario: Scenario, known: dict[str, Scenario], placed: dict[str, Scenario], trail: tuple[str, ...]) -> None:
    if scenario.id in placed:
        return
    for index, dependency in enumerate(scenario.header.depends_on):
        location = ("depends_on", index)
        if dependency not in known:
            message = f"no scenario has the id {dependency!r}{suggestion(dependency, [*known])}"
            raise scenario.document.error(location, message)
        if dependency in (*trail, scenario.id):
            circle = " -> ".join((*trail, scenario.id, dependency))
            raise scenario.document.error(location, f"forms a cycle: {circle}")
        _place(known[dependency], known, placed, (*trail, scenario.id))
    placed[scenario.id] = scenario


def _candidates(selection: Selection) -> Iterator[Scenario]:
    """Yield the scenarios that may have a selected case, so that the others need not be expanded."""
    for scenario in selection.scenarios:
        prefixes = selection.prefixes
        names = (scenario.id, *scenario.header.formerly)
        if not prefixes or any(name.startswith(each) or each.startswith(name) for name in names for each in prefixes):
            yield scenario


def _needed(found: Sequence[Scenario], wanted: set[str]) -> set[str]:
    known = {scenario.id: scenario for scenario in found}
    needed: set[str] = set()
    waiting = list(wanted)
    while waiting:
        identifier = waiting.pop()
        if identifier not in needed:
            needed.add(identifier)
            waiting.extend(known[identifier].header.depends_on)
    return needed


def _is_path(select: str) -> bool:
    if select.endswith((".yaml", ".yml")) or select.startswith(("./", "../", "/", "~")) or select in (".", ".."):
        return True
    return Path(select).is_dir() and not (FOLDER / select).exists()  # a name of ours begins the ids of a whole folder


def _files(path: Path) -> list[Path]:
    path = path.expanduser()
    if path.is_dir():
        return find(path)
    if not path.exists():
        raise DataError(path, None, "", "no such file or folder")
    return [path]


def _with_own(prefixes: tuple[str, ...], paths: Sequence[str]) -> tuple[str, ...]:
    """Add the ids of the user's own files to the prefixes, which would else leave them out."""
    if not prefixes or not paths:
        return prefixes
    own = [scenario.id for path in paths for scenario in read_all(_files(Path(path)))]
    return (*prefixes, *own)
