"""The pytest plugin: scenario files as tests, one item a case.

It collects the YAML files below the paths that the ini option `dicom_scenarios` names (relative to the root), and
never another: not other people's YAML, not `statements/`, `profiles/` or `schema/`. The order is that of files and
cases, but for what depends on others, which comes after them; the seed is fixed, so that every process of pytest-xdist
collects the same. Subjects are opened when the first case needs one, and closed when the session ends.

Where `--dicom-results` or the environment variable `DICOM_CONFORMANCE_RESULTS` names the output folder of a whole run,
no case is played again: each item takes the result that the run wrote. With `--html` each case leaves its evidence
beside the report, and its row links to it.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from dicom_conformance.pytest_fixtures import (
    MARKERS,
    dicom_archive,
    dicom_destination,
    dicom_printer,
    dicom_scripted,
)

if TYPE_CHECKING:  # imported when the first scenario is collected: other people's test runs pay nothing
    from dicom_conformance.play import CaseRunner
    from dicom_conformance.results import Result
    from dicom_conformance.run import Dependencies, RecordedResults
    from dicom_conformance.scenario import Case
    from dicom_conformance.statement import Statement

SEED = 0
RESULTS = "DICOM_CONFORMANCE_RESULTS"
"""The environment variable that names the output folder of a run whose results are taken."""


__all__ = ["EveryScenario", "dicom_archive", "dicom_destination", "dicom_printer", "dicom_scripted"]


def pytest_configure(config: pytest.Config) -> None:
    """Announce the markers, so that a strict configuration knows them."""
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}(**settings): {meaning}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Announce the options, so that a strict configuration knows them."""
    parser.addini("dicom_scenarios", "folders and files of scenarios, relative to the root", type="linelist")
    parser.addini("dicom_statement", "the conformance statement", default="directview-5.2")
    group = parser.getgroup("dicom conformance")
    group.addoption("--dicom-subject", default="embedded", help="embedded, process, or a subject file")
    group.addoption(
        "--dicom-results",
        default=os.environ.get(RESULTS, ""),
        metavar="DIR",
        help=f"take the results of this run instead of playing the cases again (default: ${RESULTS})",
    )
    group.addoption(
        "--dicom-evidence",
        default="",
        metavar="DIR",
        help="where the evidence of each case goes (default: next to the report of --html)",
    )


def named_paths(config: pytest.Config) -> tuple[Path, ...]:
    """Give the paths that the ini option names."""
    return tuple((config.rootpath / text).resolve() for text in config.getini("dicom_scenarios"))


