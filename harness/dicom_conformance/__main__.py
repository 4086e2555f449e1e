"""The command line: `dicom-conformance`, also `python -m dicom_conformance`.

Wrong input (a file, an option, a port in use) is one clear line on standard error and exit status 2, never a
traceback. This module alone may import every room; it imports the heavier ones only when a command needs them.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

import dicom_reports
from dicom_conformance import commands as further_commands
from dicom_conformance import worker_processes
from dicom_conformance.errors import DataError, HarnessError
from dicom_conformance.interruption import ended_by
from dicom_workstation.cli import OneLineParser

if TYPE_CHECKING:
    from dicom_conformance.reference import Sources
    from dicom_conformance.scenario import Case
    from dicom_conformance.statement import Statement

USAGE_ERROR = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words[:1] == ["workstation"]:
            from dicom_workstation.cli import main as workstation_main  # only this command needs the workstation

            return int(workstation_main(words[1:]) or 0)
        arguments = _parser().parse_args(words)
        status: int = arguments.command(arguments, words)
    except DataError as error:
        return _wrong(str(error))
    except HarnessError as error:
        return _wrong(str(error))
    except OSError as error:
        return _wrong(f"{error.filename or 'system'}: {error.strerror or error}")
    except KeyboardInterrupt:
        return _wrong("interrupted")
    except Exception as error:  # a mistake of ours: exit status 1 would tell it as the subject's
        traceback.print_exc()
        return _wrong(f"internal error: {type(error).__name__}: {error}; please report it, with the lines above")
    return status


def _wrong(text: str) -> int:
    from dicom_wire.wording import printable

    sys.stderr.write(f"dicom-conformance: {printable(' '.join(text.split()))}\n")
    return USAGE_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="dicom-conformance", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--version", action=further_commands.Version, nargs=0, help="print the version and end")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _run_parser(commands.add_parser("run", help="play every case that the statement calls for, and write the report"))
    listing = commands.add_parser("list", help="list the cases that would run, or the claims")
    _selecting(listing)
    listing.add_argument("--claims", action="store_true", help="list the claims of the statement, each with its cases")
    further_commands.add_list_options(listing)
    listing.set_defaults(command=_list)
    checking = commands.add_parser("check", help="check files that you wrote, and play nothing")
    files_help = "scenarios, statements, subject files, configurations, data, matrices and known deviations"
    checking.add_argument("files", nargs="+", type=Path, metavar="FILE", help=files_help)
    checking.add_argument(
        "--statement", default="directview-5.2", metavar="S", help="statement that the scenarios refer to"
    )
    checking.add_argument(
        "--subject", default="embedded", metavar="FILE", help="subject whose operations the scenarios use"
    )
    checking.set_defaults(command=_check)
    stating = commands.add_parser("statement", help="start a conformance statement for a product; `check` checks it")
    stating.add_argument("new", choices=("new",), help="write a commented template")
    stating.add_argument("kind", choices=("archive", "printer", "storage-scp", "modality", "client"), help="of what")
    stating.add_argument("--output", type=Path, metavar="FILE", help="write it to this file, which must not exist yet")
    stating.set_defaults(command=_statement)
    simulate = commands.add_parser("simulate", help="run one simulated peer on its own until it is stopped")
    further_commands.add_simulate_options(simulate)
    simulate.set_defaults(command=_simulate)
    schema = commands.add_parser("schema", help="print the JSON Schemas of the YAML files that users write")
    schema.add_argument("--output", type=Path, metavar="DIR", help="write the schemas into this folder")
    schema.set_defaults(command=_schema)
    reference = commands.add_parser("reference", help="write the reference of files, commands and settings")
    reference.add_argument("--output", type=Path, required=True, metavar="DIR", help="write the pages into this folder")
    reference.set_defaults(command=_reference)
    further_commands.add(commands, _renderer, _load_renderer, _capture_renderer)
    further_commands.add_demo(commands, exploring)
    commands.add_parser("workstation", help="run the reference workstation: serve, query, retrieve, store ...")
    return parser


def _selecting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("select", nargs="*", metavar="SELECT", help="the start of a case id, or a scenario file")
    parser.add_argument(
        "--statement",
        metavar="S",
        help="name or file of the conformance statement (default: the one in the subject file; else a foreign subject "
        "claims nothing, and ours is held to directview-5.2)",
    )
    parser.add_argument(
        "--subject",
        default="embedded",
        metavar="FILE",
        help="what is tested: embedded (default), process, a subject file, or AET@HOST:PORT of an SCP",
    )
    parser.add_argument(
        "--kind",
        type=_kinds,
        metavar="KINDS",
        help="judge only these kinds of expectations: standard, claim, house, with commas between them",
    )
    further_commands.add_data_options(parser)
    further_commands.add_profile_options(parser)
    parser.add_argument("--house", action="store_true", help="judge a foreign subject by house expectations, too")
    for name, what in (("store", "store"), ("print", "use film"), ("hostile", "misuse it from another machine")):
        parser.add_argument(f"--allow-{name}", action="store_true", help=f"play cases of a foreign subject that {what}")
    parser.add_argument("--slow", action="store_true", help="play cases that wait for the timers of a foreign subject")
    parser.add_argument(
        "--seed", type=int, metavar="N", help="seed of all random choices (default: one is chosen and printed)"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one case of each group of scenarios that test the same clauses, and of the proposals those of one or two "
        "transfer syntaxes (for a first look)",
    )


def _run_parser(parser: argparse.ArgumentParser) -> None:
    _selecting(parser)
    parser.add_argument(
        "--known-deviations", type=Path, metavar="FILE", help="YAML file of case ids that may fail, each with a reason"
    )
    parser.add_argument("--strict", action="store_true", help="an unmet `should` is a FAIL, not a WARN")
    parser.add_argument(
        "--verify", type=int, choices=range(11), default=0, metavar="N", help="play each FAIL N times more (0 to 10)"
    )
    parser.add_argument(
        "-n", dest="processes", type=_processes, default=0, metavar="N", help="number of processes (default: auto)"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder for the report (default: reports/out in the checkout, else conformance-report)",
    )
    further_commands.add_run_options(parser)
    parser.add_argument(
        "--redact", action="store_true", help="replace patients, AE titles, hosts and free text by pseudonyms"
    )
    parser.add_argument("--no-link", action="store_true", help="connect peers directly, without the recording relays")
    parser.set_defaults(command=_run)


def _kinds(text: str) -> tuple[str, ...]:
    """Read kinds of expectations with commas between them."""
    kinds = tuple(text.split(","))
    if not set(kinds) <= {"standard", "claim", "house"}:
        raise argparse.ArgumentTypeError("expected standard, claim, house, or several with commas between them")
    return kinds


def _processes(text: str) -> int:
    """Read `auto` (0) or a number of processes."""
    if text == "auto":
        return 0
    if text.isdigit() and 0 < int(text) <= 256:
        return int(text)
    raise argparse.ArgumentTypeError("expected auto or a number of processes from 1 to 256")


def _run(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    with ended_by((signal.SIGINT, signal.SIGTERM), KeyboardInterrupt):
        return _play(arguments, words)


def _play(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    if not arguments.select and arguments.processes != 1:  # many cases: the workers' server imports while we do
        worker_processes.start_server(arguments.subject)
    from dicom_conformance.files import default_output, known_deviations
    from dicom_conformance.play import RunOptions, open_subject
    from dicom_conformance.run import automatic_processes, command, memory, processes_that_wait, progress, runner

    output = arguments.output or default_output()
    given = further_commands.shard_seed(arguments)
    seed = given if given is not None else random.SystemRandom().randrange(1 << 31)
    links, run_id = not arguments.no_link, str(time.time_ns() // 1_000_000)
    secret = command.secret() if arguments.redact else ""
    options = RunOptions(links, arguments.strict, output, run_id=run_id, verify=arguments.verify, redact=secret)
    samples = command.samples(arguments, _wrong)
    options = replace(options, iod_checks=arguments.iod_checks, samples=samples)
    request = replace(command.requested(arguments, seed, options), shard=arguments.shard)
    memory.collect_seldom()
    subject = open_subject(request.subject)
    subject.check_surroundings()
    request = command.measured(request)
    promised = request.load()
    found = request.cases(promised)
    cases = request.played(found)
    for played in {case.scenario.id: case.scenario for case in cases}.values():
        played.check_subject_words(subject.argument_names, subject.setting_names())
    console = Console(highlight=False, soft_wrap=True)
    say = partial(console.print, markup=False)
    if arguments.known_deviations is not None:
        known = command.deviations(known_deviations.load(arguments.known_deviations), found, request, promised, say)
        request = replace(request, options=replace(request.options, deviations=known))
    if not cases:
        return _wrong(f"shard {arguments.shard} has no case" if found else _nothing(request.selects))
    if any(Path(select).exists() for select in request.selects):
        _tell_unknown_clauses(cases, promised)
    for line in command.notices(request, cases):
        say(line)
    left_out = len(found) - len(replace(request, shard=None).played(found))
    omitted = f"; --quick leaves out {_counted(left_out)}" if left_out else ""
    omitted += f"; shard {arguments.shard}" if arguments.shard else ""
    console.print(f"{_counted(len(cases))}, seed {seed}{omitted}", soft_wrap=True)
    processes = arguments.processes or automatic_processes(len(cases), bool(subject.observes))
    with progress.Screen(len(cases), console) as screen:
        outcome = runner.run(
            request,
            promised,
            cases,
            processes=processes,
            waiting=0 if arguments.processes else processes_that_wait(cases, processes),
            on_result=screen.show,
            command=("dicom-conformance", *words),
            render=_renderer(),
            left_out=left_out,
        )
    if command.without_statement(request):
        say("no statement: judged by the standard alone")
    page = output / "index.html"
    progress.summarise(outcome.run, outcome.results, page if page.is_file() else output, console)
    further_commands.after_run(arguments, output, outcome.results)
    if why := progress.not_judged(outcome.results):
        _wrong(why)
    return outcome.run.exit_status


def _nothing(selects: Sequence[str]) -> str:
    return f"no case is selected by {' '.join(selects) or 'the statement'}; dicom-conformance list shows every case"


def _tell_unknown_clauses(cases: Sequence[Case], promised: Statement) -> None:
    """Warn about each clause of a user's scenario that is not a claim of the statement: usually a typing error."""
    from dicom_conformance.scenario import listing

    for name, clause in listing.unknown_clauses(cases, promised):
        print(f"dicom-conformance: warning: {name}: {clause} is not a claim of this statement", file=sys.stderr)


