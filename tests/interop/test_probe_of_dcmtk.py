"""The probe of DCMTK's archive, as docs/subjects/matrix.yaml starts it: what is known of it is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_conformance.matrix import read_matrix
from dicom_conformance.matrix.servers import open_server
from dicom_conformance.play import Address
from dicom_conformance.probe import Asker, Findings, Limits, Target, probe, statement_text
from dicom_conformance.statement import load
from dicom_simulators import SIMULATORS
from dicom_simulators.data_sets import build_study
from dicom_wire import Recorder
from foreign_programs import require

FILE = Path(__file__).parents[2] / "docs" / "subjects" / "matrix.yaml"
STUDY = build_study(modalities=("CT",), series=1, StudyDescription="a study")


@pytest.fixture(scope="module")
def measured() -> tuple[Target, Findings]:
    """Store a study in dcmqrscp and probe it."""
    require("dcmqrscp", package="dcmtk")
    nobody = {"workstation": Address("NOBODY", "127.0.0.1", 1)}
    with open_server("dcmqrscp", read_matrix(FILE).servers["dcmqrscp"], nobody) as server:
        scu = SIMULATORS["scu"]("scu", "SCU", Recorder(), instances=tuple(STUDY))
        assert scu.perform("store", server.endpoint, {"called_ae_title": server.ae_title})["result"] == "success"
        target = Target(server.ae_title, *server.endpoint)
        return target, probe(Asker(target, limits=Limits(20, 200.0)))


def test_it_is_an_archive_of_sixteen_associations(measured: tuple[Target, Findings]) -> None:
    findings = measured[1]
    assert {offer.service for offer in findings.offers} == {"verification", "storage", "query", "move", "get"}
    assert findings.entity["associations"].value == {"accepted": 16}
    assert findings.entity["maximum_length"].value == 16384
    assert findings.entity["asynchronous"].value == "none"


def test_its_queries_were_measured(measured: tuple[Target, Findings]) -> None:
    (query,) = [offer for offer in measured[1].offers if offer.service == "query"]
    assert query.values["levels"].value == ["STUDY", "SERIES", "IMAGE"]
    assert "StudyDescription" in query.values["keys"].value["STUDY"]
    assert [one.study_instance_uid for one in measured[1].studies] == [str(STUDY[0].read().StudyInstanceUID)]


def test_its_statement_loads(measured: tuple[Target, Findings], tmp_path: Path) -> None:
    target, findings = measured
    (tmp_path / "measured.yaml").write_text(statement_text(findings, target, "2026-01-31"), encoding="utf-8")
    statement = load(tmp_path / "measured.yaml")
    assert len(statement.capabilities(service="storage")[0].sop_classes) > 100
    assert statement.capabilities(service="get", model="study_root")
