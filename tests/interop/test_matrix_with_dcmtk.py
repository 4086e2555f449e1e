"""Five clients by five servers of the matrix of docs/subjects: DCMTK, pynetdicom and ours on either side."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import yaml

from dicom_conformance.__main__ import main
from dicom_conformance.matrix import read_matrix
from foreign_programs import require

FILE = Path(__file__).parents[2] / "docs" / "subjects" / "matrix.yaml"
CLIENTS = ("dcmtk", "dcmtk_print", "pynetdicom", "scu", "workstation")
SERVERS = ("dcmqrscp", "storescp", "dcmprscp", "pynetdicom", "osm")
OFFERED = {
    "dcmqrscp": {"echo", "store", "query", "retrieve"},
    "osm": {"echo", "store", "query", "retrieve"},
    "storescp": {"echo", "store"},
    "pynetdicom": {"echo", "store"},
    "dcmprscp": {"echo", "print"},
}
"""What a server offers to a client that asks for everything."""
ASKED = {
    "dcmtk": {"echo", "store", "query", "retrieve"},
    "pynetdicom": {"echo", "store", "query", "retrieve"},
    "dcmtk_print": {"print"},
    "scu": {"echo", "store", "query", "retrieve", "print"},
    "workstation": {"echo", "store", "query", "retrieve", "print"},
}
"""What a client asks for."""


def test_the_matrix_of_the_documentation_has_more_servers_than_are_played_here() -> None:
    matrix = read_matrix(FILE)
    assert set(CLIENTS) == set(matrix.clients)
    assert {*SERVERS, "archive", "printer", "workstation", "orthanc"} == set(matrix.servers)


def test_five_clients_work_with_five_servers_in_all_that_both_offer(tmp_path, monkeypatch) -> None:
    require("storescp", "dcmqrscp", "dcmprscp", "storescu", "findscu", "getscu", "echoscu", "dcmpsprt", package="dcmtk")
    whole = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    part = {
        "clients": {name: _placed(whole["clients"][name]) for name in CLIENTS},
        "servers": {name: _placed(whole["servers"][name]) for name in SERVERS},
    }
    (tmp_path / "matrix.yaml").write_text(json.dumps(part), encoding="utf-8")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(FILE.parents[2])
    status = main(["matrix", str(tmp_path / "matrix.yaml"), "--output", str(tmp_path / "report")])
    cells = json.loads((tmp_path / "report" / "matrix.json").read_text(encoding="utf-8"))["cells"]
    names = {(one["client"], one["server"], one["cell"]): one["verdict"] for one in cells}
    failed = [(one["client"], one["server"], one["cell"], one["why"]) for one in cells if one["verdict"] == "fails"]
    assert (status, failed) == (0, [])
    assert len(names) == len(CLIENTS) * len(SERVERS) * 5
    works = {name for name, verdict in names.items() if verdict == "works"}
    assert works == {(one, other, name) for one in CLIENTS for other in SERVERS for name in ASKED[one] & OFFERED[other]}
    evidence = next(one["evidence"] for one in cells if (one["client"], one["cell"]) == ("dcmtk", "retrieve"))
    assert any("C-GET-RSP" in line for line in evidence)


def _placed(side):
    """Give a side with the whole path of its subject file, for a matrix file in another folder."""
    whole = {"subject": side} if isinstance(side, str) else dict(side)
    if whole["subject"].endswith(".yaml"):
        whole["subject"] = str(FILE.parent / whole["subject"])
    return whole if len(whole) > 1 else whole["subject"]
