"""Mutants of TLS, of who may connect, and of the time-outs that bound a peer who stalls (DCS 4.2.2, 3.2.2.1.3, 6.2)."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dicom_workstation.application import listening
from dicom_workstation.configuration import tls, tls_profile
from dicom_workstation.network import admission, configured_acceptor, listener, upper_layer
from dicom_workstation.network.upper_layer import titles
from mutation import Catalogue, Patch

SECURITY = Catalogue()

NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME."""

LATE_S = 3.5
"""Longer than any case here allows, shorter than a peer of ours waits."""

Context = Callable[[Any], ssl.SSLContext]


def change_contexts(patch: Patch, change: Callable[[ssl.SSLContext], None], *sides: str) -> None:
    """Change the contexts that the workstation makes."""

    def changed(made: Context) -> Context:
        def make(self: Any) -> ssl.SSLContext:
            context = made(self)
            change(context)
            return context

        return make

    for side in sides:
        patch.set(tls.TLS, side, changed(vars(tls.TLS)[side]))


# -- versions and certificates


@SECURITY.mutant("security/tls-loader-refuses-bcp195-1-0", "association")
def accepts_tls_1_0_by_default(patch: Patch) -> None:
    """Today's profile takes a client of TLS 1.0."""
    lenient = replace(tls_profile.PROFILES["aes"], maximum=ssl.TLSVersion.TLSv1_3)
    patch.set(tls_profile, "PROFILES", {**tls_profile.PROFILES, "bcp195": lenient})


@SECURITY.mutant("security/tls-query-engine-refuses-bcp195-non-downgrading-1-1", "outcome")
def downgrades(patch: Patch) -> None:
    """Under the non-downgrading profile an archive of TLS 1.1 is asked."""
    lenient = replace(tls_profile.PROFILES["aes"], maximum=ssl.TLSVersion.TLSv1_3)
    patch.set(tls_profile, "PROFILES", {**tls_profile.PROFILES, "bcp195_non_downgrading": lenient})


@SECURITY.mutant("security/tls-loader-serves-basic-1-0", "log")
def warns_of_no_retired_profile(patch: Patch) -> None:
    """A retired profile is used without a word to the operator."""
    patch.set(listening, "warnings_of", lambda name: ())


@SECURITY.mutant("security/tls-loader-refuses-expired", "association")
def ignores_an_expired_certificate(patch: Patch) -> None:
    """A client's certificate may have expired."""

    def timeless(context: ssl.SSLContext) -> None:
        context.verify_flags |= NO_CHECK_TIME

    change_contexts(patch, timeless, "server_context")


@SECURITY.mutant("security/tls-loader-client-refuses-expired", "association")
def retrieves_from_an_expired_archive(patch: Patch) -> None:
    """An archive's certificate may have expired."""

    def timeless(context: ssl.SSLContext) -> None:
        context.verify_flags |= NO_CHECK_TIME

    change_contexts(patch, timeless, "client_context")


@SECURITY.mutant("security/tls-store-client-refuses-self-signed", "pdu")
def trusts_any_archive(patch: Patch) -> None:
    """Images are stored to whoever answers."""

    def trusting(context: ssl.SSLContext) -> None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE

    change_contexts(patch, trusting, "client_context")


@SECURITY.mutant("security/tls-query-engine-refuses-wrong-host", "pdu")
def checks_no_host(patch: Patch) -> None:
    """An archive may show the certificate of another host."""

    def careless(context: ssl.SSLContext) -> None:
        context.check_hostname = False

    change_contexts(patch, careless, "client_context")


@SECURITY.mutant("security/tls-loader-requires-a-certificate", "association")
def requires_no_certificate(patch: Patch) -> None:
    """A client need not show a certificate, though one is required."""

    def optional(context: ssl.SSLContext) -> None:
        context.verify_mode = ssl.CERT_OPTIONAL

    change_contexts(patch, optional, "server_context")


@SECURITY.mutant("security/tls-query-engine-never-asks-in-plain", "pdu")
def asks_in_plain(patch: Patch) -> None:
    """An archive is asked without TLS, though TLS is configured."""
    patch.set(upper_layer.AssociationSocket, "_secure", lambda self: None)


