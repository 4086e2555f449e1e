"""The command `fault`: sets, shows and lifts faults of a simulator that runs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ALL = "all"


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "fault",
        help="have a simulator that runs misbehave, show its faults, or lift them",
        description="Change the faults of a simulator that `dicom-conformance simulate` runs on this machine, started "
        "by the same user. Without FAULT and --off it shows what is active.",
    )
    parser.add_argument(
        "target", type=_target, metavar="AET@PORT", help="the simulator, such as ARCHIVE@11112, or 11112"
    )
    parser.add_argument(
        "faults",
        nargs="*",
        default=[],
        metavar="FAULT",
        help="a fault as a scenario writes it: '{respond: {to: C-FIND-RQ, status: A700}}'; `list --faults` shows all",
    )
    parser.add_argument(
        "--off",
        nargs="?",
        const=ALL,
        type=_which,
        metavar="WHICH",
        help="before FAULT takes effect, lift the fault of this number, or all of this name; without WHICH all faults",
    )
    parser.set_defaults(command=_fault)


def _target(text: str) -> tuple[str, int]:
    """Read `AET@PORT`, or a port."""
    title, _, port = text.rpartition("@")
    if not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise argparse.ArgumentTypeError(f"expected AET@PORT or a port, not {text!r}")
    return title, int(port)


def _which(text: str) -> str:
    """Read which faults are lifted; a simulator in its place is a mistake of order."""
    if "@" in text and ":" not in text:
        raise argparse.ArgumentTypeError(
            f"{text} is a simulator, and stands before --off: dicom-conformance fault {text} --off"
        )
    return text


def _fault(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    from dicom_conformance.errors import HarnessError
    from dicom_simulators.standalone import ControlError, order

    title, port = arguments.target
    orders: list[Mapping[str, Any]] = []
    texts = list(arguments.faults)
    which = arguments.off
    if which is not None and ":" in which:  # a fault, which no name or number contains: --off stood before it
        texts.insert(0, which)
        which = ALL
    if which is not None:
        orders.append({"do": "off", "which": None if which == ALL else which})
    faults = [one for text in texts for one in _read(text)]
    orders.append({"do": "fault", "faults": faults} if faults else {"do": "show"})
    try:
        for each in orders:
            answer = order(port, title, each)
    except ControlError as error:
        raise HarnessError(str(error)) from None
    for line in _lines(answer):
        print(line)
    return 0


def _read(text: str) -> Iterator[Mapping[str, Any]]:
    """Read the faults of one argument.

    Raises
    ------
    DataError
        It names no fault, or a parameter is wrong.
    """
    from dicom_conformance.files import parse
    from dicom_conformance.scenario import TRIPWIRE, fault_calls, fault_index

    document = parse(text, Path("FAULT"))
    if not isinstance(document.data, dict) or not document.data:
        raise document.error((), "expected a mapping of one fault to its parameters")
    if TRIPWIRE in document.data:
        raise document.error((TRIPWIRE,), "is allowed in a scenario only")
    for call in fault_calls(document.data):
        for inner, message in fault_index.mistakes(call):
            raise document.error((call.name, *inner), message)
        yield {call.name: dict(call.parameters)}


def _lines(answer: Mapping[str, Any]) -> Iterator[str]:
    faults = answer["faults"]
    if not faults:
        yield f"{answer['ae_title']}: no fault is active"
        return
    yield f"{answer['ae_title']}: {len(faults)} {'fault is' if len(faults) == 1 else 'faults are'} active"
    for one in faults:
        ((name, parameters),) = [(key, value) for key, value in one.items() if key not in ("number", "acted")]
        times = "once" if one["acted"] == 1 else f"{one['acted']} times"
        yield f"  {one['number']}  {name} {json.dumps(parameters, ensure_ascii=False)}, acted {times}"
