"""Numbers of things in messages, as they are written in English."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return the number with its noun, which gets a plural "s" unless there is exactly one."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
