"""A request to an ASGI application without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answered:
    """What the application answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(app: Any, method: str, address: str, headers: Mapping[str, str], body: bytes = b"", **scope: Any) -> Answered:
    """Ask, with `scope` beside what every request has; the address may have a query."""
    return asyncio.run(_ask(app, method, address, headers, body, scope))


async def _ask(
    app: Any, method: str, address: str, headers: Mapping[str, str], body: bytes, further: Mapping[str, Any]
) -> Answered:
    told: list[dict[str, Any]] = []
    path, _, query = address.partition("?")

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1:8"), *((name.encode(), value.encode()) for name, value in headers.items())],
        "server": ("127.0.0.1", 8),
        "client": ("127.0.0.1", 9),
        **further,
    }
    await app(scope, receive, send)
    answered = {name.decode(): value.decode() for name, value in told[0]["headers"]}
    return Answered(told[0]["status"], answered, b"".join(each.get("body", b"") for each in told[1:]))
