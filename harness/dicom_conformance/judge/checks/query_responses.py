"""The check `query_responses`: whether the responses to a query are lawful, rule by rule.

Each rule is a finding with the level and the clause that the standard gives it; an expectation names the rules.

References
----------
PS3.4 C.4.1.1.3.2 (Identifier of a response), C.4.1.1.4 (statuses), C.2.2.3, C.3.4; PS3.7 9.1.2.1.5 and 9.3.2.4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from pydantic import Field

from dicom_conformance.files import counted
from dicom_conformance.judge.checks.choice import finding, listed
from dicom_conformance.judge.checks.exchange import QUERY_EXTENSIONS, Exchange, Which, chosen, exchanges, identifier
from dicom_conformance.judge.checks.wanted import Wanted
from dicom_conformance.judge.query_matching import NO_KEYS
from dicom_conformance.results import Finding, Level
from dicom_conformance.trace import LEVELS, UNIQUE_KEYS, Attribute, DataSet, SeenMessage, Trace
from dicom_wire.statuses import StatusClass, status_class

CHECK = "query_responses"
RESPONSE: Final = "PS3.4 C.4.1.1.3.2"
PENDING: Final = (0xFF00, 0xFF01)
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "PATIENT": ("PatientName", "PatientID"),
        "STUDY": ("StudyDate", "StudyTime", "AccessionNumber", "StudyID", "StudyInstanceUID"),
        "SERIES": ("Modality", "SeriesNumber", "SeriesInstanceUID"),
        "IMAGE": ("InstanceNumber", "SOPInstanceUID"),
    }
)
"""Unique and required keys of each level (PS3.4 Tables C.6-1 to C.6-5)."""
_IN_NAMES: Final = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})

Rule = Literal[
    "identifiers", "one_final", "statuses", "encoding", "level", "keys", "only_keys", "keys_above", "supported_keys",
    "retrieve_ae", "character_set", "values", "texts", "extensions", "every_key",
]  # fmt: skip


class QueryResponsesWanted(Wanted):
    """Rules for the responses to one C-FIND-RQ; all of them unless some are named.

    `identifiers`: pending responses have an Identifier, the final one has none. `one_final`: one final response, and
    nothing after it. `statuses`: of the classes that PS3.7 Annex C knows. `encoding`: each Identifier can be read.
    `level`: each bears the level of the request. `keys`: unique and required keys of the level that were asked for come
    back, empty where they have no value. `only_keys`: nothing else comes back but what C.4.1.1.3.2 names. `keys_above`:
    unique keys of higher levels. `supported_keys`: FF00 only where every key came back. `retrieve_ae`: Retrieve AE
    Title or both elements of a File-Set, with a value at the lowest level. `character_set`: a text that is not ASCII
    has its Specific Character Set. `values`: of what is known, every value comes back as it was stored; `texts`: so do
    texts beyond ASCII. `extensions`: the answer to extended negotiation has nothing that was not asked for.
    `every_key`: every key that was asked for comes back, with a value where one is known; an expectation says what
    demands that.
    """

    rules: tuple[Rule, ...] = Field(default=(), description="the rules that are judged; all of them if not given")
    requestor: str | None = Field(default=None, description="AE that asks")
    acceptor: str | None = Field(default=None, description="AE that is asked")
    request: Which = Field(default="latest", description="which C-FIND-RQ: `latest`, or a number counted from 1")


@dataclass(frozen=True, slots=True)
class Answers:
    """A query with its matches read."""

    trace: Trace
    exchange: Exchange
    level: str
    matches: tuple[tuple[SeenMessage, DataSet], ...]

    def complaints(self, complain: Callable[[DataSet], str | None]) -> list[str]:
        """Give what is wrong with each match."""
        return [text for _, match in self.matches if (text := complain(match)) is not None]


def judge(trace: Trace, wanted: QueryResponsesWanted) -> list[Finding]:
    """Judge the responses to one query by each rule."""
    exchange = chosen(exchanges(trace, ("C-FIND-RQ",), wanted.requestor, wanted.acceptor), wanted.request)
    if exchange is None:
        return [finding(CHECK, False, "a C-FIND-RQ is sent", "none was sent")]
    if not exchange.responses:
        return [finding(CHECK, False, "a C-FIND-RSP", exchange.ending, evidence=[exchange.place])]
    level = exchange.keys.text("QueryRetrieveLevel") or ""
    read = tuple((one, identifier(one)) for one in exchange.pending if one.data_set is not None)
    answers = Answers(trace, exchange, level if level in UNIQUE_KEYS else "STUDY", read)
    findings = []
    for rule in wanted.rules or tuple(rule for rule in RULES if RULES[rule][1] is not None):
        expected, demanded, clause, complain = RULES[rule]
        wrong = complain(answers)
        actual = listed(wrong, most=4, none=f"as expected in {counted(len(exchange.responses), 'response')}")
        one = finding(CHECK, not wrong, expected, actual, evidence=[exchange.place])
        findings.append(one if demanded is None else replace(one, level=demanded, clause=clause))
    return findings


def _identifiers(answers: Answers) -> list[str]:
    found = [f"{one.status:04X} without an Identifier" for one in answers.exchange.pending if one.data_set is None]
    final = answers.exchange.final
    if final is not None and final.data_set is not None:
        found.append(f"{final.status or 0:04X} with an Identifier")
    return found


def _one_final(answers: Answers) -> list[str]:
    responses = answers.exchange.responses
    first = next((number for number, one in enumerate(responses) if one.is_final_response), None)
    if first is None:
        return [answers.exchange.ending]
    return [f"{one.status or 0:04X} after the final response" for one in responses[first + 1 :]]


def _statuses(answers: Answers) -> list[str]:
    known = (StatusClass.SUCCESS, StatusClass.WARNING, StatusClass.FAILURE, StatusClass.CANCEL, StatusClass.PENDING)
    statuses = [one.status for one in answers.exchange.responses]
    return [
        "none" if one is None else f"{one:04X}" for one in statuses if one is None or status_class(one) not in known
    ]


def _encoding(answers: Answers) -> list[str]:
    return answers.complaints(lambda match: match.fault)


def _level(answers: Answers) -> list[str]:
    def complain(match: DataSet) -> str | None:
        level = match.text("QueryRetrieveLevel")
        return None if level == answers.level else f"QueryRetrieveLevel {level or 'absent'}"

    return answers.complaints(complain)


def _keys(answers: Answers) -> list[str]:
    asked = [one for one in REQUIRED[answers.level] if answers.exchange.keys.get(one) is not None]

    def complain(match: DataSet) -> str | None:
        missing = [one for one in asked if match.get(one) is None]
        return f"without {listed(missing)}" if missing else None

    return answers.complaints(complain)


def _only_keys(answers: Answers) -> list[str]:
    asked = {key.tag for key in answers.exchange.keys} | NO_KEYS
    above = {UNIQUE_KEYS[level] for level in LEVELS}

    def complain(match: DataSet) -> str | None:
        besides = [one.name for one in match if one.tag not in asked and one.name not in above]
        return f"also {listed(besides)}" if besides else None

    return answers.complaints(complain)


def _keys_above(answers: Answers) -> list[str]:
    above = LEVELS[: LEVELS.index(answers.level)]
    if answers.exchange.keys.get("PatientID") is None:
        above = tuple(level for level in above if level != "PATIENT")  # no unique key of the Study Root

    def complain(match: DataSet) -> str | None:
        missing = [UNIQUE_KEYS[level] for level in above if match.get(UNIQUE_KEYS[level]) is None]
        return f"without {listed(missing)}" if missing else None

    return answers.complaints(complain)


def _supported_keys(answers: Answers) -> list[str]:
    asked = [key for key in answers.exchange.keys if key.tag not in NO_KEYS and not key.tag >> 16 & 1]
    found = []
    for message, match in answers.matches:
        missing = [key.name for key in asked if key.tag not in match.attributes]
        if message.status == PENDING[0] and missing:
            found.append(f"FF00 without {listed(missing)}")
    return found


def _retrieve_ae(answers: Answers) -> list[str]:
    def complain(match: DataSet) -> str | None:
        title = match.get("RetrieveAETitle")
        file_set = (match.get("StorageMediaFileSetID"), match.get("StorageMediaFileSetUID"))
        if title is None and None in file_set:
            return "neither Retrieve AE Title nor Storage Media File-Set"
        has_value = (title is not None and title.values) or all(one is not None and one.values for one in file_set)
        return None if has_value or answers.level != "IMAGE" else "Retrieve AE Title without a value at IMAGE"

    return answers.complaints(complain)


def _character_set(answers: Answers) -> list[str]:
    def complain(match: DataSet) -> str | None:
        texts = [text for one in match if one.vr in _IN_NAMES for text in one.values]
        if any("\N{REPLACEMENT CHARACTER}" in text for text in texts):
            return f"a text that cannot be read in {listed(match.character_set, none='the default repertoire')}"
        foreign = any(not text.isascii() for text in texts)
        return "a text beyond ASCII without Specific Character Set" if foreign and not match.character_set else None

    return answers.complaints(complain)


def _values(answers: Answers) -> list[str]:
    return _changed(answers, lambda was: not _is_foreign(was))


def _texts(answers: Answers) -> list[str]:
    return _changed(answers, _is_foreign)


def _is_foreign(one: Attribute) -> bool:
    return one.vr in _IN_NAMES and not all(text.isascii() for text in one.values)


def _changed(answers: Answers, is_judged: Callable[[Attribute], bool]) -> list[str]:
    """Give what comes back of the known otherwise than it was stored."""
    known = answers.trace.known
    if known is None:
        return []
    found: list[str] = []
    for _, match in answers.matches:
        one = known.find(answers.level, match.text(UNIQUE_KEYS[answers.level]) or "")
        if one is None:
            continue
        stored = known.entity(one, answers.level)
        for key in answers.exchange.keys:
            was, now = stored.attributes.get(key.tag), match.attributes.get(key.tag)
            if key.tag in NO_KEYS or key.vr == "SQ" or was is None or now is None or not is_judged(was):
                continue
            is_optional = key.name not in {name for names in REQUIRED.values() for name in names}
            if not (now.is_empty and is_optional) and not _same(was.vr, was.values, now.values):
                found.append(f"{one.name_at(answers.level)}: {key.name} {now.text!r}, not {was.text!r}")
    return found


def _extensions(answers: Answers) -> list[str]:
    asked, answered = answers.exchange.extensions
    if answered is None:
        return []
    if asked is None:
        return ["an answer to extended negotiation that was not asked for"]
    found = [f"{len(answered)} bytes for {len(asked)}"] if len(answered) > len(asked) else []
    pairs = zip(QUERY_EXTENSIONS, asked, answered, strict=False)
    return [*found, *(f"{name} is granted, though not asked for" for name, one, two in pairs if two and not one)]


def _same(vr: str, was: tuple[str, ...], now: tuple[str, ...]) -> bool:
    """Compare values; a number, a time and a name may be written in other ways, and a set of values in any order."""
    if vr in ("IS", "DS"):
        try:
            return [float(one) for one in was] == [float(one) for one in now]
        except ValueError:
            return was == now
    if vr == "TM":
        return [_padded(one) for one in was] == [_padded(one) for one in now]
    if vr == "PN":
        return [one.rstrip("^= ") for one in was] == [one.rstrip("^= ") for one in now]
    return sorted(was) == sorted(now)


def _padded(time: str) -> str:
    whole, _, fraction = time.replace(":", "").partition(".")
    return whole.ljust(6, "0") + fraction.ljust(6, "0")


def _every_key(answers: Answers) -> list[str]:
    """Give what was asked for and does not come back, or comes back empty though a value is known."""
    known, found = answers.trace.known, [] if answers.matches else ["no match"]
    for _, match in answers.matches:
        uid = match.text(UNIQUE_KEYS[answers.level]) or ""
        one = None if known is None else known.find(answers.level, uid)
        for key in answers.exchange.keys:
            stored = None if known is None or one is None else known.entity(one, answers.level).attributes.get(key.tag)
            back = match.attributes.get(key.tag)
            if key.tag in NO_KEYS:
                continue
            if back is None:
                found.append(f"without {key.name}")
            elif back.is_empty and stored is not None and not stored.is_empty:
                found.append(f"{key.name} without its value {stored.text!r}")
    return found


RULES: Final[Mapping[Rule, tuple[str, Level | None, str, Callable[[Answers], list[str]]]]] = MappingProxyType(
    {
        "identifiers": ("an Identifier with each pending response, and none with the final one", Level.SHALL,
                        "PS3.7 9.1.2.1.5", _identifiers),
        "one_final": ("one final response, and nothing after it", Level.SHALL, "PS3.7 9.3.2.4", _one_final),
        "statuses": ("statuses of the classes of PS3.7 Annex C", Level.SHALL, "PS3.7 C", _statuses),
        "encoding": ("each Identifier can be read to its end", Level.SHALL, "PS3.5 7.1.1", _encoding),
        "level": ("each match bears the level of the request", Level.SHALL, RESPONSE, _level),
        "keys": ("unique and required keys that were asked for come back", Level.SHALL, RESPONSE, _keys),
        "only_keys": ("nothing comes back but what was asked for", Level.SHALL, RESPONSE, _only_keys),
        "keys_above": ("unique keys of the levels above come back", Level.SHALL, RESPONSE, _keys_above),
        "supported_keys": ("FF00 only where every key comes back", Level.SHOULD, "PS3.4 C.4.1.1.4", _supported_keys),
        "retrieve_ae": ("Retrieve AE Title, or a Storage Media File-Set", Level.SHALL, RESPONSE, _retrieve_ae),
        "character_set": ("a text beyond ASCII has its Specific Character Set", Level.SHALL, RESPONSE, _character_set),
        "values": ("values come back as they were stored", Level.SHALL, "PS3.4 C.2.2.3", _values),
        "texts": ("texts beyond ASCII read as they were stored", Level.SHOULD, RESPONSE, _texts),
        "every_key": ("every key that was asked for comes back, with its value", None, "", _every_key),
        "extensions": ("nothing is granted that was not asked for", Level.SHALL, "PS3.4 C.5.1.1", _extensions),
    }
)  # fmt: skip
"""Rule to what is expected, its level, its clause, and what complains."""
