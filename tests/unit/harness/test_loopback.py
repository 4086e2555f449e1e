"""Which hosts are this machine, so that everything is allowed there."""

import pytest

from dicom_conformance.loopback import is_on_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_loopback_addresses_are_this_machine(host: str) -> None:
    assert is_on_loopback(host)


@pytest.mark.parametrize(
    "host", ["192.0.2.9", "2001:db8::1", "pacs", "localhost.example", "127.0.0.1.example", "0.0.0.0"]
)
def test_other_addresses_and_names_are_not(host: str) -> None:
    assert not is_on_loopback(host)
