"""The gate of the explorer: which requests come through, and what every answer says to the browser.

Invariants: Host, cookie, origin and length are checked before a byte of a body is read; every answer forbids scripts,
styles and pictures from elsewhere, and being kept; a fault of our own is a page, with its traceback in the log.

References
----------
Content Security Policy Level 3; Fetch Metadata Request Headers (Sec-Fetch-Site)
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dicom_workstation.explorer.session import Sessions

MOST_BODY_BYTES: Final = 1 << 20
LOOPBACK: Final = frozenset(("127.0.0.1", "localhost"))
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
NO_STORE: Final = (b"cache-control", b"no-store")
CLOSED: Final = "This page belongs to a running workstation. Open the link that `workstation explore` printed.\n"


class Gate:
    """Checks requests before the site gets them; `note` writes into the log of the workstation."""

    def __init__(self, app: ASGIApp, sessions: Sessions, note: Callable[[str], None]) -> None:
        self._app = app
        self._sessions = sessions
        self._note = note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the site answer it."""
        if scope["type"] != "http":
            return
        answer = self._refusal(scope)
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                given = list(message.get("headers", []))
                kept = () if any(name == b"cache-control" for name, _ in given) else (NO_STORE,)
                message = {**message, "headers": [*given, *HEADERS, *kept]}
            await send(message)

        try:
            await (answer or self._app)(scope, receive, sending)
        except Exception as error:  # whoever asks gets an answer, whatever it is
            self._note(traceback.format_exc().rstrip())
            if begun:
                raise
            text = f"internal error: {type(error).__name__}: {error}; see the log\n"
            await PlainTextResponse(text, 500)(scope, receive, sending)

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to a request that the site does not get; None where it gets it."""
        request = Request(scope)
        if request.headers.get("host", "").rpartition(":")[0] not in LOOPBACK:
            return PlainTextResponse("the Host of the request is not this workstation\n", 421)
        port = request.url.port
        if request.url.path == "/enter":
            return self._entrance(request.query_params.get("token", ""), port)
        session = self._sessions.find(cookie_of(request.headers.get("cookie", ""), port))
        if session is None:
            return PlainTextResponse(CLOSED, 403)
        scope.setdefault("state", {})["session"] = session
        if request.method not in ("GET", "HEAD"):
            if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
                return PlainTextResponse("a form of another site is not taken\n", 403)
            length = request.headers.get("content-length", "")
            if not length.isdigit():
                return PlainTextResponse("a form must say how long it is\n", 411)
            if int(length) > MOST_BODY_BYTES:
                return PlainTextResponse("the form is too long\n", 413)
        return None

    def _entrance(self, token: str, port: int | None) -> Response:
        session = self._sessions.enter(token)
        if session is None:
            return PlainTextResponse(CLOSED, 403)
        answer = RedirectResponse("/devices", 303)
        answer.set_cookie(cookie_name(port), session.key, httponly=True, samesite="strict", path="/")
        return answer


def cookie_name(port: int | None) -> str:
    """Return the name of the cookie: browsers do not tell ports of one host apart, and several may run there."""
    return f"explorer_{port}"


def cookie_of(header: str, port: int | None) -> str:
    """Return the value of the explorer's cookie; empty if it is not there."""
    try:
        found = SimpleCookie(header).get(cookie_name(port))
    except CookieError:
        return ""
    return "" if found is None else found.value
