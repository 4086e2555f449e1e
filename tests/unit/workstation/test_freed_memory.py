"""Large blocks of memory stay apart from small ones, so that what is freed goes back to the system."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

GNU = sys.platform.startswith("linux") and hasattr(ctypes.CDLL(None), "mallinfo2")

#: Frees a block of 20 MiB, after which the C library maps no smaller block apart unless told; then takes one of 1 MiB.
PROGRAM = """
import ctypes, sys
from dicom_workstation.cli import freed_memory

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd usmblks".split()]
    _fields_ += [(name, ctypes.c_size_t) for name in "fsmblks uordblks fordblks keepcost".split()]

library = ctypes.CDLL(None)
library.mallinfo2.restype = Info
if sys.argv[1] == "given back":
    assert freed_memory.give_back_freed_memory()
bytearray(20 << 20)
before = library.mallinfo2().hblkhd
held = bytearray(1 << 20)
print(library.mallinfo2().hblkhd - before)
"""


def mapped_apart_bytes(how: str) -> int:
    """Return how many bytes a block of 1 MiB takes outside the arenas."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MALLOC_")}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, timeout=60, check=True, env=environment
    )
    return int(ran.stdout)


@pytest.mark.skipif(not GNU, reason="only GNU's C library has the setting")
def test_a_large_block_is_mapped_apart_though_larger_ones_were_freed() -> None:
    assert mapped_apart_bytes("left alone") == 0
    assert mapped_apart_bytes("given back") >= 1 << 20


def test_serve_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dicom_workstation.cli import command_line

    asked: list[bool] = []
    monkeypatch.setattr(command_line, "give_back_freed_memory", lambda: asked.append(True))
    wrong = tmp_path / "workstation.yaml"
    wrong.write_text("ae_title: TOO LONG FOR A TITLE OF DICOM\n")
    assert command_line.main(["serve", "--config", str(wrong)]) == 2
    assert asked == [True]
