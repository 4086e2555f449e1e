"""The Identifier of one pending response to a C-FIND.

Invariants: each key that was asked for and is supported is there, with zero length where nothing is known; text is in
the character set of the request where that can hold it, else in UTF-8.

References
----------
PS3.4 Section C.4.1.1.3.2 (response Identifier), C.2.2.2.6 (items that are returned)
"""

from __future__ import annotations

from typing import Final

from dicom_workstation.data_sets import InvalidKeyError, encode_identifier
from dicom_workstation.osm.index.attribute_values import Attributes, AttributeValue, items_of
from dicom_workstation.osm.index.keys import vr_of
from dicom_workstation.osm.index.matching import MatchingRules, item_matches, item_predicates
from dicom_workstation.osm.index.requests import FindRequest

UTF_8: Final = "ISO_IR 192"
AVAILABILITY: Final = "ONLINE"


class Answers:
    """Writes the Identifiers of one query."""

    def __init__(self, request: FindRequest, ae_title: str, transfer_syntax: str, rules: MatchingRules) -> None:
        self._request = request
        self._rules = rules
        self._transfer_syntax = transfer_syntax
        self._candidates = tuple(filter(None, (request.character_set, UTF_8)))
        self._same = {
            "QueryRetrieveLevel": [request.level.value],
            "RetrieveAETitle": [ae_title],
            "InstanceAvailability": [AVAILABILITY],
        }

    def identifier(self, found: Attributes) -> bytes:
        """Return the Identifier of one match."""
        answer: Attributes = {
            keyword: self._items(key, found.get(keyword)) if vr_of(keyword) == "SQ" else found.get(keyword, [])
            for keyword, key in self._request.keys.items()
        }
        answer |= self._same
        try:
            return self._encode(answer)
        except InvalidKeyError:  # a value that was stored and is none: it is unknown
            return self._encode({keyword: self._encodable(keyword, value) for keyword, value in answer.items()})

    def _encode(self, answer: Attributes) -> bytes:
        return encode_identifier(answer, self._transfer_syntax, self._candidates)

    def _encodable(self, keyword: str, value: AttributeValue) -> AttributeValue:
        try:
            self._encode({keyword: value})
        except InvalidKeyError:
            return []
        return value

    def _items(self, key: AttributeValue, held: AttributeValue | None) -> AttributeValue:
        """Return the items of a sequence that match, with what the item of the key asks for."""
        asked = items_of(key)
        if not asked:
            return items_of(held)
        inner = item_predicates(asked[0], self._rules)
        return [
            {keyword: item.get(keyword, []) for keyword in asked[0]}
            for item in items_of(held)
            if item_matches(inner, item)
        ]
