"""The command `explore`: a workstation with its Archive Explorer, until it is stopped.

Invariants: the link is printed once everything listens; it is the only thing that opens the explorer.
"""

from __future__ import annotations

import argparse
import signal
import threading
from contextlib import ExitStack
from pathlib import Path

from dicom_workstation.cli.command_connection import CommandError, add_configuration_options, configuration_of
from dicom_workstation.cli.ending import ending_in_time
from dicom_workstation.cli.freed_memory import give_back_freed_memory
from dicom_workstation.cli.log_file import following


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    command.add_argument("files", nargs="*", type=Path, metavar="FILE", help="DICOM files, or folders, to load at once")
    add_configuration_options(command)
    command.add_argument(
        "--explorer-port", type=int, default=0, help="port of the explorer on this machine (default: any free port)"
    )
    command.add_argument(
        "--log", metavar="FILE", help="add each line of the log to a file; `-` writes them to standard error"
    )


def run(options: argparse.Namespace) -> int:
    """Perform the command; returns the exit status."""
    from dicom_workstation.application import Workstation  # these three not for `--help`
    from dicom_workstation.explorer import ExplorerServer
    from dicom_workstation.instances import FileError, KeepResult, read_part10

    give_back_freed_memory()
    stop = threading.Event()
    with ExitStack() as stack:
        log = None if options.log is None else stack.enter_context(following(options.log))
        workstation = Workstation(configuration_of(options), log)
        for path in _files_in(options.files):
            try:
                kept = workstation.memory.keep(read_part10(path))
            except FileError as error:
                raise CommandError(str(error)) from error
            if kept is KeepResult.NO_ROOM:
                raise CommandError(f"{path}: {kept.value} (memory_budget_bytes)")
        stack.enter_context(ending_in_time(stop))
        explorer = stack.enter_context(ExplorerServer(workstation, options.explorer_port))
        stack.enter_context(workstation)
        host, port = workstation.address
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        print(f"{workstation.configuration.ae_title} listens on {host}:{port}")
        print(f"Archive Explorer: {explorer.link}", flush=True)
        stop.wait()
    return 0


def _files_in(given: list[Path]) -> list[Path]:
    """Return the files named, and those in the folders named, at any depth."""
    return [
        each
        for path in given
        for each in (sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path])
    ]
