"""Which pynetdicom this package is written for, and what of it is replaced or relied on, function by function.

Invariants: whatever of pynetdicom's insides a module of this package overrides, leaves out or counts on stands
here with its reason; the start-up check (`network.pynetdicom_version`) refuses any other version, and a copy of
this version in which one of these functions differs. `pyproject.toml` pins the same version; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Replaced:
    """A function of pynetdicom that is replaced or relied on.

    Parameters
    ----------
    sha256 : str
        The first digits of the hash of its source.
    parameters : str
        The names of its parameters: what can be compared where the sources are not installed.
    reason : str
        Why it is replaced, or what is relied on.
    """

    sha256: str
    parameters: str
    reason: str


PYNETDICOM_VERSION: Final = "3.0.4"


REPLACED: Final = {
    "transport.AssociationSocket._create_socket": Replaced(
        "bf8b92b106c8aa07", "self address", "no bind() before connect()"
    ),
    "transport.AssociationSocket.connect": Replaced(
        "aeeeae413bd339dc", "self primitive", "TCP_NODELAY; the error is kept"
    ),
    "transport.AssociationSocket.send": Replaced("1ea8158c0b51faca", "self bytestream", "has a deadline; then Evt17"),
    "transport.AssociationSocket._shutdown_socket": Replaced(
        "e2b2628faa81a578", "self", "closes also when shutdown() fails"
    ),
    "fsm.StateMachine.do_action": Replaced(
        "9a883f44c7f31641", "self event", "a peer's fault is Evt19, not the end of a thread"
    ),
    "fsm.AE_7": Replaced("c62284735836c78a", "dul", "answers 128 contexts without checking each UID again"),
    "pdu.A_ASSOCIATE_AC.from_primitive": Replaced("1dd28ce4925d42a6", "self primitive", "used without its contexts"),
    "fsm.AA_8": Replaced("06c83317f08831fd", "dul", "tells the reason of the A-P-ABORT"),
    "dul.DULServiceProvider.__init__": Replaced(
        "c82dafa9438ddf70", "self assoc", "its queues are used, its thread is not"
    ),
    "dul.DULServiceProvider.run_reactor": Replaced("e3a10eb3a0931e48", "self", "not used: `UpperLayer.wait`"),
    "dul.DULServiceProvider._is_transport_event": Replaced("8725ed03bb8fbdef", "self", "not used: `UpperLayer._step`"),
    "dul.DULServiceProvider._read_pdu_data": Replaced("19f2d4e38c13c835", "self", "not used: `UpperLayer._next_pdu`"),
    "dul.DULServiceProvider._process_recv_primitive": Replaced("4c0ebbb3e646e35e", "self", "relied on as it is"),
    "dul.DULServiceProvider.send_pdu": Replaced("7cbce5da8594124e", "self primitive", "sends before it returns"),
    "dul.DULServiceProvider.receive_pdu": Replaced(
        "fa67339834ca998c", "self wait timeout", "advances the association while it waits"
    ),
    "dul.DULServiceProvider.stop_dul": Replaced("28a7e0be126e7b30", "self", "there is no thread to wait for"),
    "dimse.DIMSEServiceProvider.get_msg": Replaced(
        "890e3e04283f5aeb", "self block", "advances the association while it waits"
    ),
    "dimse.DIMSEServiceProvider.receive_primitive": Replaced(
        "5f99c86b14a15cef", "self primitive", "not used: `receive_fragment`"
    ),
    "dimse.DIMSEServiceProvider.send_msg": Replaced(
        "a839cf2fb46976d9", "self primitive context_id", "no queue without a bound"
    ),
    "dimse_messages.DIMSEMessage.decode_msg": Replaced(
        "f51c777e841a76be", "self primitive assoc", "relied on for command sets"
    ),
    "dimse_messages.DIMSEMessage.message_to_primitive": Replaced("f8f43d34e43450ef", "self", "relied on as it is"),
    "dimse_messages.DIMSEMessage.primitive_to_message": Replaced(
        "71fd61d5997f0f0c", "self primitive", "not used: `encode_message`"
    ),
    "acse.ACSE._negotiate_as_acceptor": Replaced("fffd360957c42a8e", "self", "no limit of 10; asks its service"),
    "acse.ACSE.send_request": Replaced("3608921809cbe3a5", "self", "relied on as it is"),
    "association.Association.__init__": Replaced("eb07516b8009ad8f", "self ae mode", "its providers are replaced"),
    "association.Association._bind_defaults": Replaced("4cada43c3a193724", "self", "no handler that formats each PDU"),
    "association.Association._abort_blocking": Replaced("10b43ef8c63c6764", "self block", "no 0.1 s of sleep, no race"),
    "association.Association.kill": Replaced("8f9713666a7f4cff", "self", "there is no thread to wait for"),
    "association.Association.run_reactor": Replaced(
        "ed8bbbe3b3d6ddae", "self", "one thread; Sta13 waits for the peer's close"
    ),
    "association.Association._run_reactor": Replaced(
        "f28838c5559e462a", "self", "not used: `AcceptedAssociation._serve_next`"
    ),
    "association.Association._serve_request": Replaced(
        "2f24c1759cdf6c8c", "self msg context_id", "not used: `AcceptedAssociation.serve`"
    ),
}
