"""DCMTK's dcmprscp as a printer that is judged: what it does otherwise than the standard, and nothing else.

References
----------
PS3.4 Annex H; scenarios/scp/print, scenarios/statements/dcmtk-dcmprscp.yaml
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dicom_conformance.__main__ import main
from dicom_conformance.play import reserved_port
from foreign_programs import print_configuration, require, serve

pytestmark = pytest.mark.peer("dcmtk")

TITLE = "DCMPRSCP"
OTHERWISE = {
    "scp/print/density": "WARN",  # it repeats 65535 hundredths of OD
    "scp/print/image-position": "WARN",  # it takes position 9 of 1
    "scp/print/image-too-large-to-decimate": "FAIL",  # it has no resolution by which an image could be too large
    "scp/print/image-wrong[too few pixels]": "FAIL",
    "scp/print/presentation-lut[table]": "FAIL",  # it reads no table in Implicit VR Little Endian
    "scp/print/unknown-action": "FAIL",  # it prints, whatever the Action Type ID
}


@pytest.fixture(autouse=True, scope="module")
def tools() -> None:
    require("dcmprscp", package="dcmtk")


@pytest.mark.parametrize("statement", ["dcmtk-dcmprscp", "generic-printer"])
def test_a_real_printer_is_judged_by_what_it_does(tmp_path: Path, statement: str) -> None:
    port = reserved_port()
    configuration = print_configuration(tmp_path / "printer", TITLE, port, "LOCALPRINTER")
    subject = tmp_path / "dcmprscp.yaml"
    subject.write_text(
        f"network_ae: {{title: {TITLE}, host: 127.0.0.1, port: {port}}}\nstatement: {statement}\n"
        "films: printer/database\n",
        encoding="utf-8",
    )
    output = tmp_path / "output"
    command = ["run", "scp/print", "--allow-print", "--subject", str(subject), "--output", str(output), "-n", "1"]
    with serve("dcmprscp", "-c", configuration, "-p", TITLE, port=port):
        main(command)
    read = [json.loads(line) for line in (output / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    verdicts = {one["id"]: one["verdict"] for one in read}
    assert {name: verdict for name, verdict in verdicts.items() if verdict not in ("PASS", "NOT_CLAIMED")} == OTHERWISE
    assert list(verdicts.values()).count("PASS") >= 40
    films = [one for one in read if one["id"].startswith("scp/print/films") and one["verdict"] == "PASS"]
    assert len(films) >= 3
    assert not any(one.get("unobserved") for one in films)
