"""The evidence of a case that was played: capture, timeline, pictures, and what the subject's commands wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from dicom_conformance.judge import pictures
from dicom_conformance.play.ruling import PlayedCase
from dicom_conformance.play.subjects.subject import CommandEnd
from dicom_conformance.results import Verdict
from dicom_conformance.scenario import Case
from dicom_conformance.trace import evidence


def write(output: Path, case: Case, played: PlayedCase, begin_ns: int, with_timeline: bool) -> str:
    """Write the evidence of a case; gives its folder, relative to the output folder."""
    assert played.trace is not None
    folder = f"evidence/{evidence.folder_name(case.id)}"
    shown = with_timeline or played.verdict is not Verdict.PASS
    drawn = pictures(played.trace, played.shows_films or shown, small_films=played.verdict is Verdict.PASS)
    further: dict[str, str | bytes] = {**played.further, **drawn}
    evidence.write(output / folder, played.trace, begin_ns, shown, further)
    return folder


def commands(ends: Sequence[CommandEnd]) -> str:
    """Give how the subject's commands ended as the text of `commands.json`."""
    return json.dumps([end.to_json() for end in ends], indent=1) + "\n"
