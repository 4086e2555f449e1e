"""What the request models have in common: how arguments are checked, and how the command line offers a field.

Invariants: a request is checked once, as a whole, before anything is opened; what is wrong is told in one line that
begins with the argument. Only pydantic is imported here and in the models, so that `--help` stays fast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails


class RequestError(ValueError):
    """An argument that is wrong; the text names it and says what is wrong."""


@dataclass(frozen=True, slots=True)
class Option:
    """How the command line offers a field of a request.

    Parameters
    ----------
    flags : tuple of str
        Empty: `--` and the name of the field, with hyphens.
    constant : object
        The value that the flag stands for; None: the flag is followed by a value.
    read : callable or None
        Makes the argument of the text that was given.
    read_all : callable or None
        Makes the argument of all texts that were given: the flag may be repeated.
    is_upper : bool
        The standard writes the value in capitals; it may be given in small letters.
    group : str
        Under which heading `--help` lists it.
    """

    help: str
    metavar: str | None = None
    flags: tuple[str, ...] = ()
    choices: tuple[str, ...] | None = None
    constant: object = None
    read: Callable[[str], object] | None = None
    read_all: Callable[[Sequence[str]], object] | None = None
    is_upper: bool = False
    group: str = ""


class Value(BaseModel):
    """A value that is given once and checked once."""

    # `defer_build`: `--help` needs the fields alone, and building the validators takes longer than everything else
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    @classmethod
    def read(cls, arguments: Mapping[str, object]) -> Self:
        """Check arguments; RequestError names the first that is wrong."""
        try:
            return cls.model_validate(dict(arguments))
        except ValidationError as error:
            wrong = _first(error.errors(include_url=False))
            raise RequestError(f"{_place(wrong['loc'])}{_message(wrong)}") from error


def build_validators() -> None:
    """Build the validators of all models, which `defer_build` put off, before several threads need them at once."""
    models: list[type[Value]] = [Value]
    while models:
        model = models.pop()
        model.model_rebuild()
        models += model.__subclasses__()


def _number(given: object) -> object:
    """Take a number that is written as text for the number that it is."""
    return int(given) if isinstance(given, str) and given.strip().isdecimal() else given


def _listed(given: object) -> object:
    """Take a single text, or a single object, for a list of one."""
    return [given] if isinstance(given, str | dict) else given


Number: Final = BeforeValidator(_number)
Listed: Final = BeforeValidator(_listed)


def _first(errors: Sequence[ErrorDetails]) -> ErrorDetails:
    """Return the first error; of alternatives, that of the one which came furthest."""
    place = errors[0]["loc"][:3]
    same = [each for each in errors if each["loc"][: len(place) - 1] == place[:-1]] if len(place) > 1 else errors[:1]
    return max(same, key=lambda each: len(each["loc"]))


def _place(location: tuple[str | int, ...]) -> str:
    """Return the argument that is wrong; of alternatives, not which of them was tried."""
    names = [str(part) for part in location if isinstance(part, int) or part.isidentifier()]
    while len(names) > 1 and names[-1] in ("float", "int", "Table"):
        names.pop()
    return f"{'.'.join(names)}: " if names else ""


def _message(error: ErrorDetails) -> str:
    match error["type"]:
        case "extra_forbidden":
            return "this key is unknown"
        case "missing":
            return "is missing"
        case "string_pattern_mismatch":
            return f"{error['input']!r} does not have the required form"
    if error["loc"][-2:-1] == ("size",) or error["loc"][-1:] == ("size",):
        return f"{error['input']!r} is not fit, true or a width in mm"
    return _in_plain_words(error)


def _in_plain_words(error: ErrorDetails) -> str:
    """Say what pydantic found, as what the value must be and what it is."""
    text = " ".join(error["msg"].removeprefix("Value error, ").split())
    begins = next((each for each in ("Input should ", "String should ") if text.startswith(each)), None)
    if begins is None:
        return text
    text = f"must {text.removeprefix(begins)}".partition(", unable to parse")[0]
    given = error["input"]
    return f"{text}, not {str(given)[:40]!r}" if isinstance(given, str | int | float) else text
