"""The workstation in the process of the test.

Invariants: it speaks plain values (texts, numbers, lists, dicts) and knows nothing of who asks; one workstation a
configuration is started once and kept, and `prepare` makes it as if new.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from dicom_workstation.application import Workstation
from dicom_workstation.configuration import Configuration, ConfigurationError
from dicom_workstation.operations import CONFIGURE, QUERY, ask
from dicom_workstation.outcome import Outcome, Result
from dicom_workstation.subjects import preparation
from dicom_workstation.subjects.preparation import CONFIGURATIONS, OPERATIONS, OSMFolders, defaults, with_addresses


class Embedded:
    """The workstation in this process, on ports of its own choosing."""

    operations: ClassVar[frozenset[str]] = OPERATIONS
    configurations: ClassVar[frozenset[str]] = CONFIGURATIONS

    def __init__(self, **settings: object) -> None:
        self._base = settings
        self._workstations: dict[tuple[str, str], Workstation] = {}
        self._last_settings: dict[tuple[str, str], dict[str, object]] = {}
        self._current: Workstation | None = None
        self._folders = OSMFolders()

    @staticmethod
    def argument_names(operation: str) -> tuple[str, ...]:
        """Return the names of an operation's arguments; none for an operation that there is not."""
        return preparation.argument_names(operation)

    @staticmethod
    def setting_names() -> tuple[str, ...]:
        """Return the names of the settings that a case may give."""
        return preparation.setting_names()

    def prepare(
        self, configuration: str, peers: Mapping[str, Mapping[str, object]], settings: Mapping[str, object]
    ) -> dict[str, object]:
        """Bring a workstation into the configuration, forget what earlier cases left, and know these peers.

        Returns
        -------
        dict
            `ae_title`, `host` and `port` where it accepts associations; likewise `osm`, where the settings have one.

        Raises
        ------
        ValueError
            If configuration, peers or settings are not valid; the text says which field.
        """
        for each in self._workstations.values():
            each.forget()  # no association with a printer survives a case
        at = str(settings.get("host", self._base.get("host", "")))
        known = self._workstations.get((configuration, at))
        try:
            if known is None:
                first = {**self._base, **({"host": at} if at else {}), "jpeg_configuration": configuration}
                known = Workstation(Configuration.from_keywords(**first))
                known.start()
                self._workstations[configuration, at] = known
            wanted = {
                **defaults(),
                **self._base,
                "jpeg_configuration": configuration,
                "archives": peers,
                **self._folders.placed(with_addresses(settings, peers)),
            }
            wanted["host"] = known.configuration.host
            if self._last_settings.get((configuration, at)) != wanted:
                known.reconfigure(**wanted)
                self._last_settings[configuration, at] = wanted
        except ConfigurationError as error:
            raise ValueError(str(error)) from error
        known.forget()
        self._current = known
        host, port = known.address
        return {"ae_title": known.configuration.ae_title, "host": host, "port": port, **_osm_of(known)}

    def perform(self, operation: str, peer: str | None, arguments: Mapping[str, object]) -> dict[str, object]:
        """Perform an operation and return its outcome; blocks. `cancel` may come from another thread meanwhile.

        With `through: control_interface` it is asked as another application would ask, over HTTP; with `through:
        explorer`, which is for queries, as a user of the Archive Explorer asks.
        """
        if operation == CONFIGURE.name:
            self._last_settings.clear()  # the next `prepare` undoes it
        if arguments.get("through") == "control_interface":
            return _perform_over_http(self._workstation(), operation, peer, arguments)
        if arguments.get("through") == "explorer":
            return _perform_on_pages(self._workstation(), operation, peer, arguments)
        return ask(self._workstation(), operation, peer, arguments).as_dict()

    @contextmanager
    def pages(self) -> Iterator[str]:
        """Serve the pages of the Archive Explorer for a while; gives the link that opens them."""
        from dicom_workstation.explorer import ExplorerServer  # imported when asked for, as below

        with ExplorerServer(self._workstation()) as server:
            yield server.link

    def instances(self) -> list[dict[str, object]]:
        """Return what is in memory, in order of arrival; `data_set` is bytes as received."""
        return [
            {
                "SOPClassUID": instance.SOPClassUID,
                "SOPInstanceUID": instance.SOPInstanceUID,
                "TransferSyntaxUID": instance.TransferSyntaxUID,
                "data_set": instance.data_set,
            }
            for instance in self._workstation().memory.instances()
        ]

    def log(self) -> list[str]:
        """Return the log since `prepare`."""
        return self._workstation().log()

    def close(self) -> None:
        """Stop every workstation."""
        for known in self._workstations.values():
            known.stop()
        self._folders.remove()
        self._workstations.clear()
        self._last_settings.clear()
        self._current = None

    def _workstation(self) -> Workstation:
        if self._current is None:
            raise RuntimeError("prepare() comes first")
        return self._current


def _osm_of(workstation: Workstation) -> dict[str, object]:
    """Return where the OSM accepts associations, under its name; nothing where there is none."""
    section, address = workstation.configuration.osm, workstation.osm_address
    if section is None or address is None:
        return {}
    return {"osm": {"ae_title": section.ae_title, "host": address[0], "port": address[1]}}


def _perform_over_http(
    workstation: Workstation, operation: str, peer: str | None, arguments: Mapping[str, object]
) -> dict[str, object]:
    # imported when asked for: the web framework takes as long to load as everything else together
    from dicom_workstation.control import ControlClient, ControlServer, make_token

    token = make_token()
    others = {key: value for key, value in arguments.items() if key != "through"}
    with ControlServer(workstation, token) as server, ControlClient(server.url, token) as client:
        return client.perform(operation, peer, others)


def _perform_on_pages(
    workstation: Workstation, operation: str, peer: str | None, arguments: Mapping[str, object]
) -> dict[str, object]:
    # imported when asked for, as above
    from dicom_workstation.explorer import ExplorerServer
    from dicom_workstation.subjects import explorer_visit

    if operation != QUERY.name:
        return Outcome(operation=operation, peer=peer, result=Result.REFUSED, detail="only queries go there").as_dict()
    with ExplorerServer(workstation) as server:
        return explorer_visit.query(server.link, peer, arguments)
