"""The check `log`: what an AE wrote in its log."""

from __future__ import annotations

from pydantic import model_validator

from harness.checks.wanted import Texts, Wanted


class LogWanted(Wanted):
    """Texts that the log of `ae` must, or must not, contain (letter case aside)."""

    ae: str = "workstation"
    contains: Texts = ()
    absent: Texts = ()

    @model_validator(mode="after")
    def _something(self) -> LogWanted:
        if not (self.contains or self.absent):
            raise ValueError("one of contains, absent is needed")
        return self
