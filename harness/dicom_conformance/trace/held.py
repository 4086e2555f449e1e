"""One instance as the court keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Held:
    """One instance that an AE holds; `data_set` is encoded, without File Meta Information.

    Of what a recipe made, `pixels` are the stored values, shape (frames, rows, columns[, 3]), that went into it, and
    `max_error` is what its compression may change in them.
    """

    SOPClassUID: str
    SOPInstanceUID: str
    transfer_syntax: str
    data_set: bytes
    pixels: NDArray[Any] | None = field(default=None, repr=False, compare=False)
    max_error: int = field(default=0, compare=False)
