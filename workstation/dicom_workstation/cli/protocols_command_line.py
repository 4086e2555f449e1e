"""Display protocols on the command line: checked, tried on studies, and exchanged as DICOM instances.

Invariants: a mistake in a file is one line that begins with file, line and field, and exit status 2. `choose` gives the
same answer for files as a running workstation gives for what it holds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from dicom_workstation.cli.command_connection import (
    DONE,
    CommandError,
    Connection,
    OwnWorkstation,
    add_asking_options,
    add_configuration_options,
    check_begun,
    connect_for_studies,
    connect_running,
    report,
)
from dicom_workstation.cli.output_file import write_whole
from dicom_workstation.operations import CHOOSE_PROTOCOL, PRIORS
from dicom_workstation.outcome import Outcome, Result
from dicom_workstation.protocols import ChoiceOutcome

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

BOXES = ("group", "display set", "box", "position", "layout", "images", "why none")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the commands of display protocols."""
    commands = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = commands.add_parser("check", help="read files of display protocols, and say what is wrong in them")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a file, or a folder of them")
    check.set_defaults(run=_check)
    choose = commands.add_parser("choose", help="say which display protocol a study gets, and why")
    choose.add_argument(
        "what",
        nargs="+",
        metavar="STUDY|FILE",
        help="with --control a Study Instance UID; else DICOM files or folders: a study, and its priors",
    )
    choose.add_argument(
        "--protocols", action="append", default=[], metavar="PATH", help="a file or folder of protocols; repeatable"
    )
    choose.add_argument("--study", metavar="UID", help="the current study, if the files are of several")
    choose.add_argument(
        "--peer",
        metavar="NAME",
        help="the archive that a running workstation asks, for priors and for what the choice needs",
    )
    add_configuration_options(choose)
    add_asking_options(choose)
    choose.set_defaults(run=_choose)
    for name, run, text in (
        ("import", _import, "write a display protocol that is a DICOM instance as a YAML file"),
        ("export", _export, "write a display protocol as a DICOM instance (Hanging Protocol Storage)"),
    ):
        exchange = commands.add_parser(name, help=text)
        exchange.add_argument("file", type=Path, metavar="FILE", help="what is read")
        exchange.add_argument("--output", "-o", type=Path, required=True, metavar="FILE", help="what is written")
        exchange.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Perform a command; returns the exit status."""
    status: int = options.run(options)
    return status


def _check(options: argparse.Namespace) -> int:
    from dicom_workstation.configuration import read_protocol_files  # these not for `--help`
    from dicom_workstation.protocols import keys_of

    for each in read_protocol_files(options.files):
        sets = sum(len(one.TimeBasedImageSets) for one in each.ImageSets)
        print(f"{each.HangingProtocolName} ({each.HangingProtocolLevel}): image sets {sets}, ", end="")
        print(f"display sets {len(each.DisplaySets)}; looks at {', '.join(keys_of((each,)))}")
        for one in each.DisplaySets:
            if one.unsupported:
                print(f"  display set {one.DisplaySetNumber}: {one.unsupported}")
    return 0


def _choose(options: argparse.Namespace) -> int:
    with ExitStack() as stack:
        if options.control:
            if len(options.what) > 1:
                raise CommandError("give one Study Instance UID with --control")
            outcome = _of_running(options, connect_running(options, stack))
        else:
            outcome = _of_files(options)
    check_begun(outcome, options)
    return report(outcome, options, lambda: _summarise(outcome))


def _of_running(options: argparse.Namespace, running: Connection) -> Outcome:
    """Choose in a running workstation; an archive that is named is asked for the priors first."""
    arguments: dict[str, object] = {"StudyInstanceUID": options.what[0]}
    if options.peer is not None:
        priors = running.ask(PRIORS, options.peer, arguments)
        if priors.result is Result.REFUSED:
            return priors
        if priors.result not in DONE:
            print(f"the priors are not known: {priors.result}: {priors.detail}", file=sys.stderr)
    return running.ask(CHOOSE_PROTOCOL, options.peer, arguments)


def _of_files(options: argparse.Namespace) -> Outcome:
    """Choose for a study of files, in a workstation of this command's own."""
    if options.peer is not None:
        raise CommandError("--peer needs --control: only a running workstation asks an archive")
    own = connect_for_studies(options, options.protocols)
    studies = _read(options.what, own)
    if options.study is None and len(studies) > 1:
        raise CommandError(f"the files are of {len(studies)} studies: give one with --study ({', '.join(studies)})")
    study = studies[0] if options.study is None else options.study
    return own.ask(CHOOSE_PROTOCOL, None, {"StudyInstanceUID": study})


