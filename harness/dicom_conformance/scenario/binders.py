"""What each binder of `for_each` binds, computed from the statement.

A `Binding` is one turn: texts and plain data by variable name, the result's parameters, and what the case's id says of
it. Contexts of a proposal are computed only when a case is played (`Binding.values`), for there are over a hundred
thousand; every order is the statement's, so that any process computes the same cases.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dicom_conformance.results import EMPTY
from dicom_conformance.scenario import print_statuses
from dicom_conformance.scenario.fixtures import claimed_keys
from dicom_conformance.scenario.for_each import (
    Cells,
    ClaimedKeys,
    Claims,
    Contexts,
    ForEach,
    NotClaimedError,
    PrintStatuses,
    Proposals,
    Recipes,
    Statuses,
    Values,
)
from dicom_conformance.statement import (
    ACCEPTANCE,
    TRANSFER_SYNTAXES_NOT_SUPPORTED,
    Row,
    Statement,
    Table,
    chosen,
    preferred,
    transfer_capability,
)
from dicom_conformance.upper_layer import CELLS, reachable, stimulus

LONGEST_SAID = 64  # a value of a scenario that is longer is not recorded as a parameter of a result

_NEVER, _UID, _MESSAGE = re.compile(r"(?!)"), re.compile(r"[0-9]+(\.[0-9]+)+"), re.compile(r"[CN]-[A-Z-]+-(RQ|RSP)")
FORMS = {
    **dict.fromkeys(("table", "configuration", "direction", "transformation", "bug", "mutant"), _NEVER),
    "sop_class": _UID,
    "transfer_syntax": _UID,
    "message": _MESSAGE,
    "role": re.compile(r"SC[UP]"),
    "status": re.compile(r"[0-9A-F]{4}"),
    "state": re.compile(r"Sta\d+"),
    "event": re.compile(r"Evt\d+"),
}
"""Parameters with a fixed meaning in every result, and the form of their values."""

#: Any refusal of a presentation context: the standard demands no particular one (PS3.8 Table 9-18).
NOT_ACCEPTED = "not_accepted"


@dataclass(frozen=True, slots=True)
class Binding:
    """One turn of a binder.

    Parameters
    ----------
    label : tuple of str
        What the case's id says of it, in order.
    qualifiers : tuple of str
        The suffix of the id where the labels alone would name two cases.
    values : Mapping
        Variable to text or plain data.
    parameters : Mapping
        The result's parameters.
    later : callable or None
        Gives further values, which are large, when the case is played.
    cells : int
        How many facts a case of this turn judges at least.
    """

    label: tuple[str, ...]
    values: Mapping[str, Any]
    parameters: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    qualifiers: tuple[str, ...] = ()
    later: Callable[[], Mapping[str, Any]] | None = None
    cells: int = 1


def turns(for_each: ForEach, statement: Statement, stated: Mapping[str, Any] = EMPTY) -> list[list[Binding]]:
    """Give the turns of each binder, in the order of the table in `scenario.for_each`.

    Parameters
    ----------
    stated : Mapping
        The lists of the statement that `for_each` names, by their paths.

    Raises
    ------
    NotClaimedError
        The statement has no such table, AE, status or list.
    """
    found: list[list[Binding]] = []
    for name in for_each.order:
        match getattr(for_each, name):
            case Contexts() as binder:
                found.append(list(_contexts(binder, statement)))
            case Proposals() as binder:
                found.append(list(_proposals(binder, statement)))
            case Statuses() as binder:
                found.append(list(_listed_statuses(binder) if binder.list else _statuses(binder, statement)))
            case Claims() as binder:
                found.append(list(_claims(binder, statement)))
            case Cells() as binder:
                found.append(list(_cells(binder)))
            case Recipes() as binder:
                found.append([Binding((name,), {"recipe": name}) for name in binder.names])
            case PrintStatuses() as binder:
                found.append(list(_print_statuses(binder)))
            case ClaimedKeys() as binder:
                turned = claimed_keys.queries(binder.fixture, binder.matched, stated)
                found.append([Binding(*each) for each in turned])
            case Values() as binder:
                found.append(list(_values(binder, stated)))
    return found


def _tables(keys: Sequence[str], ae: str | None, statement: Statement) -> tuple[str, ...]:
    if ae is not None and ae not in statement.application_entities:
        raise NotClaimedError(f"the statement {statement.id} has no AE {ae}")
    for key in keys:
        if key not in statement.tables:
            raise NotClaimedError(f"the statement {statement.id} has no table {key}")
    named = tuple(keys) or tuple(statement.tables)
    chosen_tables = tuple(key for key in named if key in statement.tables_of(ae))
    if not chosen_tables:
        raise NotClaimedError(f"the statement {statement.id} has no table of {ae or 'presentation contexts'}")
    return chosen_tables


def _contexts(binder: Contexts, statement: Statement) -> Iterator[Binding]:
    keys = _tables(binder.keys, binder.ae, statement)
    every = binder.configurations == "every"
    rows: Iterator[Row] = iter(())
    if binder.claimed == "true":
        rows = transfer_capability.claimed(statement, keys, every)
    if binder.claimed in ("false", "abstract_syntaxes"):
        rows = itertools.chain(rows, transfer_capability.unclaimed_abstract_syntaxes(statement, keys, every))
    if binder.claimed in ("false", "transfer_syntaxes"):
        rows = itertools.chain(rows, transfer_capability.unclaimed_transfer_syntaxes(statement, keys, every))
    if binder.claimed in ("false", "configurations"):
        rows = itertools.chain(rows, transfer_capability.unclaimed_configurations(statement, keys))
    if binder.batch is None:
        yield from (_single(row, statement) for row in rows)
    else:
        yield from _batches(binder, list(rows))


def _single(row: Row, statement: Statement) -> Binding:
    syntax = row.transfer_syntaxes[0] if len(row.transfer_syntaxes) == 1 else row.proposed
    values = {
        "table": row.table,
        "sop_class": row.sop_class,
        "transfer_syntax": syntax,
        "transfer_syntaxes": list(row.transfer_syntaxes),
        "role": row.role,
        "label": row.label,
        "configuration": row.configuration,
        "configured": transfer_capability.configured(statement, row),
        "result": row.result,
        "expected": row.result,
        "refused": row.result if row.accepted else NOT_ACCEPTED,
    }
    parameters = {
        "table": row.table,
        "sop_class": row.sop_class,
        "transfer_syntax": syntax,
        "role": row.role,
        "configuration": row.configuration,
    }
    label = (row.label, syntax) if len(row.transfer_syntaxes) == 1 else (row.label,)
    return Binding(label, values, _given(parameters), (row.configuration, row.table, row.role))


def _given(parameters: Mapping[str, str]) -> Mapping[str, str]:
    return {key: value for key, value in parameters.items() if value}


def _batches(binder: Contexts, rows: Sequence[Row]) -> Iterator[Binding]:
    """Group rows by configuration and role, as many as a negotiation may carry."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.configuration, row.role), []).append(row)
    for (configuration, role), members in groups.items():
        size = binder.batch or 1
        for number, start in enumerate(range(0, len(members), size), start=1):
            batch = members[start : start + size]
            tables = tuple(dict.fromkeys(row.table for row in batch))
            table = tables[0] if len(tables) == 1 else ""
            values = {"table": table, "role": role, "configuration": configuration}
            yield Binding(
                (configuration, str(number)),
                values,
                _given(values),
                (role,),
                later=_Negotiation(tuple(batch)),
                cells=len(batch),
            )


