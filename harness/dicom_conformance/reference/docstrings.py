"""What a numpy-style docstring says of each parameter, and what a class is, in one sentence."""

from __future__ import annotations

import inspect
import re

_SECTIONS = ("Parameters", "Attributes")


def parameters(documented: object) -> dict[str, str]:
    """Give the description of each parameter that the docstring of a class or function lists.

    A description that is listed for several names at once is that of none of them.
    """
    found: dict[str, str] = {}
    for section in _SECTIONS:
        name = ""
        for line in _section(documented.__doc__ or "", section):
            if line and not line.startswith(" "):
                name = line.partition(" :")[0].strip()
            elif name.isidentifier() and line.strip():
                found[name] = f"{found[name]} {line.strip()}" if name in found else line.strip()
    return {name: plain(text) for name, text in found.items()}


def summary(text: str | None) -> str:
    """Give the first paragraph of a docstring, in one line."""
    return plain(" ".join(inspect.cleandoc(text or "").partition("\n\n")[0].split()))


def description(text: str | None) -> str:
    """Give the paragraphs of a docstring up to its first section, for Markdown."""
    kept = re.split(r"^\w[\w ]*\n-{3,}$", inspect.cleandoc(text or ""), maxsplit=1, flags=re.MULTILINE)[0]
    return plain(kept.strip())


def plain(text: str) -> str:
    """Turn literals of reStructuredText into those of Markdown."""
    return text.replace("``", "`")


def _section(text: str, title: str) -> list[str]:
    lines = inspect.cleandoc(text).split("\n")
    for index, line in enumerate(lines[:-1]):
        if line == title and lines[index + 1].startswith("---"):
            rest = lines[index + 2 :]
            ends = [at for at, each in enumerate(rest[1:], start=1) if each.startswith("---")]
            return rest[: ends[0] - 1] if ends else rest
    return []
