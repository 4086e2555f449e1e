"""TLS over a connection that must never block: contexts of a configuration, the handshake, and errors in words.

Invariants: a handshake is led by the thread that owns the association, with a deadline, and ends at once when the
association is stopped; so a silent, slow or foreign peer delays nobody else. Every refusal states its reason.

References
----------
PS3.15 Annex B; conformance statement, 4.2.2 and 3.2.2.1.3.
"""

from __future__ import annotations

import os
import select
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dicom_workstation.configuration.tls_profile import ProfileName, profiled

ClientAuthentication = Literal["required", "optional", "off"]

HANDSHAKE_RECORD: Final = 0x16  # the first byte of whoever speaks TLS (RFC 8446, 5.1)
DRAIN_TIMEOUT_S: Final = 1.0

_VERIFY: Final = {"required": ssl.CERT_REQUIRED, "optional": ssl.CERT_OPTIONAL, "off": ssl.CERT_NONE}

_REVOCATION: Final = {"leaf": ssl.VERIFY_CRL_CHECK_LEAF, "chain": ssl.VERIFY_CRL_CHECK_CHAIN}

_IN_WORDS: Final = {
    "WRONG_VERSION_NUMBER": "the peer does not speak TLS",
    "HTTP_REQUEST": "the peer does not speak TLS",
    "UNKNOWN_PROTOCOL": "the peer does not speak TLS",
    "UNSUPPORTED_PROTOCOL": "no TLS version in common",
    "TLSV1_ALERT_PROTOCOL_VERSION": "no TLS version in common",
    "NO_SHARED_CIPHER": "no cipher suite in common",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the peer ends the handshake: nothing in common, or no certificate presented",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "the peer presents no certificate",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the peer requires a certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the peer refuses our certificate: it has expired",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "the peer refuses our certificate: it has been revoked",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the peer refuses our certificate",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the peer refuses our certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "the peer refuses our certificate: it does not know who issued it",
}