def is_scenario(path: Path, config: pytest.Config) -> bool:
    """Tell whether a file is a scenario that the ini option names."""
    if path.suffix not in (".yaml", ".yml"):
        return False
    for root in named_paths(config):
        if path == root:
            return True
        if path.is_relative_to(root):
            return not any(part in _APART for part in path.relative_to(root).parts[:-1])
    return False


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a scenario file; leave every other file to others."""
    if not is_scenario(file_path, parent.config):
        return None
    known = parent.session.stash.setdefault(_COLLECTED, set())
    if file_path in known:
        return None  # tests/conformance collects the same files: no case runs twice
    known.add(file_path)
    return ScenarioCollector.from_parent(parent, path=file_path)


def scenario_files(config: pytest.Config) -> list[Path]:
    """List the scenario files that the ini option names, by name."""
    found: set[Path] = set()
    for root in named_paths(config):
        found.update(path for path in (root.rglob("*.y*ml") if root.is_dir() else [root]) if is_scenario(path, config))
    return sorted(found)


class EveryScenario:
    """An object in a test module that represents every scenario that the ini option names."""


class ScenariosCollector(pytest.Collector):
    """The scenario files, collected within a test module."""

    def collect(self) -> Iterable[pytest.Collector]:
        """Give one collector a file, but for those that were collected already."""
        for path in scenario_files(self.config):
            collector = pytest_collect_file(path, self)
            if collector is not None:
                yield collector


def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> pytest.Collector | None:
    """Collect the scenarios where a test module has an `EveryScenario`."""
    return ScenariosCollector.from_parent(collector, name=name) if isinstance(obj, EveryScenario) else None


_APART = ("bugs", "fixtures", "profiles", "schema", "selftest", "statements")
_COLLECTED: pytest.StashKey[set[Path]] = pytest.StashKey()
_CASE_RUNNER: pytest.StashKey[Any] = pytest.StashKey()
_STATEMENT: pytest.StashKey[Any] = pytest.StashKey()
_DEPENDENCIES: pytest.StashKey[Any] = pytest.StashKey()
_RECORDED: pytest.StashKey[Any] = pytest.StashKey()


def _statement(config: pytest.Config) -> Statement:
    if _STATEMENT not in config.stash:
        from dicom_conformance.statement import load  # see above: only where there are scenarios

        config.stash[_STATEMENT] = load(str(config.getini("dicom_statement")))
    statement: Statement = config.stash[_STATEMENT]
    return statement


def _case_runner(config: pytest.Config) -> CaseRunner:
    if _CASE_RUNNER not in config.stash:
        from dicom_conformance.play import (  # see above: only where there are scenarios
            CaseRunner,
            RunOptions,
            open_subject,
        )

        subject = open_subject(str(config.getoption("--dicom-subject")))
        config.stash[_CASE_RUNNER] = CaseRunner(_statement(config), subject, RunOptions(output=evidence_folder(config)))
    case_runner: CaseRunner = config.stash[_CASE_RUNNER]
    return case_runner


def _recorded(config: pytest.Config) -> RecordedResults | None:
    """Give the results of the earlier run that the command line or the environment names."""
    named = str(config.getoption("--dicom-results"))
    if not named:
        return None
    if _RECORDED not in config.stash:
        from dicom_conformance.run import RecordedResults  # see above: only where there are scenarios

        config.stash[_RECORDED] = RecordedResults(config.rootpath / named, _statement(config).id)
    recorded: RecordedResults = config.stash[_RECORDED]
    return recorded


def evidence_folder(config: pytest.Config) -> Path | None:
    """Give the folder below which `evidence/` is written; None keeps no evidence."""
    named = str(config.getoption("--dicom-evidence"))
    if named:
        return config.rootpath / named
    report = _html_report(config)
    return report.with_name(f"{report.stem}-files") if report is not None else None


def _html_report(config: pytest.Config) -> Path | None:
    """Give the file that pytest-html writes; None without it."""
    named = config.getoption("htmlpath", None) if config.pluginmanager.hasplugin("html") else None
    return Path(os.path.expandvars(named)).expanduser().absolute() if named else None


def _dependencies(config: pytest.Config) -> Dependencies:
    if _DEPENDENCIES not in config.stash:
        from dicom_conformance.run import Dependencies  # see above: only where there are scenarios

        config.stash[_DEPENDENCIES] = Dependencies()
    dependencies: Dependencies = config.stash[_DEPENDENCIES]
    return dependencies


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put cases after those that they depend on, and leave all else in its order."""
    depends_on = {
        item.case.scenario.id: item.case.scenario.header.depends_on for item in items if isinstance(item, CaseItem)
    }

    def depth(identifier: str, trail: tuple[str, ...] = ()) -> int:
        if identifier in trail:  # a circle, which the command line refuses
            return 0
        inner = [depth(each, (*trail, identifier)) + 1 for each in depends_on.get(identifier, ())]
        return max(inner, default=0)

    items.sort(key=lambda item: depth(item.case.scenario.id) if isinstance(item, CaseItem) else 0)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Close the subject."""
    if _CASE_RUNNER in session.config.stash:
        session.config.stash[_CASE_RUNNER].close()
        del session.config.stash[_CASE_RUNNER]


class ScenarioCollector(pytest.File):
    """One scenario file: its cases."""

    def collect(self) -> Iterable[pytest.Item]:
        """Give one item a case."""
        from dicom_conformance.errors import DataError
        from dicom_conformance.play import subject_file
        from dicom_conformance.run import Choice
        from dicom_conformance.scenario import (
            expand,
            scenario,
            selection,  # see above: only where there are scenarios
        )

        try:
            _recorded(self.config)  # a run that does not count is told now
            promised, foreign = _statement(self.config), subject_file(str(self.config.getoption("--dicom-subject")))
            found = expand(scenario.read(self.path), promised, SEED)
            cases = Choice().cases(found, promised, foreign, selection.FOLDER)
        except DataError as error:
            raise self.CollectError(str(error)) from error
        for case in cases:
            yield CaseItem.from_parent(self, name=case.id, case=case)


class UnmetError(Exception):
    """A case did not hold; the text says what was expected, what was there, and shows the wire."""


class CaseItem(pytest.Item):
    """One case."""

    def __init__(self, *, case: Case, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.case = case
        self.evidence: Path | None = None

    def runtest(self) -> None:
        """Play the case, or take its recorded result; what was not judged is skipped, a WARN passes with a warning."""
        recorded = _recorded(self.config)
        result, wire = self._played() if recorded is None else (_found(recorded, self.case.id), ())
        self.evidence = _evidence(self.config, result)
        self.user_properties.append(("verdict", result.verdict.value))
        if result.verdict.value in ("NOT_CLAIMED", "NOT_JUDGED"):
            pytest.skip(result.reason)
        report_text = "\n".join(lines(result, wire))
        if result.verdict.value == "WARN":
            self.add_report_section("call", "warning", report_text)
        elif result.verdict.value != "PASS":
            raise UnmetError(report_text)

    def _played(self) -> tuple[Result, tuple[str, ...]]:
        case_runner = _case_runner(self.config)
        return _dependencies(self.config).judge(self.case, case_runner.play(self.case)), case_runner.wire

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str | Any:
        """Show what was unmet, not our own stack."""
        if isinstance(excinfo.value, UnmetError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Name the case in reports."""
        return self.path, None, self.name


def _found(recorded: RecordedResults, identifier: str) -> Result:
    result = recorded.get(identifier)
    if result is None:
        raise UnmetError(f"the run in {recorded.folder} has no result of {identifier}: play it again")
    return result


def _evidence(config: pytest.Config, result: Result) -> Path | None:
    """Give the folder of a result's evidence."""
    recorded = _recorded(config)
    output = evidence_folder(config) if recorded is None else recorded.folder
    return output / result.evidence if output is not None and result.evidence else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Link the evidence of a case in its row of the report that pytest-html writes."""
    report = yield
    page = _html_report(item.config) if isinstance(item, CaseItem) else None
    if isinstance(item, CaseItem) and item.evidence is not None and page is not None and report.when == "call":
        from pytest_html import extras  # it is there: the option was given

        link = os.path.relpath(item.evidence, page.parent)
        report.extras = [*getattr(report, "extras", []), extras.url(quote(f"{link}/"), name="evidence")]
    return report


def lines(result: Result, wire: Iterable[str]) -> Iterator[str]:
    """Say why a case is not PASS, and show its conversations."""
    yield f"{result.verdict.value} {result.id}"
    if result.reason:
        yield result.reason
    for finding in result.unmet:
        yield f"requirement: {finding.requirement or result.title} ({finding.clause or '; '.join(result.clause)})"
        yield f"  {finding.check}: expected {finding.expected}"
        yield f"  {' ' * len(finding.check)}  actual   {finding.actual}"
    yield from wire
