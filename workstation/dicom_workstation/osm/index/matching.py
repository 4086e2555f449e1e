"""Attribute matching: whether the values of an attribute match a key.

Invariants: pure functions over values; a key becomes a predicate once, which is then asked of each candidate. An
attribute that has no value matches any key where the configuration says so (`match_unknown`).

References
----------
PS3.4 Section C.2.2.1 (key types), C.2.2.2 (matching), C.2.2.3 (several values)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from dicom_workstation.osm.index.attribute_values import AttributeValue, items_of, texts_of
from dicom_workstation.osm.index.keys import vr_of
from dicom_workstation.osm.index.moments import interval_of, range_of
from dicom_workstation.osm.index.names import folded, folded_groups

WILD_CARD_VRS: Final = frozenset(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"))
MOMENT_VRS: Final = frozenset(("DA", "DT", "TM"))
NUMBER_VRS: Final = frozenset(("DS", "IS", "US", "SS", "UL", "SL", "FL", "FD", "UV", "SV"))
LONGEST_UID: Final = 64
_UID: Final = re.compile(r"[0-9.]{1,64}")

Predicate: TypeAlias = Callable[[object], bool]
"""Whether an attribute (its values, its items, None) matches."""


class KeyFaultError(Exception):
    """A key that no matching can read; the text says why."""


@dataclass(frozen=True, slots=True)
class MatchingRules:
    """What the configuration says about matching."""

    match_unknown: bool = True


def predicate_of(keyword: str, key: AttributeValue, rules: MatchingRules) -> Predicate | None:
    """Make the predicate of a key; None where every attribute matches (PS3.4 Section C.2.2.2.3).

    Raises
    ------
    KeyFaultError
        If the key is not one that can be matched.
    """
    vr = vr_of(keyword)
    if vr == "SQ":
        return _sequence(keyword, items_of(key), rules)
    given = texts_of(key)
    if not given:
        return None
    if vr == "UI":
        return _any_uid(keyword, given, rules)
    if vr in WILD_CARD_VRS and any(each and not each.strip("*") for each in given):
        return None
    tests = [_test_of(keyword, vr, each) for each in given if each]

    def matches(attribute: object) -> bool:
        held = [each for each in texts_of(attribute) if each]
        if not held:
            return rules.match_unknown
        return any(test(each) for test in tests for each in held)

    return matches


def is_uid(text: str) -> bool:
    """Whether a text has the characters and the length of a UID; components are not looked at (PS3.5 Section 9.1)."""
    return _UID.fullmatch(text) is not None


def _any_uid(keyword: str, given: list[str], rules: MatchingRules) -> Predicate:
    """List of UID matching (PS3.4 Section C.2.2.2.2)."""
    for each in given:
        if not is_uid(each):
            raise KeyFaultError(f"{keyword}: not a UID")
    wanted = frozenset(given)

    def matches(attribute: object) -> bool:
        held = texts_of(attribute)
        return not wanted.isdisjoint(held) if held else rules.match_unknown

    return matches


def _sequence(keyword: str, items: list[dict[str, AttributeValue]], rules: MatchingRules) -> Predicate | None:
    """Sequence matching (PS3.4 Section C.2.2.2.6): all keys of the item match in one item of the attribute."""
    if len(items) > 1:
        raise KeyFaultError(f"{keyword}: more than one item")
    inner = item_predicates(items[0], rules) if items else {}
    if not inner:
        return None

    def matches(attribute: object) -> bool:
        held = items_of(attribute)
        return any(item_matches(inner, each) for each in held) if held else rules.match_unknown

    return matches


def item_predicates(item: Mapping[str, AttributeValue], rules: MatchingRules) -> dict[str, Predicate]:
    """Make the predicates of the keys in an item, without those that match everything."""
    made = ((keyword, predicate_of(keyword, key, rules)) for keyword, key in item.items())
    return {keyword: predicate for keyword, predicate in made if predicate is not None}


def item_matches(inner: Mapping[str, Predicate], item: Mapping[str, AttributeValue]) -> bool:
    """Whether one item matches all keys."""
    return all(predicate(item.get(keyword)) for keyword, predicate in inner.items())


def _test_of(keyword: str, vr: str, key: str) -> Callable[[str], bool]:
    """Make the test of one value of a key, which is not empty, against one value of an attribute."""
    if vr in MOMENT_VRS:
        return _moment_test(keyword, vr, key)
    if vr in NUMBER_VRS:
        return _number_test(key)
    if vr == "PN":
        return _name_test(key)
    wanted = comparable(key)
    if vr in WILD_CARD_VRS and has_wild_card(wanted):
        pattern = pattern_of(wanted)
        return lambda value: pattern.fullmatch(comparable(value)) is not None
    return lambda value: comparable(value) == wanted


def _moment_test(keyword: str, vr: str, key: str) -> Callable[[str], bool]:
    wanted = range_of(vr, key)
    if wanted is None:
        raise KeyFaultError(f"{keyword}: not a value or range of VR {vr}")

    def test(value: str) -> bool:
        held = interval_of(vr, value)
        return held is not None and wanted.has(held.first)

    return test


def _number_test(key: str) -> Callable[[str], bool]:
    wanted = number_of(key)
    return lambda value: value == key if wanted is None else number_of(value) == wanted


def _name_test(key: str) -> Callable[[str], bool]:
    """Compare names by their component groups, folded; a key of one group with each group of the name."""
    if "=" not in key:
        alone = pattern_of(folded(key))
        return lambda value: any(group and alone.fullmatch(group) is not None for group in folded_groups(value))
    patterns = [pattern_of(group) if group else None for group in folded_groups(key)]

    def test(value: str) -> bool:
        return all(
            pattern is None or pattern.fullmatch(group) is not None
            for pattern, group in zip(patterns, folded_groups(value), strict=True)
        )

    return test


def comparable(text: str) -> str:
    """Return text as it is compared: composed characters, without the spaces around it."""
    return unicodedata.normalize("NFC", text).strip(" ")


def has_wild_card(text: str) -> bool:
    """Whether a key has a wild card."""
    return "*" in text or "?" in text


def pattern_of(key: str) -> re.Pattern[str]:
    """Make the pattern of wild card matching (PS3.4 Section C.2.2.2.4).

    Each part between two `*` is looked for once, at its first place, so that no key takes more than linear time for
    each of its parts.
    """
    first, *others = re.sub(r"\*+", "*", key).split("*")
    pattern = _literal(first)
    for index, part in enumerate(others):
        pattern += f".*{_literal(part)}" if index == len(others) - 1 else f"(?>.*?{_literal(part)})"
    return re.compile(pattern, re.DOTALL)


def _literal(part: str) -> str:
    return "".join("." if each == "?" else re.escape(each) for each in part)


def number_of(text: str) -> float | None:
    """Return the number that a text means, or None."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if found == found else None
