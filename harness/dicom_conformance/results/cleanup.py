"""`cleanup.txt`: what a run left at the subject, one study a line, for a person to delete.

Invariants: the processes of one run write it under a lock, as soon as something is stored, so that an interrupted run
has it, too. A study that is listed already is not listed again. It is never redacted: a person has to find the studies.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from dicom_conformance.files import lock, write_whole
from dicom_wire.wording import printable

CLEANUP: Final = "cleanup.txt"


def list_for_cleanup(folder: Path, stored: Iterable[tuple[str, str, str]], origin: str) -> None:
    """Add what was stored to the list, as far as it is not there.

    Parameters
    ----------
    folder : Path
        The output folder of the run.
    stored : iterable of (str, str, str)
        Patient ID, Study Instance UID and SOP Instance UID of each instance. One whose study is unknown gets a line of
        its own.
    origin : str
        What stored it: a case or a study of the fixtures.
    """
    lines = list(dict.fromkeys(_line(*map(printable, one)) for one in stored))
    if not lines:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / CLEANUP).open("a+", encoding="utf-8") as file:
        lock(file.fileno(), wait=True)
        file.seek(0)
        known = {_study(line) for line in file}
        file.writelines(f"{line}  ({origin})\n" for line in lines if line not in known)


def list_of_all(output: Path, folders: Iterable[Path]) -> None:
    """Put the lists of several runs together, each study once; write nothing where there is no list."""
    lists = [folder / CLEANUP for folder in folders if (folder / CLEANUP).is_file()]
    found: dict[str, str] = {}
    for each in lists:
        for line in each.read_text(encoding="utf-8").splitlines():
            found.setdefault(_study(line), line)
    if lists:
        write_whole(output / CLEANUP, "".join(f"{line}\n" for line in found.values()))


def _study(line: str) -> str:
    """Give a line without its origin."""
    return line.rpartition("  (")[0] or line


def _line(patient_id: str, study_instance_uid: str, sop_instance_uid: str) -> str:
    if study_instance_uid:
        return f"PatientID {patient_id or '(empty)'}  StudyInstanceUID {study_instance_uid}"
    return f"SOPInstanceUID {sop_instance_uid}"
