"""TLS of the workstation: who is served, who is refused, and that nobody waits for anybody's handshake."""

from __future__ import annotations

import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from dicom_conformance.play.certificates import of_this_run
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.configuration.tls import TLS, describe_tls_error
from dicom_workstation.configuration.tls_profile import PROFILES, missing_suites, profiled, warnings_of
from dicom_workstation.configuration.yaml_file import ConfigurationError
from dicom_workstation.outcome import Result

REAL, STALLED = 50, 50


def section(**changes):
    return of_this_run().filled(changes)


def pair(start, ours=None, theirs=None, **keywords):
    """Start two workstations that know each other as `peer`."""
    one = start(ae_title="ONE", tls=ours, **keywords)
    two = start(ae_title="TWO", tls=theirs)
    for each, other, title in ((one, two, "TWO"), (two, one, "ONE")):
        host, port = other.address
        each.reconfigure(archives={"peer": {"ae_title": title, "host": host, "port": port}})
    return one, two


class TestProfiles:
    def test_todays_profiles_never_go_below_1_2(self):
        for name in ("bcp195", "bcp195_non_downgrading"):
            context = profiled(name, ssl.PROTOCOL_TLS_SERVER)
            assert (context.minimum_version, context.maximum_version) == (
                ssl.TLSVersion.TLSv1_2,
                ssl.TLSVersion.TLSv1_3,
            )
            assert not warnings_of(name)

    def test_retired_profiles_are_warned_of(self):
        for name in ("aes", "basic"):
            assert profiled(name, ssl.PROTOCOL_TLS_CLIENT).minimum_version is ssl.TLSVersion.TLSv1
            assert any("retired" in line for line in warnings_of(name))

    def test_every_suite_is_had_or_told_as_missing(self):
        for name, profile in PROFILES.items():
            had = {each["name"] for each in profiled(name, ssl.PROTOCOL_TLS_CLIENT).get_ciphers()}
            missing = set(missing_suites(name))
            assert set(profile.suites) - missing <= had
            assert not missing & had
            if missing:
                assert any(suite in line for suite in missing for line in warnings_of(name))

    def test_nothing_beyond_the_profile(self):
        had = {each["name"] for each in profiled("aes", ssl.PROTOCOL_TLS_CLIENT).get_ciphers()}
        assert {name for name in had if not name.startswith("TLS_")} <= set(PROFILES["aes"].suites)


@pytest.mark.parametrize("suite", PROFILES["bcp195_non_downgrading"].suites)
def test_every_suite_of_the_non_downgrading_profile_is_agreed_on(start, suite):
    one = start(tls=section(profile="bcp195_non_downgrading"))
    files = section()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(files["certificate"], files["key"])
    context.load_verify_locations(files["authorities"])
    context.set_ciphers(suite)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(one.address, 5.0) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        assert secured.cipher()[0] == suite


