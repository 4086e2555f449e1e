"""The command `demo`: simulated archives with phantoms, a simulated printer, and the workstation with its explorer.

Invariants: nothing is left behind but the films, where a folder for them is named. The workstation is handed in, since
the harness does not import it.
"""

from __future__ import annotations

import argparse
import datetime
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dicom_conformance.commands.demo_protocols import DISPLAY_PROTOCOLS

if TYPE_CHECKING:
    from dicom_simulators.archive import Archive
    from dicom_simulators.printer import Printer

AE_TITLE: Final = "DIRECTVIEW"
PARTS: Final = {"PACS": (0, 1, 2, 3), "VAULT": (4,)}
"""Which of the phantom studies each archive holds."""


@dataclass(frozen=True, slots=True)
class Explored:
    """A workstation that runs: where it listens for DICOM, and the link of its explorer."""

    address: tuple[str, int]
    link: str


Exploring = Callable[[Mapping[str, object], int], AbstractContextManager[Explored]]
"""Starts a workstation with these fields of its configuration, and its explorer on a port (0: any free one)."""


def add_demo(commands: Any, exploring: Callable[[], Exploring]) -> None:
    """Add the command; `exploring` gives what starts the workstation."""
    parser = commands.add_parser("demo", help="simulated archives, a printer, and the Archive Explorer: open the link")
    parser.add_argument("--explorer-port", type=int, default=0, metavar="N", help="port of the explorer (default: any)")
    parser.add_argument(
        "--films", type=Path, metavar="DIR", help="write the films that are printed there, as PNG files"
    )
    parser.set_defaults(command=lambda arguments, words: _run(arguments, exploring()))


def _run(arguments: argparse.Namespace, exploring: Exploring) -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    sys.stdout.write("making synthetic studies ...\n")
    sys.stdout.flush()
    with demonstration(arguments.films, arguments.explorer_port, exploring) as explored:
        sys.stdout.write(f"Archive Explorer: {explored.link}\nOpen the link in a browser; press Ctrl-C to end.\n")
        sys.stdout.flush()
        stop.wait()
    return 0


@contextmanager
def demonstration(films: Path | None, explorer_port: int, exploring: Exploring) -> Iterator[Explored]:
    """Run everything that the demo consists of.

    Parameters
    ----------
    films : path or None
        Folder for the films that are printed.
    """
    with ExitStack() as stack:
        archives = {name: _archive(name, stack) for name in PARTS}
        printer = _printer(films, stack)
        fields: dict[str, object] = {
            "ae_title": AE_TITLE,
            "archives": {name: _known(name, each.address) for name, each in archives.items()},
            "printers": {"FILM": {**_known("FILM", printer.address), "bits": 8, "film_size": "14INX17IN"}},
            "osm": {"folder": str(_folder(stack))},
            "display_protocols": DISPLAY_PROTOCOLS,
            "worklists": {"week": {"archive": "PACS", "keys": {"StudyDate": "today-7d..", "PatientName": ""}}},
        }
        explored = stack.enter_context(exploring(fields, explorer_port))
        for each in archives.values():
            each.destinations[AE_TITLE] = explored.address
        yield explored


def _known(title: str, address: tuple[str, int]) -> dict[str, object]:
    return {"ae_title": title, "host": address[0], "port": address[1]}


def _folder(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dicom-conformance-demo-")))


def _archive(name: str, stack: ExitStack) -> Archive:
    from dicom_simulators.archive import Archive
    from dicom_simulators.phantoms import STUDIES, write_studies
    from dicom_wire import Recorder

    folder = _folder(stack)
    write_studies(folder, [STUDIES[number] for number in PARTS[name]], datetime.date.today())
    archive = Archive(name, name, Recorder(), folder=folder)
    archive.start()
    stack.callback(archive.stop)
    return archive


def _printer(films: Path | None, stack: ExitStack) -> Printer:
    from dicom_simulators.printer import Printer
    from dicom_wire import Recorder

    printer = Printer("printer", "FILM", Recorder(), output=films, film_s=2.0)
    printer.start()
    stack.callback(printer.stop)
    return printer
