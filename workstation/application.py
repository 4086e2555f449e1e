"""The workstation as one thing: its configuration, its services, its memory, its log.

Invariants: it is the only door; the control interface, the command line and the test subject go through it. A
configuration can be changed while it runs; only a change of host or port makes the loader listen anew.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from workstation.configuration import Archive, Configuration
from workstation.elements import DataSetError
from workstation.identifiers import Keys
from workstation.loader_client import LoaderClient
from workstation.loader_server import LoaderServer
from workstation.memory import Memory
from workstation.outcome import (
    CreationOutcome,
    DecodeOutcome,
    Outcome,
    PreviewOutcome,
    PrinterOutcome,
    PrintOutcome,
    QueryOutcome,
    RenderOutcome,
    Result,
    RetrieveOutcome,
    ShowOutcome,
    StatesOutcome,
    StoreOutcome,
)
from workstation.printing.client import PrintClient
from workstation.printing.errors import PrintError
from workstation.printing.film_session import Progress as PrintProgress
from workstation.printing.request import PrintRequest
from workstation.pynetdicom_version import check_pynetdicom
from workstation.query_engine import Progress, QueryEngine
from workstation.running import Running
from workstation.shown import show
from workstation.silence import accept_foreign_values
from workstation.store_client import Item, StoreClient
from workstation.tls_profile import warnings_of
from workstation.verification import echo
from workstation.viewing import Viewer
from workstation.yaml_file import ConfigurationError

LOG_LINES: Final = 2000
STOP_TIMEOUT_S: Final = 10.0
LAST_SHOWN_TAG: Final = 0x7FE00000  # before Pixel Data

Kind = TypeVar("Kind", bound=Outcome)


class Workstation:
    """A diagnostic workstation; a context manager that starts and stops it."""

    def __init__(self, configuration: Configuration) -> None:
        check_pynetdicom()
        accept_foreign_values()
        self._configuration = configuration
        self._lock = threading.Lock()
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._address: tuple[str, int] | None = None
        self._running = Running()
        _check_tls(configuration)
        self.memory = Memory(configuration.memory_budget_bytes, configuration.keep_s)
        self._viewer = Viewer(self.memory)
        self._server = LoaderServer(configuration, self.memory, self.note)
        self._query_engine = QueryEngine(lambda: self._configuration, self._running)
        self._loader_client = LoaderClient(lambda: self._configuration, self.memory, self._running)
        self._store_client = StoreClient(lambda: self._configuration, self._running)
        self._print_client = PrintClient(lambda: self._configuration, self._running, self.memory, self.note)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> tuple[str, int]:
        """Listen; returns host and port.

        Raises
        ------
        ConfigurationError
            If the configured host and port cannot be had.
        """
        with self._lock:
            if self._address is None:
                self._address = self._listen()
            return self._address

    def _listen(self) -> tuple[str, int]:
        configuration = self._configuration
        try:
            address = self._server.start()
        except OSError as error:
            text = f"cannot listen on {configuration.host}:{configuration.port}: {error.strerror or error}"
            raise ConfigurationError(text, field="port") from error
        self.note(f"loader: {configuration.ae_title} listens on {address[0]}:{address[1]}")
        self._warn()
        return address

    def stop(self) -> None:
        """Stop every operation and every association; no thread is left."""
        with self._lock:
            self._running.stop(STOP_TIMEOUT_S)
            self._print_client.close()
            self._server.stop()
            self._address = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port where associations are accepted; starts listening if need be."""
        return self.start()

    @property
    def configuration(self) -> Configuration:
        """What it is configured to do now."""
        return self._configuration

    def reconfigure(self, **changes: Any) -> Configuration:
        """Change some fields of the configuration; open associations go on as they began.

        Raises
        ------
        ConfigurationError
            If the new configuration is not valid, or its port cannot be had; the old one stays.
        """
        with self._lock:
            before, after = self._configuration, self._configuration.changed(**changes)
            moved = self._address is not None and (before.host, before.port) != (after.host, after.port)
            _check_tls(after)
            if moved:
                self._server.stop()
            self._apply(after)
            if before.tls != after.tls and not moved:
                self._warn()
            if moved:
                try:
                    self._address = self._listen()
                except ConfigurationError:
                    self._apply(before)
                    self._address = self._listen()
                    raise
            return after

    def _apply(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._server.reconfigure(configuration)
        self.memory.configure(configuration.memory_budget_bytes, configuration.keep_s)

    def _warn(self) -> None:
        """Say in the log what the operator should know of the TLS profile."""
        tls = self._configuration.tls
        for text in () if tls is None else warnings_of(tls.profile):
            self.note(f"warning: {text}")

    # -- services

    def echo(self, peer: str) -> Outcome:
        """C-ECHO to a peer."""
        return self._with_peer(
            Outcome, "echo", peer, lambda known: echo(self._configuration, self._running, peer, known)
        )

    def associate(self, peer: str) -> Outcome:
        """Open the query engine's association and release it."""
        return self._with_peer(Outcome, "associate", peer, lambda known: self._query_engine.associate(peer, known))

    def query(
        self, peer: str, *, level: str, keys: Keys, model: str = "study_root", progress: Progress | None = None
    ) -> QueryOutcome:
        """C-FIND to an archive; see `query_engine.QueryEngine.query`."""

        def ask(known: Archive) -> QueryOutcome:
            return self._query_engine.query(peer, known, level=level, keys=keys, model=model, progress=progress)

        return self._with_peer(QueryOutcome, "query", peer, ask)

    def retrieve(
        self, peer: str, *, level: str, keys: Keys, model: str = "study_root", progress: Progress | None = None
    ) -> RetrieveOutcome:
        """C-MOVE from an archive to this workstation; see `loader_client.LoaderClient.retrieve`."""

        def load(known: Archive) -> RetrieveOutcome:
            self.start()
            return self._loader_client.retrieve(peer, known, level=level, keys=keys, model=model, progress=progress)

        return self._with_peer(RetrieveOutcome, "retrieve", peer, load)

    def store(
        self,
        peer: str,
        *,
        files: Iterable[str | Path] = (),
        instances: Iterable[str] = (),
        progress: Progress | None = None,
    ) -> StoreOutcome:
        """C-STORE Part 10 files, or instances of the memory by SOP Instance UID."""
        held = [self.memory.get(uid) for uid in instances]
        items = [
            Item(one.SOPClassUID, one.SOPInstanceUID, one.TransferSyntaxUID, partial(getattr, one, "data_set"))
            for one in held
            if one is not None
        ]
        if len(items) < len(held):
            detail = f"{len(held) - len(items)} instances are not in memory"
            return StoreOutcome(operation="store", peer=peer, result=Result.REFUSED, detail=detail)
        if items:
            return self._with_peer(
                StoreOutcome, "store", peer, lambda known: self._store_client.store(peer, known, items, progress)
            )
        return self._with_peer(
            StoreOutcome, "store", peer, lambda known: self._store_client.store_files(peer, known, files, progress)
        )

    def show(self, SOPInstanceUID: str) -> ShowOutcome:
        """Show the attributes of an instance in memory, without its pixels."""
        held = self.memory.get(SOPInstanceUID)
        detail, result = "the instance is not in memory", Result.REFUSED
        if held is not None:
            try:
                shown = show(held.data_set, held.TransferSyntaxUID, LAST_SHOWN_TAG)
            except DataSetError as fault:
                detail = f"the instance {fault}"
            else:
                outcome = ShowOutcome(
                    operation="show",
                    peer=None,
                    result=Result.SUCCESS,
                    attributes=shown.values,
                    doubtful=shown.doubts,
                    detail="; ".join(shown.doubts),
                )
                return self._told(outcome)
        return self._told(ShowOutcome(operation="show", peer=None, result=result, detail=detail))

    def decode(self, **arguments: Any) -> DecodeOutcome:
        """Decode one frame of an image in memory; see `viewing.Frame`."""
        return self._told(self._viewer.decode(arguments))

    def render(self, **arguments: Any) -> RenderOutcome:
        """Render one frame of an image in memory; see `viewing.View`."""
        return self._told(self._viewer.render(arguments))

    def states(self, SOPInstanceUID: str) -> StatesOutcome:
        """List the presentation states in memory that are for an image."""
        return self._told(self._viewer.states(SOPInstanceUID))

    def present(self, peer: str | None = None, **arguments: Any) -> CreationOutcome:
        """Create a presentation state (see `presentation_states.Presentation`), and store it where a peer is named."""
        return self._created(peer, self._viewer.present(arguments))

    def save(self, peer: str | None = None, **arguments: Any) -> CreationOutcome:
        """Create a Secondary Capture image of what is displayed, and store it where a peer is named."""
        return self._created(peer, self._viewer.save(arguments))

    def _created(self, peer: str | None, made: CreationOutcome) -> CreationOutcome:
        """Store what was created, if a peer is named; the outcome is then that of storing, unless it went well."""
        uid = made.SOPInstanceUID
        if peer is None or uid is None:
            return self._told(replace(made, peer=peer))
        sent = self.store(peer, instances=(uid,))
        went_well = sent.result is Result.SUCCESS
        values = {field.name: getattr(sent, field.name) for field in fields(sent)}
        values["operation"] = made.operation
        if went_well:
            values["result"] = made.result
        values["detail"] = "; ".join(text for text in (sent.detail, made.detail) if text)
        return self._told(CreationOutcome(**values, SOPInstanceUID=uid, warnings=made.warnings))

    # -- printing

    def select_printer(self, peer: str) -> PrinterOutcome:
        """Choose a printer; see `printing.client.PrintClient.select`."""
        return self._told(self._print_client.select(peer))

    def leave_printer(self, peer: str | None = None) -> PrinterOutcome:
        """Release the association with the printer chosen."""
        return self._told(self._print_client.leave(peer))

    def printer(self, peer: str | None = None) -> PrinterOutcome:
        """Tell what the user is shown of the printer chosen; the network is not asked."""
        return self._told(self._print_client.shown(peer))

    def preview(self, peer: str | None = None, **arguments: Any) -> PreviewOutcome:
        """Draw the films that `print` would make, on the printer named or chosen."""
        try:
            return self._told(self._print_client.preview(self._printer(peer), PrintRequest.read(arguments)))
        except PrintError as error:
            outcome = PreviewOutcome(operation="preview", peer=peer, result=Result.REFUSED, detail=str(error))
            return self._told(outcome)

    def print(
        self, peer: str | None = None, *, progress: PrintProgress | None = None, **arguments: Any
    ) -> PrintOutcome:
        """Print images (see `printing.request.PrintRequest`) on the printer named or chosen."""
        try:
            return self._told(self._print_client.print(self._printer(peer), PrintRequest.read(arguments), progress))
        except PrintError as error:
            return self._told(PrintOutcome(operation="print", peer=peer, result=Result.REFUSED, detail=str(error)))

    def _printer(self, peer: str | None) -> str:
        name = peer or self._print_client.chosen
        if name is None:
            raise PrintError("no printer is named, and none is chosen")
        return name

    # -- whatever runs

    def cancel(self, peer: str | None = None) -> Outcome:
        """Cancel whatever query, retrieve or print runs with a peer (or with all)."""
        count = self._running.cancel(peer)
        result = Result.SUCCESS if count else Result.REFUSED
        detail = f"{count} operations asked to end" if count else "nothing is running"
        return self._told(Outcome(operation="cancel", peer=peer, result=result, detail=detail))

    def _with_peer(self, kind: type[Kind], operation: str, peer: str, perform: Callable[[Archive], Kind]) -> Kind:
        known = self._configuration.archives.get(peer)
        if known is None:
            return self._told(kind(operation=operation, peer=peer, result=Result.REFUSED, detail="unknown peer"))
        return self._told(perform(known))

    def _told(self, outcome: Kind) -> Kind:
        words = [outcome.operation, outcome.peer or "", str(outcome.result), outcome.status or "", outcome.detail]
        self.note(" ".join(word for word in words if word))
        return outcome

    # -- log

    def note(self, text: str) -> None:
        """Write a line into the log."""
        self._log.append(f"{time.strftime('%H:%M:%S')} {text}")

    def log(self) -> list[str]:
        """Return the last lines, oldest first."""
        return list(self._log)

    def forget(self) -> None:
        """End what still runs, leave the printer, and clear memory and log."""
        self._running.stop(0)
        self._print_client.close()
        self.memory.clear()
        self._log.clear()
        self._warn()


def _check_tls(configuration: Configuration) -> None:
    """Read certificate, key and authorities once, so that a wrong file is told now and not by a failing association."""
    if configuration.tls is None:
        return
    try:
        configuration.tls.server_context()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(f"certificate, key or authorities cannot be used: {reason}", field="tls") from error
