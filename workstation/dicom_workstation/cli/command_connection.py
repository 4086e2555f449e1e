"""The workstation that a command asks: one of its own, or one that is running already.

Invariants: both are asked alike and give the same outcomes. A peer that is given as AET@HOST:PORT is made known first.
What is heavy is loaded when a workstation is asked, never for `--help`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from dicom_workstation.control import TOKEN_VARIABLE, encode, token_from_environment
from dicom_workstation.operations import AnyOperation, Peer
from dicom_workstation.outcome import Outcome, PreviewOutcome, Progress, RenderOutcome, Result, RetrieveOutcome

if TYPE_CHECKING:
    from dicom_workstation.application import Workstation
    from dicom_workstation.configuration import Configuration
    from dicom_workstation.control import ControlClient

ADDRESS: Final = re.compile(r"(?P<ae_title>[^@]{1,16})@(?P<host>\[[^]]+\]|[^:]+):(?P<port>\d+)")
DONE: Final = (Result.SUCCESS, Result.WARNING)
NOT_BEGUN: Final = (Result.UNREACHABLE, Result.REFUSED)
BUDGET_BYTES: Final = 1 << 40  # of files that the user named: they are held once
_PICTURES: Final = {RenderOutcome: "rendering", PreviewOutcome: "films"}


class CommandError(Exception):
    """A command cannot be performed; the text says why, in one line."""


class Connection(Protocol):
    """A workstation that can be asked."""

    def ask(
        self,
        operation: AnyOperation,
        peer: str | None,
        arguments: Mapping[str, object],
        progress: Progress | None = None,
    ) -> Outcome:
        """Perform an operation; return its outcome."""

    def add(self, given: str) -> str:
        """Return the SOP Instance UID of a file, or of an instance in memory."""

    def file(self, SOPInstanceUID: str) -> bytes:
        """Return an instance in memory as a Part 10 file."""

    def files(self) -> dict[str, bytes]:
        """Return what is in memory: SOP Instance UID -> Part 10 file."""


class OwnWorkstation:
    """This process's own workstation."""

    def __init__(self, workstation: Workstation) -> None:
        self._workstation = workstation

    def ask(
        self,
        operation: AnyOperation,
        peer: str | None,
        arguments: Mapping[str, object],
        progress: Progress | None = None,
    ) -> Outcome:
        """Perform an operation; return its outcome."""
        outcome = operation.ask(self._workstation, peer, arguments, progress)
        if outcome.result is Result.INTERNAL_ERROR:  # the log, which has the traceback, ends with this process
            print("\n".join(self._workstation.log()), file=sys.stderr)
        return outcome

    def add(self, given: str) -> str:
        """Read a file into memory."""
        from dicom_workstation.instances import FileError, read_part10  # not for `--help`

        try:
            instance = read_part10(Path(given))
        except FileError as error:
            raise CommandError(str(error)) from error
        self._workstation.memory.keep(instance)
        return instance.SOPInstanceUID

    def file(self, SOPInstanceUID: str) -> bytes:
        """Return an instance in memory as a Part 10 file."""
        from dicom_workstation.instances import part10_file  # not for `--help`

        instance = self._workstation.memory.get(SOPInstanceUID)
        if instance is None:
            raise CommandError(f"{SOPInstanceUID} is not in memory")
        return part10_file(instance)

    def files(self) -> dict[str, bytes]:
        """Return what is in memory."""
        from dicom_workstation.instances import part10_file  # not for `--help`

        return {each.SOPInstanceUID: part10_file(each) for each in self._workstation.memory.instances()}

    def studies(self) -> list[str]:
        """Return the studies in memory, in order of their UIDs."""
        return sorted({each.StudyInstanceUID for each in self._workstation.memory.instances()})


class RunningWorkstation:
    """A workstation behind its control interface."""

    def __init__(self, client: ControlClient) -> None:
        self._client = client

    def ask(
        self,
        operation: AnyOperation,
        peer: str | None,
        arguments: Mapping[str, object],
        progress: Progress | None = None,
    ) -> Outcome:
        """Perform an operation; return its outcome."""
        from pydantic import TypeAdapter  # not for `--help`

        outcome: Outcome = TypeAdapter(operation.outcome).validate_python(
            self._client.perform(operation.name, peer, arguments, progress)
        )
        return outcome

    def add(self, given: str) -> str:
        """Take the UID as it is: what is not in memory is refused there."""
        return given

    def file(self, SOPInstanceUID: str) -> bytes:
        """Return an instance in memory as a Part 10 file."""
        return self._client.file(SOPInstanceUID)

    def files(self) -> dict[str, bytes]:
        """Return what is in memory."""
        uids = [str(each["SOPInstanceUID"]) for each in self._client.instances()]
        return {uid: self._client.file(uid) for uid in uids}


# -- options


def add_configuration_options(command: argparse.ArgumentParser) -> None:
    """Add the options that say how the command's own workstation is configured."""
    command.add_argument("--config", type=Path, help="configuration of the workstation (YAML)")
    command.add_argument("--ae-title", help="its AE title, instead of the configured one")
    command.add_argument(
        "--port", type=int, help="the port where it accepts associations, instead of the configured one"
    )


