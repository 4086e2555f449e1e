"""Templates of statements: a commented file to begin with, for each kind of product.

They are files of `scenarios/statements/templates/`, sound statements themselves, and are written as they are.
"""

from __future__ import annotations

import sys
from pathlib import Path

from dicom_conformance.files import DataError, scenarios_folder

__all__ = ["KINDS", "template", "write_template"]

FOLDER = scenarios_folder() / "statements" / "templates"

#: Kinds of product that have a template.
KINDS = ("archive", "printer", "storage-scp", "modality", "client")


def template(kind: str) -> str:
    """Give the commented template of a kind of product, one of `KINDS`."""
    return (FOLDER / f"{kind}.yaml").read_text(encoding="utf-8")


def write_template(kind: str, output: Path | None) -> None:
    """Write the template of a kind of product to a new file, or to standard output, and say what to do next.

    Raises
    ------
    DataError
        The file exists, or cannot be written.
    """
    text = template(kind)
    if output is None:
        sys.stdout.write(text)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise DataError(output, None, "", "exists already; name another file, or remove it first") from error
    except OSError as error:
        raise DataError(output, None, "", error.strerror or "cannot be written") from error
    sys.stdout.write(f"{output}: change it to what your product states; dicom-conformance check {output} checks it\n")
