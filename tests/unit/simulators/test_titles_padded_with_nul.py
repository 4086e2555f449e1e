"""AE titles that a stack pads with NUL, against PS3.8 9.3.2: simulators read NUL as a blank, and say so."""

from __future__ import annotations

import pytest

from dicom_simulators.association.association import Deadlines
from dicom_simulators.association.negotiation import Established, title_of
from dicom_simulators.association.requestor import Proposal, Requestor, propose
from dicom_simulators.destination import Destination
from dicom_wire import Recorder

VERIFICATION, IMPLICIT = "1.2.840.10008.1.1", "1.2.840.10008.1.2"
SHORT = Deadlines(2.0, 2.0, 2.0, 2.0, 2.0, 0.2, 2.0)


@pytest.mark.parametrize(
    ("field", "title"),
    [
        ("CT1", "CT1"),
        ("CT1".ljust(16, "\0"), "CT1"),
        ("CT1\0   ", "CT1"),
        (" CT1", "CT1"),
        ("CT 1\0", "CT 1"),
        ("\0" * 16, ""),
    ],
)
def test_a_title_is_read_without_what_pads_it(field, title):
    assert title_of(field) == title


@pytest.mark.parametrize("pad", ["\0", " "])
def test_a_simulator_that_checks_its_title_takes_it_and_repeats_it_as_it_came(pad):
    recorder = Recorder()
    destination = Destination("destination", "DEST", recorder, deadlines=SHORT, check_called=True)
    destination.start()
    titles = "DEST".ljust(16, pad), "CT1".ljust(16, pad)
    proposal = Proposal(*titles, propose((VERIFICATION, [IMPLICIT])))
    one = Requestor(recorder, destination.address, proposal, name="modality", peer="destination", deadlines=SHORT)
    answer = one.associate()
    one.release()
    destination.stop()
    assert isinstance(answer, Established)
    repeated = answer.acceptance.called_ae_title, answer.acceptance.calling_ae_title
    assert repeated == tuple(title.rstrip(" ") for title in titles)
    noted = [line for line in destination.log if "padded with NUL" in line]
    assert len(noted) == (pad == "\0")
    assert any("CT1 association accepted" in line for line in destination.log), list(destination.log)
    assert not any("\0" in line for line in destination.log)
