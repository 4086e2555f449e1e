"""A power cut for the tests: a program that runs on copies of what it synced, and a folder as the cut leaves it."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from dicom_simulators.data_sets import Instance, build
from dicom_simulators.scu import Scu
from dicom_wire import Recorder

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
DEADLINE_S = 60.0
SERVE = "import sys; from dicom_workstation.cli.command_line import main; sys.exit(main())"


def compiled(folder: Path) -> Path:
    """Compile `synced.c`; skip the test, or fail it in CI, where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        if os.environ.get("CI") == "true":
            pytest.fail("cc not found: apt-get install gcc")
        pytest.skip("cc not found: apt-get install gcc")
    made = folder / "synced.so"
    source = Path(__file__).with_name("synced.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", made, source, "-ldl"], check=True)
    return made


def made_instances(count: int) -> list[Instance]:
    return [build("smallest", CT, EXPLICIT, seed=3000 + number) for number in range(count)]


@dataclass(frozen=True)
class Synced:
    """The copies of what a program synced."""

    library: Path
    place: Path

    def begin(self) -> Self:
        """Make room for them."""
        for name in ("files", "folders"):
            (self.place / name).mkdir(parents=True)
        return self

    @property
    def environment(self) -> dict[str, str]:
        """What a program has to be started with."""
        return {**os.environ, "LD_PRELOAD": str(self.library), "SYNCED": str(self.place)}

    def left(self, folder: Path, target: Path, chance: random.Random | None = None) -> None:
        """Put a folder together from what was synced; with `chance`, half of what was not synced survives, too."""

        def survives() -> bool:
            return chance is not None and chance.random() < 0.5

        target.mkdir(mode=0o700)
        listing = self.place / "folders" / str(folder.stat().st_ino)
        entries = {}
        if listing.is_file():
            for line in listing.read_text().splitlines():
                inode, name = line.split(" ", 1)
                entries[name] = int(inode)
        if survives():
            entries = {path.name: path.stat().st_ino for path in folder.iterdir()}
        for name, inode in entries.items():
            live = folder / name
            is_there = live.exists() and live.stat().st_ino == inode
            if is_there and live.is_dir():
                self.left(live, target / name, chance)
                continue
            kept = self.place / "files" / str(inode)
            if is_there and survives():
                shutil.copy(live, target / name)
            elif kept.is_file():
                shutil.copy(kept, target / name)
            else:
                (target / name).touch(mode=0o600)


class Served:
    """The OSM as a process on a folder, with copies of what it syncs; it is killed at the end."""

    def __init__(self, synced: Synced, folder: Path, database: str | None = None, program: str = SERVE) -> None:
        place = [] if database is None else ["--database", database]
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, "osm", "serve", "--folder", str(folder), "--log", os.devnull, *place],
            env=synced.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        said = json.loads(self.process.stdout.readline())
        self.address: tuple[str, int] = (said["host"], said["port"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def kill(self) -> None:
        """Kill it, and wait until it is gone; once is enough."""
        self.process.kill()
        self.process.wait(DEADLINE_S)
        if self.process.stdout is not None:
            self.process.stdout.close()


class Senders:
    """Peers that store at the same time, each its share of the instances, until something is not answered 0000.

    Parameters
    ----------
    enough : int
        After so many answers `is_enough` is set; the peers go on.
    """

    def __init__(self, address: tuple[str, int], instances: Sequence[Instance], enough: int, at_once: int = 3) -> None:
        self.answered: list[Instance] = []
        self.others: list[object] = []
        self.is_enough = threading.Event()
        self._address = address
        self._enough = enough
        shares = [instances[number::at_once] for number in range(at_once)]
        self._threads = [threading.Thread(target=self._send, args=(share,)) for share in shares if share]
        for thread in self._threads:
            thread.start()

    def _send(self, share: Sequence[Instance]) -> None:
        with Scu("scu", "SCU", Recorder(), instances=share) as scu:
            for sent in share:
                arguments = {"called_ae_title": "OSM", "instances": [sent.SOPInstanceUID]}
                done = scu.perform("store", self._address, arguments)
                if done["result"] != "success":
                    self.others.append(done)
                    return
                self.answered.append(sent)
                if len(self.answered) >= self._enough:
                    self.is_enough.set()

    def await_enough(self) -> None:
        """Wait until enough is answered 0000."""
        assert self.is_enough.wait(DEADLINE_S), self.others

    def join(self) -> None:
        """Wait until all of them have ended."""
        for thread in self._threads:
            thread.join(DEADLINE_S)
            assert not thread.is_alive()
