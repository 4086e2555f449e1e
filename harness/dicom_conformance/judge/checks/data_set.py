"""The check `data_set`: the Identifier or instance that a DIMSE message carried, element by element."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from io import BytesIO
from typing import Literal, TypeAlias

from pydantic import Field, model_validator
from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.filereader import read_dataset

from dicom_conformance.files import Texts, counted
from dicom_conformance.judge.checks.choice import finding, listed, message_pointer, pick
from dicom_conformance.judge.checks.dimse import choose
from dicom_conformance.judge.checks.wanted import AT_LEAST_ONE, Count, Position, Statuses, Wanted, status_admitted
from dicom_conformance.results import EMPTY, Finding
from dicom_conformance.trace import (
    BIG_ENDIAN,
    DEFLATED,
    IMPLICIT,
    Element,
    SeenMessage,
    Trace,
    elements,
    items,
    reading_of,
)

CHECK = "data_set"
FILE_META_GROUP = 0x0002


class DataSetWanted(Wanted):
    """What may be wanted of the data sets that `sender` sent.

    Messages are chosen as in `dimse`. Elements are named by keyword; inside a sequence `SequenceKeyword.Keyword`
    (its first item) or `SequenceKeyword[2].Keyword`. `contains` holds values against text (several values: a list),
    `bytes` value fields against hex digits, padding aside.
    `private` looks for elements of odd groups, in every item of every sequence (PS3.5 7.8).
    `encoding: valid` wants the data set to read to its last byte in the transfer syntax of its presentation context;
    `transfer_syntax` wants that context to have been accepted in it. `data_set: none` wants no data set at all.
    `named_by_command` wants the SOP Class and SOP Instance UIDs of the data set to be those that its command set names,
    and its File Meta Information not to be in it (PS3.4 B.2.3, PS3.7 9.1.1.1).
    """

    sender: str = Field(description="AE that sends")
    requestor: str | None = Field(default=None, description="AE that opened the association")
    acceptor: str | None = Field(default=None, description="AE that the association was opened to")
    message: Texts = Field(description="names of the messages whose data sets are judged")
    status: Statuses = Field(default=(), description="judge only messages with these statuses")
    position: Position = Field(default="each", description="judge this one of them")
    count: Count | None = Field(default=None, description="how many such messages there are")
    contains: dict[str, Texts] = Field(
        default_factory=dict, description="elements by keyword, and the text of each (several values: a list)"
    )
    bytes: dict[str, Texts] = Field(
        default_factory=dict, description="elements by keyword, and their value fields as hex digits, padding aside"
    )
    present: Texts = Field(default=(), description="elements that are present")
    empty: Texts = Field(default=(), description="elements that are present and empty")
    absent: Texts = Field(default=(), description="elements that are absent")
    only: Texts = Field(default=(), description="no elements but these are present")
    private: Literal["none", "present"] | None = Field(
        default=None,
        description="whether there are private elements (odd group numbers), also in items of sequences (PS3.5 7.8)",
    )
    encoding: Literal["valid"] | None = Field(
        default=None,
        description="the data set can be read to its last byte in the transfer syntax of its presentation context",
    )
    transfer_syntax: Texts = Field(
        default=(), description="transfer syntaxes that may have been accepted for its presentation context"
    )
    data_set: Literal["none", "present"] | None = Field(default=None, description="whether there is a data set at all")
    named_by_command: bool = Field(
        default=False, description="the data set is of the SOP Class and SOP Instance that the command set names"
    )

    @model_validator(mode="after")
    def _something(self) -> DataSetWanted:
        stated = (self.contains, self.bytes, self.present, self.empty, self.absent, self.only, self.encoding)
        if not any((*stated, self.private, self.transfer_syntax, self.data_set, self.named_by_command)):
            raise ValueError(
                "one of contains, bytes, present, empty, absent, only, private, encoding, transfer_syntax, data_set, "
                "named_by_command is needed"
            )
        for digits in (each for several in self.bytes.values() for each in several):
            if not re.fullmatch(r"\s*([0-9A-Fa-f]{2}\s*)*", digits):
                raise ValueError(f"bytes must be hex digits, not {digits!r}")
        return self


def judge(trace: Trace, wanted: DataSetWanted) -> list[Finding]:
    """Judge the data sets that one sender's messages carried: one finding for each thing that is wanted."""
    named = choose(trace, wanted.sender, wanted.requestor, wanted.acceptor, wanted.message)
    named = [pair for pair in named if not wanted.status or status_admitted(pair[1].status, wanted.status)]
    chosen = pick(named, wanted.position)
    names = f"{' or '.join(wanted.message)} from {wanted.sender}"
    bounds = wanted.count or AT_LEAST_ONE
    admitted = bounds.admit(len(named))
    if not admitted or not chosen:
        met = admitted and not named  # a count that admits none is met by silence; a position that is not there is not
        return [finding(CHECK, met, f"{bounds} x {names}", f"{len(named)} sent")]
    read = [(one, message, _read(message)) for one, message in chosen]
    findings = []
    for expected, complaint in _questions(wanted):
        wrong = [
            (message_pointer(one, message), problem)
            for one, message, carried in read
            if (problem := complaint(message, carried)) is not None
        ]
        actual = listed(
            (problem for _, problem in wrong), most=4, none=f"as expected in {counted(len(read), 'message')}"
        )
        where = [place for place, _ in wrong[:5]]
        findings.append(finding(CHECK, not wrong, f"{names}: {expected}", actual, EMPTY, where))
    return findings


