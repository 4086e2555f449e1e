"""Rendering only: results in, pages out. It judges nothing."""

from .page import render

__all__ = ["render"]
