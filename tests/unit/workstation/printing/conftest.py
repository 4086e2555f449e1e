"""What the tests of printing share: a bench with images, a printer, and workstations that know it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from print_bench import PrintBench, image_data_set
from pynetdicom_printer import PynetdicomPrinter

from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.instances.encode_instance import stored_instance


@pytest.fixture
def bench() -> PrintBench:
    return PrintBench()


@pytest.fixture(scope="session")
def _printer() -> Iterator[PynetdicomPrinter]:
    printer = PynetdicomPrinter()
    yield printer
    printer.close()


@pytest.fixture
def printer(_printer: PynetdicomPrinter) -> Iterator[PynetdicomPrinter]:
    """A printer that does whatever the test wants."""
    _printer.reset()
    yield _printer
    _printer.drain()


@pytest.fixture
def station(printer: PynetdicomPrinter) -> Iterator[Callable[..., Workstation]]:
    """Start workstations that know the printer by two names; they leave no thread behind."""
    before, started = set(threading.enumerate()), []

    def begin(**keywords: Any) -> Workstation:
        address = {"ae_title": "PRINTER", "host": "127.0.0.1", "port": printer.port}
        known = {"laser": address, "other": address, **keywords.pop("printers", {})}
        quick = {"acse_timeout_s": 2.0, "dimse_timeout_s": 3.0, "print_job_interval_s": 0.1, "print_job_timeout_s": 2.0}
        workstation = Workstation(Configuration.from_keywords(**{**quick, "printers": known, **keywords}))
        started.append(workstation)
        return workstation

    yield begin
    for workstation in started:
        workstation.stop()
    printer.drain()
    assert set(threading.enumerate()) <= before


@pytest.fixture
def images() -> Callable[..., list[str]]:
    """Put images into a workstation's memory; returns their UIDs."""

    def put(workstation: Workstation, count: int = 1, colour: bool = False, bits: int = 8) -> list[str]:
        uids = []
        for number in range(count):
            shape = (4, 6, 3) if colour else (4, 6)
            pixels = np.full(shape, 10 * number + 1, np.uint8 if bits == 8 else np.uint16)
            made = image_data_set(pixels, bits)
            workstation.memory.keep(stored_instance(made))
            uids.append(str(made.SOPInstanceUID))
        return uids

    return put
