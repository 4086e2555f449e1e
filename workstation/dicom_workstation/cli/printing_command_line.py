"""Printing on the command line: images and how they are to be printed, the preview, and how the printing goes.

Invariants: an image, or a state, is a DICOM file, or with --control also the SOP Instance UID of what a running
workstation holds in memory; without --printer nothing is sent and the preview is all there is. What happens is told
line by line while it happens; what was doubtful is told at the end. Ctrl-C cancels: what was created at the printer is
deleted, and the association released.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

from dicom_workstation.cli.command_connection import (
    DONE,
    CommandError,
    Connection,
    add_configuration_options,
    check_begun,
    connect_for_peer,
    report,
)
from dicom_workstation.cli.command_options import arguments_of
from dicom_workstation.cli.interruption import cancelling
from dicom_workstation.cli.viewing_command_line import write_png
from dicom_workstation.operations import CANCEL, PREVIEW, PRINT
from dicom_workstation.outcome import FilmResult, Outcome, PreviewFilm, PreviewOutcome, PrintOutcome, Result
from dicom_workstation.request_models import RequestError

Connect = Callable[[argparse.Namespace, ExitStack], Connection]
_BEGUN: Final = "begun"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what is no field of a print request."""
    command.add_argument("files", nargs="+", metavar="FILE", help="a DICOM file or a folder; a UID with --control")
    command.add_argument("--printer", metavar="NAME", help="a configured printer by its name, or AET@HOST:PORT")
    command.add_argument("--preview", type=Path, metavar="OUT.png", help="write the films as PNG, numbered if several")
    command.add_argument("--state", metavar="PS", help="a presentation state: a DICOM file, or a UID with --control")
    command.add_argument("--frame", default="1", metavar="N", help="the frame of multi-frame images, or all")
    add_configuration_options(command)


def connect_to_printer(options: argparse.Namespace, stack: ExitStack) -> Connection:
    """Return who is asked to print."""
    return connect_for_peer(options.printer, PRINT.peer, options, stack)


def run(options: argparse.Namespace, connect: Connect = connect_to_printer) -> int:
    """Preview, print or both; returns the exit status."""
    arguments = print_arguments(options)
    if options.printer is None:
        return _preview_here(options, arguments)
    with ExitStack() as stack:
        connection, printer = connect(options, stack), options.printer
        if options.preview is not None:
            preview = connection.ask(PREVIEW, printer, arguments)
            if preview.result not in DONE or not isinstance(preview, PreviewOutcome):
                return _finish(preview, options)
            for line in _write(preview.films, options.preview):
                print(line, file=sys.stderr)
        with cancelling(lambda: connection.ask(CANCEL, printer, {}).result is Result.SUCCESS):
            outcome = connection.ask(PRINT, printer, arguments, Lines())
    return _finish(outcome, options)


def print_arguments(options: argparse.Namespace) -> dict[str, object]:
    """Return the arguments of a print."""
    found = arguments_of(options, PRINT.request)
    if options.state:
        found["state"] = _source(options.state, options)[1]
    frame = {} if options.frame == "1" else {"frame": options.frame}
    images = [dict([_source(given, options)]) | frame for named in options.files for given in _files_in(named)]
    return {"images": images, **found}


def _files_in(given: str) -> list[str]:
    """Return the files of a folder, or what was given."""
    path = Path(given)
    return sorted(str(each) for each in path.rglob("*") if each.is_file()) if path.is_dir() else [given]


def _source(given: str, options: argparse.Namespace) -> tuple[str, str]:
    path = Path(given)
    if options.control and not path.exists():
        return "SOPInstanceUID", given
    return "file", str(path.resolve())


