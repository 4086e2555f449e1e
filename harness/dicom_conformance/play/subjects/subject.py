"""What the harness asks of any subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class UnsupportedError(Exception):
    """The subject does not offer this operation or configuration; the text is the reason."""


class CrashError(Exception):
    """The subject itself broke while it performed an operation; the text is what it raised."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an AE accepts associations, and its title."""

    ae_title: str
    host: str
    port: int

    @property
    def endpoint(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port

    def plain(self) -> dict[str, Any]:
        """Give it as the plain values that cross to a product."""
        return {"ae_title": self.ae_title, "host": self.host, "port": self.port}


class Subject(Protocol):
    """A subject; `observes` names what can be seen of it beyond the wire: `store`, `outcome`, `log`."""

    name: str

    @property
    def observes(self) -> frozenset[str]:
        """What can be seen of it beyond the wire."""
        ...

    @property
    def peers(self) -> Mapping[str, Address]:
        """The titles and ports under which it knows our simulators, where they are fixed (port 0: any)."""
        ...

    def offers(self, operation: str, configuration: str) -> str:
        """Say why an operation (may be empty) or configuration is not offered; empty if both are."""
        ...

    def prepare(self, configuration: str, peers: Mapping[str, Address], settings: Mapping[str, object]) -> Address:
        """Bring it into the configuration, forgetting earlier cases; returns where it accepts associations."""
        ...

    def perform(self, operation: str, peer: str | None, arguments: Mapping[str, object]) -> dict[str, Any] | None:
        """Have it perform an operation; its outcome, None where it tells none."""
        ...

    def instances(self) -> list[dict[str, Any]]:
        """Give what it holds."""
        ...

    def log(self) -> list[str]:
        """Give its log."""
        ...

    def abandon(self) -> None:
        """Abandon an instance that hangs; the next `prepare` starts another."""
        ...

    def close(self) -> None:
        """End it."""
        ...
