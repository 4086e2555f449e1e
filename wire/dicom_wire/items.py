"""The items and sub-items of A-ASSOCIATE PDUs, and their encoding (PS3.8 9.3.2, 9.3.3, Annex D; PS3.7 Annex D.3.3).

Invariants: an item is a frozen value that encodes to exactly the bytes it was given, valid or not.
`reserved` is byte 2 of the item; `length` overrides the length field, `None` being the true length. Whatever no class
here can say, `UnknownItem` says (any type, any data, any header).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar, TypeAlias

from dicom_wire.uid import uid_field

NO_RESERVED = b"\0\0\0"


@dataclass(frozen=True, slots=True)
class _Item:
    """What all items have: byte 2, and a length field that may lie."""

    TYPE: ClassVar[int]
    NAME: ClassVar[str]
    reserved: int = field(default=0, kw_only=True)
    length: int | None = field(default=None, kw_only=True)

    def body(self) -> bytes:
        """Return what follows the length field."""
        raise NotImplementedError

    def encode(self) -> bytes:
        """Return the whole item."""
        body = self.body()
        length = len(body) if self.length is None else self.length
        return bytes((self.TYPE, self.reserved)) + length.to_bytes(2, "big") + body


@dataclass(frozen=True, slots=True)
class ApplicationContext(_Item):
    """Application context item (PS3.8 Table 9-12)."""

    TYPE: ClassVar[int] = 0x10
    NAME: ClassVar[str] = "Application Context"
    name: str

    def body(self) -> bytes:
        """Return the application context name."""
        return uid_field(self.name)


@dataclass(frozen=True, slots=True)
class AbstractSyntax(_Item):
    """Abstract syntax sub-item (PS3.8 Table 9-14)."""

    TYPE: ClassVar[int] = 0x30
    NAME: ClassVar[str] = "Abstract Syntax"
    name: str

    def body(self) -> bytes:
        """Return the abstract syntax name."""
        return uid_field(self.name)


@dataclass(frozen=True, slots=True)
class TransferSyntax(_Item):
    """Transfer syntax sub-item (PS3.8 Tables 9-15 and 9-19)."""

    TYPE: ClassVar[int] = 0x40
    NAME: ClassVar[str] = "Transfer Syntax"
    name: str

    def body(self) -> bytes:
        """Return the transfer syntax name."""
        return uid_field(self.name)


@dataclass(frozen=True, slots=True)
class UnknownItem(_Item):
    """An item of a type that the standard does not name, or one whose body cannot be read as its type demands.

    `header`, if given, replaces the four bytes of type, reserved and length: what is left of a cut-off item, or any
    bytes that shall be sent there.
    """

    NAME: ClassVar[str] = "Unknown Item"
    type: int
    data: bytes = b""
    header: bytes | None = None

    def body(self) -> bytes:
        """Return the data as they came."""
        return self.data

    def encode(self) -> bytes:
        """Return the whole item, header replaced if asked."""
        if self.header is not None:
            return self.header + self.data
        length = len(self.data) if self.length is None else self.length
        return bytes((self.type, self.reserved)) + length.to_bytes(2, "big") + self.data


KnownSyntaxItem: TypeAlias = AbstractSyntax | TransferSyntax
SyntaxItem: TypeAlias = KnownSyntaxItem | UnknownItem


@lru_cache(maxsize=8192)
def syntax_items(abstract_syntax: str | None, transfer_syntaxes: tuple[str, ...]) -> bytes:
    """Return the abstract syntax sub-item, if any, and the transfer syntax sub-items, one after the other."""
    head = b"" if abstract_syntax is None else AbstractSyntax(abstract_syntax).encode()
    return head + b"".join([_transfer_syntax_item(name) for name in transfer_syntaxes])


@lru_cache(maxsize=8192)
def _transfer_syntax_item(name: str) -> bytes:
    return TransferSyntax(name).encode()


@dataclass(frozen=True, slots=True)
class PresentationContextRQ(_Item):
    """Presentation context item of an A-ASSOCIATE-RQ (PS3.8 Table 9-13).

    `sub_items`, if given, is written instead of `abstract_syntax` and `transfer_syntaxes`, in wire order: doubled,
    unknown, misplaced or wrongly measured sub-items. `reserved_6_8` are bytes 6 to 8.
    """

    TYPE: ClassVar[int] = 0x20
    NAME: ClassVar[str] = "Presentation Context (proposed)"
    context_id: int
    abstract_syntax: str | None
    transfer_syntaxes: tuple[str, ...]
    sub_items: tuple[SyntaxItem, ...] | None = None
    reserved_6_8: bytes = NO_RESERVED

    def body(self) -> bytes:
        """Return context ID, reserved bytes and sub-items."""
        if self.sub_items is None:
            payload = syntax_items(self.abstract_syntax, self.transfer_syntaxes)
        else:
            payload = b"".join([item.encode() for item in self.sub_items])
        return self.context_id.to_bytes(1, "big") + self.reserved_6_8 + payload


@dataclass(frozen=True, slots=True)
class PresentationContextAC(_Item):
    """Presentation context item of an A-ASSOCIATE-AC (PS3.8 Table 9-18). `reserved_6_8` are bytes 6 and 8.

    `transfer_syntax` is `None` where no transfer syntax sub-item is there.
    """

    TYPE: ClassVar[int] = 0x21
    NAME: ClassVar[str] = "Presentation Context (result)"
    context_id: int
    result: int
    transfer_syntax: str | None
    sub_items: tuple[SyntaxItem, ...] | None = None
    reserved_6_8: bytes = b"\0\0"

    def body(self) -> bytes:
        """Return context ID, result and transfer syntax."""
        if self.sub_items is None:
            payload = b"" if self.transfer_syntax is None else _transfer_syntax_item(self.transfer_syntax)
        else:
            payload = b"".join([item.encode() for item in self.sub_items])
        head = bytes((self.context_id, self.reserved_6_8[0], self.result, self.reserved_6_8[1]))
        return head + payload


@dataclass(frozen=True, slots=True)
class MaximumLength(_Item):
    """Maximum length sub-item: the longest P-DATA-TF variable field its sender takes; 0 = any (PS3.8 Table D.1-1)."""

    TYPE: ClassVar[int] = 0x51
    NAME: ClassVar[str] = "Maximum Length"
    length_bytes: int

    def body(self) -> bytes:
        """Return the four bytes of the maximum."""
        return self.length_bytes.to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class ImplementationClassUID(_Item):
    """Implementation class UID sub-item (PS3.7 Table D.3-1)."""

    TYPE: ClassVar[int] = 0x52
    NAME: ClassVar[str] = "Implementation Class UID"
    uid: str

    def body(self) -> bytes:
        """Return the UID."""
        return uid_field(self.uid)


@dataclass(frozen=True, slots=True)
class AsynchronousOperationsWindow(_Item):
    """Asynchronous operations window sub-item; 0 = unlimited (PS3.7 Table D.3-7)."""

    TYPE: ClassVar[int] = 0x53
    NAME: ClassVar[str] = "Asynchronous Operations Window"
    invoked: int
    performed: int

    def body(self) -> bytes:
        """Return both numbers."""
        return self.invoked.to_bytes(2, "big") + self.performed.to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class RoleSelection(_Item):
    """SCP/SCU role selection sub-item; `scu` and `scp` are the bytes themselves (PS3.7 Table D.3-9)."""

    TYPE: ClassVar[int] = 0x54
    NAME: ClassVar[str] = "SCP/SCU Role Selection"
    sop_class: str
    scu: int
    scp: int

    def body(self) -> bytes:
        """Return the SOP Class UID with its length, and the roles."""
        return counted(uid_field(self.sop_class)) + bytes((self.scu, self.scp))


@dataclass(frozen=True, slots=True)
class ImplementationVersionName(_Item):
    """Implementation version name sub-item (PS3.7 Table D.3-3)."""

    TYPE: ClassVar[int] = 0x55
    NAME: ClassVar[str] = "Implementation Version Name"
    name: str

    def body(self) -> bytes:
        """Return the name."""
        return self.name.encode("latin-1")


@dataclass(frozen=True, slots=True)
class SOPClassExtendedNegotiation(_Item):
    """SOP class extended negotiation sub-item (PS3.7 Table D.3-11)."""

    TYPE: ClassVar[int] = 0x56
    NAME: ClassVar[str] = "SOP Class Extended Negotiation"
    sop_class: str
    information: bytes = b""

    def body(self) -> bytes:
        """Return the SOP Class UID with its length, and the service class application information."""
        return counted(uid_field(self.sop_class)) + self.information


@dataclass(frozen=True, slots=True)
class SOPClassCommonExtendedNegotiation(_Item):
    """SOP class common extended negotiation sub-item; `reserved` is the sub-item version (PS3.7 Table D.3-12).

    `reserved_tail` is what follows the related general SOP classes, kept for later versions of the sub-item.
    """

    TYPE: ClassVar[int] = 0x57
    NAME: ClassVar[str] = "SOP Class Common Extended Negotiation"
    sop_class: str
    service_class: str
    related_general_sop_classes: tuple[str, ...] = ()
    reserved_tail: bytes = b""

    def body(self) -> bytes:
        """Return the UIDs, each with its length."""
        related = b"".join([counted(uid_field(uid)) for uid in self.related_general_sop_classes])
        return (
            counted(uid_field(self.sop_class))
            + counted(uid_field(self.service_class))
            + counted(related)
            + self.reserved_tail
        )


@dataclass(frozen=True, slots=True)
class UserIdentityRQ(_Item):
    """User identity sub-item of an A-ASSOCIATE-RQ (PS3.7 Table D.3-14).

    `user_identity_type`: 1 user name, 2 user name and passcode, 3 Kerberos ticket, 4 SAML assertion, 5 JSON Web Token.
    """

    TYPE: ClassVar[int] = 0x58
    NAME: ClassVar[str] = "User Identity (request)"
    user_identity_type: int
    primary_field: bytes
    secondary_field: bytes = b""
    positive_response_requested: int = 0

    def body(self) -> bytes:
        """Return type, wish for a response and both fields with their lengths."""
        head = bytes((self.user_identity_type, self.positive_response_requested))
        return head + counted(self.primary_field) + counted(self.secondary_field)


@dataclass(frozen=True, slots=True)
class UserIdentityAC(_Item):
    """User identity sub-item of an A-ASSOCIATE-AC (PS3.7 Table D.3-15)."""

    TYPE: ClassVar[int] = 0x59
    NAME: ClassVar[str] = "User Identity (response)"
    server_response: bytes = b""

    def body(self) -> bytes:
        """Return the server response with its length."""
        return counted(self.server_response)


KnownSubItem: TypeAlias = (
    MaximumLength
    | ImplementationClassUID
    | AsynchronousOperationsWindow
    | RoleSelection
    | ImplementationVersionName
    | SOPClassExtendedNegotiation
    | SOPClassCommonExtendedNegotiation
    | UserIdentityRQ
    | UserIdentityAC
)
SubItem: TypeAlias = KnownSubItem | UnknownItem


@dataclass(frozen=True, slots=True)
class UserInformation(_Item):
    """User information item (PS3.8 Tables 9-16 and 9-20); sub-items in wire order."""

    TYPE: ClassVar[int] = 0x50
    NAME: ClassVar[str] = "User Information"
    sub_items: tuple[SubItem, ...]

    def body(self) -> bytes:
        """Return the sub-items."""
        return b"".join([item.encode() for item in self.sub_items])


KnownItem: TypeAlias = ApplicationContext | PresentationContextRQ | PresentationContextAC | UserInformation
Item: TypeAlias = KnownItem | UnknownItem


def counted(data: bytes) -> bytes:
    """Return `data` after its length in two bytes."""
    return len(data).to_bytes(2, "big") + data
