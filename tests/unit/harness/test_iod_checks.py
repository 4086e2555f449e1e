"""What programs of others find in instances that the subject sent becomes notes, and nothing else."""

from __future__ import annotations

import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hand_written import A, R, Talk

from dicom_conformance.iod_checks import Complaint, Dciodvfy, DicomValidator, IodChecker, checker, program
from dicom_conformance.play.instances import original
from dicom_conformance.results import Level
from dicom_conformance.trace.trace import Trace
from dicom_simulators.data_sets import Instance, build
from dicom_wire.capture.sighting import Recorder

CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
MISSING = Complaint("General Study", "Study Instance UID is missing")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stubs are scripts of POSIX")


class Stub:
    """Complains of each file that does not have some bytes."""

    name, edition, off = "stub", "PS3.3 2024c", ""

    def __init__(self, wanted: bytes = b"STUDY", fails: bool = False) -> None:
        self.wanted, self.fails = wanted, fails
        self.calls: list[int] = []

    def check(self, files: Sequence[Path]) -> list[tuple[Complaint, ...]] | None:
        self.calls.append(len(files))
        if self.fails:
            return None
        return [() if self.wanted in file.read_bytes() else (MISSING,) for file in files]


def sent(*instances: Instance, by: str = "subject", given: Sequence[Instance] = ()) -> Trace:
    """Have instances sent to an archive, of which some were given to the sender."""
    recorder = Recorder()
    talk = Talk(recorder, by, "archive")
    talk.opened((CT, (EXPLICIT,)))
    for number, one in enumerate(instances, 1):
        names = {"AffectedSOPClassUID": one.SOPClassUID, "AffectedSOPInstanceUID": one.SOPInstanceUID}
        talk.say(R, "C-STORE-RQ", one.data_set, 1, MessageID=number, Priority=0, **names)
        talk.say(A, "C-STORE-RSP", None, 1, MessageIDBeingRespondedTo=number, Status=0, **names)
    trace = Trace(recorder, subject="subject")
    trace.originals.update({one.SOPInstanceUID: original(one) for one in given})
    return trace


def ct(seed: int = 0, **changes: Any) -> Instance:
    return build("smallest", CT, EXPLICIT, seed, **{"StudyID": "STUDY", **changes})


def test_a_complaint_is_a_note_with_edition_and_module() -> None:
    (note,) = IodChecker([Stub()]).notes(sent(ct(StudyID="X"), ct(1, StudyID="Y"), ct(2)))
    assert (note.check, note.met, note.level, note.clause) == ("iod", False, Level.NOTE, "PS3.3 A")
    assert note.expected == "module General Study that is valid by PS3.3 2024c, as stub reads it"
    assert note.actual.startswith("Study Instance UID is missing (2 instances, the first is 2.25.")


def test_nothing_is_said_of_valid_instances_nor_of_what_others_sent() -> None:
    stub = Stub()
    assert IodChecker([stub]).notes(sent(ct())) == ()
    assert IodChecker([stub]).notes(sent(ct(StudyID="X"), by="modality")) == ()
    assert stub.calls == [1]


def test_of_what_came_from_us_only_changes_count() -> None:
    bad, good = ct(StudyID="X"), ct(1)
    changed = build("smallest", CT, EXPLICIT, 1, StudyID="X", SOPInstanceUID=good.SOPInstanceUID)
    assert IodChecker([Stub()]).notes(sent(bad, given=[bad])) == ()
    (note,) = IodChecker([Stub()]).notes(sent(bad, changed, given=[bad, good]))
    assert good.SOPInstanceUID in note.actual


def test_a_data_set_is_checked_once_a_run_and_how_many_are_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checker, "MOST_OF_A_CASE", 3)
    monkeypatch.setattr(checker, "MOST_OF_A_RUN", 5)
    stub = Stub()
    checked = IodChecker([stub])
    five = [ct(seed) for seed in range(7)]
    checked.notes(sent(*five[:2]))
    checked.notes(sent(*five[:2]))
    checked.notes(sent(*five))
    checked.notes(sent(*five))
    assert stub.calls == [2, 3]


def test_many_complaints_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    stub = Stub()
    monkeypatch.setattr(
        stub, "check", lambda files: [tuple(Complaint("M", f"fault {number}") for number in range(14)) for _ in files]
    )
    notes = IodChecker([stub]).notes(sent(ct()))
    assert len(notes) == checker.MOST_COMPLAINTS + 1
    assert notes[-1].actual == "and 4 more complaints"


def test_a_program_that_fails_says_so_once_and_is_not_asked_again() -> None:
    stub = Stub(fails=True)
    checked = IodChecker([stub])
    (note,) = checked.notes(sent(ct()))
    assert "stub failed" in note.actual
    assert checked.notes(sent(ct(1))) == ()
    assert stub.calls == [1]


def test_uids_that_are_none_break_nothing() -> None:
    broken = Instance("Ü1.2\0", "1" * 90, EXPLICIT, b"\x08\x00\x16\x00UI")
    (note,) = IodChecker([Stub()]).notes(sent(broken))
    assert note.actual.startswith(MISSING.text)


# -- programs ---------------------------------------------------------------------------------------------------------


