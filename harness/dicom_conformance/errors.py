"""The errors that are not findings: wrong files and failures of the harness.

The subject's faults are `results.findings.Finding` values, never exceptions. Exceptions are for two things only: a
file that the user wrote is wrong (`DataError`, raised before any socket opens, and printed as one line), and the
harness itself failed (`HarnessError`).
"""

from __future__ import annotations

from pathlib import Path


class DataError(Exception):
    """A file is wrong; ``str()`` is one line that says where and why.

    Parameters
    ----------
    path : Path or str
        The file, as the user named it.
    line : int or None
        Counted from 1; None for the whole file.
    field : str
        Dotted path of the field within the file, or empty.
    message : str
        What is wrong, and where possible what would be right.
    others : tuple of DataError
        Further faults of the same file, in the order of their lines.
    """

    def __init__(
        self, path: Path | str, line: int | None, field: str, message: str, others: tuple[DataError, ...] = ()
    ) -> None:
        super().__init__(path, line, field, message, others)
        self.path = Path(path)
        self.line = line
        self.field = field
        self.message = message
        self.others = others

    def __str__(self) -> str:
        place = str(self.path) if self.line is None else f"{self.path}:{self.line}"
        text = f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"
        return " ".join(text.split())


class HarnessError(Exception):
    """The harness itself could not do its work; the verdict of what it touches is ERROR."""


_OURS = str(Path(__file__).parent)


def is_our_mistake(error: BaseException) -> bool:
    """Whether a line of the harness made a mistake, whatever it was given: never the fault of subject or file.

    What depends on the bytes is raised by the library that reads them; a `TypeError`, `AttributeError` or `NameError`
    that a line of the harness raises is not.
    """
    if not isinstance(error, TypeError | AttributeError | NameError):
        return False
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is not None and last.tb_frame.f_code.co_filename.startswith(_OURS)
