"""The errata of a statement as a page to read.

``python -m dicom_conformance.statement.errata directview-5.2 > docs/errata.md`` writes the page; a test keeps it
current. The data is the statement's, the order too.
"""

from __future__ import annotations

import sys
import textwrap

from dicom_conformance.errors import DataError
from dicom_conformance.statement.statement import Erratum, Statement, load

__all__ = ["page"]

LINE_LENGTH = 120


def page(statement: Statement) -> str:
    """Write the errata of a statement as Markdown, one heading each."""
    parts = [
        f"# Errata of {statement.id}\n",
        _wrapped(
            f"How the printed text of *{statement.title}* is read where it contradicts itself or the standard. Made "
            f"from `scenarios/statements/{statement.id}.yaml` by "
            f"`python -m dicom_conformance.statement.errata {statement.id}`."
        ),
        *(_entry(erratum) for erratum in statement.errata),
    ]
    return "\n".join(parts)


def _entry(erratum: Erratum) -> str:
    facts = (f"- printed: {erratum.printed}", f"- read as: {erratum.read_as}", f"- why: {erratum.why}")
    return f"## {erratum.id} ({', '.join(erratum.section)})\n\n" + "".join(_wrapped(fact, "  ") for fact in facts)


def _wrapped(text: str, indent: str = "") -> str:
    """Wrap a line of prose; its further lines are indented, as those of a list item are."""
    lines = textwrap.wrap(text, LINE_LENGTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Print the page of the statement named; 2 if it cannot be read."""
    try:
        print(page(load(arguments[0] if arguments else "directview-5.2")), end="")
    except DataError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
