"""Bytes inside plain values, on their way through JSON: each becomes an object of its base64 text, and back.

Invariants: what went in comes out the same; nothing else is touched.
"""

from __future__ import annotations

import base64
from typing import Final

KEY: Final = "base64"


def encode(value: object) -> object:
    """Return plain values with their bytes as text."""
    match value:
        case bytes() | bytearray() | memoryview():
            return {KEY: base64.b64encode(value).decode("ascii")}
        case dict():
            return {name: encode(each) for name, each in value.items()}
        case list() | tuple():
            return [encode(each) for each in value]
    return value


def decode(value: object) -> object:
    """Return plain values with their bytes as bytes."""
    match value:
        case {"base64": str(text), **others} if not others:
            return base64.b64decode(text)
        case dict():
            return {name: decode(each) for name, each in value.items()}
        case list():
            return [decode(each) for each in value]
    return value
