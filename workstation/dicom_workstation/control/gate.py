"""The gate of the control interface: who may ask, and how much they may send.

Invariants: the token is checked before anything else, for every path, and before a byte of the body is read; a body
is read up to the limit of its route and no further; a fault of our own is answered as one, with its traceback in the
log.

References
----------
RFC 9110, 15.5.2 (401), 15.5.14 (413) and 15.6.1 (500); RFC 6750, 3 (the challenge).
"""

from __future__ import annotations

import asyncio
import json
import secrets
import traceback
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEBIBYTE: Final = 1 << 20
LIMITS_BYTES: Final[Mapping[tuple[str, str], int]] = MappingProxyType(
    {("POST", "/operations"): 16 * MEBIBYTE, ("PATCH", "/configuration"): MEBIBYTE}
)
"""How long a body may be, by method and path; a request to anywhere else has none."""
DRAINED_BYTES: Final = MEBIBYTE
DRAIN_TIMEOUT_S: Final = 1.0
"""How much of a refused body is read and dropped, so that a client that is still sending gets to read the answer."""

Header: TypeAlias = tuple[bytes, bytes]
CHALLENGE: Final[Header] = (b"www-authenticate", b"Bearer")
CLOSE: Final[Header] = (b"connection", b"close")


class BodyTooLongError(Exception):
    """The body is longer than its route allows."""


class Gate:
    """ASGI middleware in front of every route."""

    def __init__(self, app: ASGIApp, token: str, note: Callable[[str], None]) -> None:
        self._app = app
        self._bearer = b"Bearer " + token.encode()
        self._note = note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        incoming = _Incoming(receive)
        if not self._is_authorised(scope):
            await _refuse(incoming, send, 401, "the token is missing or wrong", CHALLENGE)
            return
        method, path = scope["method"], scope["path"]
        limit = LIMITS_BYTES.get((method, path), 0)
        try:
            body = await incoming.read(_announced_bytes(scope), limit)
        except BodyTooLongError:
            text = f"the body may have {limit} bytes at most" if limit else "this request takes no body"
            await _refuse(incoming, send, 413, f"{method} {path}: {text}")
            return
        if not incoming.is_gone:
            await self._answer(scope, _replayed(body, receive), send)

    def _is_authorised(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        return len(given) == 1 and secrets.compare_digest(_normalised(given[0]), self._bearer)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # whoever asks gets an answer, whatever it is
            self._note(traceback.format_exc().rstrip())
            if begun:
                raise
            await _begin(send, 500, f"internal error: {type(error).__name__}: {error}; see the log")
            await _end(send)


class _Incoming:
    """The body of a request, on its way."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._has_ended = False
        self.is_gone = False
        """Whether the client left before the body ended; what it sent is not acted on."""

    async def _part(self) -> bytes:
        message = await self._receive()
        if message["type"] != "http.request":
            self._has_ended = self.is_gone = True
            return b""
        self._has_ended = not message.get("more_body", False)
        part: bytes = message.get("body", b"")
        return part

    async def read(self, announced: int, limit: int) -> bytes:
        """Return the whole body.

        Raises
        ------
        BodyTooLongError
            If it announces more than `limit` bytes, which is seen before it is read, or turns out to have more.
        """
        if announced > limit:
            raise BodyTooLongError
        body = bytearray()
        while not self._has_ended:
            body += await self._part()
            if len(body) > limit:
                raise BodyTooLongError
        return bytes(body)

    async def drain(self) -> None:
        """Read and drop what still comes, up to a bound."""
        dropped = 0
        try:
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                while not self._has_ended and dropped < DRAINED_BYTES:
                    dropped += len(await self._part())
        except TimeoutError:
            return


def _normalised(authorization: bytes) -> bytes:
    """Write the scheme as we do: its case does not matter (RFC 9110, 11.1)."""
    scheme, _, rest = authorization.partition(b" ")
    return scheme.capitalize() + b" " + rest.strip()


def _announced_bytes(scope: Scope) -> int:
    """Return how long the body is said to be; 0 if nothing is said."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return max((int(value) for value in lengths if value.isdigit()), default=0)


def _replayed(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def read() -> Message:
        return {"type": "http.request", "body": waiting.pop(), "more_body": False} if waiting else await receive()

    return read


async def _refuse(incoming: _Incoming, send: Send, status: int, text: str, *headers: Header) -> None:
    """Answer before the body is read, drop what still comes, and close the connection."""
    await _begin(send, status, text, *headers, CLOSE)
    await incoming.drain()
    await _end(send)


async def _begin(send: Send, status: int, text: str, *headers: Header) -> None:
    body = json.dumps({"detail": text}).encode()
    described = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": described})
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _end(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})
