"""max_pdu: another maximum length is announced, or PDUs of another length are sent than the receiver takes."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.faults.moment import Action, FragmentAction, Moment, When
from dicom_simulators.faults.parameters import MESSAGE_NAMES, Parameterized, parameter, whole
from dicom_simulators.faults.upper_layer.changed_pdu import changing, with_maximum_length
from dicom_wire import AAssociateAC, AAssociateRQ, fragment_buffers
from dicom_wire.dimse import Message

ABSENT = "absent"
_LENGTH = whole(0, 0xFFFFFFFF)


def announcement(value: object) -> int | str:
    """Read a maximum length in bytes, 0 for unlimited, or `absent`."""
    return ABSENT if value == ABSENT else int(str(_LENGTH(value)))


@dataclass(frozen=True, slots=True)
class MaxPDU(Parameterized):
    """Announce another maximum length (in A-ASSOCIATE-RQ or -AC), or send PDUs of another length.

    References
    ----------
    PS3.8 D.1: no P-DATA-TF PDU is longer than its receiver announced; 0 is no limit
    """

    announced: int | str | None = parameter(announcement, "the maximum length announced; default: the peer's own", None)
    sent: int | None = parameter(
        whole(8, 0xFFFFFFFF), "the length of the PDUs of a message, whatever the receiver takes", None
    )

    def at(self, moment: Moment) -> Action | None:
        """Act before an association is requested or accepted, and before a message is sent."""
        if moment.when is not When.BEFORE:
            return None
        if self.announced is not None and moment.name in (AAssociateRQ.NAME, AAssociateAC.NAME):
            length = self.announced if isinstance(self.announced, int) else None
            return changing(lambda pdu: with_maximum_length(pdu, length))
        if self.sent is not None and moment.name in MESSAGE_NAMES:
            return FragmentAction(self._fragments)
        return None

    def _fragments(self, message: Message, maximum_length: int) -> list[bytes]:
        buffers = b"".join(fragment_buffers(message, self.sent or 0))
        return split_pdus(buffers)


def split_pdus(data: bytes) -> list[bytes]:
    """Cut encoded PDUs, one behind the other, into single ones."""
    pdus = []
    begin = 0
    while begin < len(data):
        end = begin + 6 + int.from_bytes(data[begin + 2 : begin + 6], "big")
        pdus.append(data[begin:end])
        begin = end
    return pdus
