"""The check `pdu`: the protocol data units of one sender, their number, fields and lawfulness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from pydantic import Field, model_validator

from dicom_conformance.files import Texts, counted
from dicom_conformance.judge.checks.choice import finding, listed, pdu_pointer, pick
from dicom_conformance.judge.checks.wanted import AT_LEAST_ONE, Bounds, Count, Position, Wanted
from dicom_conformance.results import EMPTY, Finding
from dicom_conformance.trace import Conversation, SeenPDU, Trace
from dicom_wire.dimse import PDU_HEADER_BYTES
from dicom_wire.pdu import PDataTF
from dicom_wire.violations import Violation

CHECK = "pdu"
Sent: TypeAlias = tuple[Conversation, SeenPDU]


class PduWanted(Wanted):
    """What may be wanted of the PDUs that `sender` sent.

    `type` is a name ("A-ASSOCIATE-RJ", "P-DATA-TF", ...) or a list of names. `fields` holds attributes of the PDU
    (result, source, reason, called_ae_title, maximum_length...) against their text. `violations: none` wants every
    PDU of the sender valid; a list names the only violations that are admitted. `within_maximum_length` wants no
    P-DATA-TF longer than its receiver announced (PS3.8 D.1), and at least one, unless `count` says otherwise; `longest`
    bounds the longest P-DATA-TF, in bytes of its PDU-length field, whatever its receiver announced.
    """

    sender: str = Field(description="AE that sends")
    requestor: str | None = Field(default=None, description="AE that opened the association")
    acceptor: str | None = Field(default=None, description="AE that the association was opened to")
    type: Texts = Field(default=(), description="names of PDUs (`A-ASSOCIATE-RJ`, `P-DATA-TF`)")
    position: Position | None = Field(
        default=None, description="judge this one of them; without it, those that have the `fields` are counted"
    )
    count: Count | None = Field(default=None, description="how many there are (at least 1 if not given)")
    fields: dict[str, Texts] = Field(
        default_factory=dict,
        description=(
            "fields of the PDU (`result`, `source`, `reason`, `called_ae_title`, `maximum_length` "
            "...) and the texts they may have, or `present`, `absent`"
        ),
    )
    violations: Texts = Field(
        default=(),
        description=(
            "`none`: every PDU of the sender is lawful; or the names of the only violations that are admitted"
        ),
    )
    within_maximum_length: bool = Field(
        default=False, description="no P-DATA-TF is longer than its receiver announced (PS3.8 D.1)"
    )
    longest: Count | None = Field(
        default=None, description="length of the longest P-DATA-TF, in bytes of its PDU-length field"
    )

    or_closed: bool = Field(
        default=False, description="instead, the sender may close or reset the connection before the other one does"
    )

    @model_validator(mode="after")
    def _something(self) -> PduWanted:
        if not (self.type or self.violations or self.within_maximum_length or self.longest):
            raise ValueError("one of type, violations, within_maximum_length, longest is needed")
        return self


def judge(trace: Trace, wanted: PduWanted) -> list[Finding]:
    """Judge the PDUs of one sender: one finding for each thing that is wanted."""
    sent = [(one, seen) for one, seen in trace.pdus(wanted.requestor, wanted.acceptor) if seen.sender == wanted.sender]
    findings = []
    if wanted.type:
        findings.append(_number(trace, sent, wanted))
    if wanted.violations:
        findings.append(_without_violations(trace, sent, wanted))
    if wanted.within_maximum_length:
        findings.append(_within(sent, wanted))
    if wanted.longest is not None:
        findings.append(_longest(sent, wanted.sender, wanted.longest))
    return findings


def _number(trace: Trace, sent: list[Sent], wanted: PduWanted) -> Finding:
    typed = [(one, seen) for one, seen in sent if seen.name in wanted.type]
    chosen = pick(typed, wanted.position)
    good = [(one, seen) for one, seen in chosen if not _differing(seen.pdu, wanted.fields)]
    fields = ", ".join(f"{name} {' or '.join(texts)}" for name, texts in wanted.fields.items())
    what = f"{' or '.join(wanted.type)} from {wanted.sender}" + (f" with {fields}" if fields else "")
    actual = listed((_text(seen, wanted.fields) for _, seen in chosen), none=f"none; sent {_names(sent)}")
    bounds = wanted.count or AT_LEAST_ONE
    if wanted.position is None:
        met, expected = bounds.admit(len(good)), f"{bounds} x {what}"
    else:
        met = bounds.admit(len(typed)) and len(good) == len(chosen) and (bool(chosen) or not typed)
        expected = f"{wanted.position}: {what}" + (f", {bounds} in all" if wanted.count is not None else "")
    if wanted.or_closed:
        closed = [one for one in trace.select(wanted.requestor, wanted.acceptor) if one.closed_by == wanted.sender]
        met, expected = met or bool(closed), f"{expected}, or the connection closed by {wanted.sender}"
        actual += "; closed the connection" if closed else ""
    return finding(CHECK, met, expected, actual, EMPTY, [pdu_pointer(one, seen) for one, seen in chosen[:5]])


def _names(sent: list[Sent]) -> str:
    return listed((seen.name for _, seen in sent), none="nothing")


def _differing(pdu: object, fields: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [name for name, texts in fields.items() if not _fits(_field(pdu, name), texts)]


def _fits(text: str, texts: tuple[str, ...]) -> bool:
    return text in texts or ("present" in texts and text != "absent")


def _field(pdu: object, name: str) -> str:
    """Read a field as text; `absent` where the PDU has none such."""
    value = getattr(pdu, name, None)
    return "absent" if value is None else value.hex(" ") if isinstance(value, bytes) else str(value)


def _text(seen: SeenPDU, fields: Mapping[str, tuple[str, ...]]) -> str:
    texts = ", ".join(f"{name} {_field(seen.pdu, name)}" for name in fields)
    return f"{seen.name} ({texts})" if texts else seen.name


def _without_violations(trace: Trace, sent: list[Sent], wanted: PduWanted) -> Finding:
    admitted = () if wanted.violations == ("none",) else wanted.violations
    found_violations: list[str] = []
    evidence = []
    for one, seen in sent:
        broken = [found for found in seen.violations if found.name not in admitted]
        if broken:
            found_violations.extend(_violation(seen.name, found) for found in broken)
            evidence.append(pdu_pointer(one, seen))
    for one in trace.select(wanted.requestor, wanted.acceptor):
        side = one.side(wanted.sender)
        if side is not None:
            broken = [found for found in one.message_violations(side) if found.name not in admitted]
            found_violations.extend(_violation("DIMSE message", found) for found in broken)
    expected = f"every PDU of {wanted.sender} valid" + (f" except for {listed(admitted)}" if admitted else "")
    actual = listed(found_violations, none=counted(len(sent), "valid PDU") if sent else "nothing was sent")
    return finding(CHECK, bool(sent) and not found_violations, expected, actual, EMPTY, evidence[:5])


def _violation(where: str, found: Violation) -> str:
    detail = f": {found.detail}" if found.detail else ""
    return f"{found.name} in {where} at offset {found.offset} ({found.clause}){detail}"


def _within(sent: list[Sent], wanted: PduWanted) -> Finding:
    """Judge the length of the variable field of each P-DATA-TF against what its receiver announced (PS3.8 D.1)."""
    data = [(one, seen) for one, seen in sent if isinstance(seen.pdu, PDataTF)]
    too_long = []
    longest: list[str] = []
    for one, seen in data:
        limit = one.maximum_length_for(seen.side) or 0
        length = seen.size_bytes - PDU_HEADER_BYTES
        if limit and length > limit:
            too_long.append((one, seen))
            longest.append(f"{length} bytes to a receiver that accepts {limit}")
    summary = (
        f"{len(data)} P-DATA-TF, the longest {max((seen.size_bytes - PDU_HEADER_BYTES for _, seen in data), default=0)}"
    )
    expected = f"no P-DATA-TF of {wanted.sender} longer than its receiver announced"
    actual = listed(longest, none=f"{summary} bytes" if data else "no P-DATA-TF was sent")
    evidence = [pdu_pointer(one, seen) for one, seen in too_long[:5]]
    enough = bool(data) or (wanted.count is not None and wanted.count.admit(0))
    return finding(CHECK, enough and not too_long, expected, actual, EMPTY, evidence)


def _longest(sent: list[Sent], sender: str, bounds: Bounds) -> Finding:
    """Judge the PDU-length of the longest P-DATA-TF, where the receiver's announcement sets no bound, too."""
    lengths = {seen.size_bytes - PDU_HEADER_BYTES: (one, seen) for one, seen in sent if isinstance(seen.pdu, PDataTF)}
    longest = max(lengths, default=0)
    met = bool(lengths) and bounds.admit(longest)
    expected = f"the longest P-DATA-TF of {sender}: {bounds} bytes"
    actual = f"{longest} bytes" if lengths else "no P-DATA-TF was sent"
    evidence = [pdu_pointer(*lengths[longest])] if lengths and not met else []
    return finding(CHECK, met, expected, actual, EMPTY, evidence)