class TestConfiguration:
    def test_files_that_cannot_be_used_are_told_at_once(self, start, tmp_path):
        nothing = tmp_path / "nothing.pem"
        workstation = start()
        wrong_files = {
            "certificate": nothing,
            "authorities": nothing,
            "revocation_list": nothing,
            "key_password_file": nothing,
        }
        for field, path in wrong_files.items():
            with pytest.raises(
                ConfigurationError, match=rf"^tls\.{field}: .*nothing\.pem cannot be read: No such file"
            ):
                workstation.reconfigure(tls={**section(), field: path})
        with pytest.raises(ConfigurationError, match=r"^tls\.certificate: certificate and key cannot be used"):
            workstation.reconfigure(tls={**section(), "key": section()["authorities"]})
        (tmp_path / "text.pem").write_text("no certificate")
        for field in ("authorities", "revocation_list"):
            with pytest.raises(ConfigurationError, match=rf"^tls\.{field}: .*text\.pem contains no"):
                workstation.reconfigure(tls={**section(), field: tmp_path / "text.pem"})
        assert workstation.configuration.tls is None

    def test_an_encrypted_key_needs_its_password(self, tmp_path, monkeypatch):
        files = of_this_run()
        encrypted = {**section(key="encrypted")}
        password = files.password.read_text().strip()
        TLS.model_validate(encrypted).server_context()
        del encrypted["key_password_file"]
        with pytest.raises(OSError, match="key_password_file or key_password_variable is needed"):
            TLS.model_validate(encrypted).client_context()
        by_variable = TLS.model_validate({**encrypted, "key_password_variable": "KEY_PASSWORD_OF_A_TEST"})
        with pytest.raises(OSError, match="KEY_PASSWORD_OF_A_TEST is not set"):
            by_variable.client_context()
        monkeypatch.setenv("KEY_PASSWORD_OF_A_TEST", password)
        assert by_variable.client_context().check_hostname
        (tmp_path / "wrong").write_text("wrong\n")
        with pytest.raises(OSError, match="the password is wrong") as refusal:
            TLS.model_validate({**encrypted, "key_password_file": tmp_path / "wrong"}).client_context()
        assert password not in str(refusal.value)
        assert password not in repr(by_variable)

    def test_a_revocation_list_that_is_none_is_told(self):
        wrong = {**section(), "revocation_list": section()["authorities"]}
        with pytest.raises(OSError, match="contains no revocation list"):
            TLS.model_validate(wrong).server_context()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"tls": {"key_password": "in the open"}},
            {"tls": {"key_password_file": "a", "key_password_variable": "B"}},
            {"tls": {"revocation_check": "some"}},
            {"tls": {"profile": "sslv3"}},
            {"tls": {"client_authentication": "maybe"}},
            {"allowed_certificates": ["name"]},
            {"allowed_certificates": ["name"], "tls": {"client_authentication": "off"}},
        ],
    )
    def test_what_is_wrong_is_refused(self, wrong):
        if "tls" in wrong:
            wrong = {**wrong, "tls": {**section(), **wrong["tls"]}}
        with pytest.raises(ConfigurationError):
            Configuration.from_keywords(**wrong)

    def test_clients_must_show_a_certificate_unless_told_otherwise(self):
        tls = TLS.model_validate(section())
        assert tls.server_context().verify_mode is ssl.CERT_REQUIRED
        assert tls.client_context().verify_mode is ssl.CERT_REQUIRED
        assert tls.client_context().check_hostname


class TestAssociations:
    def test_both_ways(self, start):
        one, two = pair(start, section(), section(certificate="other"))
        assert (one.echo("peer").result, two.echo("peer").result) == (Result.SUCCESS, Result.SUCCESS)

    def test_a_peer_may_be_asked_in_plain(self, start):
        one, two = pair(start, section())
        assert one.echo("peer").result is Result.HANDSHAKE_FAILED
        host, port = two.address
        one.reconfigure(archives={"peer": {"ae_title": "TWO", "host": host, "port": port, "tls": False}})
        assert one.echo("peer").result is Result.SUCCESS

    def test_a_peer_that_wants_tls_needs_a_section(self, start):
        one, two = pair(start)
        host, port = two.address
        one.reconfigure(archives={"peer": {"ae_title": "TWO", "host": host, "port": port, "tls": True}})
        assert one.echo("peer").result is Result.REFUSED

    def test_tls_is_changed_without_a_restart(self, start):
        one, two = pair(start)
        address = two.address
        assert one.echo("peer").result is Result.SUCCESS
        two.reconfigure(tls=section())
        one.reconfigure(tls=section())
        assert two.address == address
        assert one.echo("peer").result is Result.SUCCESS
        two.reconfigure(tls=section(certificate="expired"))
        outcome = one.echo("peer")
        assert (outcome.result, "expired" in outcome.detail) == (Result.HANDSHAKE_FAILED, True)

    def test_the_next_association_is_judged_as_the_first_was(self, start):
        one, two = pair(start, section(), section(certificate="unknown_authority"))
        for _ in range(3):
            assert two.echo("peer").result is Result.HANDSHAKE_FAILED
        one.stop()  # then each thread has written its line
        assert sum("TLS refused" in line for line in one.log()) == 3

    def test_names_are_read_from_the_certificate(self, start):
        one, two = pair(start, section(), section(certificate="other"), allowed_certificates=["trusted", "elsewhere"])
        assert two.echo("peer").rejection.reason == 1
        one.reconfigure(allowed_certificates=["other"])
        assert two.echo("peer").result is Result.SUCCESS

    @pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
    def test_the_name_that_is_called_must_be_in_the_certificate(self, start, name):
        one, two = pair(start, section(), section())
        port = two.address[1]
        one.reconfigure(archives={"peer": {"ae_title": "TWO", "host": name, "port": port}})
        assert one.echo("peer").result is Result.SUCCESS


