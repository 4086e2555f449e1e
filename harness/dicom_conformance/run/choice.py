"""Which of the selected cases are played for a subject: kinds of expectations, what is withheld, what fits at all.

A foreign subject is read-only by default: what stores, prints or misuses is withheld until an option allows it. What
moves or gets studies that are there already stores nothing, and yet brings data of patients to us: a subject on another
machine is asked for it only where the user named the studies. Of the
scenarios that come with the project, those of format 1 ask for AEs by their keys in one statement; they are selected
for a foreign subject only where its statement has these AEs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from dicom_conformance.play import Foreign
from dicom_conformance.scenario import EVERY_KIND, Case, Kind, Scenario
from dicom_conformance.statement import Statement

FOR_FOREIGN = frozenset({Kind.STANDARD, Kind.CLAIM})
"""The kinds of expectations that a foreign subject is judged by."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line says about kinds and safety.

    Parameters
    ----------
    kinds : frozenset of Kind or None
        The kinds of expectations that are judged; None leaves it to the subject.
    house : bool
        Whether a foreign subject is judged by what this project asks of its own workstation, too.
    may_store, may_print, may_be_hostile : bool
        What a foreign subject may be asked for.
    has_data : bool
        Whether the user named studies that the subject holds already.
    may_be_slow : bool
        Whether cases are played that wait for the timers of a foreign subject.
    """

    kinds: frozenset[Kind] | None = None
    house: bool = False
    may_store: bool = False
    may_print: bool = False
    may_be_hostile: bool = False
    has_data: bool = False
    may_be_slow: bool = False

    def cases(self, found: Iterable[Case], statement: Statement, foreign: Foreign | None, folder: Path) -> list[Case]:
        """Choose among cases, which are in the order of their scenarios.

        Parameters
        ----------
        foreign : Foreign or None
            The subject; None for one of ours, which may be asked for everything.
        folder : Path
            Where the scenarios lie that come with the project.
        """
        chosen: list[Case] = []
        for _, group in groupby(found, lambda case: case.scenario.id):
            own = list(group)
            if foreign is None or not _is_for_another(own, statement, folder):
                chosen.extend(self._of_kinds(own, foreign))
        return [replace(case, withheld=self.withheld(case.scenario, foreign)) for case in chosen] if foreign else chosen

    def withheld(self, scenario: Scenario, foreign: Foreign) -> str:
        """Say why the cases of a scenario are not played for a foreign subject; empty if they are."""
        needs = scenario.header.needs
        brings_data = needs.data and scenario.retrieves and not (self.has_data or foreign.is_on_loopback)
        options = (
            ("--data", brings_data),
            ("--allow-store", (needs.may_store or needs.fixture) and not self.may_store),
            ("--allow-print", needs.may_print and not self.may_print),
            ("--allow-hostile", needs.hostile and not self.may_be_hostile and not foreign.is_on_loopback),
            ("--slow", needs.slow and not self.may_be_slow),
        )
        missing = [option for option, is_missing in options if is_missing]
        if missing:
            return f"withheld: needs {' and '.join(missing)}"
        unknown = [name for name in scenario.called_peers if name not in foreign.peers]
        if unknown:
            return f"withheld: the product must know {' and '.join(unknown)}: name it in `peers:` of the subject file"
        return ""

    def _of_kinds(self, cases: Sequence[Case], foreign: Foreign | None) -> Iterator[Case]:
        kinds = self._kinds(cases[0].scenario, foreign)
        for case in cases:
            if kinds >= EVERY_KIND:
                yield case
            elif _kinds_of(case) & kinds:
                yield replace(case, kinds=kinds)

    def _kinds(self, scenario: Scenario, foreign: Foreign | None) -> frozenset[Kind]:
        """Give the kinds that are judged; a file of format 1 keeps all of them unless they are named."""
        kinds = self.kinds
        if kinds is None:
            kinds = EVERY_KIND if foreign is None or scenario.header.format == "1" else FOR_FOREIGN
        return kinds | {Kind.HOUSE} if self.house else kinds


def _kinds_of(case: Case) -> frozenset[Kind]:
    return frozenset({case.scenario.header.kind}) if case.reason else case.setup().kinds


def _is_for_another(cases: Sequence[Case], statement: Statement, folder: Path) -> bool:
    """Tell whether a scenario of format 1 that comes with the project asks for an AE of another statement."""
    scenario = cases[0].scenario
    if scenario.header.format != "1" or not scenario.path.resolve().is_relative_to(folder.resolve()):
        return False
    ae = scenario.header.needs.ae
    if ae is not None:
        return not statement.has(ae)
    claims = {clause.removeprefix("DCS ") for clause in scenario.header.clause if clause.startswith("DCS ")}
    return not claims <= {*statement.claims_by_id} or all(case.reason for case in cases)
