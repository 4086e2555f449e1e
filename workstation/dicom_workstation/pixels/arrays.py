"""The type of the arrays that hold pixels: which shape and dtype, each function says."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[Any]
"""Pixels, or values on their way to pixels, of whatever dtype."""

DType: TypeAlias = np.dtype[Any]
