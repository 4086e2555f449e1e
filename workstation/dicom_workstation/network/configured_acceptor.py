"""What an acceptor of ours does with a caller: the configuration decides who may connect, and how many at once.

References
----------
Conformance statement, 3.2.2.1.3; PS3.8 Table 9-21
"""

from __future__ import annotations

from collections.abc import Callable

from pynetdicom.pdu_primitives import A_ASSOCIATE

from dicom_workstation.configuration import Configuration
from dicom_workstation.network.admission import (
    NO_REASON_GIVEN,
    NO_SUCH_CALLED_AE_TITLE,
    NO_SUCH_CALLING_AE_TITLE,
    AdmissionControl,
    Refusal,
    is_allowed,
)
from dicom_workstation.network.upper_layer import Acceptor, Association


class ConfiguredAcceptor(Acceptor):
    """The part of an acceptor that is the same for every AE of the workstation.

    Parameters
    ----------
    name : str
        What its lines in the log begin with.
    configuration : Configuration
        Title, callers and limits of this AE.
    note : callable
        Writes a line into the log.
    """

    def __init__(self, name: str, configuration: Configuration, note: Callable[[str], None]) -> None:
        self._name = name
        self._configuration = configuration
        self._note = note
        self._gate = AdmissionControl()

    @property
    def reads_nul_as_space(self) -> bool:
        """What stacks do that pad AE titles with NUL, against PS3.8 9.3.2; a matter of the configuration."""
        return self._configuration.accept_titles_padded_with_nul

    def rejection(self, request: A_ASSOCIATE, address: str) -> Refusal | None:
        """Who may connect is a matter of the configuration."""
        calling, called = str(request.calling_ae_title).strip(), str(request.called_ae_title).strip()
        if self._configuration.check_called_ae_title and called != self._configuration.ae_title:
            self.note(f"{calling}@{address}: rejected: {called} is not the AE title of this server")
            return NO_SUCH_CALLED_AE_TITLE
        allowed = self._configuration.allowed_callers
        if allowed is not None and not is_allowed(allowed, calling, address):
            self.note(f"{calling}@{address}: rejected: not an allowed caller")
            return NO_SUCH_CALLING_AE_TITLE
        return None

    def certificate_rejection(self, request: A_ASSOCIATE, address: str, names: tuple[str, ...]) -> Refusal | None:
        """The names in a certificate may decide who may connect."""
        allowed = self._configuration.allowed_certificates
        if allowed is None or set(allowed) & set(names):
            return None
        calling = str(request.calling_ae_title).strip()
        self.note(f"{calling}@{address}: rejected: its certificate is not allowed: {', '.join(names) or 'none'}")
        return NO_REASON_GIVEN

    def enter(self, request: A_ASSOCIATE, address: str, association: Association) -> Refusal | None:
        """Count an association; refuse it where the operator set a limit."""
        peer = f"{str(request.calling_ae_title).strip()}@{address}"
        refused = self._gate.enter(association, peer, self._configuration)
        if refused is None:
            return None
        refusal, reason = refused
        self.note(f"{peer}: rejected: {reason}")
        return refusal

    def leave(self, association: Association) -> None:
        """An association has ended."""
        self._gate.leave(association)

    def note(self, text: str) -> None:
        """Write a line into the log; what a peer sent cannot make two of it."""
        self._note(f"{self._name}: {printable(text)}")


def printable(text: str) -> str:
    """Return text with its control characters written out, so that it is one line of a log."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in text)
