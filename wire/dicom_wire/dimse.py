"""DIMSE messages in P-DATA: cut into fragments, and put together again (PS3.8 Annex E, PS3.7 6.3.1).

Invariants: data sets are opaque bytes and are copied as seldom as possible; what a receiver offers as its
maximum length is never exceeded; what a sender may not do is a violation, and what can still be understood is. The
assembler holds at most one message, and no more of it than its limit.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dicom_wire.command import CommandSet, decode_command, encode_command
from dicom_wire.pdu import PDV, PDataTF, may_be_viewed
from dicom_wire.violations import Violation, count_bytes, violation

PDU_HEADER_BYTES = 6
PDV_HEADER_BYTES = 6
UNLIMITED_FRAGMENT_BYTES = 1 << 20  # the fragment chosen where the receiver sets no limit
_COMMAND, _LAST = 0x01, 0x02  # PS3.8 E.2

_HEADERS = struct.Struct(">BBLLBB")  # of a P-DATA-TF and of the one PDV in it
_PDU = struct.Struct(">BBL")
_PDV = struct.Struct(">LBB")


@dataclass(frozen=True, slots=True)
class Message:
    """One DIMSE message: presentation context, command set, and the data set as it was or shall be encoded."""

    context_id: int
    command: CommandSet
    data_set: bytes | None = None


Join = Callable[[list[bytes | memoryview]], bytes]


def joined(pieces: list[bytes | memoryview]) -> bytes:
    """Return the bytes of pieces; of a single one, without a copy."""
    first = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    return bytes(first)


def fragment_bytes(maximum_length: int) -> int:
    """Return the longest even fragment for a receiver's maximum length (0 = unlimited).

    Raises
    ------
    ValueError
        No PDV with two bytes of data fits.

    References
    ----------
    PS3.8 D.1: the maximum counts the variable field of the P-DATA-TF; each PDV takes six bytes of it besides its data
    """
    if maximum_length == 0:
        return UNLIMITED_FRAGMENT_BYTES
    if maximum_length < PDV_HEADER_BYTES + 2:
        raise ValueError(f"no fragment fits a maximum length of {maximum_length} bytes")
    return min((maximum_length - PDV_HEADER_BYTES) & ~1, 0xFFFFFFF0)


def fragment(message: Message, maximum_length: int) -> Iterator[PDataTF]:
    """Yield the P-DATA-TF PDUs of a message, one PDV each; the data are views, not copies.

    Parameters
    ----------
    maximum_length
        What the receiver offered; 0 = unlimited.
    """
    size = fragment_bytes(maximum_length)
    for is_command, data in _parts(message):
        for begin in range(0, len(data) or 1, size):
            piece = data[begin : begin + size]
            yield PDataTF((PDV(message.context_id, is_command, begin + size >= len(data), piece),))


def _parts(message: Message) -> Iterator[tuple[bool, memoryview]]:
    yield True, memoryview(encode_command(message.command))
    if message.data_set is not None:
        yield False, memoryview(message.data_set)


def fragment_buffers(message: Message, maximum_length: int) -> list[bytes | memoryview]:
    """Return the same bytes as `fragment`, as a list of buffers for `socket.sendmsg` (headers, and views of the data).

    The list may be longer than the system's IOV_MAX (1024 on Linux): the caller sends it in portions.
    """
    size = fragment_bytes(maximum_length)
    buffers: list[bytes | memoryview] = []
    for is_command, data in _parts(message):
        length = len(data)
        full = _header(message.context_id, int(is_command), size) if length > size else b""
        begin = 0
        while begin + size < length:
            buffers.append(full)
            buffers.append(data[begin : begin + size])
            begin += size
        buffers.append(_header(message.context_id, is_command | _LAST, length - begin))
        if length > begin:
            buffers.append(data[begin:])
    return buffers


def _header(context_id: int, control: int, data_bytes: int) -> bytes:
    """Return the headers of a P-DATA-TF with one PDV of that much data."""
    try:
        return _HEADERS.pack(PDataTF.TYPE, 0, data_bytes + PDV_HEADER_BYTES, data_bytes + 2, context_id, control)
    except struct.error as error:
        raise ValueError(f"context ID {context_id} does not fit its field") from error


def walk_pdvs(
    buffer: bytes | bytearray | memoryview, begin: int = 0, end: int | None = None
) -> list[tuple[int, int, int, int]]:
    """Return `(context ID, message control header, begin, end)` of each PDV of one whole P-DATA-TF in a buffer.

    The fast way: nothing is copied and no PDU is built. `begin` is where the PDU's type byte is, and `end` where
    the PDU ends; `begin` and `end` in the answer are those of the PDV's data.

    Raises
    ------
    ValueError
        The PDVs do not fill the PDU exactly; `codec.decode` then says what is wrong.
    """
    stop = len(buffer) if end is None else end
    at = begin + PDU_HEADER_BYTES
    found: list[tuple[int, int, int, int]] = []
    while at < stop:
        if stop - at < PDV_HEADER_BYTES:
            raise ValueError(f"{count_bytes(stop - at)} left for a PDV")
        length, context_id, control = _PDV.unpack_from(buffer, at)
        data_begin, at = at + PDV_HEADER_BYTES, at + 4 + length
        if length < 2 or at > stop:
            raise ValueError(f"PDV length {length}")
        found.append((context_id, control, data_begin, at))
    if not found:
        raise ValueError("no PDV")
    return found


def whole_pdus(
    buffer: bytes | bytearray | memoryview, begin: int = 0, end: int | None = None
) -> tuple[list[tuple[int, int, int]], int]:
    """Return `(PDU type, begin, end)` of each whole PDU in a receive buffer, and the bytes that the next one needs.

    That number counts from where the first PDU that is not whole begins, and is its whole length; 6 while not even
    its header is there. It may be 4 GiB: the receiver sets a limit.
    """
    stop = len(buffer) if end is None else end
    at = begin
    found: list[tuple[int, int, int]] = []
    while stop - at >= PDU_HEADER_BYTES:
        kind, _, length = _PDU.unpack_from(buffer, at)
        after = at + PDU_HEADER_BYTES + length
        if after > stop:
            return found, PDU_HEADER_BYTES + length
        found.append((kind, at, after))
        at = after
    return found, PDU_HEADER_BYTES


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What has come of a message that is not complete.

    Attributes
    ----------
    command : CommandSet or None
        The command set; None while it is itself not complete.
    gathered_bytes : int
        The bytes that have come of the data set, or of the command set where that is not complete.
    """

    context_id: int
    command: CommandSet | None
    gathered_bytes: int


