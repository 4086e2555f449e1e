"""The check `store`: the instances that an AE holds, against those that were sent to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from dicom_conformance.errors import is_our_mistake
from dicom_conformance.files import Texts, counted
from dicom_conformance.judge.checks import duplicates
from dicom_conformance.judge.checks.choice import finding, listed
from dicom_conformance.judge.checks.same_instance import difference
from dicom_conformance.judge.checks.wanted import Count, Wanted
from dicom_conformance.results import Finding
from dicom_conformance.trace import UNDECODABLE, Held, Trace, decoded_pixels, element_differences, elements, pixel_data
from dicom_wire.capture import Side

CHECK = "store"


class StoreWanted(Wanted):
    """What may be wanted of the instances that `ae` holds (received in this case).

    `pixel_data: identical` wants the bytes of Pixel Data as they were sent, of instances that have some. `data_set:
    identical` wants the whole data set: of the subject the bytes that it was sent; of a peer every value of what the
    subject was given to send, in whatever transfer syntax and character set it arrived. `pixels: identical` wants the
    same decoded pixels, whatever the transfer syntax; with `tolerance` they may differ by that many units. `elements:
    identical` wants every element, by its bytes, whatever the transfer syntax; of what was decoded all but Pixel Data
    and the attributes that describe its cells. `transfer_syntax` and `sop_class` are those of every instance held.
    `duplicates` is for what a peer got of an instance that the subject was sent several times with different content:
    `whole` wants one of the data sets that the subject took, as it was sent; `keeps_first`, `replaces` and `refuses`
    want the one that a statement with that word promises.
    """

    ae: str = Field(description="AE whose instances are judged")
    instances: Count | None = Field(default=None, description="how many it holds")
    pixel_data: Literal["identical"] | None = Field(
        default=None, description="the bytes of Pixel Data are those that were sent"
    )
    data_set: Literal["identical"] | None = Field(
        default=None,
        description=(
            "the whole data set is the one that was sent: of the subject the same bytes, of a peer the same values"
        ),
    )
    pixels: Literal["identical"] | None = Field(
        default=None, description="the decoded pixels are the same, whatever the transfer syntax"
    )
    elements: Literal["identical"] | None = Field(
        default=None, description="every element has the same value, by its bytes, whatever the transfer syntax"
    )
    tolerance: int = Field(default=0, description="by how many units decoded pixels may differ")
    duplicates: Literal["whole", "keeps_first", "replaces", "refuses"] | None = Field(
        default=None, description="which of several data sets under one SOP Instance UID comes back"
    )
    transfer_syntax: Texts = Field(default=(), description="transfer syntaxes that instances held may have")
    sop_class: Texts = Field(default=(), description="SOP Classes that instances held may have")

    @model_validator(mode="after")
    def _something(self) -> StoreWanted:
        stated = (self.instances, self.pixel_data, self.data_set, self.pixels, self.elements, self.duplicates)
        if not any((*stated, self.transfer_syntax, self.sop_class)):
            raise ValueError(
                "one of instances, pixel_data, data_set, pixels, elements, duplicates, transfer_syntax, sop_class is "
                "needed"
            )
        return self


def judge(trace: Trace, wanted: StoreWanted) -> list[Finding]:
    """Judge what an AE holds now: one finding for each thing that is wanted."""
    held = trace.stores[wanted.ae]()
    may_be_empty = wanted.instances is not None and wanted.instances.admit(0)
    findings = []
    if wanted.instances is not None:
        actual_count = f"{len(held)}: {listed(one.SOPInstanceUID for one in held)}"
        findings.append(
            finding(
                CHECK,
                wanted.instances.admit(len(held)),
                f"{wanted.ae} holds {counted(wanted.instances, 'instance')}",
                actual_count,
            )
        )
    for field, value in (("transfer_syntax", wanted.transfer_syntax), ("SOPClassUID", wanted.sop_class)):
        if value:
            wrong = [getattr(one, field) for one in held if getattr(one, field) not in value]
            actual = listed(wrong or (getattr(one, field) for one in held), none="no instance held")
            name = field.replace("_", " ")
            expected = f"every instance that {wanted.ae} holds has {name} {' or '.join(value)}"
            findings.append(finding(CHECK, (bool(held) or may_be_empty) and not wrong, expected, actual))
    compared: dict[str, Callable[[Held, Held], str | None]] = {
        "pixel_data": _pixel_data,
        "data_set": _data_set if wanted.ae == trace.subject else difference,
        "pixels": partial(_pixels, wanted.tolerance),
        "elements": _elements,
    }
    for what, compare in compared.items():
        if getattr(wanted, what) is not None:
            findings.append(_compared(trace, wanted.ae, held, what, compare, may_be_empty))
    if wanted.duplicates is not None:
        findings.append(duplicates.judge(trace, held, wanted.duplicates))
    return findings


def _compared(
    trace: Trace,
    ae: str,
    held: tuple[Held, ...],
    what: str,
    compare: Callable[[Held, Held], str | None],
    may_be_empty: bool,
) -> Finding:
    wrong = []
    for one in held:
        sent = _sent(trace, ae, one.SOPInstanceUID)
        problem = "was never sent" if sent is None else compare(sent, one)
        if problem is not None:
            wrong.append(f"{one.SOPInstanceUID}: {problem}")
    name = what.replace("_", " ")
    actual = listed(wrong, none=f"identical in {counted(len(held), 'instance')}" if held else "no instance held")
    expected = f"{name} of every instance that {ae} holds identical to what was sent"
    return finding(CHECK, (bool(held) or may_be_empty) and not wrong, expected, actual)


def _sent(trace: Trace, ae: str, uid: str) -> Held | None:
    """Find what was sent: the bytes on the wire to the subject; for what the subject sent, what it was given to send.

    Without an original the last C-STORE-RQ is taken.
    """
    if ae != trace.subject and uid in trace.originals:
        return trace.originals[uid]
    found = None
    for one, message in trace.messages():
        receiver = one.acceptor if message.side is Side.REQUESTOR else one.requestor
        if message.name != "C-STORE-RQ" or receiver != ae or message.data_set is None:
            continue
        if message.command.text("AffectedSOPInstanceUID") == uid:
            syntax, sop_class = message.transfer_syntax or "", message.command.text("AffectedSOPClassUID") or ""
            found = Held(sop_class, uid, syntax, message.data_set)
    return found if found is not None else trace.originals.get(uid)


def _data_set(sent: Held, held: Held) -> str | None:
    if sent.transfer_syntax != held.transfer_syntax:
        return f"sent in {sent.transfer_syntax}, held in {held.transfer_syntax}"
    return _difference(sent.data_set, held.data_set, "data set")


def _elements(sent: Held, held: Held) -> str | None:
    found = element_differences(sent.data_set, sent.transfer_syntax, held.data_set, held.transfer_syntax)
    return listed(found, most=4) if found else None


def _pixel_data(sent: Held, held: Held) -> str | None:
    was, now = pixel_data(sent.data_set, sent.transfer_syntax), pixel_data(held.data_set, held.transfer_syntax)
    if was is None and now is None:
        return "neither the instance sent nor the instance held has Pixel Data"
    if was is None or now is None:
        return f"Pixel Data only in the instance {'sent' if now is None else 'held'}"
    return _difference(was, now, "Pixel Data")


def _difference(was: bytes, now: bytes, what: str) -> str | None:
    if was == now:
        return None
    at = next((index for index, (one, other) in enumerate(zip(was, now, strict=False)) if one != other), None)
    where = f"from byte {at}" if at is not None else "in length"
    return f"{what} differs {where} ({len(was)} bytes sent, {len(now)} held)"


def _pixels(tolerance: int, sent: Held, held: Held) -> str | None:
    """Compare decoded pixels; a lossy syntax is decoded on both sides, so only decoders may differ."""
    was = decoded_pixels(sent.data_set, sent.transfer_syntax)
    complaint = elements(held.data_set, held.transfer_syntax)[1]
    if complaint is not None:
        return f"the data set cannot be read: {complaint}"
    try:
        now = decoded_pixels(held.data_set, held.transfer_syntax)
    except UNDECODABLE as error:
        if is_our_mistake(error):
            raise
        return f"pixels cannot be decoded: {error}"
    if was is None and now is None:
        return "neither the instance sent nor the instance held has pixels"
    if was is None or now is None:
        return f"pixels only in the instance {'sent' if now is None else 'held'}"
    if was.shape != now.shape:
        return f"pixels of shape {was.shape} sent, {now.shape} held"
    most = int(np.abs(was.astype(np.int64) - now.astype(np.int64)).max(initial=0))
    return None if most <= tolerance else f"pixels differ by up to {most}"
