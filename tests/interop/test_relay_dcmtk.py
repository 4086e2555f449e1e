"""The relay between DCMTK's programs: what passes is unchanged, told, lawful, and DICOM to tshark."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dicom_conformance.__main__ import main
from dicom_conformance.play import reserved_port
from dicom_simulators.data_sets import build, write_file
from foreign_programs import DEADLINE_S, ENVIRONMENT, LOOPBACK, path_of, require, run, serve, until


@contextmanager
def relaying(folder: Path, to: int, *options: str) -> Iterator[int]:
    """Run the command `relay` in front of a port while the block lasts; it ends with exit status 0."""
    said = folder / "relay.txt"
    words = [sys.executable, "-m", "dicom_conformance", "relay", "--listen", "0", "--to", f"{LOOPBACK}:{to}", "--judge"]
    files = ["--write", str(folder / "relay.pcapng"), "--trace", str(folder / "relay.jsonl")]
    with said.open("wb") as output:
        process = subprocess.Popen([*words, *files, *options], env=ENVIRONMENT, stdout=output, stderr=output)
    try:
        until(lambda: "relaying" in said.read_text(), "the relay listens")
        yield int(said.read_text().split()[1].rpartition(":")[2])
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0, said.read_text()
    finally:
        process.kill()
        process.wait()


def messages(folder: Path) -> list[str]:
    lines = [json.loads(line) for line in (folder / "relay.jsonl").read_text().splitlines()]
    assert [line for line in lines if line["event"] == "breach"] == []
    return [line["message"] for line in lines if line["event"] == "message"]


def test_storescu_and_echoscu_to_storescp(tmp_path: Path) -> None:
    storescp, storescu = (path_of(name, "dcmtk") for name in ("storescp", "storescu"))
    received, port = tmp_path / "received", reserved_port()
    received.mkdir()
    files = [tmp_path / f"{number}.dcm" for number in (1, 2)]
    for number, file in enumerate(files):
        write_file(build(seed=number, rows=64, columns=64), file)
    with serve(storescp, "-od", received, port, port=port), relaying(tmp_path, port) as relay:
        run(storescu, LOOPBACK, relay, *files, check=True)
        run(path_of("echoscu", "dcmtk"), LOOPBACK, relay, check=True)
    assert len(list(received.iterdir())) == 2
    assert messages(tmp_path) == ["C-STORE-RQ", "C-STORE-RSP"] * 2 + ["C-ECHO-RQ", "C-ECHO-RSP"]
    capture = tmp_path / "relay.pcapng"
    assert main(["judge", str(capture)]) == 0
    require("tshark", package="tshark")
    dissected = run("tshark", "-r", capture, "-Y", "dicom")
    assert "A-ASSOCIATE request STORESCU --> ANY-SCP" in dissected
    assert "C-ECHO-RSP" in dissected


def test_a_store_of_dcmtk_is_replayed_to_another_storescp(tmp_path: Path) -> None:
    storescp, storescu = (path_of(name, "dcmtk") for name in ("storescp", "storescu"))
    file, first, second = tmp_path / "1.dcm", tmp_path / "first", tmp_path / "second"
    write_file(build(rows=64, columns=64), file)
    for folder in (first, second):
        folder.mkdir()
    port, other = reserved_port(), reserved_port()
    with serve(storescp, "-od", first, port, port=port), relaying(tmp_path, port) as relay:
        run(storescu, LOOPBACK, relay, file, check=True)
    with serve(storescp, "-od", second, other, port=other):
        assert main(["replay", str(tmp_path / "relay.pcapng"), "--to", f"OTHER@{LOOPBACK}:{other}"]) == 0
    (one,), (again,) = list(first.iterdir()), list(second.iterdir())
    assert again.name == one.name
