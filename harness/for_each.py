"""`for_each`: the closed list of what a scenario may be repeated for.

Several binders make the cross product, in the order of this table. What each binds is computed from the statement by
`harness.binders`; here is only what a scenario may contain.

==========  =====================================================================================================
binder      binds
==========  =====================================================================================================
contexts    ``$table $sop_class $transfer_syntax $role $label $configuration $expected $refused``, and as lists
            ``$transfer_syntaxes`` (those proposed) and ``$configured`` (all that the table claims for the abstract
            syntax under the configuration, the preferred one first): one presentation context a case; with ``batch``
            several: ``$proposed $expected $refused $configuration $table $role``
proposals   ``$configuration $table $sop_class $label $role $proposed $expected $refused``: every non-empty subset of
            the tables' transfer syntaxes, in the printed order and its reverse
statuses    ``$status $class $expected $message $role $ae $meaning $level $clause``; of a list only
            ``$status $class $expected``
claims      ``$claim $section $level``
cells       ``$state $event $action`` of PS3.8 Table 9-10
recipes     ``$recipe``: the recipes of instances that are named
print_statuses  ``$service $request $message $of $at $sop_class $occurrence $status $class $meaning $kind``: the
            statuses of PS3.4 H.4 and PS3.7 Annex C at each service of printing (`harness.print_statuses`); ``$at`` is
            service and SOP Class, ``N-SET film_box``, for a `where:`
values      what it names: ``{trim: [YES, NO]}`` binds ``$trim`` (several names make their cross product), and a list
            of rows ``[{layout: ..., boxes: ...}]`` binds the names of each row together
==========  =====================================================================================================

``$expected`` names the particular result of a context that is refused; ``$refused`` is the same with any refusal
admitted, for PS3.8 Table 9-18 demands no particular one.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel, StringConstraints, model_validator

from harness.steps import Part, Texts

#: A-ASSOCIATE allows odd context IDs 1 to 255 (PS3.8 9.3.2.2).
CONTEXTS_IN_A_NEGOTIATION = 128

HexStatus = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{4}$")]
Batch = Annotated[int, Field(ge=1, le=CONTEXTS_IN_A_NEGOTIATION)]


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

    table: str | None = None
    tables: Texts = ()
    ae: str | None = None
    claimed: Literal["true", "false", "abstract_syntaxes", "transfer_syntaxes", "configurations"] = "true"
    configurations: Literal["first", "every"] = "first"
    batch: Batch | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The tables named."""
        return (*((self.table,) if self.table is not None else ()), *self.tables)


class Proposals(Part):
    """Every non-empty subset of a table's transfer syntaxes, for each abstract syntax and configuration."""

    table: str | None = None
    tables: Texts = ()
    batch: Batch = CONTEXTS_IN_A_NEGOTIATION

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

    status: HexStatus
    status_class: str = Field(alias="class")
    expected: str


class Statuses(Part):
    """Status codes: those of the statement for an AE and message, or a list.

    `codes` says which codes represent a range: its first and last code, or all of them.
    """

    ae: str | None = None
    message: str | None = None
    codes: Literal["first", "last", "boundaries", "all"] = "boundaries"
    classes: Texts = ()
    list: tuple[StatusEntry, ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> Statuses:
        if bool(self.list) == (self.ae is not None):
            raise ValueError("give either ae (with message) or list")
        return self


class Claims(Part):
    """Claims of the statement: of an AE, of sections by the beginning of their number, or all."""

    ae: str | None = None
    section: Texts = ()


class Cells(Part):
    """Cells of the state transition table (PS3.8 Table 9-10), by state and event; all where none is named."""

    states: Texts = ()
    events: Texts = ()


class Recipes(Part):
    """Recipes of instances, by their names in `simulators.data_sets.RECIPES`."""

    names: Annotated[Texts, Field(min_length=1)]


class PrintStatuses(Part):
    """Statuses of the services of printing; what is left out is not narrowed.

    Parameters
    ----------
    services : tuple of str
        N-CREATE, N-SET, N-ACTION, N-DELETE, N-GET.
    of : tuple of str
        Keys of `harness.print_statuses.SOP_CLASSES`: film_session, film_box, grayscale_image_box ...
    kinds : tuple of str
        ``specific`` (the table of PS3.4 H.4 for the service), ``general`` (PS3.7 Annex C), ``elsewhere`` (a specific
        status of another service, which is unassigned at this one).
    classes : tuple of str
        warning, failure.
    """

    services: Texts = ()
    of: Texts = ()
    kinds: Texts = ("specific",)
    classes: Texts = ()


Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Values(RootModel[dict[Name, tuple[Any, ...]] | tuple[dict[Name, Any], ...]]):
    """Values written out in the scenario: lists by name, or rows of several names."""


class ForEach(Part):
    """What a scenario is repeated for; nothing: one case."""

    contexts: Contexts | None = None
    proposals: Proposals | None = None
    statuses: Statuses | None = None
    claims: Claims | None = None
    cells: Cells | None = None
    recipes: Recipes | None = None
    print_statuses: PrintStatuses | None = None
    values: Values | None = None

    @property
    def order(self) -> tuple[str, ...]:
        """The binders given, in the order in which they multiply."""
        return tuple(name for name in type(self).model_fields if getattr(self, name) is not None)
