"""The workstation on the command line: serve, query, retrieve, store, print, echo, render, present, save.

Invariants: what the user asked for comes to the screen as it is, with progress; wrong input and a peer that
cannot be reached are one clear line and exit status 2; any other operation that did not succeed is exit status 1.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NoReturn, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from workstation.application import Workstation
from workstation.client import ControlClient, ControlError
from workstation.configuration import Configuration
from workstation.control_server import ControlServer
from workstation.control_token import TOKEN_VARIABLE, make_token, token_from_environment
from workstation.part10 import part10_file
from workstation.printing_command_line import add_command as add_print
from workstation.printing_command_line import run as run_print
from workstation.subject import perform
from workstation.viewing_command_line import COMMANDS as VIEWING
from workstation.viewing_command_line import add_commands, run
from workstation.yaml_file import ConfigurationError

ADDRESS: Final = re.compile(r"(?P<ae_title>[^@]{1,16})@(?P<host>\[[^]]+\]|[^:]+):(?P<port>\d+)")
DONE: Final = ("success", "warning")
NOT_BEGUN: Final = ("unreachable", "refused")
COLUMNS: Final = 8
NARROW: Final = 28


class Asked(Protocol):
    """A workstation that can be asked: this process's own, or one behind its control interface."""

    def perform(
        self, operation: str, peer: str, arguments: dict[str, Any], progress: Callable[[dict[str, Any]], None]
    ) -> dict[str, Any]:
        """Perform an operation; return its outcome."""

    def files(self) -> dict[str, bytes]:
        """What is in memory: SOP Instance UID -> Part 10 file."""


class Own:
    """This process's own workstation."""

    def __init__(self, workstation: Workstation) -> None:
        self._workstation = workstation

    def perform(
        self, operation: str, peer: str, arguments: dict[str, Any], progress: Callable[[dict[str, Any]], None]
    ) -> dict[str, Any]:
        """Perform an operation; return its outcome."""
        told = {} if operation in ("echo", "preview", "cancel") else {"progress": progress}
        return perform(self._workstation, operation, peer, {**arguments, **told})

    def files(self) -> dict[str, bytes]:
        """What is in memory."""
        return {each.SOPInstanceUID: part10_file(each) for each in self._workstation.memory.instances()}


class Remote:
    """A workstation behind its control interface."""

    def __init__(self, client: ControlClient) -> None:
        self._client = client

    def perform(
        self, operation: str, peer: str, arguments: dict[str, Any], progress: Callable[[dict[str, Any]], None]
    ) -> dict[str, Any]:
        """Perform an operation; return its outcome."""
        return self._client.perform(operation, peer, arguments, progress)

    def files(self) -> dict[str, bytes]:
        """What is in memory."""
        return {each["SOPInstanceUID"]: self._client.file(each["SOPInstanceUID"]) for each in self._client.instances()}


class OneLineParser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """End with exit status 2."""
        self.exit(2, f"{self.prog}: {' '.join(message.split())}; try {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = OneLineParser(prog="dicom-conformance workstation", description=(__doc__ or "").splitlines()[0])
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="run the loader and the control interface until stopped")
    _configured(serve)
    serve.add_argument(
        "--control-port", type=int, default=0, help="port of the control interface; any free one unless given"
    )
    serve.add_argument("--until-end-of-input", action="store_true", help="stop when standard input is closed")
    _query(commands)
    _retrieve(commands)
    store = commands.add_parser("store", help="send DICOM files to an archive (C-STORE)")
    _asking(store)
    store.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a DICOM file, or a folder of them")
    echo = commands.add_parser("echo", help="ask whether an AE answers (C-ECHO)")
    _asking(echo)
    add_print(commands, _configured)
    add_commands(commands)
    return top


def _configured(command: argparse.ArgumentParser) -> None:
    command.add_argument("--config", type=Path, help="configuration of the workstation (YAML)")
    command.add_argument("--ae-title", help="its AE title, instead of the configured one")
    command.add_argument(
        "--port", type=int, help="the port where it accepts associations, instead of the configured one"
    )


