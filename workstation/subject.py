"""The workstation as the subject of a test: what the entry points of the project name.

Invariants: it speaks plain values (texts, numbers, lists, dicts) and knows nothing of who asks; one workstation a
configuration is started once and kept, and `prepare` makes it as if new.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, get_args

from workstation.application import Workstation
from workstation.configuration import Configuration
from workstation.outcome import Outcome, Result
from workstation.tables import JPEGConfiguration
from workstation.yaml_file import ConfigurationError

if TYPE_CHECKING:
    from workstation.process_subject import Process as Process

CONFIGURATIONS: Final = frozenset(get_args(JPEGConfiguration))
VIEWING: Final = frozenset(("decode", "render", "states", "present", "save"))
PRINTING: Final = frozenset(("select_printer", "preview", "print", "printer", "leave_printer"))
OPERATIONS: Final = (
    frozenset(("echo", "query", "retrieve", "store", "cancel", "associate", "show")) | VIEWING | PRINTING
)


class Embedded:
    """The workstation in this process, on ports of its own choosing."""

    operations: ClassVar[frozenset[str]] = OPERATIONS
    configurations: ClassVar[frozenset[str]] = CONFIGURATIONS

    def __init__(self, **settings: object) -> None:
        self._base = settings
        self._workstations: dict[tuple[str, str], Workstation] = {}
        self._last_settings: dict[tuple[str, str], dict[str, object]] = {}
        self._current: Workstation | None = None

    def prepare(
        self, configuration: str, peers: dict[str, dict[str, Any]], settings: dict[str, object]
    ) -> dict[str, Any]:
        """Bring a workstation into the configuration, forget what earlier cases left, and know these peers.

        Returns
        -------
        dict
            `ae_title`, `host` and `port` where it accepts associations.

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
            host, port = known.address
            fresh = {name: field.get_default(call_default_factory=True) for name, field in _FIELDS.items()}
            wanted = {
                **fresh,
                **self._base,
                "jpeg_configuration": configuration,
                "archives": peers,
                **with_addresses(settings, peers),
            }
            wanted["host"], wanted["port"] = known.configuration.host, known.configuration.port
            if self._last_settings.get((configuration, at)) != wanted:
                known.reconfigure(**wanted)
                self._last_settings[configuration, at] = wanted
        except ConfigurationError as error:
            raise ValueError(str(error)) from error
        known.forget()
        self._current = known
        return {"ae_title": known.configuration.ae_title, "host": host, "port": port}

    def perform(self, operation: str, peer: str | None, arguments: dict[str, Any]) -> dict[str, Any]:
        """Perform an operation and return its outcome; blocks. `cancel` may come from another thread meanwhile.

        With `through: control_interface` it is asked as another application would ask, over HTTP.
        """
        if arguments.get("through") == "control_interface":
            return _perform_over_http(self._workstation(), operation, peer, arguments)
        return perform(self._workstation(), operation, peer, arguments)

    def instances(self) -> list[dict[str, Any]]:
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
        self._workstations.clear()
        self._last_settings.clear()
        self._current = None

    def _workstation(self) -> Workstation:
        if self._current is None:
            raise RuntimeError("prepare() comes first")
        return self._current


_FIELDS: Final = Configuration.model_fields


def perform(workstation: Workstation, operation: str, peer: str | None, arguments: dict[str, Any]) -> dict[str, Any]:
    """Perform an operation that is given as plain values; what cannot be done is `refused`, with words."""
    name = peer or ""
    try:
        match operation:
            case "echo":
                outcome: Outcome = workstation.echo(name, **arguments)
            case "associate":
                outcome = workstation.associate(name, **arguments)
            case "query":
                outcome = workstation.query(name, **{"level": "STUDY", "keys": {}, **arguments})
            case "retrieve":
                outcome = workstation.retrieve(name, **{"level": "STUDY", "keys": {}, **arguments})
            case "store":
                outcome = workstation.store(name, **_store_arguments(arguments))
            case "show":
                outcome = workstation.show(**arguments)
            case "cancel":
                outcome = workstation.cancel(peer, **arguments)
            case "select_printer" | "leave_printer" | "printer":
                outcome = getattr(workstation, operation)(name, **arguments)
            case "present" | "save" | "preview" | "print":
                outcome = getattr(workstation, operation)(peer, **arguments)
            case "decode" | "render" | "states":
                outcome = getattr(workstation, operation)(**arguments)
            case _:
                outcome = Outcome(operation=operation, peer=peer, result=Result.REFUSED, detail="unknown operation")
    except TypeError as error:
        outcome = Outcome(operation=operation, peer=peer, result=Result.REFUSED, detail=f"wrong arguments: {error}")
    return outcome.as_dict()


def with_addresses(settings: dict[str, Any], peers: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Complete the printers of settings, which say what a printer takes, by where the peers of that name are.

    Before any peer is known, those that do not say themselves where they are are left out.
    """
    printers = settings.get("printers")
    if not isinstance(printers, dict):
        return settings
    said = {name: known or {} for name, known in printers.items()}
    whole = {name: {**peers.get(name, {}), **known} for name, known in said.items() if peers or "ae_title" in known}
    return {**settings, "printers": whole}


def _perform_over_http(
    workstation: Workstation, operation: str, peer: str | None, arguments: dict[str, Any]
) -> dict[str, Any]:
    # imported when asked for: the web framework takes as long to load as everything else together
    from workstation.client import ControlClient
    from workstation.control_server import ControlServer
    from workstation.control_token import make_token

    token = make_token()
    told = {key: value for key, value in arguments.items() if key != "through"}
    with ControlServer(workstation, token) as server, ControlClient(server.url, token) as client:
        return client.perform(operation, peer, told)


def _store_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    files = arguments.get("files", ())
    listed = [files] if isinstance(files, str | Path) else list(files)
    return {**arguments, "files": listed}


def __getattr__(name: str) -> Any:
    if name == "Process":  # imported when asked for: it brings an HTTP client along
        from workstation.process_subject import Process

        return Process
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
