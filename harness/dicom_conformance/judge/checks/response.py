"""The check `response`: what a DIMSE-N request was answered, held against the request.

A response may leave out the class and the instance that it is about, so that it is chosen by its request.

References
----------
PS3.7 10.1 (DIMSE-N services); PS3.4 H.2.4 (statuses of attributes), H.4.2.2 (image boxes of a film box); PS3.3 C.13.3
(Image Display Format).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal, TypeAlias

from pydantic import Field, model_validator

from dicom_conformance.files import Texts, counted
from dicom_conformance.judge.checks.choice import finding, listed, not_judged, pick
from dicom_conformance.judge.checks.dimse import sop_class
from dicom_conformance.judge.checks.exchange import Exchange, exchanges, identifier
from dicom_conformance.judge.checks.wanted import Count, Position, Statuses, Wanted, status_admitted
from dicom_conformance.results import EMPTY, Finding
from dicom_conformance.trace import DataSet, SeenMessage, Trace

CHECK = "response"
DONE = ("success", "warning")
_REPLACING = ("0116", "B605")
"""Statuses that say that another value was taken (PS3.7 C.4.3; PS3.4 H.4.2.2.1.2)."""


class ResponseWanted(Wanted):
    """What may be wanted of the responses to DIMSE-N requests.

    Requests are chosen by `to`, `sop_class` and `position`; each has one final response, of an admitted `status`. The
    rest is judged of the responses that are a success or a warning, and not judged where there is none: what they
    `contain`, what is `present`, `absent`, or there at most (`only`), the number of `items` of a sequence.
    `taken`: a value that the response bears is the one requested. `replaced`: where the status says that another value
    was taken (0116, B605), the response bears it, and it is not the one requested. `instance: returned`: the response
    to an N-CREATE-RQ without a SOP Instance UID has that of the instance created; `kept`: the response to an
    N-CREATE-RQ with a SOP Instance UID has no other.
    `image_boxes: as_laid_out`: a reference for each place of the Image Display Format that the request asks for.
    """

    requestor: str | None = Field(default=None, description="AE that opened the association")
    acceptor: str | None = Field(default=None, description="AE that the association was opened to")
    to: Texts = Field(description="names of the requests (`N-CREATE-RQ`)")
    sop_class: str | None = Field(default=None, description="UID of the affected or requested SOP Class of the request")
    position: Position = Field(default="each", description="judge the response to this one of the requests")
    status: Statuses = Field(default=(), description="statuses that are admitted")
    contains: dict[str, Texts] = Field(
        default_factory=dict, description="elements by keyword, and the texts that each may have"
    )
    present: Texts = Field(default=(), description="elements that are present")
    absent: Texts = Field(default=(), description="elements that are absent")
    only: Texts = Field(default=(), description="no elements but these are present")
    items: dict[str, Count] = Field(default_factory=dict, description="sequences by keyword, and their number of items")
    taken: Texts = Field(default=(), description="elements that, if present, have the value requested")
    replaced: Texts = Field(default=(), description="elements with another value than requested after 0116 or B605")
    instance: Literal["returned", "kept"] | None = Field(
        default=None,
        description="the SOP Instance UID that the acceptor made is `returned`; the one that was requested is `kept`",
    )
    image_boxes: Literal["as_laid_out"] | None = Field(
        default=None, description="one image box for each place of the Image Display Format"
    )

    @model_validator(mode="after")
    def _something(self) -> ResponseWanted:
        about = (self.contains, self.present, self.absent, self.only, self.items, self.taken, self.replaced)
        if not any((*about, self.status, self.instance, self.image_boxes)):
            raise ValueError(
                "one of status, contains, present, absent, only, items, taken, replaced, instance, image_boxes "
                "is needed"
            )
        return self


Question: TypeAlias = Callable[[Exchange, SeenMessage, DataSet], str | None]
"""Asks something of a response; what is wrong with it in words, or None."""


def judge(trace: Trace, wanted: ResponseWanted) -> list[Finding]:
    """Judge the responses to chosen requests: one finding for each thing that is wanted."""
    found = [
        one
        for one in exchanges(trace, wanted.to, wanted.requestor, wanted.acceptor)
        if wanted.sop_class in (None, sop_class(one.request))
    ]
    chosen = pick(found, wanted.position)
    names = " or ".join(wanted.to)
    if not chosen:
        return [finding(CHECK, False, f"{wanted.position}: {names} is sent", f"{len(found)} sent")]
    findings = [_status(chosen, wanted, names)] if wanted.status else []
    done = [(one, one.final) for one in chosen if one.final and status_admitted(one.final.status, DONE)]
    read = [(one, final, identifier(final)) for one, final in done]
    for expected, ask in _questions(wanted):
        what = f"response to {names}: {expected}"
        if not read:
            said = listed(one.ending for one in chosen)
            findings.append(not_judged(CHECK, what, f"no response is a success or a warning: {said}"))
            continue
        wrong = [(one, problem) for one, final, held in read if (problem := _asked(ask, one, final, held))]
        actual = listed((text for _, text in wrong), 4, f"as expected in {counted(len(read), 'response')}")
        where = [one.place for one, _ in wrong[:5]]
        findings.append(finding(CHECK, not wrong, what, actual, EMPTY, where))
    return findings


def _status(chosen: list[Exchange], wanted: ResponseWanted, names: str) -> Finding:
    met = all(one.final is not None and status_admitted(one.final.status, wanted.status) for one in chosen)
    expected = f"{wanted.position}: {names} is answered by {' or '.join(wanted.status)}"
    where = [one.place for one in chosen[:1]]
    return finding(CHECK, met, expected, listed(_ending(one) for one in chosen), EMPTY, where)


def _ending(one: Exchange) -> str:
    comment = None if one.final is None else one.final.command.text("ErrorComment")
    return f"{one.ending} ({comment.strip()})" if comment else one.ending


def _asked(ask: Question, one: Exchange, final: SeenMessage, held: DataSet) -> str | None:
    return ask(one, final, held) if held.fault is None else f"no readable data set: {held.fault}"


def _questions(wanted: ResponseWanted) -> Iterator[tuple[str, Question]]:
    for keyword, texts in wanted.contains.items():
        yield f"{keyword} = {' or '.join(texts)}", partial(_contains, keyword, texts)
    for keyword in wanted.present:
        yield f"{keyword} present", partial(_presence, keyword, True)
    for keyword in wanted.absent:
        yield f"{keyword} absent", partial(_presence, keyword, False)
    if wanted.only:
        yield f"no elements other than {', '.join(wanted.only)}", partial(_only, wanted.only)
    for keyword, bounds in wanted.items.items():
        yield f"{bounds} x an item of {keyword}", partial(_items, keyword, bounds)
    for keyword in wanted.taken:
        yield f"{keyword}, if present, as requested", partial(_taken, keyword)
    for keyword in wanted.replaced:
        yield f"{keyword} present with the value taken, where another was taken", partial(_replaced, keyword)
    if wanted.instance == "returned":
        yield "the SOP Instance UID that was made, where none was requested", _returned
    if wanted.instance == "kept":
        yield "no other SOP Instance UID than was requested", _kept
    if wanted.image_boxes is not None:
        yield "an image box for each place of the Image Display Format", _image_boxes


def _text(held: DataSet, keyword: str) -> str | None:
    """Write an element as text; None where it is absent."""
    found = held.get(keyword)
    return None if found is None else "\\".join(found.values)


def _contains(keyword: str, texts: tuple[str, ...], one: Exchange, final: SeenMessage, held: DataSet) -> str | None:
    text = _text(held, keyword)
    return None if text in texts else f"{keyword} {'absent' if text is None else repr(text)}"


def _presence(keyword: str, wanted: bool, one: Exchange, final: SeenMessage, held: DataSet) -> str | None:
    there = held.get(keyword) is not None
    return None if there is wanted else f"{keyword} {'present' if there else 'absent'}"


def _only(keywords: tuple[str, ...], one: Exchange, final: SeenMessage, held: DataSet) -> str | None:
    beyond = [each.name for each in held if each.name not in keywords]
    return f"also {', '.join(beyond)}" if beyond else None


def _items(keyword: str, bounds: Count, one: Exchange, final: SeenMessage, held: DataSet) -> str | None:
    found = held.get(keyword)
    count = 0 if found is None else len(found.items)
    return None if bounds.admit(count) else f"{counted(count, 'item')} of {keyword}"


def _taken(keyword: str, one: Exchange, final: SeenMessage, held: DataSet) -> str | None:
    asked, text = _text(one.keys, keyword), _text(held, keyword)
    return None if text is None or _same(text, asked) else f"{keyword} {text!r}, requested {asked!r}"


def _replaced(keyword: str, one: Exchange, final: SeenMessage, held: DataSet) -> str | None:
    if not status_admitted(final.status, _REPLACING):
        return None
    asked, text = _text(one.keys, keyword), _text(held, keyword)
    if not text:
        return f"{one.ending}, {keyword} absent"
    return f"{one.ending}, {keyword} {text!r} as requested" if _same(text, asked) else None


def _same(text: str, asked: str | None) -> bool:
    """Tell whether two values are the same; numbers by what they are."""
    if asked is None or text == asked:
        return text == asked
    try:
        return math.isclose(float(text), float(asked))
    except ValueError:
        return False


def _uid(message: SeenMessage) -> str:
    return (message.command.text("AffectedSOPInstanceUID") or "").strip(" \0")


def _returned(one: Exchange, final: SeenMessage, held: DataSet) -> str | None:
    return None if _uid(one.request) or _uid(final) else "no Affected SOP Instance UID"


def _kept(one: Exchange, final: SeenMessage, held: DataSet) -> str | None:
    asked, returned = _uid(one.request), _uid(final)
    return f"{returned}, requested {asked}" if asked and returned not in ("", asked) else None


def _image_boxes(one: Exchange, final: SeenMessage, held: DataSet) -> str | None:
    layout = _text(one.keys, "ImageDisplayFormat") or ""
    wanted = places(layout)
    found = held.get("ReferencedImageBoxSequence")
    uids = [] if found is None else [item.text("ReferencedSOPInstanceUID") for item in found.items]
    if wanted is not None and len(uids) != wanted:
        return f"{counted(len(uids), 'image box')} for {layout}"
    if not uids or None in uids or len(set(uids)) != len(uids):
        return f"image boxes without a SOP Instance UID of their own for {layout}"
    return None


def places(layout: str) -> int | None:
    """Count the places of an Image Display Format (PS3.3 C.13.3); None where the printer alone knows it."""
    form, _, numbers = layout.partition("\\")
    if not re.fullmatch(r"\d+(,\d+)*", numbers):
        return None
    counts = [int(each) for each in numbers.split(",")]
    match form:
        case "STANDARD":
            return counts[0] * counts[1] if len(counts) == 2 else None
        case "ROW" | "COL":
            return sum(counts)
        case _:
            return None
