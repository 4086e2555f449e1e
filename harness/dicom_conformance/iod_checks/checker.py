"""Which instances are checked, and what becomes of what the programs say."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from dicom_conformance.files import counted
from dicom_conformance.iod_checks.dciodvfy import Dciodvfy
from dicom_conformance.iod_checks.dicom_validator import DicomValidator
from dicom_conformance.iod_checks.program import Complaint, Program
from dicom_conformance.results import Finding, Level
from dicom_conformance.trace import Held, Trace
from dicom_simulators.data_sets import Instance
from dicom_wire.capture import Side

CHECK = "iod"
MOST_OF_A_CASE = 20
MOST_OF_A_RUN = 500
"""How many instances are checked."""
MOST_COMPLAINTS = 10
"""How many different complaints of one program become notes of a case."""
MOST_BYTES = 1 << 26
_UNLIKE_A_UID = re.compile(r"[^0-9.]")


def programs() -> tuple[Program, ...]:
    """Give every program that is known, installed or not."""
    return Dciodvfy(), DicomValidator()


class IodChecker:
    """Checks what the subject sends; each data set once a run.

    Parameters
    ----------
    programs : sequence of Program
        Those that are off are passed over. One that fails is not asked again.
    """

    def __init__(self, programs: Sequence[Program]) -> None:
        self._programs = [one for one in programs if not one.off]
        self._seen: set[bytes] = set()

    def notes(self, trace: Trace) -> tuple[Finding, ...]:
        """Give notes about the instances that the subject sent in a case."""
        sent = list(self._new(trace)) if self._programs else []
        if not sent:
            return ()
        notes: list[Finding] = []
        with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
            files, originals = _written(sent, trace, Path(folder))
            for program in tuple(self._programs):
                found = program.check([*files, *originals.values()])
                if found is None:
                    self._programs.remove(program)
                    notes.append(_note(program, "", f"{program.name} failed, and checks no more in this run"))
                    continue
                said = dict(zip([*files, *originals.values()], found, strict=True))
                new = [
                    (one, [each for each in said[file] if each not in said.get(originals.get(file, file), ())])
                    if file in originals
                    else (one, list(said[file]))
                    for one, file in zip(sent, files, strict=True)
                ]
                notes += _notes(program, new)
        return tuple(notes)

    def _new(self, trace: Trace) -> Iterator[Held]:
        """Give the instances that the subject sent, and that were not yet checked."""
        count = 0
        for conversation, message in trace.messages():
            sender = conversation.requestor if message.side is Side.REQUESTOR else conversation.acceptor
            raw, syntax = message.data_set, message.transfer_syntax
            if sender != trace.subject or message.name != "C-STORE-RQ" or not raw or syntax is None:
                continue
            known = hashlib.sha256(syntax.encode() + raw).digest()
            if known in self._seen or len(raw) > MOST_BYTES:
                continue
            if count == MOST_OF_A_CASE or len(self._seen) >= MOST_OF_A_RUN:
                return
            self._seen.add(known)
            count += 1
            sop_class = message.command.text("AffectedSOPClassUID") or ""
            yield Held(sop_class, message.command.text("AffectedSOPInstanceUID") or "", syntax, bytes(raw))


def _written(sent: Sequence[Held], trace: Trace, folder: Path) -> tuple[list[Path], dict[Path, Path]]:
    """Write each instance, and its original where it came from us, as Part 10 files."""
    files: list[Path] = []
    originals: dict[Path, Path] = {}
    for number, one in enumerate(sent, 1):
        file = _write(one, folder / f"{number}.dcm")
        files.append(file)
        original = _original(one, trace)
        if original is not None:
            originals[file] = _write(original, folder / f"{number}-original.dcm")
    return files, originals


def _write(one: Held, path: Path) -> Path:
    sop_class, uid = (_UNLIKE_A_UID.sub("", each)[:64] for each in (one.SOPClassUID, one.SOPInstanceUID))
    instance = Instance(sop_class, uid, one.transfer_syntax, one.data_set)
    path.write_bytes(instance.file_bytes())
    return path


def _original(one: Held, trace: Trace) -> Held | None:
    given = trace.originals.get(one.SOPInstanceUID)
    if given is not None or trace.known is None:
        return given
    known = trace.known.find("IMAGE", one.SOPInstanceUID)
    return None if known is None or known.original is None else known.original()


def _notes(program: Program, said: Sequence[tuple[Held, Sequence[Complaint]]]) -> list[Finding]:
    """Give a note for each complaint, with the instances that it is about."""
    about: dict[Complaint, list[Held]] = {}
    for one, complaints in said:
        for complaint in complaints:
            about.setdefault(complaint, []).append(one)
    notes = [
        _note(program, complaint.module, f"{complaint.text} ({_instances(instances)})")
        for complaint, instances in list(about.items())[:MOST_COMPLAINTS]
    ]
    more = len(about) - MOST_COMPLAINTS
    return [*notes, _note(program, "", f"and {counted(more, 'more complaint')}")] if more > 0 else notes


def _instances(instances: Sequence[Held]) -> str:
    first = instances[0].SOPInstanceUID
    return first if len(instances) == 1 else f"{counted(len(instances), 'instance')}, the first is {first}"


def _note(program: Program, module: str, actual: str) -> Finding:
    expected = (
        f"{f'module {module}' if module else 'a data set'} that is valid by {program.edition}, as {program.name} "
    )
    return Finding(
        CHECK,
        False,
        level=Level.NOTE,
        clause="PS3.3 A",
        requirement="An instance is valid by its IOD",
        expected=f"{expected}reads it",
        actual=actual,
    )
