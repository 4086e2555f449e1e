"""Whether a host is this machine: elsewhere nothing is stored, printed or broken unless it is allowed."""

from __future__ import annotations

import ipaddress


def is_on_loopback(host: str) -> bool:
    """Tell whether a host is this machine, as it is written: a loopback address, or `localhost`.

    No name is looked up: what a name server says of another name may change before the connection is made.
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
