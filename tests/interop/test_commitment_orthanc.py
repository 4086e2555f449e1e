"""Storage commitment of the archive against Orthanc, which asks for it and takes the report on a new association."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dicom_simulators.archive.archive import Archive
from dicom_simulators.data_sets import build
from dicom_wire import Recorder
from foreign_programs import until
from orthanc import Orthanc, orthanc

pytestmark = pytest.mark.peer("orthanc")

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"


def report_on(peer: Orthanc, pairs: list[tuple[str, str]]) -> dict[str, Any]:
    asked = peer.ask("/modalities/archive/storage-commitment", {"DicomInstances": [list(pair) for pair in pairs]})
    path = asked["Path"]
    until(lambda: peer.http.get(path).json()["Status"] != "Pending", "Orthanc has the report")
    found: dict[str, Any] = peer.http.get(path).json()
    return found


@pytest.mark.parametrize("reports_on", ["same_association", "new_association"])
def test_orthanc_learns_what_is_committed_and_what_is_not(tmp_path: Path, reports_on: str) -> None:
    held = build("smallest", CT, EXPLICIT, seed=1)
    archive = Archive("archive", "ARCHIVE", Recorder(), instances=[held], reports_on=reports_on, report_retry_s=0.2)
    with archive, orthanc(tmp_path, {}) as peer:
        peer.know("archive", "ARCHIVE", archive.address)
        archive.destinations["ORTHANC"] = ("127.0.0.1", peer.port)
        whole = report_on(peer, [(CT, held.SOPInstanceUID)])
        partly = report_on(peer, [(CT, held.SOPInstanceUID), (CT, "2.25.404")])
    assert whole["Status"] == "Success", archive.log
    assert [one["SOPInstanceUID"] for one in whole["Success"]] == [held.SOPInstanceUID]
    assert partly["Status"] == "Failure"
    assert [one["SOPInstanceUID"] for one in partly["Success"]] == [held.SOPInstanceUID]
    assert [(one["SOPInstanceUID"], one["FailureReason"]) for one in partly["Failures"]] == [("2.25.404", 0x0112)]
