"""Who may connect: titles, networks, and the limits of an operator."""

from __future__ import annotations

import pytest

from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.configuration.yaml_file import ConfigurationError
from dicom_workstation.network.admission import LOCAL_LIMIT_EXCEEDED, TEMPORARY_CONGESTION, AdmissionControl, is_allowed


@pytest.mark.parametrize(
    ("entry", "calling", "address", "allowed"),
    [
        ("CT1", "CT1", "10.0.0.1", True),
        ("CT1", "ct1", "10.0.0.1", False),
        ("10.0.0.0/8", "ANY", "10.9.9.9", True),
        ("10.0.0.0/8", "ANY", "11.0.0.1", False),
        ("CT1@10.0.0.0/30", "CT1", "10.0.0.3", True),
        ("CT1@10.0.0.0/30", "CT1", "10.0.0.4", False),
        ("CT1@10.0.0.0/30", "CT2", "10.0.0.3", False),
        ("::1", "ANY", "::1", True),
        ("::1", "ANY", "0:0:0:0:0:0:0:1", True),
        ("2001:db8::/32", "ANY", "2001:db8:1::5", True),
        ("2001:db8::/32", "ANY", "2001:db9::5", False),
        ("CT1@2001:db8::/32", "CT1", "2001:db8::1", True),
        ("127.0.0.1", "ANY", "::ffff:127.0.0.1", True),
        ("127.0.0.0/8", "ANY", "::1", False),
        ("A@B", "A@B", "10.0.0.1", False),
    ],
)
def test_entries(entry, calling, address, allowed):
    assert is_allowed((entry,), calling, address) is allowed


@pytest.mark.parametrize("entry", ["CT1@nowhere", "CT1@10.0.0.1/8", "x" * 17, "A\\B", "", "CT\n1", "CTÄ"])
def test_entries_that_are_none(entry):
    with pytest.raises(ConfigurationError):
        Configuration.from_keywords(allowed_callers=[entry])


@pytest.mark.parametrize("title", ["READING ROOM 001", "a", "~!#$%&'()*+,-./", "0"])
def test_titles(title):
    assert Configuration.from_keywords(ae_title=title).ae_title == title
    assert Configuration.from_keywords(ae_title=f" {title}"[:17]).ae_title == title


def entered(gate: AdmissionControl, name: str, peer: str, **limits: int) -> object:
    refused = gate.enter(name, peer, Configuration.from_keywords(**limits))
    return None if refused is None else refused[0]


def test_nothing_is_limited_unless_it_is_set():
    gate = AdmissionControl()
    assert not any(entered(gate, str(number), "A") for number in range(500))


def test_a_limit_in_all():
    gate = AdmissionControl()
    assert entered(gate, "1", "A", maximum_associations=2) is None
    assert entered(gate, "2", "B", maximum_associations=2) is None
    assert entered(gate, "3", "C", maximum_associations=2) == LOCAL_LIMIT_EXCEEDED
    gate.leave("3")  # was never in
    assert entered(gate, "3", "C", maximum_associations=2) == LOCAL_LIMIT_EXCEEDED
    gate.leave("1")
    assert entered(gate, "3", "C", maximum_associations=2) is None


def test_a_limit_for_each_peer():
    gate = AdmissionControl()
    assert entered(gate, "1", "A", maximum_associations_per_peer=1) is None
    assert entered(gate, "2", "A", maximum_associations_per_peer=1) == LOCAL_LIMIT_EXCEEDED
    assert entered(gate, "3", "B", maximum_associations_per_peer=1) is None


def test_a_limit_for_each_second():
    now = [100.0]
    gate = AdmissionControl(lambda: now[0])
    assert entered(gate, "1", "A", maximum_associations_per_s=2) is None
    now[0] += 0.5
    assert entered(gate, "2", "A", maximum_associations_per_s=2) is None
    now[0] += 0.4
    assert entered(gate, "3", "A", maximum_associations_per_s=2) == TEMPORARY_CONGESTION
    now[0] += 0.1
    assert entered(gate, "4", "A", maximum_associations_per_s=2) is None
    assert entered(gate, "5", "A", maximum_associations_per_s=2) == TEMPORARY_CONGESTION
