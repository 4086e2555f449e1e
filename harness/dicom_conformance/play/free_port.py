"""A port for the subject that the scenario does not name: `settings: {port: free}`.

The harness picks a port at which nothing listens, and its simulators call the subject there, whatever the subject says
of itself: one that does not listen at the port that it is configured with is not found.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

__all__ = ["FREE", "with_free_port"]

FREE = "free"
"""In the place of a port number: any at which nothing listens."""


def with_free_port(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put a port number in the place of `free`, where the settings of the subject say so."""
    if settings.get("port") != FREE:
        return settings
    return {**settings, "port": str(_free_port(str(settings.get("host", "127.0.0.1"))))}


def _free_port(host: str) -> int:
    """Let the kernel choose a port; nobody has connected to it, so that it can be bound again at once."""
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as found:
        return int(found.getsockname()[1])
