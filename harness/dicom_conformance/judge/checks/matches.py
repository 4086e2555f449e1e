"""The check `matches`: of what is known, a query finds exactly this; whatever else it finds must fit its keys.

References
----------
PS3.4 C.2.2.2 (matching), C.4.1.3.1 (a response for each match; Success once all were sent), C.6.1 and C.6.2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from dicom_conformance.errors import HarnessError
from dicom_conformance.files import Texts
from dicom_conformance.judge.checks.choice import finding, listed, not_judged
from dicom_conformance.judge.checks.exchange import Exchange, Which, chosen, exchanges, identifier
from dicom_conformance.judge.checks.wanted import Wanted
from dicom_conformance.judge.query_matching import NO_KEYS, Agreed, differing, entity_fits
from dicom_conformance.results import Finding
from dicom_conformance.trace import UNIQUE_KEYS, DataSet, Known, Trace

CHECK = "matches"
FITTING: Final = "fitting"
SUCCESS, CANCELLED, UNSUPPORTED_KEYS = 0x0000, 0xFE00, 0xFF01


def _yes_or_no(value: object) -> object:
    """Take a named value of a statement, too, which is true or false."""
    return ("no", "yes")[value] if isinstance(value, bool) else value


class MatchesWanted(Wanted):
    """What a query is to find, judged by the C-FIND-RSP messages on the wire.

    Entities are told apart by the unique key of their level. `exactly` names fixtures (a name above the level stands
    for all below it), or is `fitting`: what fits the keys by the standard. What the standard leaves open (`lawful`,
    and with `fitting` the case and wild cards of person names unless they are given) may be found or not.
    """

    of: Literal["fixtures"] = Field(default="fixtures", description="what is known of the archive")
    query_level: Literal["PATIENT", "STUDY", "SERIES", "IMAGE"] | None = Field(
        default=None, description="the level of the entities; the Query/Retrieve Level of the request if not given"
    )
    exactly: Texts = Field(description="names of the fixtures that are found, each once, or `fitting`")
    lawful: Texts = Field(default=(), description="names of fixtures that may be found or not")
    others: Literal["lawful", "none"] = Field(
        default="lawful", description="what else may be found: entities that fit the keys, or none"
    )
    refused: Literal["lawful"] | None = Field(
        default=None, description="a failure status instead of matches is allowed, too"
    )
    cancelled: bool = Field(
        default=False,
        description="the query was cancelled: FE00 with some of the matches is lawful, success needs all of them",
    )
    if_supported: bool = Field(
        default=False,
        description="judge only where every match has FF00 and each key: all keys are supported (Table C.4-1)",
    )
    case: Literal["sensitive", "insensitive"] | None = Field(
        default=None, description="with `fitting`: how person names match, as the statement says"
    )
    wildcards: Annotated[Literal["yes", "no"] | None, BeforeValidator(_yes_or_no)] = Field(
        default=None, description="with `fitting`: whether there are wild cards in person names, as the statement says"
    )
    negotiated: Texts = Field(
        default=(),
        description=(
            "judge only where extended negotiation granted this: `relational`, `date_time`, `multiple_value`, "
            "`empty_value`"
        ),
    )
    requestor: str | None = Field(default=None, description="AE that asks")
    acceptor: str | None = Field(default=None, description="AE that is asked")
    request: Which = Field(default="latest", description="which C-FIND-RQ: `latest`, or a number counted from 1")

    @property
    def agreed(self) -> Agreed:
        """What is agreed about matching."""
        return Agreed(
            None if self.case is None else self.case == "sensitive",
            None if self.wildcards is None else self.wildcards == "yes",
            "date_time" in self.negotiated,
            "multiple_value" in self.negotiated,
            "empty_value" in self.negotiated,
        )


def judge(trace: Trace, wanted: MatchesWanted) -> list[Finding]:
    """Judge the matches of one query: how it ends, what is found of the known, and what else is found."""
    if trace.known is None:
        raise HarnessError("nothing is known of the archive: the scenario needs a fixture")
    exchange = chosen(exchanges(trace, ("C-FIND-RQ",), wanted.requestor, wanted.acceptor), wanted.request)
    if exchange is None:
        return [finding(CHECK, False, "a C-FIND-RQ is sent", "none was sent")]
    where = [exchange.place]
    refused = [one for one in wanted.negotiated if one not in exchange.granted]
    if refused:
        return [not_judged(CHECK, "matches as negotiated", f"not granted: {listed(refused)}", where)]
    final = exchange.final
    status = None if final is None else final.status
    if status is not None and status != SUCCESS and wanted.refused and not exchange.pending:
        return [finding(CHECK, True, "matches, or a failure", exchange.ending, evidence=where)]
    if wanted.cancelled and status == CANCELLED:
        return [finding(CHECK, True, "the query is cancelled, or finds everything", exchange.ending, evidence=where)]
    ends = finding(CHECK, status == SUCCESS, "the query ends with C-FIND-RSP 0000", exchange.ending, evidence=where)
    unsupported = _unsupported(exchange) if wanted.if_supported else ""
    if unsupported:
        return [ends, not_judged(CHECK, "matches by every key", unsupported, where)]
    level = wanted.query_level or exchange.keys.text("QueryRetrieveLevel") or "STUDY"
    if level not in UNIQUE_KEYS:
        return [ends, not_judged(CHECK, "matches at a level", f"{level!r} is not a level", where)]
    found = [identifier(one) for one in exchange.pending]
    must, may = _expected(trace.known, wanted, exchange, level)
    return [
        ends,
        _known(trace.known, found, level, must, may, where),
        _others(trace.known, found, level, wanted, exchange, where),
    ]


def _unsupported(exchange: Exchange) -> str:
    """Say why the keys do not count as supported; empty if every match has FF00 and each of them."""
    if any(one.status == UNSUPPORTED_KEYS for one in exchange.pending):
        return "FF01: a key is not supported"
    asked = [key for key in exchange.keys if key.tag not in NO_KEYS]
    lacking = {key.name for one in exchange.pending for key in asked if key.tag not in identifier(one).attributes}
    return f"FF00, but a match without {listed(sorted(lacking))}" if lacking else ""


def _expected(
    known: Known, wanted: MatchesWanted, exchange: Exchange, level: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Give what must be found and what may be, unique key to name."""
    try:
        may = known.keys(wanted.lawful, level)
        if wanted.exactly != (FITTING,):
            return known.keys(wanted.exactly, level), may
    except LookupError as error:
        raise HarnessError(str(error.args[0])) from error
    must: dict[str, str] = {}
    for key, name in known.all_keys(level).items():
        if key in may:
            continue
        one = known.find(level, key)
        answer = None if one is None else entity_fits(exchange.keys, known.entity(one, level), wanted.agreed)
        (must if answer else may if answer is None else {})[key] = name
    return must, may


