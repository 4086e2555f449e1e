"""How one message or PDU is sent: what the faults in force made of it, ready to be written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dicom_simulators.faults.moment import (
    Action,
    ChangeDataSetAction,
    ChangePDUAction,
    FragmentAction,
    IgnoreAction,
    PaceAction,
    RepeatAction,
    ReplaceAction,
)
from dicom_wire import PDU, Message, encode, fragment


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is asked of the bytes about to be sent.

    Attributes
    ----------
    changes : tuple of ChangePDUAction
        Of the PDU, or of the first PDU of a message.
    paces : tuple of PaceAction
        Several slow each other's pieces down further.
    cut : FragmentAction or None
        How a message is cut into PDUs; None = as usual.
    times : int
        How often a message is sent.
    """

    changes: tuple[ChangePDUAction, ...] = ()
    paces: tuple[PaceAction, ...] = ()
    cut: FragmentAction | None = None
    times: int = 1

    @property
    def is_plain(self) -> bool:
        """Whether the bytes go out as they are, at once."""
        return not (self.changes or self.paces or self.cut)

    def encoded(self, pdu: PDU) -> bytes:
        """Encode a PDU as it is sent."""
        return self.changed(encode(pdu))

    def changed(self, raw: bytes) -> bytes:
        """Change an encoded PDU."""
        for action in self.changes:
            raw = action.change(raw)
        return raw

    def pdus(self, message: Message, maximum_length: int) -> list[bytes]:
        """Cut a message into encoded PDUs, as it is sent."""
        if self.cut is not None:
            made = self.cut.make(message, maximum_length)
        else:
            made = [encode(pdu) for pdu in fragment(message, maximum_length)]
        return [self.changed(made[0]), *made[1:]] if made else made


PLAIN = Delivery()


def prepared(message: Message, actions: Iterable[Action]) -> tuple[Message, Delivery]:
    """Apply what faults ask of a message; give it as it is sent, and how."""
    times = 1
    for action in actions:
        match action:
            case ReplaceAction(command=command):
                message = Message(message.context_id, command, message.data_set)
            case ChangeDataSetAction(change=change) if message.data_set is not None:
                message = Message(message.context_id, message.command, change(bytes(message.data_set)))
            case RepeatAction(times=more):
                times += more
            case _:
                pass
    return message, delivery_of(actions, times)


def delivery_of(actions: Iterable[Action], times: int = 1) -> Delivery:
    """Take what faults ask of the bytes."""
    asked = list(actions)
    cuts = [action for action in asked if isinstance(action, FragmentAction)]
    changes = tuple(action for action in asked if isinstance(action, ChangePDUAction))
    paces = sorted((action for action in asked if isinstance(action, PaceAction)), key=lambda pace: not pace.stall_s)
    if not cuts and not changes and not paces and times == 1:
        return PLAIN
    return Delivery(changes, tuple(paces), cuts[-1] if cuts else None, times)


def paced(data: bytes, paces: Iterable[PaceAction]) -> list[tuple[float, bytes]]:
    """Cut bytes into pieces, each with the wait before it, in seconds."""
    pieces = [(0.0, data)]
    for pace in paces:
        cut: list[tuple[float, bytes]] = []
        for before_s, piece in pieces:
            (first_s, first), *others = pace.pieces(piece)
            cut += [(before_s + first_s, first), *others]
        pieces = cut
    return pieces


def is_ignored(actions: Iterable[Action]) -> bool:
    """Tell whether a fault asks to go on as if what was received had not come."""
    return any(isinstance(action, IgnoreAction) for action in actions)
