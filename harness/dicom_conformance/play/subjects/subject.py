"""What the harness asks of any subject."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dicom_conformance.play.limits import Limiter
from dicom_wire.wording import printable

_LAST_LINES = 3
_MOST_CHARACTERS = 400


class UnsupportedError(Exception):
    """The subject does not offer this operation or configuration; the text is the reason."""


class CrashError(Exception):
    """The subject itself broke while it performed an operation; the text is what it raised."""


@dataclass(frozen=True, slots=True)
class CommandEnd:
    """How a command ended.

    Attributes
    ----------
    program : str
        The first word.
    started_ns, ended_ns : int
        On the clock of `time.monotonic_ns`.
    status : int or None
        Its exit status, negative for a signal; None where it was ended because its time was over.
    output, errors : str
        The beginning and the end of what it wrote.
    """

    program: str
    started_ns: int
    ended_ns: int
    status: int | None
    output: str = ""
    errors: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give what a report shows of it."""
        return {
            "program": Path(self.program).name,
            "status": self.status,
            "elapsed_s": round((self.ended_ns - self.started_ns) / 1e9, 3),
            "output": self.output,
            "errors": self.errors,
        }

    @property
    def by_signal(self) -> bool:
        """Whether a signal ended it that was not ours."""
        return self.status is not None and self.status < 0

    def __str__(self) -> str:
        if self.status is None:
            how = "was ended because its time was up"
        elif self.status < 0:
            how = f"was ended by {_signal_name(-self.status)}"
        else:
            how = f"ended with exit status {self.status}"
        lines = [line.strip() for line in self.errors.splitlines() if line.strip()][-_LAST_LINES:]
        told = printable(" / ".join(lines))[-_MOST_CHARACTERS:]
        return f"{Path(self.program).name} {how}" + (f" ({told})" if told else "")


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
    def product(self) -> str:
        """What a person calls it."""
        ...

    @property
    def limiter(self) -> Limiter:
        """How much it may be asked for."""
        ...

    @property
    def peers(self) -> Mapping[str, Address]:
        """The titles and ports under which it knows our simulators, where they are fixed (port 0: any)."""
        ...

    @property
    def others(self) -> Mapping[str, Address]:
        """The further AEs that it has since `prepare`, by name."""
        ...

    @property
    def films(self) -> Path | None:
        """The folder in which it leaves its films as files; None where it leaves none."""
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

    def argument_names(self, operation: str) -> tuple[str, ...]:
        """Give the names of an operation's arguments; none where it cannot tell."""
        ...

    def setting_names(self) -> tuple[str, ...]:
        """Give the names of its settings; none where it cannot tell."""
        ...

    def check_surroundings(self) -> None:
        """Check, before the first case, what it needs of this machine; DataError says what is not there."""
        ...

    def settle(self) -> tuple[CommandEnd, ...]:
        """End what the case's commands left behind, and tell how each command ended; nothing where there are none."""
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


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
