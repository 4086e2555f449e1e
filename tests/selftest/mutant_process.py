"""A mutant workstation as a process: puts the mutation named first into force, then is the workstation's command."""

from __future__ import annotations

import sys

from catalogue import BY_NAME
from dicom_workstation.cli.command_line import main
from mutation import Patch


def run(name: str, arguments: list[str]) -> int:
    """Be the workstation, deviating as the mutant does."""
    with Patch() as patch:
        BY_NAME[name].mutate(patch)
        return main(arguments)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2:]))
