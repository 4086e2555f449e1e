"""The workstation as one thing: its configuration, its services, its memory, its log.

Invariants: it is the only door; the control interface, the command line and the test subjects go through it. An
operation has the name of its method here. A configuration can be changed while it runs; only a change of host or port
makes the loader listen anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Self

from dicom_workstation.application.listening import listen, warn_of_tls
from dicom_workstation.application.local_archive import LocalArchive
from dicom_workstation.application.operation_method import as_operation
from dicom_workstation.application.worklist_loading import WorklistLoading
from dicom_workstation.application.workstation_log import WorkstationLog
from dicom_workstation.configuration import Archive, Configuration, ConfigurationError
from dicom_workstation.instances import Memory
from dicom_workstation.loader import LoaderClient, LoaderServer
from dicom_workstation.network import check_pynetdicom, echo
from dicom_workstation.operation_register import NotListeningError, OperationRegister
from dicom_workstation.outcome import (
    CreationOutcome,
    DecodeOutcome,
    Outcome,
    PreviewOutcome,
    PrinterOutcome,
    PrintOutcome,
    Progress,
    QueryOutcome,
    RenderOutcome,
    Result,
    RetrieveOutcome,
    ShowOutcome,
    StatesOutcome,
    StoreOutcome,
)
from dicom_workstation.printing import PrintClient, PrintError
from dicom_workstation.query import QueryEngine
from dicom_workstation.query_keys import Identifier
from dicom_workstation.request_models import build_validators
from dicom_workstation.requests import (
    AdvanceRequest,
    ConfigureRequest,
    EmptyRequest,
    FrameRequest,
    InstanceRequest,
    PresentRequest,
    PrintRequest,
    QueryRequest,
    RenderRequest,
    RequestError,
    RetrieveRequest,
    SaveRequest,
    SkipRequest,
    StoreRequest,
    WorklistRequest,
)
from dicom_workstation.storage import StoreClient, item_of_instance
from dicom_workstation.viewing import Viewer
from dicom_workstation.worklist import WorklistOutcome, Worklists

build_validators()

STOP_TIMEOUT_S: Final = 10.0


class Workstation(WorkstationLog):
    """A diagnostic workstation; a context manager that starts and stops it.

    Parameters
    ----------
    configuration : Configuration
    follow : callable, optional
        Takes each line of the log as it is written, on whatever thread writes it; it must not raise.
    """

    def __init__(self, configuration: Configuration, follow: Callable[[str], None] | None = None) -> None:
        check_pynetdicom()
        super().__init__(follow)
        self._configuration = configuration
        self._lock = threading.Lock()
        self._address: tuple[str, int] | None = None
        self._register = OperationRegister(self.note)
        configuration.check_tls_files()
        self.memory = Memory(configuration.memory_budget_bytes, configuration.keep_s)
        self._viewer = Viewer(self.memory)
        self._server = LoaderServer(configuration, self.memory, self.note)
        self._query_engine = QueryEngine(self._current, self._register)
        self._loader_client = LoaderClient(self._current, self.memory, self._register)
        self._store_client = StoreClient(self._current, self._register)
        self._print_client = PrintClient(self._current, self._register, self.memory, self.note)
        ports = WorklistLoading(self._current, self._query_engine, self._loader_client, self.memory, self.note)
        self._worklists = Worklists(ports)
        self._osm = LocalArchive(self._current, lambda: self._address, self.note)

    def _current(self) -> Configuration:
        return self._configuration

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
                self._start_osm()
                self._register.open()
                self._worklists.start(self._configuration)
            return self._address

    def _listen(self) -> tuple[str, int]:
        return listen(self._server, self._configuration, self.note)

    def stop(self) -> None:
        """Stop every operation and every association; no thread is left, and nothing runs until it is started again."""
        with self._lock:
            self._worklists.end()
            if not self._register.close(STOP_TIMEOUT_S):
                self.note(f"stopped, although operations have not ended after {STOP_TIMEOUT_S:g} s")
            self._worklists.stop()
            self._print_client.close()
            self._osm.stop()
            self._server.stop()
            self._address = None

    def _start_osm(self) -> None:
        try:
            self._osm.start(self._configuration)
        except ConfigurationError:
            self._server.stop()
            self._address = None
            raise

    @property
    def osm_address(self) -> tuple[str, int] | None:
        """Host and port where the OSM accepts associations; None where there is none."""
        return self._osm.address

    @property
    def address(self) -> tuple[str, int]:
        """Host and port where associations are accepted; NotListeningError before the start and after the stop."""
        if self._address is None:
            raise NotListeningError("the workstation does not listen: it was not started, or it was stopped")
        return self._address

    @property
    def configuration(self) -> Configuration:
        """What it is configured to do now."""
        return self._configuration

    def reconfigure(self, /, **changes: object) -> Configuration:
        """Change some fields of the configuration; open associations go on as they began.

        Raises
        ------
        ConfigurationError
            If the new configuration is not valid, or its port cannot be had; the old one stays.
        """
        with self._lock:
            before, after = self._configuration, self._configuration.changed(**changes)
            moved = self._address is not None and (before.host, before.port) != (after.host, after.port)
            after.check_tls_files()
            if moved:
                self._server.stop()
            self._apply(after)
            if self._address is not None:
                self._worklists.start(after, anew=False)
            if before.tls != after.tls and not moved:
                warn_of_tls(self._configuration, self.note)
            if moved:
                try:
                    self._address = self._listen()
                except ConfigurationError:
                    self._apply(before)
                    self._address = self._listen()
                    raise
            if self._address is not None:
                self._osm.change(before, after, self._apply)
            return after

    def _apply(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._server.reconfigure(configuration)
        self.memory.configure(configuration.memory_budget_bytes, configuration.keep_s)

    # -- operations: either with a request, or with its fields as keywords; what is wrong in them is refused
    def echo(self, peer: str | None = None, request: EmptyRequest | None = None) -> Outcome:
        """C-ECHO to a peer."""
        return echo(self._configuration, self._register, *self._archive(peer))

    def associate(self, peer: str | None = None, request: EmptyRequest | None = None) -> Outcome:
        """Open the query engine's association and release it."""
        return self._query_engine.associate(*self._archive(peer))

    def query(
        self,
        peer: str | None = None,
        request: QueryRequest | None = None,
        *,
        progress: Progress | None = None,
        **fields: object,
    ) -> QueryOutcome:
        """C-FIND to an archive; see `requests.QueryRequest`. Progress: each match."""
        known, asked = self._archive(peer), request or QueryRequest.read(fields)
        return self._query_engine.query(*known, Identifier.of_query(asked), progress)

    def retrieve(
        self,
        peer: str | None = None,
        request: RetrieveRequest | None = None,
        *,
        progress: Progress | None = None,
        **fields: object,
    ) -> RetrieveOutcome:
        """C-MOVE from an archive to this workstation; see `requests.RetrieveRequest`. Progress: the counts."""
        known, asked = self._archive(peer), request or RetrieveRequest.read(fields)
        identifier = Identifier.of_retrieve(asked)
        if self._address is None:
            return RetrieveOutcome.refused(peer, "the workstation does not listen, so no archive can send to it")
        with self._worklists.user_retrieves():
            return self._loader_client.retrieve(*known, identifier, progress)

    def store(
        self,
        peer: str | None = None,
        request: StoreRequest | None = None,
        *,
        progress: Progress | None = None,
        **fields: object,
    ) -> StoreOutcome:
        """C-STORE Part 10 files, or instances of the memory; see `requests.StoreRequest`. Progress: each instance."""
        asked = request or StoreRequest.read(fields)
        held = [self.memory.get(uid) for uid in asked.instances]
        items = [item_of_instance(one) for one in held if one is not None]
        if len(items) < len(held):
            return StoreOutcome.refused(peer, f"{len(held) - len(items)} instances are not in memory")
        known = self._archive(peer)
        if items:
            return self._store_client.store(*known, items, progress)
        return self._store_client.store_files(*known, asked.files, progress)

    def configure(self, peer: str | None = None, request: ConfigureRequest | None = None, **fields: object) -> Outcome:
        """Change some fields of the configuration as `reconfigure` does; a change that is not valid is refused."""
        try:
            self.reconfigure(**(request or ConfigureRequest.read(fields)).changes)
        except ConfigurationError as error:
            return Outcome.refused(peer, str(error))
        return Outcome(peer=peer, result=Result.SUCCESS)

    def show(self, peer: str | None = None, request: InstanceRequest | None = None, **fields: object) -> ShowOutcome:
        """Show the attributes of an instance in memory, without its pixels."""
        return self._viewer.show((request or InstanceRequest.read(fields)).SOPInstanceUID)

    def decode(self, peer: str | None = None, request: FrameRequest | None = None, **fields: object) -> DecodeOutcome:
        """Decode one frame of an image in memory; see `requests.FrameRequest`."""
        return self._viewer.decode(request or FrameRequest.read(fields))

    def render(self, peer: str | None = None, request: RenderRequest | None = None, **fields: object) -> RenderOutcome:
        """Render one frame of an image in memory; see `requests.RenderRequest`."""
        return self._viewer.render(request or RenderRequest.read(fields))

    def states(
        self, peer: str | None = None, request: InstanceRequest | None = None, **fields: object
    ) -> StatesOutcome:
        """List the presentation states in memory that are for an image."""
        return self._viewer.states((request or InstanceRequest.read(fields)).SOPInstanceUID)

    def present(
        self, peer: str | None = None, request: PresentRequest | None = None, **fields: object
    ) -> CreationOutcome:
        """Create a presentation state (see `requests.PresentRequest`), and store it where a peer is named."""
        return self._created(peer, self._viewer.present(request or PresentRequest.read(fields)))

    def save(self, peer: str | None = None, request: SaveRequest | None = None, **fields: object) -> CreationOutcome:
        """Create a Secondary Capture image of what is displayed, and store it where a peer is named."""
        return self._created(peer, self._viewer.save(request or SaveRequest.read(fields)))

    def _created(self, peer: str | None, made: CreationOutcome) -> CreationOutcome:
        """Store what was created, if a peer is named; the outcome is then that of storing, unless it went well."""
        uid = made.SOPInstanceUID
        if peer is None or uid is None:
            return replace(made, peer=peer)
        return made.after_storing(self.store(peer, instances=(uid,)))

    def select_printer(self, peer: str | None = None, request: EmptyRequest | None = None) -> PrinterOutcome:
        """Choose a printer; see `printing.client.PrintClient.select`."""
        return self._print_client.select(peer or "")

    def leave_printer(self, peer: str | None = None, request: EmptyRequest | None = None) -> PrinterOutcome:
        """Release the association with the printer chosen."""
        return self._print_client.leave(peer)

    def printer(self, peer: str | None = None, request: EmptyRequest | None = None) -> PrinterOutcome:
        """Tell what the user is shown of the printer chosen; the network is not asked."""
        return self._print_client.shown(peer)

    def preview(self, peer: str | None = None, request: PrintRequest | None = None, **fields: object) -> PreviewOutcome:
        """Draw the films that `print` would make, on the printer named or chosen."""
        return self._print_client.preview(self._printer(peer), request or PrintRequest.read(fields))

    def print(
        self,
        peer: str | None = None,
        request: PrintRequest | None = None,
        *,
        progress: Progress | None = None,
        **fields: object,
    ) -> PrintOutcome:
        """Print images (see `requests.PrintRequest`) on the printer named or chosen. Progress: films and print jobs."""
        return self._print_client.print(self._printer(peer), request or PrintRequest.read(fields), progress)

    def cancel(self, peer: str | None = None, request: EmptyRequest | None = None) -> Outcome:
        """Cancel whatever query, retrieve or print runs with a peer (or with all)."""
        count = self._register.cancel(peer)
        if not count:
            return Outcome.refused(peer, "nothing is running")
        detail = "1 operation was asked to end" if count == 1 else f"{count} operations were asked to end"
        return Outcome(peer=peer, result=Result.SUCCESS, detail=detail)

    def worklist(
        self, peer: str | None = None, request: WorklistRequest | None = None, **fields: object
    ) -> WorklistOutcome:
        """Tell how a worklist stands; the network is not asked."""
        return self._worklists.show((request or WorklistRequest.read(fields)).name)

    def next_study(
        self, peer: str | None = None, request: WorklistRequest | None = None, **fields: object
    ) -> WorklistOutcome:
        """Close the study that is open in a worklist, and open the next one."""
        return self._worklists.next((request or WorklistRequest.read(fields)).name)

    def skip_study(
        self, peer: str | None = None, request: SkipRequest | None = None, **fields: object
    ) -> WorklistOutcome:
        """Leave a study out of a worklist."""
        asked = request or SkipRequest.read(fields)
        return self._worklists.skip(asked.name, asked.StudyInstanceUID)

    def advance(self, peer: str | None = None, request: AdvanceRequest | None = None, **fields: object) -> Outcome:
        """Move the manual clock, and wait until the worklists have done what is due."""
        return self._worklists.advance((request or AdvanceRequest.read(fields)).s)

    def _archive(self, peer: str | None) -> tuple[str, Archive]:
        archive = self._configuration.archives.get(peer or "") or self._osm.archive(peer)
        if peer is None or archive is None:
            raise RequestError("unknown peer")
        return peer, archive

    def _printer(self, peer: str | None) -> str:
        if name := peer or self._print_client.chosen:
            return name
        raise PrintError("no printer is named, and none is chosen")

    def forget(self) -> None:
        """End what still runs, leave the printer, clear memory and log, and begin the worklists anew."""
        self._worklists.end()
        self._register.stop(0)
        self._print_client.close()
        self.memory.clear()
        if self._address is not None:
            self._worklists.start(self._configuration)
        self.clear_log()
        warn_of_tls(self._configuration, self.note)


# Here and not as a decorator, so that type checkers see the methods as they are written.
for _kind, _methods in {
    Outcome: (Workstation.echo, Workstation.associate, Workstation.configure, Workstation.cancel, Workstation.advance),
    QueryOutcome: (Workstation.query,),
    RetrieveOutcome: (Workstation.retrieve,),
    StoreOutcome: (Workstation.store,),
    ShowOutcome: (Workstation.show,),
    DecodeOutcome: (Workstation.decode,),
    RenderOutcome: (Workstation.render,),
    StatesOutcome: (Workstation.states,),
    CreationOutcome: (Workstation.present, Workstation.save),
    PrinterOutcome: (Workstation.select_printer, Workstation.leave_printer, Workstation.printer),
    PreviewOutcome: (Workstation.preview,),
    PrintOutcome: (Workstation.print,),
    WorklistOutcome: (Workstation.worklist, Workstation.next_study, Workstation.skip_study),
}.items():
    for _method in _methods:
        setattr(Workstation, _method.__name__, as_operation(_method, _kind))
