"""What writes the page of a report; the harness does not import the reports, so that it is handed in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Renderer = Callable[[], Callable[[Path], Path]]
