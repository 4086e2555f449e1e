"""Words that messages of several modules share."""

from __future__ import annotations


def counted(count: object, noun: str) -> str:
    """Write a count with its noun, in the singular or the plural.

    Parameters
    ----------
    count : object
        A number, or anything whose text ends in a number: ``3``, ``"1,024"``, ``at least 2``, ``0 to 1``.
    noun : str
        The noun in the singular: ``film``, ``image box``, ``match``.
    """
    text = str(count)
    if text.rsplit(" ", 1)[-1] == "1":
        return f"{text} {noun}"
    if noun.endswith("y"):
        return f"{text} {noun[:-1]}ies"
    return f"{text} {noun}es" if noun.endswith(("s", "x", "ch")) else f"{text} {noun}s"