def add_asking_options(command: argparse.ArgumentParser) -> None:
    """Add the options of every command that asks a workstation."""
    command.add_argument("--control", metavar="URL", help=f"ask a running workstation (token in {TOKEN_VARIABLE})")
    command.add_argument("--json", action="store_true", help="print the outcome as JSON")


# -- connecting


def configuration_of(options: argparse.Namespace) -> Configuration:
    """Return the configuration that the options give."""
    from dicom_workstation.configuration import Configuration  # not for `--help`

    configuration = Configuration.from_file(options.config) if options.config else Configuration.from_keywords()
    given = {"ae_title": options.ae_title, "port": options.port}
    return configuration.changed(**{key: value for key, value in given.items() if value is not None})


def connect_for_peer(peer: str, kind: Peer, options: argparse.Namespace, stack: ExitStack) -> Connection:
    """Return who is asked to do something with a peer: a configured archive or printer, or AET@HOST:PORT."""
    section = f"{kind}s"
    address = ADDRESS.fullmatch(peer)
    if options.control:
        client = _control_client(options, stack)
        if address:
            known = client.configuration()[section]
            client.reconfigure(**{section: {**(known if isinstance(known, dict) else {}), peer: _addressed(address)}})
        return RunningWorkstation(client)
    configuration = configuration_of(options)
    printers_or_archives: Mapping[str, object] = getattr(configuration, section)
    if address:
        configuration = configuration.changed(**{section: {**printers_or_archives, peer: _addressed(address)}})
    elif peer not in (known_names := {*configuration.archives, *printers_or_archives}):  # an archive may print, too
        names = ", ".join(sorted(known_names)) or "none"
        raise CommandError(
            f"{peer}: no {kind} of this name is configured (configured: {names}); give one of them, or AET@HOST:PORT"
        )
    return OwnWorkstation(stack.enter_context(_workstation(configuration)))


def connect_for_images(options: argparse.Namespace, stack: ExitStack) -> Connection:
    """Return who is asked to do something with images; a workstation of the command's own does not listen."""
    if options.control:
        return RunningWorkstation(_control_client(options, stack))
    from dicom_workstation.configuration import Configuration  # not for `--help`

    return OwnWorkstation(_workstation(Configuration.from_keywords(memory_budget_bytes=BUDGET_BYTES)))


def connect_for_studies(options: argparse.Namespace, protocols: Sequence[str]) -> OwnWorkstation:
    """Return a workstation of the command's own that has display protocols, and does not listen."""
    configuration = configuration_of(options)
    files = (*configuration.display_protocol_files, *protocols)
    return OwnWorkstation(
        _workstation(configuration.changed(display_protocol_files=files, memory_budget_bytes=BUDGET_BYTES))
    )


def connect_running(options: argparse.Namespace, stack: ExitStack) -> Connection:
    """Return a workstation that runs, which alone has worklists, and studies in memory."""
    if not options.control:
        raise CommandError(
            "this belongs to a running workstation: start `serve --config FILE`, and give its URL to --control"
        )
    return RunningWorkstation(_control_client(options, stack))


def _workstation(configuration: Configuration) -> Workstation:
    from dicom_workstation.application import Workstation  # not for `--help`

    return Workstation(configuration)


def _control_client(options: argparse.Namespace, stack: ExitStack) -> ControlClient:
    from dicom_workstation.control import ControlClient  # not for `--help`

    token = token_from_environment()
    if token is None:
        raise CommandError(f"{TOKEN_VARIABLE} is not set: the running workstation requires its token")
    return stack.enter_context(ControlClient(options.control, token))


def _addressed(address: re.Match[str]) -> dict[str, object]:
    from dicom_workstation.configuration import Configuration  # not for `--help`

    plain = {"ae_title": address["ae_title"], "host": address["host"].strip("[]"), "port": int(address["port"])}
    Configuration.from_keywords(archives={address[0]: plain})  # a wrong one is a ConfigurationError here
    return plain


# -- telling


def report(outcome: Outcome, options: argparse.Namespace, summarise: Callable[[], None]) -> int:
    """Print an outcome, as JSON or by `summarise`; return the exit status."""
    if options.json:
        left_out = _PICTURES.get(type(outcome))
        print(json.dumps(encode({key: each for key, each in outcome.as_dict().items() if key != left_out})))
    else:
        summarise()
    arrived_whole = not (isinstance(outcome, RetrieveOutcome) and outcome.missing)
    return 0 if outcome.result in DONE and arrived_whole else 1


def check_begun(outcome: Outcome, options: argparse.Namespace) -> None:
    """Raise CommandError, with one line, if the operation was not even begun; with `--json` the outcome is printed."""
    if outcome.result in NOT_BEGUN:
        if options.json:
            report(outcome, options, lambda: None)
        raise CommandError(f"{outcome.operation}: {outcome.result}: {' '.join(outcome.detail.split())}")
