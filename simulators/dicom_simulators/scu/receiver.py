"""A requestor that receives: it takes the instances which a C-GET brings, on the thread that asked for them.

Everything else is as `Requestor` has it: what does not answer the outstanding request ends the association.

References
----------
PS3.4 C.4.3 (C-GET); PS3.7 9.1.3, D.3.3.4 (SCP/SCU role selection)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dicom_simulators.association import (
    SOP_CLASS_NOT_SUPPORTED,
    Context,
    Requestor,
    Response,
    UpperLayer,
    answer_to,
)
from dicom_wire import Message

Receive = Callable[[Message, Context], int]
"""Takes a C-STORE-RQ and returns the status with which it is answered."""


class Receiver(Requestor):
    """A requestor that answers the C-STORE-RQs that come while it awaits a response.

    Parameters
    ----------
    receive : callable
        Takes each of them; must not wait.
    """

    def __init__(self, *positional: Any, receive: Receive, **options: Any) -> None:
        super().__init__(*positional, **options)
        self._receive = receive

    def _response(self, upper_layer: UpperLayer, awaited: str, until: float) -> Message:
        while True:
            message = super()._response(upper_layer, awaited, until)
            context = self.contexts.get(message.context_id)
            if message.command.message != "C-STORE-RQ" or context is None:
                return message
            status = self._receive(message, context) if context.scp else SOP_CLASS_NOT_SUPPORTED
            answer = Message(message.context_id, answer_to(message.command, Response(status)))
            upper_layer.say(answer, "C-STORE-RSP")