def _asking(command: argparse.ArgumentParser) -> None:
    command.add_argument("peer", help="a configured archive by its name, or AET@HOST:PORT")
    command.add_argument("--control", metavar="URL", help=f"ask a running workstation (token in {TOKEN_VARIABLE})")
    command.add_argument("--json", action="store_true", help="print the outcome as JSON")
    _configured(command)


def _query(commands: Any) -> None:
    query = commands.add_parser("query", help="ask an archive for patients, studies, series or images (C-FIND)")
    _asking(query)
    query.add_argument("--model", choices=("study_root", "patient_root"), default="study_root")
    query.add_argument("--level", choices=("PATIENT", "STUDY", "SERIES", "IMAGE"), default="STUDY")
    query.add_argument(
        "--key", "-k", action="append", default=[], metavar="KEYWORD[=VALUE]", help="a key to match, or to be returned"
    )


def _retrieve(commands: Any) -> None:
    retrieve = commands.add_parser("retrieve", help="have an archive send images to this workstation (C-MOVE)")
    _asking(retrieve)
    retrieve.add_argument("--level", choices=("STUDY", "SERIES", "IMAGE"), default="STUDY")
    retrieve.add_argument(
        "--key", "-k", action="append", default=[], metavar="KEYWORD=VALUE", help="StudyInstanceUID=..., and below"
    )
    retrieve.add_argument("--output", "-o", type=Path, help="folder to write what is in memory to, as DICOM files")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = parser().parse_args(argv)
    try:
        if options.command in VIEWING:
            return run(options)
        if options.command == "print":
            return run_print(options, lambda stack: _asked(options.printer, "printers", options, stack))
        return _serve(options) if options.command == "serve" else _ask(options)
    except (ConfigurationError, ControlError, ValueError, OSError) as error:
        return _wrong(str(error))
    except KeyboardInterrupt:
        return _wrong("interrupted")


def _wrong(text: str) -> int:
    print(f"dicom-conformance: {' '.join(text.split())}", file=sys.stderr)
    return 2


def _configuration(options: argparse.Namespace) -> Configuration:
    configuration = Configuration.from_file(options.config) if options.config else Configuration.from_keywords()
    given = {"ae_title": options.ae_title, "port": options.port}
    return configuration.changed(**{key: value for key, value in given.items() if value is not None})


def _serve(options: argparse.Namespace) -> int:
    given = token_from_environment()
    token = given or make_token()
    stop = threading.Event()
    with (
        Workstation(_configuration(options)) as workstation,
        ControlServer(workstation, token, options.control_port) as control,
    ):
        host, port = workstation.address
        announced = {"ae_title": workstation.configuration.ae_title, "host": host, "port": port, "control": control.url}
        print(json.dumps(announced if given else {**announced, "token": token}), flush=True)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        if options.until_end_of_input:
            threading.Thread(target=_watch_input, args=(stop,), daemon=True, name="end of input").start()
        stop.wait()
    return 0


def _watch_input(stop: threading.Event) -> None:
    """Daemonic: it ends with the process, whether or not the input ever does."""
    while sys.stdin.readline():
        pass
    stop.set()


def _ask(options: argparse.Namespace) -> int:
    console = Console(stderr=True)
    with ExitStack() as stack:
        asked, peer = _asked(options.peer, "archives", options, stack)
        bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        with bar:
            task = bar.add_task(f"{options.command} {options.peer}", total=None)
            outcome = asked.perform(
                options.command, peer, _arguments(options), lambda entry: _advance(bar, task, entry)
            )
        written = _write(asked.files(), options.output) if getattr(options, "output", None) else None
    if outcome["result"] in NOT_BEGUN:
        if options.json:
            print(json.dumps(outcome))
        raise ValueError(f"{options.command}: {outcome['result']}: {' '.join(str(outcome.get('detail', '')).split())}")
    _tell(outcome, options, written)
    return 0 if outcome["result"] in DONE else 1


