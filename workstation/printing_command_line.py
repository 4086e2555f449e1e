"""Printing on the command line: images and how they are to be printed, the preview, and how the printing goes.

Invariants: an image, or a state, is a DICOM file, or with --control also the SOP Instance UID of what a running
workstation holds in memory; without --printer nothing is sent and the preview is all there is. What happens is told
line by line while it happens; what was doubtful is told at the end. Ctrl-C cancels: what was created at the printer is
deleted, and the association released.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Protocol

from PIL import Image as Picture

from workstation.control_token import TOKEN_VARIABLE
from workstation.interruption import cancelling
from workstation.memory import Memory
from workstation.printing.errors import PrintError
from workstation.printing.preparation import needs, prepare
from workstation.printing.preview import films
from workstation.printing.request import PrintRequest
from workstation.viewing_command_line import window_of

DONE: Final = ("success", "warning")
NOT_BEGUN: Final = ("unreachable", "refused")
# Option -> argument of the operation `print` that it becomes.
OF_ALL: Final = (
    *("layout", "orientation", "film_size", "magnification", "smoothing", "border_density", "empty_image_density"),
    *("min_density", "max_density", "trim", "resolution", "configuration_information", "copies", "priority", "medium"),
    *("destination", "label", "owner", "memory_allocation", "annotation_format", "presentation_lut", "bits", "per"),
)
OF_EACH: Final = ("polarity", "size", "crop")
IN_CAPITALS: Final = (
    *("orientation", "film_size", "magnification", "border_density", "empty_image_density", "trim", "resolution"),
    *("priority", "medium", "destination", "presentation_lut", "polarity", "crop"),
)


class Asked(Protocol):
    """A workstation that can be asked: this process's own, or one behind its control interface."""

    def perform(
        self, operation: str, peer: str, arguments: dict[str, Any], progress: Callable[[dict[str, Any]], None]
    ) -> dict[str, Any]:
        """Perform an operation; return its outcome."""