def _known(
    known: Known, found: list[DataSet], level: str, must: Mapping[str, str], may: Mapping[str, str], where: list[str]
) -> Finding:
    """Judge what was found of the known: all that must be, each once, and nothing that must not be."""
    names = known.all_keys(level) | dict(may) | dict(must)
    counts = Counter(_key(one, level) for one in found)
    missing = [name for key, name in must.items() if not counts[key]]
    wrong = [name for key, name in names.items() if counts[key] and key not in must and key not in may]
    twice = [name for key, name in names.items() if counts[key] > 1]
    kinds = {"not found": missing, "found, though it does not match": wrong, "found more than once": twice}
    problems = [f"{what}: {listed(which, most=8)}" for what, which in kinds.items() if which]
    right = listed((name for key, name in names.items() if counts[key]), most=8, none="nothing")
    expected = f"of the known entities at {level}: {listed(must.values(), most=8, none='nothing')}, each once"
    return finding(CHECK, not problems, expected, "; ".join(problems) or right, evidence=where)


def _others(
    known: Known, found: list[DataSet], level: str, wanted: MatchesWanted, exchange: Exchange, where: list[str]
) -> Finding:
    """Judge what else was found, by what the archive itself returned."""
    names = known.all_keys(level)
    others = [one for one in found if _key(one, level) not in names]
    unkeyed = [f"a match without {UNIQUE_KEYS[level]}" for one in others if not _key(one, level)]
    if wanted.others == "none":
        others_found = listed((_key(one, level) or "a match without a unique key" for one in others), most=4)
        return finding(CHECK, not others, "nothing but what is known is found", others_found, evidence=where)
    lenient = any(one.status == UNSUPPORTED_KEYS for one in exchange.pending)
    wrong = [] if lenient else [text for one in others for text in differing(exchange.keys, one, wanted.agreed)]
    actual = listed([*unkeyed, *wrong], most=4, none=f"{len(others)} others, each fits")
    expected = "every other match fits the keys, judged by the values it returned"
    return finding(CHECK, not (unkeyed or wrong), expected, actual, evidence=where)


def _key(one: DataSet, level: str) -> str:
    return one.text(UNIQUE_KEYS[level]) or ""
