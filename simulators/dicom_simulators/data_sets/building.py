"""The door: one instance, built once.

Invariants: what was built is kept, since it never changes; a run asks for the same few hundred instances
again and again. Big instances are not kept.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from dicom_simulators.data_sets.assembly import Request
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.data_sets.recipes import RECIPES

_KEPT = 2048
_DEFLATED = "1.2.840.10008.1.2.1.99"


def build(
    recipe: str = "smallest",
    sop_class: str = "1.2.840.10008.5.1.4.1.1.2",
    transfer_syntax: str = "1.2.840.10008.1.2.1",
    seed: int = 0,
    **changes: Any,
) -> Instance:
    """Build one instance.

    Parameters
    ----------
    recipe : str
        A name in `RECIPES`.
    sop_class : str
        UID of one of `SOP_CLASSES`.
    transfer_syntax : str
        UID of one of `TRANSFER_SYNTAXES`, or of Deflated Explicit VR Little Endian.
    seed : int
        Distinguishes it from others of its kind: another patient, study, and picture.
    **changes
        Elements to set by keyword (``PatientID="X"``; a sequence is a list of dicts by keyword; None empties),
        ``remove=`` keywords to leave out, and what the recipe itself takes (``rows=``, ``columns=``, ``frames=``,
        ``size_bytes=``).

    Raises
    ------
    ValueError
        If recipe, SOP Class, transfer syntax or a keyword is unknown.
    """
    if recipe not in RECIPES:
        raise ValueError(f"unknown recipe {recipe!r}; it must be one of {', '.join(RECIPES)}")
    if transfer_syntax == _DEFLATED:
        return _deflated(build(recipe, sop_class, seed=seed, **changes))
    try:
        hash(key := tuple(sorted(changes.items())))
    except TypeError:  # a list or dict among the changes: built anew each time
        key = None
    if key is None or not RECIPES[recipe].cached:
        return RECIPES[recipe].make(Request(recipe, sop_class, transfer_syntax, seed, changes))
    return _build_once(recipe, sop_class, transfer_syntax, seed, key)


@lru_cache(maxsize=_KEPT, typed=True)
def _build_once(
    recipe: str, sop_class: str, transfer_syntax: str, seed: int, changes: tuple[tuple[str, Any], ...]
) -> Instance:
    return RECIPES[recipe].make(Request(recipe, sop_class, transfer_syntax, seed, dict(changes)))


def _deflated(plain: Instance) -> Instance:
    """Deflate an instance of Explicit VR Little Endian (PS3.5 A.5)."""
    from dicom_simulators.encoding import deflated  # it needs pydicom, which nothing else here does

    return replace(plain, transfer_syntax=_DEFLATED, data_set=deflated(plain.data_set, _DEFLATED))
