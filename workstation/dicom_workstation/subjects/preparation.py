"""What both test subjects offer, and how the settings of a case become a configuration of the workstation."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import Final, get_args

from dicom_workstation.configuration import Configuration
from dicom_workstation.operations import Door, find, names
from dicom_workstation.tables import JPEGConfiguration

CONFIGURATIONS: Final = frozenset(get_args(JPEGConfiguration))
OPERATIONS: Final = names(Door.SUBJECT)


def defaults() -> dict[str, object]:
    """Return the configuration that every case begins with."""
    return {name: field.get_default(call_default_factory=True) for name, field in Configuration.model_fields.items()}


def with_addresses(settings: Mapping[str, object], peers: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    """Add to the printers of the settings, which say what a printer takes, the addresses of the peers of that name.

    Before any peer is known, printers that do not say themselves where they are are left out.
    """
    printers = settings.get("printers")
    if not isinstance(printers, dict):
        return dict(settings)
    named = {name: known or {} for name, known in printers.items()}
    whole = {name: {**peers.get(name, {}), **known} for name, known in named.items() if peers or "ae_title" in known}
    return {**settings, "printers": whole}


class OSMFolders:
    """Gives the OSM of each case a folder of its own, where the settings name none; all are removed together."""

    def __init__(self) -> None:
        self._open = ExitStack()

    def placed(self, settings: Mapping[str, object]) -> dict[str, object]:
        """Return the settings with a new folder for the OSM, if they have one without a folder."""
        section = settings.get("osm")
        if not isinstance(section, dict) or "folder" in section:
            return dict(settings)
        folder = self._open.enter_context(TemporaryDirectory(prefix="osm-", ignore_cleanup_errors=True))
        return {**settings, "osm": {"keep_free_bytes": 0, **section, "folder": folder}}

    def remove(self) -> None:
        """Remove the folders, when the workstation that used them has ended."""
        self._open.close()


def argument_names(operation: str) -> tuple[str, ...]:
    """Return the names of an operation's arguments; none for an operation that there is not."""
    found = find(operation)
    if found is None:
        return ()
    takes_settings = found.request.model_config.get("extra") == "allow"
    return (*(setting_names() if takes_settings else found.request.model_fields), "through")


def setting_names() -> tuple[str, ...]:
    """Return the names of the settings that a case may give."""
    return tuple(Configuration.model_fields)
