"""The pixels of phantoms: ellipsoids of tissue, cut, projected or set in motion.

Invariants: seeded; two runs draw the same pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """A body of one tissue, in a box from -1 to 1 along each axis.

    Parameters
    ----------
    center, radii : (x, y, z)
    value : float
        What it sets its inside to, in Hounsfield units or their like.
    """

    center: tuple[float, float, float]
    radii: tuple[float, float, float]
    value: float

    def fill(self, picture: Floats, z: float) -> None:
        """Set its inside in a square slice at height `z`."""
        left = 1 - ((z - self.center[2]) / self.radii[2]) ** 2
        if left <= 0:
            return
        axis = np.linspace(-1, 1, len(picture))
        columns, rows = (np.abs(axis - self.center[place]) <= self.radii[place] for place in (0, 1))
        across = ((axis[columns] - self.center[0]) / self.radii[0]) ** 2
        down = ((axis[rows] - self.center[1]) / self.radii[1]) ** 2
        part = picture[np.ix_(rows, columns)]
        part[down[:, None] + across[None, :] <= left] = self.value
        picture[np.ix_(rows, columns)] = part

    def thickness(self, rows: int, columns: int) -> Floats:
        """Return how thick it is along y, as a projection from the front sees it; shape (rows, columns)."""
        z, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
        across = ((x - self.center[0]) / self.radii[0]) ** 2 + ((z - self.center[2]) / self.radii[2]) ** 2
        found: Floats = 2 * self.radii[1] * np.sqrt(np.clip(1 - across, 0, None))
        return found


_RIBS: Final = tuple(
    Ellipsoid((0.72 * side * (1 - 0.1 * abs(level)), 0.1 + 0.12 * level, 0.16 * level), (0.075, 0.12, 0.05), 700)
    for side in (-1, 1)
    for level in range(-5, 6)
)
CHEST: Final = (
    Ellipsoid((0, 0, 0), (0.86, 0.62, 2.2), 40),
    Ellipsoid((0, 0, 0), (0.80, 0.56, 2.2), -90),
    Ellipsoid((0, 0, 0), (0.76, 0.53, 2.2), 45),
    Ellipsoid((-0.38, -0.03, 0.05), (0.30, 0.40, 0.95), -840),
    Ellipsoid((0.38, -0.03, 0.05), (0.30, 0.40, 0.95), -850),
    Ellipsoid((0.10, -0.14, 0.25), (0.26, 0.22, 0.42), 55),
    Ellipsoid((0.03, 0.06, -0.2), (0.09, 0.09, 1.2), 140),
    Ellipsoid((0, 0.36, 0), (0.13, 0.13, 2.2), 420),
    Ellipsoid((0, 0.36, 0), (0.07, 0.07, 2.2), 160),
    Ellipsoid((0.0, 0.52, 0), (0.05, 0.10, 2.2), 480),
    Ellipsoid((-0.42, -0.10, 0.18), (0.07, 0.07, 0.09), 35),
    Ellipsoid((0, -0.53, 0), (0.10, 0.035, 0.7), 380),
    *_RIBS,
)
HEAD: Final = (
    Ellipsoid((0, 0, 0), (0.72, 0.90, 0.95), 300),
    Ellipsoid((0, 0, 0), (0.66, 0.84, 0.89), 20),
    Ellipsoid((0, -0.02, 0), (0.62, 0.80, 0.85), 520),
    Ellipsoid((0, -0.02, 0), (0.52, 0.68, 0.70), 640),
    Ellipsoid((-0.12, -0.1, 0.1), (0.08, 0.30, 0.30), 150),
    Ellipsoid((0.12, -0.1, 0.1), (0.08, 0.30, 0.30), 150),
    Ellipsoid((0.28, 0.28, 0.1), (0.10, 0.12, 0.14), 860),
    Ellipsoid((0, 0.5, -0.3), (0.25, 0.16, 0.3), 560),
)


def cut(body: tuple[Ellipsoid, ...], size: int, z: float, outside: float, noise: float) -> Floats:
    """Return a slice at height `z`; shape (size, size)."""
    found = np.full((size, size), outside)
    for each in body:
        each.fill(found, z)
    grain = np.random.default_rng(int((z + 2) * 1000)).normal(0, noise, found.shape)
    return found + grain


def projected(body: tuple[Ellipsoid, ...], rows: int, columns: int) -> Floats:
    """Return how much a body dims an X-ray from the front, from 0 to 1; shape (rows, columns)."""
    total = np.zeros((rows, columns))
    covering: list[Ellipsoid] = []
    for each in body:
        under = covering[-1].value if covering else -1000.0
        total += each.thickness(rows, columns) * ((each.value - (under if each.radii[2] > 2 else 0)) / 1000)
        if each.radii[2] > 2 and each.radii[0] > 0.5:
            covering.append(each)
    total -= total.min()
    grain = np.random.default_rng(7).normal(0, 0.004, total.shape)
    found: Floats = np.clip(total / total.max() + grain, 0, 1)
    return found


def beating(frames: int, rows: int, columns: int) -> Floats:
    """Return the frames of a heart as ultrasound sees it, from 0 to 255; shape (frames, rows, columns)."""
    y, x = np.mgrid[0 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    depth, angle = np.hypot(x, y), np.arctan2(x, y + 1e-9)
    fan = (np.abs(angle) < 0.72) & (depth < 0.98) & (depth > 0.06)
    speckle = np.random.default_rng(11).gamma(1.6, 26.0, (rows, columns))
    found = np.zeros((frames, rows, columns))
    for number in range(frames):
        beat = 0.5 + 0.5 * np.cos(2 * np.pi * number / frames)
        wall = 0.22 + 0.05 * beat
        ring = np.hypot(x / 0.8, (y - 0.52) / 1.15)
        bright = np.where(ring < wall - 0.06, 0.12, np.where(ring < wall, 1.9, 0.75))
        found[number] = np.where(fan, speckle * bright * (1.1 - 0.5 * depth), 0)
    clipped: Floats = np.clip(found, 0, 255)
    return clipped
