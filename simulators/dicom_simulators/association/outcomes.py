"""The outcome of an operation of a simulator, in the same form as the workstation's outcomes.

`result` is one of success, warning, failure, cancelled, partial, rejected, not_accepted, aborted, connection_lost,
unreachable, timeout, invalid_response; `status` four hex digits or None.
"""

from __future__ import annotations

from dicom_simulators.association.ends import Aborted, Closed, End, Rejected, Released, TimedOut, Unreachable, Unsecured
from dicom_wire import StatusClass, status_class

Outcome = dict[str, object]

_RESULTS = {
    StatusClass.SUCCESS: "success",
    StatusClass.WARNING: "warning",
    StatusClass.FAILURE: "failure",
    StatusClass.CANCEL: "cancelled",
}


def of_status(status: int) -> str:
    """Return the result that a final status is."""
    return _RESULTS.get(status_class(status), "invalid_response")


def of_end(end: End) -> Outcome:
    """Return the result and detail that an association's end is, where it came before the operation's."""
    match end:
        case Rejected(result=result, source=source, reason=reason):
            rejection = {"result": result, "source": source, "reason": reason}
            return {
                "result": "rejected",
                "rejection": rejection,
                "detail": f"A-ASSOCIATE-RJ {result}/{source}/{reason}",
            }
        case Aborted(by_us=True, detail=detail) if detail:
            return {"result": "invalid_response", "detail": detail}
        case Aborted(source=source, reason=reason):
            abort = {"source": source, "reason": reason}
            return {"result": "aborted", "abort": abort, "detail": f"A-ABORT {source}/{reason}"}
        case Closed(reset=reset):
            return {"result": "connection_lost", "detail": "TCP reset" if reset else "TCP closed"}
        case TimedOut() as late:
            return {"result": "timeout", "detail": late.words}
        case Unreachable(detail=detail):
            return {"result": "unreachable", "detail": detail}
        case Unsecured(detail=detail):
            return {"result": "handshake_failed", "detail": detail}
        case Released(by_us=by_us):
            return {"result": "success" if by_us else "connection_lost", "detail": "released"}


def outcome(operation: str, peer: str, result: str, status: int | None = None, detail: str = "") -> Outcome:
    """Put together what every outcome has."""
    return {
        "operation": operation,
        "peer": peer,
        "result": result,
        "status": None if status is None else f"{status:04X}",
        "detail": detail,
    }
