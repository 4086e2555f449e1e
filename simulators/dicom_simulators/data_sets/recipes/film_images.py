"""Images to be found again on a film: a frame of middle grey, within it a picture that is nowhere black or white.

Invariants: the picture is that of `smallest`, its contrast halved, over the whole range of the stored bits. No way of
turning or mirroring it gives the same picture, and the frame differs from a film that is black or white around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicom_simulators.data_sets.assembly import Request, assemble, planned
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.data_sets.pattern import FULL, draw, scale, tint

if TYPE_CHECKING:  # numpy costs 60 ms at start-up: only what draws imports it
    import numpy as np
    from numpy.typing import NDArray

_FRAME = 16
"""The frame is this fraction of the shorter side wide."""


def build_framed(request: Request) -> Instance:
    """Build a framed image.

    Raises
    ------
    ValueError
        The SOP Class has no pixels.
    """
    plan = planned(request)
    if plan.sop_class.native is None:
        raise ValueError(f"recipe framed needs a SOP Class with pixels, not {request.sop_class!r}")
    form = plan.form
    drawn = draw(plan.rows, plan.columns, plan.frames, plan.seed, (plan.sop_class.label, str(plan.seed)))
    picture = _framed(FULL // 4 + (tint(drawn) if form.colour else drawn) // 2)
    values = scale(picture, form.minimum, form.maximum)
    pixels = values.astype(f"{'i' if form.signed else 'u'}{form.bits_allocated // 8}")
    pixels.flags.writeable = False
    return assemble(plan, request.changes, pixels)


def _framed(picture: NDArray[np.int32]) -> NDArray[np.int32]:
    """Draw the frame over the edges of each frame of the picture."""
    width = max(1, min(picture.shape[1:3]) // _FRAME)
    framed = picture.copy()
    framed[:, :width], framed[:, -width:] = FULL // 2, FULL // 2
    framed[:, :, :width], framed[:, :, -width:] = FULL // 2, FULL // 2
    return framed
