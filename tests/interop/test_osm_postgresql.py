"""The OSM with its index in PostgreSQL, as an operator runs it: DCMTK stores, finds and gets, also after a kill."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
import pytest

from dicom_simulators.data_sets import build
from foreign_programs import DEADLINE_S, require, run

pytestmark = pytest.mark.peer("dcmtk")

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
STUDY = "2.25.93001"
OSM = (sys.executable, "-m", "dicom_conformance", "workstation", "osm")


@contextmanager
def serving(*options: object) -> Iterator[tuple[subprocess.Popen[str], tuple[str, int]]]:
    """Run `osm serve` while the block lasts; it is killed if it still runs then."""
    with subprocess.Popen([*OSM, "serve", *map(str, options)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            yield process, (ready["host"], ready["port"])
        finally:
            process.kill()


def said(command: str, *options: object) -> dict[str, object]:
    done = subprocess.run(
        [*OSM, command, "--json", *map(str, options)], capture_output=True, text=True, timeout=DEADLINE_S, check=True
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_dcmtk_finds_and_gets_what_was_kept_before_a_kill(tmp_path: Path, empty_database: str) -> None:
    require("storescu", "findscu", "getscu", package="dcmtk")
    files = []
    for seed in (930, 931):
        study = {"StudyInstanceUID": STUDY, "PatientName": "MÜLLER^JOSÉ", "SpecificCharacterSet": "ISO_IR 192"}
        files.append(tmp_path / f"{seed}.dcm")
        files[-1].write_bytes(build("smallest", CT, EXPLICIT, seed=seed, **study).file_bytes())
    options = ("--folder", tmp_path / "archive", "--database", empty_database)
    with serving(*options) as (_, address):
        run("storescu", "-xe", "-aec", "OSM", *address, *files, check=True)
    with serving(*options) as (process, address):
        (tmp_path / "found").mkdir()
        keys = ("QueryRetrieveLevel=STUDY", "PatientName=muller^*", "StudyInstanceUID", "NumberOfStudyRelatedInstances")
        asked = [word for key in keys for word in ("-k", key)]
        run("findscu", "-S", "-aec", "OSM", "-X", "-od", tmp_path / "found", *asked, *address, check=True)
        (answer,) = [pydicom.dcmread(path, force=True) for path in (tmp_path / "found").iterdir()]
        assert (str(answer.PatientName), int(answer.NumberOfStudyRelatedInstances)) == ("MÜLLER^JOSÉ", 2)
        (tmp_path / "got").mkdir()
        wanted = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}")
        run("getscu", "-S", "-aec", "OSM", "-od", tmp_path / "got", *wanted, *address, check=True)
        assert {path.read_bytes()[-64:] for path in (tmp_path / "got").iterdir()} == {
            path.read_bytes()[-64:] for path in files
        }
        assert said("status", *options)["instances"] == 2
        process.terminate()
        assert process.wait(DEADLINE_S) == 0
    assert said("verify", *options)["faults"] == []
    assert said("rebuild", *options)["instances"] == 2
