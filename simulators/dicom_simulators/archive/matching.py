"""Attribute matching: does an attribute of an entity match a key of the request?

Invariants: pure functions over values; no entity, no network. `compile_key` turns a key into a predicate
once, and the predicate is asked for each entity. Wildcards are matched in time proportional to the product of both
lengths, whatever the pattern.

The choices that the standard leaves to the implementation:

- *Person names* (VR PN) match without regard to case, after spaces around components, empty trailing components and
  empty trailing component groups are removed. A key with ``=`` is compared group by group, an empty group of the key
  matching any; a key without ``=`` matches if any group of the name does (C.2.2.2.1, C.2.2.2.4).
- *Dates, times, datetimes* are compared as moments. A value of lower precision means the interval that it covers:
  key ``10`` matches ``101530``; in a range the lower end counts from its first moment, the upper to its last. A
  datetime without an offset is in the time zone of its data set, else UTC (C.2.2.2.5).
- *IS, DS and binary numbers* are compared as numbers (C.2.2.2.1).
- *An attribute of zero length* is unknown, and matches any key (C.2.2.1.2), unless ``unknown_matches`` is False.
- *Several values* in a key other than UIDs: without extended negotiation undefined, here one of them must match; with
  it each must (C.2.2.2.8). An entity's attribute of several values matches if one of them does (C.2.2.3).

References
----------
PS3.4 C.2.2.1, C.2.2.2, C.2.2.3; C.5.1 (extended negotiation).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from dicom_simulators.archive.moments import Interval, offset_minutes, parse_range
from dicom_simulators.encoding import SIGNIFICANT_LEADING_SPACE_VRS, Element, Elements, character_set, values

WILDCARD_VRS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
"""PS3.4 C.2.2.2.4."""
MOMENT_VRS = frozenset({"DA", "TM", "DT"})
NUMBER_VRS = frozenset({"IS", "DS", "US", "SS", "UL", "SL", "FL", "FD", "UV", "SV"})
UNMATCHED_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_EMPTY_VALUE = '""'


@dataclass(frozen=True, slots=True)
class Matching:
    """What was agreed about matching, by extended negotiation or by the archive's configuration.

    Attributes
    ----------
    date_time : bool
        Ranges of a date and a time key are combined (C.2.2.2.5, under extended negotiation).
    multiple_value : bool
        Each value of a key must match (C.2.2.2.8).
    empty_value : bool
        A key of two quotation marks matches only attributes of zero length (C.2.2.2.7).
    unknown_matches : bool
        Attributes of zero length match any key (C.2.2.1.2).
    timezone_minutes : int
        Offset from UTC of the request's datetimes without one.
    """

    date_time: bool = False
    multiple_value: bool = False
    empty_value: bool = False
    unknown_matches: bool = True
    timezone_minutes: int = 0

    def in_timezone(self, given: tuple[str, ...]) -> Matching:
        """Give the same for a request with these values of Timezone Offset From UTC (0008,0201)."""
        minutes = offset_minutes(given[0]) if given else None
        return self if minutes is None else replace(self, timezone_minutes=minutes)


@dataclass(frozen=True, slots=True)
class Candidate:
    """The attribute of an entity that is held against a key.

    Attributes
    ----------
    values : tuple of str
        Decoded; empty for zero length.
    items : tuple of mappings
        Of a sequence.
    character_set : tuple of str
        That of the data set which holds `items`.
    timezone_minutes : int
        Offset from UTC of its datetimes without one.
    """

    values: tuple[str, ...] = ()
    items: tuple[Elements, ...] = ()
    character_set: tuple[str, ...] = ()
    timezone_minutes: int = 0


Predicate = Callable[[Candidate], bool]
_ValueTest = Callable[[str, Candidate], bool]


def find_fault(key: Element) -> str | None:
    """Say why a key cannot be matched by any of C.2.2.2; None if it can.

    Parameters
    ----------
    key : Element
        Of a request.
    """
    if key.vr == "SQ":
        if len(key.items) > 1:
            return "a key sequence has at most one item"
        return next(filter(None, (find_fault(inner) for item in key.items for inner in item.values())), None)
    given = () if key.value == _EMPTY_VALUE.encode() else values(key)
    if key.vr == "UI":
        wrong = [one for one in given if not one or len(one) > 64 or set(one) - set("0123456789.")]
        return f"not a UID: {wrong[0]!r}" if wrong else None
    if key.vr in MOMENT_VRS:
        wrong = [one for one in given if one and parse_range(key.vr, one, 0) is None]
        return f"not a value or range of VR {key.vr}: {wrong[0]!r}" if wrong else None
    return None


def compile_key(key: Element, terms: tuple[str, ...], matching: Matching) -> Predicate | None:
    """Turn a key into a predicate; None for universal matching (C.2.2.2.3).

    Parameters
    ----------
    key : Element
        Of the request.
    terms : tuple of str
        The request's Specific Character Set.
    matching : Matching
        What was agreed.
    """
    if key.vr == "SQ":
        return _compile_sequence(key, terms, matching)
    given = values(key, terms)
    if not given or key.vr in UNMATCHED_VRS:
        return None
    if matching.empty_value and given == (_EMPTY_VALUE,):
        return lambda candidate: not candidate.values
    if key.vr in WILDCARD_VRS and any(one and not one.strip("*") for one in given):
        return None
    if key.vr == "UI":
        wanted = frozenset(given)
        return lambda candidate: not wanted.isdisjoint(candidate.values)
    tests = [test for test in (_value_test(key.vr, one, matching) for one in given if one) if test is not None]
    combine = all if matching.multiple_value else any

    def matches(candidate: Candidate) -> bool:
        if not candidate.values:
            return matching.unknown_matches
        return combine(any(test(one, candidate) for one in candidate.values) for test in tests)

    return matches


def _compile_sequence(key: Element, terms: tuple[str, ...], matching: Matching) -> Predicate | None:
    """Sequence matching (C.2.2.2.6): all item keys match in one and the same item."""
    inner = compile_item(key, terms, matching)
    if not inner:
        return None

    def matches(candidate: Candidate) -> bool:
        if not candidate.items:
            return matching.unknown_matches
        return any(item_matches(inner, item, candidate) for item in candidate.items)

    return matches


def compile_item(key: Element, terms: tuple[str, ...], matching: Matching) -> dict[int, Predicate]:
    """Compile the keys in the item of a key sequence, those of universal matching left out."""
    if not key.items:
        return {}
    item_terms = character_set(key.items[0], terms)
    compiled = ((tag, compile_key(one, item_terms, matching)) for tag, one in key.items[0].items())
    return {tag: predicate for tag, predicate in compiled if predicate is not None}


def item_matches(inner: Mapping[int, Predicate], item: Elements, candidate: Candidate) -> bool:
    """Tell whether one item of `candidate` satisfies all the compiled item keys."""
    terms = character_set(item, candidate.character_set)
    return all(
        predicate(candidate_of(item.get(tag), terms, candidate.timezone_minutes)) for tag, predicate in inner.items()
    )


def candidate_of(element: Element | None, terms: tuple[str, ...], timezone_minutes: int = 0) -> Candidate:
    """Make a candidate of an element, or of its absence."""
    if element is None:
        return Candidate()
    if element.vr == "SQ":
        return Candidate((), element.items, terms, timezone_minutes)
    return Candidate(values(element, terms), (), terms, timezone_minutes)


def _value_test(vr: str, given: str, matching: Matching) -> _ValueTest | None:
    """Make the test of one value of a key against one value of an attribute."""
    if vr in MOMENT_VRS:
        interval = parse_range(vr, given, matching.timezone_minutes)
        return None if interval is None else _moment_test(vr, interval)
    if vr in NUMBER_VRS:
        return _number_test(given)
    if vr == "PN":
        return _person_name_test(given)
    wanted = normalise(given, vr)
    if vr in WILDCARD_VRS and set(wanted) & set("*?"):
        return lambda value, _: wildcard_match(wanted, normalise(value, vr))
    return lambda value, _: normalise(value, vr) == wanted


def _moment_test(vr: str, wanted: Interval) -> _ValueTest:
    def test(value: str, candidate: Candidate) -> bool:
        held = parse_range(vr, value, candidate.timezone_minutes)
        return held is not None and wanted.first <= held.first <= wanted.last

    return test


def _number_test(given: str) -> _ValueTest:
    wanted = _number(given)
    return lambda value, _: value == given if wanted is None else _number(value) == wanted


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def normalise(text: str, vr: str) -> str:
    """Bring text into the form in which it is compared: composed characters, without the padding of its VR.

    References
    ----------
    PS3.5 6.2: leading spaces of LT, ST and UT are significant; only trailing ones are padding.
    """
    composed = unicodedata.normalize("NFC", text)
    return composed.rstrip(" ") if vr in SIGNIFICANT_LEADING_SPACE_VRS else composed.strip(" ")


def person_name_groups(name: str) -> tuple[str, ...]:
    """Split a person name into its component groups, each as it is compared (PS3.5 6.2.1)."""
    groups = []
    for group in normalise(name, "PN").split("="):
        components = [component.strip(" ") for component in group.split("^")]
        while len(components) > 1 and not components[-1]:
            components.pop()
        groups.append("^".join(components).casefold())
    while len(groups) > 1 and not groups[-1]:
        groups.pop()
    return tuple(groups)


def _person_name_test(given: str) -> _ValueTest:
    """Match a person name by its component groups; see the choices above."""
    wanted = person_name_groups(given)
    if "=" not in given:
        return lambda value, _: any(wildcard_match(wanted[0], group) for group in person_name_groups(value))

    def test(value: str, _: Candidate) -> bool:
        held = person_name_groups(value)
        held += ("",) * (len(wanted) - len(held))
        return all(not one or wildcard_match(one, group) for one, group in zip(wanted, held, strict=False))

    return test


def wildcard_match(pattern: str, text: str) -> bool:
    """Match ``*`` (any sequence, the empty one too) and ``?`` (any one character) over the whole of `text`."""
    at = restart = 0
    star = -1
    here = 0
    while at < len(text):
        if here < len(pattern) and pattern[here] == "*":
            star, restart = here, at
            here += 1
        elif here < len(pattern) and pattern[here] in ("?", text[at]):
            here += 1
            at += 1
        elif star >= 0:
            restart += 1
            here, at = star + 1, restart
        else:
            return False
    return not pattern[here:].strip("*")
