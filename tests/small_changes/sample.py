"""Which rooms are measured, and which of their changes a seed draws."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from changes import KINDS, Change, changes_of

ROOMS_ON_THE_PATH = ("wire", "workstation", "simulators", "harness", "reports")


@dataclass(frozen=True, slots=True)
class Room:
    """A part of the code, the tests that have to notice its changes, and how many of them they have to notice.

    Attributes
    ----------
    aim : float
        The part of the changes that has to be noticed, 0 to 1.
    without : tuple of str
        Folders that another room has.
    """

    name: str
    folder: str
    tests: str
    aim: float
    without: tuple[str, ...] = ()

    def files(self, root: Path) -> list[Path]:
        """Give the modules of the room, sorted."""
        found = (path for path in (root / self.folder).rglob("*.py") if "__pycache__" not in path.parts)
        return sorted(path for path in found if not path.relative_to(root).as_posix().startswith(self.without))

    def test_modules(self, root: Path) -> list[str]:
        """Give the modules of the room's unit tests, relative to the root, sorted."""
        return sorted(path.relative_to(root).as_posix() for path in (root / self.tests).rglob("test_*.py"))


_PIXELS = "workstation/dicom_workstation/pixels"
ROOMS = {
    room.name: room
    for room in (
        Room("checks", "harness/dicom_conformance/judge", "tests/unit/harness", 0.90),
        Room("wire", "wire/dicom_wire", "tests/unit/wire", 0.90),
        Room("simulators", "simulators/dicom_simulators", "tests/unit/simulators", 0.85),
        Room("workstation", "workstation/dicom_workstation", "tests/unit/workstation", 0.85, (_PIXELS,)),
        Room("pixels", _PIXELS, "tests/unit/workstation/pixels", 0.85),
    )
}


def draw(room: Room, root: Path, seed: int, count: int) -> list[Change]:
    """Draw changes to a room: as many of each kind as there are, at most `count`, the same for the same seed.

    The values of one statement outside a function, such as a table, are drawn from as often as one expression
    elsewhere; otherwise the tables of the standard would make up most of the sample.
    """
    generator = random.Random(f"{seed} {room.name}")
    piles = {kind: [] for kind in KINDS}  # type: dict[str, list[list[Change]]]
    statements: dict[tuple[str, str, int], list[Change]] = defaultdict(list)
    for path in room.files(root):
        for change in changes_of(path.read_bytes(), path.relative_to(root).as_posix()):
            if change.statement:
                statements[change.kind, change.file, change.statement].append(change)
            else:
                piles[change.kind].append([change])
    for (kind, _, _), pile in statements.items():
        piles[kind].append(pile)
    for pile_of_kind in piles.values():
        generator.shuffle(pile_of_kind)
    drawn: list[Change] = []
    while len(drawn) < count and any(piles.values()):
        for kind in KINDS:
            if piles[kind] and len(drawn) < count:
                drawn.append(generator.choice(piles[kind].pop()))
    return drawn
