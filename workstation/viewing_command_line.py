"""Looking at images on the command line: render, present and save.

Invariants: an image, or a state, is a DICOM file or the SOP Instance UID of what a running workstation holds in
memory; the picture is written as PNG, what is created as a DICOM file; each warning comes to the screen.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

from PIL import Image as Picture

from workstation.bytes_in_json import encode
from workstation.client import ControlClient
from workstation.control_token import TOKEN_VARIABLE, token_from_environment
from workstation.memory import Memory
from workstation.part10 import part10_file, read_part10
from workstation.viewing import Viewer

COMMANDS: Final = ("render", "present", "save")
DONE: Final = ("success", "warning")
BUDGET_BYTES: Final = 1 << 40  # the files were named by the user; they are held once


class Shown(Protocol):
    """Where images are looked at: in this process, or in a running workstation."""

    def add(self, given: str) -> str:
        """Return the SOP Instance UID of a file, or of an instance in memory."""

    def perform(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Perform an operation; return its outcome."""

    def file(self, SOPInstanceUID: str) -> bytes:
        """Return an instance as a Part 10 file."""


class Files:
    """Files, in a memory of this process."""

    def __init__(self) -> None:
        self._memory = Memory(BUDGET_BYTES)
        self._viewer = Viewer(self._memory)

    def add(self, given: str) -> str:
        """Read a file."""
        instance = read_part10(Path(given))
        self._memory.keep(instance)
        return instance.SOPInstanceUID

    def perform(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Perform an operation; return its outcome."""
        performed: dict[str, Callable[..., Any]] = {
            "render": self._viewer.render,
            "present": self._viewer.present,
            "save": self._viewer.save,
        }
        return dict(performed[operation](arguments).as_dict())

    def file(self, SOPInstanceUID: str) -> bytes:
        """Return an instance as a Part 10 file."""
        found = self._memory.get(SOPInstanceUID)
        if found is None:
            raise ValueError(f"{SOPInstanceUID} is not there")
        return part10_file(found)


class Running:
    """The memory of a running workstation."""

    def __init__(self, client: ControlClient) -> None:
        self._client = client

    def add(self, given: str) -> str:
        """Take the UID as it is: what is not in memory is refused there."""
        return given

    def perform(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Perform an operation; return its outcome."""
        return self._client.perform(operation, None, arguments)

    def file(self, SOPInstanceUID: str) -> bytes:
        """Return an instance as a Part 10 file."""
        return self._client.file(SOPInstanceUID)


def add_commands(commands: Any) -> None:
    """Add `render`, `present` and `save`."""
    render = commands.add_parser("render", help="show an image, with or without a presentation state, as PNG")
    _looking(render)
    save = commands.add_parser("save", help="keep what is shown as a Secondary Capture image")
    _looking(save)
    save.add_argument("--description", default="", help="Derivation Description")
    present = commands.add_parser("present", help="create a presentation state for images")
    present.add_argument(
        "images", nargs="+", metavar="IMAGE", help="a DICOM file, or a SOP Instance UID with --control"
    )
    _common(present)
    _presenting(present)


def _common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--window", metavar="C,W", help="Window Center and Window Width, and a VOI LUT Function")
    command.add_argument("--output", "-o", type=Path, required=True, metavar="FILE", help="the file to write")
    command.add_argument("--control", metavar="URL", help=f"ask a running workstation (token in {TOKEN_VARIABLE})")
    command.add_argument("--json", action="store_true", help="print the outcome as JSON")


def _looking(command: argparse.ArgumentParser) -> None:
    command.add_argument("image", metavar="IMAGE", help="a DICOM file, or a SOP Instance UID with --control")
    command.add_argument("--state", metavar="PS", help="a presentation state: a DICOM file, or a UID with --control")
    command.add_argument("--frame", type=int, default=1, metavar="N", help="the frame, from 1")
    command.add_argument("--viewport", metavar="ROWSxCOLUMNS", help="the window that SCALE TO FIT fills")
    command.add_argument("--display-spacing", metavar="MM", help="pitch of the display's pixels, for TRUE SIZE")
    _common(command)


def _presenting(command: argparse.ArgumentParser) -> None:
    command.add_argument("--rotate", type=int, choices=(0, 90, 180, 270), default=0, help="degrees, clockwise")
    command.add_argument("--flip", action="store_true", help="left to right, after the rotation")
    command.add_argument(
        "--shutter",
        action="append",
        default=[],
        metavar="SHAPE",
        help="rectangular:LEFT,RIGHT,UPPER,LOWER, circular:ROW,COLUMN,RADIUS or polygonal:ROW,COLUMN,...",
    )
    command.add_argument(
        "--shutter-value", type=int, default=0, metavar="P", help="P-Value of what is hidden, 0 to 65535"
    )
    command.add_argument(
        "--annotate",
        action="append",
        default=[],
        metavar="GRAPHIC",
        help="polyline:X,Y,X,Y,... (point, interpolated, circle, ellipse) or text:X,Y,X,Y:WORDS; in image pixels",
    )
    command.add_argument("--area", metavar="LEFT,TOP,RIGHT,BOTTOM", help="the displayed area, columns and rows from 1")
    command.add_argument("--magnify", metavar="FACTOR", help="size mode MAGNIFY")
    command.add_argument("--true-size", action="store_true", help="size mode TRUE SIZE")
    command.add_argument("--inverse", action="store_true", help="reverse the polarity")
    command.add_argument("--label", default="PRESENTATION", help="Content Label")
    command.add_argument("--description", default="", help="Content Description")
    command.add_argument("--creator", default="", help="Content Creator's Name")
    command.add_argument("--character-set", metavar="TERMS", help="Specific Character Set; the image's, else UTF-8")


def run(options: argparse.Namespace) -> int:
    """Perform the command; returns the exit status."""
    if not options.control:
        return _perform(Files(), options)
    token = token_from_environment()
    if token is None:
        raise ValueError(f"{TOKEN_VARIABLE} is not set: the running workstation wants its token")
    with ControlClient(options.control, token) as client:
        return _perform(Running(client), options)


def _perform(shown: Shown, options: argparse.Namespace) -> int:
    arguments = _present_arguments(shown, options) if options.command == "present" else _look_arguments(shown, options)
    outcome = shown.perform(options.command, arguments)
    if outcome["result"] in DONE:
        if options.command == "render":
            write_png(outcome["rendering"], options.output)
        else:
            options.output.write_bytes(shown.file(outcome["SOPInstanceUID"]))
    _tell(outcome, options)
    return 0 if outcome["result"] in DONE else 1


def _tell(outcome: dict[str, Any], options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(encode({key: value for key, value in outcome.items() if key != "rendering"})))
        return
    print(f"{outcome['operation']}: {outcome['result']}" + (f", {options.output}" if outcome["result"] in DONE else ""))
    for text in outcome.get("warnings") or filter(None, [outcome["detail"]]):
        print(text, file=sys.stderr)


def write_png(rendering: dict[str, Any], path: Path) -> None:
    """Write a picture as PNG, whatever the name of the file."""
    mode = "L" if rendering["samples"] == 1 else "RGB"
    picture = Picture.frombytes(mode, (rendering["columns"], rendering["rows"]), rendering["data"])
    picture.save(path, format="PNG")


def _look_arguments(shown: Shown, options: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {"SOPInstanceUID": shown.add(options.image), "frame": options.frame}
    if options.state:
        found["state"] = shown.add(options.state)
    if options.window:
        found["window"] = window_of(options.window)
    if options.viewport:
        rows, _, columns = options.viewport.lower().partition("x")
        found["viewport"] = {"rows": rows, "columns": columns}
    if options.display_spacing:
        found["display_spacing_mm"] = options.display_spacing
    if options.command == "save":
        found["description"] = options.description
    return found


def _present_arguments(shown: Shown, options: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {
        "images": [shown.add(each) for each in options.images],
        "rotate": options.rotate,
        "flip": options.flip,
        "shutters": [shutter_of(each) for each in options.shutter],
        "shutter_value": options.shutter_value,
        "annotations": [annotation_of(each) for each in options.annotate],
        "polarity": "REVERSE" if options.inverse else "NORMAL",
        "label": options.label,
        "description": options.description,
        "creator": options.creator,
        "character_set": options.character_set,
    }
    if options.window:
        found["window"] = window_of(options.window)
    area: dict[str, Any] = {}
    if options.area:
        left, top, right, bottom = _numbers(options.area, "--area", 4)
        area = {"top_left": (left, top), "bottom_right": (right, bottom)}
    if options.magnify:
        area |= {"mode": "MAGNIFY", "magnification": options.magnify}
    elif options.true_size:
        area |= {"mode": "TRUE SIZE"}
    return {**found, "area": area} if area else found


def _numbers(given: str, name: str, count: int | None = None) -> list[float]:
    try:
        found = [float(each) for each in given.split(",")]
    except ValueError as error:
        raise ValueError(f"{name} {given}: is not numbers with commas between them") from error
    if count is not None and len(found) != count:
        raise ValueError(f"{name} {given}: {count} numbers belong there")
    return found


def window_of(given: str) -> dict[str, Any]:
    """Read `C,W` or `C,W,FUNCTION`."""
    numbers, function = given, "LINEAR"
    head, _, tail = given.rpartition(",")
    if tail.strip()[:1].isalpha():
        numbers, function = head, tail.strip().upper()
    center, width = _numbers(numbers, "--window", 2)
    return {"center": center, "width": width, "function": function}


def shutter_of(given: str) -> dict[str, Any]:
    """Read a shape of a shutter."""
    shape, _, rest = given.partition(":")
    match shape.upper():
        case "RECTANGULAR":
            edges = _numbers(rest, "--shutter rectangular", 4)
            return {"shape": "RECTANGULAR", **dict(zip(("left", "right", "upper", "lower"), edges, strict=True))}
        case "CIRCULAR":
            row, column, radius = _numbers(rest, "--shutter circular", 3)
            return {"shape": "CIRCULAR", "center": (row, column), "radius": radius}
        case "POLYGONAL":
            return {"shape": "POLYGONAL", "vertices": _pairs(_numbers(rest, "--shutter polygonal"), given)}
    raise ValueError(f"--shutter {given}: is no rectangular:..., circular:... or polygonal:...")


def annotation_of(given: str) -> dict[str, Any]:
    """Read a graphic, or a text in its box."""
    kind, _, rest = given.partition(":")
    if kind.upper() == "TEXT":
        corners, _, words = rest.partition(":")
        first, last = _pairs(_numbers(corners, "--annotate text", 4), given)
        return {"text": words, "box": (first, last)}
    return {"type": kind.upper(), "points": _pairs(_numbers(rest, f"--annotate {kind}"), given)}


def _pairs(numbers: list[float], given: str) -> list[tuple[float, float]]:
    if len(numbers) % 2:
        raise ValueError(f"{given}: the numbers are no pairs")
    return list(zip(numbers[::2], numbers[1::2], strict=True))