def _asked(peer: str, kind: str, options: argparse.Namespace, stack: ExitStack) -> tuple[Asked, str]:
    """Who is asked, and the peer's name there, among `archives` or `printers`; an AET@HOST:PORT is made known first."""
    address = ADDRESS.fullmatch(peer)
    if options.control:
        token = token_from_environment()
        if token is None:
            raise ValueError(f"{TOKEN_VARIABLE} is not set: the running workstation wants its token")
        client = stack.enter_context(ControlClient(options.control, token))
        if address:
            client.reconfigure(**{kind: {**client.configuration()[kind], peer: _addressed(address)}})
        return Remote(client), peer
    configuration = _configuration(options)
    known = {**configuration.archives, **getattr(configuration, kind)}  # an archive may be a printer, too
    if address:
        configuration = configuration.changed(**{kind: {**getattr(configuration, kind), peer: _addressed(address)}})
    elif peer not in known:
        names = ", ".join(sorted(known)) or "none"
        raise ValueError(f"{peer}: neither AET@HOST:PORT nor a configured {kind.removesuffix('s')} (known: {names})")
    return Own(stack.enter_context(Workstation(configuration))), peer


def _addressed(address: re.Match[str]) -> dict[str, Any]:
    plain = {"ae_title": address["ae_title"], "host": address["host"].strip("[]"), "port": int(address["port"])}
    Configuration.from_keywords(archives={address[0]: plain})  # a wrong one is a ConfigurationError here
    return plain


def _arguments(options: argparse.Namespace) -> dict[str, Any]:
    match options.command:
        case "query":
            return {"model": options.model, "level": options.level, "keys": _keys(options.key)}
        case "retrieve":
            return {"level": options.level, "keys": _keys(options.key)}
        case "store":
            return {"files": [str(each.resolve()) for given in options.files for each in _expand(given)]}
    return {}


def _keys(given: Sequence[str]) -> dict[str, str]:
    keys = {}
    for text in given:
        keyword, _, value = text.partition("=")
        if not re.fullmatch(r"[A-Za-z]\w*", keyword):
            raise ValueError(f"--key {text}: is not KEYWORD=VALUE")
        keys[keyword] = value
    return keys


def _expand(path: Path) -> list[Path]:
    return sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]


def _advance(bar: Progress, task: Any, entry: dict[str, Any]) -> None:
    counts = {
        key: entry[key] for key in ("completed", "failed", "warning", "remaining") if isinstance(entry.get(key), int)
    }
    if counts:
        total = sum(counts.values())
        bar.update(task, total=total, completed=total - counts.get("remaining", 0))
    else:
        bar.advance(task)


def _write(files: dict[str, bytes], folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for uid, data in files.items():
        (folder / f"{uid}.dcm").write_bytes(data)
    return len(files)


def _tell(outcome: dict[str, Any], options: argparse.Namespace, written: int | None) -> None:
    if options.json:
        print(json.dumps(outcome))
        return
    console = Console()
    if outcome.get("matches"):
        console.print(_table(outcome["matches"]))
    words = [f"{outcome['operation']}: {outcome['result']}"]
    if outcome.get("status"):
        words.append(f"status {outcome['status']}")
    told = ("completed", "failed", "warning", "remaining", "arrived", "missing", "pending")
    words += [f"{key} {outcome[key]}" for key in told if outcome.get(key) is not None]
    words += [
        f"{key.replace('_', ' ')} {len(outcome[key])}"
        for key in ("stored", "stored_with_warning", "not_stored")
        if key in outcome
    ]
    if written is not None:
        words.append(f"written {written} to {options.output}")
    console.print(", ".join(words), highlight=False, soft_wrap=True)
    for number, doubts in enumerate(outcome.get("doubtful") or (), start=1):
        for doubt in doubts:
            console.print(f"match {number} is doubtful: {doubt}", highlight=False, markup=False, soft_wrap=True)
    if outcome.get("detail"):
        console.print(outcome["detail"], highlight=False, markup=False, soft_wrap=True)


def _table(matches: Sequence[dict[str, str]]) -> Table:
    keywords = list(dict.fromkeys(keyword for match in matches for keyword in match))
    table = Table(header_style="bold")
    for keyword in keywords[:COLUMNS]:
        table.add_column(keyword, overflow="fold", min_width=min(len(keyword), NARROW))
    for match in matches:
        table.add_row(*(match.get(keyword, "") for keyword in keywords[:COLUMNS]))
    return table


if __name__ == "__main__":
    sys.exit(main())
