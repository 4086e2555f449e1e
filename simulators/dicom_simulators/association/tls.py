"""TLS for simulators: what one side of a connection says of itself, and the handshake in the thread that leads it.

Invariants: a handshake has a deadline and delays nobody but its own connection; why it failed is reported in the
words of OpenSSL. A simulator may be set to be outdated (one old version of TLS, one cipher suite), to show no
certificate, or not to look at the peer's: it is a peer to test with, and nothing here makes it safe.

References
----------
PS3.15 Annex B (TLS profiles).
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from dicom_simulators import readiness

VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}

# lowest and highest version, cipher suites up to TLS 1.2 (OpenSSL's names), OpenSSL's security level
_PROFILES = {
    "bcp195": ("1.2", "1.3", "ECDHE+AESGCM", 2),
    "bcp195_non_downgrading": ("1.2", "1.3", "ECDHE+AESGCM:DHE+AESGCM", 2),
    "aes": ("1.0", "1.2", "AES128-SHA", 0),
    "basic": ("1.0", "1.2", "DES-CBC3-SHA:AES128-SHA", 0),
}

_VERIFY = {"required": ssl.CERT_REQUIRED, "optional": ssl.CERT_OPTIONAL, "off": ssl.CERT_NONE}

_versions_lock = threading.Lock()  # warnings.catch_warnings is not for several threads at once


class HandshakeError(Exception):
    """No TLS session came about; the text says why."""


@dataclass(frozen=True, slots=True)
class TLS:
    """How a simulator speaks TLS.

    Attributes
    ----------
    certificate : Path
        PEM file of its certificate; if not given, none is shown, which is possible for a requestor only.
    key : Path
        PEM file of the private key; in the certificate's file if not given.
    key_password_file : Path, optional
        File whose first line is the password of an encrypted key.
    revocation_list : Path, optional
        PEM file of revoked certificates; a peer whose certificate is on it is refused.
    key_log : Path, optional
        File to which the secrets of each session are added (the format of SSLKEYLOGFILE); whoever has it and a capture
        reads everything.
    authorities : Path
        PEM file of the authorities that it trusts; if not given, the peer's certificate is not checked.
    profile : str
        Profile of PS3.15 Annex B.
    client_authentication : str
        As acceptor: whether a requestor must show a certificate.
    check_host : bool
        As requestor: whether the acceptor's certificate must name the called address.
    version : str, optional
        The only TLS version that it speaks, whatever the profile says.
    suites : str, optional
        Cipher suites up to TLS 1.2, by OpenSSL's names, whatever the profile says.
    """

    FILES: ClassVar[tuple[str, ...]] = (
        *("certificate", "key", "authorities", "key_password_file", "revocation_list", "key_log"),
    )
    """The attributes that are files."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    certificate: Path | None = None
    key: Path | None = None
    authorities: Path | None = None
    profile: Literal["bcp195", "bcp195_non_downgrading", "aes", "basic"] = "bcp195"
    client_authentication: Literal["required", "optional", "off"] = "required"
    check_host: bool = True
    version: Literal["1.0", "1.1", "1.2", "1.3"] | None = None
    suites: str | None = None
    key_password_file: Path | None = None
    revocation_list: Path | None = None
    key_log: Path | None = None

    def acceptor_context(self) -> ssl.SSLContext:
        """Return the context in which connections are accepted.

        Raises
        ------
        OSError
            A file cannot be read, or is no certificate or key.
        """
        context = self._context(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = _VERIFY[self.client_authentication] if self.authorities else ssl.CERT_NONE
        return context

    def requestor_context(self) -> ssl.SSLContext:
        """Return the context in which connections are made; OSError as above."""
        context = self._context(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = self.check_host and self.authorities is not None
        context.verify_mode = ssl.CERT_REQUIRED if self.authorities else ssl.CERT_NONE
        return context

    def _context(self, purpose: int) -> ssl.SSLContext:
        for file in (self.certificate, self.key, self.authorities, self.revocation_list):
            if file is not None:
                file.open("rb").close()  # OpenSSL does not say which file it cannot open
        lowest, highest, suites, level = _PROFILES[self.profile]
        context = ssl.SSLContext(purpose)
        is_old = self.version in ("1.0", "1.1")
        context.set_ciphers(f"{self.suites or ('ALL' if is_old else suites)}:@SECLEVEL={0 if is_old else level}")
        with _versions_lock, warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # old versions are requested on purpose
            context.minimum_version = VERSIONS[self.version or lowest]
            context.maximum_version = VERSIONS[self.version or highest]
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key, self._password)
        if self.authorities is not None:
            context.load_verify_locations(self.authorities)
        if self.revocation_list is not None:
            context.load_verify_locations(self.revocation_list)
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        if self.key_log is not None:
            self.key_log.touch(mode=0o600)  # it holds secrets
            context.keylog_filename = str(self.key_log)
        return context

    def _password(self) -> bytes:
        """Give the password of an encrypted key; OpenSSL would ask the terminal."""
        if self.key_password_file is None:
            raise OSError("the key is encrypted, and no key_password_file is given")
        return self.key_password_file.read_bytes().splitlines()[0]


def in_words(error: OSError) -> str:
    """Say what ended a handshake or session."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate of the peer refused: {error.verify_message.rstrip('.')}"
    if isinstance(error, ssl.SSLEOFError | ConnectionError):
        return "the peer closed the connection during the handshake"
    if isinstance(error, ssl.SSLError) and error.reason:
        text = error.reason.replace("_", " ").lower()
        return f"the peer reports: {text}" if "ALERT" in error.reason else text
    if isinstance(error, TimeoutError):
        return "the handshake did not finish in time"
    return error.strerror or str(error)


class RelayedSocket(ssl.SSLSocket):
    """A non-blocking end of a relay that terminates TLS: it reads, writes and ends as a plain socket does."""

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        """Read what came; 0 at the end."""
        try:
            return super().recv_into(buffer, nbytes, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
            raise BlockingIOError from error

    def send(self, data: Any, flags: int = 0) -> int:
        """Send some; returns how many bytes."""
        try:
            return super().send(data, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
            raise BlockingIOError from error

    def shutdown(self, how: int) -> None:
        """Say close_notify and FIN; what still comes can be read."""
        with suppress(OSError, ValueError):
            self.unwrap()
        socket.socket.shutdown(self, how)


Pair = tuple[ssl.SSLSocket, ssl.SSLSocket]


@dataclass(frozen=True, slots=True)
class Termination:
    """How a relay ends TLS on both its sides: as acceptor towards the requestor, as requestor towards the acceptor."""

    near: TLS
    far: TLS

    def secure(self, near: socket.socket, far: socket.socket, far_host: str, wake: socket.socket, s: float) -> Pair:
        """Lead both handshakes, the acceptor's first, so that a refusal there is seen before anything is promised.

        Raises
        ------
        HandshakeError
            One failed, or the relay is to stop (`wake` became readable).
        """
        deadline = time.monotonic() + s
        outer, inner = self.near.acceptor_context(), self.far.requestor_context()
        for context in (outer, inner):
            context.sslsocket_class = RelayedSocket
        for sock in (near, far):
            sock.setblocking(False)
        far_end = inner.wrap_socket(far, do_handshake_on_connect=False, server_hostname=far_host)
        near_end = outer.wrap_socket(near, do_handshake_on_connect=False, server_side=True)
        for end in (far_end, near_end):
            try:
                _lead(end, wake, deadline)
            except OSError as error:
                near_end.close()
                far_end.close()
                raise HandshakeError(in_words(error)) from None
        return near_end, far_end


def _lead(end: ssl.SSLSocket, wake: socket.socket, deadline: float) -> None:
    while True:
        poll = readiness.make_poll()
        poll.register(wake, readiness.POLLIN)
        try:
            end.do_handshake()
            return
        except ssl.SSLWantReadError:
            poll.register(end, readiness.POLLIN)
        except ssl.SSLWantWriteError:
            poll.register(end, readiness.POLLOUT)
        ready = dict(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
        if not ready or wake.fileno() in ready:
            raise TimeoutError
