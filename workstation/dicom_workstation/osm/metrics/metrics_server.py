"""The page `/metrics`, on a loopback port.

Invariants: loopback only, and only for requests that name a loopback host, so that no web page of another site can read
it through a browser; nothing but this one page, nothing that changes anything. What a peer sent is never part of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Self

from dicom_workstation.osm.metrics.exposition import MEDIA_TYPE

HOST: Final = "127.0.0.1"
PATH: Final = "/metrics"
LOOPBACK: Final = ("127.0.0.1", "localhost")
_IDLE_S: Final = 10.0


class MetricsServer:
    """Serves the page; a context manager that starts and stops it.

    Parameters
    ----------
    page : callable
        Makes the text of the page, on whatever thread asks; what it raises is status 503 and a line of the log.
    port : int
        The port; 0 is any free one.
    note : callable
        Takes each line of the log.
    """

    def __init__(self, page: Callable[[], str], port: int, note: Callable[[str], None]) -> None:
        self._page, self._port, self._note = page, port, note
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> tuple[str, int]:
        """Listen; returns host and port. OSError where the port cannot be had."""
        server = _Server((HOST, self._port), _handler(self._page, self._note))
        self._server = server
        self._thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="osm-metrics", daemon=True
        )
        self._thread.start()
        return HOST, int(server.server_address[1])

    def stop(self) -> None:
        """Listen no more."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        self._server = self._thread = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


def _handler(page: Callable[[], str], note: Callable[[str], None]) -> type[BaseHTTPRequestHandler]:
    """Make the class of the requests to one page."""

    class Handler(BaseHTTPRequestHandler):
        timeout = _IDLE_S

        def do_GET(self) -> None:  # the name is that of the standard library
            """Answer with the page."""
            host = self.headers.get("Host", "")
            if host.rpartition(":")[0] not in LOOPBACK and host not in LOOPBACK:
                self._answer(HTTPStatus.MISDIRECTED_REQUEST, "not a host of this server\n")
            elif self.path.partition("?")[0] != PATH:
                self._answer(HTTPStatus.NOT_FOUND, f"only {PATH} is here\n")
            else:
                try:
                    text = page()
                except Exception as error:  # the index, perhaps; a scrape that fails says so
                    note(f"metrics: {type(error).__name__}: {error}")
                    self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "the figures cannot be read now; see the log\n")
                else:
                    self._answer(HTTPStatus.OK, text)

        def _answer(self, status: HTTPStatus, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", MEDIA_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Requests are not worth a line of the log."""

    return Handler
