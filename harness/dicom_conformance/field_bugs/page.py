"""The page of the bugs: each with its scenarios, and what the workstation was seen to do when they were played.

``python -m dicom_conformance.field_bugs.page > docs/interop-bugs.md`` plays one case of each scenario and writes the
page; a test plays them again and keeps it current.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping

from dicom_conformance.errors import DataError, HarnessError
from dicom_conformance.field_bugs.bugs import Bug, every_bug
from dicom_conformance.play import CaseRunner, RunOptions, open_subject
from dicom_conformance.profiles import every_profile
from dicom_conformance.results import Finding, Result, Verdict
from dicom_conformance.scenario import Case, expand, selection
from dicom_conformance.statement import load

STATEMENT = "directview-5.2"
_CHANGING = (
    (re.compile(r"2\.25\.\d+"), "the UID"),
    (re.compile(r"\b\d+(\.\d+)? (ms|s)\b"), "some time"),
)
"""What differs from one run to the next, and what stands on the page in its place."""

_HEAD = """# Bugs reported of real products

Each was reported of a real product (repository and number of the thread behind it; of the last four no thread was
found). Here it is a scenario of a few lines: `dicom-conformance run ID` plays it, and a copy with another peer, status
or length is a test of one's own. `dicom-conformance list --profiles` shows peers that behave as reported,
and `run --against-profiles` plays any scenario against them.

What our workstation does was seen when one case of each scenario was played by
`python -m dicom_conformance.field_bugs.page > docs/interop-bugs.md`, which made this page from
`scenarios/bugs/interop-bugs.yaml`.

| bug | reported in | scenario | verdict | what the workstation does |
|---|---|---|---|---|
"""


def page(results: Mapping[str, Result]) -> str:
    """Write the page as Markdown.

    Parameters
    ----------
    results : mapping
        What came of one case of each scenario, by the scenario's id.
    """
    rows = [row for bug in every_bug() for row in _rows(bug, results)]
    profiles = [
        f"| `{profile.name}` | {profile.title} | {', '.join(map(_thread, profile.reported))} |\n"
        for profile in every_profile()
    ]
    return "".join(
        (
            _HEAD,
            *rows,
            "\n## Profiles\n\n| profile | what such a peer does | reported in |\n|---|---|---|\n",
            *profiles,
        )
    )


def _rows(bug: Bug, results: Mapping[str, Result]) -> Iterator[str]:
    for number, scenario in enumerate(bug.scenarios):
        result = results[scenario]
        head = (bug.bug, bug.reported) if number == 0 else ("", "")
        yield f"| {head[0]} | {head[1]} | `{scenario}` | {result.verdict} | {_doing(result)} |\n"


def _thread(address: str) -> str:
    """Shorten the address of a thread to its repository and number."""
    _, name, _, number = address.removeprefix("https://github.com/").split("/")
    return f"[{name}#{number}]({address})"


def _doing(result: Result) -> str:
    """Say what the workstation did: what it reported to its user, else the last thing that was seen of it."""
    said = next((one for one in result.findings if _is_report(one)), None) or (
        result.findings[-1] if result.findings else None
    )
    text = f"{said.check}: {said.actual}" if said is not None else result.reason
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    return " ".join(text.replace("|", r"\|").split())


def _is_report(finding: Finding) -> bool:
    return finding.check == "outcome" and " of workstation" in finding.expected


def played() -> dict[str, Result]:
    """Play one case of each scenario of a bug against our own workstation.

    Raises
    ------
    DataError, HarnessError
        A scenario is wrong, or there is none of that id.
    """
    statement = load(STATEMENT)
    known = {scenario.id: scenario for scenario in selection.select().scenarios}
    wanted = dict.fromkeys(scenario for bug in every_bug() for scenario in bug.scenarios)
    unknown = [identifier for identifier in wanted if identifier not in known]
    if unknown:
        raise HarnessError(f"no scenario has the id {', '.join(unknown)}")
    runner = CaseRunner(statement, open_subject("embedded"), RunOptions())
    try:
        return {name: runner.play(_first(expand(known[name], statement))) for name in wanted}
    finally:
        runner.close()


def _first(cases: list[Case]) -> Case:
    return next((case for case in cases if not case.reason), cases[0])


def main() -> int:
    """Play, and print the page; 1 where a scenario fails, 2 where one cannot be played."""
    try:
        results = played()
    except (DataError, HarnessError) as error:
        print(error, file=sys.stderr)
        return 2
    print(page(results), end="")
    wrong = [f"{result.id}: {result.verdict}: {result.reason}" for result in results.values() if _is_wrong(result)]
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    return 1 if wrong else 0


def _is_wrong(result: Result) -> bool:
    return result.verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE)


if __name__ == "__main__":
    sys.exit(main())
