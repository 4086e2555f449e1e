"""The command `probe`: measure what a product offers, and write it as a statement."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dicom_conformance.probe import Target
    from dicom_simulators.association import TLS


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "probe",
        help="measure what a product offers as an SCP, read-only, and write it as a statement",
        description="Ask an SCP what it offers: by negotiation, C-ECHO and narrow C-FIND requests. Nothing is stored "
        "or changed. One association is open at a time, but for the one question how many it accepts at once.",
    )
    parser.add_argument("target", type=target, metavar="AET@HOST:PORT", help="the product")
    parser.add_argument("--calling", default="CONFORMANCE", type=title, metavar="AET", help="our AE title")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the statement (default: print it)")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write an HTML page in the order of PS3.2 Annex N")
    parser.add_argument("--data", type=Path, metavar="FILE", help="write the studies that were found")
    parser.add_argument(
        "--at-most", type=_count, default=10, metavar="N", help="associations to try at once (default: 10)"
    )
    parser.add_argument(
        "--rate", type=_positive, default=20.0, metavar="N", help="requests per second, at most (default: 20)"
    )
    parser.add_argument(
        "--slow", type=_positive, metavar="S", help="also watch an idle association for up to so many seconds"
    )
    parser.add_argument(
        "--sop-class", action="append", default=[], metavar="UID", help="also propose this SOP Class; may be repeated"
    )
    parser.add_argument(
        "--tls",
        type=Path,
        metavar="FILE",
        help="use TLS as this YAML file says (certificate, key, authorities, profile)",
    )
    parser.set_defaults(command=_probe)


def _probe(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    from datetime import UTC, datetime

    from dicom_conformance.files import write_whole
    from dicom_conformance.probe import Asker, Limits, Wishes, data_text, page, probe, statement_text

    asker = Asker(
        arguments.target, arguments.calling, read_tls(arguments.tls), Limits(arguments.at_most, arguments.rate)
    )
    wishes = Wishes(arguments.slow or 0.0, further=tuple(arguments.sop_class))
    findings = probe(asker, wishes, lambda line: print(line, file=sys.stderr, flush=True))
    date = datetime.now(UTC).date().isoformat()
    text = statement_text(findings, arguments.target, date)
    if arguments.output is None:
        print(text, end="")
    else:
        write_whole(arguments.output, text)
    if arguments.html is not None:
        write_whole(arguments.html, page(findings, arguments.target, date))
    if arguments.data is not None:
        write_whole(arguments.data, data_text(findings))
    left_out = f"; {len(findings.left_out)} values left out" if findings.left_out else ""
    print(f"{asker.associations} associations{left_out}", file=sys.stderr)
    return 0


def read_tls(path: Path | None) -> TLS | None:
    """Read how TLS is spoken as a requestor; None without a file."""
    if path is None:
        return None
    from pydantic import TypeAdapter, ValidationError

    from dicom_conformance.errors import DataError
    from dicom_conformance.files import read
    from dicom_simulators.association import TLS

    document = read(path)
    data: dict[str, Any] = dict(document.data) if isinstance(document.data, dict) else {}
    for name in TLS.FILES:
        if data.get(name):
            data[name] = path.parent / Path(str(data[name])).expanduser()
    try:
        return TypeAdapter(TLS).validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(path, None, ".".join(map(str, first["loc"])), first["msg"]) from error


def target(text: str) -> Target:
    """Read ``AET@HOST:PORT``."""
    from dicom_conformance.probe import read_target

    try:
        return read_target(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def title(text: str) -> str:
    """Read an AE title."""
    if not 0 < len(text.strip()) <= 16 or not text.isascii() or not text.isprintable():
        raise argparse.ArgumentTypeError("an AE title has 1 to 16 characters of ASCII")
    return text


def _count(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 1000:
        return int(text)
    raise argparse.ArgumentTypeError("expected a number from 1 to 1000")


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if 0.0 < value <= 86400.0:
        return value
    raise argparse.ArgumentTypeError("expected a number above 0, at most 86400")
