"""A start-up check: the functions of pynetdicom that `upper_layer` replaces are those that it was written against."""

from __future__ import annotations


def check_pynetdicom() -> None:
    """Refuse another pynetdicom (filled in beside `upper_layer.REPLACED`)."""
