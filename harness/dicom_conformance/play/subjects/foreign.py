"""A subject that is described by a file: another product, controlled by commands or by a person.

Nothing of it can be seen but the wire. Simulators listen on loopback only, unless the file names another host for them.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator, model_validator

from dicom_conformance.files import AETitle, Document, Part, Plain, Seconds, read, suggestion, validate
from dicom_conformance.loopback import is_on_loopback
from dicom_conformance.play.limits import Limiter
from dicom_conformance.play.subjects import command_fields, programs
from dicom_conformance.play.subjects.commands import Commands
from dicom_conformance.play.subjects.subject import Address, CommandEnd, UnsupportedError
from dicom_simulators.listening import listen


def _host(text: str) -> str:
    """Take a name or an address of a host."""
    try:
        text.encode("idna")
    except UnicodeError:
        raise ValueError(f"{text!r} is not a host name or an address") from None
    numeric = re.fullmatch(r"[0-9.]+", text) is not None
    try:
        if numeric or ":" in text:
            ipaddress.ip_address(text)
        elif not re.fullmatch(r"[^\s/@\\?#]+", text):
            raise ValueError(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a host name or an address") from None
    return text


Host = Annotated[str, Field(min_length=1, max_length=253), AfterValidator(_host)]
Port = Annotated[int, Field(ge=1, le=65535)]

_PLACE = re.compile(r"([^@]+)@(.+):(\d+)")
#: What the file calls an operation, and what scenarios call it.
NAMES: Mapping[str, str] = MappingProxyType({"find": "query", "move": "retrieve"})

#: The operations of a subject, by either name.
OPERATIONS = ("echo", "find", "query", "move", "retrieve", "get", "store", "associate", "cancel", "print")

_OF_THEIR_OWN = ("files", "keys")


class NetworkAE(Part):
    """Where the subject accepts associations."""

    title: AETitle = Field(description="its AE title")
    host: Host = Field(default="127.0.0.1", description="its host name or address")
    port: Port = Field(description="its port")


class KnownPeer(Part):
    """How the subject knows one of our simulators; `host` is the address of ours that it reaches."""

    title: AETitle = Field(description="AE title under which the subject knows the simulator")
    port: Port = Field(description="port at which it reaches the simulator")
    host: Host = Field(default="127.0.0.1", description="address of this machine at which it reaches the simulator")


class HowTo(Part):
    """How the subject is made to perform an operation: a command (no shell), or a request to a person."""

    command: str | None = Field(
        default=None, description="program to run, without a shell; words in braces are filled in"
    )
    manual: str | None = Field(
        default=None, description="request to a person at the terminal; words in braces are filled in"
    )
    within_s: Seconds = Field(default=60.0, description="the program is ended after so many seconds")

    @model_validator(mode="after")
    def _one_way(self) -> HowTo:
        if (self.command is None) == (self.manual is None):
            raise ValueError("an operation has either a command or manual")
        command_fields.check(self.manual or self.command or "")
        if self.command is not None and not shlex.split(self.command):
            raise ValueError("the command is empty")
        if self.manual is not None and "within_s" in self.model_fields_set:
            raise ValueError("within_s has no effect on manual: a person is waited for until Enter is pressed")
        return self


class ProductName(Part):
    """What the product is called in reports."""

    name: str = Field(min_length=1, description="its name")
    version: str = Field(default="", description="its version")

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


class Limits(Part):
    """How much the subject is asked for; what is left out has no limit."""

    associations: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="associations that are opened to it at once, at most"
    )
    requests_per_s: Annotated[float, Field(gt=0, le=100_000)] | None = Field(
        default=None, description="requests that are sent to it in a second, at most"
    )


class SubjectFile(Part):
    """A whole subject file."""

    network_ae: NetworkAE = Field(description="where the subject accepts associations")
    peers: Mapping[str, KnownPeer] = Field(
        default_factory=dict, description="how it knows the simulators, by the names that scenarios use"
    )
    operations: Mapping[str, HowTo] = Field(
        default_factory=dict, description="how it is made to act; it does not offer an operation that is missing here"
    )
    configurations: tuple[str, ...] = Field(
        default=("none",), description="configurations of the statement that it is in"
    )
    name: str | None = Field(
        default=None, description="its name in the results; the product's if not given, else the name of the file"
    )
    statement: str | None = Field(
        default=None,
        description=(
            "its conformance statement, by name or by its path from this file; without one (and without `--statement`) "
            "it claims nothing, and is judged by the standard alone"
        ),
    )
    product: ProductName | None = Field(default=None, description="what the product is called in reports")
    limits: Limits = Field(default=Limits(), description="how much it is asked for")
    films: Path | None = Field(
        default=None, description="folder in which it leaves its films as files, by its path from this file"
    )

    @field_validator("peers")
    @classmethod
    def _of_their_own(cls, peers: Mapping[str, KnownPeer]) -> Mapping[str, KnownPeer]:
        taken: dict[tuple[str, int], str] = {}
        for key, peer in peers.items():
            other = taken.setdefault((peer.host, peer.port), key)
            if other != key:
                raise ValueError(f"{other} and {key} cannot both listen on port {peer.port} of {peer.host}")
        return peers

    @field_validator("operations")
    @classmethod
    def _known(cls, operations: Mapping[str, HowTo]) -> Mapping[str, HowTo]:
        for name in operations:
            if name not in OPERATIONS:
                raise ValueError(f"there is no operation {name!r}{suggestion(name, OPERATIONS)}")
            if NAMES.get(name) in operations:
                raise ValueError(f"{name} and {NAMES[name]} are names of one operation: give one of them")
        return operations


class Foreign:
    """A subject known by its file."""

    observes: frozenset[str] = frozenset()

    def __init__(self, name: str, file: SubjectFile, document: Document | None = None) -> None:
        self.name = file.name or str(file.product or name)
        self.file = file
        self._document = document or Document(Path(name), {}, {})
        self._commands = Commands()
        self._limiter = Limiter(file.limits.associations, file.limits.requests_per_s)
        self.peers = {key: Address(peer.title, peer.host, peer.port) for key, peer in file.peers.items()}
        self._operations = {NAMES.get(key, key): way for key, way in file.operations.items()}
        self._known: Mapping[str, Address] = {}

    @property
    def product(self) -> str:
        """What a person calls it: the product's name and version, else the subject's name."""
        return str(self.file.product or self.name)

    @property
    def limiter(self) -> Limiter:
        """Its limits."""
        return self._limiter

    @property
    def statement(self) -> str:
        """Its conformance statement, a name or a path; empty where the file names none."""
        named = self.file.statement
        if named is None:
            return ""
        return (
            str(self._document.path.parent / Path(named).expanduser()) if named.endswith((".yaml", ".yml")) else named
        )

    @property
    def films(self) -> Path | None:
        """The folder in which it leaves its films."""
        return None if self.file.films is None else self._document.path.parent / self.file.films.expanduser()

    @property
    def address(self) -> Address:
        """Where it accepts associations."""
        return Address(self.file.network_ae.title, self.file.network_ae.host, self.file.network_ae.port)

    @property
    def is_on_loopback(self) -> bool:
        """Whether it runs on this machine, as its host says."""
        return is_on_loopback(self.file.network_ae.host)

    @classmethod
    def from_file(cls, path: Path) -> Foreign:
        """Read a subject file.

        Raises
        ------
        DataError
            The file is wrong.
        """
        document = read(path)
        return cls(path.stem, validate(document, SubjectFile), document)

    @classmethod
    def at(cls, place: str) -> Foreign | None:
        """Make a subject of ``AET@HOST:PORT``, which is asked as an SCP alone; None where the text is no such place.

        Raises
        ------
        DataError
            There can be no such AE title, host or port.
        """
        found = _PLACE.fullmatch(place)
        if found is None:
            return None
        title, host, port = found.groups()
        network_ae: Plain = {"title": title, "host": host.removeprefix("[").removesuffix("]"), "port": port}
        document = Document(Path(place), {"network_ae": network_ae}, {})
        return cls(title, validate(document, SubjectFile), document)

    @property
    def models_of_operations(self) -> Mapping[str, tuple[str, ...]]:
        """Each operation, and the information models that it can be told to use; none where it has no field for one."""
        narrowing = {
            key: {"model", "root"} & {*command_fields.fields_of(way.command or way.manual or "")}
            for key, way in self._operations.items()
        }
        return {key: ("study_root", "patient_root") if fields else () for key, fields in narrowing.items()}

    @property
    def unusual_fields(self) -> tuple[str, ...]:
        """The fields of its commands that only the arguments of some scenario can fill."""
        texts = [way.manual or way.command or "" for way in self.file.operations.values()]
        return command_fields.unusual(texts)

    def argument_names(self, operation: str) -> tuple[str, ...]:
        """Give nothing: its commands may use any argument."""
        return ()

    def setting_names(self) -> tuple[str, ...]:
        """Give nothing: it cannot be set up from here."""
        return ()

    def check_surroundings(self) -> None:
        """Check what the file says of this machine: its programs, its hosts, and that our ports are free.

        Raises
        ------
        DataError
            A program is not there, a host is not known, or a port cannot be had.
        """
        for name, way in self.file.operations.items():
            if way.command is not None and not programs.exists(program := shlex.split(way.command)[0]):
                raise self._document.error(("operations", name, "command"), f"there is no program {program}")
        try:
            socket.getaddrinfo(self.file.network_ae.host, self.file.network_ae.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise self._document.error(("network_ae", "host"), f"the host is not known: {reason}") from error
        if self.films is not None and not self.films.is_dir():
            raise self._document.error(("films",), f"there is no folder {self.films}")
        for key, peer in self.file.peers.items():
            try:
                listen(peer.host, peer.port).close()
            except OSError as error:
                message = f"nothing can listen on {peer.host}:{peer.port}: {error.strerror or error}"
                raise self._document.error(("peers", key, "port"), message) from error

    @property
    def others(self) -> Mapping[str, Address]:
        """Give nothing: it is one AE."""
        return {}

    def offers(self, operation: str, configuration: str) -> str:
        """Say why an operation or configuration is not offered; empty if both are."""
        if configuration not in self.file.configurations:
            return f"the subject {self.name} has no configuration {configuration}"
        if operation and operation not in self._operations:
            return f"the subject {self.name} offers no operation {operation}"
        if operation and self._operations[operation].manual and not sys.stdin.isatty():
            return f"{operation} needs a person at a terminal, and there is no terminal"
        return ""

    def prepare(self, configuration: str, peers: Mapping[str, Address], settings: Mapping[str, object]) -> Address:
        """Take note of where the peers are; a foreign subject cannot be set up from here.

        Raises
        ------
        UnsupportedError
            The case needs settings of the subject's own.
        """
        if settings:
            raise UnsupportedError(f"the subject {self.name} cannot be given the settings {', '.join(settings)}")
        self._known = dict(peers)
        return self.address

    def perform(self, operation: str, peer: str | None, arguments: Mapping[str, object]) -> dict[str, Any] | None:
        """Run the command, or ask the person; what the subject reported to its user is unknown."""
        reason = self.offers(operation, self.file.configurations[0])
        if reason:
            raise UnsupportedError(reason)
        way = self._operations[operation]
        values = self._values(peer, arguments)
        if way.manual is not None:
            _ask(command_fields.filled(way.manual, values))
            return None
        words = [word for part in shlex.split(way.command or "") for word in command_fields.words(part, values)]
        words[:1] = [programs.find(word) for word in words[:1]]
        self._commands.run(words, way.within_s)
        return None  # what it told its user, and whether all went well, is not known: the wire is judged

    def settle(self) -> tuple[CommandEnd, ...]:
        """End what the commands of the case left behind; tell how each of them ended."""
        return self._commands.settle()

    def _values(self, peer: str | None, arguments: Mapping[str, object]) -> dict[str, list[str]]:
        values = {"calling": [self.file.network_ae.title]}
        if peer is not None and peer in self._known:
            known = self._known[peer]
            values |= {"called": [known.ae_title], "host": [known.host], "port": [str(known.port)]}
        keys = arguments.get("keys")
        wanted = keys if isinstance(keys, Mapping) else {}
        for key, value in {**arguments, **wanted}.items():
            if isinstance(value, str | int | float | Path):
                values[key] = [str(value)]
            elif isinstance(value, list | tuple):
                values[key] = [str(item) for item in value]
        values[command_fields.ARGUMENTS] = [
            f"{key}={command_fields.as_word(value)}" for key, value in arguments.items() if key not in _OF_THEIR_OWN
        ]
        values["keys"] = [f"{key}=" + "\\".join(values[key]) for key in wanted if key in values]
        values["root"] = [str(arguments.get("model", "study_root")).removesuffix("_root")]
        return values

    def instances(self) -> list[dict[str, Any]]:
        """Give nothing: it cannot be asked."""
        return []

    def log(self) -> list[str]:
        """Give nothing: it cannot be asked."""
        return []

    def abandon(self) -> None:
        """End its commands; the product itself is not ours to end."""
        self.settle()

    def close(self) -> None:
        """End its commands; the product itself is not ours to end."""
        self.settle()


def _ask(text: str) -> None:
    sys.stderr.write(f"\n{text}\nPress Enter when it is done. ")
    sys.stderr.flush()
    sys.stdin.readline()
