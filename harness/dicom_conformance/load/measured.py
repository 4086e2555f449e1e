"""What a load run measured, as a file: written by whoever conducted it, read by whoever draws the conclusion.

The conclusion is drawn in a process of its own, in which nothing is patched and no load runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dicom_conformance.errors import DataError
from dicom_conformance.files import write_whole
from dicom_conformance.load.figures import Figures
from dicom_conformance.load.ledger import Ledger

__all__ = ["MEASURED", "Measured", "Part", "Setting", "read_measured", "require_measured", "write_measured"]

MEASURED = "measured.json"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run was to do.

    Attributes
    ----------
    plan_path, plan_text : str
        The plan, as it was read.
    target : str
        ``AET@HOST:PORT``.
    run : str
        What distinguishes the run: the names of what it stored follow from it.
    operations, rate_per_s, users, duration_s
        The bounds that were in force.
    """

    plan_path: str
    plan_text: str
    target: str
    calling: str
    run: str
    operations: int
    rate_per_s: float
    users: int
    duration_s: float


@dataclass(slots=True)
class Part:
    """What one worker did, as far as it was reported.

    Attributes
    ----------
    host : str
        The machine that it ran on.
    is_whole : bool
        Whether it reported to its end; otherwise what it did after its last report is not known.
    active_s : float
        From the begin of its first operation to the end of its last one, in seconds.
    """

    host: str = ""
    figures: Figures = field(default_factory=Figures)
    ledger: Ledger = field(default_factory=Ledger)
    is_whole: bool = False
    active_s: float = 0.0

    def to_plain(self) -> dict[str, Any]:
        """Give plain data, which JSON and the messages between workers can carry."""
        return {
            "host": self.host,
            "figures": self.figures.to_plain(),
            "ledger": self.ledger.to_plain(),
            "is_whole": self.is_whole,
            "active_s": self.active_s,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Part:
        """Read what `to_plain` gave."""
        figures, ledger = Figures.from_plain(plain["figures"]), Ledger.from_plain(plain["ledger"])
        return cls(str(plain["host"]), figures, ledger, bool(plain["is_whole"]), float(plain["active_s"]))

    def merge(self, other: Part) -> None:
        """Add a further report of the same worker; one of Locust's may overtake or follow the last of its own."""
        self.host = self.host or other.host
        self.figures.merge([other.figures])
        self.ledger.merge(other.ledger)
        self.is_whole = self.is_whole or other.is_whole
        self.active_s = max(self.active_s, other.active_s)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run measured.

    Attributes
    ----------
    start : str
        When it began: ISO 8601, UTC.
    ended_by : str
        Why it ended, in words.
    is_gone : bool
        Whether it ended because the target could not be reached any more.
    parts : mapping of int to Part
        By the number of the worker.
    mistakes : tuple of str
        What went wrong in the load itself; such a run is not judged.
    """

    setting: Setting
    start: str
    ended_by: str
    is_gone: bool
    parts: Mapping[int, Part]
    mistakes: tuple[str, ...] = ()

    @property
    def elapsed_s(self) -> float:
        """How long operations went on, at the worker where they did for longest, in seconds."""
        return max((part.active_s for part in self.parts.values()), default=0.0)

    @property
    def figures(self) -> Figures:
        """The figures of all workers."""
        whole = Figures()
        whole.merge(part.figures for part in self.parts.values())
        return whole

    @property
    def ledger(self) -> Ledger:
        """The instances of all workers."""
        whole = Ledger()
        for part in self.parts.values():
            whole.merge(part.ledger)
        return whole


def write_measured(folder: Path, measured: Measured) -> Path:
    """Write what was measured into a folder, which is made; give the file."""
    plain = {
        **asdict(measured.setting),
        "start": measured.start,
        "ended_by": measured.ended_by,
        "is_gone": measured.is_gone,
        "parts": {str(number): part.to_plain() for number, part in measured.parts.items()},
        "mistakes": list(measured.mistakes),
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MEASURED
    write_whole(path, json.dumps(plain, separators=(",", ":")) + "\n")
    return path


def require_measured(folder: Path) -> None:
    """Refuse a folder in which no load run was measured; raises `DataError`."""
    if not (folder / MEASURED).is_file():
        raise DataError(folder / MEASURED, None, "", "no such file: no load run was measured in this folder")


def read_measured(folder: Path) -> Measured:
    """Read what was measured.

    Raises
    ------
    DataError
        There is no such file, or it is not what was written.
    """
    path = folder / MEASURED
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        setting = Setting(**{name: plain[name] for name in Setting.__dataclass_fields__})
        parts = {int(number): Part.from_plain(part) for number, part in plain["parts"].items()}
        return Measured(
            setting,
            str(plain["start"]),
            str(plain["ended_by"]),
            bool(plain["is_gone"]),
            parts,
            tuple(plain["mistakes"]),
        )
    except OSError as error:
        raise DataError(path, None, "", error.strerror or "cannot be read") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(path, None, "", f"is not what a load run writes: {error}") from error
