"""The OSM as part of the workstation: it runs while the workstation does, where the configuration has one.

Invariants: in the list of archives it is `osm`, unless the user gave that name to another; it is queried and retrieved
from by DICOM, like any other. It starts anew where what it is configured to do has changed; archives that come or go
are no such change.

References
----------
Conformance statement, 2.1.1
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from dicom_workstation.configuration import Archive, Configuration, ConfigurationError

if TYPE_CHECKING:
    from dicom_workstation.osm import OSMServer

NAME: Final = "osm"
_NO_CHANGE: Final = ("archives", "printers", "worklists", "clock", "memory_budget_bytes", "keep_s")


class LocalArchive:
    """Starts and stops the OSM."""

    def __init__(
        self,
        configuration: Callable[[], Configuration],
        loader_address: Callable[[], tuple[str, int] | None],
        note: Callable[[str], None],
    ) -> None:
        self._configuration = configuration
        self._loader_address = loader_address
        self._note = note
        self._server: OSMServer | None = None
        self._applied: dict[str, object] = {}

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it accepts associations; None where there is none."""
        return None if self._server is None else self._server.address

    def archive(self, name: str | None) -> Archive | None:
        """Return it as an archive, if that is its name and it runs."""
        address = self.address
        if name != NAME or address is None or self._server is None:
            return None
        return Archive(ae_title=self._server.ae_title, host=address[0], port=address[1])

    def start(self, configuration: Configuration) -> None:
        """Start it, where it is configured; ConfigurationError where it cannot be started."""
        if configuration.osm is None or self._server is not None:
            return
        from dicom_workstation.osm import FolderLockedError, IndexUnusableError, OSMServer  # only where there is one

        server = OSMServer(configuration, self._note, self._destinations)
        try:
            server.start()
        except (FolderLockedError, IndexUnusableError, OSError) as error:
            raise ConfigurationError(str(error), field="osm.folder") from error
        self._server, self._applied = server, _relevant(configuration)

    def stop(self) -> None:
        """End it, if it runs."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def change(self, before: Configuration, after: Configuration, undo: Callable[[Configuration], None]) -> None:
        """Start, stop or restart it, as the configuration wants.

        Raises
        ------
        ConfigurationError
            It cannot be started; `undo` was called with the configuration before, and it runs as before.
        """
        try:
            self._apply(after)
        except ConfigurationError:
            undo(before)
            self._apply(before)
            raise

    def _apply(self, configuration: Configuration) -> None:
        if self._server is not None and self._applied != _relevant(configuration):
            self.stop()
        self.start(configuration)

    def _destinations(self) -> Iterator[Archive]:
        """Yield where it may send to: the archives of the configuration, and the loader."""
        configuration = self._configuration()
        yield from configuration.archives.values()
        loader = self._loader_address()
        if loader is not None:
            yield Archive(ae_title=configuration.ae_title, host=loader[0], port=loader[1])


def _relevant(configuration: Configuration) -> dict[str, object]:
    """Return what makes it start anew when it changes."""
    return configuration.model_dump(exclude=set(_NO_CHANGE))