@SECURITY.mutant("security/tls-loader-closes-on-plain-clients", "association")
def serves_plain_clients(patch: Patch) -> None:
    """A client that speaks no TLS is served on a TLS port."""

    def lenient(self: Any) -> bool:
        try:
            is_tls = tls.client_speaks_tls(self.dul.socket.socket, self.dul._woken, time.monotonic() + 1.0)
        except OSError:
            return False
        return is_secured(self) if is_tls else True

    is_secured = patch.set(upper_layer.AcceptedAssociation, "_is_secured", lenient)


@SECURITY.mutant("security/tls-loader-refuses-unknown-authority", "log")
def keeps_no_record_of_refused_handshakes(patch: Patch) -> None:
    """That a handshake was refused is not written into the log."""

    def forgetful(self: Any, text: str) -> None:
        if "TLS refused" not in text:
            note(self, text)

    note = patch.set(configured_acceptor.ConfiguredAcceptor, "note", forgetful)


# -- handshakes that stall


@SECURITY.mutant("security/tls-loader-lets-nobody-wait-for-a-handshake", "elapsed")
def shakes_hands_one_by_one(patch: Patch) -> None:
    """A handshake is led before the next connection is accepted."""

    def patient(self: Any, connection: Any, address: Any) -> None:
        if self._tls is not None:
            try:
                tls.client_speaks_tls(connection, self._woken, time.monotonic() + 2.0)
            except OSError:
                connection.close()
                return
        open_(self, connection, address)

    open_ = patch.set(listener.Listener, "_open", patient)


@SECURITY.mutant("security/tls-query-engine-gives-a-stalled-handshake-up", "elapsed")
def waits_longer_for_a_handshake(patch: Patch) -> None:
    """The association time-out does not bound the handshake."""

    def patient(self: Any, connection: Any, deadline: float) -> None:
        lead(self, connection, deadline + LATE_S)

    lead = patch.set(upper_layer.UpperLayer, "do_handshake_in_time", patient)


# -- who may connect


@SECURITY.mutant("security/loader-rejects-a-stranger-each-time", "association")
def skips_the_list_on_the_second_association(patch: Patch) -> None:
    """The list of callers is looked at for the first association only."""
    seen = threading.Event()

    def lazy(self: Any, request: Any, address: str) -> tuple[int, int, int] | None:
        if self._configuration.allowed_callers is not None and seen.is_set():
            return None
        seen.set()
        return rejection(self, request, address)

    rejection = patch.set(configured_acceptor.ConfiguredAcceptor, "rejection", lazy)


@SECURITY.mutant("security/loader-rejects-another-network", "association")
def ignores_the_mask_of_a_network(patch: Patch) -> None:
    """Every network on the list counts as all networks."""
    patch.set(admission, "_within", lambda address, network: "/" in network)


@SECURITY.mutant("security/loader-accepts-a-network", "association")
def knows_no_networks(patch: Patch) -> None:
    """Only single addresses on the list are understood."""

    def single(address: str, network: str) -> bool:
        return "/" not in network and within(address, network)

    within = patch.set(admission, "_within", single)


@SECURITY.mutant("security/tls-loader-knows-the-names-in-certificates", "association")
def ignores_the_names_in_certificates(patch: Patch) -> None:
    """Any trusted certificate lets in, whatever names are on the list."""
    patch.set(
        configured_acceptor.ConfiguredAcceptor, "certificate_rejection", lambda self, request, address, names: None
    )


@SECURITY.mutant("security/loader-need-not-check-the-called-title", "association")
def checks_the_called_title_always(patch: Patch) -> None:
    """The called AE title is checked, though the operator said otherwise."""

    def strict(self: Any, request: Any, address: str) -> tuple[int, int, int] | None:
        if str(request.called_ae_title).strip() != self._configuration.ae_title:
            return configured_acceptor.NO_SUCH_CALLED_AE_TITLE
        return rejection(self, request, address)

    rejection = patch.set(configured_acceptor.ConfiguredAcceptor, "rejection", strict)


@SECURITY.mutant("security/loader-knows-titles-of-sixteen-characters", "association")
def compares_fifteen_characters(patch: Patch) -> None:
    """Of a calling AE title the sixteenth character is not looked at."""

    def short(callers: Any, calling: str, address: str) -> bool:
        return is_allowed([caller[:14] for caller in callers], calling[:14], address)

    is_allowed = patch.set(configured_acceptor, "is_allowed", short)


