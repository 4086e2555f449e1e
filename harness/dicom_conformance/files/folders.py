"""Where the scenarios and statements of the project are, and where a report goes.

Invariants: in a checkout, its own `scenarios/` is used, so that an edit counts at once; an installed package brings a
copy along.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent.parent


def checkout() -> Path | None:
    """Return the folder of the checkout that this module is part of; None where the project is installed."""
    folder = _PACKAGE.parent.parent
    is_checkout = (folder / "pyproject.toml").is_file() and (folder / "scenarios" / "statements").is_dir()
    return folder if is_checkout else None


def scenarios_folder() -> Path:
    """Return the folder of the scenarios; its `statements/` holds the statements."""
    return (checkout() or _PACKAGE) / "scenarios"


def default_output() -> Path:
    """Return `reports/out/` of the checkout for whoever works in it, else `./conformance-report/`."""
    folder = checkout()
    if folder is not None and Path.cwd().resolve().is_relative_to(folder):
        return folder / "reports" / "out"
    return Path("conformance-report")
