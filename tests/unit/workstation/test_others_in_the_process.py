"""A workstation in somebody else's process: it changes nothing there, and keeps nobody waiting."""

from __future__ import annotations

import subprocess
import sys
import threading
import warnings

import pytest
from raw_dicom_peer import VERIFICATION, echo_rq, status_of

from dicom_simulators.data_sets import build
from dicom_workstation.data_sets import suppress_warnings
from dicom_workstation.instances import StoredInstance
from dicom_workstation.pixels.decoding import codecs
from dicom_workstation.storage import decoding
from dicom_workstation.viewing import viewer

CT, JPEG_2000 = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.4.90"

LOOKS = """
import copy, logging, sys, warnings
import numpy, pydicom, pynetdicom
from pydicom import config
from pydicom.pixels.decoders.base import _PIXEL_DATA_DECODERS as decoders
import pydicom.pixels
import dicom_workstation.application, dicom_workstation.viewing, dicom_workstation.storage, dicom_workstation.printing

def look():
    return {
        "settings": {name: getattr(config.settings, name) for name in dir(config.settings) if name[0] != "_"},
        "config": {
            name: copy.copy(value)
            for name, value in vars(config).items()
            if isinstance(value, (bool, int, str, list, dict)) and name[:2] != "__"
        },
        "filters": list(warnings.filters),
        "show": (warnings.showwarning, warnings.formatwarning),
        "loggers": {
            name: (each.level, list(each.handlers), each.disabled)
            for name, each in ((name, logging.getLogger(name)) for name in ("", "pydicom", "pynetdicom"))
        },
        "decoders": {uid: entry[0].available_plugins for uid, entry in decoders.items()},
        "pynetdicom": {name: value for name, value in vars(pynetdicom._config).items() if name.isupper()},
        "numpy": numpy.geterr(),
        "hooks": (sys.excepthook, sys.unraisablehook),
    }

from dicom_workstation.application import Workstation
from dicom_workstation.configuration import Configuration

before = look()
with Workstation(Configuration.from_keywords()) as workstation:
    while_running = look()
after = look()
for name in before:
    assert before[name] == while_running[name] == after[name], (name, before[name], while_running[name], after[name])
print(len(before["decoders"]) > 5)
"""


def test_a_workstation_changes_nothing_for_other_users_of_pydicom():
    done = subprocess.run([sys.executable, "-c", LOOKS], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == ("True\n", 0), done.stderr[-2000:]


def test_importing_the_workstation_changes_none_of_the_decoders():
    looks = LOOKS.replace("import dicom_workstation.application", "# ").split("from dicom_workstation.app")[0]
    looks += (
        "before = look()\nimport dicom_workstation.application, dicom_workstation.viewing, dicom_workstation.pixels\n"
    )
    looks += "after = look()\nassert before == after, (before, after)\n"
    done = subprocess.run([sys.executable, "-c", looks], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_filter_stands_only_while_somebody_reads():
    before = list(warnings.filters)
    with suppress_warnings():
        inside = list(warnings.filters)
        with suppress_warnings():
            assert warnings.filters == inside
        assert warnings.filters == inside
    assert warnings.filters == before
    assert len(inside) == len(before) + 1


def test_other_warnings_are_heard_meanwhile():
    with suppress_warnings(), pytest.warns(UserWarning, match="of somebody else"):
        warnings.warn("of somebody else", UserWarning, stacklevel=1)


def test_two_threads_read_at_once():
    """Each is inside before any leaves: with a lock held between, the first would wait for ever."""
    both = threading.Barrier(2, timeout=60)
    failures: list[BaseException] = []

    def read() -> None:
        try:
            with suppress_warnings():
                both.wait()
        except BaseException as error:
            failures.append(error)

    before = list(warnings.filters)
    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert warnings.filters == before


@pytest.fixture
def held(monkeypatch):
    """Hold a function of the workstation until the test ends; returns how to."""
    go_on = threading.Event()

    def hold(module, name):
        reached, before = threading.Event(), getattr(module, name)

        def waiting(*arguments, **keywords):
            reached.set()
            assert go_on.wait(30)
            return before(*arguments, **keywords)

        monkeypatch.setattr(module, name, waiting)
        return reached

    hold.go_on = go_on
    yield hold
    go_on.set()


def _kept(workstation):
    made = build("smallest", CT, JPEG_2000)
    found = made.read()
    workstation.memory.keep(
        StoredInstance(
            CT, made.SOPInstanceUID, str(found.StudyInstanceUID), str(found.SeriesInstanceUID), JPEG_2000, made.data_set
        )
    )
    return made.SOPInstanceUID


def _convert(uid, workstation):
    decoding.convert(workstation.memory.get(uid).data_set, JPEG_2000, "1.2.840.10008.1.2")


WORK = {
    "a frame is decoded": (codecs, "decode", lambda uid, workstation: workstation.decode(SOPInstanceUID=uid)),
    "a frame is rendered": (codecs, "decode", lambda uid, workstation: workstation.render(SOPInstanceUID=uid)),
    "a state is created": (viewer, "create_state", lambda uid, workstation: workstation.present(images=[uid])),
    "a store is converted": (decoding, "_native_attributes", _convert),
}


@pytest.mark.parametrize("work", WORK)
def test_an_echo_is_answered_while(work, start, connect, held):
    module, name, perform = WORK[work]
    workstation = start()
    uid = _kept(workstation)
    reached = held(module, name)
    thread = threading.Thread(target=perform, args=(uid, workstation), daemon=True)
    thread.start()
    assert reached.wait(10)
    peer = connect(workstation.address)
    assert peer.open([(1, VERIFICATION, ["1.2.840.10008.1.2"])])[0] == 2
    peer.send(echo_rq())
    assert status_of(peer.receive()) == 0
    assert workstation.show(SOPInstanceUID=uid).result == "success"
    held.go_on.set()
    thread.join(30)
    assert not thread.is_alive()
