"""A breach: one standing rule of the standard that one side of a conversation broke, and where.

Invariants: every rule that is not a violation of the wire stands in `RULES`, with its clause and its level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dicom_conformance.results import Level
from dicom_wire.capture import Side
from dicom_wire.violations import Violation


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule demands: its clause, how binding it is, and the demand in words."""

    clause: str
    level: Level
    demand: str


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule that was broken.

    Parameters
    ----------
    rule : str
        A key of `RULES`, or the name of a violation of `dicom_wire.violations`.
    side : Side
        Who broke it.
    message : str
        The PDU or DIMSE message that shows it ("C-FIND-RSP"), or "TCP" for the end of the connection.
    pdu : int
        Number, from 1, of the PDU of the conversation that shows it, or that came last.
    t_ns : int
        When that was seen.
    """

    rule: str
    clause: str
    level: Level
    side: Side
    message: str
    text: str
    pdu: int
    t_ns: int

    @property
    def kind(self) -> tuple[str, Side, str]:
        """What makes two breaches the same finding: the rule, the side and the name of the message."""
        return self.rule, self.side, self.message


_STATES = "PS3.8 9.2.3"
_SHALL, _SHOULD = Level.SHALL, Level.SHOULD

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "first-pdu": Rule(_STATES, _SHALL, "the requestor begins with an A-ASSOCIATE-RQ"),
        "wrong-side": Rule(_STATES, _SHALL, "only the requestor sends A-ASSOCIATE-RQ, only the acceptor answers it"),
        "second-request": Rule(_STATES, _SHALL, "one A-ASSOCIATE-RQ is sent on a connection"),
        "second-answer": Rule(_STATES, _SHALL, "an A-ASSOCIATE-RQ is answered once"),
        "before-association": Rule(_STATES, _SHALL, "data and releases are sent on an established association"),
        "release-not-requested": Rule(_STATES, _SHALL, "A-RELEASE-RP answers an A-RELEASE-RQ"),
        "second-release": Rule(_STATES, _SHALL, "a release is requested once"),
        "after-release": Rule(_STATES, _SHALL, "who has requested or answered a release sends no more data"),
        "after-abort": Rule(_STATES, _SHALL, "nothing follows an A-ABORT"),
        "after-rejection": Rule(_STATES, _SHALL, "nothing follows an A-ASSOCIATE-RJ"),
        "request-not-answered": Rule(_STATES, _SHOULD, "an A-ASSOCIATE-RQ is answered before the connection is closed"),
        "release-not-answered": Rule("PS3.8 7.2.2.2", _SHALL, "an A-RELEASE-RQ is answered"),
        "closed-without-release": Rule(
            _STATES, _SHOULD, "an association ends by a release or an A-ABORT, not by the end of the connection alone"
        ),
        "released-while-owing": Rule("PS3.7 9.2.1", _SHALL, "every operation is confirmed"),
        "context-not-accepted": Rule("PS3.8 7.6.1", _SHALL, "messages are sent in accepted presentation contexts"),
        "maximum-length": Rule("PS3.8 D.1", _SHALL, "no P-DATA-TF is longer than its receiver announced"),
        "response-not-due": Rule("PS3.7 9.3", _SHALL, "a response names the Message ID of a request that is open"),
        "response-of-another-kind": Rule("PS3.7 9.3", _SHALL, "a request is answered by the response of its own kind"),
        "response-for-another-class": Rule("PS3.7 9.1", _SHALL, "a SOP Class in a response is that of the request"),
        "response-for-another-instance": Rule(
            "PS3.7 9.1", _SHALL, "a SOP Instance UID in a response is that of the request"
        ),
        "response-in-another-context": Rule(
            "PS3.8 7.6.1", _SHOULD, "a response comes in the presentation context of its request"
        ),
        "message-id-in-use": Rule("PS3.7 9.1.1.1.1", _SHALL, "no two open operations have the same Message ID"),
        "window-exceeded": Rule("PS3.7 D.3.3.3", _SHALL, "no more operations are open than were negotiated"),
        "cancel-of-nothing": Rule("PS3.7 9.3.2.3", _SHALL, "a C-CANCEL-RQ names an operation that its sender began"),
        "status-undefined": Rule("PS3.7 C", _SHALL, "a status belongs to one of the classes of Annex C"),
        "pending-without-identifier": Rule("PS3.7 9.1.2.1.5", _SHALL, "a pending C-FIND-RSP has an Identifier"),
        "identifier-at-the-end": Rule("PS3.7 9.1.2.1.5", _SHALL, "only a pending C-FIND-RSP has an Identifier"),
        "class-of-another-context": Rule(
            "PS3.8 7.6.1", _SHALL, "the SOP Class of a DIMSE-C request is the abstract syntax of its context"
        ),
        "data-set-unreadable": Rule("PS3.5 7.1", _SHALL, "a data set can be read to its end in its transfer syntax"),
        # the rules of the check `negotiation`
        "one_result_each": Rule("PS3.8 7.1.1.14", _SHALL, "each proposed presentation context has one result"),
        "as_proposed": Rule("PS3.8 9.3.3.2", _SHALL, "an accepted transfer syntax was proposed in its context"),
        "reasons": Rule("PS3.8 9.3.3.2", _SHOULD, "no abstract syntax is both refused as unsupported and accepted"),
        "default_syntax": Rule("PS3.5 10.1", _SHALL, "Implicit VR Little Endian is supported for each abstract syntax"),
        "roles": Rule("PS3.7 D.3.3.4", _SHALL, "no role is answered that was not proposed"),
        "window": Rule("PS3.7 D.3.3.3", _SHALL, "the Asynchronous Operations Window is no wider than proposed"),
        "titles": Rule("PS3.8 Table 9-17", _SHALL, "the titles of an A-ASSOCIATE-AC are those of the request"),
    }
)
"""Rule to what it demands; the violations of `dicom_wire.violations` have their clauses there."""

OURS = frozenset({"pdu-over-limit", "pdu-over-limit-continued", "message-over-limit"})
"""Violations that say what the reader gave up, and nothing about the sender."""


def of_rule(rule: str, side: Side, message: str, text: str, pdu: int, t_ns: int, clause: str = "") -> Breach:
    """Make the breach of a rule of `RULES`, by a clause that is more exact where one is given."""
    found = RULES[rule]
    return Breach(rule, clause or found.clause, found.level, side, message, text, pdu, t_ns)


def of_violation(violation: Violation, side: Side, message: str, pdu: int, t_ns: int) -> Breach:
    """Make the breach that a violation of the wire is."""
    text = f"{violation.name} at offset {violation.offset}"
    text = f"{text}: {violation.detail}" if violation.detail else text
    return Breach(violation.name, violation.clause, Level.SHALL, side, message, text, pdu, t_ns)