def _preview_here(options: argparse.Namespace, arguments: Mapping[str, object]) -> int:
    """Draw the films as a printer would that takes whatever the images need; nothing is sent."""
    if options.preview is None:
        raise CommandError(f"{PRINT.name}: --printer NAME, --preview OUT.png or both are needed")
    if options.control:
        raise CommandError(f"{PRINT.name}: a preview of what a running workstation holds needs --printer NAME")
    from dicom_workstation.printing import (
        PrintError,  # these two not for `--help`
        preview_without_printer,
    )

    try:
        outcome = replace(preview_without_printer(PREVIEW.request.read(arguments)), operation=PREVIEW.name)
    except (RequestError, PrintError) as error:
        raise CommandError(f"{PRINT.name}: {error}") from error
    lines = _write(outcome.films, options.preview)
    for line in () if options.json else lines:
        print(line)
    return _finish(outcome, options)


def _write(films: Sequence[PreviewFilm], path: Path) -> list[str]:
    """Write films as PNG, whatever the name of the file; several are numbered. Returns a line for each."""
    lines = []
    for film in films:
        name = path if len(films) == 1 else path.with_name(f"{path.stem}-{film.number}{path.suffix}")
        write_png(film, name)
        lines.append(f"preview of film {film.number}: {name}")
    return lines


class Lines:
    """Prints progress in lines, each once."""

    def __init__(self) -> None:
        self._printed: set[str] = set()

    def __call__(self, entry: Mapping[str, object]) -> None:
        """Print one entry."""
        line = progress_line(entry)
        if line and line not in self._printed:
            self._printed.add(line)
            print(line, file=sys.stderr, flush=True)


def progress_line(entry: Mapping[str, object]) -> str:
    """Return what an entry of progress says; nothing where it says nothing new to a person."""
    if "image" in entry:
        return f"film {entry['film']}: image {entry['image']} set"
    if "number" in entry:
        return f"film {entry['number']}: {_film_words(entry)}"
    if "of" in entry:
        return f"{str(entry['of']).replace('_', ' ')}: {_joined(entry, 'status', 'info')}"
    if "print_job" in entry:
        words = _joined(entry, "execution_status", "execution_status_info")
        return f"print job: {words}" if words else ""
    return ""


def _joined(entry: Mapping[str, object], *keys: str) -> str:
    return " ".join(str(entry[key]) for key in keys if entry.get(key))


def _film_words(film: Mapping[str, object], nothing: str = _BEGUN) -> str:
    boxes = film.get("boxes")
    words = [f"{boxes} image {'box' if boxes == 1 else 'boxes'}"] if boxes else []
    if film.get("status"):
        words.append(f"status {film['status']}")
    job = _joined(film, "execution_status", "execution_status_info")
    return ", ".join([*words, *([f"print job {job}"] if job else [])]) or nothing


def _finish(outcome: Outcome, options: argparse.Namespace) -> int:
    """Print an outcome; returns the exit status."""
    check_begun(outcome, options)
    return report(outcome, options, lambda: _summarise(outcome))


def _summarise(outcome: Outcome) -> None:
    words = [f"{outcome.operation}: {outcome.result}", *([f"status {outcome.status}"] if outcome.status else [])]
    films: tuple[FilmResult, ...] = ()
    if isinstance(outcome, PrintOutcome):
        words += [f"films printed {outcome.films_printed}", f"films failed {outcome.films_failed}"]
        films = outcome.films
    elif isinstance(outcome, PreviewOutcome):
        words.append(f"films {len(outcome.films)}")
    print(", ".join(words))
    for film in films:
        print(f"  film {film.number}: {_film_words(film.as_dict(), 'not printed')}")
    for event in outcome.events if isinstance(outcome, PrintOutcome) else ():
        print(f"  {progress_line(event.as_dict())}")
    if outcome.detail:
        print(outcome.detail)
    for text in outcome.warnings if isinstance(outcome, PrintOutcome | PreviewOutcome) else ():
        if text not in outcome.detail:
            print(text, file=sys.stderr)
    for uid in outcome.not_deleted if isinstance(outcome, PrintOutcome) else ():
        print(f"not deleted: {uid}", file=sys.stderr)
