"""The seven PDUs of the DICOM upper layer, and whatever else came in their place (PS3.8 9.3).

Invariants: a PDU is a frozen value that holds every field of its table, the reserved ones too, so that what was read
can be written again byte by byte, and so can what no correct implementation would send. `reserved` is byte 2; other
reserved fields are named by the numbers of their bytes. `length` overrides the length field; `None` is the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias, TypeVar

from dicom_wire.items import (
    ApplicationContext,
    ImplementationClassUID,
    ImplementationVersionName,
    Item,
    MaximumLength,
    PresentationContextAC,
    PresentationContextRQ,
    SubItem,
    UserInformation,
)

Found = TypeVar("Found")

LARGE_BYTES = 4096
"""So many bytes, if they never change, are not copied: a view of them takes less."""


def may_be_viewed(data: bytes | bytearray | memoryview) -> bool:
    """Tell whether bytes are better kept as they are than copied: many, and such that never change."""
    return len(data) >= LARGE_BYTES and isinstance(data.obj if isinstance(data, memoryview) else data, bytes)


@dataclass(frozen=True, slots=True)
class _PDU:
    NAME: ClassVar[str]
    TYPE: ClassVar[int]
    reserved: int = field(default=0, kw_only=True)
    length: int | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class _Associate(_PDU):
    """What A-ASSOCIATE-RQ and A-ASSOCIATE-AC share (PS3.8 Tables 9-11 and 9-17)."""

    called_ae_title: str
    calling_ae_title: str
    items: tuple[Item, ...]
    protocol_version: int = 1
    reserved_9_10: bytes = b"\0\0"
    reserved_43_74: bytes = bytes(32)

    @property
    def application_context_name(self) -> str | None:
        """The first application context's name."""
        return next((item.name for item in self.items if isinstance(item, ApplicationContext)), None)

    @property
    def user_information(self) -> tuple[SubItem, ...]:
        """The sub-items of the (first) user information item; empty if there is none."""
        return next((item.sub_items for item in self.items if isinstance(item, UserInformation)), ())

    @property
    def maximum_length(self) -> int | None:
        """The longest P-DATA-TF variable field that the sender takes; 0 = unlimited; `None` = not said."""
        found = self.find(MaximumLength)
        return found[0].length_bytes if found else None

    @property
    def implementation_class_uid(self) -> str | None:
        """The sender's implementation class UID."""
        found = self.find(ImplementationClassUID)
        return found[0].uid if found else None

    @property
    def implementation_version_name(self) -> str | None:
        """The sender's implementation version name."""
        found = self.find(ImplementationVersionName)
        return found[0].name if found else None

    def find(self, sub_item: type[Found]) -> tuple[Found, ...]:
        """Return the user information sub-items of that class, in wire order."""
        return tuple([item for item in self.user_information if isinstance(item, sub_item)])


@dataclass(frozen=True, slots=True)
class AAssociateRQ(_Associate):
    """A-ASSOCIATE-RQ (PS3.8 Table 9-11)."""

    NAME: ClassVar[str] = "A-ASSOCIATE-RQ"
    TYPE: ClassVar[int] = 0x01

    @property
    def presentation_contexts(self) -> tuple[PresentationContextRQ, ...]:
        """The proposed presentation contexts, in wire order."""
        return tuple([item for item in self.items if isinstance(item, PresentationContextRQ)])


@dataclass(frozen=True, slots=True)
class AAssociateAC(_Associate):
    """A-ASSOCIATE-AC (PS3.8 Table 9-17); its AE titles are in reserved fields and repeat the request's."""

    NAME: ClassVar[str] = "A-ASSOCIATE-AC"
    TYPE: ClassVar[int] = 0x02

    @property
    def presentation_contexts(self) -> tuple[PresentationContextAC, ...]:
        """The answers to the presentation contexts, in wire order."""
        return tuple([item for item in self.items if isinstance(item, PresentationContextAC)])


@dataclass(frozen=True, slots=True)
class AAssociateRJ(_PDU):
    """A-ASSOCIATE-RJ (PS3.8 Table 9-21). `trailing`: bytes beyond the four of the table."""

    NAME: ClassVar[str] = "A-ASSOCIATE-RJ"
    TYPE: ClassVar[int] = 0x03
    result: int
    source: int
    reason: int
    reserved_7: int = 0
    trailing: bytes = b""


@dataclass(frozen=True, slots=True)
class PDV:
    """One presentation data value item (PS3.8 Table 9-23) with its message control header (PS3.8 E.2).

    `data` is without the control header. `reserved_bits` are bits 2 to 7 of that header, in place (0 to 0xFC).
    """

    context_id: int
    is_command: bool
    is_last: bool
    data: bytes | memoryview = b""
    reserved_bits: int = field(default=0, kw_only=True)
    length: int | None = field(default=None, kw_only=True)

    @property
    def control_header(self) -> int:
        """The message control header: bit 0 = command, bit 1 = last fragment."""
        return self.reserved_bits | self.is_last << 1 | self.is_command


@dataclass(frozen=True, slots=True)
class PDataTF(_PDU):
    """P-DATA-TF (PS3.8 Table 9-22). `trailing`: bytes from the first that cannot be a PDV item."""

    NAME: ClassVar[str] = "P-DATA-TF"
    TYPE: ClassVar[int] = 0x04
    pdvs: tuple[PDV, ...]
    trailing: bytes | memoryview = b""


@dataclass(frozen=True, slots=True)
class AReleaseRQ(_PDU):
    """A-RELEASE-RQ (PS3.8 Table 9-24)."""

    NAME: ClassVar[str] = "A-RELEASE-RQ"
    TYPE: ClassVar[int] = 0x05
    reserved_7_10: bytes = bytes(4)
    trailing: bytes = b""


@dataclass(frozen=True, slots=True)
class AReleaseRP(_PDU):
    """A-RELEASE-RP (PS3.8 Table 9-25)."""

    NAME: ClassVar[str] = "A-RELEASE-RP"
    TYPE: ClassVar[int] = 0x06
    reserved_7_10: bytes = bytes(4)
    trailing: bytes = b""


@dataclass(frozen=True, slots=True)
class AAbort(_PDU):
    """A-ABORT (PS3.8 Table 9-26). `source`: 0 service-user, 2 service-provider."""

    NAME: ClassVar[str] = "A-ABORT"
    TYPE: ClassVar[int] = 0x07
    source: int
    reason: int
    reserved_7_8: bytes = b"\0\0"
    trailing: bytes = b""


@dataclass(frozen=True, slots=True)
class UnknownPDU(_PDU):
    """A PDU of a type that the standard does not name, or one too short for what its type demands.

    `header`, if given, replaces the six bytes of type, reserved and length (what is left of a cut-off PDU).
    """

    NAME: ClassVar[str] = "unknown PDU"
    TYPE: ClassVar[int] = 0  # no PDU of the standard; what came is in `type`
    type: int
    data: bytes = b""
    header: bytes | None = None


PDU: TypeAlias = AAssociateRQ | AAssociateAC | AAssociateRJ | PDataTF | AReleaseRQ | AReleaseRP | AAbort | UnknownPDU
