"""Violations: what the standard forbids and a peer's bytes did nevertheless.

Invariants: a violation is a value, never an exception; it has one of the names of `CLAUSES`, the offset of
the byte where it shows, and the clause that it breaks. Fields that the standard calls reserved ("shall not be tested")
yield no violation, with one exception: bits 2 to 7 of the message control header, of which PS3.8 E.2 says what the
sender does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

CLAUSES: dict[str, str] = {
    # the PDU as a whole
    "pdu-header-truncated": "PS3.8 9.3.1",
    "pdu-type-unknown": "PS3.8 9.3.1",
    "pdu-truncated": "PS3.8 9.3.1",
    "pdu-length": "PS3.8 9.3.1",
    "pdu-over-limit": "PS3.8 9.3.1",
    "pdu-over-limit-continued": "PS3.8 9.3.1",
    "trailing-bytes": "PS3.8 9.3.1",
    # A-ASSOCIATE-RQ and A-ASSOCIATE-AC
    "protocol-version": "PS3.8 9.3.2",
    "ae-title-blank": "PS3.8 9.3.2",
    "ae-title-characters": "PS3.8 9.3.2",
    "item-header-truncated": "PS3.8 9.3.1",
    "item-overflow": "PS3.8 9.3.1",
    "item-length": "PS3.8 9.3.1",
    "item-unknown": "PS3.8 9.3.1",
    "item-misplaced": "PS3.8 9.3.1",
    "item-order": "PS3.8 9.3.1",
    "item-duplicate": "PS3.8 9.3.2",
    "item-missing": "PS3.8 9.3.2",
    "context-id-even": "PS3.8 9.3.2.2",
    "context-id-duplicate": "PS3.8 9.3.2.2",
    "context-result": "PS3.8 9.3.3.2",
    "uid-empty": "PS3.5 9.1",
    "uid-length": "PS3.5 9.1",
    "uid-syntax": "PS3.5 9.1",
    "uid-padding": "PS3.8 F",
    "implementation-version-name": "PS3.7 D.3.3.2",
    "role-value": "PS3.7 D.3.3.4",
    "identity-type": "PS3.7 D.3.3.7",
    "identity-response-requested": "PS3.7 D.3.3.7",
    "identity-secondary-field": "PS3.7 D.3.3.7",
    # A-ASSOCIATE-RJ and A-ABORT
    "rejection-result": "PS3.8 9.3.4",
    "rejection-source": "PS3.8 9.3.4",
    "rejection-reason": "PS3.8 9.3.4",
    "abort-source": "PS3.8 9.3.8",
    "abort-reason": "PS3.8 9.3.8",
    # P-DATA-TF
    "pdv-missing": "PS3.8 9.3.5",
    "pdv-header-truncated": "PS3.8 9.3.5.1",
    "pdv-length": "PS3.8 9.3.5.1",
    "pdv-overflow": "PS3.8 9.3.5.1",
    "pdv-odd": "PS3.8 E.1",
    "pdv-context-id-even": "PS3.8 9.3.5.1",
    "pdv-reserved-bits": "PS3.8 E.2",
    # the command set
    "command-truncated": "PS3.7 6.3.1",
    "command-overflow": "PS3.7 6.3.1",
    "command-group": "PS3.7 6.3.1",
    "command-order": "PS3.7 6.3.1",
    "command-duplicate": "PS3.7 6.3.1",
    "command-length-odd": "PS3.7 6.3.1",
    "command-group-length": "PS3.7 E.1",
    "command-element-unknown": "PS3.7 E.1",
    "command-value-length": "PS3.7 E.1",
    "command-value": "PS3.7 E.1",
    "command-field-unknown": "PS3.7 E.1",
    "command-element-missing": "PS3.7 9.3",
    "command-data-set": "PS3.7 9.3",
    # the message
    "message-interleaved": "PS3.8 E.1",
    "message-fragment-order": "PS3.8 E.1",
    "message-shares-pdu": "PS3.8 E.1",
    "message-data-set-unexpected": "PS3.7 6.3.1",
    "message-over-limit": "PS3.8 E.1",
    "message-unfinished": "PS3.8 E.1",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that the standard forbids.

    `offset` counts bytes from the beginning of what was decoded: the PDU (its type byte is 0), or the command set.
    """

    name: str
    offset: int
    clause: str
    detail: str = ""

    def shifted(self, by_bytes: int) -> Violation:
        """Return the same violation, seen from `by_bytes` earlier."""
        return replace(self, offset=self.offset + by_bytes) if by_bytes else self


def violation(name: str, offset: int, detail: str = "", clause: str | None = None) -> Violation:
    """Build the violation `name` (a key of `CLAUSES`), with its usual clause unless another is given."""
    return Violation(name, offset, CLAUSES[name] if clause is None else clause, detail)


def count_bytes(number: int) -> str:
    """Write a number of bytes: "1 byte", "2 bytes"."""
    return "1 byte" if number == 1 else f"{number} bytes"
