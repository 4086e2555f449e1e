"""The workstation as a process of its own, ended while another thread starts it."""

from __future__ import annotations

import tempfile
import threading
from contextlib import suppress

import pytest

from dicom_workstation.control import ControlError
from dicom_workstation.subjects import process as subject

DEADLINE_S = 60.0


def test_what_is_ended_while_it_starts_leaves_no_process_and_no_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    starts, first_line = threading.Event(), subject._first_line
    started = []

    def noted(process, timeout_s):
        started.append(process)
        starts.set()
        return first_line(process, timeout_s)

    monkeypatch.setattr(subject, "_first_line", noted)
    made = subject.Process()

    def start():
        with suppress(ControlError, ValueError):
            made.prepare("none", {}, {})

    thread = threading.Thread(target=start, daemon=True)
    thread.start()
    assert starts.wait(DEADLINE_S)
    made.close()
    thread.join(DEADLINE_S)
    assert not thread.is_alive()
    assert [one.poll() is None for one in started] == [False]
    assert list(tmp_path.iterdir()) == []


def test_nothing_starts_after_the_end():
    made = subject.Process()
    made.close()
    with pytest.raises((ControlError, ValueError), match="was ended"):
        made.prepare("none", {}, {})


class Holding:
    """A control client whose workstation holds one instance."""

    def instances(self):
        """List it, with more than is asked for."""
        return [{"SOPClassUID": "1.2", "SOPInstanceUID": "1.3", "TransferSyntaxUID": "1.4", "warnings": []}]

    def data_set(self, uid):
        """Give its data set."""
        return uid.encode()


def test_an_instance_is_given_with_its_three_uids_and_its_data_set(monkeypatch):
    monkeypatch.setattr(subject.Process, "_running", lambda self: Holding())
    expected = {"SOPClassUID": "1.2", "SOPInstanceUID": "1.3", "TransferSyntaxUID": "1.4", "data_set": b"1.3"}
    assert subject.Process().instances() == [expected]
