"""Whether an expectation wants a service, or is met by a subject that refuses everything and says nothing."""

from __future__ import annotations

from dicom_conformance.judge.checks import Wanted, status_admitted

_REFUSING_PDUS = frozenset(("A-ASSOCIATE-RJ", "A-ABORT"))
_ANSWERING_PDUS = frozenset(("A-ASSOCIATE-AC", "A-ASSOCIATE-RJ", "A-RELEASE-RP"))
_REFUSING_ENDS = frozenset(("rejected", "aborted", "closed", "reset", "refused"))
_SERVING_STATUSES = (0x0000, 0xFF00, 0xFF01, 0xB000)
_SERVED = frozenset(("success", "warning", "partial", "cancelled"))
NOTHING = ("none",)
"""In the place of the names of fixtures: none of them."""
_ANNOUNCED = (
    "maximum_length",
    "implementation_class_uid",
    "implementation_version_name",
    "application_context",
    "asynchronous_operations_window",
)
_TOLD = ("detail", "rejection", "match", "film", "event", "printer", "study", "box", "image_set", "candidate", "warned")
"""Fields of an outcome that say what was answered, or exactly why nothing was asked."""
_NUMBERS = ("matches", "pending", "completed", "failed", "warning", "remaining", "arrived", "films_printed")
_COUNTS = ("count", "instances", "matches", "arrived", "films", "events")


def wants_service(check: str, wanted: Wanted) -> bool | None:
    """Tell whether an expectation is met only where the peer is served.

    Returns
    -------
    bool or None
        False where it wants a refusal, an absence or silence; None where it says neither.
    """
    if _wants_none(wanted):
        return False
    match check:
        case "pdu":
            types = frozenset(getattr(wanted, "type", ()))
            return None if not types else not types <= _REFUSING_PDUS
        case "dimse":
            return _serving_status(wanted) if getattr(wanted, "message", ()) else None
        case "data_set":
            return _serving_status(wanted)
        case "association":
            return _of_association(wanted)
        case "context":
            results = getattr(wanted, "result", ())
            return 0 in results if results else True
        case "outcome":
            results = frozenset(getattr(wanted, "result", ()))
            return bool(results & _SERVED) if results else None
        case "retrieved":
            return (getattr(wanted, "arrived", ()) or getattr(wanted, "exactly", ())) not in (NOTHING, ())
        case "matches":
            return getattr(wanted, "exactly", ()) not in (NOTHING, ())
        case "store" | "film" | "films" | "rendering" | "committed":
            return True
    return None


def wants_an_answer_of_ours(check: str, wanted: Wanted, subject: str) -> bool:
    """Tell whether an expectation is met only where the subject asked one of our peers, and that peer answered.

    The answer may be a failure or a rejection: it is our peer that refuses, and a subject that asks nobody gets none.
    """
    if _wants_none(wanted):
        return False
    sender = getattr(wanted, "sender", subject)
    match check:
        case "dimse":
            messages = getattr(wanted, "message", ())
            return sender != subject and bool(messages) and all(each.endswith("-RSP") for each in messages)
        case "pdu":
            types = frozenset(getattr(wanted, "type", ()))
            return sender != subject and bool(types) and types <= _ANSWERING_PDUS
        case "association":
            is_rejected = getattr(wanted, "rejection", None) or set(getattr(wanted, "ends", ())) == {"rejected"}
            return bool(is_rejected) and getattr(wanted, "requestor", None) == subject
    return False


def wants_more_than_a_refusal(check: str, wanted: Wanted, subject: str) -> bool:
    """Tell whether the subject has to say what it was answered, for which reason it refuses, or what it announces.

    A subject that serves nobody, or that nobody serves, can say that an operation failed; it reports no status of a
    response, no match and no reason that only the case gives it, and announces nothing in an A-ASSOCIATE-AC.
    """
    if check == "association":
        announces = getattr(wanted, "acceptor", None) == subject and getattr(wanted, "sender", None) in (None, subject)
        return announces and any(getattr(wanted, name, None) not in (None, ()) for name in _ANNOUNCED)
    if getattr(wanted, "ae", subject) != subject:
        return False
    if check in ("log", "page"):
        return bool(getattr(wanted, "contains", ()))
    if check != "outcome":
        return False
    if any(getattr(wanted, name, None) for name in ("status", *_TOLD)):
        return True
    bounds = [getattr(wanted, name, None) for name in _NUMBERS]
    return any((getattr(each, "at_least", None) or 0) > 0 for each in bounds)


def _wants_none(wanted: Wanted) -> bool:
    """Tell whether a count admits no number but zero."""
    bounds = [getattr(wanted, name, None) for name in _COUNTS]
    return any(each is not None and getattr(each, "at_most", None) == 0 for each in bounds)


def _serving_status(wanted: Wanted) -> bool:
    statuses = getattr(wanted, "status", ())
    return not statuses or any(status_admitted(status, statuses) for status in _SERVING_STATUSES)


def _of_association(wanted: Wanted) -> bool | None:
    ends = frozenset(getattr(wanted, "ends", ()))
    if getattr(wanted, "established", None) is False or getattr(wanted, "rejection", None) is not None:
        return False
    if getattr(wanted, "abort", None) is not None or (ends and ends <= _REFUSING_ENDS):
        return False
    return True if ends == {"released"} or getattr(wanted, "established", None) else None
