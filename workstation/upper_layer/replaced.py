"""What of pynetdicom is replaced or relied on, function by function, with the hash of its source.

Invariants: whatever of pynetdicom's insides a module of this package overrides, leaves out or counts on stands
here with its reason; the start-up check (`workstation.pynetdicom_version`) refuses a pynetdicom whose sources differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Replaced:
    """A function of pynetdicom that is replaced or relied on: the hash of its source, and why."""

    sha256: str
    reason: str


REPLACED: Final = {
    "transport.AssociationSocket._create_socket": Replaced("bf8b92b106c8aa07", "no bind() before connect()"),
    "transport.AssociationSocket.connect": Replaced("aeeeae413bd339dc", "TCP_NODELAY; the error is kept"),
    "transport.AssociationSocket.send": Replaced("1ea8158c0b51faca", "has a deadline; then Evt17"),
    "transport.AssociationSocket._shutdown_socket": Replaced("e2b2628faa81a578", "closes also when shutdown() fails"),
    "fsm.StateMachine.do_action": Replaced("9a883f44c7f31641", "a peer's fault is Evt19, not the end of a thread"),
    "fsm.AA_8": Replaced("06c83317f08831fd", "tells the reason of the A-P-ABORT"),
    "dul.DULServiceProvider.__init__": Replaced("c82dafa9438ddf70", "its queues are used, its thread is not"),
    "dul.DULServiceProvider.run_reactor": Replaced("e3a10eb3a0931e48", "not used: `UpperLayer.wait`"),
    "dul.DULServiceProvider._is_transport_event": Replaced("8725ed03bb8fbdef", "not used: `UpperLayer._step`"),
    "dul.DULServiceProvider._read_pdu_data": Replaced("19f2d4e38c13c835", "not used: `UpperLayer._next_pdu`"),
    "dul.DULServiceProvider._process_recv_primitive": Replaced("4c0ebbb3e646e35e", "relied on as it is"),
    "dul.DULServiceProvider.send_pdu": Replaced("7cbce5da8594124e", "sends before it returns"),
    "dul.DULServiceProvider.receive_pdu": Replaced("fa67339834ca998c", "advances the association while it waits"),
    "dul.DULServiceProvider.stop_dul": Replaced("28a7e0be126e7b30", "there is no thread to wait for"),
    "dimse.DIMSEServiceProvider.get_msg": Replaced("890e3e04283f5aeb", "advances the association while it waits"),
    "dimse.DIMSEServiceProvider.receive_primitive": Replaced("5f99c86b14a15cef", "not used: `receive_fragment`"),
    "dimse.DIMSEServiceProvider.send_msg": Replaced("a839cf2fb46976d9", "no queue without a bound"),
    "dimse_messages.DIMSEMessage.decode_msg": Replaced("f51c777e841a76be", "relied on for command sets"),
    "dimse_messages.DIMSEMessage.message_to_primitive": Replaced("f8f43d34e43450ef", "relied on as it is"),
    "dimse_messages.DIMSEMessage.primitive_to_message": Replaced("71fd61d5997f0f0c", "not used: `encode_message`"),
    "acse.ACSE._negotiate_as_acceptor": Replaced("fffd360957c42a8e", "no limit of 10; asks its service"),
    "acse.ACSE.send_request": Replaced("3608921809cbe3a5", "relied on as it is"),
    "association.Association.__init__": Replaced("eb07516b8009ad8f", "its providers are replaced"),
    "association.Association._bind_defaults": Replaced("4cada43c3a193724", "no handler that formats each PDU"),
    "association.Association._abort_blocking": Replaced("10b43ef8c63c6764", "no 0.1 s of sleep, no race"),
    "association.Association.kill": Replaced("8f9713666a7f4cff", "there is no thread to wait for"),
    "association.Association.run_reactor": Replaced("ed8bbbe3b3d6ddae", "one thread; Sta13 waits for the peer's close"),
    "association.Association._run_reactor": Replaced("f28838c5559e462a", "not used: `AcceptedAssociation._serve_next`"),
    "association.Association._serve_request": Replaced("2f24c1759cdf6c8c", "not used: `AcceptedAssociation.serve`"),
}
