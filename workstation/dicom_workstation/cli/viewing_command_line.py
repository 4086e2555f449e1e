"""The commands about images: look at them, create a presentation state, save what is displayed.

Invariants: an image, or a state, is a DICOM file or the SOP Instance UID of what a running workstation holds in
memory; a picture is written as PNG, what is created as a DICOM file; each warning comes to the screen.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

from dicom_workstation.cli.command_connection import DONE, Connection, connect_for_images, report
from dicom_workstation.cli.command_options import arguments_of
from dicom_workstation.cli.output_file import write_whole
from dicom_workstation.operations import AnyOperation, CommandForm
from dicom_workstation.outcome import CreationOutcome, Outcome, Picture, RenderOutcome
from dicom_workstation.request_models import numbers_of


def add_image(command: argparse.ArgumentParser) -> None:
    """Add the arguments of a command about one image."""
    command.add_argument("image", metavar="IMAGE", help="a DICOM file, or a SOP Instance UID with --control")
    command.add_argument("--state", metavar="PS", help="a presentation state: a DICOM file, or a UID with --control")
    _add_output(command)


def add_images(command: argparse.ArgumentParser) -> None:
    """Add the arguments of a command about several images, and the options that make a displayed area."""
    command.add_argument(
        "images", nargs="+", metavar="IMAGE", help="a DICOM file, or a SOP Instance UID with --control"
    )
    command.add_argument("--area", metavar="LEFT,TOP,RIGHT,BOTTOM", help="the displayed area, columns and rows from 1")
    command.add_argument("--magnify", metavar="FACTOR", help="size mode MAGNIFY")
    command.add_argument("--true-size", action="store_true", help="size mode TRUE SIZE")
    _add_output(command)


def _add_output(command: argparse.ArgumentParser) -> None:
    command.add_argument("--output", "-o", type=Path, required=True, metavar="FILE", help="the file to write")


def run(options: argparse.Namespace) -> int:
    """Perform the command; returns the exit status."""
    operation: AnyOperation = options.operation
    with ExitStack() as stack:
        connection = connect_for_images(options, stack)
        arguments = arguments_of(options, operation.request)
        named = _images if operation.form is CommandForm.IMAGES else _image
        arguments |= named(connection, options)
        outcome = connection.ask(operation, None, arguments)
        if outcome.result in DONE:
            _write(outcome, connection, options.output)
    return report(outcome, options, lambda: _summarise(outcome, options))


def _image(connection: Connection, options: argparse.Namespace) -> dict[str, object]:
    found: dict[str, object] = {"SOPInstanceUID": connection.add(options.image)}
    return {**found, "state": connection.add(options.state)} if options.state else found


def _images(connection: Connection, options: argparse.Namespace) -> dict[str, object]:
    found: dict[str, object] = {"images": [connection.add(each) for each in options.images]}
    area: dict[str, object] = {}
    if options.area:
        left, top, right, bottom = numbers_of(options.area, "--area", 4)
        area = {"top_left": (left, top), "bottom_right": (right, bottom)}
    if options.magnify:
        area |= {"mode": "MAGNIFY", "magnification": options.magnify}
    elif options.true_size:
        area |= {"mode": "TRUE SIZE"}
    return {**found, "area": area} if area else found


def _write(outcome: Outcome, connection: Connection, path: Path) -> None:
    if isinstance(outcome, RenderOutcome) and outcome.rendering is not None:
        write_png(outcome.rendering, path)
    elif isinstance(outcome, CreationOutcome) and outcome.SOPInstanceUID is not None:
        write_whole(path, connection.file(outcome.SOPInstanceUID))


def write_png(picture: Picture, path: Path) -> None:
    """Write a picture as PNG, whatever the name of the file; OSError with path and size."""
    from PIL import Image  # not for `--help`

    mode = "L" if picture.samples == 1 else "RGB"
    encoded = BytesIO()
    Image.frombytes(mode, (picture.columns, picture.rows), picture.data).save(encoded, format="PNG")
    write_whole(path, encoded.getvalue())


def _summarise(outcome: Outcome, options: argparse.Namespace) -> None:
    written = f", {options.output}" if outcome.result in DONE else ""
    print(f"{outcome.operation}: {outcome.result}{written}")
    warnings = outcome.warnings if isinstance(outcome, RenderOutcome | CreationOutcome) else ()
    for text in warnings or filter(None, [outcome.detail]):
        print(text, file=sys.stderr)
