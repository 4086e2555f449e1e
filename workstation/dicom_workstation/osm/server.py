"""The OSM as an AE: its store, its services, its listener.

Invariants: the store is open before the first association and closed after the last; no thread is left after `stop`.

References
----------
Conformance statement, 2.1.1 and 3.1
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Self

from pynetdicom.dimse_primitives import C_ECHO, C_FIND, C_GET, C_MOVE, C_STORE, N_ACTION

from dicom_workstation.configuration import OSM, Archive, Configuration, ConfigurationError
from dicom_workstation.instances import Admission, RefusalReason
from dicom_workstation.network import Offer, Reply, ServiceRequest, ServiceServer, VerificationService, printable
from dicom_workstation.osm.files import Disk
from dicom_workstation.osm.index import MatchingRules, Model, SearchLimits
from dicom_workstation.osm.metrics import MetricsServer, exposition
from dicom_workstation.osm.services import (
    PUSH_MODEL,
    CommitmentReporter,
    CommitmentService,
    Conversions,
    FindService,
    GetService,
    MoveService,
)
from dicom_workstation.osm.store import DiskReceipt, DiskStore, StoreLimits
from dicom_workstation.osm.upkeep import figures_of
from dicom_workstation.storage import (
    CANNOT_UNDERSTAND,
    DATA_SET_DOES_NOT_MATCH,
    DUPLICATE_SOP_INSTANCE,
    OUT_OF_RESOURCES,
    StorageService,
    StoreStatuses,
)
from dicom_workstation.tables import (
    COMPRESSED,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    LOADER_SOP_CLASSES,
    VERIFICATION,
)

FIND_MODELS: Final = {
    Model.PATIENT_ROOT: "1.2.840.10008.5.1.4.1.2.1.1",
    Model.STUDY_ROOT: "1.2.840.10008.5.1.4.1.2.2.1",
}
MOVE_MODELS: Final = {
    Model.PATIENT_ROOT: "1.2.840.10008.5.1.4.1.2.1.2",
    Model.STUDY_ROOT: "1.2.840.10008.5.1.4.1.2.2.2",
}
GET_MODELS: Final = {
    Model.PATIENT_ROOT: "1.2.840.10008.5.1.4.1.2.1.3",
    Model.STUDY_ROOT: "1.2.840.10008.5.1.4.1.2.2.3",
}
UNCOMPRESSED_SYNTAXES: Final = (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN)
NINE_SYNTAXES: Final = (*UNCOMPRESSED_SYNTAXES, *COMPRESSED)
STATUSES: Final[StoreStatuses] = {
    Admission.OTHER_CONTENT: DUPLICATE_SOP_INSTANCE,
    RefusalReason.OUT_OF_RESOURCES: OUT_OF_RESOURCES,
    RefusalReason.TOO_LARGE: OUT_OF_RESOURCES,
    RefusalReason.NOT_UNDERSTOOD: CANNOT_UNDERSTAND,
    RefusalReason.INSTANCE_DIFFERS: DATA_SET_DOES_NOT_MATCH,
    RefusalReason.CLASS_DIFFERS: DATA_SET_DOES_NOT_MATCH,
}
"""0000 means here that file and row survive a power cut (PS3.4 Section B.2.3; PS3.7 Section 9.1.1.1.9)."""


def limits_of(section: OSM) -> StoreLimits:
    """Return what the section allows the store."""
    return StoreLimits(section.keep_free_bytes, section.maximum_instance_bytes, section.duplicates == "replace")


class OSMServer:
    """The archive on the local disk; a context manager that starts and stops it.

    Parameters
    ----------
    configuration : Configuration
        With a section `osm`; its archives are destinations of a C-MOVE.
    note : callable
        Takes each line of the log, on whatever thread writes it.
    destinations : callable, optional
        Returns where a C-MOVE may send to, asked each time; the archives of the configuration if not given.
    disk : Disk, optional
        What a test replaces to have a call of the operating system fail.
    """

    def __init__(
        self,
        configuration: Configuration,
        note: Callable[[str], None] = lambda text: None,
        destinations: Callable[[], Iterable[Archive]] | None = None,
        disk: Disk | None = None,
    ) -> None:
        section = configuration.osm
        if section is None:
            raise ConfigurationError("is missing", field="osm")
        self._section = section
        self._note = note
        archives = tuple(configuration.archives.values())
        self._known = destinations or (lambda: archives)
        self._configuration = configuration.model_copy(
            update={
                "ae_title": section.ae_title,
                "host": section.host,
                "port": section.port,
                "allowed_callers": section.allowed_callers,
                "check_called_ae_title": section.check_called_ae_title,
                "maximum_associations": section.maximum_associations,
                "maximum_associations_per_peer": None,
                "maximum_associations_per_s": None,
            }
        )
        self.store = DiskStore(section.folder, limits_of(section), self._noted, disk, section.database)
        self._server: ServiceServer | None = None
        self._metrics: MetricsServer | None = None
        self.metrics_address: tuple[str, int] | None = None
        self._reporter: CommitmentReporter | None = None
        self.address: tuple[str, int] | None = None

    @property
    def ae_title(self) -> str:
        """Its AE title."""
        return self._section.ae_title

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> tuple[str, int]:
        """Open the store and listen; returns host and port.

        Raises
        ------
        ConfigurationError
            If host and port cannot be had.
        FolderLockedError, IndexUnusableError, OSError
            If the store cannot be opened.
        """
        self.store.open()
        try:
            self._reporter = CommitmentReporter(
                self.store, self._configuration, self._section.commitment_retries_s, self.destinations, self._noted
            )
            self._reporter.start()
            offers = self._offers(self._reporter)
            self._server = ServiceServer("osm", self._configuration, lambda _: offers, self._note)
            self.address = self._server.start()
            self._start_metrics()
        except OSError as error:
            where = f"{self._section.host}:{self._section.port}"
            self.stop()
            raise ConfigurationError(
                f"cannot listen on {where}: {error.strerror or error}", field="osm.port"
            ) from error
        except BaseException:
            self.stop()
            raise
        self._noted(f"{self._section.ae_title} listens on {self.address[0]}:{self.address[1]}")
        return self.address

    def _start_metrics(self) -> None:
        """Serve the metrics, where a port is configured. ConfigurationError if it cannot be had."""
        port = self._section.metrics_port
        if port is None:
            return
        self._metrics = MetricsServer(lambda: exposition(figures_of(self.store)), port, self._noted)
        try:
            self.metrics_address = self._metrics.start()
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on {port}: {error.strerror or error}", field="osm.metrics_port"
            ) from error

    def stop(self) -> None:
        """Abort what is open, write what was begun, and close the store."""
        if self._metrics is not None:
            self._metrics.stop()
        if self._server is not None:
            self._server.stop()
        if self._reporter is not None:
            self._reporter.stop()
        self._server = self._reporter = self.address = None
        self._metrics = self.metrics_address = None
        self.store.close()

    def destinations(self) -> Mapping[str, Archive]:
        """Return where a C-MOVE may send to, by AE title; of two with one title the first."""
        found: dict[str, Archive] = {}
        for each in self._known():
            found.setdefault(each.ae_title, each)
        return found

    def _noted(self, text: str) -> None:
        """Write a line into the log; what a peer sent cannot make two of it."""
        self._note(f"osm: {printable(text)}")

    def _count(self, request: ServiceRequest, reply: Reply) -> None:
        """Count an instance that was answered for."""
        status = f"{reply.status:04X}"
        self.store.figures.stores.add(1, status)
        if isinstance(request.receipt, DiskReceipt):
            self.store.figures.store_bytes.add(request.receipt.length_bytes, status)

    def _offers(self, reporter: CommitmentReporter) -> dict[str, Offer]:
        section, database = self._section, self.store.parts.database
        rules = MatchingRules(section.match_unknown)
        limits = SearchLimits(section.maximum_matches, section.find_timeout_s)
        offers = {VERIFICATION: Offer(VerificationService(), C_ECHO, UNCOMPRESSED_SYNTAXES)}
        conversions = Conversions(section.conversion_bytes, section.folder)
        storage = StorageService(self.store, STATUSES, self._noted, self._count)
        offers |= {uid: Offer(storage, C_STORE, NINE_SYNTAXES, peer_may_be_scp=True) for uid in LOADER_SOP_CLASSES}
        for model in Model:
            find = FindService(model, database, section.ae_title, rules, limits, self._noted, self.store.figures)
            move = MoveService(
                model, self.store, self._configuration, section, self.destinations, conversions, self._noted
            )
            get = GetService(model, self.store, section.maximum_matches, conversions, self._noted)
            offers[FIND_MODELS[model]] = Offer(find, C_FIND, UNCOMPRESSED_SYNTAXES)
            offers[MOVE_MODELS[model]] = Offer(move, C_MOVE, UNCOMPRESSED_SYNTAXES)
            offers[GET_MODELS[model]] = Offer(get, C_GET, UNCOMPRESSED_SYNTAXES)
        offers[PUSH_MODEL] = Offer(
            CommitmentService(self.store, reporter, self._noted), N_ACTION, UNCOMPRESSED_SYNTAXES
        )
        return offers
