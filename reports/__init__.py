"""Rendering only: results in, pages out. Judges nothing, decides nothing."""

from .page import render

__all__ = ["render"]
