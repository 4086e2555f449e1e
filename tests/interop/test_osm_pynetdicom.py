"""The OSM against stock pynetdicom, in a process of its own: it stores, finds, moves, gets, and asks for commitment."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from dicom_simulators.data_sets import build
from dicom_simulators.destination import Destination
from dicom_wire import Recorder
from dicom_workstation.configuration import Configuration
from dicom_workstation.osm import OSMServer

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
STUDY = "2.25.94001"
DEADLINE_S = 120.0
CLIENT = r"""
import json, sys, threading
from pydicom import Dataset, dcmread
from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import (
    CTImageStorage, StorageCommitmentPushModel, StudyRootQueryRetrieveInformationModelFind as Find,
    StudyRootQueryRetrieveInformationModelGet as Get, StudyRootQueryRetrieveInformationModelMove as Move,
)

port, study, *files = int(sys.argv[1]), sys.argv[2], *sys.argv[3:]
instances = [dcmread(each) for each in files]
got, reports, has_report = [], [], threading.Event()

def on_store(event):
    got.append(str(event.request.AffectedSOPInstanceUID))
    return 0

def on_report(event):
    reports.append((event.event_type, len(event.event_information.get("ReferencedSOPSequence", [])),
                    len(event.event_information.get("FailedSOPSequence", []))))
    has_report.set()
    return 0, None

ae = AE("STOCK")
for each in (CTImageStorage, Find, Get, Move, StorageCommitmentPushModel):
    ae.add_requested_context(each)
assoc = ae.associate(
    "127.0.0.1", port, ae_title="OSM", ext_neg=[build_role(CTImageStorage, scp_role=True, scu_role=True)],
    evt_handlers=[(evt.EVT_C_STORE, on_store), (evt.EVT_N_EVENT_REPORT, on_report)],
)
assert assoc.is_established
said = {"stored": [assoc.send_c_store(each).Status for each in instances]}
keys = Dataset()
keys.QueryRetrieveLevel, keys.StudyInstanceUID, keys.NumberOfStudyRelatedInstances = "STUDY", study, None
answers = list(assoc.send_c_find(keys, Find))
said["found"] = [status.Status for status, _ in answers]
said["count"] = int(answers[0][1].NumberOfStudyRelatedInstances)
wanted = Dataset()
wanted.QueryRetrieveLevel, wanted.StudyInstanceUID = "STUDY", study
final = [status for status, _ in assoc.send_c_move(wanted, "DESTINATION", Move)][-1]
said["moved"] = [final.Status, final.NumberOfCompletedSuboperations]
final = [status for status, _ in assoc.send_c_get(wanted, Get)][-1]
said["got"] = [final.Status, final.NumberOfCompletedSuboperations, sorted(got)]
unknown = [status for status, _ in assoc.send_c_move(wanted, "NOBODY", Move)][-1]
said["unknown"] = unknown.Status
asked = Dataset()
asked.TransactionUID, asked.ReferencedSOPSequence = "2.25.94002", []
for uid in [*(each.SOPInstanceUID for each in instances), "2.25.404"]:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CTImageStorage, uid
    asked.ReferencedSOPSequence.append(item)
status, _ = assoc.send_n_action(asked, 1, StorageCommitmentPushModel, "1.2.840.10008.1.20.1.1")
said["asked"] = status.Status
assert has_report.wait(60)
said["reports"] = reports
assoc.release()
print(json.dumps(said))
"""


def test_stock_pynetdicom_does_everything_on_one_association(tmp_path: Path) -> None:
    study = {"StudyInstanceUID": STUDY, "SeriesInstanceUID": "2.25.94003"}
    instances = [build("smallest", CT, EXPLICIT, seed=940 + number, **study) for number in range(3)]
    files = []
    for number, one in enumerate(instances):
        files.append(tmp_path / f"{number}.dcm")
        files[-1].write_bytes(one.file_bytes())
    with Destination("destination", "DESTINATION", Recorder()) as destination:
        archives = {"d": {"ae_title": "DESTINATION", "host": destination.address[0], "port": destination.address[1]}}
        section = {"folder": str(tmp_path / "osm"), "keep_free_bytes": 0}
        with OSMServer(Configuration.from_keywords(archives=archives, osm=section)) as server:
            assert server.address is not None
            done = subprocess.run(
                [sys.executable, "-c", CLIENT, str(server.address[1]), STUDY, *map(str, files)],
                capture_output=True,
                text=True,
                timeout=DEADLINE_S,
                check=False,
            )
        arrived = {each.SOPInstanceUID: each.data_set for each in destination.stored}
    assert done.returncode == 0, done.stderr
    uids = sorted(one.SOPInstanceUID for one in instances)
    assert json.loads(done.stdout) == {
        "stored": [0, 0, 0],
        "found": [0xFF00, 0],
        "count": 3,
        "moved": [0, 3],
        "got": [0, 3, uids],
        "unknown": 0xA801,
        "asked": 0,
        "reports": [[2, 3, 1]],
    }
    assert arrived == {one.SOPInstanceUID: one.data_set for one in instances}
