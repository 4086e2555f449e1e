"""The OSM on the command line: serve it, import files, check it, rebuild its index, look at it, remove instances.

Invariants: all but `serve` and `status` need the folder for themselves, and say so where a server has it; with `--json`
standard output is one JSON document. Exit status 1 means that something is wrong with the store, or was not done.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dicom_workstation.cli.command_connection import CommandError
from dicom_workstation.cli.ending import ending_in_time
from dicom_workstation.cli.log_file import following

if TYPE_CHECKING:
    from dicom_workstation.configuration import OSM, Configuration
    from dicom_workstation.osm import DiskStore

_SUMMARIES: Final = {
    "serve": "run the archive on the local disk until stopped",
    "import": "store DICOM files, as if they had been sent; can be repeated",
    "verify": "hold every file against the index, and every count against the rows",
    "rebuild": "make the index anew from the files alone",
    "status": "say what is held; also while a server runs",
    "remove": "remove instances and their files",
}
_LEVELS: Final = {"patient": "Patient ID", "study": "Study Instance UID", "series": "Series Instance UID"}


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the commands of the OSM."""
    commands = command.add_subparsers(dest="osm_command", required=True, metavar="COMMAND")
    for name, summary in _SUMMARIES.items():
        each = commands.add_parser(name, help=summary)
        each.add_argument("--config", type=Path, help="configuration of the workstation (YAML), with a section `osm`")
        each.add_argument("--folder", type=Path, help="folder of the archive, instead of the configured one")
        each.add_argument(
            "--database", metavar="URL", help="PostgreSQL database of the index, instead of the configured one"
        )
        each.set_defaults(osm=_COMMANDS[name])
        if name == "serve":
            _add_serve(each)
        else:
            each.add_argument("--json", action="store_true", help="print the outcome as JSON")
        if name == "import":
            each.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a DICOM file, or a folder of them")
        elif name == "verify":
            each.add_argument(
                "--repair",
                action="store_true",
                help="count anew, and take whole files without a row into the index; others go to `rejected/`",
            )
        elif name == "remove":
            for level, what in _LEVELS.items():
                each.add_argument(f"--{level}", metavar="ID" if level == "patient" else "UID", help=f"its {what}")
            each.add_argument("--instance", metavar="UID", action="append", default=[], help="its SOP Instance UID")


def _add_serve(command: argparse.ArgumentParser) -> None:
    command.add_argument("--ae-title", help="its AE title, instead of the configured one")
    command.add_argument("--port", type=int, help="the port where it listens, instead of the configured one")
    command.add_argument(
        "--metrics-port", type=int, help="serve `/metrics` on this port of 127.0.0.1; 0 is any free one"
    )
    command.add_argument(
        "--log", metavar="FILE", default="-", help="add each line of the log to a file; `-` is standard error (default)"
    )
    command.add_argument("--until-end-of-input", action="store_true", help="stop when standard input is closed")


def run(options: argparse.Namespace) -> int:
    """Perform a command; returns the exit status."""
    from dicom_workstation.osm import FolderLockedError, IndexUnusableError  # not for `--help`

    try:
        status: int = options.osm(options)
    except (FolderLockedError, IndexUnusableError) as error:
        raise CommandError(str(error)) from error
    return status


# -- the commands


def _serve(options: argparse.Namespace) -> int:
    from dicom_workstation.osm import OSMServer  # not for `--help`

    stop = threading.Event()
    with ExitStack() as stack:
        log = stack.enter_context(following(options.log))
        server = OSMServer(_configuration(options), log)
        stack.enter_context(ending_in_time(stop))
        stack.enter_context(server)
        assert server.address is not None, "it has been started"
        host, port = server.address
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        ready = {"ae_title": server.ae_title, "host": host, "port": port}
        if server.metrics_address is not None:
            ready["metrics"] = "http://{}:{}/metrics".format(*server.metrics_address)
        print(json.dumps(ready), flush=True)
        if options.until_end_of_input:
            threading.Thread(target=_watch_input, args=(stop,), daemon=True, name="end of input").start()
        stop.wait()
    return 0


def _watch_input(stop: threading.Event) -> None:
    """Daemonic: it ends with the process, whether or not the input ever does."""
    while sys.stdin.readline():
        pass
    stop.set()


def _import(options: argparse.Namespace) -> int:
    from dicom_workstation.osm import import_files  # not for `--help`

    section = _section(options)
    paths = [each for given in options.paths for each in _files_in(given)]
    counts: dict[str, int] = {}
    not_held: list[dict[str, str]] = []
    with _store(section, options) as store, _progress("import", len(paths)) as advance:
        for each in import_files(store, paths):
            counts[each.result] = counts.get(each.result, 0) + 1
            if not each.is_held:
                not_held.append({"path": str(each.path), "result": str(each.result), "detail": each.detail})
            advance()
    _tell(options, {"files": len(paths), "counts": counts, "not_held": not_held}, _import_lines)
    return 1 if not_held else 0


def _import_lines(found: Mapping[str, object]) -> Iterator[str]:
    counts, not_held = found["counts"], found["not_held"]
    assert isinstance(counts, dict)
    assert isinstance(not_held, list)
    for each in not_held:
        yield f"{each['path']}: {each['result']}: {each['detail'] or 'another content of its SOP Instance UID is held'}"
    yield f"import: {found['files']} files" + "".join(f", {name} {count}" for name, count in counts.items())