class TLSFileError(OSError):
    """A file of a `tls:` section cannot be used; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class TLS(BaseModel):
    """The `tls:` section of a configuration: every AE of the workstation then speaks TLS."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: ProfileName = Field(default="bcp195", description="profile of PS3.15 Annex B")
    certificate: Path = Field(description="PEM file of the workstation's certificate, with its chain if there is one")
    key: Path | None = Field(
        default=None, description="PEM file of the private key; in the certificate's file if not given"
    )
    key_password_file: Path | None = Field(
        default=None, description="file whose first line is the password of an encrypted key"
    )
    key_password_variable: str | None = Field(
        default=None, min_length=1, description="environment variable that holds the password, instead of a file"
    )
    authorities: Path = Field(description="PEM file of the authorities that are trusted")
    client_authentication: ClientAuthentication = Field(
        default="required", description="whether callers must show a certificate"
    )
    revocation_list: Path | None = Field(
        default=None,
        description="PEM file of revoked certificates; once the list has expired, every certificate is refused",
    )
    revocation_check: Literal["leaf", "chain"] = Field(
        default="leaf",
        description=(
            "whether the list is consulted for the peer's certificate alone (`leaf`), or for its issuers too (`chain`)"
        ),
    )
    check_host: bool = Field(
        default=True, description="whether an archive's certificate must bear the name or address that is called"
    )

    @model_validator(mode="after")
    def _one_password(self) -> Self:
        if self.key_password_file is not None and self.key_password_variable is not None:
            raise ValueError("key_password_file and key_password_variable cannot be combined")
        return self

    def server_context(self) -> ssl.SSLContext:
        """Return the context in which associations are accepted.

        Raises
        ------
        TLSFileError
            A file cannot be read, or is not a certificate or key.
        """
        context = self._context(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = _VERIFY[self.client_authentication]
        return context

    def client_context(self) -> ssl.SSLContext:
        """Return the context in which associations are opened; TLSFileError as above."""
        context = self._context(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = self.check_host
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _context(self, purpose: int) -> ssl.SSLContext:
        context = profiled(self.profile, purpose)
        context.sslsocket_class = TLSSocket
        for field in ("certificate", "key", "key_password_file", "authorities", "revocation_list"):
            self._check_readable(field)
        try:
            context.load_cert_chain(self.certificate, self.key, self._password)
        except ssl.SSLError as error:
            text = f"certificate and key cannot be used, or the password is wrong: {_reason(error)}"
            raise TLSFileError("certificate", text) from error
        self._load_authorities(context)
        return context

    def _check_readable(self, field: str) -> None:
        path: Path | None = getattr(self, field)
        try:
            if path is not None:
                path.open("rb").close()
        except OSError as error:
            raise TLSFileError(field, f"{path} cannot be read: {error.strerror or error}") from error

    def _load_authorities(self, context: ssl.SSLContext) -> None:
        try:
            context.load_verify_locations(self.authorities)
        except ssl.SSLError as error:
            text = f"{self.authorities} contains no certificate that can be used: {_reason(error)}"
            raise TLSFileError("authorities", text) from error
        if self.revocation_list is None:
            return
        text = f"{self.revocation_list} contains no revocation list"
        try:
            context.load_verify_locations(self.revocation_list)
        except ssl.SSLError as error:
            raise TLSFileError("revocation_list", text) from error
        if not context.cert_store_stats()["crl"]:
            raise TLSFileError("revocation_list", text)
        context.verify_flags |= _REVOCATION[self.revocation_check]

    def _password(self) -> bytes:
        """Return the password of the key; asked for only if it is encrypted."""
        if self.key_password_file is not None:
            return self.key_password_file.read_bytes().split(b"\n")[0].rstrip(b"\r")
        if self.key_password_variable is None:
            text = "the key is encrypted: key_password_file or key_password_variable is needed"
            raise TLSFileError("key", text)
        password = os.environ.get(self.key_password_variable)
        if password is None:
            text = f"the environment variable {self.key_password_variable} is not set"
            raise TLSFileError("key_password_variable", text)
        return password.encode()


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or str(error)).replace("_", " ").lower()


class TLSSocket(ssl.SSLSocket):
    """A non-blocking TLS socket that says `BlockingIOError` as any other socket does."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Return what came; b"" at the end."""
        try:
            return super().recv(buflen, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
            raise BlockingIOError from error

    def send(self, data: Any, flags: int = 0) -> int:
        """Send some; returns how many bytes."""
        try:
            return super().send(data, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
            raise BlockingIOError from error

    def send_close_notify(self) -> None:
        """Send close_notify, if the connection takes it now."""
        with suppress(OSError, ValueError):  # the peer is gone, or does not answer: closing is all that remains
            self.unwrap()


class StoppedError(OSError):
    """The association was stopped while its handshake went on."""


def client_speaks_tls(connection: socket.socket, woken: socket.socket, deadline: float) -> bool:
    """Wait for the first byte of a client, without taking it; whether it speaks TLS.

    Raises
    ------
    OSError
        Nothing came in time (TimeoutError), the peer is gone, or the association was stopped.
    """
    while True:
        _await(connection, woken, select.POLLIN, deadline)
        with suppress(BlockingIOError):
            first = connection.recv(1, socket.MSG_PEEK)
            if not first:
                raise ConnectionResetError("the peer closed the connection before the handshake")
            return first[0] == HANDSHAKE_RECORD


def handshake(connection: ssl.SSLSocket, woken: socket.socket, deadline: float) -> None:
    """Lead a handshake to its end.

    Raises
    ------
    OSError
        It failed; `describe_tls_error` says why.
    """
    while True:
        try:
            connection.do_handshake()
            return
        except ssl.SSLWantReadError:
            _await(connection, woken, select.POLLIN, deadline)
        except ssl.SSLWantWriteError:
            _await(connection, woken, select.POLLOUT, deadline)


def close_unwanted(connection: socket.socket, woken: socket.socket) -> None:
    """End a connection that is not wanted by FIN, not by RST: what the peer says is read and dropped meanwhile."""
    deadline = time.monotonic() + DRAIN_TIMEOUT_S
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_WR)
        while True:
            _await(connection, woken, select.POLLIN, deadline)
            if not socket.socket.recv(connection, 1 << 16):
                return


def _await(connection: socket.socket, woken: socket.socket, events: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(connection, events)
    poll.register(woken, select.POLLIN)
    ready = dict(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
    if woken.fileno() in ready:
        raise StoppedError("stopped by the workstation")
    if not ready:
        raise TimeoutError("no TLS handshake in time")


def describe_tls_error(error: OSError) -> str:
    """Say what ended a handshake, or a session."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of the peer is refused: {error.verify_message.rstrip('.')}"
    if isinstance(error, ssl.SSLEOFError | ConnectionError | BrokenPipeError):
        return str(error.args[0]) if len(error.args) == 1 else "the peer closed the connection during the handshake"
    if isinstance(error, ssl.SSLError):
        reason = error.reason or "unknown reason"
        return _IN_WORDS.get(reason, reason.replace("_", " ").lower())
    return str(error)


def names_of(connection: object) -> tuple[str, ...]:
    """Return the names that the peer's certificate bears: DNS names, addresses, common name; none if it shows none."""
    shown = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
    return tuple(dict.fromkeys(_names(dict(shown)))) if shown else ()


def _names(certificate: dict[str, Any]) -> Iterator[str]:
    for _, name in certificate.get("subjectAltName", ()):
        yield name
    for attributes in certificate.get("subject", ()):
        for key, value in attributes:
            if key == "commonName":
                yield value