@SECURITY.mutant("security/loader-keeps-to-a-limit", "association")
def admits_one_too_many(patch: Patch) -> None:
    """One association more than the limit is let in."""
    patch.set(admission, "_reached", lambda count, limit: limit is not None and count > limit)


@SECURITY.mutant("security/loader-keeps-to-a-limit", "association")
def never_counts_down(patch: Patch) -> None:
    """An association that has ended still counts."""
    patch.set(admission.AdmissionControl, "leave", lambda self, association: None)


@SECURITY.mutant("security/loader-keeps-to-a-limit-for-each-peer", "association")
def calls_a_limit_permanent(patch: Patch) -> None:
    """A limit that is reached is told as a permanent rejection without a reason."""
    patch.set(admission, "LOCAL_LIMIT_EXCEEDED", admission.NO_REASON_GIVEN)


# -- time-outs in the middle of a PDU


@SECURITY.mutant("security/loader-gives-up-who-stops-within-a-request", "elapsed")
def ignores_artim_in_mid_pdu(patch: Patch) -> None:
    """The ARTIM timer begins anew as long as part of a PDU has come."""
    begun: dict[int, float] = {}

    def lenient(self: Any) -> bool:
        if self._buffer and self.state_machine.current_state == "Sta2":
            first = begun.setdefault(id(self), time.monotonic())
            if time.monotonic() - first < LATE_S:
                self.artim_timer.restart()
        return bool(step(self))

    step = patch.set(upper_layer.UpperLayer, "_step", lenient)


@SECURITY.mutant("security/loader-aborts-who-stops-within-a-message", "elapsed")
def ignores_the_network_time_out_in_mid_pdu(patch: Patch) -> None:
    """A peer that has sent part of a PDU is not idle, however long the rest does not come."""

    def lenient(self: Any) -> float:
        idle_s = float(before.fget(self))
        return 0.0 if self._buffer and idle_s < LATE_S else idle_s

    before = patch.set(upper_layer.UpperLayer, "idle_s", property(lenient))


@SECURITY.mutant("security/query-engine-gives-up-half-a-response", "elapsed")
def ignores_the_dimse_time_out_in_mid_pdu(patch: Patch) -> None:
    """While part of a response has come, the rest is waited for longer than configured."""

    def patient(self: Any, until: Callable[[], bool], timeout_s: float | None) -> bool:
        if wait(self, until, timeout_s):
            return True
        return bool(self._buffer) and wait(self, until, LATE_S)

    wait = patch.set(upper_layer.UpperLayer, "wait", patient)


# -- revocation, addresses and titles


def forget_revocation(context: ssl.SSLContext) -> None:
    """Have a context look at no revocation list."""
    context.verify_flags &= ~(ssl.VERIFY_CRL_CHECK_LEAF | ssl.VERIFY_CRL_CHECK_CHAIN)


@SECURITY.mutant("security/tls-loader-refuses-revoked", "association")
def takes_revoked_clients(patch: Patch) -> None:
    """The revocation list is read, and not held against the certificates of clients."""
    change_contexts(patch, forget_revocation, "server_context")


@SECURITY.mutant("security/tls-query-engine-refuses-revoked", "outcome")
def asks_revoked_archives(patch: Patch) -> None:
    """The revocation list is read, and not held against the certificates of archives."""
    change_contexts(patch, forget_revocation, "client_context")


@SECURITY.mutant("security/loader-accepts-an-ipv6-network", "association")
def knows_no_networks_of_ipv6(patch: Patch) -> None:
    """Networks of IPv6 on the list of callers admit nobody."""

    def ipv4_alone(address: str, network: str) -> bool:
        return ":" not in network and within(address, network)

    within = patch.set(admission, "_within", ipv4_alone)


@SECURITY.mutant("security/loader-rejects-calling-titles-that-are-none", "association")
def takes_white_space_for_padding(patch: Patch) -> None:
    """A line feed at the end of an AE title is taken for padding, and the title for one on the list."""
    is_title = patch.set(titles, "is_title", lambda field: field.strip().isalnum() or is_title(field))


@SECURITY.mutant("security/loader-rejects-called-titles-that-are-none", "association")
def aborts_whoever_has_no_title(patch: Patch) -> None:
    """A caller whose called AE title is none is aborted, not rejected."""
    patch.set(titles, "is_title", lambda _: True)