@dataclass(frozen=True, slots=True)
class _Negotiation:
    """Several presentation contexts for one negotiation, as a `do` proposes them and a check expects them."""

    rows: tuple[Row, ...]

    def __call__(self) -> Mapping[str, Any]:
        return {
            "proposed": [_proposed(row) for row in self.rows],
            "expected": [_expected(row, row.result) for row in self.rows],
            "refused": [_expected(row, row.result if row.accepted else NOT_ACCEPTED) for row in self.rows],
        }


def _proposed(row: Row) -> dict[str, Any]:
    return {"sop_class": row.sop_class, "transfer_syntaxes": list(row.transfer_syntaxes)}


def _expected(row: Row, result: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "sop_class": row.sop_class,
        "proposed": list(row.transfer_syntaxes),
        "result": result,
        "configuration": row.configuration,
    }
    if row.accepted:
        entry["transfer_syntax"] = row.accepted
    if row.table:
        entry["table"] = row.table
    return entry


def orders(syntaxes: Sequence[str]) -> list[tuple[str, ...]]:
    """List every non-empty subset in the order given and in its reverse, each once.

    For n transfer syntaxes these are 2 (2**n - 1) - n, as a single one is its own reverse: 1013 for nine.
    """
    subsets = [subset for size in range(1, len(syntaxes) + 1) for subset in itertools.combinations(syntaxes, size)]
    return [order for subset in subsets for order in dict.fromkeys((subset, subset[::-1]))]


def _proposals(binder: Proposals, statement: Statement) -> Iterator[Binding]:
    keys = _tables(binder.keys, None, statement)
    proposals = orders(transfer_capability.union_of_syntaxes(statement, keys))
    chunks = [tuple(proposals[start : start + binder.batch]) for start in range(0, len(proposals), binder.batch)]
    for configuration in statement.configurations:
        for key in keys:
            table = statement.tables[key]
            preference = preferred(statement, table, configuration)
            for row in table.contexts:
                for number, chunk in enumerate(chunks, start=1):
                    values = {
                        "table": key,
                        "sop_class": row.sop_class,
                        "label": row.label,
                        "role": table.role,
                        "configuration": configuration,
                    }
                    yield Binding(
                        (row.label, configuration, str(number)),
                        values,
                        {name: value for name, value in values.items() if name != "label"},
                        (key,),
                        later=_Priority(key, table, row.sop_class, configuration, preference, chunk),
                        cells=len(chunk),
                    )


