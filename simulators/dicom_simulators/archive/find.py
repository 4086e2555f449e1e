"""Answers to C-FIND: from a valid request and the holdings to the Identifiers of the pending responses.

Invariants: one pass over the entities of the level, each key compiled once, each attribute of an entity
encoded once and kept. An Identifier holds Query/Retrieve Level, Retrieve AE Title, Specific Character Set if (and only
if) a value needs it, and the keys of the request that are supported; an unknown attribute comes back with zero length.

References
----------
PS3.4 C.4.1.1.3.2 (response Identifier), C.4.1.3 (behaviour of the SCP), C.2.2.2.6 (items returned of a sequence).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dicom_simulators.archive.holdings import Entity, Holdings, needs_character_set
from dicom_simulators.archive.information_model import QUERY_RETRIEVE_LEVEL, FindRequest, Level
from dicom_simulators.archive.matching import Candidate, Matching, Predicate, compile_item, compile_key, item_matches
from dicom_simulators.archive.moments import parse
from dicom_simulators.encoding import (
    SPECIFIC_CHARACTER_SET,
    Element,
    Elements,
    Encoding,
    recoded,
    tag_of,
    text_element,
    values,
    vr_of,
    write_element,
)

RETRIEVE_AE_TITLE = tag_of("RetrieveAETitle")
INSTANCE_AVAILABILITY = tag_of("InstanceAvailability")
AVAILABILITY = "ONLINE"
STATUS_PENDING = 0xFF00
STATUS_PENDING_KEYS_UNSUPPORTED = 0xFF01

DATE_TIME_PAIRS: tuple[tuple[int, int], ...] = tuple(
    (tag_of(f"{what}Date"), tag_of(f"{what}Time"))
    for what in ("Study", "Series", "Acquisition", "Content", "InstanceCreation", "PatientBirth")
)
"""Dates and times that are matched together where that was negotiated (PS3.4 C.2.2.2.5, C.5)."""

Test = tuple[int, Predicate]


def find_matches(holdings: Holdings, request: FindRequest, ae_title: str) -> Iterator[Entity]:
    """Give the entities that match all keys of the request.

    Parameters
    ----------
    holdings : Holdings
        To be kept unchanging meanwhile.
    request : FindRequest
        What is asked.
    ae_title : str
        From which everything can be retrieved.
    """
    constants = {RETRIEVE_AE_TITLE: Candidate((ae_title,)), INSTANCE_AVAILABILITY: Candidate((AVAILABILITY,))}
    compiled = _compile_tests(request)
    if not all(predicate(constants[tag]) for tag, predicate in compiled if tag in constants):
        return
    tests = [test for test in compiled if test[0] not in constants]
    pairs = _compile_pairs(request) if request.matching.date_time else {}
    for pair in pairs:
        tests = [test for test in tests if test[0] not in pair]
    unique = next((values(key) for key in request.keys if key.tag == request.level.unique_key), ())
    wanted = frozenset(unique) if request.level is not Level.PATIENT else frozenset()
    for entity in holdings.entities(request.level, request.above, wanted):
        if all(predicate(entity.candidate(tag)) for tag, predicate in tests) and all(
            test(entity) for test in pairs.values()
        ):
            yield entity


def _compile_tests(request: FindRequest) -> list[Test]:
    """Compile the keys that are matched; those of the levels above are, by their unique values, already."""
    above = {level.unique_key for level, _ in request.above}
    tests = []
    for key in request.keys:
        predicate = None if key.tag in above else compile_key(key, request.character_set, request.matching)
        if predicate is not None:
            tests.append((key.tag, predicate))
    return tests


class _CombinedRange:
    """A range of a date key and one of a time key, read as one range of moments."""

    def __init__(self, tags: tuple[int, int], dates: str, times: str, matching: Matching) -> None:
        self._tags = tags
        lower_date, _, upper_date = dates.partition("-")
        lower_time, _, upper_time = times.partition("-")
        self._lower = _moment(lower_date, lower_time, matching)
        self._upper = _moment(upper_date or lower_date, upper_time or lower_time, matching)
        if "-" in dates and not upper_date:
            self._upper = None
        self._unknown_matches = matching.unknown_matches
        self._matching = matching

    def __call__(self, entity: Entity) -> bool:
        date, time = (entity.own_values(tag) for tag in self._tags)
        if not date:
            return self._unknown_matches
        moment = _moment(date[0], time[0] if time else "", self._matching)
        if moment is None:
            return False
        return (self._lower is None or self._lower[0] <= moment[0]) and (
            self._upper is None or moment[0] <= self._upper[1]
        )


def _moment(date: str, time: str, matching: Matching) -> tuple[int, int] | None:
    """Join a date and a time into the first and last microsecond that they cover."""
    if not date:
        return None
    interval = parse("DT", date.strip().replace(".", "") + time.strip().replace(":", ""), matching.timezone_minutes)
    return None if interval is None else (interval.first, interval.last)


def _compile_pairs(request: FindRequest) -> Mapping[tuple[int, int], _CombinedRange]:
    """Find the pairs of a date and a time key where at least one states a range."""
    given = {key.tag: values(key) for key in request.keys}
    found = {}
    for pair in DATE_TIME_PAIRS:
        dates, times = given.get(pair[0], ()), given.get(pair[1], ())
        if len(dates) == len(times) == 1 and ("-" in dates[0] or "-" in times[0]):
            found[pair] = _CombinedRange(pair, dates[0], times[0], request.matching)
    return found


class Responder:
    """Writes the response Identifiers of one request.

    Parameters
    ----------
    request : FindRequest
        What was asked.
    ae_title : str
        For Retrieve AE Title.
    encoding : Encoding
        Of the accepted transfer syntax.
    answers_in : tuple of str
        The Specific Character Set to answer in, where it can hold the answer; else each in the one it is held in.
    """

    def __init__(
        self, request: FindRequest, ae_title: str, encoding: Encoding, answers_in: tuple[str, ...] = ()
    ) -> None:
        self._encoding = encoding
        self._answers_in = answers_in
        fixed = {
            QUERY_RETRIEVE_LEVEL: text_element(QUERY_RETRIEVE_LEVEL, "CS", request.level.value),
            RETRIEVE_AE_TITLE: Element(RETRIEVE_AE_TITLE, "AE", ae_title.encode("latin-1")),
        }
        query = {key.tag: key for key in request.keys}
        if INSTANCE_AVAILABILITY in query:
            fixed[INSTANCE_AVAILABILITY] = text_element(INSTANCE_AVAILABILITY, "CS", AVAILABILITY)
        self._fixed = {tag: (write_element(element, encoding), False) for tag, element in fixed.items()}
        self._sequences = {
            tag: (key, compile_item(key, request.character_set, request.matching))
            for tag, key in query.items()
            if key.vr == "SQ" and key.items and key.items[0]
        }
        # a response has the unique keys above its level, which a relational query may leave out (C.4.1.1.3.2)
        above = [level.unique_key for level in request.model.above(request.level)]
        self._tags = sorted({*query, *fixed, *above})
        self.status = STATUS_PENDING_KEYS_UNSUPPORTED if request.unsupported else STATUS_PENDING

    def identifier(self, entity: Entity) -> bytes:
        """Encode the response Identifier for one match."""
        if self._answers_in:
            try:
                return self._identifier(entity, self._answers_in)
            except ValueError:
                pass  # what the wanted character set cannot hold is answered in its own
        return self._identifier(entity, entity.terms)

    def _identifier(self, entity: Entity, terms: tuple[str, ...]) -> bytes:
        parts: list[bytes] = []
        extended = False
        for tag in self._tags:
            fixed = self._fixed.get(tag)
            if fixed is None and tag in self._sequences:
                fixed = self._written(self._sequence(entity, tag), entity.terms, terms)
            elif fixed is None and terms != entity.terms:
                fixed = self._written(entity.element(tag) or Element(tag, vr_of(tag)), entity.terms, terms)
            raw, needed = fixed or entity.encoded(tag, self._encoding)
            parts.append(raw)
            extended = extended or needed
        if extended:
            declared = Element(SPECIFIC_CHARACTER_SET, "CS", "\\".join(terms).encode("latin-1"))
            # (0008,0005) is below every key there is but group length and (0008,0001), which are no keys
            parts.insert(0, write_element(declared, self._encoding))
        return b"".join(parts)

    def _written(self, element: Element, held: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[bytes, bool]:
        needed = needs_character_set(element)
        if wanted != held:
            element = recoded(element, held, wanted)
        return write_element(element, self._encoding), needed

    def _sequence(self, entity: Entity, tag: int) -> Element:
        """Give those items of a sequence that match, with the attributes that the request's item asks for."""
        key, inner = self._sequences[tag]
        held = entity.element(tag)
        candidate = Candidate((), held.items if held is not None else (), entity.terms)
        items: list[Elements] = []
        for item in candidate.items:
            if item_matches(inner, item, candidate):
                items.append({one: item.get(one) or Element(one, vr_of(one)) for one in key.items[0]})
        return Element(tag, "SQ", items=tuple(items))
