"""What a mutant is: a workstation that deviates in one thing, and the case that has to catch it.

Invariants: a mutation replaces attributes and entries of the workstation's own modules while it is in force, and
leaves them as they were; it never touches wire, simulators, harness or scenarios, which are the judges.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Literal, Self

from dicom_conformance.play import step_runner
from dicom_simulators.association.arguments import Arguments

USUAL_DEADLINE_S = 30.0


class Patch:
    """Replaces attributes and entries; a context manager that puts them back, last one first."""

    def __init__(self) -> None:
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def set(self, owner: Any, name: str, value: object) -> Any:
        """Replace an attribute of a module or class; returns what it was, to be called by the replacement.

        Raises
        ------
        AttributeError
            The owner itself has no such attribute: the workstation was changed, and the mutant must follow.
        """
        if name not in vars(owner):
            raise AttributeError(f"{owner} has no {name} of its own")
        before = vars(owner)[name]
        self._undo.callback(setattr, owner, name, before)
        setattr(owner, name, value)
        return before

    def afterwards(self, call: Callable[[], object]) -> None:
        """Have this called when the mutation ends."""
        self._undo.callback(call)

    def entry(self, owner: MutableMapping[Any, Any], key: object, value: object) -> Any:
        """Replace an entry of a mapping; returns what it was."""
        before = owner[key]
        self._undo.callback(owner.__setitem__, key, before)
        owner[key] = value
        return before


def wait_briefly(patch: Patch) -> None:
    """Wait half as long for what a mutant may never send; a conformant AE is always waited for as long as cases say.

    It shortens the waits of scripts and of the SCU's operations, and the wait for an association to end.
    """

    def shortened(self: Any, key: str, default: float) -> float:
        found: float = seconds(self, key, default)
        return found / 2 if key == "within_s" else found

    seconds = patch.set(Arguments, "seconds", shortened)
    patch.set(step_runner, "SETTLE_S", step_runner.SETTLE_S / 2)


Mutate = Callable[[Patch], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One deviation, and who names the claim.

    Parameters
    ----------
    name : str
        Of the mutant.
    deviates : str
        In what, in one sentence.
    case : str
        The case that must catch it: the beginning of its id; the first case that begins so is played.
    check : str
        The noun whose finding must be the unmet one; of several, joined by " or ", any of them.
    mutate : callable
        Puts the deviation into force.
    subject : str
        `process` for a mutant that hangs or dies in a way that this process would not survive.
    deadline_s : float
        What the case may take; short where the deviation is that something never ends.
    lawful : bool
        Whether it is a lawful variation, which no case may blame; it has all the time that the cases give.
    """

    name: str
    deviates: str
    case: str
    check: str
    mutate: Mutate
    subject: Literal["embedded", "process"] = "embedded"
    deadline_s: float = USUAL_DEADLINE_S
    lawful: bool = False


class Catalogue:
    """Gathers mutants: a decorator for the function that puts one into force, named as the mutant is."""

    def __init__(self) -> None:
        self.mutants: list[Mutant] = []

    def mutant(self, case: str, check: str, **further: Any) -> Callable[[Mutate], Mutate]:
        """Enter the decorated function as a mutant; its docstring says in what it deviates."""

        def enter(mutate: Mutate) -> Mutate:
            name = mutate.__name__.replace("_", "-")
            deviates = (mutate.__doc__ or "").strip()
            self.mutants.append(Mutant(name, deviates, case, check, mutate, **further))
            return mutate

        return enter
