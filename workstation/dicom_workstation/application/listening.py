"""Beginning to listen, and what the operator should know of it."""

from __future__ import annotations

from collections.abc import Callable

from dicom_workstation.configuration import Configuration, ConfigurationError, warnings_of
from dicom_workstation.loader import LoaderServer


def listen(server: LoaderServer, configuration: Configuration, note: Callable[[str], None]) -> tuple[str, int]:
    """Have the loader listen; returns host and port. ConfigurationError where these cannot be had."""
    try:
        address = server.start()
    except OSError as error:
        text = f"cannot listen on {configuration.host}:{configuration.port}: {error.strerror or error}"
        raise ConfigurationError(text, field="port") from error
    note(f"loader: {configuration.ae_title} listens on {address[0]}:{address[1]}")
    warn_of_tls(configuration, note)
    return address


def warn_of_tls(configuration: Configuration, note: Callable[[str], None]) -> None:
    """Say in the log what the operator should know of the TLS profile."""
    tls = configuration.tls
    for text in () if tls is None else warnings_of(tls.profile):
        note(f"warning: {text}")
