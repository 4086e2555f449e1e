"""Whether an operation that the subject was asked for is to be seen on the wire.

A subject whose outcomes are not seen proves nothing by an association that it opens, releases and uses for something
else. Its operation is seen where it proposes a SOP Class of the service; and where such a context was accepted and the
subject itself ended the association, by the request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dicom_conformance.trace import Conversation, Operation, Trace

_QUERY_RETRIEVE = "1.2.840.10008.5.1.4.1.2."


@dataclass(frozen=True, slots=True)
class _Service:
    requests: tuple[str, ...]
    beginning: str
    ends: tuple[str, ...] = ("",)

    def has(self, sop_class: str) -> bool:
        """Tell whether a SOP Class belongs to the service."""
        return sop_class.startswith(self.beginning) and sop_class.endswith(self.ends)


_SERVICES: Mapping[str, _Service] = MappingProxyType(
    {
        "echo": _Service(("C-ECHO-RQ",), "1.2.840.10008.1.1"),
        "query": _Service(("C-FIND-RQ",), _QUERY_RETRIEVE, (".1",)),
        "retrieve": _Service(("C-MOVE-RQ", "C-GET-RQ"), _QUERY_RETRIEVE, (".2", ".3")),
        "get": _Service(("C-GET-RQ",), _QUERY_RETRIEVE, (".3",)),
        "store": _Service(("C-STORE-RQ",), "1.2.840.10008.5.1.4."),
        "print": _Service(("N-CREATE-RQ", "N-GET-RQ"), "1.2.840.10008.5.1.1."),
    }
)


def unperformed(trace: Trace) -> Iterator[str]:
    """Say of each operation of the subject that is not to be seen what is missing."""
    for operation in trace.operations:
        service = _SERVICES.get(operation.operation)
        if operation.ae == trace.subject and not operation.observable and service is not None:
            missing = _missing(trace, operation, service)
            if missing:
                yield f"{operation.operation} was not seen: {missing}"


def _missing(trace: Trace, operation: Operation, service: _Service) -> str:
    """Say what is missing of an operation; nothing where too little of its associations is visible to say."""
    opened = [one for one in trace.select(requestor=trace.subject) if one.request is not None]
    if not opened:
        return ""  # other words say that nothing was opened, and of TLS not all can be seen
    fitting = [one for one in opened if any(service.has(each.abstract_syntax) for each in one.contexts)]
    if not fitting:
        return f"no association of {trace.subject} proposes a SOP Class of this service"
    idle = [one for one in fitting if _was_free(one, service, trace.subject)]
    if len(idle) < len(fitting) or any(_requests(one, service, trace.subject) for one in fitting):
        return ""
    return f"its context was accepted, and no {' or '.join(service.requests)} was sent"


def _requests(one: Conversation, service: _Service, subject: str) -> bool:
    return any(message.name in service.requests and message.sender == subject for message in one.messages)


def _was_free(one: Conversation, service: _Service, subject: str) -> bool:
    """Tell whether the subject could have sent its request, and ended the association itself."""
    accepted = any(each.result == 0 and service.has(each.abstract_syntax) for each in one.contexts)
    return accepted and one.end.by == subject and one.end.how in ("released", "closed", "reset")
