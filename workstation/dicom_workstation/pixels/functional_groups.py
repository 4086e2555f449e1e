"""Where an attribute of one frame may stand: beside the others, or in the functional groups of a multi-frame image.

Invariants: attributes of one frame take precedence over those that all frames share, and that before the top level.

References
----------
PS3.3 Section C.7.6.16
"""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset


def layers(data_set: Dataset, frame: int, macro: str) -> Iterator[Dataset]:
    """Yield the data sets in which to look, the most specific first.

    Parameters
    ----------
    macro : str
        Keyword of the sequence in the functional group that holds the attributes.
    """
    of_frames = data_set.get("PerFrameFunctionalGroupsSequence") or ()
    shared = data_set.get("SharedFunctionalGroupsSequence") or ()
    groups = [*of_frames[frame - 1 : frame], *shared[:1]]
    for group in groups:
        yield from (group.get(macro) or ())[:1]
    yield data_set
