from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from simulators import Simulator
from simulators.data_sets import build
from simulators.modality import Modality
from simulators.standalone import make, serve
from wire import Recorder

CT = "1.2.840.10008.5.1.4.1.1.2"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(number: int) -> None:
    lines: list[str] = []
    results: list[object] = []

    def ready(simulator: Simulator) -> None:
        modality = Modality("modality", "MOD", Recorder())
        results.append(modality.perform("echo", simulator.address, {"called_ae_title": "HERE"})["result"])
        modality.stop()
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    serve("destination", {"ae_title": "HERE", "port": "0"}, ready, lines.append)
    assert results == ["success"]
    assert [line.split(":")[0] for line in lines] == ["association of MOD accepted", "association with MOD ended"]
    assert signal.getsignal(number) == before
    assert not [t for t in threading.enumerate() if t.name.startswith("destination ")]


def test_a_configuration_is_read(tmp_path: Path) -> None:
    instance = build(sop_class=CT, seed=4)
    (tmp_path / "a.dcm").write_bytes(instance.file_bytes())
    (tmp_path / "notes.txt").write_text("no DICOM file")
    made = make(
        "archive",
        {
            "ae_title": "PACS",
            "folder": str(tmp_path),
            "holds": [{"recipe": "smallest", "sop_class": CT, "seed": "5"}],
            "destinations": {"DEST": {"port": "11112"}},
            "faults": [{"respond": {"to": "C-FIND-RQ", "status": "A700"}}],
        },
    )
    assert made.ae_title == "PACS"
    assert [one.SOPInstanceUID for one in made.instances] == [
        instance.SOPInstanceUID,
        build(sop_class=CT, seed=5).SOPInstanceUID,
    ]
    assert made.destinations == {"DEST": ("127.0.0.1", 11112)}
    assert made.faults.any


@pytest.mark.parametrize(
    ("kind", "config", "message"),
    [
        ("printer", {}, "no simulator 'printer'"),
        ("archive", {"aet": "X"}, "aet: unknown"),
        ("archive", {"port": "99999"}, "port: a whole number"),
        ("archive", {"faults": [{"respond": {"to": "C-FIND-RQ"}}]}, r"faults\[0\].respond: status: "),
        ("archive", {"destinations": {"X": {"host": "127.0.0.1"}}}, "destinations.X.port: "),
        ("archive", {"destinations": "X"}, "destinations.: a mapping"),
        ("scripted", {"script": ["open"]}, "step 1: unknown verb"),
    ],
)
def test_a_wrong_configuration_is_named(kind: str, config: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(kind, config)
