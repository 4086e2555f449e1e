"""A page of the subject as a browser showed it at the end of a visit."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule of axe that the page breaks: its id, what it asks in words, and the HTML of the elements that break it."""

    rule: str
    words: str
    elements: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.rule} ({self.words}): {' '.join(self.elements)}"


@dataclass(frozen=True, slots=True)
class PageSeen:
    """A page as a user finds it.

    Parameters
    ----------
    path : str
        Its address below the root of the site, without the query.
    text : str
        What can be read on it.
    elements : tuple of (str, str)
        Role and accessible name of each element of the accessibility tree, in the order of the page.
    violations : tuple of Violation or None
        What axe found; None where axe is not installed.
    screenshot : bytes
        PNG of what the window shows.
    """

    path: str
    text: str
    elements: tuple[tuple[str, str], ...] = ()
    violations: tuple[Violation, ...] | None = None
    screenshot: bytes = field(default=b"", repr=False)
