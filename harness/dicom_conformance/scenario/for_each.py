"""`for_each`: the closed list of what a scenario may be repeated for.

Several binders make the cross product, in the order of `BINDS`, which says what each binds. The values are computed
from the statement by `scenario.binders`; here is only what may be written.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, RootModel, StringConstraints, model_validator

from dicom_conformance.files import Part, Texts, Unstated
from dicom_conformance.upper_layer import Role

BINDS: Mapping[str, str] = MappingProxyType(
    {
        "contexts": (
            "`$table`, `$sop_class`, `$transfer_syntax`, `$role`, `$label`, `$configuration`, `$expected`, `$refused`, "
            "and as lists `$transfer_syntaxes` (those proposed) and `$configured` (all that the table claims under the "
            "configuration, the preferred one first); with `batch`: `$proposed`, `$expected`, `$refused`, "
            "`$configuration`, `$table`, `$role`"
        ),
        "proposals": (
            "`$configuration`, `$table`, `$sop_class`, `$label`, `$role`, `$proposed`, `$expected`, `$refused`"
        ),
        "statuses": (
            "`$status`, `$class`, `$expected`, `$message`, `$role`, `$ae`, `$meaning`, `$level`, `$clause`; of a list "
            "only `$status`, `$class`, `$expected`"
        ),
        "claims": "`$claim`, `$section`, `$level`",
        "cells": (
            "`$state`, `$event`, `$action`, `$following` (the states that may follow); with `role`: `$stimulus`, the "
            "line of a script that causes the event"
        ),
        "recipes": "`$recipe`",
        "print_statuses": (
            "`$service`, `$request`, `$message`, `$of`, `$at` (service and object: `N-SET film_box`), `$sop_class`, "
            "`$occurrence`, `$status`, `$class`, `$meaning`, `$kind`"
        ),
        "claimed_keys": (
            "`$level`, `$keyword`, `$model`, and as keys of a query `$control` (without the key), `$universal` (with "
            "it, without a value), `$matching` (with the value of the fixture) and `$near_miss` (with another value)"
        ),
        "values": "the names that it gives",
    }
)
"""Binder to the variables that it binds, in the order in which binders multiply.

``$expected`` names the particular result of a context that is refused; ``$refused`` is the same with any refusal
admitted, for PS3.8 Table 9-18 demands no particular one.
"""

#: A-ASSOCIATE allows odd context IDs 1 to 255 (PS3.8 9.3.2.2).
CONTEXTS_IN_A_NEGOTIATION = 128

HexStatus = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{4}$")]
Batch = Annotated[int, Field(ge=1, le=CONTEXTS_IN_A_NEGOTIATION)]


class NotClaimedError(Exception):
    """The statement lacks what a binder names; every case of the scenario is NOT_CLAIMED."""


class Contexts(Part):
    """Presentation contexts of the statement's tables, or what the tables do not claim.

    Parameters
    ----------
    table, tables : str
        Keys of tables; with `ae` alone, all tables of that AE; with none, every table.
    claimed : bool or str
        ``true``: the rows. ``false``: what the tables do not name: every other abstract syntax known to the standard,
        every named one with every other transfer syntax, and every row under each configuration whose policy lacks it.
        ``abstract_syntaxes``, ``transfer_syntaxes`` or ``configurations``: only that part of it.
    configurations : str
        ``first``: each row under the first configuration that has it; ``every``: under each of them.
    batch : int or None
        Presentation contexts a case; None for one, bound singly.
    """

    table: str | None = Field(default=None, description="key of a table of the statement")
    tables: Texts = Field(default=(), description="keys of several tables; every table if none is named, nor an `ae`")
    ae: str | None = Field(default=None, description="all tables of this AE")
    claimed: Literal["true", "false", "abstract_syntaxes", "transfer_syntaxes", "configurations"] = Field(
        default="true",
        description=(
            "`true`: what the tables claim. `false`: what they do not claim. `abstract_syntaxes`, "
            "`transfer_syntaxes`, `configurations`: only that part of what they do not claim"
        ),
    )
    configurations: Literal["first", "every"] = Field(
        default="first", description="use each row under the `first` configuration that has it, or under `every` one"
    )
    batch: Batch | None = Field(default=None, description="presentation contexts in one case; one if not given")

    @property
    def keys(self) -> tuple[str, ...]:
        """The tables named."""
        return (*((self.table,) if self.table is not None else ()), *self.tables)


class Proposals(Part):
    """Every non-empty subset of a table's transfer syntaxes, for each abstract syntax and configuration."""

    table: str | None = Field(default=None, description="key of a table of the statement")
    tables: Texts = Field(default=(), description="keys of several tables")
    batch: Batch = Field(default=CONTEXTS_IN_A_NEGOTIATION, description="presentation contexts in one case, at most")

    @property
    def keys(self) -> tuple[str, ...]:
        """The tables named."""
        return (*((self.table,) if self.table is not None else ()), *self.tables)

    @model_validator(mode="after")
    def _some_table(self) -> Proposals:
        if not self.keys:
            raise ValueError("table or tables is needed")
        return self


