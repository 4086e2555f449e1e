"""What a statement's tables claim, as flat rows: abstract syntax, transfer syntax, role, configuration.

A table names transfer syntaxes; its policy, where it has one, says which of them hold under which configuration of
the product and in what order they are preferred. A table without a policy holds under every configuration.

References
----------
PS3.15 Annex H (Transfer Capability), PS3.8 9.3.3.2 (presentation contexts and their results).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dicom_conformance.statement.registry import STANDARD_SOP_CLASSES, STANDARD_TRANSFER_SYNTAXES
from dicom_conformance.statement.statement import Statement, Table
from dicom_conformance.statement.statement_model import ContextRow

#: A transfer syntax that no standard names, so that no honest AE can claim it (2.25 form, PS3.5 Annex B.2).
PRIVATE_TRANSFER_SYNTAX = "2.25.204137628173025417830149602737481920375"
#: An abstract syntax that no standard names.
PRIVATE_ABSTRACT_SYNTAX = "2.25.319562004817720156623004711598320164229"


@dataclass(frozen=True, slots=True)
class Row:
    """One presentation context: of a table, or of what no table claims."""

    table: str
    label: str
    sop_class: str
    transfer_syntaxes: tuple[str, ...]
    role: str
    configuration: str
    result: str
    accepted: str

    @property
    def proposed(self) -> str:
        """The proposed transfer syntaxes as one text, in order."""
        return ",".join(self.transfer_syntaxes)


ACCEPTANCE = "acceptance"
ABSTRACT_SYNTAX_NOT_SUPPORTED = "abstract_syntax_not_supported"
TRANSFER_SYNTAXES_NOT_SUPPORTED = "transfer_syntaxes_not_supported"


def preferred(statement: Statement, table: Table, configuration: str) -> tuple[str, ...]:
    """Give the transfer syntaxes that hold under a configuration, the preferred one first."""
    if table.policy is None:
        return tuple(dict.fromkeys(uid for row in table.contexts for uid in table.syntaxes_of(row)))
    return statement.policies[table.policy].configurations.get(configuration, ())


def configured(statement: Statement, row: Row) -> list[str]:
    """Give the transfer syntaxes that the table claims for a row's abstract syntax under the row's configuration."""
    found = [
        uid
        for key in ((row.table,) if row.table else ())
        for context in statement.tables[key].contexts
        if context.sop_class == row.sop_class
        for uid in preferred(statement, statement.tables[key], row.configuration)
        if uid in statement.tables[key].syntaxes_of(context)
    ]
    return list(dict.fromkeys(found))


def chosen(preference: Sequence[str], proposed: Sequence[str]) -> str:
    """Give the transfer syntax that a preference chooses among the proposed; empty for none."""
    offered = frozenset(proposed)
    return next((uid for uid in preference if uid in offered), "")


def claimed(statement: Statement, keys: Sequence[str], every_configuration: bool) -> Iterator[Row]:
    """Yield one row for each abstract and transfer syntax of the tables.

    With `every_configuration`, one for each configuration under which it holds; else only for the first such.
    """
    for key in keys:
        table = statement.tables[key]
        for row in table.contexts:
            for uid in table.syntaxes_of(row):
                for configuration in statement.configurations:
                    if uid in preferred(statement, table, configuration):
                        yield Row(key, row.label, row.sop_class, (uid,), table.role, configuration, ACCEPTANCE, uid)
                        if not every_configuration:
                            break


def unclaimed_abstract_syntaxes(statement: Statement, keys: Sequence[str], every_configuration: bool) -> Iterator[Row]:
    """Yield every abstract syntax of the standard that the tables do not name, with all that they do propose."""
    named = {row.sop_class for key in keys for row in statement.tables[key].contexts}
    syntaxes = union_of_syntaxes(statement, keys)
    table = keys[0] if len(keys) == 1 else ""
    role = statement.tables[keys[0]].role
    for configuration in _configurations(statement, every_configuration):
        for uid in (*STANDARD_SOP_CLASSES, PRIVATE_ABSTRACT_SYNTAX):
            if uid not in named:
                yield Row(table, uid, uid, syntaxes, role, configuration, ABSTRACT_SYNTAX_NOT_SUPPORTED, "")


def unclaimed_transfer_syntaxes(statement: Statement, keys: Sequence[str], every_configuration: bool) -> Iterator[Row]:
    """Yield every abstract syntax of the tables with every transfer syntax that no table or policy names for it."""
    for configuration in _configurations(statement, every_configuration):
        for key in keys:
            table = statement.tables[key]
            for row in table.contexts:
                named = {*table.syntaxes_of(row)}.union(
                    *(preferred(statement, table, each) for each in statement.configurations)
                )
                for uid in (*STANDARD_TRANSFER_SYNTAXES, PRIVATE_TRANSFER_SYNTAX):
                    if uid not in named:
                        yield _refused(key, table, row, uid, configuration)


def unclaimed_configurations(statement: Statement, keys: Sequence[str]) -> Iterator[Row]:
    """Yield every row of the tables under each configuration that does not have it."""
    for configuration in statement.configurations:
        for key in keys:
            table = statement.tables[key]
            preference = preferred(statement, table, configuration)
            for row in table.contexts:
                for uid in table.syntaxes_of(row):
                    if uid not in preference:
                        yield _refused(key, table, row, uid, configuration)


def union_of_syntaxes(statement: Statement, keys: Sequence[str]) -> tuple[str, ...]:
    """Give all transfer syntaxes that the tables print, in the order of the longest of them."""
    printed = [table.syntaxes_of(row) for table in (statement.tables[key] for key in keys) for row in table.contexts]
    printed.sort(key=len, reverse=True)
    return tuple(dict.fromkeys(uid for syntaxes in printed for uid in syntaxes))


def _configurations(statement: Statement, every: bool) -> tuple[str, ...]:
    return tuple(statement.configurations) if every else tuple(statement.configurations)[:1]


def _refused(key: str, table: Table, row: ContextRow, uid: str, configuration: str) -> Row:
    return Row(key, row.label, row.sop_class, (uid,), table.role, configuration, TRANSFER_SYNTAXES_NOT_SUPPORTED, "")
