"""The evidence of a case that was played: capture, timeline, pictures, and what the subject's commands wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dicom_conformance.judge import keys_asked, marks, pictures
from dicom_conformance.play.ruling import PlayedCase
from dicom_conformance.play.subjects import CommandEnd, Foreign, Subject
from dicom_conformance.results import Result, Verdict, list_for_cleanup
from dicom_conformance.scenario import Case
from dicom_conformance.trace import Redaction, Trace, evidence, instances_stored_at


def write(
    output: Path, case: Case, played: PlayedCase, begin_ns: int, with_timeline: bool, redaction: Redaction | None
) -> str:
    """Write the evidence of a case; gives its folder, relative to the output folder.

    With a redaction there are no pictures: names may be part of them.
    """
    assert played.trace is not None
    if redaction is not None:
        for key, value in keys_asked(played.trace.operations):
            redaction.note_key(key, value)
    folder = f"evidence/{evidence.folder_name(case.id)}"
    shown = with_timeline or played.verdict is not Verdict.PASS
    drawn = (
        {}
        if redaction
        else pictures(played.trace, played.shows_films or shown, small_films=played.verdict is Verdict.PASS)
    )
    further: dict[str, str | bytes] = {**played.further, **drawn}
    marked = marks(played.trace, played.findings, "; ".join(case.clause), case.level) if shown else []
    evidence.write(output / folder, played.trace, begin_ns, shown, further, redaction, marked)
    return folder


def redaction_of(secret: str, subject: Subject) -> Redaction | None:
    """Begin the redaction of a case; the subject's host and AE titles are redacted wherever they occur."""
    if not secret:
        return None
    at = subject.address if isinstance(subject, Foreign) else None
    known = {address.ae_title for address in subject.peers.values()}
    words = known | {at.ae_title, at.host} if at else known
    return Redaction(secret.encode(), frozenset(word for word in words if len(word) > 2))


def list_stored(output: Path, case: Case, trace: Trace) -> None:
    """List what a case left at the subject, where nothing is deleted by us."""
    stored = instances_stored_at(trace, trace.subject)
    names = ((one.patient_id, one.study_instance_uid, one.sop_instance_uid) for one in stored)
    list_for_cleanup(output, names, case.id)


def redacted(result: Result, redaction: Redaction) -> Result:
    """Redact what a result says of the subject: its name, the reason, what was seen, what was asked of it."""
    text = redaction.text
    findings = tuple(
        replace(
            one,
            expected=text(one.expected),
            actual=text(one.actual),
            evidence=tuple(map(text, one.evidence)),
            parameters={key: text(value) for key, value in one.parameters.items()},
        )
        for one in result.findings
    )
    return replace(
        result,
        subject=text(result.subject),
        reason=text(result.reason),
        findings=findings,
        unobserved=tuple(map(text, result.unobserved)),
        parameters={key: text(value) for key, value in result.parameters.items()},
        values={key: text(value) for key, value in result.values.items()},
    )


def commands(ends: Sequence[CommandEnd]) -> str:
    """Give how the subject's commands ended as the text of `commands.json`."""
    return json.dumps([end.to_json() for end in ends], indent=1) + "\n"