class StatusEntry(Part):
    """A status written out in the scenario."""

    status: HexStatus = Field(description="four hex digits")
    status_class: str = Field(alias="class", description="its class: success, pending, warning, failure or cancel")
    expected: str = Field(description="what is expected of the subject")


class Statuses(Part):
    """Status codes: those of the statement for an AE and message, or a list.

    `codes` says which codes represent a range: its first and last code, or all of them.
    """

    ae: str | None = Field(default=None, description="AE whose statuses the statement lists")
    message: str | None = Field(default=None, description="response that bears them (`C-STORE-RSP`)")
    codes: Literal["first", "last", "boundaries", "all"] = Field(
        default="boundaries", description="which codes stand for a range of codes"
    )
    classes: Texts = Field(default=(), description="only statuses of these classes")
    list: tuple[StatusEntry, ...] = Field(default=(), description="statuses written out, instead of `ae`")

    @model_validator(mode="after")
    def _one_source(self) -> Statuses:
        if bool(self.list) == (self.ae is not None):
            raise ValueError("give either ae (with message) or list")
        return self


class Claims(Part):
    """Claims of the statement: of an AE, of sections by the beginning of their number, or all."""

    ae: str | None = Field(default=None, description="only claims of this AE")
    section: Texts = Field(default=(), description="only claims whose section number begins so")


class Cells(Part):
    """Cells of the state transition table (PS3.8 Table 9-10), by state and event; all where none is named.

    With a `role`, only the cells that a peer can reach in an AE of that role.
    """

    role: Role | None = Field(
        default=None,
        description="only cells that a peer can reach in an AE that is the `acceptor` or the `requestor`",
    )
    states: Texts = Field(default=(), description="states (`Sta6`)")
    events: Texts = Field(default=(), description="events (`Evt19`)")


class Recipes(Part):
    """Recipes of instances, by their names in `dicom_simulators.data_sets.RECIPES`."""

    names: Annotated[Texts, Field(min_length=1)] = Field(description="names of recipes")


class PrintStatuses(Part):
    """Statuses of the services of printing; what is left out is not narrowed.

    Parameters
    ----------
    services : tuple of str
        N-CREATE, N-SET, N-ACTION, N-DELETE, N-GET.
    of : tuple of str
        Keys of `scenario.print_statuses.SOP_CLASSES`: film_session, film_box, grayscale_image_box ...
    kinds : tuple of str
        ``specific`` (the table of PS3.4 H.4 for the service), ``general`` (PS3.7 Annex C), ``elsewhere`` (a specific
        status of another service, which is unassigned at this one).
    classes : tuple of str
        warning, failure.
    """

    services: Texts = Field(default=(), description="only these services (`N-SET`)")
    of: Texts = Field(
        default=(), description="only these objects (`film_session`, `film_box`, `grayscale_image_box` ...)"
    )
    kinds: Texts = Field(
        default=("specific",),
        description=(
            "`specific`: statuses of the service itself (PS3.4 H.4); `general`: those of PS3.7 Annex "
            "C; `elsewhere`: those of another service"
        ),
    )
    classes: Texts = Field(default=(), description="only `warning` or `failure`")