class Assembler:
    """Puts the messages of one direction of one association together.

    Parameters
    ----------
    limit_bytes
        The longest command set, and the longest data set, that is gathered; `None` = any. A message beyond it is
        dropped, with the violation `message-over-limit`.
    join : callable
        Makes a data set of its fragments: the bytes and views of bytes that were fed.

    Attributes
    ----------
    violations
        What was wrong so far, in order: the fragments' (offset: of the PDV in its P-DATA-TF, from the type byte) and
        the command sets' (offset: in the command set).
    """

    def __init__(self, limit_bytes: int | None = None, join: Join | None = None) -> None:
        self.violations: list[Violation] = []
        self._limit_bytes = limit_bytes
        self._join = join or joined
        self._context_id = 0
        self._command: CommandSet | None = None
        self._pieces: list[bytes | memoryview] = []
        self._gathered_bytes = 0
        self._begun = False
        self._dropping = False
        self._ended_in_pdu = False
        self._denied_in = -1  # context ID of the last message, if its command set said that no data set follows

    @property
    def pending(self) -> bool:
        """Whether a message has begun and is not complete."""
        return self._begun

    @property
    def unfinished(self) -> Unfinished | None:
        """What there is of the message that has begun and is not complete."""
        return Unfinished(self._context_id, self._command, self._gathered_bytes) if self._begun else None

    def feed(self, pdata: PDataTF) -> list[Message]:
        """Take the PDVs of a P-DATA-TF; return the messages that are complete now. Never raises."""
        complete: list[Message] = []
        self._ended_in_pdu = False
        at = PDU_HEADER_BYTES
        for pdv in pdata.pdvs:
            message = self._take(pdv.context_id, pdv.control_header, pdv.data, at)
            if message is not None:
                complete.append(message)
            at += PDV_HEADER_BYTES + len(pdv.data)
        return complete

    def feed_raw(self, buffer: bytes | bytearray | memoryview, begin: int = 0, end: int | None = None) -> list[Message]:
        """Take one whole, well-formed P-DATA-TF from a receive buffer, as `walk_pdvs` does; the data are copied once.

        Raises
        ------
        ValueError
            The PDVs do not fill the PDU exactly; nothing was taken.
        """
        complete: list[Message] = []
        pdvs = walk_pdvs(buffer, begin, end)
        self._ended_in_pdu = False
        with memoryview(buffer) as view:
            for context_id, control, data_begin, data_end in pdvs:
                offset = data_begin - PDV_HEADER_BYTES - begin
                message = self._take(context_id, control, view[data_begin:data_end], offset)
                if message is not None:
                    complete.append(message)
        return complete

    def continues(self, context_id: int) -> bool:
        """Tell whether a fragment of the data set of a message of this presentation context is due."""
        return self._command is not None and context_id == self._context_id and self._begun

    def feed_middle(self, data: bytes | memoryview) -> None:
        """Take a fragment that is not the last one, alone in its P-DATA-TF; `continues` has to say that it is due."""
        self._ended_in_pdu = False
        self._gather(data, PDU_HEADER_BYTES)

    def finish(self) -> None:
        """The association ended: a message that has begun and is not complete is a violation."""
        if self._begun:
            what = "command set" if self._command is None else f"data set of {self._command.message}"
            self.violations.append(violation("message-unfinished", 0, what))
            self._forget()

    def _take(self, context_id: int, control: int, data: bytes | memoryview, offset: int) -> Message | None:
        is_command = bool(control & _COMMAND)
        if not self._expected(context_id, is_command, offset):
            return None
        if self._ended_in_pdu and not self._begun:
            self.violations.append(
                violation("message-shares-pdu", offset, "a message begins in the PDU in which another ended")
            )
        self._begun = True
        self._context_id = context_id
        self._gather(data, offset)
        if not control & _LAST:
            return None
        message = self._end_of_command() if is_command else self._end_of_data_set()
        self._ended_in_pdu = not self._begun
        return message

    def _expected(self, context_id: int, is_command: bool, offset: int) -> bool:
        """Report a fragment that may not come now; return whether it is taken nevertheless.

        References
        ----------
        PS3.8 E.1: the fragments of a message follow one another, command set first, in one presentation context
        """
        if not self._begun:
            if not is_command:
                name = "message-data-set-unexpected" if context_id == self._denied_in else "message-fragment-order"
                self.violations.append(violation(name, offset, "data set without a command set that announces it"))
            return is_command
        if context_id != self._context_id:
            detail = f"context ID {context_id} within a message of context ID {self._context_id}"
            self.violations.append(violation("message-interleaved", offset, detail))
            self._forget()
            return is_command
        if is_command and self._command is not None:
            detail = f"command set where the data set of {self._command.message} continues"
            self.violations.append(violation("message-fragment-order", offset, detail))
            self._forget()
        elif not is_command and self._command is None:
            self.violations.append(violation("message-fragment-order", offset, "data set within a command set"))
            self._forget()
            return False
        return True

    def _gather(self, data: bytes | memoryview, offset: int) -> None:
        self._gathered_bytes += len(data)
        if self._dropping:
            return
        if self._limit_bytes is not None and self._gathered_bytes > self._limit_bytes:
            detail = f"more than {self._limit_bytes} bytes"
            self.violations.append(violation("message-over-limit", offset, detail))
            self._dropping = True
            self._pieces.clear()
            return
        self._pieces.append(data if isinstance(data, bytes) or may_be_viewed(data) else bytes(data))

    def _end_of_command(self) -> Message | None:
        if self._dropping:
            self._forget()
            return None
        raw = b"".join(self._pieces)
        self._pieces, self._gathered_bytes = [], 0
        command, found = decode_command(raw)
        self.violations.extend(found)
        if command.has_data_set:
            self._command, self._denied_in = command, -1
            return None
        self._denied_in = self._context_id
        message = Message(self._context_id, command)
        self._forget()
        return message

    def _end_of_data_set(self) -> Message | None:
        command = self._command
        message = None
        if command is not None and not self._dropping:
            message = Message(self._context_id, command, self._join(self._pieces))
        self._forget()
        return message

    def _forget(self) -> None:
        self._command = None
        self._pieces = []
        self._gathered_bytes = 0
        self._begun = self._dropping = False
