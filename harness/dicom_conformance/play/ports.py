"""Ports that somebody else will listen at: how one is reserved, and how to wait until something listens there.

A scenario that says `settings: {port: free}` has the subject configured with a reserved port. The simulators of the
harness call the subject there, whatever the subject says of itself: one that does not listen at the port that it is
configured with is not found.
"""

from __future__ import annotations

import functools
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from dicom_conformance.errors import HarnessError
from dicom_conformance.scenario import Setup

__all__ = ["FREE", "LOOPBACK_IPV6", "missing_feature", "reserved_port", "wait_until_it_listens", "with_free_port"]

FREE = "free"
"""In the place of a port number: any at which nothing listens."""
LOOPBACK_IPV6 = "::1"
_CONNECTS_WITHIN_S = 5.0
_LOOK_EVERY_S = 0.05


def with_free_port(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put a port number in the place of `free`, where the settings of the subject say so."""
    if settings.get("port") != FREE:
        return settings
    return {**settings, "port": str(reserved_port(str(settings.get("host", "127.0.0.1"))))}


def reserved_port(host: str = "127.0.0.1") -> int:
    """Give a port at which a server can listen, and which the kernel gives to nobody else for a minute.

    One connection is made to the port, and the accepting end closes it first. That end stays in TIME-WAIT, where only
    a server that asks for this very port, and sets SO_REUSEADDR as servers do, may bind it.

    Parameters
    ----------
    host : str
        An address of this machine.

    Raises
    ------
    OSError
        The host is not an address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        port = int(listener.getsockname()[1])
        with socket.create_connection((host, port), _CONNECTS_WITHIN_S):
            accepted, _ = listener.accept()
            accepted.close()
        return port


def wait_until_it_listens(process: subprocess.Popen[Any], port: int, within_s: float, host: str = "127.0.0.1") -> None:
    """Return as soon as a server that was started accepts connections.

    Raises
    ------
    HarnessError
        The server ended, or did not listen in time.
    """
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection((host, port), 1.0):
            return
        with suppress(subprocess.TimeoutExpired):
            raise HarnessError(f"ended with exit status {process.wait(_LOOK_EVERY_S)}")
    raise HarnessError(f"does not listen on port {port} within {within_s:g} s")


def missing_feature(setup: Setup) -> str:
    """Say which feature needed by a case this machine lacks; empty if it has everything."""
    hosts = (setup.settings.get("host"), *(peer.host for peer in setup.peers.values()))
    return "" if LOOPBACK_IPV6 not in hosts or _has_ipv6() else "this machine has no IPv6 loopback address"


@functools.cache
def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind((LOOPBACK_IPV6, 0))
    except OSError:
        return False
    return True