class ClaimedKeys(Part):
    """Optional keys that the statement claims for queries, with what a fixture has for them."""

    fixture: str = Field(description="name of a study of one series and one instance")
    matched: bool = Field(
        default=True,
        description=(
            "only keys that are claimed to be matched, and of which the fixture has a value; `false`: also those that "
            "are only returned, and those without a value"
        ),
    )


Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


Stated = Annotated[str, StringConstraints(pattern=r"^\$(ae|capability)(\.[A-Za-z0-9_]+)+$")]
"""A list of the statement, by the path of a named value."""


class Values(RootModel[dict[Name, tuple[Any, ...] | Stated] | tuple[dict[Name, Any], ...]]):
    """Values written out in the scenario: lists by name, or rows of several names; or lists of the statement."""

    @property
    def paths(self) -> Mapping[str, str]:
        """The names whose values the statement lists, and the path of each list, without its ``$``."""
        if not isinstance(self.root, dict):
            return {}
        return {name: values.removeprefix("$") for name, values in self.root.items() if isinstance(values, str)}

    def rows(self, stated: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Give what is bound, turn by turn; `stated` has the lists of the statement by their paths.

        Raises
        ------
        NotClaimedError
            The statement does not give a list.
        """
        if not isinstance(self.root, dict):
            return [dict(row) for row in self.root]
        choices = [self._choices(name, values, stated) for name, values in self.root.items()]
        return [{key: value for each in row for key, value in each.items()} for row in itertools.product(*choices)]

    def _choices(self, name: str, values: tuple[Any, ...] | str, stated: Mapping[str, Any]) -> list[dict[str, Any]]:
        if not isinstance(values, str):
            return [{name: value} for value in values]
        given = stated.get(self.paths[name])
        if isinstance(given, Mapping):
            return [{name: str(key), f"{name}_value": str(value)} for key, value in given.items()]
        listed = given if isinstance(given, list | tuple) else [given]
        if given is None or isinstance(given, Unstated) or not listed:
            raise NotClaimedError(f"unstated: {self.paths[name]}")
        return [{name: str(value).lower() if isinstance(value, bool) else str(value)} for value in listed]


class ForEach(Part):
    """What a scenario is repeated for; nothing: one case."""

    contexts: Contexts | None = Field(default=None, description="presentation contexts of the statement's tables")
    proposals: Proposals | None = Field(
        default=None, description="every choice of a table's transfer syntaxes, in the printed order and in its reverse"
    )
    statuses: Statuses | None = Field(default=None, description="status codes")
    claims: Claims | None = Field(default=None, description="claims of the statement")
    cells: Cells | None = Field(default=None, description="cells of the state table of PS3.8 Table 9-10")
    recipes: Recipes | None = Field(default=None, description="recipes of instances")
    print_statuses: PrintStatuses | None = Field(default=None, description="statuses of the services of printing")
    claimed_keys: ClaimedKeys | None = Field(
        default=None, description="optional keys that the statement claims for queries"
    )
    values: Values | None = Field(
        default=None,
        description=(
            'values written out: `{trim: ["YES", "NO"]}` binds `$trim`, several names make their '
            "cross product; a list of rows binds the names of each row together; `{layout: $capability.layouts}` "
            "binds each value that the statement lists, of a mapping each key to `$layout` and its value to "
            "`$layout_value`"
        ),
    )

    @property
    def order(self) -> tuple[str, ...]:
        """The binders given, in the order in which they multiply."""
        return tuple(name for name in type(self).model_fields if getattr(self, name) is not None)
