"""What the OSM converts when it sends it stays within a bound of memory, and what does not fit fails alone."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from osm_instances import CT, EXPLICIT, IMPLICIT, data_set, encoded, put
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders import RLELosslessEncoder

from dicom_simulators.association import Supported
from dicom_simulators.destination import Destination
from dicom_simulators.scu import Scu
from dicom_wire import Recorder
from dicom_workstation.configuration import Configuration
from dicom_workstation.data_sets import encode
from dicom_workstation.osm import DiskStore, OSMServer
from dicom_workstation.osm.services import conversions
from dicom_workstation.osm.services.conversions import MOST_IN_MEMORY_BYTES, Conversions
from dicom_workstation.storage import DecodingError, bytes_to_convert, convert

MIB = 1 << 20
RLE = "1.2.840.10008.1.2.5"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
JPEG = "1.2.840.10008.1.2.4.70"
DEADLINE_S = 60.0


def image(frames: int, side: int = 512) -> bytes:
    """Return CT frames of 16 bits, compressed with RLE."""
    pixels = np.full((side, side), 1000, np.uint16)
    made = data_set(Rows=side, Columns=side, BitsAllocated=16, BitsStored=12, HighBit=11, NumberOfFrames=frames)
    one = RLELosslessEncoder.encode(
        pixels.tobytes(),
        rows=side,
        columns=side,
        number_of_frames=1,
        samples_per_pixel=1,
        bits_allocated=16,
        bits_stored=12,
        pixel_representation=0,
        photometric_interpretation="MONOCHROME2",
        encoding_plugin="pydicom",
        index=0,
    )
    made.PixelData = encapsulate([one] * frames)
    made["PixelData"].VR = "OB"
    made["PixelData"].is_undefined_length = True
    return encode(made, RLE)


@pytest.mark.parametrize(
    ("make", "stored", "wanted"),
    [
        (lambda: image(32), RLE, EXPLICIT),
        (lambda: image(1, 1024), RLE, BIG_ENDIAN),
        (lambda: encoded(BitsAllocated=16, PixelData=b"\7" * (16 * MIB)), EXPLICIT, IMPLICIT),
        (lambda: encoded(BitsAllocated=16, PixelData=b"\7" * (16 * MIB)), EXPLICIT, BIG_ENDIAN),
    ],
    ids=["frames", "one frame", "little endian", "the other byte order"],
)
def test_a_conversion_takes_no_more_memory_than_is_reserved(
    make: Callable[[], bytes], stored: str, wanted: str
) -> None:
    raw = make()
    needed_bytes = bytes_to_convert(raw, stored)
    tracemalloc.start()
    try:
        converted = convert(raw, stored, wanted)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(raw) + peak_bytes <= needed_bytes
    assert needed_bytes < 8 * (len(raw) + len(converted)) + 16 * MIB


def test_a_data_set_that_cannot_be_read_is_not_reserved_for() -> None:
    with pytest.raises(DecodingError, match="cannot be converted"):
        bytes_to_convert(b"\1\2\3", RLE)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DiskStore]:
    with DiskStore(tmp_path / "store") as opened:
        yield opened


def test_conversions_wait_for_each_other(store: DiskStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = encoded(PixelData=b"\7" * (2 * MIB))
    put(store, raw, step=MIB)
    held = store.get("1.2.3.1")
    assert held is not None
    running, begun, may_end = [0, 0], threading.Event(), threading.Event()

    def slow(*arguments: str) -> bytes:
        running[0] += 1
        running[1] = max(running)
        begun.set()
        assert may_end.wait(DEADLINE_S)
        running[0] -= 1
        return raw

    monkeypatch.setattr(conversions, "convert", slow)
    budget = Conversions(bytes_to_convert(raw, EXPLICIT) + MIB, tmp_path)
    threads = [threading.Thread(target=lambda: budget.converted(held, IMPLICIT).stream.close()) for _ in range(3)]
    for each in threads:
        each.start()
    assert begun.wait(DEADLINE_S)
    may_end.set()
    for each in threads:
        each.join(DEADLINE_S)
    assert running == [0, 1]


@pytest.mark.parametrize("length_bytes", [MOST_IN_MEMORY_BYTES // 2, 4 * MOST_IN_MEMORY_BYTES])
def test_what_was_converted_is_read_from_the_disk_where_it_is_large(
    store: DiskStore, tmp_path: Path, length_bytes: int
) -> None:
    raw = encoded(PixelData=b"\7" * length_bytes)
    put(store, raw, step=MIB)
    held = store.get("1.2.3.1")
    assert held is not None
    before = set(tmp_path.iterdir())
    streamed = Conversions(1 << 30, tmp_path).converted(held, IMPLICIT)
    with streamed.stream as stream:
        assert stream._rolled is (length_bytes > MOST_IN_MEMORY_BYTES)
        assert streamed.read(streamed.length_bytes) == convert(raw, EXPLICIT, IMPLICIT)
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("operation", ["get", "move"])
def test_an_instance_that_needs_more_than_the_budget_fails_alone(tmp_path: Path, operation: str) -> None:
    with DiskStore(tmp_path / "store") as store:
        put(store, encoded(uid="1.2.3.1", PixelData=b"\7" * (4 * MIB)), "1.2.3.1", step=MIB)
        put(store, encoded(uid="1.2.3.2"), "1.2.3.2")
    recorder, log = Recorder(), []
    with (
        Scu("scu", "SCU", recorder) as scu,
        Destination("destination", "DESTINATION", recorder, supports=[Supported(CT, (IMPLICIT,))]) as destination,
    ):
        host, port = destination.address
        archives = {"d": {"ae_title": "DESTINATION", "host": host, "port": port}}
        section = {"folder": str(tmp_path / "store"), "keep_free_bytes": 0, "conversion_bytes": 5 * MIB}
        with OSMServer(Configuration.from_keywords(archives=archives, osm=section), log.append) as osm:
            assert osm.address is not None
            asked = {"called_ae_title": "OSM", "level": "STUDY", "keys": {"StudyInstanceUID": "1.2.3"}}
            more = {"sop_classes": [CT], "storage_transfer_syntaxes": [IMPLICIT]}
            more = more if operation == "get" else {"destination": "DESTINATION"}
            outcome = scu.perform(operation, osm.address, {**asked, **more})
        receiver = scu if operation == "get" else destination
        assert [each.SOPInstanceUID for each in receiver.stored] == ["1.2.3.2"]
    assert (outcome["status"], outcome["completed"], outcome["failed"]) == ("B000", 1, 1), outcome
    assert outcome["failed_instances"] == ["1.2.3.1"]
    assert any("conversion_bytes" in line for line in log)
