"""The association of a C-GET, on which the archive sends what was asked for.

Invariants: an instance goes out only in a context in which the requestor has the role of an SCP. A requestor that
leaves a sub-operation without a response is asked no further one of that C-GET: they all count as failed.

References
----------
PS3.4 C.4.3.3.1 (behaviour of the SCP), C.5.3 (roles); PS3.7 D.3.3.4 (SCP/SCU role selection), 9.1.1.1.
"""

from __future__ import annotations

from dicom_simulators.archive.holdings import HeldInstance
from dicom_simulators.association import Context, Request
from dicom_wire import CommandDataSetType, Message, command_set


class GetLink:
    """The association of a C-GET-RQ as a `services.Link`.

    Parameters
    ----------
    request : Request
        The C-GET-RQ that is served.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._is_silent = False

    def _contexts(self, sop_class: str) -> tuple[Context, ...]:
        """Give the contexts for a SOP Class in which the requestor is SCP."""
        accepted = self._request.acceptor.contexts.values()
        return tuple(context for context in accepted if context.abstract_syntax == sop_class and context.scp)

    def accepted(self, sop_class: str) -> tuple[str, ...]:
        """Give the transfer syntaxes in which instances of a SOP Class may be sent."""
        return tuple(context.transfer_syntax for context in self._contexts(sop_class))

    def store(self, instance: HeldInstance, transfer_syntax: str, data_set: bytes) -> int | None:
        """Send one instance; give the status of the response, None if none came and none will."""
        contexts = self._contexts(instance.SOPClassUID)
        context = next((one for one in contexts if one.transfer_syntax == transfer_syntax), None)
        if context is None or self._is_silent:
            return None
        command = command_set(
            "C-STORE-RQ",
            AffectedSOPClassUID=instance.SOPClassUID,
            AffectedSOPInstanceUID=instance.SOPInstanceUID,
            Priority=self._request.command.number("Priority") or 0,
            CommandDataSetType=int(CommandDataSetType.PRESENT),
        )
        response = self._request.acceptor.exchange(Message(context.context_id, command, data_set))
        self._is_silent = response is None
        return None if response is None else response.command.number("Status")

    def close(self) -> None:
        """Leave the association to its requestor."""
