"""The SCU in a scenario: its operations by name, a move to a peer by its name, and misspelt arguments."""

from __future__ import annotations

import pytest
from test_court import Tiny
from test_runner import played

from dicom_conformance.errors import DataError
from dicom_conformance.results.findings import Verdict

SUBJECT = f"test_court:{Tiny.__name__}"
SCENARIO = """
id: storage/scu
title: The SCU asks an archive
clause: [PS3.4 C.4]
level: shall
peers:
  archive: {simulator: archive, holds: [{recipe: smallest, changes: {PatientID: A1}}], destinations: {vault: vault}}
  vault: {simulator: destination, ae_title: FAR}
  scu: {simulator: scu}
steps:
  - do: {ae: scu, operation: find, peer: archive, level: PATIENT, model: patient_root, keys: {PatientID: A1}}
  - do:
      ae: scu
      operation: move
      peer: archive
      model: patient_root
      level: PATIENT
      keys: {PatientID: A1}
      destination: vault
  - do: {ae: scu, operation: get, peer: archive, model: patient_root, level: PATIENT, keys: {PatientID: A1}}
  - expect:
      - outcome: {ae: scu, operation: find, result: success, matches: 1, match: [{PatientID: A1}]}
      - outcome: {ae: scu, operation: move, result: success, completed: 1, failed: 0, failed_instances: []}
      - dimse: {sender: archive, message: C-STORE-RQ, count: 2}
      - association: {requestor: archive, acceptor: vault, ends: released}
      - outcome: {ae: scu, operation: get, result: success, completed: 1, arrived: 1}
"""


def test_a_scenario_queries_moves_and_gets(tmp_path):
    outcome = played(tmp_path, SCENARIO, SUBJECT, 1)
    (result,) = outcome.results
    assert (result.verdict, [one.actual for one in result.findings if not one.met]) == (Verdict.PASS, [])


@pytest.mark.parametrize(
    ("written", "instead", "meant"),
    [
        ("operation: find", "operation: fnd", "a scu has no operation 'fnd'; did you mean find?"),
        ("keys: {PatientID: A1}}", "kyes: {PatientID: A1}}", "find has no argument 'kyes'; did you mean keys?"),
        ("      destination: vault", "      destnation: vault", "move has no argument 'destnation'; did you mean"),
    ],
)
def test_a_misspelt_argument_is_a_mistake_of_the_file(tmp_path, written, instead, meant):
    with pytest.raises(DataError, match=meant.replace("?", r"\?")):
        played(tmp_path, SCENARIO.replace(written, instead, 1), SUBJECT, 1)