def add_command(commands: Any, configured: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add `print`; `configured` adds the options that say how the workstation is configured."""
    command = commands.add_parser("print", help="print images on a DICOM printer, or preview the films")
    command.add_argument("files", nargs="+", metavar="FILE", help="a DICOM file or a folder; a UID with --control")
    command.add_argument("--printer", metavar="NAME", help="a configured printer by its name, or AET@HOST:PORT")
    command.add_argument("--preview", type=Path, metavar="OUT.png", help="write the films as PNG, numbered if several")
    command.add_argument("--control", metavar="URL", help=f"ask a running workstation (token in {TOKEN_VARIABLE})")
    command.add_argument("--json", action="store_true", help="print the outcome as JSON")
    configured(command)
    _film_options(command.add_argument_group("films"))
    _image_options(command.add_argument_group("images"))
    _session_options(command.add_argument_group("printing"))


def _film_options(group: Any) -> None:
    group.add_argument("--layout", metavar="RxC", help="2x3, STANDARD\\3,2, ROW\\1,2, COL\\2,1, SLIDE, SUPERSLIDE ...")
    group.add_argument("--orientation", type=str.upper, choices=("PORTRAIT", "LANDSCAPE"))
    group.add_argument("--film-size", metavar="ID", help="8INX10IN, 14INX17IN, 24CMX30CM, A4 ...")
    group.add_argument("--magnification", metavar="TYPE", help="REPLICATE, BILINEAR, CUBIC or NONE")
    group.add_argument("--smoothing", metavar="TYPE", help="Smoothing Type, as the printer names it")
    group.add_argument("--border-density", metavar="DENSITY", help="BLACK, WHITE, or hundredths of OD")
    group.add_argument("--empty-image-density", metavar="DENSITY", help="the same, for boxes without an image")
    group.add_argument("--min-density", metavar="DENSITY", help="hundredths of OD")
    group.add_argument("--max-density", metavar="DENSITY", help="hundredths of OD")
    group.add_argument("--trim", action="store_const", const="YES", help="a frame around each image")
    group.add_argument("--resolution", metavar="ID", help="STANDARD or HIGH")
    group.add_argument("--configuration-information", metavar="TEXT", help="as the printer defines it")
    group.add_argument(
        "--annotation", action="append", default=[], metavar="TEXT", help="text on each film; repeatable"
    )
    group.add_argument("--annotation-format", metavar="ID", help="Annotation Display Format ID")


def _image_options(group: Any) -> None:
    group.add_argument("--state", metavar="PS", help="a presentation state: a DICOM file, or a UID with --control")
    group.add_argument("--window", metavar="C,W", help="Window Center and Window Width, and a VOI LUT Function")
    group.add_argument("--frame", default="1", metavar="N", help="the frame of multi-frame images, or all")
    group.add_argument("--polarity", metavar="NORMAL|REVERSE", help="Polarity")
    group.add_argument("--size", metavar="fit|true|MM", help="fill the box, true size, or a width in mm")
    group.add_argument("--crop", metavar="BEHAVIOR", help="what is too large: DECIMATE, CROP or FAIL")
    group.add_argument("--bits", choices=("8", "12"), help="of grey; 12 where an image has more than 8")
    shade = group.add_mutually_exclusive_group()
    shade.add_argument("--colour", "--color", dest="colour", action="store_true", default=None, help="print in colour")
    shade.add_argument("--grey", "--gray", dest="colour", action="store_false", help="print in grey")
    group.add_argument("--presentation-lut", metavar="SHAPE", help="IDENTITY or 'LIN OD' (an extension)")


def _session_options(group: Any) -> None:
    group.add_argument("--copies", metavar="N", help="Number of Copies")
    group.add_argument("--priority", metavar="PRIORITY", help="HIGH, MED or LOW")
    group.add_argument("--medium", metavar="TYPE", help="PAPER, CLEAR FILM, BLUE FILM ...")
    group.add_argument("--destination", metavar="WHERE", help="MAGAZINE, PROCESSOR, BIN_1 ...")
    group.add_argument("--label", metavar="TEXT", help="Film Session Label")
    group.add_argument("--owner", metavar="ID", help="Owner ID")
    group.add_argument("--memory-allocation", metavar="KB", help="Memory Allocation")
    group.add_argument("--per", choices=("film_box", "session"), help="print film by film, or all at once")
    group.add_argument("--no-follow", action="store_true", help="do not follow the print jobs to their end")


def run(options: argparse.Namespace, asked: Callable[[ExitStack], tuple[Asked, str]]) -> int:
    """Preview, print or both; returns the exit status.

    Parameters
    ----------
    asked : callable
        Opens the workstation that is asked, and names the printer there.
    """
    arguments = arguments_of(options)
    if options.printer is None:
        return _preview_here(options, arguments)
    with ExitStack() as stack:
        workstation, printer = asked(stack)
        if options.preview is not None:
            shown = workstation.perform("preview", printer, arguments, _ignored)
            if shown["result"] not in DONE:
                return _tell(shown, options)
            for line in _write(shown["films"], options.preview):
                print(line, file=sys.stderr)
        with cancelling(lambda: workstation.perform("cancel", printer, {}, _ignored)["result"] == "success"):
            outcome = workstation.perform("print", printer, arguments, Lines())
    return _tell(outcome, options)


def arguments_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of the operation `print`."""
    found = _given(options, OF_ALL)
    each = _given(options, OF_EACH)
    if options.window:
        each["window"] = window_of(options.window)
    if options.frame != "1":
        each["frame"] = options.frame
    if options.state:
        found["state"] = _source(options.state, options)[1]
    if options.annotation:
        found["annotations"] = list(options.annotation)
    if options.colour is not None:
        found["colour"] = options.colour
    if options.no_follow:
        found["follow"] = False
    images = [dict([_source(given, options)]) | each for named in options.files for given in _expanded(named)]
    return {"images": images, **found}


def _given(options: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    values = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    return {name: value.upper() if name in IN_CAPITALS else value for name, value in values.items()}


def _expanded(given: str) -> list[str]:
    """Return the files of a folder, or what was given."""
    path = Path(given)
    return sorted(str(each) for each in path.rglob("*") if each.is_file()) if path.is_dir() else [given]


def _source(given: str, options: argparse.Namespace) -> tuple[str, str]:
    path = Path(given)
    if options.control and not path.exists():
        return "SOPInstanceUID", given
    return "file", str(path.resolve())


def _preview_here(options: argparse.Namespace, arguments: dict[str, Any]) -> int:
    """Draw the films as a printer would that takes whatever the images need; nothing is sent."""
    if options.preview is None:
        raise ValueError("print: --printer NAME, --preview OUT.png or both are needed")
    if options.control:
        raise ValueError("print: a preview of what a running workstation holds needs --printer NAME")
    nothing_held = Memory(0)
    try:
        request = PrintRequest.read(arguments)
        wanted = needs(request, nothing_held)
        colour = wanted.colour if request.colour is None else request.colour
        prepared = prepare(request, nothing_held, colour, request.bits or wanted.bits)
        drawn = [_described(film.number, film.pixels) for film in films(prepared)]
    except PrintError as error:
        raise ValueError(f"print: {error}") from error
    written = _write(drawn, options.preview)
    warnings = list(prepared.warnings)
    outcome: dict[str, Any] = {"operation": "preview", "peer": None, "result": "warning" if warnings else "success"}
    outcome |= {"detail": "", "status": None, "films": drawn, "warnings": warnings}
    for line in () if options.json else written:
        print(line)
    return _tell(outcome, options)


def _described(number: int, pixels: Any) -> dict[str, Any]:
    samples = 1 if pixels.ndim == 2 else 3
    rows, columns = pixels.shape[:2]
    return {"number": number, "rows": rows, "columns": columns, "samples": samples, "data": pixels.tobytes()}


def _write(drawn: list[dict[str, Any]], path: Path) -> list[str]:
    """Write films as PNG, whatever the name of the file; several are numbered."""
    told = []
    for film in drawn:
        name = path if len(drawn) == 1 else path.with_name(f"{path.stem}-{film['number']}{path.suffix}")
        mode = "L" if film["samples"] == 1 else "RGB"
        Picture.frombytes(mode, (film["columns"], film["rows"]), film["data"]).save(name, format="PNG")
        told.append(f"film {film['number']}: {name}")
    return told


def _ignored(entry: dict[str, Any]) -> None:
    """Take progress that nobody is told."""


class Lines:
    """Tells progress in lines, each once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, entry: dict[str, Any]) -> None:
        """Tell one entry."""
        line = progress_line(entry)
        if line and line not in self._told:
            self._told.add(line)
            print(line, file=sys.stderr, flush=True)


def progress_line(entry: dict[str, Any]) -> str:
    """Return what an entry of progress says; nothing where it says nothing new to a person."""
    if "image" in entry:
        return f"film {entry['film']}: image {entry['image']} set"
    if "number" in entry:
        return f"film {entry['number']}: {_film_words(entry)}"
    if "of" in entry:
        return f"{entry['of'].replace('_', ' ')}: {' '.join(filter(None, (entry.get('status'), entry.get('info'))))}"
    if "print_job" in entry:
        words = entry.get("execution_status"), entry.get("execution_status_info")
        return f"print job: {' '.join(filter(None, words))}" if any(words) else ""
    return ""


def _film_words(film: dict[str, Any], nothing: str = "begun") -> str:
    boxes = film.get("boxes")
    words = [f"{boxes} image {'box' if boxes == 1 else 'boxes'}" if boxes else "", f"status {film['status']}"]
    job = " ".join(filter(None, (film.get("execution_status"), film.get("execution_status_info"))))
    words.append(f"print job {job}" if job else "")
    return ", ".join(word for word in words if word and word != "status None") or nothing


def _tell(outcome: dict[str, Any], options: argparse.Namespace) -> int:
    """Tell an outcome; returns the exit status."""
    plain = {key: value for key, value in outcome.items() if key != "films" or outcome["operation"] == "print"}
    if options.json:
        print(json.dumps(plain))
    if outcome["result"] in NOT_BEGUN:
        raise ValueError(f"{outcome['operation']}: {outcome['result']}: {' '.join(str(outcome['detail']).split())}")
    if not options.json:
        _summary(outcome)
    return 0 if outcome["result"] in DONE else 1


def _summary(outcome: dict[str, Any]) -> None:
    words = [f"{outcome['operation']}: {outcome['result']}"]
    words += [f"status {outcome['status']}"] if outcome.get("status") else []
    words += [f"{key.replace('_', ' ')} {outcome[key]}" for key in ("films_printed", "films_failed") if key in outcome]
    if outcome["operation"] == "preview":
        words.append(f"films {len(outcome.get('films') or ())}")
    print(", ".join(words))
    if outcome["operation"] == "print":
        for film in outcome.get("films") or ():
            print(f"  film {film['number']}: {_film_words(film, 'not printed')}")
    for event in outcome.get("events") or ():
        print(f"  {progress_line(event)}")
    if outcome.get("detail"):
        print(outcome["detail"])
    for text in outcome.get("warnings") or ():
        if text not in str(outcome.get("detail")):
            print(text, file=sys.stderr)
    for uid in outcome.get("not_deleted") or ():
        print(f"not deleted: {uid}", file=sys.stderr)