def _read(given: list[str], own: OwnWorkstation) -> list[str]:
    """Read files into memory; of a folder, those that are DICOM. Returns the studies, in order of their UIDs."""
    for each in given:
        path = Path(each)
        for file in sorted(path.rglob("*")) if path.is_dir() else (path,):
            if file.is_dir():
                continue
            try:
                own.add(str(file))
            except CommandError as error:
                if not path.is_dir():
                    raise
                print(f"left out: {error}", file=sys.stderr)
    found = own.studies()
    if not found:
        raise CommandError("no DICOM file was found")
    return found


def _import(options: argparse.Namespace) -> int:
    from dicom_workstation.configuration import protocol_of  # these not for `--help`
    from dicom_workstation.data_sets import FileError, open_part10
    from dicom_workstation.protocols import ExchangeError, decoded, lines_of

    try:
        file = open_part10(options.file)
        fields = decoded(file.data_set(), file.transfer_syntax)
    except (FileError, ExchangeError) as error:
        raise CommandError(f"{options.file}: {error}") from error
    protocol_of(fields, str(options.file))
    write_whole(options.output, "\n".join((*lines_of(fields), "")).encode())
    print(f"{fields['HangingProtocolName']}: written to {options.output}")
    return 0


def _export(options: argparse.Namespace) -> int:
    from dicom_workstation.configuration import read_protocol_files  # these not for `--help`
    from dicom_workstation.instances import file_head
    from dicom_workstation.protocols import SOP_CLASS, TRANSFER_SYNTAX, ExchangeError, encoded

    found = read_protocol_files((options.file,))
    if len(found) != 1:
        raise CommandError(f"{options.file} has {len(found)} display protocols: give the file of one")
    try:
        uid, data_set = encoded(found[0])
    except ExchangeError as error:
        raise CommandError(f"{options.file}: {error}") from error
    write_whole(options.output, file_head(SOP_CLASS, uid, TRANSFER_SYNTAX) + data_set)
    print(f"{found[0].HangingProtocolName}: written to {options.output}")
    return 0


# -- telling


def _summarise(outcome: Outcome) -> None:
    from rich.console import Console  # not for `--help`

    console = Console()
    if not isinstance(outcome, ChoiceOutcome):
        console.print(outcome.detail, highlight=False, markup=False, soft_wrap=True)
        return
    for line in _lines(outcome):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if outcome.boxes:
        console.print(_boxes(outcome))
    _print_others(outcome, console)


def _lines(outcome: ChoiceOutcome) -> Iterator[str]:
    yield f"display protocol: {outcome.protocol or 'none'}: {outcome.why}"
    for each in outcome.image_sets:
        label = f" ({each.label})" if each.label else ""
        yield f"image set {each.number}{label}: images {each.images}, studies {', '.join(each.studies) or 'none'}"
    for uid in outcome.to_load:
        yield f"to be loaded: series {uid}"
    if outcome.peer is not None:
        yield f"asked {outcome.peer}: series {outcome.series_queries}, images {outcome.image_queries}"
    if outcome.unanswered:
        yield f"not known: {outcome.unanswered}"


def _boxes(outcome: ChoiceOutcome) -> Table:
    from rich.table import Table  # not for `--help`

    table = Table(header_style="bold")
    for title in BOXES:
        table.add_column(title, overflow="fold")
    for each in outcome.boxes:
        shown = " ".join(each.images[:3]) + (f" and {each.of - 3} more" if len(each.images) > 3 else "")
        numbers = (str(each.group), str(each.display_set), str(each.box))
        table.add_row(*numbers, each.position, each.layout, shown, each.detail)
    return table


def _print_others(outcome: ChoiceOutcome, console: Console) -> None:
    for each in outcome.protocols:
        if not each.fits or each.name != outcome.protocol:
            fits = "fits" if each.fits else "does not fit"
            console.print(f"{each.name} {fits}: {each.why}", highlight=False, markup=False, soft_wrap=True)
