"""How much a load may do at most: so many operations in all, and so many in a second.

The bound of operations holds over all workers: whoever conducts the run grants them in portions, and a worker performs
only what it was granted. What a worker that is lost was granted and did not use is not granted again.

The bound of the rate holds for each user: all users together have the rate of the plan, and each keeps its share.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Grants", "Pace", "portion"]

PORTIONS = 20
"""Into how many portions the share of a worker is divided."""
LARGEST_PORTION = 1000


def portion(operations: int, workers: int) -> int:
    """Give how many operations a worker asks for at once."""
    return min(LARGEST_PORTION, max(1, operations // (PORTIONS * max(1, workers))))


@dataclass(slots=True)
class Grants:
    """What is still to be granted of the operations of a run.

    Attributes
    ----------
    left : int
        How many operations are left.
    refused : set of str
        The workers that asked when nothing was left: they have used what they had.
    """

    left: int
    granted: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def grant(self, worker: str, wanted: int) -> int:
        """Grant a worker as many of the operations it wants as are left; 0 = there is nothing left."""
        given = min(wanted, self.left)
        self.left -= given
        (self.granted if given else self.refused).add(worker)
        return given

    def are_used(self, workers: set[str]) -> bool:
        """Whether nothing is left, and none of these workers has any."""
        return self.left == 0 and (self.granted & workers) <= self.refused


@dataclass(slots=True)
class Pace:
    """The share of one user in the rate.

    Attributes
    ----------
    interval_s : float
        Between the begins of two operations, at least.
    due_s : float
        When the next one may begin, on the caller's clock.
    """

    interval_s: float
    due_s: float

    @classmethod
    def of(cls, rate_per_s: float, users: int, now_s: float, share: float) -> Pace:
        """Give the pace of one of so many users; `share`, from 0 to 1, spreads their first operations."""
        interval_s = users / rate_per_s
        return cls(interval_s, now_s + share * interval_s)

    def wait_s(self, now_s: float) -> float:
        """Give how long to wait before the next operation, and take that as its begin; time lost is not made up."""
        begin_s = max(now_s, self.due_s)
        self.due_s = begin_s + self.interval_s
        return begin_s - now_s