class TestIPv6:
    def test_both_ways_in_tls(self, start):
        one = start(ae_title="ONE", host="::1", tls=section(), allowed_callers=["ONE@::1"])
        host, port = one.address
        assert host == "::1"
        one.reconfigure(archives={"self": {"ae_title": "ONE", "host": host, "port": port}})
        assert one.echo("self").result is Result.SUCCESS
        one.reconfigure(allowed_callers=["2001:db8::/32"])
        assert one.echo("self").result is Result.REJECTED

    def test_an_ipv4_caller_of_a_dual_port_is_known_by_its_own_address(self, start):
        one = start(ae_title="ONE", host="::", allowed_callers=["127.0.0.0/8"])
        one.reconfigure(archives={"self": {"ae_title": "ONE", "host": "127.0.0.1", "port": one.address[1]}})
        assert one.echo("self").result is Result.SUCCESS


class TestHandshakesThatStall:
    def test_fifty_of_them_delay_fifty_real_ones_not_at_all(self, start):
        one, two = pair(start, section(), section(), acse_timeout_s=30.0)
        assert two.echo("peer").result is Result.SUCCESS
        stalled = [socket.create_connection(one.address, 5.0) for _ in range(STALLED)]
        try:
            for number, each in enumerate(stalled):
                each.sendall((b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01")[number % 3])
            begin = time.monotonic()
            with ThreadPoolExecutor(max_workers=REAL) as pool:
                results = [outcome.result for outcome in pool.map(two.echo, ["peer"] * REAL)]
            took_s = time.monotonic() - begin
        finally:
            for each in stalled:
                each.close()
        assert results == [Result.SUCCESS] * REAL
        assert took_s < 15.0, "the ARTIM time-out of the stalled ones is 30 s"

    def test_each_is_given_up_in_time_however_it_trickles(self, start):
        one = start(tls=section(), acse_timeout_s=0.5)
        begin = time.monotonic()
        with socket.create_connection(one.address, 5.0) as peer, suppress(OSError):
            peer.settimeout(0.05)
            for piece in (b"\x16\x03\x01\x02\x00", *[b"\x01"] * 100):
                peer.sendall(piece)
                with suppress(TimeoutError):
                    if not peer.recv(100):
                        break
        assert 0.4 < time.monotonic() - begin < 3.0

    def test_stopping_ends_them_at_once(self, start):
        one = start(tls=section(), acse_timeout_s=30.0)
        with socket.create_connection(one.address, 5.0) as peer:
            peer.sendall(b"\x16\x03\x01")
            begin = time.monotonic()
            one.stop()
            assert time.monotonic() - begin < 5.0
            assert peer.recv(1) == b""

    def test_a_plain_client_is_closed_by_fin(self, start):
        one = start(tls=section())
        with socket.create_connection(one.address, 5.0) as peer:
            peer.sendall(b"\x01\x00\x00\x00\x00\x04abcd")
            assert peer.recv(100) == b""  # no reset, and nothing that a plain client would take for a PDU
        assert any("does not speak TLS" in line for line in one.log())


def test_errors_are_told_in_words():
    assert describe_tls_error(TimeoutError("no TLS handshake in time")) == "no TLS handshake in time"
    assert (
        describe_tls_error(ConnectionResetError(104, "reset")) == "the peer closed the connection during the handshake"
    )
    error = ssl.SSLError(1, "[SSL: SOMETHING_NEW] words")
    error.reason = "SOMETHING_NEW"
    assert describe_tls_error(error) == "something new"