@dataclass(frozen=True, slots=True)
class _Priority:
    """One abstract syntax with many proposals, and what the policy chooses of each."""

    key: str
    table: Table
    sop_class: str
    configuration: str
    preference: tuple[str, ...]
    proposals: tuple[tuple[str, ...], ...]

    def __call__(self) -> Mapping[str, Any]:
        return _Negotiation(tuple(self._row(proposal) for proposal in self.proposals))()

    def _row(self, proposal: tuple[str, ...]) -> Row:
        accepted = chosen(self.preference, proposal)
        result = ACCEPTANCE if accepted else TRANSFER_SYNTAXES_NOT_SUPPORTED
        role = self.table.role
        return Row(self.key, "", self.sop_class, proposal, role, self.configuration, result, accepted)


def _listed_statuses(binder: Statuses) -> Iterator[Binding]:
    """Bind the statuses that the scenario itself lists."""
    for entry in binder.list:
        status = entry.status.upper()
        values = {"status": status, "class": entry.status_class, "expected": entry.expected}
        parameters = {"status": status}
        if binder.message:
            values["message"] = parameters["message"] = binder.message
        yield Binding((status,), values, parameters)


def _statuses(binder: Statuses, statement: Statement) -> Iterator[Binding]:
    """Bind the statuses of the statement."""
    ae = binder.ae or ""
    if ae not in statement.application_entities:
        raise NotClaimedError(f"the statement {statement.id} has no AE {ae}")
    found = [
        status
        for status in statement.statuses(ae, binder.message, codes=binder.codes)
        if not binder.classes or status.status_class in binder.classes
    ]
    if not found:
        raise NotClaimedError(
            f"the statement {statement.id} lists no status of {binder.message or 'any message'} for {ae}"
        )
    for status in found:
        values = {
            "status": status.code,
            "class": status.status_class,
            "expected": status.result or "",
            "message": status.message,
            "role": status.role,
            "ae": ae,
            "meaning": status.meaning,
            "level": status.level,
            "clause": status.clause,
        }
        parameters = {key: values[key] for key in ("status", "message", "role")}
        yield Binding((status.code,), values, parameters, (status.message, status.role))


def _print_statuses(binder: PrintStatuses) -> Iterator[Binding]:
    for row in print_statuses.rows():
        narrowed = (
            (binder.services, row.service),
            (binder.of, row.of),
            (binder.kinds, row.kind),
            (binder.classes, row.status_class),
        )
        if any(admitted and value not in admitted for admitted, value in narrowed):
            continue
        message = f"{row.service}-RSP"
        values = {
            "service": row.service,
            "request": f"{row.service}-RQ",
            "message": message,
            "of": row.of,
            "at": f"{row.service} {row.of}",
            "sop_class": row.sop_class,
            "occurrence": str(print_statuses.OCCURRENCES.get((row.service, row.of), 1)),
            "status": row.status,
            "class": row.status_class,
            "meaning": row.meaning,
            "kind": row.kind,
        }
        parameters = {"status": row.status, "message": message, "sop_class": row.sop_class, "meaning": row.meaning}
        yield Binding((row.of, row.service, row.status), values, parameters, (row.kind,))


def _values(binder: Values, stated: Mapping[str, Any]) -> Iterator[Binding]:
    for number, row in enumerate(binder.rows(stated), start=1):
        label = tuple(str(value) for value in row.values() if isinstance(value, str)) or (str(number),)
        yield Binding(label, row, {key: value for key, value in row.items() if _is_said(key, value)}, (str(number),))


def _is_said(name: str, value: Any) -> bool:
    """Tell whether a result is labelled with a value of a scenario: short texts are, under what every result means."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_SAID or "\n" in value:
        return False
    return name not in FORMS or FORMS[name].fullmatch(value) is not None


def _claims(binder: Claims, statement: Statement) -> Iterator[Binding]:
    for claim in statement.claims:
        of_section = not binder.section or any(f"{claim.section}.".startswith(f"{each}.") for each in binder.section)
        if of_section and binder.ae in (None, claim.ae):
            yield Binding((claim.id,), {"claim": claim.id, "section": claim.section, "level": claim.level})


def _cells(binder: Cells) -> Iterator[Binding]:
    for cell in CELLS if binder.role is None else reachable(binder.role):
        names = {"state": cell.state.value, "event": cell.event.value}
        states, events = binder.states or (names["state"],), binder.events or (names["event"],)
        if names["state"] not in states or names["event"] not in events:
            continue
        values: dict[str, Any] = {**names, "action": cell.action, "following": cell.following}
        if binder.role is not None:
            values["stimulus"] = stimulus(binder.role, cell.event)
            names["role"] = "SCP" if binder.role == "acceptor" else "SCU"
        yield Binding((cell.state.value, cell.event.value), values, {**names, "action": cell.action})
