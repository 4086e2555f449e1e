"""What an A-ASSOCIATE-AC says: identity, maximum length, window, roles, extended negotiation; and how many at once.

References
----------
PS3.7 D.3.3.2 (identity), D.3.3.3 (asynchronous operations window), D.3.3.4 (roles); PS3.4 C.5.1.1 and C.5.2.1
(extended negotiation of Query/Retrieve); PS3.8 D.1 (maximum length).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from dicom_conformance.probe.asking import Asker, Opened
from dicom_conformance.probe.contexts import TIMES
from dicom_conformance.probe.findings import Findings, Value, listed
from dicom_simulators.association import AssociationEndedError, End, Established, Rejected, TimedOut
from dicom_wire import (
    ApplicationContext,
    AsynchronousOperationsWindow,
    ImplementationClassUID,
    ImplementationVersionName,
    RoleSelection,
    SOPClassExtendedNegotiation,
)

__all__ = ["associations_at_once", "extensions", "identity", "idle_time", "roles", "window"]

EXTENSIONS = ("relational", "date_time", "fuzzy", "time_zone", "empty_value", "multiple_value")
"""Bytes of the application information of C-FIND, in order (PS3.4 C.5.1.1); of C-MOVE and C-GET, the first alone."""
_ASKED_WINDOW = 5
MOST_ROLES = 100
_FURTHER_S = 5.0
"""How long the answer to a further association at once is awaited."""
_ATTEMPTS = 20
_FURTHER_ATTEMPTS = 4
_BETWEEN_ATTEMPTS_S = 0.25


def identity(findings: Findings, acceptances: Sequence[Established]) -> None:
    """Note what every acceptance announced of the product itself."""
    answers = [each.acceptance for each in acceptances]
    how = "as announced in each A-ASSOCIATE-AC"
    length = findings.settle("maximum_length", [one.maximum_length for one in answers], how)
    if length is not None and length.value is None:
        findings.left_out.append("maximum_length: it announces none")
    elif length is not None:
        findings.entity["maximum_length"] = length
    announced = {
        "implementation_class_uid": [_first(one.find(ImplementationClassUID), "uid") for one in answers],
        "implementation_version_name": [_first(one.find(ImplementationVersionName), "name") for one in answers],
        "application_context_name": [
            _first([item for item in one.items if isinstance(item, ApplicationContext)], "name") for one in answers
        ],
    }
    found = {name: findings.settle(f"identity.{name}", seen, how) for name, seen in announced.items()}
    stated = {name: one.value for name, one in found.items() if one is not None and one.value}
    if stated:
        findings.entity["identity"] = Value(stated, how, len(answers))


def _first(items: Iterable[object], name: str) -> str:
    return str(getattr(next(iter(items), None), name, ""))


def window(findings: Findings, asker: Asker, context: tuple[str, Sequence[str]]) -> None:
    """Ask for an asynchronous operations window."""
    item = AsynchronousOperationsWindow(_ASKED_WINDOW, _ASKED_WINDOW)
    seen: list[object] = []
    for _ in range(TIMES):
        with asker.association([context], (item,)) as opened:
            answered = next(iter(opened.established.acceptance.find(AsynchronousOperationsWindow)), None)
        seen.append("none" if answered is None else {"invoked": answered.invoked, "performed": answered.performed})
    how = f"a window of {_ASKED_WINDOW} and {_ASKED_WINDOW} was proposed"
    value = findings.settle("asynchronous", seen, how)
    if value is not None:
        findings.entity["asynchronous"] = value


def roles(findings: Findings, asker: Asker, contexts: Mapping[str, Sequence[str]]) -> None:
    """Ask for both roles for storage classes: whether the product would send on our association (C-GET)."""
    asked = list(contexts)[:MOST_ROLES]
    if not asked:
        return
    proposed = [(uid, contexts[uid]) for uid in asked]
    with asker.association(proposed, tuple(RoleSelection(uid, 1, 1) for uid in asked)) as opened:
        granted = [one.sop_class for one in opened.established.acceptance.find(RoleSelection) if one.scp == 1]
    findings.notes.append(
        f"the requestor may be SCP of {len(granted)} of {len(asked)} storage SOP Classes (PS3.7 D.3.3.4)"
    )


def extensions(findings: Findings, asker: Asker, sop_class: str, syntaxes: Sequence[str], service: str) -> Value | None:
    """Ask for every extension of a query or retrieve class."""
    known = EXTENSIONS if service == "query" else EXTENSIONS[:1]
    item = SOPClassExtendedNegotiation(sop_class, bytes([1] * len(known)))
    seen = []
    for _ in range(TIMES):
        with asker.association([(sop_class, syntaxes)], (item,)) as opened:
            answered = next(iter(opened.established.acceptance.find(SOPClassExtendedNegotiation)), None)
        information = b"" if answered is None else bytes(answered.information)
        granted = [name for name, byte in zip(known, information, strict=False) if byte == 1]
        seen.append(granted or ["none"])
    return findings.settle(f"{service}: extended_negotiation", seen, "every extension was proposed")


def associations_at_once(findings: Findings, asker: Asker, context: tuple[str, Sequence[str]]) -> None:
    """Open associations until one is not accepted, at most as many as the limit allows; then release all."""
    limit = asker.limits.at_most
    seen: list[int] = []
    beyond: list[str] = []
    for _ in range(TIMES):
        _await_free(asker, context)
        held: list[Opened] = []
        try:
            while len(held) < limit:
                opened = _open_further(asker, context)
                if not isinstance(opened, Opened):
                    beyond.append(in_words(opened))
                    break
                held.append(opened)
        finally:
            for one in held:
                one.requestor.release()
        seen.append(len(held))
    if all(count == limit for count in seen):
        findings.left_out.append(f"associations.accepted: at least {limit} at once; no more were tried (--at-most)")
        return
    how = f"associations were opened at once; the next was {listed(beyond)}"
    value = findings.settle("associations.accepted", seen, how)
    if value is not None and value.value:
        findings.entity["associations"] = Value({"accepted": value.value}, value.how, value.times)


def _open_further(asker: Asker, context: tuple[str, Sequence[str]]) -> Opened | End:
    """Open one more association; ask a few times, as the product may still count one that was released just now."""
    opened = asker.open([context], deadline_s=_FURTHER_S)
    for _ in range(_FURTHER_ATTEMPTS - 1):
        if isinstance(opened, Opened | TimedOut):
            break
        time.sleep(_BETWEEN_ATTEMPTS_S)
        opened = asker.open([context], deadline_s=_FURTHER_S)
    return opened


def _await_free(asker: Asker, context: tuple[str, Sequence[str]]) -> None:
    """Wait until the product accepts an association again, if it does so before the attempts are over."""
    for _ in range(_ATTEMPTS):
        opened = asker.open([context], deadline_s=_FURTHER_S)
        if isinstance(opened, Opened):
            opened.requestor.release()
            return
        time.sleep(_BETWEEN_ATTEMPTS_S)


def idle_time(findings: Findings, asker: Asker, context: tuple[str, Sequence[str]], most_s: float) -> None:
    """Find after how many seconds without a request the product ends an association."""
    with asker.association([context]) as opened:
        begin = time.monotonic()
        ended = _ends(opened, most_s)
        waited_s = time.monotonic() - begin
    if not ended:
        findings.left_out.append(f"time_outs.idle_s: the association was still there after {most_s:g} s (--slow)")
    else:
        how = "an association was left alone until it ended"
        findings.entity["time_outs"] = Value({"idle_s": round(waited_s)}, how, 1)


def in_words(end: End) -> str:
    """Say how an association was refused."""
    if isinstance(end, Rejected):
        return f"rejected ({end.result}/{end.source}/{end.reason})"
    return f"not answered within {_FURTHER_S:g} s" if isinstance(end, TimedOut) else "ended without an answer"


def _ends(opened: Opened, most_s: float) -> bool:
    """Wait for the product to end an association, by release, abort or close; return whether it did."""
    layer = opened.requestor.upper_layer
    try:
        layer.receive(most_s, "the end of the association")
        layer.respond_release()
    except AssociationEndedError as ended:
        if isinstance(ended.end, TimedOut):
            return False
    opened.requestor.close()
    return True