def _counted(cases: int) -> str:
    return "1 case" if cases == 1 else f"{cases:,} cases"


def _renderer() -> Callable[[Path], Path]:
    return dicom_reports.render


def _load_renderer() -> Callable[[Path], Path]:
    return dicom_reports.render_load


def _capture_renderer() -> Callable[[Path], Path]:
    return dicom_reports.render_capture


def exploring() -> further_commands.Exploring:
    """Give what starts the workstation with its explorer."""
    from contextlib import contextmanager

    from dicom_workstation.application import Workstation
    from dicom_workstation.configuration import Configuration
    from dicom_workstation.explorer import ExplorerServer

    @contextmanager
    def explored(fields: Mapping[str, object], port: int) -> Iterator[further_commands.Explored]:
        workstation = Workstation(Configuration.from_keywords(**fields))
        with ExplorerServer(workstation, port) as explorer, workstation:
            yield further_commands.Explored(workstation.address, explorer.link)

    return explored


def _list(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    if lines := further_commands.catalogue(arguments):
        print("\n".join(lines))
        return 0
    from dicom_conformance.play import RunOptions
    from dicom_conformance.run import command

    request = command.measured(command.requested(arguments, arguments.seed or 0, RunOptions()))
    promised = request.load()
    cases = request.played(request.cases(promised))
    if not cases:
        return _wrong(_nothing(request.selects))
    _tell_unknown_clauses(cases, promised)
    say = partial(Console(highlight=False, soft_wrap=True).print, markup=False)
    for line in command.renamed(request.selects, cases):
        say(line)
    if arguments.claims:
        command.list_claims(cases, promised, say)
    else:
        command.list_cases(cases, say)
    return 0


def _check(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    from dicom_conformance.run import WorkstationFile, file_check
    from dicom_workstation.configuration import Configuration, ConfigurationError

    def read(path: Path) -> None:
        try:
            Configuration.from_file(path)
        except ConfigurationError as error:
            raise DataError(path, error.line, error.field, error.message) from error

    configuration = WorkstationFile(tuple(Configuration.model_fields), read)
    statement, subject = arguments.statement, arguments.subject
    good = [file_check.tell(path, statement, subject, _wrong, configuration) for path in arguments.files]
    return 0 if all(good) else USAGE_ERROR


def _statement(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    from dicom_conformance.statement import write_template

    write_template(arguments.kind, arguments.output)
    return 0


def _simulate(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    from dicom_conformance.run import simulation

    wrong = simulation.simulate(arguments)
    return _wrong(wrong) if wrong else 0


def _schema(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    from dicom_conformance.reference import schema
    from dicom_workstation.configuration import Configuration
    from dicom_workstation.operations import OPERATIONS

    operations = {each.name: each.request for each in OPERATIONS}
    if arguments.output is None:
        sys.stdout.write(schema.text(schema.export(Configuration, operations)))
        return 0
    for path in schema.write(arguments.output, Configuration, operations):
        sys.stdout.write(f"{path}\n")
    return 0


def _reference(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    from dicom_conformance import reference

    for path in reference.write(arguments.output, reference_sources()):
        sys.stdout.write(f"{path}\n")
    return 0


def reference_sources() -> Sources:
    """Give the parts of the reference that the harness itself cannot import."""
    from dicom_conformance.reference import Operation, Sources
    from dicom_workstation.cli import parser as workstation_parser
    from dicom_workstation.configuration import Configuration
    from dicom_workstation.operations import OPERATIONS

    command = "dicom-conformance"
    return Sources(
        Configuration,
        tuple(Operation(each.name, each.summary, str(each.peer), each.request) for each in OPERATIONS),
        {command: _parser(), f"{command} workstation": workstation_parser()},
    )


if __name__ == "__main__":
    sys.exit(main())