Carried: TypeAlias = Dataset | None
Complaint: TypeAlias = Callable[[SeenMessage, Carried], str | None]


def _read(message: SeenMessage) -> Carried:
    """Read the data set of a message, None where there is none or it cannot be read; `_unreadable` says why."""
    if message.data_set is None or _unreadable(message) is not None:
        return None
    raw, syntax = message.data_set, message.transfer_syntax
    if syntax in DEFLATED:
        raw = zlib.decompress(raw, wbits=-15)
    try:
        return read_dataset(BytesIO(raw), syntax == IMPLICIT, syntax != BIG_ENDIAN)
    except (EOFError, ValueError, KeyError, NotImplementedError, TypeError, OSError):
        return None  # what cannot be read is said by `encoding`, and is no value for any other question


def _unreadable(message: SeenMessage) -> str | None:
    """Say why nothing can be said of the elements of a data set; None where they can be told apart, or there are none.

    A value of odd length is wrong and is read all the same. What is not read to its end is not given to pydicom, which
    would guess another encoding, and find the values wanted.
    """
    if message.data_set is None:
        return None
    if message.transfer_syntax is None:
        return f"its context {message.context_id} was not accepted"
    reading = reading_of(message.data_set, message.transfer_syntax)
    return None if reading.whole else reading.fault


def _of_elements(complaint: Complaint, message: SeenMessage, carried: Carried) -> str | None:
    """Ask a question about elements, where they can be read."""
    fault = _unreadable(message)
    return complaint(message, carried) if fault is None else f"no readable data set: {fault}"


def _questions(wanted: DataSetWanted) -> Iterator[tuple[str, Complaint]]:
    """Turn what is wanted into pairs of words and a function that complains."""
    if wanted.data_set is not None:
        none = wanted.data_set == "none"
        yield f"data set {'absent' if none else 'present'}", partial(_presence, none)
    if wanted.encoding is not None:
        yield "encoded in the transfer syntax of its presentation context", _encoding
    if wanted.transfer_syntax:
        yield f"transfer syntax {' or '.join(wanted.transfer_syntax)}", partial(_syntax, wanted.transfer_syntax)
    for keyword, digits in wanted.bytes.items():
        yield f"{keyword} = the bytes {' or '.join(digits)}", partial(_bytes, keyword, digits)
    for expected, complaint in _questions_about_elements(wanted):
        yield expected, partial(_of_elements, complaint)


def _questions_about_elements(wanted: DataSetWanted) -> Iterator[tuple[str, Complaint]]:
    for keyword, texts in wanted.contains.items():
        yield f"{keyword} = {' or '.join(texts)}", partial(_value, keyword, texts)
    for keyword in wanted.present:
        yield f"{keyword} present", partial(_present, keyword)
    for keyword in wanted.empty:
        yield f"{keyword} present and empty", partial(_empty, keyword)
    for keyword in wanted.absent:
        yield f"{keyword} absent", partial(_absent, keyword)
    if wanted.only:
        yield f"no elements other than {', '.join(wanted.only)}", partial(_only, wanted.only)
    if wanted.private is not None:
        yield f"private elements: {wanted.private}", partial(_private, wanted.private == "none")
    if wanted.named_by_command:
        yield "the SOP Class and SOP Instance that the command set names", _named_by_command


def _presence(none: bool, message: SeenMessage, carried: Carried) -> str | None:
    there = message.data_set is not None
    return None if there is not none else f"a data set of {len(message.data_set or b'')} bytes" if there else "none"


def _encoding(message: SeenMessage, carried: Carried) -> str | None:
    if message.data_set is None:
        return "no data set"
    if message.transfer_syntax is None:
        return f"its context {message.context_id} was not accepted"
    return elements(message.data_set, message.transfer_syntax)[1]


def _syntax(admitted: tuple[str, ...], message: SeenMessage, carried: Carried) -> str | None:
    syntax = message.transfer_syntax
    return None if syntax in admitted else f"transfer syntax {syntax or 'none: the context was not accepted'}"