def _verify(options: argparse.Namespace) -> int:
    from dicom_workstation.osm import check, count_instances, deficient_instances, repair  # not for `--help`

    with _store(_section(options), options) as store:
        recovery = store.recovery
        mended = repair(store) if options.repair else 0
        count = count_instances(store)
        with _progress("verify", count) as advance:
            faults = [asdict(each) for each in check(store, advance)]
        deficient = deficient_instances(store)
    found = {
        "instances": count,
        "faults": faults,
        "mended": mended,
        "deficient": deficient,
        "recovery": asdict(recovery),
    }
    _tell(options, found, _verify_lines)
    return 1 if faults else 0


def _verify_lines(found: Mapping[str, object]) -> Iterator[str]:
    faults, deficient = found["faults"], found["deficient"]
    assert isinstance(faults, list)
    assert isinstance(deficient, dict)
    yield from (f"kept with a warning: {uid}: {detail}" for uid, detail in deficient.items())
    for each in faults:
        yield f"{each['kind']}: {each['what']}: {each['detail']}"
    mended = f", mended {found['mended']}" if found["mended"] else ""
    warned = f", kept with a warning {len(deficient)}" if deficient else ""
    yield f"verify: {found['instances']} instances{warned}, faults {len(faults)}{mended}"


def _rebuild(options: argparse.Namespace) -> int:
    from dicom_workstation.osm import rebuild  # not for `--help`

    section = _section(options)
    if not section.folder.is_dir():
        raise CommandError(f"{section.folder}: there is no such folder")
    with _progress("rebuild", None) as advance:
        replaces = section.duplicates == "replace"
        rebuilt = rebuild(section.folder, replaces=replaces, advance=advance, url=section.database)
    _tell(options, asdict(rebuilt), _rebuild_lines)
    return 1 if rebuilt.rejected else 0


def _rebuild_lines(found: Mapping[str, object]) -> Iterator[str]:
    rejected = found["rejected"]
    assert isinstance(rejected, tuple)
    yield from (f"rejected: {each}" for each in rejected)
    yield f"rebuild: {found['instances']} instances, rejected {len(rejected)}"


def _status(options: argparse.Namespace) -> int:
    from dicom_workstation.osm import status_of  # not for `--help`

    section = _section(options)
    _tell(options, status_of(section.folder, section.database).as_dict(), _status_lines)
    return 0


def _status_lines(found: Mapping[str, object]) -> Iterator[str]:
    for name, value in found.items():
        shown = ", ".join(f"{each} {count}" for each, count in value.items()) if isinstance(value, dict) else value
        yield f"{name.replace('_', ' ')}: {shown if shown != '' else 'none'}"


def _remove(options: argparse.Namespace) -> int:
    from dicom_workstation.instances import Selection  # not for `--help`

    selection = Selection(
        studies=(options.study,) if options.study else (),
        series=(options.series,) if options.series else (),
        instances=tuple(options.instance),
        patient=options.patient,
    )
    if selection == Selection():
        raise CommandError("remove: say what: --patient, --study, --series or --instance")
    with _store(_section(options), options) as store:
        count = store.remove(selection)
    _tell(options, {"removed": count}, lambda found: iter((f"remove: {found['removed']} instances",)))
    return 0 if count else 1


_COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {
    "serve": _serve,
    "import": _import,
    "verify": _verify,
    "rebuild": _rebuild,
    "status": _status,
    "remove": _remove,
}


# -- what they have in common


def _configuration(options: argparse.Namespace) -> Configuration:
    from dicom_workstation.configuration import Configuration  # not for `--help`

    configuration = Configuration.from_file(options.config) if options.config else Configuration.from_keywords()
    given = {name: getattr(options, name, None) for name in ("folder", "database", "ae_title", "port", "metrics_port")}
    changes = {name: value for name, value in given.items() if value is not None}
    held = configuration.osm
    if held is None and "folder" not in changes:
        raise CommandError("no archive is configured: give --folder, or a configuration with a section `osm`")
    return configuration.changed(osm={**({} if held is None else held.model_dump()), **changes})


def _section(options: argparse.Namespace) -> OSM:
    section = _configuration(options).osm
    assert section is not None, "the configuration has one"
    return section


@contextmanager
def _store(section: OSM, options: argparse.Namespace) -> Iterator[DiskStore]:
    """Open the folder; what is noted meanwhile goes to standard error."""
    from dicom_workstation.osm import DiskStore, limits_of  # not for `--help`

    if options.osm_command != "import" and not section.folder.is_dir():
        raise CommandError(f"{section.folder}: there is no such folder")
    with (
        following("-") as note,
        DiskStore(section.folder, limits_of(section), note, database=section.database) as store,
    ):
        yield store


def _files_in(path: Path) -> list[Path]:
    return sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]


@contextmanager
def _progress(name: str, total: int | None) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal; yields what is called after each instance."""
    from rich.console import Console  # these two not for `--help`
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=total)
        yield lambda: bar.advance(task)


def _tell(
    options: argparse.Namespace, found: Mapping[str, object], lines: Callable[[Mapping[str, object]], Iterator[str]]
) -> None:
    """Print an outcome, as JSON or in lines."""
    if options.json:
        print(json.dumps(found))
    else:
        for line in lines(found):
            print("".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in line))
