"""The token of the control interface: from the environment, or made afresh.

Invariants: a token never stands on a command line, where others could read it.
"""

from __future__ import annotations

import os
import secrets
from typing import Final

TOKEN_VARIABLE: Final = "WORKSTATION_CONTROL_TOKEN"


def token_from_environment() -> str | None:
    """Return the token that the environment holds, if it holds one."""
    return os.environ.get(TOKEN_VARIABLE) or None


def make_token() -> str:
    """Make a token that nobody can guess."""
    return secrets.token_urlsafe(24)
