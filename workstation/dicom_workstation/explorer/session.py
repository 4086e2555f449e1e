"""Who may use the explorer: the token of the link becomes a cookie, and each session has a token for its forms.

Invariants: the token is compared in constant time and never stands in a page; a cookie is for this process alone, and
ends when it was not used for `IDLE_S`.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

IDLE_S: Final = 8 * 3600.0
MOST_SESSIONS: Final = 64


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that came by the link.

    Parameters
    ----------
    key : str
        The value of its cookie.
    csrf : str
        What each of its forms must bear.
    """

    key: str
    csrf: str


class Sessions:
    """The sessions of one explorer."""

    def __init__(self, token: str, now: Callable[[], float] = time.monotonic) -> None:
        self._token = token
        self._now = now
        self._lock = threading.Lock()
        self._last_used: dict[str, tuple[Session, float]] = {}

    def enter(self, token: str) -> Session | None:
        """Begin a session; None if the token is not the one of the link."""
        if not secrets.compare_digest(token.encode(), self._token.encode()):
            return None
        session = Session(secrets.token_urlsafe(24), secrets.token_urlsafe(24))
        with self._lock:
            while len(self._last_used) >= MOST_SESSIONS:
                del self._last_used[min(self._last_used, key=lambda key: self._last_used[key][1])]
            self._last_used[session.key] = (session, self._now())
        return session

    def find(self, key: str) -> Session | None:
        """Return the session of a cookie, if there is one that has not ended; it counts as used now."""
        with self._lock:
            found = self._last_used.get(key)
            if found is None or self._now() - found[1] > IDLE_S:
                self._last_used.pop(key, None)
                return None
            self._last_used[key] = (found[0], self._now())
            return found[0]
