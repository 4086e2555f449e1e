from __future__ import annotations

import os
import re
import signal
import threading

import pytest

from dicom_simulators import Simulator
from dicom_simulators.destination import Destination
from dicom_simulators.scu.modality import Modality
from dicom_simulators.standalone import Forgetful, serve
from dicom_wire import Recorder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop_and_remembers_nothing(number: int) -> None:
    lines: list[str] = []
    results: list[object] = []

    def ready(simulator: Simulator) -> None:
        modality = Modality("modality", "MOD", Recorder())
        results.append(modality.perform("echo", simulator.address, {"called_ae_title": "HERE"})["result"])
        modality.stop()
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    recorder = Forgetful()
    serve(Destination("destination", "HERE", recorder, announce=lines.append), ready)
    assert results == ["success"]
    assert [re.sub("^127.0.0.1:[0-9]+", "PEER", line) for line in lines] == [
        "PEER MOD association accepted: 1 of 1 contexts",
        "PEER MOD association ended: released by the peer",
    ]
    assert signal.getsignal(number) == before
    assert not [t for t in threading.enumerate() if t.name.startswith("destination ")]
    assert not recorder.connections
    assert not recorder.sightings