def _value(path: str, texts: tuple[str, ...], message: SeenMessage, carried: Carried) -> str | None:
    actual = element_text(carried, path)
    if actual is None or actual not in texts:
        return f"{path} {'absent' if actual is None else repr(actual)}"
    return _odd_length(path, message)


def _odd_length(path: str, message: SeenMessage) -> str | None:
    """Complain of a value that has the odd length that no value has (PS3.5 7.1.1)."""
    if message.data_set is None or message.transfer_syntax is None:
        return None
    held, fault = elements(message.data_set, message.transfer_syntax)
    element = None if fault is None else _at(held, path, message.transfer_syntax)
    length = 0 if element is None else len(element.value)
    return f"{path} of the odd length {length}" if length % 2 else None


def _present(path: str, message: SeenMessage, carried: Carried) -> str | None:
    return f"{path} absent" if element_text(carried, path) is None else None


def _bytes(keyword: str, digits: tuple[str, ...], message: SeenMessage, carried: Carried) -> str | None:
    """Hold the value field of an element, without padding, against hex digits."""
    if message.data_set is None or message.transfer_syntax is None:
        return "no data set"
    held, fault = elements(message.data_set, message.transfer_syntax)
    element = _at(held, keyword, message.transfer_syntax)
    if element is None:
        return f"{keyword} absent" if fault is None else f"no readable data set: {fault}"
    value = bytes(element.value)
    if len(value) % 2 == 0:  # what pads a value makes its length even: one of odd length has no padding (PS3.5 6.2)
        value = value.rstrip(b" \0")
    return None if any(value == bytes.fromhex(each) for each in digits) else f"{keyword} {value.hex(' ')}"


def _at(held: Sequence[Element], path: str, transfer_syntax: str) -> Element | None:
    """Give the element at a path, `Keyword` or `SequenceKeyword[2].Keyword`; None where there is none."""
    first, _, further = path.partition(".")
    keyword, _, actual = first.rstrip("]").partition("[")
    number = int(actual or "1")
    tag = tag_for_keyword(keyword)
    element = next((one for one in held if one.tag == tag), None)
    if not further or element is None:
        return element
    inner, _ = items(element, transfer_syntax)
    return _at(inner[number - 1], further, transfer_syntax) if 0 < number <= len(inner) else None


def _empty(path: str, message: SeenMessage, carried: Carried) -> str | None:
    actual = element_text(carried, path)
    return None if actual == "" else f"{path} {'absent' if actual is None else repr(actual)}"


def _absent(path: str, message: SeenMessage, carried: Carried) -> str | None:
    actual = element_text(carried, path)
    return None if actual is None else f"{path} {actual!r}"


def _only(keywords: tuple[str, ...], message: SeenMessage, carried: Carried) -> str | None:
    if carried is None:
        return "no readable data set"
    beyond = [element.keyword or str(element.tag) for element in carried if element.keyword not in keywords]
    return f"also {', '.join(beyond)}" if beyond else None


def _private(none: bool, message: SeenMessage, carried: Carried) -> str | None:
    if carried is None:
        return "no readable data set"
    found = [str(element.tag) for element in carried.iterall() if element.tag.is_private]
    return None if bool(found) is not none else listed(found, most=4, none="none")


def _named_by_command(message: SeenMessage, carried: Carried) -> str | None:
    if carried is None:
        return "no readable data set"
    if any(element.tag.group == FILE_META_GROUP for element in carried):
        return "File Meta Information in the data set"
    for of_command, of_data_set in (
        ("AffectedSOPClassUID", "SOPClassUID"),
        ("AffectedSOPInstanceUID", "SOPInstanceUID"),
    ):
        named, held = message.command.text(of_command), element_text(carried, of_data_set)
        if held != named:
            return f"{of_data_set} {'absent' if held is None else held}, but {of_command} {named}"
    return None


_STEP = re.compile(r"(?P<keyword>\w+)(?:\[(?P<item>\d+)\])?\Z")


def element_text(data_set: Carried, path: str) -> str | None:
    """Write an element as text, several values joined by a backslash; None where it is absent.

    `path` is `Keyword`, or `SequenceKeyword[2].Keyword` (items counted from 1; the first unless given).
    """
    here = data_set
    *outer, last = path.split(".")
    for step in outer:
        found = _STEP.match(step)
        items = None if here is None or found is None else here.get(found["keyword"])
        number = int(found["item"] or 1) if found else 1
        if not items or not 0 < number <= len(items):
            return None
        here = items[number - 1]
    if here is None or last not in here:
        return None
    value = here[last].value
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return "\\".join(str(part) for part in value)
    return "" if value is None else value.hex(" ") if isinstance(value, bytes) else str(value)