def script(path: Path, text: str) -> str:
    """Write a program."""
    path.write_text(f"#!{sys.executable}\nimport sys\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


DCIODVFY = """
if sys.argv[1] == "-version":
    print("dicom3tools Version: 1.00.snapshot.20220618093127", file=sys.stderr)
    sys.exit()
assert sys.argv[1] == "-new"
print("Warning - </Modality(0008,0060)> - Missing attribute or value that would be needed to build DICOMDIR")
print("CTImage", file=sys.stderr)
print("Error - </StudyInstanceUID(0020,000d)> - Missing attribute for Type 1 Required - Module=<GeneralStudy>")
print("Error - </A(0008,1140)[1]/SliceThickness(0018,0050)[1]> - Value invalid for this VR [DS] = <Doe> - Bad = 'D'")
"""


def test_dciodvfy(tmp_path: Path) -> None:
    found = Dciodvfy(script(tmp_path / "dciodvfy", DCIODVFY))
    assert (found.off, found.edition) == ("", "the standard of dicom3tools 2022-06-18")
    one, other = found.check([tmp_path / "a", tmp_path / "b"]) or [(), ()]
    assert one == other
    assert [(each.module, each.text) for each in one] == [
        ("General Study", "Study Instance UID (0020,000d) - Missing attribute for Type 1 Required"),
        ("", "A (0008,1140)[1] / Slice Thickness (0018,0050)[1] - Value invalid for this VR [DS] - Bad"),
    ]


def test_dciodvfy_that_is_not_there_or_says_no_version_is_off(tmp_path: Path) -> None:
    assert Dciodvfy(str(tmp_path / "none")).off == "not installed"
    silent = Dciodvfy(script(tmp_path / "silent", ""))
    assert (silent.off, silent.edition) == ("it does not tell its version", "")


@pytest.mark.parametrize(
    "text", ["import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "import threading; threading.Event().wait(60)"]
)
def test_a_program_that_crashes_or_takes_too_long_has_failed(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "PROGRAM_S", 1.0)
    assert Dciodvfy(script(tmp_path / "p", text)).check([tmp_path / "a"]) is None


VALIDATOR = """
import json, pathlib
words = sys.argv[1:]
folder = pathlib.Path(words[words.index("--standard-path") + 1])
assert words[words.index("--edition") + 1] == "local"
assert json.loads((folder / "editions.json").read_text()) == ["2024c"]
assert (folder / "2024c" / "json" / "version").read_text() == "0.9.0"
for number, file in enumerate(words[words.index("--suppress-vr-warnings") + 1:]):
    if number == 1:
        print("Unknown or retired SOP Class UID: 1.2.3")
        continue
    print(f"Validating DICOM file {file}")
    print('SOP class is "1.2.840.10008.5.1.4.1.1.2" (CT Image IOD)')
    if number == 0:
        print('\\nErrors\\n======\\n\\nModule "General Study":\\nTag (0020,000D) (Study Instance UID) is missing')
        print("Tag (0008,0060) (Modality) - enum value 'DOE' not allowed,\\n  allowed values: CT\\n\\n======")
sys.exit(2)
"""


@pytest.fixture
def standard(tmp_path: Path) -> Path:
    """A copy of the standard, as dicom-validator keeps it, and a newer one of which a part is missing."""
    for edition, missing in (("2024c", ""), ("2025a", "docbook/part04.xml")):
        for name in ("part03.xml", "part04.xml", "part06.xml"):
            _file(tmp_path / "standard" / edition / "docbook" / name, "<book/>")
        for name in ("dict_info.json", "iod_info.json", "module_info.json", "uid_info.json"):
            _file(tmp_path / "standard" / edition / "json" / name, "{}")
        _file(tmp_path / "standard" / edition / "json" / "version", "0.9.0")
        if missing:
            (tmp_path / "standard" / edition / missing).unlink()
    return tmp_path / "standard"


def _file(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_dicom_validator(tmp_path: Path, standard: Path) -> None:
    found = DicomValidator(script(tmp_path / "validate_iods", VALIDATOR), standard)
    assert (found.off, found.edition) == ("", "PS3.3 2024c")
    assert found.check([tmp_path / "a", tmp_path / "b", tmp_path / "c"]) == [
        (
            Complaint("General Study", "(0020,000D) (Study Instance UID) is missing"),
            Complaint("General Study", "(0008,0060) (Modality) - enum value not allowed"),
        ),
        (),
        (),
    ]


@pytest.mark.parametrize("end", ["raise SystemExit(1)", "raise KeyError('group_macros')"])
def test_dicom_validator_that_stops_on_its_way_has_failed(tmp_path: Path, standard: Path, end: str) -> None:
    text = f"print('Validating DICOM file {tmp_path / 'a'}')\n{end}"
    found = DicomValidator(script(tmp_path / "validate_iods", text), standard)
    assert found.check([tmp_path / "a", tmp_path / "b"]) is None
    if "KeyError" in end:
        assert found.check([tmp_path / "a"]) is None


def test_dicom_validator_never_fetches_the_standard(tmp_path: Path, standard: Path) -> None:
    path = script(tmp_path / "validate_iods", VALIDATOR)
    assert DicomValidator(path, tmp_path / "none").off == "its copy of the standard is not there"
    (standard / "2024c" / "docbook" / "part06.xml").unlink()
    assert DicomValidator(path, standard).off == "its copy of the standard is not there"
    assert DicomValidator(str(tmp_path / "none"), standard).off == "not installed"
