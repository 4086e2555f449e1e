"""The option `--version`: which dicom-conformance this is, and with which Python and DICOM packages it works."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import Any

PACKAGE = "dicom-conformance"
WITH = ("pydicom", "pynetdicom")


class Version(argparse.Action):
    """Print the versions and end; they are looked up only when the option is given."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Print the versions and end with exit status 0."""
        sys.stdout.write(f"{versions()}\n")
        parser.exit(0)


def versions() -> str:
    """Give the installed versions in one line, none of them imported for it."""
    others = ", ".join((f"Python {platform.python_version()}", *(f"{name} {_version(name)}" for name in WITH)))
    return f"{PACKAGE} {_version(PACKAGE)} ({others})"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "(not installed)"
