"""What a link makes of PDUs and DIMSE messages that are held until they are whole, as the faults in force ask.

Each passes two moments, when it was received and before it goes on, and a third after it has gone. A message that no
fault changes goes on in the PDUs in which it came; what is changed is cut anew, within the maximum length of its
receiver. What cannot be put together as a message passes as it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dicom_simulators.association import Response, answer_to
from dicom_simulators.encoding import IMPLICIT_VR_LITTLE_ENDIAN
from dicom_simulators.faults import (
    BEHIND_ALL,
    Action,
    Delivery,
    Moment,
    RejectAction,
    RespondAction,
    When,
    delivery_of,
    is_ignored,
    paced,
    prepared,
)
from dicom_simulators.link.direction import MOST_HELD_BYTES, Direction
from dicom_wire import (
    PDU,
    AAssociateAC,
    AAssociateRJ,
    AAssociateRQ,
    CommandDataSetType,
    Message,
    PDataTF,
    decode,
    encode,
)

_LEAST_LENGTH = 8


class Relaying(Protocol):
    """What leads the connection."""

    def is_silent(self) -> bool:
        """Whether nothing passes any more."""
        ...

    def meet(
        self,
        name: str,
        when: When,
        message: Message | None = None,
        direction: Direction | None = None,
        response: int = 0,
        transfer_syntax: str = "",
    ) -> list[Action]:
        """Show a moment to the faults in force and do what they ask; return what is left to be done to what passes."""
        ...

    def drain(self) -> None:
        """Write what is queued."""
        ...

    def close_both(self) -> None:
        """End both connections."""
        ...


@dataclass(slots=True)
class _Asked:
    """A request that is being answered: how many responses came, and what a fault wants of one of them."""

    responses: int = 0
    respond: RespondAction | None = None
    is_answered: bool = False  # by the fault; what the acceptor still says is dropped


class Rewriting:
    """Changes what passes one relayed connection.

    Parameters
    ----------
    relay : Relaying
        Meets the faults, and ends the connection.
    directions : sequence of Direction
        Of the requestor, and of the acceptor.
    """

    def __init__(self, relay: Relaying, directions: Sequence[Direction]) -> None:
        self._relay = relay
        self._directions = directions
        self._syntaxes: dict[int, str] = {}
        self._asked: dict[tuple[str, int], _Asked] = {}
        self.request: AAssociateRQ | None = None
        """What was proposed, once it is known."""

    def take(self, direction: Direction, data: bytes) -> None:
        """Take bytes that were read, and have go on what is complete with them."""
        for raw, is_whole in direction.framing.whole(data):
            pdu = decode(raw).pdu if is_whole else None
            if pdu is None or (isinstance(pdu, PDataTF) and not pdu.pdvs):
                self._pass(direction, [raw])
            elif isinstance(pdu, PDataTF):
                self._hold(direction, raw, pdu)
            else:
                self._pdu(direction, raw, pdu)

    def _pass(self, direction: Direction, raws: Sequence[bytes]) -> None:
        if not self._relay.is_silent():
            direction.put([(0.0, raw) for raw in raws])

    def _hold(self, direction: Direction, raw: bytes, pdu: PDataTF) -> None:
        messages = direction.hold(raw, pdu)
        last = pdu.pdvs[-1]
        is_complete = len(messages) == 1 and last.is_last
        if is_complete:
            self._message(direction, messages[0], direction.let_go())
        elif messages or (last.is_last and not last.is_command) or direction.held_bytes > MOST_HELD_BYTES:
            for message in messages:
                self._relay.meet(message.command.message, When.RECEIVED, message, direction)
            self._pass(direction, direction.let_go())

    # -- PDUs other than P-DATA-TF --------------------------------------------------------------------------------

    def _pdu(self, direction: Direction, raw: bytes, pdu: PDU) -> None:
        self._learn(direction, pdu)
        actions = self._relay.meet(pdu.NAME, When.RECEIVED, None, direction)
        rejections = [action for action in actions if isinstance(action, RejectAction)]
        if isinstance(pdu, AAssociateRQ) and rejections:
            last = rejections[-1]
            self._back(direction, [encode(AAssociateRJ(last.result, last.source, last.reason))])
            self._relay.drain()
            self._relay.close_both()
            return
        if is_ignored(actions):
            return
        delivery = delivery_of(self._relay.meet(pdu.NAME, When.BEFORE, None, direction))
        if not self._relay.is_silent():
            direction.put(paced(delivery.changed(raw), delivery.paces))
            self._relay.meet(pdu.NAME, When.AFTER, None, direction)

    def _learn(self, direction: Direction, pdu: PDU) -> None:
        """Remember what is negotiated, as its sender means it."""
        if isinstance(pdu, AAssociateRQ):
            self.request = pdu
        elif isinstance(pdu, AAssociateAC):
            self._syntaxes = {
                answer.context_id: answer.transfer_syntax or ""
                for answer in pdu.presentation_contexts
                if answer.result == 0
            }
        if isinstance(pdu, AAssociateRQ | AAssociateAC):
            offered = pdu.maximum_length or 0
            self._opposite(direction).maximum_length = max(offered, _LEAST_LENGTH) if offered else 0

    # -- DIMSE messages -------------------------------------------------------------------------------------------

    def _message(self, direction: Direction, message: Message, raws: list[bytes]) -> None:
        name = message.command.message
        asked = self._remember(direction, message)
        number = asked.responses if name.endswith("-RSP") else 0
        syntax = self._syntaxes.get(message.context_id, IMPLICIT_VR_LITTLE_ENDIAN)
        actions = self._relay.meet(name, When.RECEIVED, message, direction, number, syntax)
        if is_ignored(actions) or (message.command.is_response and asked.is_answered):
            return
        responds = [action for action in actions if isinstance(action, RespondAction)]
        if responds and not responds[0].after_pending and not responds[0].goes_on:
            reply = _reply(message, responds[0], syntax)
            self._send(self._opposite(direction), reply, Delivery(), None, 1, syntax)
            return
        if responds:
            asked.respond = responds[0]
        changed = self._responded(message, asked, syntax)
        changed, delivery = prepared(changed, self._relay.meet(name, When.BEFORE, changed, direction, number, syntax))
        self._send(direction, changed, delivery, raws if changed is message else None, number, syntax)

    def _remember(self, direction: Direction, message: Message) -> _Asked:
        """Give what is known of the request that a message makes or answers."""
        command = message.command
        if not command.is_response:
            key = (direction.name, command.number("MessageID") or 0)
            self._asked[key] = _Asked()
            return self._asked[key]
        key = (self._opposite(direction).name, command.number("MessageIDBeingRespondedTo") or 0)
        asked = self._asked.setdefault(key, _Asked())
        asked.responses += 1
        if Moment(When.RECEIVED, command.message, message=message).is_final:
            del self._asked[key]
        return asked

    def _responded(self, message: Message, asked: _Asked, syntax: str) -> Message:
        """Put the status that a fault wants into the response for which it wants it."""
        action = asked.respond
        if action is None or not message.command.is_response:
            return message
        is_final = Moment(When.RECEIVED, message.command.message, message=message).is_final
        is_due = asked.responses - 1 == action.after_pending or (
            is_final and (action.after_pending == BEHIND_ALL or not action.goes_on)
        )
        if not is_due:
            return message
        asked.is_answered = not action.goes_on
        data_set = message.data_set if action.goes_on else None
        if action.data_set is not None:
            data_set = action.data_set(syntax)
        kind = CommandDataSetType.NULL if data_set is None else CommandDataSetType.PRESENT
        changes = {"Status": action.status, "CommandDataSetType": int(kind), **dict(action.elements)}
        return Message(message.context_id, message.command.changed(**changes), data_set)

    def _send(
        self,
        direction: Direction,
        message: Message,
        delivery: Delivery,
        raws: list[bytes] | None,
        number: int,
        syntax: str,
    ) -> None:
        """Have a message go on, in the PDUs in which it came where nothing changed it."""
        for _ in range(delivery.times):
            if self._relay.is_silent():
                return
            if raws is None or delivery.cut is not None:
                pdus = delivery.pdus(message, direction.maximum_length)
            else:
                pdus = [delivery.changed(raws[0]), *raws[1:]]
            for raw in pdus:
                asked = delivery_of(self._relay.meet(PDataTF.NAME, When.BEFORE, None, direction))
                if self._relay.is_silent():
                    return
                direction.put(paced(asked.changed(raw), asked.paces or delivery.paces))
        self._relay.meet(message.command.message, When.AFTER, message, direction, number, syntax)

    def _back(self, direction: Direction, raws: Sequence[bytes]) -> None:
        self._pass(self._opposite(direction), raws)

    def _opposite(self, direction: Direction) -> Direction:
        return self._directions[1 - self._directions.index(direction)]


def _reply(message: Message, action: RespondAction, syntax: str) -> Message:
    """Answer a request in the acceptor's place."""
    data_set = None if action.data_set is None else action.data_set(syntax)
    response = Response(action.status, data_set, dict(action.elements))
    return Message(message.context_id, answer_to(message.command, response), data_set)
