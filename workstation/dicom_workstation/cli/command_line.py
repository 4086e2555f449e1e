"""The workstation on the command line: serve, and the operations that are commands.

Invariants: what the user asked for comes to the screen as it is, with progress; wrong input and a peer that
cannot be reached are one clear line and exit status 2; any other operation that did not succeed is exit status 1. The
commands and their options come from the table of operations. Only that table is loaded here; everything heavy is
loaded by the command that needs it, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dicom_workstation.cli import (
    explorer_command_line,
    osm_command_line,
    printing_command_line,
    protocols_command_line,
    viewing_command_line,
    worklist_command_line,
)
from dicom_workstation.cli.command_connection import (
    CommandError,
    add_asking_options,
    add_configuration_options,
    check_begun,
    configuration_of,
    connect_for_peer,
    report,
)
from dicom_workstation.cli.command_options import add_options, arguments_of
from dicom_workstation.cli.ending import ending_in_time
from dicom_workstation.cli.freed_memory import give_back_freed_memory
from dicom_workstation.cli.log_file import following
from dicom_workstation.cli.one_line_parser import OneLineParser
from dicom_workstation.cli.output_file import write_whole
from dicom_workstation.configuration import ConfigurationError
from dicom_workstation.control import ControlError, make_token, token_from_environment
from dicom_workstation.operations import OPERATIONS, AnyOperation, Changes, CommandForm
from dicom_workstation.outcome import Outcome, QueryOutcome, RetrieveOutcome, StoreOutcome
from dicom_workstation.request_models import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from dicom_workstation.application import Workstation
    from dicom_workstation.explorer import ExplorerServer

NARROW: Final = 28  # characters that a column has at least
BORDER: Final = 3  # characters between two columns
EXIT_STATUSES: Final = (
    ("0", "the operation succeeded, though perhaps with a warning; `serve` was asked to end"),
    ("1", "the operation failed, or was done in part: an instance was not stored, not printed or did not arrive"),
    ("2", "wrong input, or the peer cannot be reached; nothing was done"),
    ("3", "`serve` had to be ended by force, because a thread was still busy"),
)
COUNTS: Final = ("completed", "failed", "warning", "remaining")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    top = OneLineParser(
        prog="dicom-conformance workstation",
        description=(__doc__ or "").splitlines()[0],
        epilog="exit status: " + "; ".join(f"{status} {meaning}" for status, meaning in EXIT_STATUSES),
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_serve(commands.add_parser("serve", help="run the loader and the control interface until stopped"))
    exploring = commands.add_parser("explore", help="run the workstation with its Archive Explorer, and print the link")
    explorer_command_line.add_arguments(exploring)
    exploring.set_defaults(run=explorer_command_line.run)
    osm_command_line.add_arguments(commands.add_parser("osm", help="the archive on the local disk"))
    for operation in OPERATIONS:
        if operation.form is not None:
            command = commands.add_parser(operation.name.replace("_", "-"), help=operation.summary)
            _FORMS[operation.form](command)
            if operation.changes is Changes.MEMORY:
                command.add_argument(
                    "--output", "-o", type=Path, help="folder to write what is in memory to, as DICOM files"
                )
            add_options(command, operation.request)
            add_asking_options(command)
            command.set_defaults(operation=operation)
    protocols_command_line.add_arguments(
        commands.add_parser("protocols", help="check display protocols, try them on studies, and exchange them")
    )
    return top


def _add_serve(command: argparse.ArgumentParser) -> None:
    add_configuration_options(command)
    command.add_argument(
        "--control-port", type=int, default=0, help="port of the control interface (default: any free port)"
    )
    command.add_argument(
        "--explorer-port",
        type=int,
        metavar="N",
        help="serve the Archive Explorer as well, at this port (0: any free one); its link is in the first line",
    )
    command.add_argument(
        "--log", metavar="FILE", help="add each line of the log to a file; `-` writes them to standard error"
    )
    command.add_argument("--until-end-of-input", action="store_true", help="stop when standard input is closed")


def _add_peer(command: argparse.ArgumentParser) -> None:
    command.add_argument("peer", help="a configured archive by its name, or AET@HOST:PORT")
    add_configuration_options(command)


def _add_peer_and_files(command: argparse.ArgumentParser) -> None:
    _add_peer(command)
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a DICOM file, or a folder of them")


def _add_worklist(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", nargs="?", help="the worklist, by its name; not needed if there is one alone")


_FORMS: Final[Mapping[CommandForm, Callable[[argparse.ArgumentParser], None]]] = {
    CommandForm.PEER: _add_peer,
    CommandForm.FILES_TO_PEER: _add_peer_and_files,
    CommandForm.FILES_TO_PRINTER: printing_command_line.add_arguments,
    CommandForm.IMAGE: viewing_command_line.add_image,
    CommandForm.IMAGES: viewing_command_line.add_images,
    CommandForm.WORKLIST: _add_worklist,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = parser().parse_args(argv)
    try:
        if options.command == "protocols":
            return protocols_command_line.run(options)
        if options.command == "osm":
            return osm_command_line.run(options)
        operation: AnyOperation | None = getattr(options, "operation", None)
        match None if operation is None else operation.form:
            case CommandForm.IMAGE | CommandForm.IMAGES:
                return viewing_command_line.run(options)
            case CommandForm.FILES_TO_PRINTER:
                return printing_command_line.run(options)
            case CommandForm.WORKLIST:
                return worklist_command_line.run(options)
            case None:
                run: Callable[[argparse.Namespace], int] = getattr(options, "run", _serve)
                return run(options)
        return _ask(options)
    except (CommandError, ConfigurationError, ControlError, RequestError) as error:
        return _wrong(str(error))
    except OSError as error:
        return _wrong(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except KeyboardInterrupt:
        return _wrong("interrupted")
    except Exception as error:  # a mistake of ours, which the user did not make: all that is known of it is shown
        traceback.print_exc()
        return _wrong(f"internal error: {type(error).__name__}: {error}; please report it, with the lines above")


def _wrong(text: str) -> int:
    print(f"dicom-conformance: {' '.join(text.split())}", file=sys.stderr)
    return 2


def _serve(options: argparse.Namespace) -> int:
    from dicom_workstation.application import Workstation  # these two not for `--help`
    from dicom_workstation.control import ControlServer

    give_back_freed_memory()
    given = token_from_environment()
    token = given or make_token()
    stop = threading.Event()
    with ExitStack() as stack:
        log = None if options.log is None else stack.enter_context(following(options.log))
        workstation = Workstation(configuration_of(options), log)
        # The workstation stops first: the operations that the control interface waits for then end.
        stack.enter_context(ending_in_time(stop))
        control = stack.enter_context(ControlServer(workstation, token, options.control_port))
        explorer = None if options.explorer_port is None else _explorer(workstation, options.explorer_port)
        if explorer is not None:
            stack.enter_context(explorer)
        stack.enter_context(workstation)
        host, port = workstation.address
        announced = {"ae_title": workstation.configuration.ae_title, "host": host, "port": port, "control": control.url}
        if explorer is not None:
            announced["explorer"] = explorer.link
        print(json.dumps(announced if given else {**announced, "token": token}), flush=True)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        if options.until_end_of_input:
            threading.Thread(target=_watch_input, args=(stop,), daemon=True, name="end of input").start()
        stop.wait()
    return 0


def _explorer(workstation: Workstation, port: int) -> ExplorerServer:
    from dicom_workstation.explorer import ExplorerServer  # not for `--help`

    return ExplorerServer(workstation, port)


def _watch_input(stop: threading.Event) -> None:
    """Daemonic: it ends with the process, whether or not the input ever does."""
    while sys.stdin.readline():
        pass
    stop.set()


def _ask(options: argparse.Namespace) -> int:
    """Perform an operation with an archive, and tell what came of it."""
    operation: AnyOperation = options.operation
    arguments = arguments_of(options, operation.request)
    if operation.form is CommandForm.FILES_TO_PEER:
        arguments["files"] = [str(each.resolve()) for given in options.files for each in _files_in(given)]
    with ExitStack() as stack:
        connection = connect_for_peer(options.peer, operation.peer, options, stack)
        with _progress_bar(operation, options.peer) as advance:
            outcome = connection.ask(operation, options.peer, arguments, advance)
        folder: Path | None = getattr(options, "output", None)
        written = None if folder is None else _write(connection.files(), folder)
    check_begun(outcome, options)
    return report(outcome, options, lambda: _summarise(outcome, options, written))


def _files_in(path: Path) -> list[Path]:
    return sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]


@contextmanager
def _progress_bar(operation: AnyOperation, peer: str) -> Iterator[Callable[[Mapping[str, object]], None]]:
    """Show a bar on a terminal while the operation lasts; yields what takes each entry of its progress."""
    from rich.console import Console  # these two not for `--help`
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(operation.progress),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task(f"{operation.name} {peer}", total=None)

        def advance(entry: Mapping[str, object]) -> None:
            counts = {key: count for key in COUNTS if isinstance(count := entry.get(key), int)}
            if counts:
                total = sum(counts.values())
                bar.update(task, total=total, completed=total - counts.get("remaining", 0))
            else:
                bar.advance(task)

        yield advance


def _write(files: Mapping[str, bytes], folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for uid, data in files.items():
        write_whole(folder / f"{uid}.dcm", data)
    return len(files)


def _summarise(outcome: Outcome, options: argparse.Namespace, written: int | None) -> None:
    from rich.console import Console  # not for `--help`

    console = Console()
    if isinstance(outcome, QueryOutcome) and outcome.matches:
        console.print(_matches_shown(outcome.matches, console.width))
    words = [f"{outcome.operation}: {outcome.result}"]
    if outcome.status:
        words.append(f"status {outcome.status}")
    words += _counted(outcome)
    if written is not None:
        words.append(f"written {written} to {options.output}")
    console.print(", ".join(words), highlight=False, soft_wrap=True)
    if isinstance(outcome, RetrieveOutcome) and outcome.display_protocol is not None:
        text = f"display protocol: {outcome.display_protocol}: {outcome.display_protocol_why}"
        console.print(text, highlight=False, markup=False, soft_wrap=True)
    if isinstance(outcome, QueryOutcome):
        for number, doubts in enumerate(outcome.doubtful, start=1):
            for doubt in doubts:
                console.print(f"match {number} is doubtful: {doubt}", highlight=False, markup=False, soft_wrap=True)
    if outcome.detail:
        console.print(outcome.detail, highlight=False, markup=False, soft_wrap=True)


def _counted(outcome: Outcome) -> list[str]:
    """Return what an outcome counts, each with its number."""
    match outcome:
        case RetrieveOutcome():
            names = (*COUNTS, "arrived", "missing")
            return [f"{name} {getattr(outcome, name)}" for name in names if getattr(outcome, name) is not None]
        case QueryOutcome():
            return [f"pending {outcome.pending}"]
        case StoreOutcome():
            return [
                f"stored {len(outcome.stored)}",
                f"stored with warning {len(outcome.stored_with_warning)}",
                f"not stored {len(outcome.not_stored)}",
            ]
    return []


def _matches_shown(matches: Sequence[Mapping[str, str]], width: int) -> Table:
    """Make a table of one line a match; where that is too wide, of one line a value, match after match."""
    from rich.table import Table  # not for `--help`

    keywords = list(dict.fromkeys(keyword for match in matches for keyword in match))
    needed = sum(min(len(keyword), NARROW) + BORDER for keyword in keywords) + 1
    table = Table(header_style="bold")
    if needed <= width:
        for keyword in keywords:
            table.add_column(keyword, overflow="fold", min_width=min(len(keyword), NARROW))
        for match in matches:
            table.add_row(*(match.get(keyword, "") for keyword in keywords))
        return table
    for title in ("match", "attribute", "value"):
        table.add_column(title, overflow="fold")
    for number, match in enumerate(matches, start=1):
        for keyword in keywords:
            table.add_row(str(number), keyword, match.get(keyword, ""), end_section=keyword == keywords[-1])
    return table


if __name__ == "__main__":
    sys.exit(main())
